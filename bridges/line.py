"""One line of a lane: what is to be done at an end, in order; the queue itself is the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bridges.bell import Bell
from bridges.patience import FinishingError, LaneState, Patience
from db.bridge_rows import Intent
from db.ids import IntentId, SourceId

WINDOW = 500
"""Intents a line holds in memory; what comes on top stays in the database until there is room."""

Load = Callable[[IntentId, int], Awaitable[list[Intent]]]
"""Returns intents of the line behind one, as many as asked for."""


@dataclass(slots=True)
class Pending:
    """An intent on its way. ``heard_at`` is monotonic seconds, None for one that was taken from the database.

    ``doubtful`` marks one that may already have been done by an earlier process or run.
    """

    intent: Intent
    heard_at: float | None = None
    doubtful: bool = False
    done: bool = False
    """It was done together with one before it."""
    joined: bool = False
    """It is being done together with the one at the head."""


class NotYetError(Exception):
    """Something else about this message has to come first; the next in line may go ahead.

    ``seconds``: nobody will say when; it is to be tried again after so long.
    """

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__()
        self.seconds = seconds


class Line:
    """Works off intents of its kind. :meth:`run` is its task; :meth:`offer` hands it news."""

    __slots__ = (
        "_do",
        "_last_seen",
        "_load",
        "_more_in_database",
        "_pending",
        "_postponed",
        "_turns",
        "_wake",
        "_window",
        "at_work",
        "patience",
    )

    def __init__(
        self,
        load: Load,
        do: Callable[[Pending], Awaitable[None]],
        patience: Patience,
        *,
        window: int = WINDOW,
        empty: bool = False,
    ) -> None:
        self.patience = patience
        self.at_work: SourceId | None = None
        """The message that is being worked on; others may be joined to it."""
        self._load = load
        self._do = do
        self._window = window
        # of at most a window; an empty deque takes ten times what an empty list takes, and most lines are empty
        self._pending: list[Pending] = []
        self._postponed: list[Pending] = []
        self._last_seen = IntentId(0)
        self._more_in_database = not empty
        self._turns = 0
        """How often :meth:`go_on` was called."""
        self._wake = Bell()

    @property
    def depth(self) -> int:
        """How many intents wait here, those beyond the window not counted."""
        return len(self._pending) + len(self._postponed)

    @property
    def known_depth(self) -> int:
        """How many wait here at least: with more in the database than fit, as many as fit."""
        return self._window if self._more_in_database else self.depth

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do, here and in the database."""
        return not self._pending and not self._postponed and not self._more_in_database

    def works_on(self, source: SourceId) -> bool:
        """Say whether a message is in hand, alone or together with the one at the head."""
        return self.at_work == source or any(each.joined and each.intent.source == source for each in self._pending)

    @property
    def head(self) -> Pending | None:
        """The intent that is, or was, worked on first."""
        return self._pending[0] if self._pending else None

    def waiting(self) -> list[Pending]:
        """Return what waits in memory, the one at work included."""
        return [*self._pending, *self._postponed]

    def pass_over(self, after: IntentId, until: IntentId) -> None:
        """Take it that those between ``after`` (not itself) and ``until`` were put aside."""
        for each in self._pending:
            if after < each.intent.id <= until:
                each.done = True
        self._last_seen = max(self._last_seen, until)

    def offer(self, intent: Intent, heard_at: float | None) -> None:
        """Take news. Must be called in the order of the intents' ids."""
        if intent.id <= self._last_seen:
            # the database showed it between its commit and this word of it
            return
        if self._more_in_database or len(self._pending) >= self._window:
            # older ones are still in the database only: this one waits there too, or it would overtake them
            self._more_in_database = True
        else:
            self._pending.append(Pending(intent, heard_at))
            self._last_seen = intent.id
        self._wake.set()

    def go_on(self) -> None:
        """Try again what was put off: something has come first meanwhile."""
        self._turns += 1
        if self._postponed:
            self._pending[:0] = self._postponed
            self._postponed.clear()
        self._wake.set()

    async def begin(self) -> None:
        """Take up the work; the one at the head may have been done already, by a process that was killed.

        Only that one: a line never begins with the next before the last is written down.
        """
        if not self._pending and self._more_in_database:
            await self._refill()
        if self._pending:
            self._pending[0].doubtful = True

    async def run(self, *, until_idle: bool = False) -> None:
        """Work until told to finish; with ``until_idle``, only as long as there is something to do."""
        while not self.patience.finishing:
            if not self._pending:
                if self._more_in_database:
                    await self._refill()
                    continue
                self.patience.state, self.patience.reason = LaneState.IDLE, ""
                if until_idle and not self._postponed:
                    return
                await self._wake.wait()
                self._wake.clear()
                continue
            self.patience.state, self.patience.reason = LaneState.SENDING, ""
            pending = self._pending[0]
            if pending.done:
                del self._pending[0]
                continue
            self.at_work, turns = pending.intent.source, self._turns
            try:
                await self._do(pending)
            except NotYetError as error:
                if error.seconds is not None:
                    asyncio.get_running_loop().call_later(error.seconds, self.go_on)
                elif turns != self._turns:
                    continue  # what it waited for came while it looked
                self._postponed.append(pending)
            except FinishingError:
                return
            finally:
                self.at_work = None
            if self._pending and self._pending[0] is pending:
                del self._pending[0]

    def wake(self) -> None:
        """Let :meth:`run` look up: it was told to finish."""
        self._wake.set()

    async def _refill(self) -> None:
        # cleared first: an offer that comes during the read is then taken, or sets it again
        self._more_in_database = False
        intents = await self._load(self._last_seen, self._window)
        if len(intents) == self._window:
            # between these and what was offered meanwhile there may be others: those wait for the next load
            self._pending.clear()
            self._last_seen = intents[-1].id
            self._more_in_database = True
        offered = {pending.intent.id: pending for pending in self._pending}
        put_off = {pending.intent.id for pending in self._postponed}
        loaded = [offered.pop(intent.id, Pending(intent)) for intent in intents if intent.id not in put_off]
        self._pending = [*loaded, *sorted(offered.values(), key=lambda pending: pending.intent.id)]
        if self._pending:
            self._last_seen = max(self._pending[-1].intent.id, self._last_seen)
