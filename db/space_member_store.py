"""Which spaces members are in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, select

from db.ids import MemberId
from db.tables import member, space_member


class SpaceMemberStore:
    """Reads and writes who is in which space, inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, member_id: MemberId) -> list[tuple[str, date]]:
        """Return a member's spaces and since when, the oldest first."""
        columns = (space_member.c.space, space_member.c.joined_on)
        statement = select(*columns).where(space_member.c.member_id == member_id)
        rows = self._connection.execute(statement.order_by(space_member.c.joined_on, space_member.c.space))
        return [(row[0], row[1]) for row in rows]

    def join(self, member_id: MemberId, space: str, today: date, keep_until: datetime) -> bool:
        """Let a member in; return False when they were in already."""
        if space in dict(self.of(member_id)):
            return False
        self._connection.execute(
            insert(space_member).values(member_id=member_id, space=space, joined_on=today, purge_after=keep_until)
        )
        return True

    def leave(self, member_id: MemberId, space: str) -> bool:
        """Let a member out; return whether they were in."""
        where = (space_member.c.member_id == member_id, space_member.c.space == space)
        return bool(self._connection.execute(delete(space_member).where(*where)).rowcount)

    def members_of(self, space: str) -> list[MemberId]:
        """Return who is in a space. For deciding access, never for showing (SAF-17)."""
        rows = self._connection.execute(select(space_member.c.member_id).where(space_member.c.space == space))
        return [MemberId(row[0]) for row in rows]

    def count(self, space: str, states: Collection[str] | None = None) -> int:
        """Return how many are in a space; of members in certain states only, where some are given."""
        statement = select(func.count()).select_from(space_member).where(space_member.c.space == space)
        if states is not None:
            around = select(member.c.id).where(member.c.state.in_(states))
            statement = statement.where(space_member.c.member_id.in_(around))
        return int(self._connection.execute(statement).scalar_one())
