"""Between Discord's messages and ours: what is read, what is written, and under which name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.ends.discord_ids import snowflake_at
from bridges.ends.discord_reading_messages import is_spoken, read_message
from bridges.ends.discord_rendering import Rendering
from bridges.ends.discord_text import CONTENT_LIMIT, units, webhook_name
from bridges.ends.port import Answered, Around, copy_key
from bridges.markup.reading_aloud import plain_of
from bridges.markup.tree import Mention, Mentioned, Paragraph, Spoiler, Text, plain
from bridges.media.file import Kind
from bridges.message import Author, Message
from community_bot.platforms.discord import CommunityBot
from db.bridge_rows import Place, Platform, Standing
from db.ids import EndId

END = EndId("END")
HERE = Place(Platform.DISCORD, "1100000000000000002")
THERE = Place(Platform.DISCORD, "1100000000000000003")
GUILD_ID, ROLE_ID = 1100000000000000001, 1100000000000000009
SENT_AT = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
REF = str(snowflake_at(SENT_AT))
BAITOEY, PLOY = 1100000000000000011, 1100000000000000012


@pytest.fixture
def channel() -> discord.TextChannel:
    """A channel of a guild with a role, as discord.py makes them from what Discord sends."""
    state = CommunityBot()._connection
    named = {"color": 0, "hoist": False, "position": 1, "managed": False, "mentionable": True, "permissions": "0"}
    role = {"id": str(ROLE_ID), "name": "ผู้ดูแล", "flags": 0, **named}
    text_channel = {"id": HERE.ref, "type": 0, "name": "ห้องวิทยุ", "position": 0, "permission_overwrites": []}
    payload: Any = {
        "id": str(GUILD_ID),
        "name": "River House",
        "owner_id": str(PLOY),
        "roles": [role],
        "channels": [text_channel],
        "emojis": [],
        "stickers": [],
        "features": [],
    }
    guild = discord.Guild(data=payload, state=state)
    found = guild.get_channel(int(HERE.ref))
    assert isinstance(found, discord.TextChannel)
    return found


def user(number: int, name: str, shown: str | None = None) -> dict[str, Any]:
    return {"id": str(number), "username": name, "global_name": shown, "discriminator": "0", "avatar": None}


def said(channel: discord.abc.MessageableChannel, content: str, **more: Any) -> discord.Message:
    """Make a message of what Discord would send; ``more`` stands over the usual keys."""
    payload: Any = {
        "id": REF,
        "channel_id": HERE.ref,
        "author": user(BAITOEY, "baitoey", "ใบเตย"),
        "content": content,
        "timestamp": SENT_AT.isoformat(),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        **more,
    }
    return discord.Message(state=channel._state, channel=channel, data=payload)


def attached(name: str, **more: Any) -> dict[str, Any]:
    return {"id": "1", "filename": name, "size": 3, "url": "https://cdn.example/f", "proxy_url": "", **more}


def read(message: discord.Message, **more: Any) -> Message:
    return read_message(message, end=END, place=HERE, **more)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("ใครมีไมค์บ้าง เอามาด้วยนะ", "ใครมีไมค์บ้าง เอามาด้วยนะ", id="Thai, as it is"),
        pytest.param("¿Quién trae el micrófono?", "¿Quién trae el micrófono?", id="Spanish, as it is"),
        pytest.param("**fuerte** y `código`", "fuerte y código", id="markup is no text"),
        pytest.param(f"<@{PLOY}> มาไหม", "@พลอย มาไหม", id="a mention becomes the name shown"),
        pytest.param(f"<@!{PLOY}> ven", "@พลอย ven", id="so does the older form of it"),
        pytest.param("<@1199999999999999999> ?", "@unknown-user ?", id="who is not known is nobody"),
        pytest.param(f"<@&{ROLE_ID}> ช่วยด้วย", "@ผู้ดูแล ช่วยด้วย", id="a role becomes its name"),
        pytest.param(f"nos vemos en <#{HERE.ref}>", "nos vemos en #ห้องวิทยุ", id="a channel becomes its name"),
        pytest.param("<#1199999999999999999>", "#deleted-channel", id="a channel that is gone"),
        pytest.param("<:naga:1234567890123456789>", ":naga:", id="emoji of the guild"),
        pytest.param("👩‍👩‍👧 🇹🇭", "👩‍👩‍👧 🇹🇭", id="emoji of Unicode"),
    ],
)
def test_a_message_reads_as_people_see_it(channel: discord.TextChannel, content: str, text: str) -> None:
    mentions = [user(PLOY, "ploy", "พลอย")] if str(PLOY) in content else []
    message = read(said(channel, content, mentions=mentions))
    assert plain_of(message.text) == text
    assert message.attachments == ()


def test_it_keeps_who_where_and_when(channel: discord.TextChannel) -> None:
    message = read(said(channel, "สวัสดี"))
    assert (message.author.account, message.author.name) == (str(BAITOEY), "ใบเตย")
    assert (message.end, message.place, message.ref, message.version) == (END, HERE, REF, 0)
    assert message.sent_at == SENT_AT


def test_the_name_in_that_server_stands_over_the_accounts_own(channel: discord.TextChannel) -> None:
    member = {"nick": "ป้าเตย", "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False}
    live = said(channel, "hola", member={**member, "flags": 0})
    assert read(live).author.name == "ป้าเตย"
    read_again = said(channel, "hola")
    assert read(read_again, author=Author(str(BAITOEY), "ป้าเตย")).author.name == "ป้าเตย"


def test_without_the_guild_at_hand_a_message_reads_all_the_same() -> None:
    state = CommunityBot()._connection
    elsewhere = discord.PartialMessageable(state=state, id=int(HERE.ref), guild_id=GUILD_ID)
    content = f"<@{PLOY}> <@&{ROLE_ID}> <#{HERE.ref}>"
    message = read(said(elsewhere, content, mentions=[user(PLOY, "ploy")]))
    assert plain_of(message.text) == "@ploy @deleted-role #deleted-channel"


def test_every_edit_makes_a_later_version(channel: discord.TextChannel) -> None:
    edits = [said(channel, "hola", edited_timestamp=f"2026-11-20T12:06:00.{ms:03}000+00:00") for ms in (1, 2)]
    first, second = (read(edit).version for edit in edits)
    assert 0 < first < second


@pytest.mark.parametrize(
    ("more", "answered"),
    [
        pytest.param(
            {"type": 19, "message_reference": {"message_id": "1", "channel_id": HERE.ref}}, "1", id="a reply"
        ),
        pytest.param(
            {"type": 19, "message_reference": {"message_id": "1", "channel_id": "9"}}, None, id="elsewhere"
        ),
        pytest.param({"message_reference": {"message_id": "1", "channel_id": "9"}}, None, id="a crosspost"),
    ],
)
def test_an_answer_names_what_it_answers_where_that_stands_here(
    channel: discord.TextChannel, more: dict[str, Any], answered: str | None
) -> None:
    assert read(said(channel, "mira", **more)).reply_to == answered


def test_files_are_announced_with_what_is_known_of_them(channel: discord.TextChannel) -> None:
    photo = attached("SPOILER_ผัง.png", content_type="image/png", description="un plano", width=4, height=3)
    voice = attached("voz.ogg", content_type="audio/ogg", duration_secs=1.5, waveform="AAH/")
    (picture,) = read(said(channel, "", attachments=[photo])).attachments
    assert (picture.name, picture.kind, picture.alt, picture.spoiler) == ("ผัง.png", Kind.IMAGE, "un plano", True)
    assert (picture.size, picture.width, picture.height) == (3, 4, 3)
    (sound,) = read(said(channel, "", attachments=[voice], flags=8192)).attachments
    assert (sound.kind, sound.duration_ms, sound.waveform) == (Kind.VOICE, 1500, (0, 1, 255))


@pytest.mark.parametrize(
    ("format_type", "name", "mime"),
    [(1, "ช้าง.png", "image/png"), (2, "ช้าง.png", "image/png"), (3, "ช้าง.json", "application/json"),
     (4, "ช้าง.gif", "image/gif")],
)  # fmt: skip
def test_a_sticker_is_a_file_that_says_how_it_is_drawn(
    channel: discord.TextChannel, format_type: int, name: str, mime: str
) -> None:
    item = {"id": "1300000000000000001", "name": "ช้าง", "format_type": format_type}
    (sticker,) = read(said(channel, "", sticker_items=[item])).attachments
    assert (sticker.kind, sticker.name, sticker.mime, sticker.alt) == (Kind.STICKER, name, mime, "ช้าง")


def test_what_a_bot_laid_out_is_read_and_the_preview_of_a_link_is_not(channel: discord.TextChannel) -> None:
    rich = {
        "type": "rich",
        "author": {"name": "Feria"},
        "title": "Semillas",
        "url": "https://example.org/s",
        "description": "**mañana**",
        "fields": [{"name": "¿Dónde?", "value": "plaza", "inline": True}],
        "footer": {"text": "entrada libre"},
    }
    preview = {"type": "link", "title": "Agua", "url": "https://example.org/agua"}
    message = read(said(channel, "mira", embeds=[preview, rich]))
    assert plain_of(message.text).split("\n") == [
        "mira",
        "> Feria",
        "> Semillas (https://example.org/s)",
        "> mañana",
        "> ¿Dónde?",
        "> plaza",
        "> entrada libre",
    ]


def test_how_a_poll_ended_is_told(channel: discord.TextChannel) -> None:
    told = {
        "poll_question_text": "¿Cuándo?",
        "victor_answer_text": "lunes",
        "victor_answer_votes": "3",
        "total_votes": "4",
    }
    result = {"type": "poll_result", "fields": [{"name": k, "value": v, "inline": False} for k, v in told.items()]}
    message = said(
        channel, "", type=46, embeds=[result], message_reference={"message_id": "1", "channel_id": HERE.ref}
    )
    assert is_spoken(message)
    assert plain_of(read(message).text) == "📊 ¿Cuándo?\n✓ lunes (3/4)"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"type": 7}, id="somebody joined"),
        pytest.param({"type": 6}, id="something was pinned"),
        pytest.param({"type": 18}, id="a thread began"),
        pytest.param({"type": 20, "flags": 128}, id="a bot is still thinking"),
        pytest.param({"flags": 64}, id="shown to one person only"),
    ],
)
def test_what_nobody_said_to_all_stays_home(channel: discord.TextChannel, more: dict[str, Any]) -> None:
    assert not is_spoken(said(channel, "", **more))


# ── what is written

RENDERING = Rendering(THERE, guild=GUILD_ID)


def heard(text: str, name: str = "Toño", **more: Any) -> Message:
    place = Place(Platform.MATRIX, "!garden:hill.example")
    return Message(END, place, "$event", Author("@tono:hill.example", name), plain(text), datetime.now(UTC), **more)


def test_a_long_message_becomes_numbered_parts_that_discord_takes() -> None:
    message = heard("กลุ่มเรียนรู้เรื่องน้ำ " * 250)
    parts = RENDERING.render(message, Around())
    assert [part.part for part in parts] == [0, 1, 2]
    assert all(units(part.text) <= CONTENT_LIMIT for part in parts)
    assert [part.key for part in parts] == [copy_key(message, number, THERE) for number in range(3)]
    assert {part.author for part in parts} == {"Toño"}


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_where_there_is_nothing_to_say_there_are_no_parts(text: str) -> None:
    assert RENDERING.render(heard(text), Around()) == []


def test_who_has_an_account_here_is_pinged_and_nobody_else() -> None:
    mention = Mention(Mentioned.PERSON, "@ploy:hill.example", "พลอย")
    other = Mention(Mentioned.PERSON, "@ana:hill.example", "Ana")
    message = replace(heard("x"), text=(Paragraph((mention, Text(" y "), other)),))
    (part,) = RENDERING.render(message, Around(people={mention.ref: str(PLOY)}))
    assert (part.text, part.people, part.roles) == (f"<@{PLOY}> y @Ana", (str(PLOY),), ())


def test_a_call_to_everybody_calls_nobody_unless_a_role_was_chosen() -> None:
    message = replace(heard("x"), text=(Paragraph((Mention(Mentioned.EVERYONE, "", "room"),)),))
    (silent,) = RENDERING.render(message, Around())
    assert (silent.people, silent.roles) == ((), ())
    assert "@everyone" not in silent.text
    (loud,) = RENDERING.render(message, Around(everyone=str(ROLE_ID)))
    assert (loud.text, loud.roles) == (f"<@&{ROLE_ID}>", (str(ROLE_ID),))


def test_what_is_answered_is_hidden_where_its_author_hid_it() -> None:
    quoted = replace(heard("x", "ใบเตย"), text=(Paragraph((Spoiler((Text("el final"),)),)),))
    (part,) = RENDERING.render(heard("¡no!"), Around(answers=Answered(Standing("5"), quoted)))
    site = f"https://discord.com/channels/{GUILD_ID}/{THERE.ref}/5"
    assert part.text == f"-# ↪ [ใบเตย](<{site}>) █ █\n¡no!"


def test_what_is_answered_but_stands_elsewhere_has_no_address() -> None:
    (part,) = RENDERING.render(heard("sí"), Around(answers=Answered(None, heard("¿vienes?", "Ana"))))
    assert part.text == "-# ↪ Ana ¿vienes?\nsí"
    (alone,) = RENDERING.render(heard("sí"), Around(answers=Answered(Standing("5"))))
    assert alone.text == "sí"


# ── names

WORD_JOINER = "\u2060"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("ใบเตย", "ใบเตย", id="Thai"),
        pytest.param("Toño Peña", "Toño Peña", id="Spanish"),
        pytest.param("نازنین\u200cزهرا", "نازنین\u200cزهرا", id="Persian with its joiner"),
        pytest.param("👩‍🌾 ส้ม", "👩‍🌾 ส้ม", id="an emoji sequence"),
        pytest.param("  Ana \n María\t", "Ana María", id="white space is one space"),
        pytest.param("Ana\u00a0María", "Ana María", id="also the kind that does not break"),
        pytest.param("田中\u3000花", "田中 花", id="also the wide kind"),
        pytest.param("Ana\u2028Admin", "Ana Admin", id="no second line"),
        pytest.param("a\x00\x1b[31mb", "a[31mb", id="no controls"),
        pytest.param("abc\u202egnp.exe", "abcgnp.exe", id="no override of direction"),
        pytest.param("\u2067שרה\u2069", "שרה", id="no isolates"),
        pytest.param("x\ud800y", "xy", id="no half characters"),
        pytest.param("", "…", id="nothing"),
        pytest.param(" \t\n", "…", id="only white space"),
        pytest.param("\u200b\u200d\ufeff", "…", id="only zero width"),
        pytest.param("\u3164\u3164", "…", id="only fillers"),
        pytest.param("\u0301\u0302", "…", id="only marks"),
        pytest.param("Discord", f"D{WORD_JOINER}iscord", id="a word Discord refuses"),
        pytest.param("team dIsCoRd ไทย", f"team d{WORD_JOINER}IsCoRd ไทย", id="in any case, among Thai"),
        pytest.param("¡Clyde!", f"¡C{WORD_JOINER}lyde!", id="the other word"),
        pytest.param("discordclyde", f"d{WORD_JOINER}iscordc{WORD_JOINER}lyde", id="both"),
        pytest.param("Dis\u200bcord", f"D{WORD_JOINER}iscord", id="hidden behind a zero-width space"),
        pytest.param("Ｄｉｓｃｏｒｄ", f"Ｄ{WORD_JOINER}ｉｓｃｏｒｄ", id="in wide letters"),
        pytest.param("𝗖𝗹𝘆𝗱𝗲", f"𝗖{WORD_JOINER}𝗹𝘆𝗱𝗲", id="in bold letters"),
        pytest.param("ⓓiscord", f"ⓓ{WORD_JOINER}iscord", id="in a circle"),
        pytest.param("DİSCORD", f"D{WORD_JOINER}İSCORD", id="with a Turkish I"),
        pytest.param("дiscord", "дiscord", id="a Cyrillic letter makes it another word"),
    ],
)
def test_a_name_is_shown_so_that_discord_takes_it(name: str, shown: str) -> None:
    assert webhook_name(name) == shown


@given(st.text() | st.text("dDiIsScCoOrRlLyYeE \u200b\u202e", max_size=60) | st.text("ก่้ำ👩‍🇹🇭é\u0301", max_size=200))
def test_every_name_becomes_one_that_discord_takes(name: str) -> None:
    shown = webhook_name(name)
    assert 1 <= len(shown.encode("utf-16-le")) // 2 <= 80
    assert shown == shown.strip()
    assert "discord" not in shown.lower()
    assert "clyde" not in shown.lower()
    assert all(character.isprintable() or character in "\u200c\u200d\u2060" for character in shown)
    assert webhook_name(shown.replace(WORD_JOINER, "")) == shown, "what is found again after a crash is the same"


def test_a_long_thai_name_is_cut_between_graphemes() -> None:
    shown = webhook_name("น้ำ" * 40)
    assert shown == "น้ำ" * 26


def test_a_name_as_long_as_an_event_costs_little() -> None:
    assert len(webhook_name("discord" * 9000)) <= 80
