"""Who has come to a home and not consented to anything yet: a keyed hash, for 72 hours (MEM-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from db.ids import InviteId
from db.keys import NetworkKeys
from db.tables import arrival


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """Where somebody arrived, and whether they were greeted: ``step`` is ``waiting`` or ``greeted``."""

    home: str
    step: str
    greeting_ref: str | None
    invite_id: InviteId | None


class ArrivalStore:
    """Reads and writes arrivals inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def _lookup(self, platform: str, user_id: str) -> str:
        return self._keys.lookup("account", platform, user_id)

    def get(self, platform: str, user_id: str) -> ArrivalRow | None:
        """Return what is known of an account that arrived."""
        columns = (arrival.c.home, arrival.c.step, arrival.c.greeting_ref, arrival.c.invite_id)
        statement = select(*columns).where(arrival.c.account_lookup == self._lookup(platform, user_id))
        row = self._connection.execute(statement).first()
        return None if row is None else ArrivalRow(*row)

    def note(self, platform: str, user_id: str, home: str, purge_after: datetime) -> ArrivalRow:
        """Note that an account arrived, unless it is noted; return how it stands."""
        return self.get(platform, user_id) or self.add(platform, user_id, home, purge_after)

    def add(self, platform: str, user_id: str, home: str, purge_after: datetime) -> ArrivalRow:
        """Note that an account arrived of which nothing is noted.

        Raises :class:`sqlalchemy.exc.IntegrityError` when somebody else has noted it since one looked.
        """
        self._connection.execute(
            insert(arrival).values(
                account_lookup=self._lookup(platform, user_id),
                platform=platform,
                home=home,
                step="waiting",
                purge_after=purge_after,
            )
        )
        return ArrivalRow(home, "waiting", None, None)

    def set_greeted(self, platform: str, user_id: str, greeting_ref: str) -> None:
        """Note that an account was greeted, by which message."""
        self._change(platform, user_id, step="greeted", greeting_ref=greeting_ref)

    def set_invite(self, platform: str, user_id: str, invite_id: InviteId, purge_after: datetime) -> None:
        """Note which invite an account came with, and keep the door open until ``purge_after``."""
        self._change(platform, user_id, invite_id=invite_id, purge_after=purge_after)

    def _change(self, platform: str, user_id: str, **values: object) -> None:
        where = arrival.c.account_lookup == self._lookup(platform, user_id)
        self._connection.execute(update(arrival).where(where).values(**values))

    def remove(self, platform: str, user_id: str) -> ArrivalRow | None:
        """Forget an arrival; return what it was.

        Whoever was greeted by the same message waits until this is done: of two who go on at the same moment, one
        has to see that nobody is left.
        """
        known = self.get(platform, user_id)
        if known is not None and known.greeting_ref is not None:
            mates = select(arrival.c.account_lookup).where(arrival.c.greeting_ref == known.greeting_ref)
            self._connection.execute(mates.order_by(arrival.c.account_lookup).with_for_update())
        where = arrival.c.account_lookup == self._lookup(platform, user_id)
        self._connection.execute(delete(arrival).where(where))
        return known

    def expired_greetings(self, now: datetime) -> list[tuple[str, str]]:
        """Return (platform, greeting_ref) of greetings that name somebody whose arrival is to be forgotten now."""
        columns = (arrival.c.platform, arrival.c.greeting_ref)
        where = (arrival.c.purge_after <= now, arrival.c.greeting_ref.is_not(None))
        return [(row[0], row[1]) for row in self._connection.execute(select(*columns).where(*where).distinct())]

    def still_greeting(self, greeting_ref: str) -> int:
        """Return how many of those whom a message greeted have not gone on yet."""
        statement = select(arrival.c.account_lookup).where(arrival.c.greeting_ref == greeting_ref)
        return len(self._connection.execute(statement).all())
