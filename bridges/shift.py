"""A shift: what a lane does from the moment at which something is to be done at its end until nothing is.

What is said goes out strictly in order. Beside it run two lines of their own, so that a limit on one holds up none
of the others: what becomes of messages that stand there already (edits, reactions, pins), and deletions, which
come before everything. The three meet in one rule: nobody works on a message that another line has in hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from bridges.bell import Bell
from bridges.commons import Commons
from bridges.ends.port import End, RefusedError
from bridges.lateness import Lateness
from bridges.line import Line, NotYetError, Pending
from bridges.patience import LaneState, Patience
from bridges.speaker import Speaker
from db.bridge_rows import Delivery, Intent, Operation
from db.ids import IntentId

SPOKEN = (Operation.SAY,)
AMENDED = (Operation.EDIT, Operation.REACT, Operation.PIN)
CLEARED = (Operation.DELETE,)


class Shift:
    """Works off one end's intents. :meth:`run` is its task; :meth:`offer` hands it news.

    ``idle``: nothing waits in the database, so there is nothing to look for at the start.
    """

    def __init__(self, end: End, commons: Commons, *, window: int, idle: bool) -> None:
        self.end = end
        self._commons = commons
        self._speaker = Speaker(end, commons)
        self._lateness = Lateness(end, commons)

        def line(operations: tuple[Operation, ...], do: Callable[[Pending], Awaitable[None]]) -> Line:
            patience = Patience(end.label, metrics=commons.metrics, sleep=commons.sleep)
            return Line(partial(self._load, operations), do, patience, window=window, empty=idle)

        self._speaking = line(SPOKEN, self._say)
        self._amending = line(AMENDED, self._amend)
        self._clearing = line(CLEARED, self._clear)
        self._lines = (self._speaking, self._amending, self._clearing)
        self._beside: dict[Line, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._begun = idle
        """What an earlier process, or an earlier try, left was looked at."""
        self._turned = Bell()
        """Something was offered, or a line beside the speaking one has ended."""

    # ── state

    @property
    def state(self) -> LaneState:
        """What the lane is at: trouble first, wherever it is."""
        states = [line.patience.state for line in self._lines if line is self._speaking or not line.is_idle]
        for state in (LaneState.BLOCKED, LaneState.WAITING, LaneState.SENDING, LaneState.STARTING):
            if state in states:
                return state
        return LaneState.IDLE

    @property
    def reason(self) -> str:
        """Why it waits or is blocked: a stable code."""
        state = self.state
        return next((line.patience.reason for line in self._lines if line.patience.state is state), "")

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do, here and in the database."""
        return all(line.is_idle for line in self._lines)

    @property
    def depth(self) -> int:
        """How much waits here, what is beyond the window not counted."""
        return sum(line.depth for line in self._lines)

    @property
    def oldest_seconds(self) -> float:
        """The age of what waits longest, 0 when nothing does."""
        waiting = [each.intent.received_at for line in self._lines for each in line.waiting()]
        return (datetime.now(UTC) - min(waiting)).total_seconds() if waiting else 0.0

    # ── news

    def offer(self, intent: Intent, heard_at: float | None) -> None:
        """Take news. Must be called in the order of the intents' ids."""
        if intent.operation in SPOKEN:
            self._speaking.offer(intent, heard_at)
            self._turned.set()
            return
        if intent.operation in CLEARED:
            self._speaker.let_go(intent.source)
            if self._speaking.at_work == intent.source:
                self._speaking.patience.nudge()
        line = self._clearing if intent.operation in CLEARED else self._amending
        line.offer(intent, heard_at)
        self._set_to_work(line)

    def look_again(self) -> None:
        """Try at once if it is blocked: what a person had to mend may be mended."""
        for line in self._lines:
            line.patience.mended()

    def finish(self) -> None:
        """End :meth:`run` after the calls under way, at once where it waits; the rest is for the next start."""
        for line in self._lines:
            line.patience.finish()
            line.wake()
        self._turned.set()

    # ── the work

    async def run(self) -> None:
        """Work until nothing is left, or told to finish. What an earlier process left is looked at with doubt."""
        if not self._begun:
            for line in self._lines:
                await line.begin()
            self._begun = True
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for line in (self._amending, self._clearing):
                    self._set_to_work(line)
                await self._speak()
                self._group = None
        except BaseException as error:
            # what was under way may have been done: the next try doubts it
            self._begun = False
            if isinstance(error, BaseExceptionGroup):
                # one line failed and took the others with it; whoever runs the lane starts it again
                raise error.exceptions[0] from None
            raise
        finally:
            self._group = None
            self._beside.clear()

    async def _speak(self) -> None:
        while not self._speaking.patience.finishing:
            await self._speaking.run(until_idle=True)
            if self.is_idle and not self._beside:
                return
            await self._turned.wait()
            self._turned.clear()

    def _set_to_work(self, line: Line) -> None:
        """Let a line beside the speaking one work as long as it has something: most lanes never need one."""
        if self._group is None or line.is_idle or line in self._beside:
            return
        task = self._group.create_task(line.run(until_idle=True))
        self._beside[line] = task
        task.add_done_callback(partial(self._rest, line))

    def _rest(self, line: Line, task: asyncio.Task[None]) -> None:
        self._beside.pop(line, None)
        self._turned.set()
        if not task.cancelled() and task.exception() is None and not line.patience.finishing:
            # something may have been offered between its last look and now
            self._set_to_work(line)

    async def _load(self, operations: tuple[Operation, ...], after: IntentId, limit: int) -> list[Intent]:
        intents = await self._commons.store.waiting(self.end.id, operations, after=after, limit=limit)
        for intent in intents:
            if intent.gone:
                self._speaker.let_go(intent.source)
        return intents

    async def _say(self, pending: Pending) -> None:
        patience = self._speaking.patience
        try:
            await self._lateness.shed(self._speaking, pending)
            await self._speaker.say(pending, patience, self._speaking.waiting()[1:])
        finally:
            # whatever waited for this message to stand here may go on
            self._amending.go_on()
            self._clearing.go_on()

    async def _amend(self, pending: Pending) -> None:
        intent = pending.intent
        self._keep_apart(intent, self._speaking, self._clearing)
        if any(
            each is not pending
            and each.intent.source == intent.source
            and each.intent.operation is intent.operation
            for each in self._amending.waiting()
        ):
            # a later one of the same kind makes it agree with how things are then
            await self._commons.journal.settle(Delivery(intent))
            return
        try:
            await self._speaker.do(pending, self._amending.patience)
        finally:
            self._clearing.go_on()

    async def _clear(self, pending: Pending) -> None:
        intent = pending.intent
        self._keep_apart(intent, self._speaking, self._amending)
        head = self._speaking.head
        if head is not None and head.doubtful and head.intent.source == intent.source:
            # an earlier process may have said it: that is found out first
            raise NotYetError
        try:
            await self._speaker.delete(intent, self._clearing.patience)
        except RefusedError as error:
            self._commons.metrics.failed.labels(self.end.label, error.reason).inc()
            await self._commons.journal.settle(Delivery(intent, failure=error.reason))
        finally:
            self._amending.go_on()

    def _keep_apart(self, intent: Intent, *lines: Line) -> None:
        """Raise :class:`NotYetError` when one of these lines has the message in hand; it says when it is done."""
        if any(line.works_on(intent.source) for line in lines):
            raise NotYetError
