"""Which spaces members are in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select

from db.ids import MemberId
from db.tables import space_member


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
