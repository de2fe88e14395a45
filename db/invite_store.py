"""Invites: the code as a keyed hash, the label sealed, and nothing about who used which (MEM-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from db.ids import InviteId, MemberId, new_person_id
from db.keys import NetworkKeys
from db.tables import invite


@dataclass(frozen=True, slots=True)
class InviteRow:
    """One invite. ``state`` is ``open`` or ``used``; ``maker_id`` is None once it is used."""

    id: InviteId
    label: str
    expires_at: datetime
    state: str
    maker_id: MemberId | None

    def __repr__(self) -> str:
        """Keep the label out of tracebacks."""
        return f"InviteRow({self.state})"


class InviteStore:
    """Reads and writes invites inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def add(
        self, code: str, label: str, maker_id: MemberId, expires_at: datetime, purge_after: datetime
    ) -> InviteRow:
        """Make an open invite for a code in its plain spelling."""
        invite_id = InviteId(new_person_id())
        self._connection.execute(
            insert(invite).values(
                id=invite_id,
                code_lookup=self._keys.lookup("invite", code),
                sealed_label=self._keys.sealing.seal(label.encode(), _context(invite_id)),
                expires_at=expires_at,
                state="open",
                maker_id=maker_id,
                purge_after=purge_after,
            )
        )
        return InviteRow(invite_id, label, expires_at, "open", maker_id)

    def find(self, code: str) -> InviteRow | None:
        """Return the invite of a code in its plain spelling, whatever state it is in."""
        found = self._read(invite.c.code_lookup == self._keys.lookup("invite", code))
        return found[0] if found else None

    def open_of(self, maker_id: MemberId, now: datetime) -> list[InviteRow]:
        """Return the invites of a maker that can still be used, the one that ends first at the front."""
        return self._read(invite.c.maker_id == maker_id, invite.c.state == "open", invite.c.expires_at > now)

    def _read(self, *conditions: object) -> list[InviteRow]:
        statement = select(invite).where(*conditions).order_by(invite.c.expires_at, invite.c.id)  # type: ignore[arg-type]
        return [
            InviteRow(
                InviteId(row.id),
                self._keys.sealing.unseal(row.sealed_label, _context(row.id)).decode(),
                row.expires_at,
                row.state,
                None if row.maker_id is None else MemberId(row.maker_id),
            )
            for row in self._connection.execute(statement)
        ]

    def use(self, invite_id: InviteId, now: datetime, purge_after: datetime) -> bool:
        """Use an invite up and forget who made it; return False when somebody else was quicker."""
        where = (invite.c.id == invite_id, invite.c.state == "open", invite.c.expires_at > now)
        values = {"state": "used", "maker_id": None, "purge_after": purge_after}
        return bool(self._connection.execute(update(invite).where(*where).values(**values)).rowcount)

    def remove(self, invite_id: InviteId) -> bool:
        """Take an open invite back; return whether it was still open."""
        where = (invite.c.id == invite_id, invite.c.state == "open")
        return bool(self._connection.execute(delete(invite).where(*where)).rowcount)


def _context(invite_id: str) -> str:
    return f"label of {invite_id}"
