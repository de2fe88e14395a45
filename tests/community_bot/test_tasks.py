from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.tasks import Backoff, TaskKeeper, TaskReport, TaskState
from tests.community_bot.conftest import Log

LIMIT = 5.0  # seconds after which a test that waits for something has failed


class Time:
    """A clock that moves only when somebody sleeps, and remembers how long."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.held = False
        self.asleep = asyncio.Event()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.asleep.set()
        await (asyncio.Event().wait() if self.held else asyncio.sleep(0))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def keeper(time: Time, log: Log) -> TaskKeeper:
    return TaskKeeper(clock=time.clock, sleep=time.sleep, chance=lambda: 0.0, close_seconds=LIMIT)


def _failing(times: int, error: Exception | None = None) -> Callable[[], Awaitable[None]]:
    """Make work that fails a number of times and then returns."""
    left = [times]

    async def work() -> None:
        if left[0]:
            left[0] -= 1
            raise error or ValueError("CANARY words")

    return work


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def test_a_task_runs_under_its_name_until_it_is_done(keeper: TaskKeeper) -> None:
    started = asyncio.Event()

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        assert task.get_name() == "purge"
        started.set()

    task = keeper.run("purge", work)
    assert keeper.report() == [TaskReport("purge", TaskState.RUNNING, 0, None)]
    async with asyncio.timeout(LIMIT):
        await task
    assert started.is_set()
    assert keeper.report() == [TaskReport("purge", TaskState.DONE, 0, None)]
    assert not keeper.report()[0].troubled


async def test_a_failure_is_logged_without_its_words_and_reported(keeper: TaskKeeper, log: Log) -> None:
    async with asyncio.timeout(LIMIT):
        await keeper.run("purge", _failing(1))
    (report,) = keeper.report()
    assert report == TaskReport("purge", TaskState.FAILED, 1, "ValueError")
    assert report.troubled
    entry = log.last()
    assert (entry["event"], entry["task"], entry["level"]) == ("a task failed", "purge", "error")
    assert entry["chain"][0]["type"] == "ValueError"
    assert "CANARY" not in log.getvalue()


async def test_work_that_fails_before_it_is_awaited_is_seen_too(keeper: TaskKeeper) -> None:
    def work() -> Awaitable[None]:
        raise TypeError

    async with asyncio.timeout(LIMIT):
        await keeper.run("purge", work)
    assert keeper.report() == [TaskReport("purge", TaskState.FAILED, 1, "TypeError")]


async def test_a_supervised_task_is_started_again_after_growing_waits(
    keeper: TaskKeeper, time: Time, log: Log
) -> None:
    async with asyncio.timeout(LIMIT):
        await keeper.run("lane", _failing(7), restart=Backoff(first=1, longest=20, healthy_after=1000))
    assert time.slept == [1, 2, 4, 8, 16, 20, 20]
    assert keeper.report() == [TaskReport("lane", TaskState.DONE, 0, None)]
    assert [entry["wait_seconds"] for entry in log.entries()] == time.slept
    assert [entry["failures"] for entry in log.entries()] == [1, 2, 3, 4, 5, 6, 7]


async def test_a_task_that_keeps_failing_shows_it_while_it_waits(keeper: TaskKeeper, time: Time) -> None:
    failures = 0

    async def work() -> None:
        nonlocal failures
        failures += 1
        time.held = failures == 3
        raise ConnectionResetError

    keeper.run("lane", work, restart=Backoff())
    async with asyncio.timeout(LIMIT):
        while len(time.slept) < 3:
            time.asleep.clear()
            await time.asleep.wait()
    (report,) = keeper.report()
    assert report == TaskReport("lane", TaskState.BACKING_OFF, 3, "ConnectionResetError")
    assert report.troubled
    await keeper.close()


async def test_a_task_that_ran_long_enough_has_recovered(keeper: TaskKeeper, time: Time) -> None:
    running, go_on, runs = asyncio.Event(), asyncio.Event(), 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            running.set()
            await go_on.wait()
        if runs <= 3:
            raise ValueError
        running.set()
        await _for_ever()

    backoff = Backoff(first=1, factor=10, longest=100, healthy_after=60)
    async with asyncio.timeout(LIMIT):
        keeper.run("lane", work, restart=backoff)
        await running.wait()
        assert keeper.report() == [TaskReport("lane", TaskState.RUNNING, 2, "ValueError")]
        time.now += 60
        assert keeper.report() == [TaskReport("lane", TaskState.RUNNING, 0, None)]
        running.clear()
        go_on.set()
        await running.wait()
    # counted from nought again: the third failure waits as long as a first one
    assert time.slept == [1, 10, 1]
    assert keeper.report() == [TaskReport("lane", TaskState.RUNNING, 1, "ValueError")]
    await keeper.close()


async def test_a_cancellation_that_came_from_elsewhere_counts_as_a_failure(keeper: TaskKeeper) -> None:
    async def work() -> None:
        inner = asyncio.ensure_future(_for_ever())
        inner.cancel()
        await inner

    async with asyncio.timeout(LIMIT):
        await keeper.run("lane", work)
    assert keeper.report() == [TaskReport("lane", TaskState.FAILED, 1, "CancelledError")]


async def test_closing_ends_every_task_and_waits_for_its_cleaning_up(keeper: TaskKeeper, time: Time) -> None:
    cleaned = []

    async def work() -> None:
        try:
            await _for_ever()
        finally:
            await asyncio.sleep(0)
            cleaned.append("lane")

    async with asyncio.timeout(LIMIT):
        time.held = True
        keeper.run("lane", work)
        keeper.run("waiting", _failing(1), restart=Backoff())
        await time.asleep.wait()
        keeper.run("not begun", _for_ever)
        assert await keeper.close() == ()
    assert cleaned == ["lane"]
    assert {report.state for report in keeper.report()} == {TaskState.DONE}
    with pytest.raises(RuntimeError, match="closed"):
        keeper.run("late", _for_ever)
    assert await keeper.close() == ()


async def test_a_task_that_fails_while_it_is_ended_does_not_come_back(keeper: TaskKeeper, time: Time) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await _for_ever()
        finally:
            raise OSError(5, "words")

    async with asyncio.timeout(LIMIT):
        keeper.run("lane", work, restart=Backoff())
        await begun.wait()
        assert await keeper.close() == ()
    assert time.slept == []
    assert keeper.report() == [TaskReport("lane", TaskState.FAILED, 1, "OSError")]


async def test_closing_does_not_wait_for_ever(log: Log) -> None:
    keeper = TaskKeeper(close_seconds=0.01)
    begun, give_up = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        while not give_up.is_set():
            try:
                await give_up.wait()
            except asyncio.CancelledError:
                continue

    async with asyncio.timeout(LIMIT):
        task = keeper.run("stubborn", stubborn)
        await begun.wait()
        assert await keeper.close() == ("stubborn",)
        assert (log.last()["event"], log.last()["task"]) == ("a task does not end", "stubborn")
        give_up.set()
        await task


async def test_leaving_the_context_closes_the_keeper() -> None:
    async with asyncio.timeout(LIMIT):
        async with TaskKeeper() as keeper:
            task = keeper.run("lane", _for_ever)
        assert task.cancelled()


async def test_a_task_may_close_the_keeper_that_runs_it(keeper: TaskKeeper) -> None:
    async def last() -> None:
        assert await keeper.close() == ()

    async with asyncio.timeout(LIMIT):
        other = keeper.run("other", _for_ever)
        await keeper.run("last", last)
    assert other.cancelled()


async def test_one_task_can_be_stopped_and_its_name_used_again(keeper: TaskKeeper) -> None:
    async with asyncio.timeout(LIMIT):
        first = keeper.run("lane", _for_ever)
        with pytest.raises(ValueError, match="running already"):
            keeper.run("lane", _for_ever)
        await keeper.stop("lane")
        assert first.cancelled()
        assert keeper.report() == []
        await keeper.stop("lane")
        keeper.run("lane", _for_ever)
        assert await keeper.close() == ()


async def test_a_task_is_held_while_nobody_else_holds_it(keeper: TaskKeeper) -> None:
    go_on, went_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go_on.wait()
        went_on.set()

    keeper.run("lane", work)
    await asyncio.sleep(0)
    gc.collect()
    go_on.set()
    async with asyncio.timeout(LIMIT):
        await went_on.wait()
    await keeper.close()


async def test_finished_tasks_make_room_and_running_ones_stay(keeper: TaskKeeper) -> None:
    async with asyncio.timeout(LIMIT):
        keeper.run("lane", _for_ever)
        for number in range(300):
            await keeper.run(f"errand{number}", _failing(0))
    names = [report.name for report in keeper.report()]
    assert names[0] == "lane"
    assert names[-1] == "errand299"
    assert len(names) < 150
    await keeper.close()


@given(
    backoff=st.builds(
        Backoff,
        first=st.floats(0.01, 10),
        longest=st.floats(10, 600),
        factor=st.floats(1, 5),
        jitter=st.floats(0, 1),
    ),
    failures=st.integers(1, 10**6),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_waits_grow_never_exceed_the_longest_and_are_shortened_by_chance_only(
    backoff: Backoff, failures: int, chance: float
) -> None:
    steady = backoff.seconds(failures, 0)
    assert backoff.first <= steady <= backoff.longest
    assert steady <= backoff.seconds(failures + 1, 0)
    assert steady * (1 - backoff.jitter) <= backoff.seconds(failures, chance) <= steady
