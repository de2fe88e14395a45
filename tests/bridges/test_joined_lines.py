"""Lines that are said as one message, and what becomes of one of them in that very moment."""

from __future__ import annotations

import asyncio

import pytest

from bridges.ends.port import NotSentError
from bridges.message import Deleted
from bridges.patience import LaneState
from db.bridge_rows import Platform
from db.engine import Database
from tests.bridges.memory_home import MemoryHome, Region, joining
from tests.bridges.places import MemoryPlace
from tests.bridges.test_lanes import until

# a killed process does not close its connection either; newer Pythons remark on it
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <sqlite3.Connection:pytest.PytestUnraisableExceptionWarning"
)


class LimitedPlace(MemoryPlace):
    """A channel whose limit is used up at some of its calls, counted from 1."""

    def limit_at(self, *calls: int) -> None:
        self.calls = 0

        def count() -> None:
            self.calls += 1
            if self.calls in calls:
                self.troubles.append((NotSentError("test.limit", retry_after=60.0), False))

        self.on_send = count


async def test_a_line_that_is_deleted_while_it_is_said_with_others_does_not_stay(sqlite_database: Database) -> None:
    passed = asyncio.Semaphore(0)

    async def until_the_limit_passes(_: float) -> None:
        await passed.acquire()

    rooms, channels = MemoryHome(), MemoryHome(lambda row: LimitedPlace(row, joins=200, pressed=True))
    homes = {Platform.DISCORD: channels, Platform.MATRIX: rooms}
    region = Region(sqlite_database, homes, sleep=until_the_limit_passes)
    async with region.running(joining(garden="d1 m1")):
        here, room = region.place("d1"), region.place("m1")
        assert isinstance(here, LimitedPlace)
        here.limit_at(1, 3)

        def waits_in(call: int) -> bool:
            return here.calls == call and region.bridge.report(here.id).lane is LaneState.WAITING

        await region.say("m1", "first")
        await until(lambda: waits_in(1))
        for text in ("one", "two", "three"):
            await region.say("m1", text)
        passed.release()
        await until(lambda: waits_in(3))  # the other three, in one message
        assert here.texts() == ["first"]
        del room.sources["two"]
        await rooms.hear(Deleted(room.id, "two"))
        passed.release()
        await until(lambda: region.bridge.report(here.id).depth == 0)
        assert here.texts() == ["first", "one\nthree"]
