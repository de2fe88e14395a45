"""Lanes: once, in order, whatever goes wrong; over a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from bridges.commons import Commons
from bridges.conversation import Conversation
from bridges.ends.port import Around, BlockedError, EndError, NotSentError, Outgoing, RefusedError
from bridges.inbox import Inbox
from bridges.journal import Journal
from bridges.lane import Lane
from bridges.markup.reading_aloud import plain_of
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from bridges.patience import LaneState
from bridges.recent import Recent
from db.bridge_rows import Copy, Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import EndId
from db.relay_record import RelayRecord
from db.relay_store import RelayStore
from db.schema import upgrade
from tests.bridges.places import MemoryPlace, lost_answer, lost_request
from tests.databases import close

# a killed process does not close its connection either; newer Pythons remark on it
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <sqlite3.Connection:pytest.PytestUnraisableExceptionWarning"
)

PLACES = {"radio": [Place(Platform.DISCORD, "1"), Place(Platform.MATRIX, "2")]}


class Process:
    """One life of the bridge: two places, their lanes, a journal. The places outlive it."""

    def __init__(self, database: Database, source: MemoryPlace, target: MemoryPlace, *, window: int = 500) -> None:
        self._database = database
        self.store = RelayStore(database)
        self.journal = Journal(database, RelayRecord(is_sqlite=True, keep_days=90))
        self.registry = CollectorRegistry()
        self.waits: list[float] = []
        metrics = BridgeMetrics(self.registry)
        recent = Recent()
        commons = Commons(store=self.store, journal=self.journal, metrics=metrics, recent=recent, sleep=self._pause)
        commons.ends = {place.id: place for place in (source, target)}
        commons.places = {place.id: place.place for place in (source, target)}
        self.sleep: Callable[[float], Awaitable[None]] = self._sleep
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._alive = False
        self.lanes = {
            place.id: Lane(place, commons, call=partial(self._call, place.id), window=window)
            for place in (source, target)
        }
        conversation = Conversation("radio", (source.id, target.id))
        self.inbox = Inbox([conversation], lanes=self.lanes, journal=self.journal, metrics=metrics, recent=recent)
        commons.conversation_of = self.inbox.conversation_of
        self.lane = self.lanes[target.id]

    async def _pause(self, seconds: float) -> None:
        # asked each time: a test may put another in its place while lanes run
        await self.sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Process]:
        """Run until the block ends, then die at once: nothing is written in an orderly way."""
        self._alive = True
        journal = asyncio.create_task(self.journal.run())
        for lane in self.lanes.values():
            lane.start()
        try:
            yield self
        finally:
            self._alive = False
            tasks = [journal, *self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # a process that is killed takes its threads with it: what this one was writing is done, or never is
            await self._database.transact(lambda _: None)

    def _call(self, end: EndId) -> None:
        if self._alive:
            lane = self.lanes[end]
            self._running[lane] = asyncio.create_task(lane.run())

    def ended(self, lane: Lane) -> bool:
        return self._running[lane].done()

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], *, seconds: float = 20) -> None:
    """Let others run until ``condition`` holds; a test that waits for ever ends by its own limit."""
    async with asyncio.timeout(seconds):
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.002)


@pytest.fixture
async def places(sqlite_database: Database) -> tuple[MemoryPlace, MemoryPlace]:
    return await two_places(sqlite_database)


async def two_places(
    database: Database, *, parts: int = 1, repeatable_for: timedelta = timedelta(0)
) -> tuple[MemoryPlace, MemoryPlace]:
    (row,) = await BridgeStore(database).settle_conversations(PLACES)
    return MemoryPlace(row.ends[0]), MemoryPlace(row.ends[1], repeatable_for, parts)


async def test_what_is_heard_is_said_once_in_order(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    async with Process(sqlite_database, source, target).running() as process:
        for number in range(50):
            process.inbox.hear([source.write(str(number), f"line {number}")])
        await until(lambda: len(target.said) == 50)
    assert target.texts() == [f"line {number}" for number in range(50)]
    assert source.said == []


async def test_what_is_heard_twice_is_said_once(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    async with Process(sqlite_database, source, target).running() as process:
        message = source.write("1", "hello")
        await process.inbox.hear([message])
        await process.inbox.hear([message, source.write("2", "again")])
        await until(lambda: len(target.said) == 2)
        assert process.counted("bridge_messages_repeated_total", platform="discord") == 1
    assert target.texts() == ["hello", "again"]


async def test_a_limit_is_waited_out_as_long_as_the_platform_says(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.append((NotSentError("discord.limit_shared", retry_after=43.5), False))
    async with Process(sqlite_database, source, target).running() as process:
        await process.inbox.hear([source.write("1", "hello")])
        await until(lambda: target.texts() == ["hello"])
        assert process.waits == [43.5]


async def test_after_a_lost_answer_it_looks_before_it_speaks_again(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.extend([lost_answer(), lost_request()])
    async with Process(sqlite_database, source, target).running() as process:
        process.inbox.hear([source.write("1", "one")])
        process.inbox.hear([source.write("2", "two")])
        await until(lambda: len(target.said) == 2)
        assert process.counted("bridge_parts_reconciled_total", lane=target.label) == 1
    assert target.texts() == ["one", "two"]


async def test_the_same_words_twice_are_two_messages(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.extend([lost_answer(), lost_request(), lost_answer()])
    async with Process(sqlite_database, source, target).running() as process:
        for ref in "123":
            await process.inbox.hear([source.write(ref, "ok")])
        await until(lambda: process.lane.depth == 0)
    assert target.texts() == ["ok", "ok", "ok"]


async def test_a_message_that_is_refused_for_good_does_not_hold_up_the_next(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.append((RefusedError("matrix.too_large"), False))
    async with Process(sqlite_database, source, target).running() as process:
        process.inbox.hear([source.write("1", "too large")])
        process.inbox.hear([source.write("2", "fits")])
        await until(lambda: target.texts() == ["fits"])
        labels = {"lane": target.label, "reason": "matrix.too_large"}
        assert process.counted("bridge_messages_failed_total", **labels) == 1


async def test_a_message_that_we_cannot_render_does_not_hold_up_the_next(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = places
    render = MemoryPlace.render

    async def stumble(place: MemoryPlace, message: Message, around: Around) -> list[Outgoing]:
        if message.ref == "1":
            raise KeyError(message.ref)
        return await render(place, message, around)

    monkeypatch.setattr(MemoryPlace, "render", stumble)
    async with Process(sqlite_database, source, target).running() as process:
        await process.inbox.hear([source.write("1", "stumbling block"), source.write("2", "passes")])
        await until(lambda: target.texts() == ["passes"])
        labels = {"lane": target.label, "reason": "bridge.not_rendered"}
        assert process.counted("bridge_messages_failed_total", **labels) == 1


async def test_a_blocked_lane_says_why_and_goes_on_once_it_is_mended(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.extend([(BlockedError("matrix.forbidden"), False)] * 3)
    process = Process(sqlite_database, source, target)
    seen: list[tuple[LaneState, str]] = []
    quick = process._sleep

    async def sleep(seconds: float) -> None:
        seen.append((process.lane.state, process.lane.reason))
        await quick(seconds)

    process.sleep = sleep
    async with process.running():
        await process.inbox.hear([source.write("1", "hello")])
        await until(lambda: target.texts() == ["hello"])
    assert seen == [(LaneState.BLOCKED, "matrix.forbidden")] * 3


async def test_what_was_deleted_before_its_turn_is_never_said(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    first = Process(sqlite_database, source, target)
    journal = asyncio.create_task(first.journal.run())  # lanes never start: the process dies with a full queue
    await first.inbox.hear([source.write("1", "regretted"), source.write("2", "kept")])
    journal.cancel()
    del source.sources["1"]
    async with Process(sqlite_database, source, target).running() as second:
        await until(lambda: target.texts() == ["kept"])
        assert second.counted("bridge_messages_gone_total", lane=target.label) == 1
    with suppress(asyncio.CancelledError):
        await journal


async def test_text_is_read_from_its_source_after_a_restart_and_from_memory_before(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    async with Process(sqlite_database, source, target).running() as process:
        await until(lambda: process.lane.state is LaneState.IDLE)
        await process.inbox.hear([source.write("1", "fresh")])
        await until(lambda: target.texts() == ["fresh"] and process.lane.depth == 0)
    assert source.reads == 0
    second = Process(sqlite_database, source, target)
    journal = asyncio.create_task(second.journal.run())
    await second.inbox.hear([source.write("2", "before the crash")])
    journal.cancel()
    source.write("2", "edited meanwhile")
    async with Process(sqlite_database, source, target).running():
        await until(lambda: target.texts() == ["fresh", "edited meanwhile"])
    assert source.reads == 1
    with suppress(asyncio.CancelledError):
        await journal


async def test_a_full_window_loses_nothing_and_keeps_order(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    async with Process(sqlite_database, source, target, window=7).running() as process:
        for number in range(100):
            process.inbox.hear([source.write(str(number), str(number))])
        await until(lambda: len(target.said) == 100)
    assert target.texts() == [str(number) for number in range(100)]


async def test_one_lane_never_waits_for_another(sqlite_database: Database) -> None:
    source, target = await two_places(sqlite_database)
    async with Process(sqlite_database, source, target).running() as process:
        held = asyncio.Event()

        async def never(_seconds: float) -> None:
            await held.wait()

        process.sleep = never
        target.troubles.append((NotSentError("matrix.unreachable"), False))
        process.inbox.hear([source.write("1", "stuck")])
        process.inbox.hear([target.write("2", "passes")])
        await until(lambda: source.texts() == ["passes"])
        assert target.said == []


async def test_finishing_ends_after_the_message_at_hand(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    process = Process(sqlite_database, source, target)
    journal = asyncio.create_task(process.journal.run())
    target.on_send = process.lane.finish
    await process.inbox.hear([source.write(str(number), str(number)) for number in range(5)])
    await asyncio.wait_for(process.lane.run(), 10)
    await process.journal.close()
    await journal
    assert target.texts() == ["0"]
    assert await process.store.waiting_count(target.id) == 4


async def test_finishing_does_not_wait_for_a_limit_to_pass(
    sqlite_database: Database, places: tuple[MemoryPlace, MemoryPlace]
) -> None:
    source, target = places
    target.troubles.append((NotSentError("discord.limit_shared", retry_after=3600), False))
    process = Process(sqlite_database, source, target)
    process.sleep = asyncio.sleep
    async with process.running():
        await process.inbox.hear([source.write("1", "later")])
        await until(lambda: process.lane.state is LaneState.WAITING)
        process.lane.finish()
        await until(lambda: process.ended(process.lane))
    async with Process(sqlite_database, source, target).running():
        await until(lambda: target.texts() == ["later"])


KILLS = [
    "before the receipt",
    "after the receipt",
    "in the call, no effect",
    "in the call, effect",
    "after the call",
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kills=st.lists(st.sampled_from(KILLS), max_size=6),
    troubles=st.lists(st.sampled_from(["answer", "request", "limit", None]), max_size=12),
    parts=st.integers(1, 3),
    repeatable=st.booleans(),
)
async def test_nothing_is_lost_doubled_or_disordered_by_any_mix_of_crashes_and_faults(
    tmp_path_factory: pytest.TempPathFactory,
    kills: list[str],
    troubles: list[str | None],
    parts: int,
    repeatable: bool,
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('lanes')}/c.db")
    await upgrade(database)
    source, target = await two_places(
        database, parts=parts, repeatable_for=timedelta(hours=1) if repeatable else timedelta(0)
    )
    kinds: dict[str, Callable[[], tuple[EndError, bool]]] = {
        "answer": lost_answer,
        "request": lost_request,
        "limit": lambda: (NotSentError("x"), False),
    }
    messages = [source.write(str(number), f"m{number}") for number in range(8)]
    for kill in [*kills, None]:
        target.troubles.clear()
        target.troubles.extend(kinds[name]() for name in troubles if name is not None)
        process = Process(database, source, target)
        await _live_until(process, messages, target, kill)
    await close(database)
    assert target.texts() == [
        text if parts == 1 else f"{text}/{part}"
        for text in (plain_of(message.text) for message in messages)
        for part in range(parts)
    ]


async def _live_until(process: Process, messages: list[Message], target: MemoryPlace, kill: str | None) -> None:
    """Run one life: catch up on all that was written, and die at the given point, or when all is done."""
    died = asyncio.Event()
    real_send = target.send

    async def send(part: Outgoing) -> Copy:
        if kill == "in the call, effect":
            target.say(part)
        if kill in ("in the call, no effect", "in the call, effect"):
            died.set()
            await asyncio.sleep(3600)
        copy = await real_send(part)
        if kill == "after the call":
            died.set()
            await asyncio.sleep(3600)
        return copy

    target.send = send  # type: ignore[method-assign]
    try:
        async with process.running():
            if kill == "before the receipt":
                process.inbox.hear(messages)
                return
            await process.inbox.hear(messages)
            if kill == "after the receipt":
                return
            idle = LaneState.IDLE
            await until(lambda: died.is_set() or (process.lane.state is idle and process.lane.depth == 0))
    finally:
        target.send = real_send  # type: ignore[method-assign]
