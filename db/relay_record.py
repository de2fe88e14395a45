"""Writes the flow of messages: what was heard, what follows from it, what came of that.

Everything here takes a connection and runs without waiting, because the journal puts many of these into one
transaction. What follows from something heard is decided here and not before, since it depends on what stands in
the database in that very moment: who has a copy, what is still to be said, what was deleted meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, union, update

from db.bridge_rows import Change, Delivery, Intent, Operation, Place, Receipt, ReceiptBatch
from db.ids import EndId, IntentId, SourceId
from db.inserting import insert_of
from db.moving_ends import move_end
from db.tables import bridge_end, read_position, relay_copy, relay_intent, relay_mark, relay_source, relay_thread


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An intent that has no number yet."""

    end: EndId
    source: SourceId
    source_end: EndId
    source_ref: str
    received_at: datetime
    operation: Operation
    source_thread: str | None = None
    root: SourceId | None = None
    reply_to: SourceId | None = None
    gone: bool = False
    failure: str | None = None
    tell_until: datetime | None = None

    def intent(self, number: IntentId) -> Intent:
        return Intent(
            number,
            self.end,
            self.source,
            self.source_end,
            self.source_ref,
            self.received_at,
            self.operation,
            self.source_thread,
            self.root,
            self.reply_to,
            self.gone,
            failure=self.failure,
        )


