"""What was heard at any end goes through here: decided upon, written down, and only then offered to the lanes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import structlog

from bridges.commons import TELL_WITHIN, Failed, untold
from bridges.conversation import Conversation
from bridges.journal import Journal
from bridges.lane import Lane
from bridges.message import Deleted, Edited, Heard, Message
from bridges.metrics import BridgeMetrics
from bridges.quota import OVER_QUOTA, Quotas
from bridges.recent import Recent
from db.bridge_rows import Intent, Operation, Place, Receipt, ReceiptBatch
from db.ids import EndId

log = structlog.get_logger("bridges.inbox")


Move = Callable[[EndId, Place], Awaitable[bool]]
"""Lets an end be at another place from now on; False when it may not."""


async def nowhere(_: EndId, __: Place) -> bool:
    """Let every end be where it is."""
    return False


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
        failed: Failed = untold,
        move: Move = nowhere,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._lanes = lanes
        self._journal = journal
        self._metrics = metrics
        self._recent = recent
        self._failed = failed
        self._move = move
        self._quotas = Quotas()
        self._telling: set[asyncio.Future[None]] = set()
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
        since = self._recent.mark()
        for each in heard:
            conversation = self._conversation_of.get(each.end)
            planned = conversation.plan(each, received_at) if conversation is not None else None
            if planned is None or conversation is None:
                continue
            if isinstance(each, Message) and isinstance(planned, Receipt):
                planned = self._within_quota(each, planned, conversation)
            receipts.append(planned)
            if isinstance(each, Message):
                messages.setdefault((each.end, each.ref), each)
            elif isinstance(each, Edited):
                self._take_in(each, messages)
            elif isinstance(each, Deleted):
                self._recent.forget(each.end, each.ref)

        def hand_out(intents: list[Intent]) -> None:
            self._hand_out(intents, messages, heard_at, since)

        return self._journal.receive(ReceiptBatch(tuple(receipts), positions or {}, joined or {}), hand_out)

    def _within_quota(self, message: Message, receipt: Receipt, conversation: Conversation) -> Receipt:
        """Count a message that is new to us; one too many is put aside, and its author told."""
        if self._recent.get(message.end, message.ref) is not None:
            return receipt
        a_minute = conversation.terms_of(message.end).quota
        if self._quotas.take(message.end, message.sent_at, a_minute):
            return receipt
        return replace(receipt, refused=OVER_QUOTA, tell_until=receipt.received_at + TELL_WITHIN)

    def _refuse(self, intent: Intent, message: Message, reason: str) -> None:
        self._metrics.refused.labels(message.place.platform, reason).inc()
        telling = asyncio.ensure_future(self._failed(intent, message, reason))
        self._telling.add(telling)
        telling.add_done_callback(self._told)

    def _told(self, telling: asyncio.Future[None]) -> None:
        self._telling.discard(telling)
        if not telling.cancelled() and (error := telling.exception()) is not None:
            log.warning("an author could not be told", error_type=type(error).__name__)

    def _take_in(self, edited: Edited, messages: dict[tuple[EndId, str], Message]) -> None:
        key = (edited.end, edited.ref)
        if edited.message is None:
            self._recent.forget(*key)
        else:
            self._recent.learn(edited.message)
            if key in messages:
                messages[key] = edited.message

    def _hand_out(
        self,
        intents: Sequence[Intent],
        messages: Mapping[tuple[EndId, str], Message],
        heard_at: float,
        since: int,
    ) -> None:
        fresh = {(i.source_end, i.source_ref) for i in intents if i.operation is Operation.SAY}
        for key, message in messages.items():
            if key in fresh:
                # unless it was taken back, or changed in a way that is still to be read, while it was written down
                self._recent.learn(message, since=since)
            counter = self._metrics.heard if key in fresh else self._metrics.repeated
            counter.labels(message.place.platform).inc()
        for intent in intents:
            if intent.failure is not None:
                self._refuse(intent, messages[intent.source_end, intent.source_ref], intent.failure)
                continue
            if intent.operation is Operation.DELETE:
                # its words may have been learnt between hearing of the deletion and writing it down
                self._recent.forget(intent.source_end, intent.source_ref)
            # a lane that is to come finds it in the database; one that was ended meanwhile has no need of it
            if (lane := self._lanes.get(intent.end)) is not None:
                lane.offer(intent, heard_at)

    async def moved(self, end: EndId, to: Place) -> bool:
        """Let an end be at the place that has replaced its own; False when it may not be there."""
        return await self._move(end, to)

    def mended(self, end: EndId) -> None:
        """Let every lane of the end's conversation try again: some speak there, the others read there."""
        conversation = self._conversation_of.get(end)
        for each in conversation.ends if conversation is not None else ():
            if (lane := self._lanes.get(each)) is not None:
                lane.look_again()
