"""One conversation of two Discord channels: what is said, edited and answered in one shows in the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from db.engine import Database
from tests.bridges.discord_square import Square, square

pytestmark = pytest.mark.network


@pytest.fixture
async def plaza(sqlite_database: Database) -> AsyncIterator[Square]:
    async with square(sqlite_database, "River House", "Hill Garden") as opened:
        yield opened


async def test_what_is_said_here_is_said_there_under_the_same_name(plaza: Square) -> None:
    baitoey = plaza.member("baitoey", "ใบเตย")
    async with plaza.bridged():
        await baitoey.say(plaza.here, "สวัสดีทุกคน **ยินดี**ที่ได้รู้จัก")
        (copy,) = await plaza.reads(plaza.there, "สวัสดีทุกคน **ยินดี**ที่ได้รู้จัก")
        assert copy.author_name == "ใบเตย"
        assert copy.pinged_nobody


async def test_both_sides_hear_each_other_and_nobody_hears_an_echo(plaza: Square) -> None:
    baitoey, tono = plaza.member("baitoey"), plaza.member("tono", "Toño", where=1)
    async with plaza.bridged():
        await baitoey.say(plaza.here, "¿quién viene?")
        await plaza.reads(plaza.there, "¿quién viene?")
        await tono.say(plaza.there, "¡yo!")
        await plaza.reads(plaza.here, "¡yo!")
        await plaza.settled()
        assert len(plaza.here.messages()) == len(plaza.there.messages()) == 2


async def test_a_burst_keeps_its_order(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        for number in range(12):
            await ana.say(plaza.here, f"línea {number}")
        await plaza.reads(plaza.there, *(f"línea {number}" for number in range(12)))


async def test_an_edit_reaches_the_copy(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "nos vemos el lunes")
        await plaza.reads(plaza.there, "nos vemos el lunes")
        await ana.edit(plaza.here, said, "nos vemos el martes")
        (copy,) = await plaza.reads(plaza.there, "nos vemos el martes")
        assert copy.edited


async def test_an_edit_that_is_longer_adds_a_part_and_a_shorter_one_takes_it_away(plaza: Square) -> None:
    ana = plaza.member("ana")
    short, long = "corto", "*" * 1500  # every star is written with a backslash
    async with plaza.bridged():
        said = await ana.say(plaza.here, short)
        await plaza.reads(plaza.there, short)
        await ana.edit(plaza.here, said, long)
        parts = await plaza.there.wait_for(lambda seen: len(seen) == 2)
        assert "".join(part.content for part in parts).replace("\\", "") == long
        await ana.edit(plaza.here, said, "otra vez corto")
        await plaza.reads(plaza.there, "otra vez corto")


async def test_a_link_that_is_unfolded_is_no_edit(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "mira https://example.org/agua")
        await plaza.reads(plaza.there, "mira https://example.org/agua")
        plaza.here.show_preview(said, title="Agua", url="https://example.org/agua")
        await ana.say(plaza.here, "¿y?")
        (copy, _) = await plaza.reads(plaza.there, "mira https://example.org/agua", "¿y?")
        assert not copy.edited


async def test_what_is_deleted_here_is_deleted_there(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        first = await ana.say(plaza.here, "uno")
        await ana.say(plaza.here, "dos")
        await plaza.reads(plaza.there, "uno", "dos")
        await ana.delete(plaza.here, first)
        await plaza.reads(plaza.there, "dos")


async def test_what_is_deleted_in_bulk_is_deleted_there(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = [await ana.say(plaza.here, f"spam {number}") for number in range(4)]
        await plaza.reads(plaza.there, *(f"spam {number}" for number in range(4)))
        await plaza.guilds[0].owner.bulk_delete(plaza.here, said[:3])
        await plaza.reads(plaza.there, "spam 3")


async def test_a_copy_that_a_moderator_deletes_stays_away_and_the_message_stands(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "hola")
        (copy,) = await plaza.reads(plaza.there, "hola")
        await plaza.guilds[1].owner.delete(plaza.there, copy.id)
        await ana.edit(plaza.here, said, "hola a todas")
        await ana.say(plaza.here, "¿?")
        await plaza.reads(plaza.there, "¿?")
        assert plaza.here.message(said).content == "hola a todas"


async def test_an_answer_shows_what_it_answers_and_leads_there(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", "Toño", where=1)
    async with plaza.bridged():
        said = await ana.say(plaza.here, "ใครมีไมค์บ้าง เอามาด้วยนะ")
        (copy,) = await plaza.reads(plaza.there, "ใครมีไมค์บ้าง เอามาด้วยนะ")
        await tono.say(plaza.there, "yo tengo uno", reply_to=copy.id)
        site = f"https://discord.com/channels/{plaza.guilds[0].id}/{plaza.here.id}/{said}"
        (answer,) = await plaza.reads(plaza.here, f"-# ↪ [ana](<{site}>) ใครมีไมค์บ้าง เอามาด้วยนะ\nyo tengo uno")
        assert answer.pinged_nobody


async def test_an_answer_follows_what_it_answers(plaza: Square) -> None:
    ana, tono = plaza.member("ana"), plaza.member("tono", "Toño")
    async with plaza.bridged():
        said = await ana.say(plaza.here, "el lunes")
        await tono.say(plaza.here, "voy", reply_to=said)
        first, _ = await plaza.there.wait_for(lambda seen: len(seen) == 2)
        site = f"https://discord.com/channels/{plaza.guilds[1].id}/{plaza.there.id}/{first.id}"
        await plaza.reads(plaza.there, "el lunes", f"-# ↪ [ana](<{site}>) el lunes\nvoy")
        await ana.edit(plaza.here, said, "el martes")
        await plaza.reads(plaza.there, "el martes", f"-# ↪ [ana](<{site}>) el martes\nvoy")
        await ana.delete(plaza.here, said)
        await plaza.reads(plaza.there, "voy")


async def test_what_was_said_before_joining_stays_at_home(plaza: Square) -> None:
    ana = plaza.member("ana")
    await ana.say(plaza.here, "antes")
    async with plaza.bridged():
        await ana.say(plaza.here, "después")
        await plaza.reads(plaza.there, "después")


async def test_what_was_said_while_the_bot_was_away_is_caught_up(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
    await ana.say(plaza.here, "dos")
    await ana.say(plaza.here, "tres")
    async with plaza.bridged():
        await plaza.reads(plaza.there, "uno", "dos", "tres")


async def test_what_was_said_between_two_sessions_is_caught_up(plaza: Square) -> None:
    ana = plaza.member("ana")
    async with plaza.bridged():
        await ana.say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
        await plaza.discord.drop_gateway(resumable=False)
        await ana.say(plaza.here, "dos")
        await plaza.reads(plaza.there, "uno", "dos")
        await plaza.until(plaza.is_ready)


async def test_a_mention_is_a_name_and_pings_nobody(plaza: Square) -> None:
    ana, ploy = plaza.member("ana"), plaza.member("ploy", "พลอย")
    async with plaza.bridged():
        await ana.say(plaza.here, f"{ploy.mention} ven a {plaza.here.mention} @everyone")
        (copy,) = await plaza.there.wait_for(lambda seen: len(seen) == 1)
        assert copy.pinged_nobody
        assert copy.content.replace("\u2060", "").replace("\u200b", "") == "@พลอย ven a #plaza @everyone"
