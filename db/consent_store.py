"""Consent receipts: purpose, version of the wording, language, day; one row each time somebody says yes (PRV-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from db.ids import MemberId, new_person_id
from db.tables import consent


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One receipt; ``withdrawn_on`` is None while it holds."""

    purpose: str
    wording_version: str
    language: str
    given_on: date
    withdrawn_on: date | None


class ConsentStore:
    """Reads and writes receipts inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def give(
        self, member_id: MemberId, purpose: str, version: str, language: str, *, today: date, keep_until: datetime
    ) -> None:
        """Write a receipt, unless this very version is agreed to already."""
        held = self.holding(member_id).get(purpose)
        if held is not None and held.wording_version == version:
            return
        self.withdraw(member_id, purpose, today)
        self._connection.execute(
            insert(consent).values(
                id=new_person_id(),
                member_id=member_id,
                purpose=purpose,
                wording_version=version,
                language=language,
                given_on=today,
                purge_after=keep_until,
            )
        )

    def withdraw(self, member_id: MemberId, purpose: str, today: date) -> bool:
        """Note that a consent no longer holds; return whether there was one."""
        changed = self._connection.execute(
            update(consent)
            .where(consent.c.member_id == member_id, consent.c.purpose == purpose, consent.c.withdrawn_on.is_(None))
            .values(withdrawn_on=today)
        )
        return bool(changed.rowcount)

    def holding(self, member_id: MemberId) -> dict[str, ConsentRow]:
        """Return what a member agrees to now, by purpose."""
        return {row.purpose: row for row in self.all(member_id) if row.withdrawn_on is None}

    def all(self, member_id: MemberId) -> list[ConsentRow]:
        """Return every receipt of a member, the oldest first."""
        columns = (
            consent.c.purpose,
            consent.c.wording_version,
            consent.c.language,
            consent.c.given_on,
            consent.c.withdrawn_on,
        )
        statement = select(*columns).where(consent.c.member_id == member_id).order_by(consent.c.id)
        return [ConsentRow(*row) for row in self._connection.execute(statement)]
