"""Roles that members hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, delete, insert, or_, select

from db.ids import MemberId, new_person_id
from db.tables import role_grant


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One role of one member; ``scope`` is "network" or a space's key; it holds to the end of ``until``."""

    member_id: MemberId
    role: str
    scope: str
    granted_on: date
    until: date | None


class GrantStore:
    """Reads and writes grants inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, member_id: MemberId) -> list[GrantRow]:
        """Return what a member holds."""
        return self._read(role_grant.c.member_id == member_id)

    def holders(self, role: str, scope: str | None = None) -> list[GrantRow]:
        """Return who holds a role: in one scope, or anywhere."""
        where = role_grant.c.role == role
        return self._read(where if scope is None else and_(where, role_grant.c.scope == scope))

    def over(self, today: date, now: datetime) -> list[GrantRow]:
        """Return what has ended with its term, or is about to be purged, and is not removed yet."""
        return self._read(or_(role_grant.c.until < today, role_grant.c.purge_after <= now))

    def _read(self, condition: object) -> list[GrantRow]:
        columns = (
            role_grant.c.member_id,
            role_grant.c.role,
            role_grant.c.scope,
            role_grant.c.granted_on,
            role_grant.c.until,
        )
        statement = select(*columns).where(condition).order_by(role_grant.c.id)  # type: ignore[arg-type]
        return [GrantRow(MemberId(row[0]), *row[1:]) for row in self._connection.execute(statement)]

    def give(
        self, member_id: MemberId, role: str, scope: str, *, today: date, until: date | None, purge_after: datetime
    ) -> None:
        """Give a role, or renew it."""
        self.end(member_id, role, scope)
        self._connection.execute(
            insert(role_grant).values(
                id=new_person_id(),
                member_id=member_id,
                role=role,
                scope=scope,
                granted_on=today,
                until=until,
                purge_after=purge_after,
            )
        )

    def end(self, member_id: MemberId, role: str, scope: str) -> bool:
        """Take a role back; return whether it was held."""
        where = (role_grant.c.member_id == member_id, role_grant.c.role == role, role_grant.c.scope == scope)
        return bool(self._connection.execute(delete(role_grant).where(*where)).rowcount)

    def end_all(self, member_id: MemberId) -> int:
        """Take back everything a member holds; return how many roles that were."""
        return self._connection.execute(delete(role_grant).where(role_grant.c.member_id == member_id)).rowcount
