"""That a message cannot cross is told to its author also when the process dies before it could be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bridges.commons import TELL_WITHIN
from bridges.ends.port import NotSentError, RefusedError
from bridges.message import Deleted, Message
from bridges.terms import EndTerms
from db.bridge_rows import Intent
from db.engine import Database
from db.ids import IntentId
from db.tables import relay_intent
from db.untold_store import UntoldStore
from tests.bridges.memory_home import Region, joining, place_of
from tests.bridges.test_lanes import until

# a killed process does not close its connection either; newer Pythons remark on it
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <sqlite3.Connection:pytest.PytestUnraisableExceptionWarning"
)

GARDEN = joining(garden="d1 m1 m2")


class Teller:
    """Hears what could not cross, and takes nothing over by itself."""

    def __init__(self) -> None:
        self.heard: list[tuple[IntentId, str, str, str]] = []

    async def failed(self, intent: Intent, message: Message, reason: str) -> None:
        self.heard.append((intent.id, message.ref, message.author.account, reason))


class Deadly(Teller):
    """Stands for a process that dies as soon as it should tell."""

    async def failed(self, intent: Intent, message: Message, reason: str) -> None:
        await super().failed(intent, message, reason)
        await asyncio.Event().wait()


async def left(database: Database) -> list[IntentId]:
    """Return the failures of which somebody has still to be told."""
    return await database.look(lambda c: [each.intent.id for each in UntoldStore(c).left()])


async def refused(database: Database) -> tuple[Region, Teller]:
    """Let one life end between the writing down of a failure and the telling."""
    teller = Deadly()
    region = Region(database, failed=teller.failed)
    async with region.running(GARDEN):
        region.place("m1").troubles.append((RefusedError("matrix.too_large"), False))
        region.say("d1", "a long tale")
        await until(lambda: len(teller.heard) == 1 and region.texts("m2") == ["a long tale"])
    return region, teller


async def next_life(database: Database, region: Region, done: Callable[[Region, Teller], bool]) -> Teller:
    """Run once more, until something is so and the looking back at the last life has come to its end."""
    teller = Teller()
    again = Region(database, region.homes, failed=teller.failed, sleep=_at_once)
    async with again.running(GARDEN):
        await until(lambda: done(again, teller) and again.crew._tasks["untold-failures"].done())
    return teller


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


def always(_: Region, __: Teller) -> bool:
    return True


async def test_what_a_killed_process_left_untold_is_told_at_the_next_start(sqlite_database: Database) -> None:
    region, first = await refused(sqlite_database)
    ((intent, *_),) = first.heard
    assert await left(sqlite_database) == [intent]
    second = await next_life(sqlite_database, region, lambda _, teller: len(teller.heard) == 1)
    assert second.heard == [(intent, "a long tale", "id-Ploy", "matrix.too_large")]
    # nobody took it over: the life after that tells it once more
    assert (await next_life(sqlite_database, region, always)).heard == second.heard


async def test_what_was_taken_over_is_told_no_more(sqlite_database: Database) -> None:
    region, first = await refused(sqlite_database)
    await sqlite_database.transact(lambda c: UntoldStore(c).told([each[0] for each in first.heard]))
    assert await left(sqlite_database) == []
    assert (await next_life(sqlite_database, region, always)).heard == []


async def test_after_an_hour_it_is_no_news_and_is_counted(sqlite_database: Database) -> None:
    region, _ = await refused(sqlite_database)
    long_ago = datetime.now(UTC) - timedelta(seconds=1)
    await sqlite_database.transact(lambda c: c.execute(update(relay_intent).values(tell_until=long_ago)))

    def counted(again: Region, _: Teller) -> bool:
        return "bridge_failures_untold_total 1.0" in again.pages()

    assert (await next_life(sqlite_database, region, counted)).heard == []
    assert await left(sqlite_database) == []


async def test_it_is_told_within_an_hour_of_its_failing_however_long_it_waited(sqlite_database: Database) -> None:
    region, _ = await refused(sqlite_database)
    hours_ago = datetime.now(UTC) - timedelta(hours=5)
    await sqlite_database.transact(lambda c: c.execute(update(relay_intent).values(received_at=hours_ago)))
    (until_when,) = await sqlite_database.look(lambda c: [each.until for each in UntoldStore(c).left()])
    assert timedelta() < until_when - datetime.now(UTC) <= TELL_WITHIN
    await next_life(sqlite_database, region, lambda _, teller: len(teller.heard) == 1)


async def test_nobody_is_told_of_a_message_that_was_deleted_meanwhile(sqlite_database: Database) -> None:
    region, _ = await refused(sqlite_database)
    del region.place("d1").sources["a long tale"]
    assert (await next_life(sqlite_database, region, always)).heard == []
    assert await left(sqlite_database) == []


async def test_while_its_source_does_not_answer_it_is_asked_again(sqlite_database: Database) -> None:
    region, _ = await refused(sqlite_database)
    region.place("d1").read_troubles += [NotSentError("discord.unreachable")] * 3
    second = await next_life(sqlite_database, region, lambda _, teller: len(teller.heard) == 1)
    assert len(second.heard) == 1


async def test_with_an_end_that_was_taken_out_it_is_let_go(sqlite_database: Database) -> None:
    region, _ = await refused(sqlite_database)
    teller = Teller()
    again = Region(sqlite_database, region.homes, failed=teller.failed)
    async with again.running(joining(garden="m1 m2")):
        await until(again.crew._tasks["untold-failures"].done)
    assert teller.heard == []
    assert await left(sqlite_database) == []


async def test_what_is_more_than_a_place_may_send_is_told_after_a_crash_too(sqlite_database: Database) -> None:
    teller = Deadly()
    region = Region(sqlite_database, failed=teller.failed)
    async with region.running(GARDEN, {place_of("d1"): EndTerms(quota=1)}):
        there = region.place("d1")
        await region.homes[there.platform].hear(there.write("1", "one"), there.write("2", "two"))
        await until(lambda: len(teller.heard) == 2)
    second = await next_life(sqlite_database, region, lambda _, teller: len(teller.heard) == 2)
    assert second.heard == teller.heard


async def test_what_is_tried_again_has_not_to_be_told(sqlite_database: Database) -> None:
    region, first = await refused(sqlite_database)
    async with Region(sqlite_database, region.homes).running(GARDEN) as again:
        assert await again.bridge.try_again(first.heard[0][0])
        assert await left(sqlite_database) == []
        await until(lambda: again.texts("m1") == ["a long tale"])


async def test_what_is_deleted_while_the_bot_runs_has_not_to_be_told(sqlite_database: Database) -> None:
    region, _ = await refused(sqlite_database)
    async with Region(sqlite_database, region.homes).running(GARDEN) as again:
        here = again.place("d1")
        await again.homes[here.platform].hear(Deleted(here.id, "a long tale"))
        assert await left(sqlite_database) == []
