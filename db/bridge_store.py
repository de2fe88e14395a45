"""The bridge's rows: conversations and ends, what was heard, what is still to be said, what was said where.

Writes that belong to the flow of messages take a connection and run without waiting, because the journal puts many
of them into one transaction; everything else opens its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from db.bridge_rows import (
    ConversationRow,
    Copy,
    Delivery,
    EndRow,
    Intent,
    Place,
    Platform,
    Receipt,
    ReceiptBatch,
)
from db.engine import Database
from db.ids import ConversationId, EndId, IntentId, SourceId, new_id
from db.positions import position
from db.tables import (
    bridge_end,
    bridge_webhook,
    conversation,
    read_position,
    relay_copy,
    relay_intent,
    relay_source,
)


class BridgeStore:
    """Reads and writes the bridge's rows; ``keep_days`` is how long the map of copies is kept."""

    def __init__(self, database: Database, *, keep_days: int) -> None:
        self._database = database
        self._keep = timedelta(days=keep_days)
        self._insert: Any = sqlite.insert if database.is_sqlite else postgresql.insert
        # built once and run with lists of rows: SQLAlchemy then compiles each a single time, which otherwise
        # costs more than the database itself
        self._hear = (
            self._insert(relay_source)
            .on_conflict_do_nothing()
            .returning(relay_source.c.id, relay_source.c.end_id, relay_source.c.ref)
        )
        self._intend = relay_intent.insert().returning(
            relay_intent.c.id, relay_intent.c.end_id, relay_intent.c.source_id
        )
        self._copy = self._insert(relay_copy).on_conflict_do_nothing()
        self._finish = delete(relay_intent).where(relay_intent.c.id == bindparam("done"))
        moved = self._insert(read_position)
        self._move = moved.on_conflict_do_update(
            index_elements=["stream"], set_={"position": moved.excluded.position}
        )

    # ── conversations and ends

    async def settle_conversations(self, wanted: Mapping[str, Sequence[Place]]) -> list[ConversationRow]:
        """Do what :meth:`settle` does, in a transaction of its own."""
        return await self._database.transact(lambda connection: self.settle(connection, wanted))

    def settle(self, connection: Connection, wanted: Mapping[str, Sequence[Place]]) -> list[ConversationRow]:
        """Make the stored conversations equal to ``wanted`` (key to places) and return them.

        An end that is wanted no more is retired: its lane stops and its map stays until it expires. An end that
        comes back, or moves to another conversation, starts anew: nothing said before crosses.
        """
        stored_keys = {row.key: row.id for row in connection.execute(select(conversation))}
        stored_ends = {
            Place(Platform(row.platform), row.place): row for row in connection.execute(select(bridge_end))
        }
        listed: set[Place] = set()
        for key, places in wanted.items():
            conversation_id = stored_keys.get(key)
            if conversation_id is None:
                conversation_id = new_id()
                connection.execute(conversation.insert().values(id=conversation_id, key=key))
            for place in places:
                listed.add(place)
                self._settle_end(connection, stored_ends.get(place), place, conversation_id)
        for place, row in stored_ends.items():
            if place not in listed and not row.retired:
                connection.execute(update(bridge_end).where(bridge_end.c.id == row.id).values(retired=1))
                connection.execute(delete(relay_intent).where(relay_intent.c.end_id == row.id))
        return self._conversations(connection, wanted)

    def _settle_end(self, connection: Connection, row: Row[Any] | None, place: Place, conversation_id: str) -> None:
        if row is None:
            connection.execute(
                bridge_end.insert().values(
                    id=new_id(),
                    conversation_id=conversation_id,
                    platform=place.platform,
                    place=place.ref,
                    retired=0,
                )
            )
        elif row.retired or row.conversation_id != conversation_id:
            connection.execute(
                update(bridge_end)
                .where(bridge_end.c.id == row.id)
                .values(conversation_id=conversation_id, retired=0, joined_at_ref=None)
            )
            connection.execute(delete(relay_intent).where(relay_intent.c.end_id == row.id))

    def _conversations(self, connection: Connection, keys: Iterable[str]) -> list[ConversationRow]:
        rows = connection.execute(
            select(bridge_end, conversation.c.key)
            .join(conversation, conversation.c.id == bridge_end.c.conversation_id)
            .where(bridge_end.c.retired == 0)
            .order_by(bridge_end.c.id)
        )
        ends: dict[str, list[EndRow]] = {key: [] for key in keys}
        for row in rows:
            ends[row.key].append(
                EndRow(
                    EndId(row.id),
                    ConversationId(row.conversation_id),
                    Place(Platform(row.platform), row.place),
                    row.joined_at_ref,
                )
            )
        return [
            ConversationRow(members[0].conversation_id, key, tuple(members))
            for key, members in ends.items()
            if members
        ]

    # ── webhooks: only their ids

    async def webhooks(self, end: EndId) -> set[str]:
        """Return the ids of every webhook that was ever ours in this end, so that no copy is taken for news."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(bridge_webhook.c.webhook_id).where(bridge_webhook.c.end_id == end)
            )
            return set(rows.scalars())

    async def remember_webhook(self, end: EndId, webhook_id: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                self._insert(bridge_webhook).values(webhook_id=webhook_id, end_id=end).on_conflict_do_nothing()
            )

    # ── reading on

    async def position(self, stream: str) -> str | None:
        """Return how far ``stream`` was read, None when never."""
        return await self._database.look(lambda connection: position(connection, stream))

    # ── the flow of messages, inside the journal's transaction

    def record_receipts(self, connection: Connection, batch: ReceiptBatch) -> list[Intent]:
        """Write what was heard and what follows from it; return the intents in lane order.

        A message heard before (replayed by the gateway, read again while catching up) yields nothing.
        """
        intents: list[Intent] = []
        if batch.receipts:
            # one batch may name a message twice; written once, it is also decided on once
            receipts = {(receipt.end, receipt.ref): receipt for receipt in batch.receipts}
            sources = self._new_sources(connection, list(receipts.values()))
            wanted = [
                (destination, sources[key], receipt)
                for key, receipt in receipts.items()
                if key in sources
                for destination in receipt.destinations
            ]
            if wanted:
                intents = self._new_intents(connection, wanted)
        if batch.positions:
            connection.execute(
                self._move, [{"stream": name, "position": value} for name, value in batch.positions.items()]
            )
        for end, ref in batch.joined.items():
            connection.execute(update(bridge_end).where(bridge_end.c.id == end).values(joined_at_ref=ref))
        return intents

    def _new_sources(
        self, connection: Connection, receipts: Sequence[Receipt]
    ) -> dict[tuple[EndId, str], SourceId]:
        """Write each place and message once; return those that are new."""
        heard = connection.execute(
            self._hear,
            [{"end_id": r.end, "ref": r.ref, "purge_after": self._expiry(r.received_at)} for r in receipts],
        )
        return {(EndId(row.end_id), row.ref): SourceId(row.id) for row in heard}

    def _new_intents(
        self, connection: Connection, wanted: Sequence[tuple[EndId, SourceId, Receipt]]
    ) -> list[Intent]:
        """Write one intent for each destination, in the order given."""
        rows = connection.execute(
            self._intend,
            [
                {
                    "end_id": destination,
                    "source_id": source,
                    "operation": "create",
                    "received_at": receipt.received_at,
                    "purge_after": self._expiry(receipt.received_at),
                }
                for destination, source, receipt in wanted
            ],
        )
        receipt_of = {source: receipt for _, source, receipt in wanted}
        found = [(IntentId(row.id), EndId(row.end_id), SourceId(row.source_id)) for row in rows]
        return [
            Intent(
                intent, end, source, receipt_of[source].end, receipt_of[source].ref, receipt_of[source].received_at
            )
            for intent, end, source in sorted(found)
        ]

    def record_deliveries(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Write the copies that were made, and take finished intents out of their lanes."""
        copies = [
            {
                "source_id": delivery.intent.source,
                "end_id": delivery.intent.end,
                "part": copy.part,
                "ref": copy.ref,
                "webhook_id": copy.webhook_id,
                "purge_after": self._expiry(delivery.intent.received_at),
            }
            for delivery in deliveries
            for copy in delivery.copies
        ]
        if copies:
            connection.execute(self._copy, copies)
        done = [d.intent.id for d in deliveries if d.finished and d.failure is None]
        if done:
            connection.execute(self._finish, [{"done": intent} for intent in done])
        for delivery in deliveries:
            if delivery.failure is not None:
                connection.execute(
                    update(relay_intent)
                    .where(relay_intent.c.id == delivery.intent.id)
                    .values(failure=delivery.failure)
                )

    # ── lanes

    async def waiting(self, end: EndId, *, after: IntentId, limit: int) -> list[Intent]:
        """Return the next intents of a lane in order, those behind ``after``."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(relay_intent, relay_source.c.end_id.label("source_end"), relay_source.c.ref)
                .join(relay_source, relay_source.c.id == relay_intent.c.source_id)
                .where(
                    relay_intent.c.end_id == end,
                    relay_intent.c.id > after,
                    relay_intent.c.failure.is_(None),
                )
                .order_by(relay_intent.c.id)
                .limit(limit)
            )
            return [
                Intent(
                    IntentId(row.id),
                    EndId(row.end_id),
                    SourceId(row.source_id),
                    EndId(row.source_end),
                    row.ref,
                    row.received_at,
                )
                for row in rows
            ]

    async def waiting_count(self, end: EndId) -> int:
        """Count what a lane still has to say."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(func.count())
                .select_from(relay_intent)
                .where(relay_intent.c.end_id == end, relay_intent.c.failure.is_(None))
            )
            return int(found.scalar_one())

    async def copies(self, source: SourceId, end: EndId) -> list[Copy]:
        """Return the parts of one message that already stand at ``end``, in order."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(relay_copy.c.part, relay_copy.c.ref, relay_copy.c.webhook_id)
                .where(relay_copy.c.source_id == source, relay_copy.c.end_id == end)
                .order_by(relay_copy.c.part)
            )
            return [Copy(row.part, row.ref, row.webhook_id) for row in rows]

    async def last_copy(self, end: EndId) -> str | None:
        """Return the newest copy that is known to stand at ``end``, None when there is none."""
        async with self._database.read() as connection:
            found = await connection.execute(
                select(relay_copy.c.ref).where(relay_copy.c.end_id == end).order_by(relay_copy.c.id.desc()).limit(1)
            )
            return found.scalar_one_or_none()

    def _expiry(self, received_at: datetime) -> datetime:
        """Return the first midnight (UTC) at which the row may go: a day, not a time (DOMAIN SAF-4)."""
        return datetime.combine((received_at + self._keep).date() + timedelta(days=1), time.min, UTC)
