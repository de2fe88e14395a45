"""Who supports a need or a topic: a keyed hash over the thing and the member together, and nothing else.

With the network's key it can be asked whether one member supports one thing; no two rows show the same person.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from db.ids import MemberId
from db.keys import NetworkKeys


class SupportRows:
    """Reads and writes one table of supporters inside one transaction; ``kind`` is hashed beside the ids."""

    def __init__(self, connection: Connection, keys: NetworkKeys, table: Table, kind: str) -> None:
        (self._thing,) = (column for column in table.primary_key if column.foreign_keys)
        self._connection = connection
        self._keys = keys
        self._table = table
        self._kind = kind

    def lookup(self, thing_id: str, member_id: MemberId) -> str:
        """Return under what a member's support for one thing stands."""
        return self._keys.lookup(self._kind, thing_id, member_id)

    def add(self, thing_id: str, member_id: MemberId, purge_after: datetime) -> bool:
        """Note support; return False when it was there."""
        if self.has(thing_id, member_id):
            return False
        values = {self._thing.name: thing_id, "supporter_lookup": self.lookup(thing_id, member_id)}
        self._connection.execute(insert(self._table).values(**values, purge_after=purge_after))
        return True

    def remove(self, thing_id: str, member_id: MemberId) -> bool:
        """Take support back; return whether it was there."""
        return bool(self._connection.execute(delete(self._table).where(*self._one(thing_id, member_id))).rowcount)

    def has(self, thing_id: str, member_id: MemberId) -> bool:
        """Say whether a member supports a thing."""
        where = self._one(thing_id, member_id)
        return self._connection.execute(select(self._thing).where(*where)).first() is not None

    def _one(self, thing_id: str, member_id: MemberId) -> tuple[ColumnElement[bool], ...]:
        lookup = self.lookup(thing_id, member_id)
        return (self._thing == thing_id, self._table.c.supporter_lookup == lookup)

    def all(self, thing_id: str) -> set[str]:
        """Return every supporter of a thing, as hashes."""
        statement = select(self._table.c.supporter_lookup).where(self._thing == thing_id)
        return set(self._connection.execute(statement).scalars())

    def count(self, thing_id: str) -> int:
        """Return how many support a thing."""
        statement = select(func.count()).select_from(self._table).where(self._thing == thing_id)
        return self._connection.execute(statement).scalar_one()

    def keep(self, thing_id: str, purge_after: datetime) -> None:
        """Keep the supporters of a thing for as long as the thing."""
        self._connection.execute(update(self._table).where(self._thing == thing_id).values(purge_after=purge_after))

    def supported_by(self, member_id: MemberId) -> list[str]:
        """Return what a member supports: found by trying everything, as nothing leads from a member to it."""
        statement = select(self._thing, self._table.c.supporter_lookup)
        return [
            thing_id
            for thing_id, lookup in self._connection.execute(statement)
            if lookup == self.lookup(thing_id, member_id)
        ]
