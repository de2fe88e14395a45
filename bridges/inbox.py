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
    """Takes messages in, in the order in which :meth:`hear` is called."""

    def __init__(
        self,
        conversations: Sequence[Conversation],
        *,
        lanes: Mapping[EndId, Lane],
        journal: Journal,
        metrics: BridgeMetrics,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._conversation_of = {end: conversation for conversation in conversations for end in conversation.ends}
        self._lanes = lanes
        self._journal = journal
        self._metrics = metrics
        self._now = now

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
        by_place = {(message.end, message.ref): message for message in messages}
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
                self._lanes[intent.end].offer(intent, by_place[key], heard_at)
            for key, message in by_place.items():
                counter = self._metrics.heard if key in fresh else self._metrics.repeated
                counter.labels(message.place.platform).inc()

        return self._journal.receive(batch, hand_out)

    def mended(self, end: EndId) -> None:
        """Let every lane of the end's conversation try again: some speak there, the others read there."""
        for each in self._conversation_of[end].ends:
            self._lanes[each].look_again()
