"""Every kind of message crosses from every kind of end to every other, over real sockets: words and what becomes
of them. What people hand over is in `test_six_ends_carried.py`.

What is said at a channel goes to channels of the same and of another server and to rooms, what is said in a room
to rooms and to channels: two sources are every direction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.discord import RateLimits, SeenMessage
from sandbox.matrix import ShownMessage
from sandbox.network import SandboxNetwork
from sandbox.spots import Seen
from tests.bridges.media.material import picture, saved
from tests.network.six_ends import ENDS, SIX_ENDS, SixEnds, only, texts_of

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

CHANNELS, ROOMS = ("d1", "d2", "d3"), ("m1", "m2", "m3")
EVERY_SOURCE = pytest.mark.parametrize("source", ["d1", "m1"])
THAI = "ย่อหน้านี้เล่าเรื่องการเก็บเมล็ดพันธุ์ไว้ปลูกปีหน้าที่บ้านผู้ใหญ่"
PNG = saved(picture(), "PNG")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[SixEnds]:
    async with SandboxNetwork(SIX_ENDS, limits=RateLimits.discord().scaled(1 / 30)) as network:
        await network.bot.start()
        await network.bot.ready()
        yield SixEnds(network)


@pytest_asyncio.fixture(loop_scope="module")
async def six(running: SixEnds) -> SixEnds:
    await running.turn_the_page()
    return running


def on_discord(seen: Seen) -> SeenMessage:
    assert isinstance(seen.raw, SeenMessage)
    return seen.raw


def on_matrix(seen: Seen) -> ShownMessage:
    assert isinstance(seen.raw, ShownMessage)
    return seen.raw


# ── words


@EVERY_SOURCE
async def test_words_cross_to_every_other_end_under_their_authors_name(six: SixEnds, source: str) -> None:
    await six[source].say("ใครมีเมล็ดมะรุมบ้าง ¿alguien? <b>&")
    found = await six.until_texts("ใครมีเมล็ดมะรุมบ้าง ¿alguien? <b>&")
    for name in six.others(source):
        [copy] = found[name]
        assert copy.author == {"d1": "Pepper", "m1": "Sage"}[source]
        assert copy.copied
        assert copy.silent


@pytest.mark.parametrize(
    ("content", "html", "again"),
    [
        ("**taller** *hoy* __a__ ~~b~~", "<strong>taller</strong> <em>hoy</em> <u>a</u> <del>b</del>", None),
        ("***น้ำใส***", "<em><strong>น้ำใส</strong></em>", None),
        ("||muere **ella**||", "<span data-mx-spoiler>muere <strong>ella</strong></span>", None),
        ("`a < b`", "<code>a &lt; b</code>", None),
        (
            "```py\nif a < b:\n  สวัสดี\n```",
            '<pre><code class="language-py">if a &lt; b:\n  สวัสดี\n</code></pre>',
            None,
        ),
        ("> cita\n> dos\nsí", "<blockquote><p>cita<br>dos</p></blockquote><p>sí</p>", None),
        ("# Uno\n## สอง", "<h1>Uno</h1><h2>สอง</h2>", None),
        ("- pan\n  - ข้าว\n- agua", "<ul><li>pan<ul><li>ข้าว</li></ul></li><li>agua</li></ul>", None),
        ("[el plan](https://example.org/a)", '<a href="https://example.org/a">el plan</a>', None),
    ],
)
async def test_markup_is_the_same_to_the_eye_at_every_end(
    six: SixEnds, content: str, html: str, again: str | None
) -> None:
    await six["d1"].say(content)
    for name in ("d2", "d3"):
        await six.until_texts(again or content, at=name)
    for name in ROOMS:
        [shown] = (await six.until(lambda seen: len(seen) == 1, at=name))[name]
        assert on_matrix(shown).html == html
    await six.turn_the_page()
    room = six.matrix("m1")
    await room.people[0].say(room.room, "plain", html=html)
    for name in CHANNELS:
        await six.until_texts(again or content, at=name)
    for name in ("m2", "m3"):
        [shown] = (await six.until(lambda seen: len(seen) == 1, at=name))[name]
        assert on_matrix(shown).html == html


async def test_a_long_text_is_one_message_in_rooms_and_several_in_channels(six: SixEnds) -> None:
    text = " ".join(f"{number}{THAI}" for number in range(70))
    assert 4000 < len(text) < 6000
    await six["m1"].say(text)
    await six.until_texts(text, at=("m2", "m3"))
    for name in CHANNELS:
        parts = (await six.until(lambda seen: " ".join(texts_of(seen)) == text, at=name))[name]
        assert len(parts) >= 3
        assert all(len(part.text) <= 2000 for part in parts)
        assert [part.author for part in parts] == ["Sage"] * len(parts)


@EVERY_SOURCE
async def test_an_edit_shows_everywhere(six: SixEnds, source: str) -> None:
    ref = await six[source].say("mañana a las 5")
    await six.until_texts("mañana a las 5")
    await six[source].edit(ref, "mañana a las 6, y traigan agua")
    found = await six.until_texts("mañana a las 6, y traigan agua", at=CHANNELS)
    assert all(copy.edited for name in CHANNELS for copy in found[name])


async def test_an_edit_grows_from_one_part_to_several_and_shrinks_again(six: SixEnds) -> None:
    long = " ".join(f"{number}{THAI}" for number in range(70))
    ref = await six["m1"].say("corto")
    await six["m1"].say("y otra cosa")
    await six.until_texts("corto", "y otra cosa")
    await six["m1"].edit(ref, long)
    for name in CHANNELS:
        # Discord shows in the order of ids: what is added stands below, in its own order
        found = await six.until(lambda seen: len(seen) >= 4, at=name)
        parts = [seen.text for seen in found[name] if seen.text != "y otra cosa"]
        assert " ".join(parts) == long
    await six.until_texts(long, "y otra cosa", at=("m2", "m3"))
    await six["m1"].edit(ref, "corto otra vez")
    await six.until_texts("corto otra vez", "y otra cosa")


async def test_an_edit_on_discord_grows_and_shrinks_too(six: SixEnds) -> None:
    long = THAI * 30
    assert len(long) <= 2000
    ref = await six["d1"].say("สั้น")
    await six.until_texts("สั้น")
    await six["d1"].edit(ref, long)
    await six.until_texts(long)
    await six["d1"].edit(ref, "สั้นอีกครั้ง")
    await six.until_texts("สั้นอีกครั้ง")


@EVERY_SOURCE
async def test_what_is_taken_back_is_gone_everywhere(six: SixEnds, source: str) -> None:
    ref = await six[source].say("lo dije sin pensar")
    await six[source].say("y esto se queda")
    await six.until_texts("lo dije sin pensar", "y esto se queda")
    await six[source].delete(ref)
    await six.until_texts("y esto se queda")


async def test_what_a_moderator_deletes_in_bulk_is_gone_everywhere(six: SixEnds) -> None:
    refs = [await six["d1"].say(f"ขายของ {number}") for number in range(4)]
    await six["d1"].say("ปลูกผักกัน")
    await six.until_texts(*(f"ขายของ {number}" for number in range(4)), "ปลูกผักกัน")
    channel = six.discord("d1").channel
    await six.network.guilds["yard"].owner.bulk_delete(channel, [int(ref) for ref in refs])
    await six.until_texts("ปลูกผักกัน")


async def test_an_edit_that_is_taken_back_leaves_the_words_before_it(six: SixEnds) -> None:
    room = six.matrix("m1")
    ref = await room.say("el martes")
    await six.until_texts("el martes")
    mark = await room.people[0].edit(room.room, ref, "el jueves")
    await six.until_texts("el jueves", at=six.others("m1"))
    await room.people[0].redact(room.room, mark)
    await six.until_texts("el martes", at=six.others("m1"))


# ── answers


@EVERY_SOURCE
async def test_a_chain_of_answers_hangs_together_at_every_end(six: SixEnds, source: str) -> None:
    question = await six[source].say("¿Quién trae semillas?")
    await six.until_texts("¿Quién trae semillas?")
    await six["d2"].say("ฉันเอามา", answers=await six.ref("d2", "¿Quién trae semillas?"))
    await six.until_texts("¿Quién trae semillas?", "ฉันเอามา")
    await six["m2"].say("y yo tierra", answers=await six.ref("m2", "ฉันเอามา"))
    found = await six.until_texts("¿Quién trae semillas?", "ฉันเอามา", "y yo tierra")
    for name in ENDS:
        first, second, third = found[name]
        assert (first.answers, second.answers, third.answers) == (None, first.ref, second.ref), name
        if name in CHANNELS:
            assert [each.quoted for each in (second, third) if each.copied] == [
                words for each, words in ((second, "¿Quién trae semillas?"), (third, "ฉันเอามา")) if each.copied
            ], name
        assert all(each.silent for each in (first, second, third) if each.copied)
    assert found[source][0].ref == question


async def test_a_quote_leads_to_the_copy_in_the_same_channel(six: SixEnds) -> None:
    await six["m1"].say("¿Dónde nos vemos?")
    await six.until_texts("¿Dónde nos vemos?")
    await six["m2"].say("en la plaza", answers=await six.ref("m2", "¿Dónde nos vemos?"))
    await six.until_texts("¿Dónde nos vemos?", "en la plaza")
    for name in CHANNELS:
        question, answer = await six.now(name)
        channel = six.discord(name).channel
        guild = six.network.guilds["spring" if name == "d3" else "yard"].id
        address = f"https://discord.com/channels/{guild}/{channel.id}/{question.ref}"
        assert on_discord(answer).content == f"-# ↪ [Sage](<{address}>) ¿Dónde nos vemos?\nen la plaza"


@EVERY_SOURCE
async def test_a_quote_follows_the_edits_and_the_deletion_of_what_it_quotes(six: SixEnds, source: str) -> None:
    question = await six[source].say("¿A las 5?")
    await six.until_texts("¿A las 5?")
    await six["m3"].say("sí", answers=await six.ref("m3", "¿A las 5?"))
    quoted_at = CHANNELS
    await six.until(lambda seen: [each.quoted for each in seen] == [None, "¿A las 5?"], at=quoted_at)
    await six[source].edit(question, "¿A las 6?")
    await six.until(lambda seen: [each.quoted for each in seen] == [None, "¿A las 6?"], at=quoted_at)
    await six[source].delete(question)
    await six.until_texts("sí")
    await six.until(lambda seen: [(each.quoted, each.answers) for each in seen] == [(None, None)], at=quoted_at)


async def test_a_long_answer_has_room_for_its_quote(six: SixEnds) -> None:
    await six["d1"].say("เล่ายาว ๆ ได้เลย")
    await six.until_texts("เล่ายาว ๆ ได้เลย")
    words = "ทำ นา " * 333
    await six["d2"].say(words, answers=await six.ref("d2", "เล่ายาว ๆ ได้เลย"))
    for name in ("d1", "d3"):
        found = await six.until(lambda seen: len(seen) == 3, at=name)
        assert all(len(on_discord(each).content) <= 2000 for each in found[name])
        assert " ".join(each.text for each in found[name][1:]).split() == words.split()
        assert found[name][1].quoted == "เล่ายาว ๆ ได้เลย"


# ── reactions


@EVERY_SOURCE
async def test_a_reaction_shows_once_at_every_end_and_goes_with_the_last_who_gave_it(
    six: SixEnds, source: str
) -> None:
    mine = await six[source].say("ฝนตกแล้ว")
    await six.until_texts("ฝนตกแล้ว")
    there = await six.ref("m2", "ฝนตกแล้ว")
    await six[source].react(mine, "🌧️", by=1)
    await six["m2"].react(there, "🌧️", by=0)
    await six["m2"].react(there, "🌧️", by=1)
    await six.until(lambda seen: dict(seen[0].reactions) in ({"🌧️": 1}, {"🌧": 1}), at=("d3", "m3"))
    await six.until(lambda seen: sum(seen[0].reactions.values()) == 3, at="m2")
    await six.until(lambda seen: sum(seen[0].reactions.values()) == 2, at=source)
    await six["m2"].unreact(there, "🌧️", by=0)
    await six["m2"].unreact(there, "🌧️", by=1)
    await six.until(lambda seen: sum(seen[0].reactions.values()) == 1, at=six.others(source, "m2"))
    await six.until(lambda seen: sum(seen[0].reactions.values()) == 1, at=(source, "m2"))
    await six[source].unreact(mine, "🌧️", by=1)
    await six.until(lambda seen: not seen[0].reactions)


async def test_a_servers_own_emoji_crosses_as_a_reaction_and_in_words(six: SixEnds) -> None:
    emoji = six.network.guilds["yard"].add_emoji("brote", PNG)
    ref = await six["d1"].say(f"mira {emoji.markup}")
    await six.until_texts(f"mira {emoji.markup}", at=("d1", "d2", "d3"))
    await six.until_texts("mira :brote:", at=ROOMS)
    await six["d1"].react(ref, emoji.reaction)
    await six.until(lambda seen: len(seen[0].reactions) == 1, at=ENDS)
    for name in ROOMS:
        [[key, count]] = (await six.now(name))[0].reactions.items()
        assert key.startswith("mxc://")
        assert count == 1
    await six["d1"].unreact(ref, emoji.reaction)
    await six.until(lambda seen: not seen[0].reactions)


async def test_a_rooms_own_picture_as_a_reaction_shows_in_the_other_rooms(six: SixEnds) -> None:
    room = six.matrix("m1")
    ref = await room.say("miren el brote")
    await six.until_texts("miren el brote")
    address = await room.people[0].upload("brote.png", PNG, "image/png")
    await room.people[0].react(room.room, ref, address, name="brote")
    await six.until(lambda seen: dict(seen[0].reactions) == {address: 1}, at=ROOMS)
    await room.people[0].react(room.room, ref, "👍")
    # Discord has no such emoji, and that holds up no other reaction
    await six.until(lambda seen: dict(seen[0].reactions) == {"👍": 1}, at=CHANNELS)


async def test_a_reaction_to_any_copy_counts_as_one_to_the_message(six: SixEnds) -> None:
    await six["d1"].say("เริ่มเลย")
    await six.until_texts("เริ่มเลย")
    await six["d3"].react(await six.ref("d3", "เริ่มเลย"), "👍")
    await six.until(lambda seen: dict(seen[0].reactions) == {"👍": 1})


# ── threads


async def test_a_thread_from_a_message_on_discord_appears_at_every_end(six: SixEnds) -> None:
    ref = await six["d1"].say("เรื่องน้ำ")
    await six.until_texts("เรื่องน้ำ")
    thread = await six["d1"].begin_thread(ref, "บ่อแห้งแล้ว", name="น้ำ")
    await hangs(six, "เรื่องน้ำ", "บ่อแห้งแล้ว")
    there = await six.ref("m3", "เรื่องน้ำ")
    await six["m3"].say("aquí también", thread=there)
    await hangs(six, "เรื่องน้ำ", "บ่อแห้งแล้ว", "aquí también")
    await six["d1"].say("งั้นขุดบ่อ", thread=thread)
    await hangs(six, "เรื่องน้ำ", "บ่อแห้งแล้ว", "aquí también", "งั้นขุดบ่อ")
    assert [each.name for each in six.discord("d3").channel.threads()][-1] == "น้ำ"


async def test_a_thread_in_a_room_appears_at_every_end(six: SixEnds) -> None:
    ref = await six["m1"].say("lo de la bomba")
    await six.until_texts("lo de la bomba")
    await six["m1"].begin_thread(ref, "hace ruido")
    await hangs(six, "lo de la bomba", "hace ruido")
    thread = next(each.thread for each in await six.now("d3") if each.text == "hace ruido")
    await six["d3"].say("เปลี่ยนน้ำมัน", thread=thread)
    await hangs(six, "lo de la bomba", "hace ruido", "เปลี่ยนน้ำมัน")
    said = next(each.ref for each in await six.now("d3") if each.text == "เปลี่ยนน้ำมัน")
    await six["d3"].edit(said, "เปลี่ยนน้ำมันก่อน")
    await hangs(six, "lo de la bomba", "hace ruido", "เปลี่ยนน้ำมันก่อน")
    await six["d3"].delete(said)
    await hangs(six, "lo de la bomba", "hace ruido")


async def test_an_answer_within_a_thread_hangs_from_what_it_answers(six: SixEnds) -> None:
    ref = await six["m1"].say("el techo")
    await six.until_texts("el techo")
    await six["m1"].begin_thread(ref, "¿lámina o teja?")
    await hangs(six, "el techo", "¿lámina o teja?")
    asked = only(await six.now("m2"), "¿lámina o teja?")
    await six["m2"].say("teja", thread=asked.thread, answers=asked.ref)
    await hangs(six, "el techo", "¿lámina o teja?", "teja")
    for name in ENDS:
        seen = await six.now(name)
        assert only(seen, "teja").answers == only(seen, "¿lámina o teja?").ref, name


async def test_a_thread_that_hangs_from_nothing_appears_with_its_name(six: SixEnds) -> None:
    channel = six.discord("d1").channel
    pepper = six.discord("d1").people[0]
    thread = await pepper.start_thread(channel, "Compost")
    await pepper.say(thread, "ใส่เปลือกไข่ได้ไหม")
    for name in six.others("d1"):
        found = await six.until(lambda seen: any(each.text == "ใส่เปลือกไข่ได้ไหม" for each in seen), at=name)
        said = only(found[name], "ใส่เปลือกไข่ได้ไหม")
        assert said.thread is not None, name
        [root] = [each for each in found[name] if each.thread is None]
        assert "Compost" in root.text, name
        if name in ROOMS:
            assert said.thread == root.ref
        else:
            assert [each.name for each in six.discord(name).channel.threads() if str(each.id) == said.thread] == [
                "Compost"
            ]


async def test_a_post_in_a_forum_is_a_thread_elsewhere_and_the_other_way_round(six: SixEnds) -> None:
    forum = six.forum
    post = await forum.people[0].post(forum.channel, "ปุ๋ย", "ใช้อะไรดี")
    answers, room = six.beside_forum["answers"], six.beside_forum["preguntas"]

    def has_post(seen: list[Seen]) -> bool:
        return any("ปุ๋ย" in each.text and "ใช้อะไรดี" in each.text for each in seen)

    await six.until_at(answers, has_post, name="answers")
    found = await six.until_at(room, has_post, name="preguntas")
    root = next(each for each in found if "ปุ๋ย" in each.text)
    await room.say("ceniza", thread=root.ref)
    await forum.channel.beside(post.id).wait_for(lambda seen: [m.content for m in seen][1:] == ["ceniza"])
    await forum.say("แล้วใบไม้ล่ะ", thread=str(post.id))
    found = await six.until_at(room, lambda seen: any(each.text == "แล้วใบไม้ล่ะ" for each in seen), name="preguntas")
    assert only(found, "แล้วใบไม้ล่ะ").thread == root.ref
    # what is said at another end begins a post, and what hangs from it goes into that post
    asked = await room.say("¿Y para los tomates?")
    await room.begin_thread(asked, "hojas secas")
    await forum.channel.wait_for(lambda _: len(forum.channel.threads()) == 2)
    begun = next(each for each in forum.channel.threads() if each.id != post.id)
    seen = await begun.wait_for(lambda seen: len(seen) == 2)
    assert [m.content for m in seen] == ["¿Y para los tomates?", "hojas secas"]
    assert begun.name == "¿Y para los tomates?"


async def hangs(six: SixEnds, root: str, *words: str) -> None:
    """Wait until these words, in this order, hang from the message of this text at every end."""
    for name in ENDS:

        def is_so(seen: list[Seen], name: str = name) -> bool:
            roots = [each for each in seen if each.text == root and each.thread is None]
            if len(roots) != 1 or texts_of(seen) != [root]:
                return False
            inside = [each for each in seen if each.thread is not None]
            # on Discord a thread has the id of the message it hangs from
            return [each.text for each in inside] == list(words) and all(
                each.thread == roots[0].ref for each in inside
            )

        await six.until(is_so, at=name)


# ── pins and mentions


async def test_a_pin_shows_at_every_end_and_goes_again(six: SixEnds) -> None:
    channel = six.discord("d1").channel
    ref = await six["d1"].say("กติกาของเรา")
    await six.until_texts("กติกาของเรา")
    channel.pin(int(ref))
    await six.until(lambda seen: seen[0].pinned)
    channel.pin(int(ref), pinned=False)
    await six.until(lambda seen: not seen[0].pinned)


async def test_a_pin_in_a_room_shows_at_every_end(six: SixEnds) -> None:
    ref = await six["m1"].say("acuerdos")
    await six.until_texts("acuerdos")
    await six.network.keeper.pin(six.matrix("m1").room, ref)
    await six.until(lambda seen: seen[0].pinned)
    await six.network.keeper.unpin(six.matrix("m1").room, ref)
    await six.until(lambda seen: not seen[0].pinned)


async def test_whoever_is_mentioned_is_named_and_nobody_is_pinged_elsewhere(six: SixEnds) -> None:
    clove = six.discord("d1").people[1]
    role = six.network.guilds["yard"].add_role("jardineras")
    await six["d1"].say(f"{clove.mention} <@&{role}> @everyone @here ¿vienen?")
    shown = "@Clove @jardineras @\u200beveryone @\u200bhere ¿vienen?"
    for name in six.others("d1"):
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert found[name][0].text.replace("\u200b", "").replace("\\", "") == shown.replace("\u200b", "")
        assert found[name][0].silent, name
    await six.turn_the_page()
    room, ploy = six.matrix("m1"), six.matrix("m1").people[1]
    await room.people[0].mention(room.room, ploy.user_id, "¿vienes?")
    for name in six.others("m1"):
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert "พลอย" in found[name][0].text
        assert found[name][0].silent, name
    await six.turn_the_page()
    await room.people[0].mention_room(room.room, "asamblea")
    for name in six.others("m1"):
        found = await six.until(lambda seen: len(seen) == 1, at=name)
        assert "asamblea" in found[name][0].text
        assert found[name][0].silent, name


async def test_an_edit_pings_nobody_either(six: SixEnds) -> None:
    clove = six.discord("d1").people[1]
    ref = await six["m1"].say("hola")
    await six.until_texts("hola")
    await six["m1"].edit(ref, f"hola @everyone {clove.mention}")
    found = await six.until(lambda seen: "hola @" in seen[0].text, at=six.others("m1"))
    assert all(seen.silent for each in found.values() for seen in each)


async def test_what_is_said_of_oneself_crosses_with_the_name(six: SixEnds) -> None:
    room = six.matrix("m1")
    await room.people[0].emote(room.room, "เดินไปรดน้ำ")
    await six.until_texts("*\\* Sage เดินไปรดน้ำ*", at=CHANNELS)
    for name in ("m2", "m3"):
        [shown] = (await six.until(lambda seen: len(seen) == 1, at=name))[name]
        assert on_matrix(shown).html == "<em>* Sage เดินไปรดน้ำ</em>"
