"""The journal: many pieces in one commit, each caller told the truth about its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from bridges.journal import MOST_AT_ONCE, Journal, JournalClosedError
from db.bridge_rows import (
    ConversationRow,
    Copy,
    Delivery,
    Intent,
    Operation,
    Place,
    Platform,
    Receipt,
    ReceiptBatch,
)
from db.bridge_store import BridgeStore
from db.engine import Database
from db.errors import DatabaseLockedError
from db.ids import EndId, IntentId
from db.relay_record import RelayRecord
from db.relay_store import RelayStore
from db.schema import upgrade
from tests.bridges.test_lanes import until
from tests.databases import close

PLACES = {"radio": [Place(Platform.DISCORD, "1"), Place(Platform.MATRIX, "!1:hill.example")]}
HEARD_AT = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)


class Desk:
    """A journal over a database with one conversation, and what was handed out by it."""

    def __init__(self, database: Database, conversation: ConversationRow) -> None:
        self.database = database
        self.store = RelayStore(database)
        self.record = RelayRecord(is_sqlite=database.is_sqlite, keep_days=90)
        self.source, self.target = (end.id for end in conversation.ends)
        self.journal = Journal(database, self.record)
        self.handed_out: list[tuple[str, list[str]]] = []

    def hear(self, *refs: str, at: EndId | None = None) -> asyncio.Future[list[Intent]]:
        """Hand in what was heard; what follows from it is noted under the first ref."""
        receipts = tuple(Receipt(at or self.source, ref, (self.target,), HEARD_AT) for ref in refs)
        return self.journal.receive(
            ReceiptBatch(receipts),
            lambda intents: self.handed_out.append((refs[0], [i.source_ref for i in intents])),
        )

    async def waiting(self) -> list[str]:
        """Return what stands in the lane, in its order, by another connection."""
        intents = await self.store.waiting(self.target, tuple(Operation), after=IntentId(0), limit=10_000)
        return [intent.source_ref for intent in intents]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.journal.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def desk_over(database: Database) -> Desk:
    (conversation,) = await BridgeStore(database).settle_conversations(PLACES)
    return Desk(database, conversation)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await desk_over(database)


@pytest.fixture
async def hasty_desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """One whose SQLite file is given up after a moment when somebody else holds it."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/community.db", busy_seconds=0.05)
    await upgrade(database)
    yield await desk_over(database)
    await close(database)


