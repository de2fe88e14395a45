"""Acts that take two people: asked for by one, done when another says yes (GOV).

Who asked is kept as a keyed hash, over the question and the member together: it tells that somebody else says yes,
and leads to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, insert, select

from db.ids import MemberId, new_person_id
from db.keys import NetworkKeys
from db.tables import second_look

HOLDS = timedelta(hours=72)
"""For how long somebody else can say yes."""


@dataclass(frozen=True, slots=True)
class SecondLookRow:
    """One question that waits for a second person. ``thing`` is what it is about, ``until`` when it lapses."""

    id: str
    act: str
    thing: str
    until: datetime
    asker_lookup: str = field(repr=False)


class SecondLookStore:
    """Reads and writes questions inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def ask(self, act: str, thing: str, asker: MemberId, now: datetime) -> SecondLookRow:
        """Write down that somebody asks, instead of whoever asked the same before."""
        same = (second_look.c.act == act, second_look.c.object == thing)
        self._connection.execute(delete(second_look).where(*same))
        look_id = new_person_id()
        row = SecondLookRow(look_id, act, thing, now + HOLDS, self._lookup(look_id, asker))
        self._connection.execute(
            insert(second_look).values(
                id=row.id, act=act, object=thing, asker_lookup=row.asker_lookup, purge_after=row.until
            )
        )
        return row

    def get(self, look_id: str, now: datetime) -> SecondLookRow | None:
        """Find a question that is still open."""
        statement = select(second_look).where(second_look.c.id == look_id, second_look.c.purge_after > now)
        return self._row(self._connection.execute(statement).one_or_none())

    def find(self, act: str, thing: str, now: datetime) -> SecondLookRow | None:
        """Return the question about something, if one is open."""
        same = (second_look.c.act == act, second_look.c.object == thing, second_look.c.purge_after > now)
        return self._row(self._connection.execute(select(second_look).where(*same)).one_or_none())

    def is_askers(self, row: SecondLookRow, member_id: MemberId) -> bool:
        """Say whether it was this member who asked."""
        return row.asker_lookup == self._lookup(row.id, member_id)

    def end(self, look_id: str) -> bool:
        """Close a question; return False when somebody else was faster."""
        return bool(self._connection.execute(delete(second_look).where(second_look.c.id == look_id)).rowcount)

    def _lookup(self, look_id: str, member_id: MemberId) -> str:
        return self._keys.lookup("second look", look_id, member_id)

    def _row(self, row: Row[tuple[object, ...]] | None) -> SecondLookRow | None:
        if row is None:
            return None
        return SecondLookRow(row.id, row.act, row.object, row.purge_after, row.asker_lookup)
