"""Who wrote what did not cross is told so privately, once, with why and a way to try again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection
from sqlalchemy import text as sql

from bridges.ends.port import EndError, RefusedError
from community_bot.domain.account import Account
from community_bot.domain.home import Home
from community_bot.platforms.port import Button, Card
from community_bot.services.bridging_port import Uncrossed
from db.bridge_rows import Place
from db.engine import Database
from db.ids import IntentId
from tests.bridges.memory_home import joining
from tests.bridges.test_lanes import until
from tests.community_bot.joined_town import HILL, LAKE, RIVER, JoinedTown
from tests.community_bot.people import Porch

ALL_THREE = joining(garden="d1 m1 m2")
TOO_LARGE: tuple[EndError, bool] = (RefusedError("matrix.too_large"), False)


@pytest.fixture
async def town(sqlite_database: Database) -> AsyncIterator[JoinedTown]:
    found = JoinedTown(sqlite_database, homes=(Home("river", "discord", "th"),))
    async with found.joined(ALL_THREE):
        yield found


@asynccontextmanager
async def telling(town: JoinedTown) -> AsyncIterator[asyncio.Task[None]]:
    """Let failures be gathered until the block ends, and then be told, as when the bot stops."""
    task = asyncio.create_task(town.failures.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await town.run_effects()


async def refuse(town: JoinedTown, text: str, account: Account, *by: Place) -> None:
    """Let somebody write in the river's channel what these places refuse; wait until that is known."""
    before = _failed(town)
    for place in by:
        town.at(place).troubles.append(TOO_LARGE)
    await town.write(RIVER, text, account)
    await until(lambda: _failed(town) == before + len(by))


def _failed(town: JoinedTown) -> int:
    """Return how many failures are gathered and not told yet."""
    return sum(map(len, town.failures._gathered.values()))


def cards(porch: Porch, account: Account) -> list[Card]:
    return [card for user_id, card in porch.told.values() if user_id == account.user_id]


async def test_a_stranger_is_told_in_the_language_of_the_place_what_did_not_arrive_where_and_why(
    town: JoinedTown,
) -> None:
    stranger = town.stranger()
    async with telling(town):
        await refuse(town, "พบกันที่ริมน้ำ", stranger, HILL)
    (card,) = cards(town.discord, stranger)
    lines = card.text.splitlines()
    assert lines[0] == ("ข้อความที่คุณเขียนใน **\\#ห้องวิทยุ · River House** จำนวน 1 ข้อความ ไปไม่ถึงทุกห้องอย่างที่เขียน")
    assert lines[1] == "- **Radio de la colina** ยาวหรือใหญ่เกินกว่าที่แพลตฟอร์มนั้นรับได้"
    assert "พบกันที่ริมน้ำ" not in card.text
    assert [each.label for each in card.buttons] == ["ลองอีกครั้ง"]
    assert town.at(LAKE).texts() == ["พบกันที่ริมน้ำ"]


async def test_several_places_and_several_messages_within_a_minute_are_one_notice(town: JoinedTown) -> None:
    tono = await town.join("Garza", language="es")
    async with telling(town):
        await refuse(town, "uno", tono, HILL, LAKE)
        await refuse(town, "dos", tono, HILL)
        assert town.naps == [60.0]
        assert await town.pending("tell") == []
    (card,) = cards(town.discord, tono)
    assert card.text.splitlines()[:3] == [
        "2 mensajes que escribiste en **\\#ห้องวิทยุ · River House** no llegaron a todas partes "
        "tal como los escribiste:",
        "- **Radio de la colina**: Es demasiado largo o demasiado grande para esa plataforma.",
        "- **Lake\\_Room \\*two\\***: Es demasiado largo o demasiado grande para esa plataforma.",
    ]


async def test_each_author_is_told_of_their_own(town: JoinedTown) -> None:
    first, second = town.stranger(), town.stranger()
    async with telling(town):
        await refuse(town, "one", first, HILL)
        await refuse(town, "two", second, HILL)
    assert len(cards(town.discord, first)) == len(cards(town.discord, second)) == 1


