"""What was heard at any end goes through here: decided upon, written down, and only then offered to the lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic

from bridges.conversation import Conversation
from bridges.journal import Journal
from bridges.lane import Lane
from bridges.message import Deleted, Edited, Heard, Message
from bridges.metrics import BridgeMetrics
from bridges.recent import Recent
from db.bridge_rows import Intent, Operation, ReceiptBatch
from db.ids import EndId


def utc_now() -> datetime:
    return datetime.now(UTC)


class Inbox:
    """Takes in what was heard, in the order in which :meth:`hear` is called.

    ``lanes`` may change meanwhile: an intent whose lane is not there (yet, or any more) waits in the database.
    """

    def __init__(
        self,
        conversations: Sequence[Conversation],
        *,
        lanes: Mapping[EndId, Lane],
        journal: Journal,
        metrics: BridgeMetrics,
        recent: Recent,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._lanes = lanes
        self._journal = journal
        self._metrics = metrics
        self._recent = recent
        self._now = now
        self._conversation_of: dict[EndId, Conversation] = {}
        self.settle(conversations)

    def settle(self, conversations: Sequence[Conversation]) -> None:
        """Go by these conversations from now on. What an end says that is in none of them is passed over."""
        self._conversation_of = {end: conversation for conversation in conversations for end in conversation.ends}

    def conversation_of(self, end: EndId) -> Conversation | None:
        """Return the conversation that an end is in."""
        return self._conversation_of.get(end)

    def hear(
        self,
        heard: Sequence[Heard],
        *,
        positions: Mapping[str, str] | None = None,
        joined: Mapping[EndId, str] | None = None,
    ) -> asyncio.Future[list[Intent]]:
        """Remember what was heard, how far its streams were read, and where an end began.

        Nothing is awaited before its turn is fixed, so the caller's order is the lanes' order. Await the result
        before acknowledging anything to a platform. Raises :class:`JournalClosedError` when the bridge stops.
        """
        heard_at = monotonic()
        received_at = self._now()
        receipts = []
        messages: dict[tuple[EndId, str], Message] = {}
        for each in heard:
            conversation = self._conversation_of.get(each.end)
            planned = conversation.plan(each, received_at) if conversation is not None else None
            if planned is None:
                continue
            receipts.append(planned)
            if isinstance(each, Message):
                messages.setdefault((each.end, each.ref), each)
            elif isinstance(each, Edited):
                self._take_in(each, messages)
            elif isinstance(each, Deleted):
                self._recent.forget(each.end, each.ref)

        def hand_out(intents: list[Intent]) -> None:
            self._hand_out(intents, messages, heard_at)

        return self._journal.receive(ReceiptBatch(tuple(receipts), positions or {}, joined or {}), hand_out)

    def _take_in(self, edited: Edited, messages: dict[tuple[EndId, str], Message]) -> None:
        key = (edited.end, edited.ref)
        if edited.message is None:
            self._recent.forget(*key)
        else:
            self._recent.learn(edited.message)
            if key in messages:
                messages[key] = edited.message

    def _hand_out(
        self, intents: Sequence[Intent], messages: Mapping[tuple[EndId, str], Message], heard_at: float
    ) -> None:
        fresh = {(i.source_end, i.source_ref) for i in intents if i.operation is Operation.SAY}
        for key, message in messages.items():
            if key in fresh:
                self._recent.learn(message)
            counter = self._metrics.heard if key in fresh else self._metrics.repeated
            counter.labels(message.place.platform).inc()
        for intent in intents:
            if intent.operation is Operation.DELETE:
                # its words may have been learnt between hearing of the deletion and writing it down
                self._recent.forget(intent.source_end, intent.source_ref)
            # a lane that is to come finds it in the database; one that was ended meanwhile has no need of it
            if (lane := self._lanes.get(intent.end)) is not None:
                lane.offer(intent, heard_at)

    def mended(self, end: EndId) -> None:
        """Let every lane of the end's conversation try again: some speak there, the others read there."""
        conversation = self._conversation_of.get(end)
        for each in conversation.ends if conversation is not None else ():
            if (lane := self._lanes.get(each)) is not None:
                lane.look_again()