@contextmanager
def counted_commits() -> Iterator[list[object]]:
    """Note the commits of all engines, whichever thread they run in."""
    commits: list[object] = []
    note = commits.append
    event.listen(Engine, "commit", note)
    try:
        yield commits
    finally:
        event.remove(Engine, "commit", note)


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Hold the SQLite file as another program would, until the block ends."""
    assert database.path is not None
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_what_gathers_goes_into_one_commit(desk: Desk) -> None:
    with counted_commits() as commits:
        futures = [desk.hear(str(number)) for number in range(MOST_AT_ONCE)]
        async with desk.running():
            await asyncio.gather(*futures)
    assert len(commits) == 1
    assert await desk.waiting() == [str(number) for number in range(MOST_AT_ONCE)]


async def test_more_than_a_commit_holds_goes_into_the_next(desk: Desk) -> None:
    with counted_commits() as commits:
        futures = [desk.hear(str(number)) for number in range(2 * MOST_AT_ONCE + 50)]
        async with desk.running():
            await asyncio.gather(*futures)
    assert len(commits) == 3
    assert await desk.waiting() == [str(number) for number in range(2 * MOST_AT_ONCE + 50)]


async def test_what_follows_is_handed_out_in_the_order_of_the_calls_and_only_once_it_is_safe(desk: Desk) -> None:
    safe: list[list[str]] = []

    async def look() -> None:
        safe.append(await desk.waiting())

    looks = []
    async with desk.running():
        for number in range(30):
            future = desk.hear(f"{number}a", f"{number}b")
            future.add_done_callback(lambda _: looks.append(asyncio.create_task(look())))
            if number % 7 == 0:
                await asyncio.sleep(0)
        await until(lambda: len(desk.handed_out) == 30 and len(looks) == 30)
        await asyncio.gather(*looks)
    assert desk.handed_out == [(f"{number}a", [f"{number}a", f"{number}b"]) for number in range(30)]
    assert all(f"{number}b" in seen for number, seen in enumerate(safe))


async def test_what_was_heard_before_hands_out_nothing(desk: Desk) -> None:
    async with desk.running():
        first = await desk.hear("1", "2")
        again = await desk.hear("2", "3")
    assert [intent.source_ref for intent in first] == ["1", "2"]
    assert [intent.source_ref for intent in again] == ["3"]


async def test_a_delivery_takes_its_intent_out_of_the_lane(desk: Desk) -> None:
    async with desk.running():
        one, two, three = await desk.hear("1", "2", "3")
        await asyncio.gather(
            desk.journal.settle(Delivery(one, (Copy(0, "copy-1"),))),
            desk.journal.settle(Delivery(two, (Copy(0, "copy-2"),), finished=False)),
            desk.journal.settle(Delivery(three, failure="test.refused")),
        )
    assert await desk.waiting() == ["2"]
    assert [copy.ref for copy in await desk.store.copies(two.source, desk.target)] == ["copy-2"]


async def test_one_bad_piece_fails_alone(desk: Desk) -> None:
    futures = [desk.hear("1"), desk.hear("2", at=EndId("no-such-end")), desk.hear("3")]
    async with desk.running():
        results = await asyncio.gather(*futures, return_exceptions=True)
        await desk.hear("4")
    assert isinstance(results[1], IntegrityError)
    assert [ref for ref, _ in desk.handed_out] == ["1", "3", "4"]
    assert await desk.waiting() == ["1", "3", "4"]
    assert not desk.journal.stalled


async def test_who_stops_waiting_hinders_nobody_and_their_piece_is_written(desk: Desk) -> None:
    given_up, other = desk.hear("1"), desk.hear("2")
    given_up.cancel()
    async with desk.running():
        await other
    assert await desk.waiting() == ["1", "2"]
    assert [ref for ref, _ in desk.handed_out] == ["1", "2"]


async def test_a_locked_database_stalls_visibly_and_what_came_meanwhile_is_written_in_order(
    hasty_desk: Desk,
) -> None:
    journal = hasty_desk.journal
    async with hasty_desk.running():
        with held(hasty_desk.database):
            first = hasty_desk.hear("1")
            await until(lambda: journal.stalled)
            others = [hasty_desk.hear("2"), hasty_desk.hear("3")]
            assert not first.done()
        await asyncio.gather(first, *others)
        assert not journal.stalled
    assert [ref for ref, _ in hasty_desk.handed_out] == ["1", "2", "3"]
    assert await hasty_desk.waiting() == ["1", "2", "3"]


async def test_close_writes_what_was_handed_in_and_takes_nothing_more(desk: Desk) -> None:
    running = asyncio.create_task(desk.journal.run())
    futures = [desk.hear(str(number)) for number in range(MOST_AT_ONCE + 1)]
    await desk.journal.close()
    await running
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(JournalClosedError):
        desk.hear("late")
    assert len(await desk.waiting()) == MOST_AT_ONCE + 1


async def test_an_idle_journal_closes_too(desk: Desk) -> None:
    running = asyncio.create_task(desk.journal.run())
    await asyncio.sleep(0)
    await desk.journal.close()
    await running


async def test_close_does_not_wait_for_ever_for_a_locked_database(hasty_desk: Desk) -> None:
    running = asyncio.create_task(hasty_desk.journal.run())
    with held(hasty_desk.database):
        future = hasty_desk.hear("1")
        await hasty_desk.journal.close()
        await running
        with pytest.raises(DatabaseLockedError):
            await future
    assert hasty_desk.handed_out == []
    assert await hasty_desk.waiting() == []


async def test_a_journal_that_is_cancelled_tells_those_who_wait(hasty_desk: Desk) -> None:
    running = asyncio.create_task(hasty_desk.journal.run())
    with held(hasty_desk.database):
        future = hasty_desk.hear("1")
        await until(lambda: hasty_desk.journal.stalled)
        running.cancel()
        with pytest.raises(JournalClosedError):
            await future
    assert await hasty_desk.waiting() == []
