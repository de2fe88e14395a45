"""Between Discord's messages and ours: what is read, what is written, and under which name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.ends.discord import snowflake_at
from bridges.ends.discord_text import CONTENT_LIMIT, read_message, webhook_name, write_message
from bridges.ends.port import copy_key
from bridges.message import Author, Message
from community_bot.platforms.discord import CommunityBot
from db.bridge_rows import Place, Platform
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


def attached(name: str) -> dict[str, Any]:
    return {"id": "1", "filename": name, "size": 3, "url": "https://cdn.example/f", "proxy_url": ""}


def sticker(name: str) -> dict[str, Any]:
    return {"id": "1300000000000000001", "name": name, "format_type": 1}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("ใครมีไมค์บ้าง เอามาด้วยนะ", "ใครมีไมค์บ้าง เอามาด้วยนะ", id="Thai, as it is"),
        pytest.param("¿Quién trae el micrófono?", "¿Quién trae el micrófono?", id="Spanish, as it is"),
        pytest.param("<b>*bold*</b> & `code`", "<b>*bold*</b> & `code`", id="markup, as it is"),
        pytest.param(f"<@{PLOY}> มาไหม", "@พลอย มาไหม", id="a mention becomes the name shown"),
        pytest.param(f"<@!{PLOY}> ven", "@พลอย ven", id="so does the older form of it"),
        pytest.param("<@1199999999999999999> ?", "@deleted-user ?", id="who is not known is nobody"),
        pytest.param(f"<@&{ROLE_ID}> ช่วยด้วย", "@ผู้ดูแล ช่วยด้วย", id="a role becomes its name"),
        pytest.param(f"nos vemos en <#{HERE.ref}>", "nos vemos en #ห้องวิทยุ", id="a channel becomes its name"),
        pytest.param("<#1199999999999999999>", "#deleted-channel", id="a channel that is gone"),
        pytest.param("@everyone ven", "@\u200beveryone ven", id="a call to everyone calls nobody"),
        pytest.param(
            "<:naga:1234567890123456789> y <a:ola:123456789012345678>", ":naga: y :ola:", id="emoji of the guild"
        ),
        pytest.param("👩‍👩‍👧 🇹🇭", "👩‍👩‍👧 🇹🇭", id="emoji of Unicode"),
        pytest.param("uno\ndos\ttres", "uno\ndos\ttres", id="lines and tabs stay"),
        pytest.param("a\x00b\x1bc\x7fd", "abcd", id="controls go"),
    ],
)
def test_a_message_reads_as_people_see_it(channel: discord.TextChannel, content: str, text: str) -> None:
    mentions = [user(PLOY, "ploy", "พลอย")] if str(PLOY) in content else []
    message = read_message(said(channel, content, mentions=mentions), end=END, place=HERE)
    assert message.text == text
    assert message.notes == ()


def test_it_keeps_who_where_and_when(channel: discord.TextChannel) -> None:
    message = read_message(said(channel, "สวัสดี"), end=END, place=HERE)
    assert message.author == Author(str(BAITOEY), "ใบเตย")
    assert (message.end, message.place, message.ref) == (END, HERE, REF)
    assert message.sent_at == SENT_AT


def test_the_name_in_that_server_stands_over_the_accounts_own(channel: discord.TextChannel) -> None:
    member = {"nick": "ป้าเตย", "roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False}
    live = said(channel, "hola", member={**member, "flags": 0})
    assert read_message(live, end=END, place=HERE).author.name == "ป้าเตย"
    read_again = said(channel, "hola")
    assert read_message(read_again, end=END, place=HERE, name="ป้าเตย").author.name == "ป้าเตย"


def test_without_the_guild_at_hand_a_message_reads_all_the_same() -> None:
    state = CommunityBot()._connection
    elsewhere = discord.PartialMessageable(state=state, id=int(HERE.ref), guild_id=GUILD_ID)
    content = f"<@{PLOY}> <@&{ROLE_ID}> <#{HERE.ref}>"
    message = read_message(said(elsewhere, content, mentions=[user(PLOY, "ploy")]), end=END, place=HERE)
    assert message.text == "@ploy @deleted-role #deleted-channel"


@pytest.mark.parametrize(
    ("more", "full_text"),
    [
        pytest.param({"attachments": [attached("ผัง.pdf")]}, "mira\n📎 ผัง.pdf", id="a file is named"),
        pytest.param(
            {"attachments": [attached("a.png"), attached("b.png")]}, "mira\n📎 a.png\n📎 b.png", id="every file is"
        ),
        pytest.param({"sticker_items": [sticker("ช้างน้อย")]}, "mira\n🏷️ ช้างน้อย", id="a sticker is named"),
        pytest.param(
            {"type": 19, "message_reference": {"message_id": "1", "channel_id": HERE.ref}},
            "mira",
            id="a reply is its own words",
        ),
    ],
)
def test_what_cannot_cross_yet_is_named(channel: discord.TextChannel, more: dict[str, Any], full_text: str) -> None:
    assert read_message(said(channel, "mira", **more), end=END, place=HERE).full_text() == full_text


def test_a_file_alone_is_still_something_to_say(channel: discord.TextChannel) -> None:
    message = read_message(said(channel, "", attachments=[attached("voz.ogg")]), end=END, place=HERE)
    assert [part.text for part in write_message(message, THERE)] == ["📎 voz.ogg"]


def heard(text: str, name: str = "Toño", notes: tuple[str, ...] = ()) -> Message:
    return Message(END, HERE, "$event", Author("@tono:hill.example", name), text, datetime.now(UTC), notes)


def test_a_long_message_becomes_numbered_parts_that_discord_takes() -> None:
    message = heard("กลุ่มเรียนรู้เรื่องน้ำ " * 250)
    parts = write_message(message, THERE)
    assert [part.part for part in parts] == [0, 1, 2]
    assert all(len(part.text) <= CONTENT_LIMIT for part in parts)
    assert [part.key for part in parts] == [copy_key(message, number, THERE) for number in range(3)]
    assert {part.author for part in parts} == {"Toño"}


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_where_there_is_nothing_to_say_there_are_no_parts(text: str) -> None:
    assert write_message(heard(text), THERE) == []


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
