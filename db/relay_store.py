"""Reads the flow of messages: what a lane has to do, and what stands where."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from db.bridge_rows import Copy, Intent, Operation, SourceRow, Standing
from db.engine import Database
from db.ids import EndId, IntentId, SourceId
from db.tables import relay_copy, relay_intent, relay_source, relay_thread


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for an end: how many intents, since when the oldest; ``failed`` were put aside."""

    waiting: int = 0
    oldest: datetime | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is more than may wait: ``until`` is the newest of it, ``first`` and ``last`` when it was heard."""

    count: int
    until: IntentId
    first: datetime
    last: datetime


class RelayStore:
    """Answers from one database. Every method reads what was committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(
        self, end: EndId, operations: Collection[Operation], *, after: IntentId, limit: int
    ) -> list[Intent]:
        """Return the next intents of these kinds at an end in order, those behind ``after``."""
        query = (
            _intents()
            .where(
                relay_intent.c.end_id == end,
                relay_intent.c.id > after,
                relay_intent.c.failure.is_(None),
                relay_intent.c.operation.in_(operations),
            )
            .order_by(relay_intent.c.id)
            .limit(limit)
        )
        return [_intent(row) for row in await self._rows(query)]

    async def waiting_count(self, end: EndId) -> int:
        """Count what a lane still has to do."""
        return (await self.backlogs()).get(end, Backlog()).waiting

    async def backlogs(self) -> dict[EndId, Backlog]:
        """Return what waits for each end that something waits for."""
        is_failed = relay_intent.c.failure.is_not(None)
        found: dict[EndId, Backlog] = {}
        query = select(
            relay_intent.c.end_id,
            is_failed.label("failed"),
            func.count().label("number"),
            func.min(relay_intent.c.received_at).label("oldest"),
        ).group_by(relay_intent.c.end_id, is_failed)
        for row in await self._rows(query):
            known = found.get(EndId(row.end_id), Backlog())
            found[EndId(row.end_id)] = (
                Backlog(known.waiting, known.oldest, row.number)
                if row.failed
                else Backlog(row.number, row.oldest, known.failed)
            )
        return found

    def beyond_in(self, connection: Connection, end: EndId, *, after: IntentId, most: int) -> Beyond | None:
        """Return what waits to be said at an end behind ``after`` and is not among the newest ``most``."""
        waiting = (
            select(relay_intent.c.id, relay_intent.c.received_at)
            .where(
                relay_intent.c.end_id == end,
                relay_intent.c.id > after,
                relay_intent.c.operation == Operation.SAY,
                relay_intent.c.failure.is_(None),
            )
            .order_by(relay_intent.c.id.desc())
            .offset(most)
            .subquery()
        )
        row = connection.execute(
            select(
                func.count(),
                func.max(waiting.c.id),
                func.min(waiting.c.received_at),
                func.max(waiting.c.received_at),
            )
        ).one()
        count, until, first, last = row
        return Beyond(count, IntentId(until), first, last) if count else None

    async def copies(self, source: SourceId, end: EndId) -> list[Copy]:
        """Return the parts of one message that already stand at ``end``, in order."""
        return await self._database.look(lambda connection: self.copies_in(connection, source, end))

    def copies_in(self, connection: Connection, source: SourceId, end: EndId) -> list[Copy]:
        """Do what :meth:`copies` does, in a transaction that is open."""
        rows = connection.execute(
            select(relay_copy)
            .where(relay_copy.c.source_id == source, relay_copy.c.end_id == end)
            .order_by(relay_copy.c.part)
        )
        return [_copy(row) for row in rows]

    async def last_copy(self, end: EndId, *, thread: str | None = None) -> str | None:
        """Return the newest copy that is known to stand at ``end`` or in a thread there, None without one."""
        query = (
            select(relay_copy.c.ref)
            .where(
                relay_copy.c.end_id == end,
                relay_copy.c.behind == 0,
                relay_copy.c.thread.is_not_distinct_from(thread),
            )
            .order_by(relay_copy.c.id.desc())
            .limit(1)
        )
        return next((row.ref for row in await self._rows(query)), None)

    def is_to_be_said_in(self, connection: Connection, source: SourceId, end: EndId) -> bool:
        """Say whether a message still waits to be said at an end."""
        found = connection.execute(
            select(relay_intent.c.id).where(
                relay_intent.c.source_id == source,
                relay_intent.c.end_id == end,
                relay_intent.c.operation == Operation.SAY,
                relay_intent.c.failure.is_(None),
            )
        )
        return found.first() is not None

    def copies_to_amend_in(self, connection: Connection, source: SourceId, end: EndId) -> list[Copy] | None:
        """Return the copies of a message at an end; None while it still waits to be said there."""
        if self.is_to_be_said_in(connection, source, end):
            return None
        return self.copies_in(connection, source, end)

    def standing_to_mark_in(self, connection: Connection, source: SourceId, end: EndId) -> list[Standing] | None:
        """Return where a message stands at an end; None while it still waits to be said there."""
        if self.is_to_be_said_in(connection, source, end):
            return None
        return self.standing_in(connection, source, end)

    def sharing_in(self, connection: Connection, end: EndId, ref: str, asked: Intent) -> list[Intent]:
        """Return the messages whose lines stand in one copy, in order, each as an intent like ``asked``."""
        rows = connection.execute(
            select(relay_source)
            .join(relay_copy, relay_copy.c.source_id == relay_source.c.id)
            .where(relay_copy.c.end_id == end, relay_copy.c.ref == ref, relay_copy.c.removed == 0)
            .order_by(relay_copy.c.id)
        )
        return [
            Intent(
                asked.id,
                end,
                SourceId(row.id),
                EndId(row.end_id),
                row.ref,
                asked.received_at,
                source_thread=row.thread,
                gone=bool(row.gone),
            )
            for row in rows
        ]

    def answered_in(
        self, connection: Connection, source: SourceId, end: EndId
    ) -> tuple[SourceRow, list[Standing]] | None:
        """Return what is known of a message that is answered at an end, and where it stands there."""
        row = self.source_in(connection, source)
        if row is None or row.gone:
            return None
        return row, self.standing_in(connection, source, end)

    def source_in(self, connection: Connection, source: SourceId) -> SourceRow | None:
        """Return what is known of a message, None when it was forgotten."""
        row = connection.execute(select(relay_source).where(relay_source.c.id == source)).one_or_none()
        if row is None:
            return None
        return SourceRow(
            SourceId(row.id),
            EndId(row.end_id),
            row.ref,
            row.thread,
            SourceId(row.reply_to_id) if row.reply_to_id is not None else None,
            bool(row.gone),
            bool(row.pinned),
            bool(row.behind),
        )

    def standing_in(self, connection: Connection, source: SourceId, end: EndId) -> list[Standing]:
        """Return where a message stands at an end: where it was written, or its copies' parts in order.

        What was left behind stands there no more.
        """
        row = self.source_in(connection, source)
        if row is None or row.gone:
            return []
        if row.end == end:
            return [] if row.behind else [Standing(row.ref, row.thread)]
        return [
            Standing(copy.ref, copy.thread, copy.speaker, ours=True)
            for copy in self.copies_in(connection, source, end)
            if not copy.removed and not copy.behind
        ]

    def places_in(self, connection: Connection, source: SourceId) -> dict[EndId, list[Standing]]:
        """Return every end at which a message stands, with where; what was left behind too."""
        row = self.source_in(connection, source)
        if row is None or row.gone:
            return {}
        found = {row.end: [Standing(row.ref, row.thread, behind=row.behind)]}
        rows = connection.execute(
            select(relay_copy)
            .where(relay_copy.c.source_id == source, relay_copy.c.removed == 0)
            .order_by(relay_copy.c.end_id, relay_copy.c.part)
        )
        for copy in rows:
            found.setdefault(EndId(copy.end_id), []).append(
                Standing(copy.ref, copy.thread, copy.speaker, ours=True, behind=bool(copy.behind))
            )
        return found

    def thread_in(self, connection: Connection, root: SourceId, end: EndId) -> str | None:
        """Return the thread that hangs from a message at an end, None when there is none yet."""
        found: str | None = connection.execute(
            select(relay_thread.c.handle).where(relay_thread.c.root_id == root, relay_thread.c.end_id == end)
        ).scalar_one_or_none()
        return found

    # ── what was heard at an end

    async def newest_sources(self, end: EndId, limit: int) -> list[tuple[str, str | None]]:
        """Return the newest messages that were written at an end and stand there: id and thread, newest first."""
        query = (
            select(relay_source.c.ref, relay_source.c.thread)
            .where(relay_source.c.end_id == end, relay_source.c.gone == 0)
            .order_by(relay_source.c.id.desc())
            .limit(limit)
        )
        return [(row.ref, row.thread) for row in await self._rows(query)]

    async def threads_of_copies(self, end: EndId, limit: int) -> list[tuple[str, str]]:
        """Return the threads at an end in which copies stand, each with its newest copy; newest first."""
        newest = (
            select(func.max(relay_copy.c.id).label("id"))
            .where(relay_copy.c.end_id == end, relay_copy.c.thread.is_not(None), relay_copy.c.removed == 0)
            .group_by(relay_copy.c.thread)
            .subquery()
        )
        query = (
            select(relay_copy.c.thread, relay_copy.c.ref)
            .join(newest, newest.c.id == relay_copy.c.id)
            .order_by(relay_copy.c.id.desc())
            .limit(limit)
        )
        return [(row.thread, row.ref) for row in await self._rows(query)]

    async def sources_in_thread(self, end: EndId, thread: str) -> list[str]:
        """Return the messages that were written in a thread at an end and stand there, oldest first."""
        query = (
            select(relay_source.c.ref)
            .where(relay_source.c.end_id == end, relay_source.c.thread == thread, relay_source.c.gone == 0)
            .order_by(relay_source.c.id)
        )
        return [row.ref for row in await self._rows(query)]

    async def pinned_at(self, end: EndId, thread: str | None) -> list[frozenset[str]]:
        """Return the messages that are pinned in a channel or thread as far as is known, each by all its ids there.

        Those of which a lane has still to pin or unpin are left out: how they are there is not settled.
        """
        changing = select(relay_intent.c.source_id).where(
            relay_intent.c.end_id == end, relay_intent.c.operation == Operation.PIN
        )
        is_pinned = (relay_source.c.pinned == 1, relay_source.c.gone == 0, relay_source.c.id.not_in(changing))
        written = select(relay_source.c.id, relay_source.c.ref).where(
            relay_source.c.end_id == end, relay_source.c.thread.is_not_distinct_from(thread), *is_pinned
        )
        copied = (
            select(relay_source.c.id, relay_copy.c.ref)
            .join(relay_copy, relay_copy.c.source_id == relay_source.c.id)
            .where(
                relay_copy.c.end_id == end,
                relay_copy.c.thread.is_not_distinct_from(thread),
                relay_copy.c.removed == 0,
                *is_pinned,
            )
        )
        found: dict[int, set[str]] = {}
        for row in await self._rows(written, copied):
            found.setdefault(row.id, set()).add(row.ref)
        return [frozenset(refs) for refs in found.values()]

    async def _rows(self, *queries: Select[Any]) -> Sequence[Row[Any]]:
        """Return what some queries find, all in one consistent view."""
        return await self._database.look(
            lambda connection: [row for query in queries for row in connection.execute(query)]
        )


def _intents() -> Select[Any]:
    return select(
        relay_intent,
        relay_source.c.end_id.label("source_end"),
        relay_source.c.ref,
        relay_source.c.thread,
        relay_source.c.root_id,
        relay_source.c.reply_to_id,
        relay_source.c.gone,
    ).join(relay_source, relay_source.c.id == relay_intent.c.source_id)


def _intent(row: Row[Any]) -> Intent:
    return Intent(
        IntentId(row.id),
        EndId(row.end_id),
        SourceId(row.source_id),
        EndId(row.source_end),
        row.ref,
        row.received_at,
        Operation(row.operation),
        row.thread,
        SourceId(row.root_id) if row.root_id is not None else None,
        SourceId(row.reply_to_id) if row.reply_to_id is not None else None,
        bool(row.gone),
        IntentId(row.bundle) if row.bundle is not None else None,
    )


def _copy(row: Row[Any]) -> Copy:
    return Copy(row.part, row.ref, row.speaker, row.thread, bool(row.removed), bool(row.behind))
