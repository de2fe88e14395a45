"""Newcomers who would like company, until somebody has taken it on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from db.ids import MemberId
from db.keys import NetworkKeys
from db.tables import buddy_request


class BuddyStore:
    """Reads and writes requests inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def has_asked(self, member_id: MemberId, now: datetime) -> bool:
        """Say whether a member's request is still open."""
        where = (buddy_request.c.member_id == member_id, buddy_request.c.purge_after > now)
        return self._connection.execute(select(buddy_request.c.member_id).where(*where)).first() is not None

    def ask(self, member_id: MemberId, ticket: str, purge_after: datetime) -> None:
        """Open a request."""
        self._connection.execute(delete(buddy_request).where(buddy_request.c.member_id == member_id))
        lookup = self._keys.lookup("buddy", ticket)
        self._connection.execute(
            insert(buddy_request).values(member_id=member_id, ticket_lookup=lookup, purge_after=purge_after)
        )

    def take(self, ticket: str, now: datetime) -> MemberId | None:
        """Close a request; return whose it was, None when it is closed already."""
        lookup = self._keys.lookup("buddy", ticket)
        where = (buddy_request.c.ticket_lookup == lookup, buddy_request.c.purge_after > now)
        # in one statement: of two who take it at the same moment, one gets nothing
        taken = delete(buddy_request).where(*where).returning(buddy_request.c.member_id)
        found = self._connection.execute(taken).scalar()
        return None if found is None else MemberId(found)
