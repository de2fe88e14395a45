"""What all speakers of one bridge share: who is where, what was said lately, where it is written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bridges.conversation import Conversation
from bridges.ends.port import End, People
from bridges.journal import Journal, Look
from bridges.markup.tree import Mention
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from bridges.recent import Recent
from db.bridge_rows import Delivery, Intent, Place, Platform
from db.ids import EndId
from db.relay_store import RelayStore

T = TypeVar("T")

Failed = Callable[[Intent, Message, str], Awaitable[None]]
"""Is told of a message that could not cross, with the reason, once it is written down.

It is told of it again at the next start unless it was taken over by then (:class:`db.untold_store.UntoldStore`).
"""
TELL_WITHIN = timedelta(hours=1)
"""Later than so long after it failed, nobody is told of a message any more."""


Missed = Callable[[Place, int, datetime, datetime], Awaitable[str]]
"""Says to a place how many messages it missed, from when to when."""


async def missed_in_english(_: Place, count: int, first: datetime, last: datetime) -> str:
    """Say it in English."""
    return (
        f"⏳ {count} messages from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC did not come through here "
        "in time. They stand where they were written."
    )


async def nobody(_: Platform, __: Sequence[Mention], ___: Platform) -> Mapping[str, str]:
    """Know nobody who has accounts on both platforms."""
    return {}


async def untold(_: Intent, __: Message, ___: str) -> None:
    """Tell nobody: the counters and the log have it."""


class Commons:
    """Everything that is not about one end."""

    def __init__(
        self,
        *,
        store: RelayStore,
        journal: Journal,
        metrics: BridgeMetrics,
        recent: Recent,
        people: People = nobody,
        failed: Failed = untold,
        missed: Missed = missed_in_english,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.store = store
        self.journal = journal
        self.metrics = metrics
        self.recent = recent
        self.people = people
        self.failed = failed
        self.missed = missed
        self.sleep = sleep
        self.ends: dict[EndId, End] = {}
        self.places: dict[EndId, Place] = {}
        self.past: dict[EndId, Sequence[Place]] = {}
        """The places that ends have left for others."""
        self.conversation_of: Callable[[EndId], Conversation | None] = lambda _: None

    async def now(self, look: Look[T]) -> T:
        """Look into the database in the journal's turn: after everything that was handed in before."""
        return await self.journal.look(look)

    async def put_aside(self, end: End, intent: Intent, message: Message, reason: str) -> None:
        """Take what can never be done out of its lane, with its reason; its author is told."""
        self.metrics.failed.labels(end.label, reason).inc()
        tell_until = datetime.now(UTC) + TELL_WITHIN
        await self.journal.settle(Delivery(intent, failure=reason, tell_until=tell_until))
        await self.failed(intent, message, reason)
