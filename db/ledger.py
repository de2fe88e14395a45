"""What is remembered about acts without remembering persons: the audit, counts by week, and who looked at what."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, func, insert, select, update

from db.ids import MemberId
from db.tables import audit_entry, tally, viewing

WRITERS_LOCK = 0x6C6564676572
"""Any number that no other lock of the database has; this one reads "ledger"."""


class Ledger:
    """Writes and reads inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ── audit (DOMAIN 3.15): a role, never a person; each entry seals the one before

    def record(self, day: date, role: str, action: str, object_kind: str, reason: str | None = None) -> None:
        """Add an entry. Everything is a code."""
        self._alone()
        newest = select(audit_entry.c.digest).order_by(audit_entry.c.id.desc()).limit(1)
        before = self._connection.execute(newest).scalar() or ""
        self._connection.execute(
            insert(audit_entry).values(
                day=day,
                actor_role=role,
                action=action,
                object_kind=object_kind,
                reason=reason,
                digest=_digest(before, day, (role, action, object_kind, reason)),
            )
        )

    def _alone(self) -> None:
        """Let no other unit of work write here before this one is done: an entry seals the very last one.

        SQLite has one writer; on PostgreSQL two would read the same last entry, and the chain would look broken.
        Held for counts too, so that two units never wait for each other.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(select(func.pg_advisory_xact_lock(WRITERS_LOCK)))

    def audit(self, limit: int = 50) -> list[tuple[date, str, str, str, str | None]]:
        """Return the newest entries: day, role, action, kind of object, reason."""
        columns = (
            audit_entry.c.day,
            audit_entry.c.actor_role,
            audit_entry.c.action,
            audit_entry.c.object_kind,
            audit_entry.c.reason,
        )
        rows = self._connection.execute(select(*columns).order_by(audit_entry.c.id.desc()).limit(limit))
        return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]

    def first_broken_entry(self) -> int | None:
        """Return the first entry that was changed or whose predecessor is missing, None when all is well."""
        before = ""
        for row in self._connection.execute(select(audit_entry).order_by(audit_entry.c.id)):
            expected = _digest(before, row.day, (row.actor_role, row.action, row.object_kind, row.reason))
            if row.digest != expected:
                return int(row.id)
            before = row.digest
        return None

    # ── counts by week

    def count(self, kind: str, what: str, day: date, by: int = 1) -> None:
        """Add to a count that belongs to nobody; ``day`` is kept as its week's Monday."""
        self._alone()
        week = day - timedelta(days=day.weekday())
        where = (tally.c.kind == kind, tally.c.week == week, tally.c.what == what)
        changed = self._connection.execute(update(tally).where(*where).values(total=tally.c.total + by))
        if not changed.rowcount:
            self._connection.execute(insert(tally).values(kind=kind, week=week, what=what, total=by))

    def counts(self, kind: str, since: date) -> dict[str, int]:
        """Return the sums since the week of a day, by what was counted."""
        week = since - timedelta(days=since.weekday())
        sums: dict[str, int] = {}
        statement = select(tally.c.what, tally.c.total).where(tally.c.kind == kind, tally.c.week >= week)
        for what, total in self._connection.execute(statement):
            sums[what] = sums.get(what, 0) + total
        return sums

    # ── who looked at a record (SAF-26)

    def viewed(self, member_id: MemberId, role: str, day: date, purge_after: datetime) -> None:
        """Note that somebody in a role opened a member's record."""
        where = (viewing.c.member_id == member_id, viewing.c.role == role, viewing.c.day == day)
        changed = self._connection.execute(update(viewing).where(*where).values(times=viewing.c.times + 1))
        if not changed.rowcount:
            self._connection.execute(
                insert(viewing).values(member_id=member_id, role=role, day=day, times=1, purge_after=purge_after)
            )

    def viewers(self, member_id: MemberId) -> list[tuple[date, str, int]]:
        """Return who opened a member's record: day, role, how often."""
        columns = (viewing.c.day, viewing.c.role, viewing.c.times)
        statement = select(*columns).where(viewing.c.member_id == member_id).order_by(viewing.c.day, viewing.c.role)
        return [(row[0], row[1], row[2]) for row in self._connection.execute(statement)]


def _digest(before: str, day: date, codes: tuple[str, str, str, str | None]) -> str:
    return sha256("|".join((before, day.isoformat(), *(code or "" for code in codes))).encode()).hexdigest()
