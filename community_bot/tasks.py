"""Own every background task: each has a name, somebody who holds it, and a failure that is seen.

``asyncio`` holds tasks weakly and tells of a failure only when the task is thrown away. Everything that runs in
the background of the bot is therefore started here; what must not stay dead is started again, after a wait.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from community_bot.logs import get_logger

log = get_logger(__name__)

_MOST_FINISHED = 128
"""How many finished tasks are remembered for the report; older ones make room."""


class TaskState(StrEnum):
    """Where a task is in its life."""

    RUNNING = "running"
    BACKING_OFF = "backing_off"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Backoff:
    """Say how long to wait before starting a task again.

    Waits begin at ``first`` seconds, grow by ``factor``, and never exceed ``longest``. Each is shortened by a
    random part of up to ``jitter`` (0 to 1), so that tasks that lost the same server do not come back at one
    instant. A task that ran for ``healthy_after`` seconds has recovered: its failures are counted from nought.
    """

    first: float = 1.0
    longest: float = 60.0
    factor: float = 2.0
    jitter: float = 0.25
    healthy_after: float = 60.0

    def seconds(self, failures: int, chance: float) -> float:
        """Return the wait after the given number of failures in a row; ``chance`` is in [0, 1)."""
        # beyond a few doublings the longest wait holds anyway, and a power of a large number overflows
        wait = min(self.longest, self.first * self.factor ** min(failures - 1, 32))
        return wait * (1 - self.jitter * chance)


@dataclass(frozen=True, slots=True)
class TaskReport:
    """Tell how one task is. ``failures`` are those in a row; ``last_error_type`` stays until it has recovered."""

    name: str
    state: TaskState
    failures: int
    last_error_type: str | None

    @property
    def troubled(self) -> bool:
        """Whether somebody should look: it is dead, or has failed three times without recovering."""
        return self.state is TaskState.FAILED or self.failures >= 3


class _Owned:
    """One task and what is known about it."""

    def __init__(self, name: str, restart: Backoff | None, started: float) -> None:
        self.name = name
        self.restart = restart
        self.started = started
        self.state = TaskState.RUNNING
        self.failures = 0
        self.last_error_type: str | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def has_ended(self) -> bool:
        return self.task is not None and self.task.done()

    def has_recovered(self, now: float) -> bool:
        return self.restart is not None and now - self.started >= self.restart.healthy_after

    def note(self, failure: BaseException, now: float) -> None:
        self.failures = 1 if self.has_recovered(now) else self.failures + 1
        self.last_error_type = type(failure).__name__

    def report(self, now: float) -> TaskReport:
        state = self.state
        if self.has_ended and state is not TaskState.FAILED:
            # also when it was cancelled, perhaps before its first step
            state = TaskState.DONE
        if state is TaskState.DONE or (state is TaskState.RUNNING and self.has_recovered(now)):
            return TaskReport(self.name, state, 0, None)
        return TaskReport(self.name, state, self.failures, self.last_error_type)


class TaskKeeper:
    """Start, hold, watch and end background tasks.

    ``clock`` gives monotonic seconds, ``sleep`` waits, ``chance`` gives a number in [0, 1). Use it as an async
    context manager, or call :meth:`close`: no task outlives its keeper, unless it refuses to end for longer than
    ``close_seconds``.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
        close_seconds: float = 10.0,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._close_seconds = close_seconds
        self._owned: dict[str, _Owned] = {}
        self._finished: deque[_Owned] = deque()
        """Those that have ended, the first to end first; some were forgotten, or run again under their name."""
        self._closed = False

    def run(
        self, name: str, factory: Callable[[], Awaitable[None]], *, restart: Backoff | None = None
    ) -> asyncio.Task[None]:
        """Start ``factory`` in the background; with ``restart``, start it again whenever it fails.

        The name stands in logs and on /readyz, so it is a code such as ``lane:garden:discord1``. A task that
        returns is done and is not started again. The returned task ends when the work has ended for good; it never
        raises the failure, which is logged and in :meth:`report`.

        Raises ``ValueError`` when a task of this name is still running, ``RuntimeError`` after :meth:`close`.
        """
        if self._closed:
            raise RuntimeError("the keeper is closed; it starts no more tasks")
        known = self._owned.get(name)
        if known is not None and not known.has_ended:
            raise ValueError("a task of this name is running already")
        self._owned.pop(name, None)
        self._forget_oldest()
        owned = _Owned(name, restart, self._clock())
        self._owned[name] = owned
        owned.task = asyncio.create_task(self._supervise(owned, factory), name=name)
        owned.task.add_done_callback(lambda _: self._finished.append(owned))
        return owned.task

    async def stop(self, name: str) -> None:
        """Cancel one task and wait until it has ended; nothing happens when there is none of this name.

        It leaves the report. Waits for at most ``close_seconds``.
        """
        owned = self._owned.get(name)
        if owned is None:
            return
        await self._end([owned])
        if owned.has_ended and self._owned.get(name) is owned:
            del self._owned[name]

    def report(self) -> list[TaskReport]:
        """Return how every task is, in the order of their start; those that finished lately are among them."""
        now = self._clock()
        return [owned.report(now) for owned in self._owned.values()]

    async def close(self) -> tuple[str, ...]:
        """Cancel every task and wait for them, for ``close_seconds`` in all; return the names that did not end."""
        self._closed = True
        return await self._end(list(self._owned.values()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _supervise(self, owned: _Owned, factory: Callable[[], Awaitable[None]]) -> None:
        while True:
            owned.state, owned.started = TaskState.RUNNING, self._clock()
            try:
                await factory()
            except asyncio.CancelledError as error:
                if _is_being_cancelled():
                    raise
                # something it waited for was cancelled, not the task: it is as dead as after any other failure
                wait = self._after(owned, error)
            except Exception as error:  # noqa: BLE001 - whatever it was is logged, reported and perhaps mended
                wait = self._after(owned, error)
            else:
                owned.state = TaskState.DONE
                return
            if wait is None:
                return
            await self._sleep(wait)

    def _after(self, owned: _Owned, failure: BaseException) -> float | None:
        """Note and log a failure; return the seconds until the next start, ``None`` when there is none."""
        owned.note(failure, self._clock())
        # a task that fails while it is being ended must not come back to life
        if owned.restart is None or _is_being_cancelled():
            owned.state = TaskState.FAILED
            log.error("a task failed", task=owned.name, failures=owned.failures, exc_info=failure)
            return None
        owned.state = TaskState.BACKING_OFF
        wait = owned.restart.seconds(owned.failures, self._chance())
        log.error(
            "a task failed and will be started again",
            task=owned.name,
            failures=owned.failures,
            wait_seconds=wait,
            exc_info=failure,
        )
        return wait

    async def _end(self, owned: list[_Owned]) -> tuple[str, ...]:
        caller = asyncio.current_task()
        # the one who ends the others cannot wait for itself
        tasks = {
            each.task: each.name
            for each in owned
            if each.task is not None and each.task is not caller and not each.has_ended
        }
        for task in tasks:
            task.cancel()
        if not tasks:
            return ()
        _, left = await asyncio.wait(tasks, timeout=self._close_seconds)
        for task in left:
            log.error("a task does not end", task=tasks[task], waited_seconds=self._close_seconds)
        return tuple(name for task, name in tasks.items() if task in left)

    def _forget_oldest(self) -> None:
        while len(self._finished) >= _MOST_FINISHED:
            owned = self._finished.popleft()
            if self._owned.get(owned.name) is owned:
                del self._owned[owned.name]


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