class RelayRecord:
    """Records for one database; ``keep_days`` is how long the map of copies is kept."""

    def __init__(self, *, is_sqlite: bool, keep_days: int) -> None:
        self._keep = timedelta(days=keep_days)
        self._insert: Any = insert_of(is_sqlite=is_sqlite)
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

    # ── what was heard

    def hear(self, connection: Connection, batch: ReceiptBatch) -> list[Intent]:
        """Write what was heard and what follows from it; return the intents in lane order.

        A message heard before (replayed by the gateway, read again while catching up) yields nothing.
        """
        intents: list[Intent] = []
        together: list[Receipt] = []
        for heard in batch.receipts:
            if isinstance(heard, Receipt) and not (heard.thread or heard.reply_to or heard.opens):
                together.append(heard)
                continue
            # it may be about one of those before it
            intents += self._receive(connection, together)
            together = []
            intents += (
                self._receive_tied(connection, heard)
                if isinstance(heard, Receipt)
                else self._change(connection, heard)
            )
        intents += self._receive(connection, together)
        if batch.positions:
            connection.execute(
                self._move, [{"stream": name, "position": value} for name, value in batch.positions.items()]
            )
        for end, ref in batch.joined.items():
            connection.execute(update(bridge_end).where(bridge_end.c.id == end).values(joined_at_ref=ref))
        return intents

    def _receive(
        self,
        connection: Connection,
        heard: Sequence[Receipt],
        *,
        root: SourceId | None = None,
        reply_to: SourceId | None = None,
    ) -> list[Intent]:
        """Write each message once; those that are new are to be said."""
        if not heard:
            return []
        # one batch may name a message twice; written once, it is also decided on once
        receipts = {(receipt.end, receipt.ref): receipt for receipt in heard}
        rows = connection.execute(
            self._hear,
            [
                {
                    "end_id": r.end,
                    "ref": r.ref,
                    "thread": r.thread,
                    "root_id": root,
                    "reply_to_id": reply_to,
                    "purge_after": self._expiry(r.received_at),
                }
                for r in receipts.values()
            ],
        )
        new = {(EndId(row.end_id), row.ref): SourceId(row.id) for row in rows}
        wanted = [
            _Wanted(destination, new[key], receipt.end, receipt.ref, receipt.received_at, Operation.SAY,
                    receipt.thread, root, reply_to, failure=receipt.refused, tell_until=receipt.tell_until)
            for key, receipt in receipts.items()
            if key in new
            for destination in receipt.destinations
        ]  # fmt: skip
        return self._intend_all(connection, wanted)

    def _receive_tied(self, connection: Connection, receipt: Receipt) -> list[Intent]:
        """Write a message that hangs together with others."""
        if receipt.opens and (known := self._standing_as(connection, receipt.end, receipt.ref)) is not None:
            self._remember_thread(connection, known, receipt.end, receipt.ref, receipt.received_at)
            return []
        root = self._root(connection, receipt) if receipt.thread else None
        reply_to = self._standing_as(connection, receipt.end, receipt.reply_to) if receipt.reply_to else None
        intents = self._receive(connection, [receipt], root=root, reply_to=reply_to)
        if receipt.opens and (new := self._standing_as(connection, receipt.end, receipt.ref)) is not None:
            self._remember_thread(connection, new, receipt.end, receipt.ref, receipt.received_at)
        return intents

    def _root(self, connection: Connection, receipt: Receipt) -> SourceId | None:
        """Return the message that a thread hangs from."""
        found = connection.execute(
            select(relay_thread.c.root_id).where(
                relay_thread.c.end_id == receipt.end, relay_thread.c.handle == receipt.thread
            )
        ).scalar_one_or_none()
        if found is not None:
            return SourceId(found)
        assert receipt.thread is not None
        root = self._standing_as(connection, receipt.end, receipt.thread)
        if root is not None:
            self._remember_thread(connection, root, receipt.end, receipt.thread, receipt.received_at)
        return root

    def remember_thread(self, connection: Connection, root: SourceId, end: EndId, handle: str) -> None:
        """Remember that a thread hangs from a message at an end."""
        self._remember_thread(connection, root, end, handle, datetime.now(UTC))

    def _remember_thread(
        self, connection: Connection, root: SourceId, end: EndId, handle: str, since: datetime
    ) -> None:
        connection.execute(
            self._insert(relay_thread)
            .values(root_id=root, end_id=end, handle=handle, purge_after=self._expiry(since))
            .on_conflict_do_nothing()
        )

    def move(self, connection: Connection, end: EndId, to: Place, now: datetime) -> bool:
        """Do what :func:`db.moving_ends.move_end` does; what stays behind is known for as long as the map is."""
        return move_end(connection, end, to, forget_after=self._expiry(now))

    # ── changes

    def _change(self, connection: Connection, change: Change) -> list[Intent]:
        source = self._heard_as(connection, change.end, change.ref)
        if source is not None:
            return self._change_source(connection, change, source)
        copied = self._copied_as(connection, change.end, change.ref)
        if copied is not None:
            return self._change_copy(connection, change, copied)
        marked = connection.execute(
            select(relay_mark.c.source_id).where(relay_mark.c.end_id == change.end, relay_mark.c.ref == change.ref)
        ).scalar_one_or_none()
        if marked is not None and change.operation is Operation.DELETE:
            return self._take_mark_back(connection, change, SourceId(marked))
        if change.operation is Operation.DELETE and change.early:
            # its beginning may come late, over another road: it is then known as gone
            connection.execute(
                self._hear,
                [{"end_id": change.end, "ref": change.ref, "gone": 1,
                  "purge_after": self._expiry(change.received_at)}],
            )  # fmt: skip
        return []

    def _change_source(self, connection: Connection, change: Change, source: SourceId) -> list[Intent]:
        row = connection.execute(select(relay_source).where(relay_source.c.id == source)).one()
        if row.gone:
            return []
        if change.operation is Operation.EDIT:
            self._mark(connection, change, source)
            ends = self._ends_with(connection, source)
            return self._ask(connection, change, source, Operation.EDIT, ends) + self._quotes(
                connection, change, source
            )
        if change.operation is Operation.DELETE:
            ends = self._ends_with(connection, source)
            connection.execute(update(relay_source).where(relay_source.c.id == source).values(gone=1))
            # what could not cross is not to be tried again, either
            connection.execute(
                delete(relay_intent).where(relay_intent.c.source_id == source, relay_intent.c.failure.is_not(None))
            )
            return self._ask(connection, change, source, Operation.DELETE, ends) + self._quotes(
                connection, change, source
            )
        return self._about(connection, change, source)

    def _change_copy(self, connection: Connection, change: Change, source: SourceId) -> list[Intent]:
        if change.operation is Operation.DELETE:
            # a moderator there, or our own lane: it stays away at that end; the others are not theirs to clear
            connection.execute(
                update(relay_copy)
                .where(relay_copy.c.end_id == change.end, relay_copy.c.ref == change.ref)
                .values(removed=1)
            )
            return []
        return self._about(connection, change, source) if change.operation is not Operation.EDIT else []

    def _about(self, connection: Connection, change: Change, source: SourceId) -> list[Intent]:
        """Decide on a reaction or a pin: it concerns every other end at which the message stands."""
        row = connection.execute(select(relay_source).where(relay_source.c.id == source)).one()
        if row.gone:
            return []
        if change.operation is Operation.PIN:
            if bool(row.pinned) == change.pinned:
                return []
            connection.execute(
                update(relay_source).where(relay_source.c.id == source).values(pinned=int(change.pinned))
            )
        self._mark(connection, change, source)
        ends = self._ends_with(connection, source) | {EndId(row.end_id)}
        return self._ask(connection, change, source, change.operation, ends - {change.end})

    def _take_mark_back(self, connection: Connection, change: Change, source: SourceId) -> list[Intent]:
        """An edit or a reaction was taken back: both are made to agree anew, for which it was is not known."""
        connection.execute(
            delete(relay_mark).where(relay_mark.c.end_id == change.end, relay_mark.c.ref == change.ref)
        )
        row = connection.execute(select(relay_source).where(relay_source.c.id == source)).one()
        if row.gone:
            return []
        ends = self._ends_with(connection, source)
        edits = ends if row.end_id == change.end else set()
        reactions = (ends | {EndId(row.end_id)}) - {change.end}
        return self._ask(connection, change, source, Operation.EDIT, edits) + self._ask(
            connection, change, source, Operation.REACT, reactions
        )

    def _quotes(self, connection: Connection, change: Change, source: SourceId) -> list[Intent]:
        """Let the copies of answers be written anew where they show what they answer."""
        if not change.quoting:
            return []
        answers = connection.execute(
            select(relay_source.c.id)
            .where(relay_source.c.reply_to_id == source, relay_source.c.gone == 0)
            .order_by(relay_source.c.id)
        )
        intents: list[Intent] = []
        for answer in answers.scalars().all():
            # one that is being said just now may have been written with the old words
            ends = self._ends_with(connection, SourceId(answer)) & change.quoting
            intents += self._ask(connection, change, SourceId(answer), Operation.EDIT, ends)
        return intents

    def _mark(self, connection: Connection, change: Change, source: SourceId) -> None:
        if change.mark is not None:
            connection.execute(
                self._insert(relay_mark)
                .values(
                    end_id=change.end,
                    ref=change.mark,
                    source_id=source,
                    purge_after=self._expiry(change.received_at),
                )
                .on_conflict_do_nothing()
            )

    def _ask(
        self,
        connection: Connection,
        change: Change,
        source: SourceId,
        operation: Operation,
        ends: Iterable[EndId],
    ) -> list[Intent]:
        row = connection.execute(select(relay_source).where(relay_source.c.id == source)).one()
        allowed = {*change.elsewhere, EndId(row.end_id)} | change.quoting
        wanted = [
            _Wanted(end, source, EndId(row.end_id), row.ref, change.received_at, operation,
                    row.thread, row.root_id, row.reply_to_id, bool(row.gone))
            for end in sorted(ends)
            if end in allowed
        ]  # fmt: skip
        return self._intend_all(connection, wanted)

    # ── what stands where

    def _standing_as(self, connection: Connection, end: EndId, ref: str | None) -> SourceId | None:
        """Return the message that stands at an end under this id, as it was written there or as a copy."""
        if ref is None:
            return None
        return self._heard_as(connection, end, ref) or self._copied_as(connection, end, ref)

    def _heard_as(self, connection: Connection, end: EndId, ref: str) -> SourceId | None:
        found = connection.execute(
            select(relay_source.c.id).where(relay_source.c.end_id == end, relay_source.c.ref == ref)
        ).scalar_one_or_none()
        return SourceId(found) if found is not None else None

    def _copied_as(self, connection: Connection, end: EndId, ref: str) -> SourceId | None:
        found = connection.execute(
            select(relay_copy.c.source_id)
            .where(relay_copy.c.end_id == end, relay_copy.c.ref == ref)
            .order_by(relay_copy.c.id)
            .limit(1)
        ).scalar_one_or_none()
        return SourceId(found) if found is not None else None

    def _ends_with(self, connection: Connection, source: SourceId) -> set[EndId]:
        """Return the ends at which copies of a message stand, or at which it is still to be said."""
        standing = select(relay_copy.c.end_id).where(relay_copy.c.source_id == source, relay_copy.c.removed == 0)
        to_be_said = select(relay_intent.c.end_id).where(
            relay_intent.c.source_id == source,
            relay_intent.c.operation == Operation.SAY,
            relay_intent.c.failure.is_(None),
        )
        return {EndId(end) for end in connection.execute(union(standing, to_be_said)).scalars()}

    # ── intents

    def _intend_all(self, connection: Connection, wanted: Sequence[_Wanted]) -> list[Intent]:
        """Write one intent for each, in the order given."""
        if not wanted:
            return []
        rows = connection.execute(
            self._intend,
            [
                {
                    "end_id": each.end,
                    "source_id": each.source,
                    "operation": each.operation,
                    "received_at": each.received_at,
                    "failure": each.failure,
                    "tell_until": each.tell_until,
                    "purge_after": self._expiry(each.received_at),
                }
                for each in wanted
            ],
        )
        by_key = {(each.end, each.source): each for each in wanted}
        return [
            by_key[EndId(end), SourceId(source)].intent(IntentId(number))
            for number, end, source in sorted((row.id, row.end_id, row.source_id) for row in rows)
        ]

    def join(self, connection: Connection, intents: Sequence[IntentId]) -> None:
        """Remember that these intents, in order, are about to be said in one message."""
        connection.execute(update(relay_intent).where(relay_intent.c.id.in_(intents)).values(bundle=intents[0]))

    def put_aside(self, connection: Connection, end: EndId, after: IntentId, until: IntentId, reason: str) -> None:
        """Take what waits to be said at an end between two intents (not the first) out of its lane."""
        connection.execute(
            update(relay_intent)
            .where(
                relay_intent.c.end_id == end,
                relay_intent.c.id > after,
                relay_intent.c.id <= until,
                relay_intent.c.operation == Operation.SAY,
                relay_intent.c.failure.is_(None),
            )
            .values(failure=reason)
        )

    def try_again(self, connection: Connection, intent: IntentId) -> Intent | None:
        """Put what could not be done behind everything else that waits; None when it is not known any more."""
        row = connection.execute(
            select(relay_intent, relay_source)
            .join(relay_source, relay_source.c.id == relay_intent.c.source_id)
            .where(relay_intent.c.id == intent, relay_intent.c.failure.is_not(None), relay_source.c.gone == 0)
        ).one_or_none()
        if row is None:
            return None
        connection.execute(delete(relay_intent).where(relay_intent.c.id == intent))
        asked = _Wanted(
            EndId(row.end_id), SourceId(row.source_id), EndId(row.end_id_1), row.ref, row.received_at,
            Operation(row.operation), row.thread, row.root_id, row.reply_to_id,
        )  # fmt: skip
        return self._intend_all(connection, [asked])[0]

    # ── what came of it

    def deliver(self, connection: Connection, deliveries: Sequence[Delivery]) -> None:
        """Write the copies that were made or taken away, and take finished intents out of their lanes."""
        copies = [
            {
                "source_id": delivery.intent.source,
                "end_id": delivery.intent.end,
                "part": copy.part,
                "ref": copy.ref,
                "thread": copy.thread,
                "speaker": copy.speaker,
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
            if delivery.parted:
                connection.execute(
                    delete(relay_copy).where(
                        relay_copy.c.source_id == delivery.intent.source,
                        relay_copy.c.end_id == delivery.intent.end,
                        relay_copy.c.part.in_(delivery.parted),
                    )
                )
            if delivery.failure is not None:
                connection.execute(
                    update(relay_intent)
                    .where(relay_intent.c.id == delivery.intent.id)
                    .values(failure=delivery.failure, tell_until=delivery.tell_until)
                )

    def _expiry(self, received_at: datetime) -> datetime:
        """Return the first midnight (UTC) at which the row may go: a day, not a time (DOMAIN SAF-4)."""
        return datetime.combine((received_at + self._keep).date() + timedelta(days=1), time.min, UTC)
