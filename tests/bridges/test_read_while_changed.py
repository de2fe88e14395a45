"""A message that is changed or taken back in the very moment in which it is read, or quoted, elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bridges.ends.port import BlockedError, NotSentError
from bridges.message import Deleted, Edited, Heard, Message
from bridges.patience import LaneState
from db.bridge_rows import EndRow, Platform
from db.engine import Database
from tests.bridges.memory_home import MemoryHome, Region, joining
from tests.bridges.places import MemoryPlace, edited, lost_answer
from tests.bridges.test_lanes import until

# a killed process does not close its connection either; newer Pythons remark on it
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <sqlite3.Connection:pytest.PytestUnraisableExceptionWarning"
)

WANTED = joining(garden="d1 m1 m2")


@dataclass(eq=False)
class SlowPlace(MemoryPlace):
    """Answers what it is asked to read only when :attr:`held` says so: with how it read when it was asked."""

    held: dict[str, asyncio.Event] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    async def read(self, ref: str, thread: str | None) -> Message | None:
        found = await super().read(ref, thread)
        self.asked.add(ref)
        if (hold := self.held.pop(ref, None)) is not None:
            await hold.wait()
        return found


def homes() -> dict[Platform, MemoryHome]:
    def channel(row: EndRow) -> MemoryPlace:
        return SlowPlace(row, quotes=True)

    def room(row: EndRow) -> MemoryPlace:
        return MemoryPlace(row, repeatable_for=timedelta(hours=1))

    return {Platform.DISCORD: MemoryHome(channel), Platform.MATRIX: MemoryHome(room)}


def until_told(event: asyncio.Event) -> Callable[[float], Awaitable[None]]:
    """Return a sleep that ends with the event, however long it was to be."""

    async def wait(_: float) -> None:
        await event.wait()

    return wait


class AfterAKill:
    """A bridge that has two messages to say in each of two rooms; in the second only after :attr:`limit`.

    Reading the second message ends only with :attr:`read`.
    """

    def __init__(self, region: Region, source: SlowPlace, limit: asyncio.Event) -> None:
        self.region = region
        self.source = source
        self.limit = limit
        self.read = asyncio.Event()

    @classmethod
    async def of(cls, database: Database) -> AfterAKill:
        places = homes()
        killed = Region(database, places)
        async with killed.running(WANTED):
            for name in ("m1", "m2"):
                killed.place(name).troubles.append((BlockedError("test.forbidden"), False))
            await killed.say("d1", "one")
            await killed.say("d1", "two")
            await until(lambda: all(lane_of(killed, name) is LaneState.BLOCKED for name in ("m1", "m2")))
        source = killed.place("d1")
        assert isinstance(source, SlowPlace)
        limit = asyncio.Event()
        after = cls(Region(database, places, sleep=until_told(limit)), source, limit)
        source.held["two"] = after.read
        killed.place("m2").troubles.append((NotSentError("test.limit", retry_after=3600.0), False))
        return after

    async def is_reading(self) -> None:
        await until(lambda: "two" in self.source.asked and lane_of(self.region, "m2") is LaneState.WAITING)

    async def hears(self, heard: Heard) -> None:
        await self.region.homes[Platform.DISCORD].hear(heard)

    def depth(self, name: str) -> int:
        return self.region.bridge.report(self.region.place(name).id).depth

    async def is_done(self) -> None:
        self.read.set()
        await until(lambda: self.depth("m1") == 0)
        self.limit.set()
        await until(lambda: self.depth("m2") == 0)


def lane_of(region: Region, name: str) -> LaneState:
    return region.bridge.report(region.place(name).id).lane


async def test_what_is_deleted_while_one_lane_reads_it_is_not_said_by_another(sqlite_database: Database) -> None:
    after = await AfterAKill.of(sqlite_database)
    async with after.region.running(WANTED):
        await after.is_reading()
        del after.source.sources["two"]
        await after.hears(Deleted(after.source.id, "two"))
        # there is nothing yet to take away in the second room
        await until(lambda: after.depth("m2") == 2)
        await after.is_done()
        assert after.region.texts("m1") == ["one"] == after.region.texts("m2")


async def test_what_is_edited_while_it_is_read_ends_in_its_new_words(sqlite_database: Database) -> None:
    after = await AfterAKill.of(sqlite_database)
    async with after.region.running(WANTED):
        await after.is_reading()
        after.source.sources["two"] = edited(after.source.sources["two"], "two, mended", 2)
        # as a Matrix room tells it to a bot that does not remember the beginning
        await after.hears(Edited(after.source.id, "two", None, "$edit"))
        await after.is_done()
        assert after.region.texts("m1") == ["one", "two, mended"] == after.region.texts("m2")


async def test_a_quote_of_what_is_deleted_while_its_answer_is_being_said_does_not_stay(
    sqlite_database: Database,
) -> None:
    region = Region(sqlite_database, homes())
    async with region.running(WANTED):
        await region.say("m1", "secret")
        await until(lambda: region.texts("d1") == ["secret"] == region.texts("m2"))
        there = region.place("m2").copy_of("secret").ref
        home, here = region.homes[Platform.MATRIX], region.place("m1")
        tasks: list[asyncio.Future[object]] = []

        def take_back() -> None:
            here.sources.pop("secret", None)
            tasks.append(asyncio.ensure_future(home.hear(Deleted(here.id, "secret"))))

        region.place("d1").on_send = take_back
        await home.hear(region.place("m2").write("answer", "so I heard", reply_to=there))
        await until(lambda: "so I heard" in region.texts("d1"))
        await asyncio.gather(*tasks)
        assert region.texts("d1") == ["so I heard"]


async def test_what_was_said_in_a_thread_just_before_a_kill_is_taken_away_when_it_was_deleted_meanwhile(
    sqlite_database: Database,
) -> None:
    killed = Region(sqlite_database, homes(), sleep=until_told(asyncio.Event()))
    async with killed.running(WANTED):
        here, source, home = killed.place("d1"), killed.place("m1"), killed.homes[Platform.MATRIX]
        await home.hear(source.write("root", "root"))
        await home.hear(source.write("first", "first", thread="root"))
        await until(lambda: here.texts() == ["root", "first"])
        await until(lambda: killed.bridge.report(here.id).depth == 0)
        here.troubles.append(lost_answer())
        await home.hear(source.write("last", "last", thread="root"))
        await until(lambda: here.texts() == ["root", "first", "last"])
        del source.sources["last"]
    after = Region(sqlite_database, killed.homes)
    async with after.running(WANTED):
        await home.hear(Deleted(source.id, "last"))
        await until(lambda: here.texts() == ["root", "first"])