async def test_a_message_that_another_place_refuses_later_is_not_told_of_again(town: JoinedTown) -> None:
    stranger = town.stranger()
    async with telling(town):
        await refuse(town, "one", stranger, HILL)
    (known,) = town.failures._told
    report = {each.place: each for each in await town.bridge_desk.report()}
    late = Uncrossed(stranger, IntentId(77), known, RIVER, report[LAKE].place, "", "matrix.refused")
    async with telling(town):
        await town.failures.uncrossed(late)
    assert len(cards(town.discord, stranger)) == 1


async def test_the_button_tries_again_and_a_second_failure_is_told_again(town: JoinedTown) -> None:
    stranger = town.stranger()
    async with telling(town):
        await refuse(town, "one", stranger, HILL)
    (card,) = cards(town.discord, stranger)
    town.at(HILL).troubles.append(TOO_LARGE)
    async with telling(town):
        reply = await town.push(stranger, card.buttons[0], client="en")
        assert reply.text.startswith("It is being tried again.")
        await until(lambda: _failed(town) == 1)
    assert len(cards(town.discord, stranger)) == 2
    await town.push(stranger, cards(town.discord, stranger)[-1].buttons[0])
    await until(lambda: town.at(HILL).texts() == ["one"])
    nothing = await town.push(stranger, card.buttons[0], client="es")
    assert nothing.text.startswith("No queda nada por intentar")


async def test_what_was_only_gathered_when_the_process_died_is_told_once_by_the_next(
    sqlite_database: Database,
) -> None:
    killed = JoinedTown(sqlite_database)
    stranger = killed.stranger()
    async with killed.joined(ALL_THREE):
        await refuse(killed, "one", stranger, HILL, LAKE)
    assert await killed.pending("tell") == []
    lives = [JoinedTown(sqlite_database, platforms=killed.homes) for _ in range(2)]
    for number, life in enumerate(lives):
        async with life.joined(ALL_THREE), telling(life):
            await until(life.crew._tasks["untold-failures"].done)
            assert _failed(life) == (0 if number else 2)
    told, nothing = (cards(life.discord, stranger) for life in lives)
    assert len(told) == 1
    assert nothing == []


async def test_a_failure_counts_as_told_with_the_notice_and_not_before(town: JoinedTown) -> None:
    stranger = town.stranger()
    await refuse(town, "one", stranger, HILL)

    async def untold() -> int:
        return await town.network.look(lambda unit: len(unit.untold.left()))

    assert (await untold(), len(await town.pending("tell"))) == (1, 0)
    await town.failures.tell()
    assert (await untold(), len(await town.pending("tell"))) == (0, 1)


async def test_quiet_hours_hold(town: JoinedTown) -> None:
    noi = await town.join("Noi")
    await town.members.set_quiet(noi, "11:00", "13:00", None)
    async with telling(town):
        await refuse(town, "one", noi, HILL)
    assert cards(town.discord, noi) == []
    town.clock.pass_by(hours=1, minutes=1)
    await town.run_effects()
    assert len(cards(town.discord, noi)) == 1


async def test_nothing_of_it_can_be_read_in_the_database(town: JoinedTown) -> None:
    stranger = town.stranger("matrix")
    task = asyncio.create_task(town.failures.run())
    await refuse(town, "canary-words", stranger, HILL)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(await town.pending("tell")) == 1

    def everything(connection: Connection) -> str:
        rows = connection.execute(sql("SELECT * FROM effect")).all()
        return repr([tuple(row) for row in rows])

    found = await town.network.database.look(everything)
    for hidden in ("canary-words", stranger.user_id, "Radio de la colina", "River House", "ใบเตย"):
        assert hidden not in found


async def test_an_argument_that_was_made_up_tries_nothing(town: JoinedTown) -> None:
    for argument in ("", "x", "999", "-1", "1" * 40, "1.2.x"):
        reply = await town.push(town.stranger(), Button("Try again", "joined.again", argument), client="en")
        assert reply.text.startswith("There is nothing left to try")
