"""What was heard at any end goes through here: decided upon, written down, and only then offered to the lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic

from bridges.conversation import Conversation
from bridges.journal import Journal
from bridges.lane import Lane
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from db.bridge_rows import Intent, ReceiptBatch
from db.ids import EndId


def utc_now() -> datetime:
    return datetime.now(UTC)


class Inbox:
    """Takes messages in, in the order in which :meth:`hear` is called.

    ``lanes`` may change meanwhile: an intent whose lane is not there (yet, or any more) waits in the database.
    """

    def __init__(
        self,
        conversations: Sequence[Conversation],
        *,
        lanes: Mapping[EndId, Lane],
        journal: Journal,
        metrics: BridgeMetrics,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._lanes = lanes
        self._journal = journal
        self._metrics = metrics
        self._now = now
        self._conversation_of: dict[EndId, Conversation] = {}
        self.settle(conversations)

    def settle(self, conversations: Sequence[Conversation]) -> None:
        """Go by these conversations from now on. What an end says that is in none of them is passed over."""
        self._conversation_of = {end: conversation for conversation in conversations for end in conversation.ends}

    def hear(
        self,
        messages: Sequence[Message],
        *,
        positions: Mapping[str, str] | None = None,
        joined: Mapping[EndId, str] | None = None,
    ) -> asyncio.Future[list[Intent]]:
        """Remember ``messages``, how far their streams were read, and where an end began.

        Nothing is awaited before its turn is fixed, so the caller's order is the lanes' order. Await the result
        before acknowledging anything to a platform. Raises :class:`JournalClosedError` when the bridge stops.
        """
        heard_at = monotonic()
        received_at = self._now()
        by_place = {(m.end, m.ref): m for m in messages if m.end in self._conversation_of}
        batch = ReceiptBatch(
            tuple(self._conversation_of[m.end].plan(m, received_at) for m in by_place.values()),
            positions or {},
            joined or {},
        )

        def hand_out(intents: list[Intent]) -> None:
            fresh: set[tuple[EndId, str]] = set()
            for intent in intents:
                key = (intent.source_end, intent.source_ref)
                fresh.add(key)
                # a lane that is to come finds it in the database; one that was ended meanwhile has no need of it
                if (lane := self._lanes.get(intent.end)) is not None:
                    lane.offer(intent, by_place[key], heard_at)
            for key, message in by_place.items():
                counter = self._metrics.heard if key in fresh else self._metrics.repeated
                counter.labels(message.place.platform).inc()

        return self._journal.receive(batch, hand_out)

    def mended(self, end: EndId) -> None:
        """Let every lane of the end's conversation try again: some speak there, the others read there."""
        conversation = self._conversation_of.get(end)
        for each in conversation.ends if conversation is not None else ():
            if (lane := self._lanes.get(each)) is not None:
                lane.look_again()
