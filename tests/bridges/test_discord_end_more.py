"""Threads, posts, reactions, pins and files between Discord channels of one conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image

from bridges.ends.discord_account import Options
from bridges.ends.discord_home import DiscordHome
from bridges.media.carrying import Carrier
from bridges.media.file import Attachment
from bridges.message import Message
from bridges.terms import EndTerms
from db.bridge_rows import Platform
from db.engine import Database
from sandbox.discord import SimFile, SimPoll
from tests.bridges.discord_square import Square, square

pytestmark = pytest.mark.network


def picture(side: int = 8) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return out.getvalue()


def carrying(home: DiscordHome) -> Options:
    return Options(carrier=Carrier({Platform.DISCORD: home.fetch}), links=_link)


def _link(_: Message, attachment: Attachment) -> str | None:
    return f"https://bridge.example.org/m/{attachment.name}"


@pytest.fixture
async def plaza(sqlite_database: Database) -> AsyncIterator[Square]:
    async with square(sqlite_database, "River House", "Hill Garden") as opened:
        opened.options = carrying
        yield opened


@pytest.fixture
async def forum(sqlite_database: Database) -> AsyncIterator[Square]:
    async with square(sqlite_database, "River House", "Hill Garden", forums={"Hill Garden": True}) as opened:
        opened.options = carrying
        yield opened


# ── threads


async def test_a_thread_that_hangs_from_a_message_hangs_from_its_copy(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", "Toño", where=1)
    async with plaza.bridged():
        said = await ana.say(plaza.here, "¿quién trae agua?")
        (copy,) = await plaza.reads(plaza.there, "¿quién trae agua?")
        thread = await ana.start_thread(plaza.here, "agua", message_id=said)
        await ana.say(thread, "yo puedo")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        await plaza.reads(there, "yo puedo")
        assert (there.id, there.name) == (copy.id, "agua")
        await tono.say(there, "y yo")
        await plaza.reads(thread, "y yo")
        await plaza.reads(plaza.there, "¿quién trae agua?")


async def test_a_thread_that_hangs_from_a_copy_hangs_from_the_message(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", "Toño", where=1)
    async with plaza.bridged():
        said = await ana.say(plaza.here, "el huerto")
        (copy,) = await plaza.reads(plaza.there, "el huerto")
        there = await tono.start_thread(plaza.there, "huerto", message_id=copy.id)
        await tono.say(there, "¿a qué hora?")
        await plaza.until(lambda: len(plaza.here.threads()) == 1)
        (thread,) = plaza.here.threads()
        assert thread.id == said
        await plaza.reads(thread, "¿a qué hora?")
        await plaza.reads(plaza.here)
        await plaza.reads(plaza.there, "el huerto")


async def test_a_thread_that_began_from_nothing_begins_with_its_name(plaza: Square) -> None:
    ana = plaza.member("ana", "อนา")
    async with plaza.bridged():
        thread = await ana.start_thread(plaza.here, "ประชุมวันเสาร์")
        await plaza.reads(plaza.there, "🧵 ประชุมวันเสาร์")
        await ana.say(thread, "ใครมาบ้าง")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        await plaza.reads(plaza.there.threads()[0], "ใครมาบ้าง")
        (root,) = await plaza.reads(plaza.there, "🧵 ประชุมวันเสาร์")
        assert root.author_name == "อนา"


async def test_a_private_thread_stays_private(plaza: Square) -> None:
    ana = plaza.guilds[0].owner
    async with plaza.bridged():
        thread = await ana.start_thread(plaza.here, "secreto", private=True)
        await ana.say(thread, "nadie más lo lee")
        await ana.say(plaza.here, "hola")
        await plaza.reads(plaza.there, "hola")
        assert plaza.there.threads() == []


async def test_edits_deletions_and_answers_reach_a_thread(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "raíz")
        thread = await ana.start_thread(plaza.here, "hilo", message_id=said)
        first = await ana.say(thread, "uno")
        second = await ana.say(thread, "dos", reply_to=first)
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        await there.wait_for(lambda seen: sum(message.webhook_id is not None for message in seen) == 2)
        one, two = (message for message in there.messages() if message.webhook_id is not None)
        site = f"https://discord.com/channels/{plaza.guilds[1].id}/{there.id}/{one.id}"
        assert two.content == f"-# ↪ [ana](<{site}>) uno\ndos"
        await ana.edit(thread, second, "tres")
        await ana.delete(thread, first)
        await plaza.reads(there, "tres")


async def test_a_thread_that_is_deleted_takes_its_words_along(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "raíz")
        thread = await ana.start_thread(plaza.here, "hilo", message_id=said)
        await ana.say(thread, "uno")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        await plaza.reads(there, "uno")
        thread.delete()
        await plaza.reads(there)
        await plaza.reads(plaza.there, "raíz")


async def test_an_archived_thread_is_opened_by_what_is_said_and_a_locked_one_refuses(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "raíz")
        thread = await ana.start_thread(plaza.here, "hilo", message_id=said)
        first = await ana.say(thread, "uno")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        (there,) = plaza.there.threads()
        await plaza.reads(there, "uno")
        there.archive()
        await ana.edit(thread, first, "uno bis")
        await plaza.reads(there, "uno bis")
        there.archive()
        await ana.say(thread, "dos")
        await plaza.reads(there, "uno bis", "dos")
        there.archive(locked=True)
        await ana.say(thread, "tres")
        await plaza.until(lambda: plaza.failures == ["discord.thread_locked"])
        await ana.say(plaza.here, "sigue")
        await plaza.reads(plaza.there, "raíz", "sigue")


async def test_what_was_said_in_threads_while_the_bot_was_away_is_caught_up_in_order(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
    said = await ana.say(plaza.here, "dos")
    thread = await ana.start_thread(plaza.here, "hilo", message_id=said)
    await ana.say(thread, "en el hilo")
    await ana.say(plaza.here, "tres")
    async with plaza.bridged():
        await plaza.reads(plaza.there, "uno", "dos", "tres")
        await plaza.until(lambda: len(plaza.there.threads()) == 1)
        await plaza.reads(plaza.there.threads()[0], "en el hilo")


# ── forums


async def test_a_message_begins_a_post_and_an_answer_goes_into_it(forum: Square) -> None:
    ana = forum.member("ana")
    async with forum.bridged():
        said = await ana.say(forum.here, "¿Cuándo regamos? Hace mucho calor")
        await forum.until(lambda: len(forum.there.threads()) == 1)
        (post,) = forum.there.threads()
        assert post.name == "¿Cuándo regamos? Hace mucho calor"
        await forum.reads(post, "¿Cuándo regamos? Hace mucho calor")
        await ana.say(forum.here, "mañana", reply_to=said)
        await post.wait_for(lambda seen: len(seen) == 2)
        assert len(forum.there.threads()) == 1


async def test_a_post_is_a_message_with_its_title_and_a_thread(forum: Square) -> None:
    tono = forum.member("tono", "Toño", where=1)
    async with forum.bridged():
        post = await tono.post(forum.there, "Semillas", "¿quién tiene chía?")
        await forum.reads(forum.here, "**Semillas**\n\n¿quién tiene chía?")
        await tono.say(post, "o amaranto")
        await forum.until(lambda: len(forum.here.threads()) == 1)
        (thread,) = forum.here.threads()
        await forum.reads(thread, "o amaranto")
        assert thread.name == "Semillas"


async def test_a_post_that_is_deleted_is_deleted_everywhere(forum: Square) -> None:
    tono = forum.member("tono", where=1)
    async with forum.bridged():
        post = await tono.post(forum.there, "Semillas", "¿chía?")
        await forum.reads(forum.here, "**Semillas**\n\n¿chía?")
        post.delete()
        await forum.reads(forum.here)


async def test_a_long_message_is_one_post(forum: Square) -> None:
    ana = forum.member("ana")
    async with forum.bridged():
        await ana.say(forum.here, "*" * 1500)
        await forum.until(lambda: len(forum.there.threads()) == 1)
        (post,) = forum.there.threads()
        await post.wait_for(lambda seen: len(seen) == 2)
        await forum.settled()
        assert len(forum.there.threads()) == 1


# ── reactions and pins


async def test_a_reaction_is_given_once_by_the_bot_and_taken_back(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "¿vamos?")
        (copy,) = await plaza.reads(plaza.there, "¿vamos?")
        await ana.react(plaza.here, said, "🌱")
        await tono.react(plaza.here, said, "🌱")
        await plaza.there.wait_for(lambda seen: seen[0].reactions == {"🌱": 1})
        await ana.unreact(plaza.here, said, "🌱")
        await plaza.settled()
        assert plaza.there.message(copy.id).reactions == {"🌱": 1}
        await tono.unreact(plaza.here, said, "🌱")
        await plaza.there.wait_for(lambda seen: seen[0].reactions == {})


async def test_a_reaction_to_a_copy_reaches_the_message(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", where=1)
    naga = plaza.guilds[1].add_emoji("naga")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "¿vamos?")
        (copy,) = await plaza.reads(plaza.there, "¿vamos?")
        await tono.react(plaza.there, copy.id, naga.reaction)
        await plaza.here.wait_for(lambda _: len(plaza.here.message(said).reactions) == 1)
        assert plaza.discord.bot_id in next(iter(plaza.here.message(said).reactors.values()))


async def test_a_pin_crosses_and_goes(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.guilds[1].owner
    async with plaza.bridged():
        said = await ana.say(plaza.here, "reglas")
        (copy,) = await plaza.reads(plaza.there, "reglas")
        await plaza.guilds[0].owner.pin(plaza.here, said)
        await plaza.there.wait_for(lambda _: plaza.there.message(copy.id).pinned)
        await plaza.settled()
        await tono.unpin(plaza.there, copy.id)
        await plaza.here.wait_for(lambda _: not plaza.here.message(said).pinned)


# ── files and what else a message carries


async def test_a_picture_crosses_with_its_description(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "mira", files=[SimFile("río.png", picture(), "un río", spoiler=True)])
        (copy,) = await plaza.reads(plaza.there, "mira")
        (file,) = copy.files
        assert (file.name, file.description, file.spoiler) == ("SPOILER_río.png", "un río", True)
        with Image.open(BytesIO(plaza.there.download(file))) as shown:
            assert shown.size == (8, 8)


async def test_a_file_that_is_taken_out_goes_from_the_copy(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        files = [SimFile("a.png", picture()), SimFile("b.txt", b"hola")]
        said = await ana.say(plaza.here, "mira", files=files)
        (copy,) = await plaza.reads(plaza.there, "mira")
        assert [file.name for file in copy.files] == ["a.png", "b.txt"]
        await ana.edit(plaza.here, said, "mira bien")
        (copy,) = await plaza.reads(plaza.there, "mira bien")
        assert [file.name for file in copy.files] == ["a.png", "b.txt"]
        await ana.edit(plaza.here, said, "solo uno", drop_files=["a.png"])
        (copy,) = await plaza.reads(plaza.there, "solo uno")
        assert [file.name for file in copy.files] == ["b.txt"]


async def test_an_address_that_has_ended_is_asked_for_anew(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        plaza.there.set_bot_permissions(manage_webhooks=False)
        await ana.say(plaza.here, "mira", files=[SimFile("a.txt", b"hola")])
        await plaza.until(lambda: "blocked" in plaza.lanes())
        plaza.discord.advance_clock(86_400)
        plaza.there.set_bot_permissions(manage_webhooks=True)
        (copy,) = await plaza.reads(plaza.there, "mira")
        assert plaza.there.download(copy.files[0]) == b"hola"


async def test_what_is_too_large_is_told_with_its_address(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "mira", files=[SimFile("cine.txt", bytes(11 * 1024 * 1024))])
        (copy,) = await plaza.there.wait_for(lambda seen: len(seen) == 1)
        assert copy.content == "mira\n\n📎 cine.txt (<https://bridge.example.org/m/cine.txt>) (12 MB)"


async def test_without_a_carrier_files_are_named(plaza: Square) -> None:
    plaza.options = lambda _: Options()
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, files=[SimFile("a.txt", b"hola")])
        await plaza.reads(plaza.there, "📎 a.txt (4 B)")


async def test_a_voice_message_and_a_sticker_are_files(plaza: Square) -> None:
    ana = plaza.member("ana")
    sticker = plaza.guilds[0].add_sticker("chang", picture(), format="png")
    async with plaza.bridged():
        await ana.say(plaza.here, stickers=[sticker])
        (copy,) = await plaza.there.wait_for(lambda seen: len(seen) == 1)
        assert [file.name for file in copy.files] == ["chang.png"]


async def test_a_poll_a_forward_and_a_mention_are_words(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, poll=SimPoll("¿Cuándo?", ("lunes", "martes")))
        await plaza.reads(plaza.there, "📊 **¿Cuándo?**\n- lunes\n- martes")
        other = plaza.guilds[0].add_text_channel("patio")
        said = await ana.say(other, "ความลับ")
        await ana.forward(other, said, plaza.here)
        (_, copy) = await plaza.there.wait_for(lambda seen: len(seen) == 2)
        assert copy.content.splitlines() == ["> -# ↪ #patio", "> ความลับ"]


async def test_a_call_to_everybody_reaches_the_role_that_the_other_side_chose(plaza: Square) -> None:
    owner = plaza.guilds[0].owner
    role = plaza.guilds[1].add_role("vecinas")
    plaza.terms = {plaza.place(plaza.there): EndTerms(everyone=str(role))}
    async with plaza.bridged():
        await owner.say(plaza.here, "@everyone mañana hay agua")
        (copy,) = await plaza.there.wait_for(lambda seen: len(seen) == 1)
        assert copy.content == f"<@&{role}> mañana hay agua"
        assert not copy.pinged_everyone
        assert not copy.pinged_people


async def test_long_code_is_a_file(plaza: Square) -> None:
    ana = plaza.member("ana")
    code = "\n".join(f"línea_{number} = {number}" for number in range(115))
    async with plaza.bridged():
        await ana.say(plaza.here, f"mira:\n```python\n{code}\n```")
        (copy,) = await plaza.there.wait_for(lambda seen: len(seen) == 1)
        assert copy.content == "mira:\n\n📎 code.py"
        assert plaza.there.download(copy.files[0]).decode() == code
