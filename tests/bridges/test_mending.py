"""What is blocked goes on as soon as somebody has mended it, and not only when it is time to look again."""

from __future__ import annotations

import asyncio

import pytest

from bridges.ends.port import BlockedError
from bridges.patience import LaneState
from db.engine import Database
from tests.bridges.places import MemoryPlace
from tests.bridges.test_lanes import Process, two_places, until


class Patient(Process):
    """A bridge for which no wait ever ends by itself."""

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.Event().wait()


@pytest.fixture
async def places(sqlite_database: Database) -> tuple[MemoryPlace, MemoryPlace]:
    return await two_places(sqlite_database)


async def test_a_blocked_lane_tries_at_once_when_told_that_it_may_be_mended(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles += [(BlockedError("test.forbidden"), False)] * 2
    async with Patient(sqlite_database, source, target).running() as process:
        for number in range(3):
            process.inbox.hear([source.write(str(number), f"line {number}")])
        await until(lambda: process.lane.state is LaneState.BLOCKED)
        assert process.lane.reason == "test.forbidden"
        process.inbox.mended(target.id)  # a guess: it is not
        await until(lambda: len(process.waits) == 2)
        assert target.said == []
        process.inbox.mended(target.id)
        await until(lambda: len(target.said) == 3)
        await until(lambda: process.lane.state is LaneState.IDLE)
    assert target.texts() == ["line 0", "line 1", "line 2"]


async def test_what_is_mended_while_it_is_being_tried_is_not_forgotten(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.append((BlockedError("test.forbidden"), False))
    async with Patient(sqlite_database, source, target).running() as process:
        # the word that the permission is there overtakes the refusal
        target.on_send = lambda: process.inbox.mended(target.id)
        await process.inbox.hear([source.write("1", "hello")])
        await until(lambda: target.texts() == ["hello"])


async def test_a_lane_that_cannot_read_its_source_goes_on_when_that_is_mended(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.append((BlockedError("test.forbidden"), False))
    async with Patient(sqlite_database, source, target).running() as earlier:
        await earlier.inbox.hear([source.write("1", "hello")])
        await until(lambda: earlier.lane.state is LaneState.BLOCKED)
    # another process knows only that there is something to say
    process = Patient(sqlite_database, source, target)
    source.read_troubles.append(BlockedError("test.no_entry"))
    async with process.running():
        await until(lambda: process.lane.reason == "test.no_entry")
        process.inbox.mended(source.id)
        await until(lambda: target.texts() == ["hello"])
