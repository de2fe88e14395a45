"""Who wants to come into which space, and who was asked whether they want to: until the other side has answered.

Buttons carry a ticket. It is computed with the network's key from what the row says, so that it can be shown again
and need not be kept: the database has only a keyed hash of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select

from db.ids import MemberId
from db.keys import NetworkKeys
from db.space_rows import SpaceRequestRow
from db.tables import member, space_request

TICKET = 20
"""Characters of a ticket: 120 bits."""


class SpaceRequestStore:
    """Reads and writes requests inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def add(self, space: str, member_id: MemberId, *, offered: bool, today: date, purge_after: datetime) -> str:
        """Note that one side has said yes; return the ticket for the other. What stood there before gives way."""
        self.forget(space, member_id)
        ticket = ticket_of(self._keys, space, member_id, today, offered=offered)
        self._connection.execute(
            insert(space_request).values(
                space=space,
                member_id=member_id,
                offered=offered,
                ticket_lookup=lookup_of(self._keys, ticket),
                asked_on=today,
                purge_after=purge_after,
            )
        )
        return ticket

    def between(self, space: str, member_id: MemberId, now: datetime) -> SpaceRequestRow | None:
        """Return what stands between a space and a member, while it holds."""
        where = (space_request.c.space == space, space_request.c.member_id == member_id)
        return next(iter(self._read(*where, space_request.c.purge_after > now)), None)

    def find(self, ticket: str, now: datetime) -> SpaceRequestRow | None:
        """Return what a ticket is for, while it holds."""
        where = (space_request.c.ticket_lookup == lookup_of(self._keys, ticket), space_request.c.purge_after > now)
        return next(iter(self._read(*where)), None)

    def waiting(self, space: str, states: Collection[str], now: datetime) -> list[SpaceRequestRow]:
        """Return who asks to come in and is in one of these states, who asked first at the front."""
        around = select(member.c.id).where(member.c.state.in_(states))
        return self._read(
            space_request.c.space == space,
            space_request.c.offered.is_(False),
            space_request.c.member_id.in_(around),
            space_request.c.purge_after > now,
        )

    def offers(self, member_id: MemberId, now: datetime) -> list[str]:
        """Return the spaces that wait for a member's answer."""
        where = (space_request.c.member_id == member_id, space_request.c.offered.is_(True))
        return [row.space for row in self._read(*where, space_request.c.purge_after > now)]

    def asked(self, member_id: MemberId, now: datetime) -> list[str]:
        """Return the spaces that a member waits for."""
        where = (space_request.c.member_id == member_id, space_request.c.offered.is_(False))
        return [row.space for row in self._read(*where, space_request.c.purge_after > now)]

    def unanswered(self, now: datetime) -> list[SpaceRequestRow]:
        """Return who asked and got no answer in time."""
        return self._read(space_request.c.offered.is_(False), space_request.c.purge_after <= now)

    def _read(self, *where: ColumnElement[bool]) -> list[SpaceRequestRow]:
        order = (space_request.c.asked_on, space_request.c.space, space_request.c.member_id)
        found = self._connection.execute(select(space_request).where(*where).order_by(*order))
        return [self._row(each) for each in found]

    def _row(self, row: Row[tuple[object, ...]]) -> SpaceRequestRow:
        member_id = MemberId(row.member_id)
        ticket = ticket_of(self._keys, row.space, member_id, row.asked_on, offered=row.offered)
        return SpaceRequestRow(row.space, member_id, row.offered, row.asked_on, ticket)

    def forget(self, space: str, member_id: MemberId) -> bool:
        """End what stands between a space and a member; return False when somebody else was quicker."""
        where = (space_request.c.space == space, space_request.c.member_id == member_id)
        return bool(self._connection.execute(delete(space_request).where(*where)).rowcount)

    def forget_all(self, member_id: MemberId) -> int:
        """End everything that stands between spaces and a member; return how much that was."""
        where = space_request.c.member_id == member_id
        return self._connection.execute(delete(space_request).where(where)).rowcount


def ticket_of(keys: NetworkKeys, space: str, member_id: str, asked_on: date, *, offered: bool) -> str:
    """Return what the buttons about a request carry."""
    side = "offered" if offered else "asked"
    return keys.lookup("ticket to a space", space, member_id, asked_on.isoformat(), side)[:TICKET]


def lookup_of(keys: NetworkKeys, ticket: str) -> str:
    """Return the keyed hash under which a ticket is found."""
    return keys.lookup("space request", ticket)
