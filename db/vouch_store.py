"""Who vouched for whom, for as long as it is needed and no longer (DOMAIN 7.3)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select, update

from db.ids import MemberId
from db.tables import vouch


class VouchStore:
    """Reads and writes vouches inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, newcomer_id: MemberId, voucher_id: MemberId, today: date, purge_after: datetime) -> bool:
        """Note a vouch; return False when this member has vouched already."""
        if voucher_id in self.vouchers(newcomer_id):
            return False
        self._connection.execute(
            insert(vouch).values(
                newcomer_id=newcomer_id, voucher_id=voucher_id, vouched_on=today, purge_after=purge_after
            )
        )
        return True

    def vouchers(self, newcomer_id: MemberId) -> list[MemberId]:
        """Return who vouched for a newcomer: to count and to compare organisations, never to be shown."""
        statement = select(vouch.c.voucher_id).where(vouch.c.newcomer_id == newcomer_id)
        return [MemberId(found) for found in self._connection.execute(statement).scalars()]

    def count(self, newcomer_id: MemberId) -> int:
        """Return how many vouched for a newcomer."""
        statement = select(func.count()).select_from(vouch).where(vouch.c.newcomer_id == newcomer_id)
        return self._connection.execute(statement).scalar_one()

    def keep(self, newcomer_id: MemberId, purge_after: datetime) -> None:
        """Keep the vouches for a newcomer until a moment that was not known when they were given."""
        self._connection.execute(
            update(vouch).where(vouch.c.newcomer_id == newcomer_id).values(purge_after=purge_after)
        )
