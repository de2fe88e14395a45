"""What members asked for about their data, with the day by which it must be answered (PRV-5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from db.ids import DataRequestId, MemberId, new_person_id
from db.keys import SealingKey
from db.tables import data_request


@dataclass(frozen=True, slots=True)
class DataRequestRow:
    """One request. ``sealed_note`` opens with the member's own key: :func:`read_note`."""

    id: DataRequestId
    member_id: MemberId
    kind: str
    sealed_note: bytes | None
    opened_on: date
    due_on: date
    done_on: date | None


class DataRequestStore:
    """Reads and writes requests inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(
        self, member_id: MemberId, kind: str, note: str, key: SealingKey, *, today: date, due: date, until: datetime
    ) -> None:
        """Keep a request, its words sealed with the member's key."""
        request_id = new_person_id()
        self._connection.execute(
            insert(data_request).values(
                id=request_id,
                member_id=member_id,
                kind=kind,
                sealed_note=key.seal(note.encode(), _context(request_id)),
                opened_on=today,
                due_on=due,
                purge_after=until,
            )
        )

    def waiting(self) -> list[DataRequestRow]:
        """Return what nobody has answered yet, the most urgent first."""
        statement = select(data_request).where(data_request.c.done_on.is_(None))
        rows = self._connection.execute(statement.order_by(data_request.c.due_on, data_request.c.id))
        return [
            DataRequestRow(
                DataRequestId(row.id),
                MemberId(row.member_id),
                row.kind,
                row.sealed_note,
                row.opened_on,
                row.due_on,
                row.done_on,
            )
            for row in rows
        ]

    def count_waiting(self, member_id: MemberId) -> int:
        """Return how many requests of a member wait."""
        return sum(row.member_id == member_id for row in self.waiting())

    def answer(self, request_id: DataRequestId, today: date, until: datetime) -> MemberId | None:
        """Note that a request was answered; return whose it was, None when it does not wait any more."""
        where = (data_request.c.id == request_id, data_request.c.done_on.is_(None))
        found = self._connection.execute(select(data_request.c.member_id).where(*where)).scalar()
        self._connection.execute(update(data_request).where(*where).values(done_on=today, purge_after=until))
        return None if found is None else MemberId(found)


def read_note(row: DataRequestRow, key: SealingKey) -> str:
    """Return what the member wrote. Raises :class:`db.keys.SealedOtherwiseError`."""
    return unseal_note(row.sealed_note, row.id, key)


def unseal_note(sealed: bytes | None, request_id: str, key: SealingKey) -> str:
    """Return the words of a request, nothing where there are none."""
    return "" if sealed is None else key.unseal(sealed, _context(request_id)).decode()


def _context(request_id: str) -> str:
    return f"note of {request_id}"
