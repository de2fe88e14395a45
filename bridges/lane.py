"""A lane says what is meant for one end, strictly in order, and never waits for another lane.

The queue is the database: a lane holds a window of it in memory, with the text of what was heard a moment ago.
After a restart, or when the window overflows, the text is read again from its source; a message deleted
meanwhile is simply not said (SAF-2: no words at rest).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic

import structlog

from bridges.ends.port import BlockedError, End, NotSentError, Outgoing, RefusedError, UnsureError
from bridges.journal import Journal
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from bridges.pace import Backoff, either
from db.bridge_rows import Copy, Delivery, Intent
from db.bridge_store import BridgeStore
from db.ids import IntentId

log = structlog.get_logger("bridges.lane")

WINDOW = 500
"""Intents a lane holds in memory; what comes on top stays in the database until there is room."""
BLOCKED_SECONDS = 30.0
"""How often a blocked lane looks whether a person has mended the cause."""

Reader = Callable[[Intent], Awaitable[Message | None]]
"""Reads a message again at its source, as :meth:`End.read`."""


class LaneState(StrEnum):
    STARTING = "starting"
    """What an earlier process left is still being looked at."""
    IDLE = "idle"
    SENDING = "sending"
    WAITING = "waiting"
    """The platform asked for patience, or does not answer."""
    BLOCKED = "blocked"
    """The platform refuses everything here; a person has to act."""


@dataclass(slots=True)
class Pending:
    """An intent on its way. ``heard_at`` is monotonic seconds, None for one that was taken from the database.

    ``doubtful`` marks one that may already have been said by an earlier process or run.
    """

    intent: Intent
    message: Message | None = field(default=None, repr=False)
    heard_at: float | None = None
    doubtful: bool = False


class _FinishingError(Exception):
    """The lane was told to finish while it waited; nothing is under way."""


class Lane:
    """Works off one end's intents. :meth:`run` is its task; :meth:`offer` hands it news."""

    def __init__(
        self,
        end: End,
        *,
        store: BridgeStore,
        journal: Journal,
        reader: Reader,
        metrics: BridgeMetrics,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        window: int = WINDOW,
    ) -> None:
        self.end = end
        self.state = LaneState.STARTING
        self.reason = ""
        """Why it waits or is blocked: a stable code."""
        self._store = store
        self._journal = journal
        self._read = reader
        self._metrics = metrics
        self._sleep = sleep
        self._window = window
        self._pending: deque[Pending] = deque()
        self._last_seen = IntentId(0)
        self._more_in_database = True
        self._wake = asyncio.Event()
        self._mended = asyncio.Event()
        self._finishing = asyncio.Event()
        self._unwritten: set[asyncio.Future[None]] = set()
        self._depth = metrics.depth.labels(end.label)
        self._depth.set_function(lambda: float(len(self._pending)))
        metrics.oldest.labels(end.label).set_function(self._oldest_seconds)

    @property
    def depth(self) -> int:
        """How many messages wait here, those beyond the window not counted."""
        return len(self._pending)

    # ── news

    def offer(self, intent: Intent, message: Message, heard_at: float) -> None:
        """Take news. Must be called in the order of the intents' ids."""
        if self._more_in_database or len(self._pending) >= self._window:
            # older ones are still in the database only: this one waits there too, or it would overtake them
            self._more_in_database = True
        else:
            self._pending.append(Pending(intent, message, heard_at))
            self._last_seen = intent.id
        self._wake.set()

    def look_again(self) -> None:
        """Try at once if it is blocked: what a person had to mend may be mended."""
        self._mended.set()

    def finish(self) -> None:
        """End :meth:`run` after the call under way, at once where it only waits; the rest is for the next start."""
        self._finishing.set()
        self._wake.set()

    # ── the work

    async def run(self) -> None:
        """Work until cancelled or told to finish. What an earlier process left is looked at with doubt."""
        await self._resume()
        while not self._finishing.is_set():
            if not self._pending:
                if self._more_in_database:
                    await self._load()
                    continue
                self.state, self.reason = LaneState.IDLE, ""
                await self._wake.wait()
                self._wake.clear()
                continue
            self.state, self.reason = LaneState.SENDING, ""
            try:
                await self._deliver(self._pending[0])
            except _FinishingError:
                return
            self._pending.popleft()

    async def _resume(self) -> None:
        """Take up the work; the one at the head may have been said already, by a process that was killed.

        Only that one: a lane never begins with the next before the last is written down.
        """
        if not self._pending:
            await self._load()
        if self._pending:
            self._pending[0].doubtful = True

    async def _load(self) -> None:
        # cleared first: an offer that comes during the read is then taken, or sets it again
        self._more_in_database = False
        intents = await self._store.waiting(self.end.id, after=self._last_seen, limit=self._window)
        if len(intents) == self._window:
            # between these and what was offered meanwhile there may be others: those wait for the next load
            self._pending.clear()
            self._more_in_database = True
        offered = {pending.intent.id: pending for pending in self._pending}
        loaded = [offered.pop(intent.id, Pending(intent)) for intent in intents]
        self._pending = deque([*loaded, *sorted(offered.values(), key=lambda pending: pending.intent.id)])
        if self._pending:
            self._last_seen = self._pending[-1].intent.id

    async def _deliver(self, pending: Pending) -> None:
        message = pending.message or await self._read_again(pending.intent)
        if message is None:
            self._metrics.gone.labels(self.end.label).inc()
            await self._settle(Delivery(pending.intent))
            return
        try:
            parts = self.end.render(message)
        except Exception:
            # a fault of ours about one message: told and counted, and the others behind it are not held up by it
            log.exception("a message could not be rendered", lane=self.end.label)
            await self._put_aside(pending, "bridge.not_rendered")
            return
        said = await self._store.copies(pending.intent.source, self.end.id) if pending.doubtful else []
        try:
            await self._say(pending, parts, already=len(said))
        except RefusedError as error:
            await self._put_aside(pending, error.reason)

    async def _put_aside(self, pending: Pending, reason: str) -> None:
        """Take a message that can never be said out of the lane, with its reason."""
        self._metrics.failed.labels(self.end.label, reason).inc()
        await self._settle(Delivery(pending.intent, failure=reason))

    async def _say(self, pending: Pending, parts: list[Outgoing], *, already: int) -> None:
        if len(parts) <= already:
            await self._settle(Delivery(pending.intent))
            return
        for part in parts[already:]:
            copy = await self._say_part(pending, part, inherited=pending.doubtful and part.part == already)
            delivery = Delivery(pending.intent, (copy,), finished=part is parts[-1])
            if self._may_repeat(pending):
                self._settle_later(delivery)
            else:
                # one unwritten copy at most: after a crash there is exactly one to look for
                await self._settle(delivery)

    def _may_repeat(self, pending: Pending) -> bool:
        return datetime.now(UTC) - pending.intent.received_at < self.end.repeatable_for

    async def _say_part(self, pending: Pending, part: Outgoing, *, inherited: bool) -> Copy:
        """Say one part, however long it takes; look first whenever it may already stand there.

        ``inherited``: the doubt comes from an earlier process.
        """
        backoff = Backoff()
        doubtful = inherited
        while True:
            self._mended.clear()
            try:
                if doubtful and not self._may_repeat(pending):
                    found = await self._find(pending, part, exact=not inherited)
                    if found is not None:
                        self._metrics.reconciled.labels(self.end.label).inc()
                        return found
                doubtful = inherited = False
                return await self._send(pending, part)
            except UnsureError as error:
                doubtful = True
                await self._wait(LaneState.WAITING, error.reason, error.retry_after or backoff.next())
            except NotSentError as error:
                await self._wait(LaneState.WAITING, error.reason, error.retry_after or backoff.next())
            except BlockedError as error:
                await self._wait_for_a_person(error)

    async def _send(self, pending: Pending, part: Outgoing) -> Copy:
        direction = None
        if pending.heard_at is not None and len(self._pending) == 1 and part.part == 0:
            direction = f"to_{self.end.platform}"
            self._metrics.added.labels(direction).observe(monotonic() - pending.heard_at)
        copy = await self.end.send(part)
        self._metrics.sent.labels(self.end.label).inc()
        if direction is not None and pending.heard_at is not None:
            self._metrics.total.labels(direction).observe(monotonic() - pending.heard_at)
        return copy

    async def _find(self, pending: Pending, part: Outgoing, *, exact: bool) -> Copy | None:
        after = await self._store.last_copy(self.end.id)
        return await self.end.find(part, after=after, since=pending.intent.received_at, exact=exact)

    async def _read_again(self, intent: Intent) -> Message | None:
        backoff = Backoff()
        while True:
            self._mended.clear()
            try:
                return await self._read(intent)
            except NotSentError as error:
                await self._wait(LaneState.WAITING, error.reason, error.retry_after or backoff.next())
            except BlockedError as error:
                # the place it was written is closed to us: whether it still stands there cannot be known
                await self._wait_for_a_person(error)

    async def _wait(
        self, state: LaneState, reason: str, seconds: float, *others: Coroutine[None, None, object]
    ) -> None:
        self.state, self.reason = state, reason
        self._metrics.waits.labels(self.end.label, reason).inc()
        await either(self._pause(seconds), self._finishing.wait(), *others)
        if self._finishing.is_set():
            raise _FinishingError
        self.state, self.reason = LaneState.SENDING, ""

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _wait_for_a_person(self, error: BlockedError) -> None:
        """Wait for word that something was mended since the last try; look now and then without it, too."""
        seconds = error.retry_after or BLOCKED_SECONDS
        await self._wait(LaneState.BLOCKED, error.reason, seconds, self._mended.wait())

    async def _settle(self, delivery: Delivery) -> None:
        await self._journal.settle(delivery)

    def _settle_later(self, delivery: Delivery) -> None:
        """Write without waiting: a repeat is harmless here, so a crash before the commit is too."""
        future = self._journal.settle(delivery)
        self._unwritten.add(future)
        future.add_done_callback(self._written)

    def _written(self, future: asyncio.Future[None]) -> None:
        self._unwritten.discard(future)
        if not future.cancelled() and (error := future.exception()) is not None:
            # said but not written down: after a restart it is said again with the same key, which changes nothing
            log.warning("a delivery was not written", lane=self.end.label, error_type=type(error).__name__)

    def _oldest_seconds(self) -> float:
        if not self._pending:
            return 0.0
        return (datetime.now(UTC) - self._pending[0].intent.received_at).total_seconds()
