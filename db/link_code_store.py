"""Codes with which a member proves that a second account is theirs, from both sides (MEM-10)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from db.ids import MemberId
from db.keys import NetworkKeys
from db.tables import link_code


@dataclass(frozen=True, slots=True)
class LinkCodeRow:
    """A code given to a member; ``claim`` is the (platform, user id) that typed it, until the member has decided.

    ``tag`` tells one claim from another and nothing about the account.
    """

    member_id: MemberId
    expires_at: datetime
    claim: tuple[str, str] | None
    tag: str = ""

    def __repr__(self) -> str:
        """Keep the account out of tracebacks."""
        return "LinkCodeRow(…)"


class LinkCodeStore:
    """Reads and writes codes inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def give(self, member_id: MemberId, code: str, expires_at: datetime) -> None:
        """Give a member a code; an earlier one no longer holds."""
        self.forget(member_id)
        self._connection.execute(
            insert(link_code).values(
                code_lookup=self._keys.lookup("link code", code),
                member_id=member_id,
                expires_at=expires_at,
                purge_after=expires_at,
            )
        )

    def find(self, code: str, now: datetime) -> LinkCodeRow | None:
        """Return a code that still holds."""
        lookup = self._keys.lookup("link code", code)
        return self._read(link_code.c.code_lookup == lookup, now)

    def of(self, member_id: MemberId, now: datetime) -> LinkCodeRow | None:
        """Return the code a member was given, while it holds."""
        return self._read(link_code.c.member_id == member_id, now)

    def _read(self, condition: object, now: datetime) -> LinkCodeRow | None:
        statement = select(link_code).where(condition, link_code.c.expires_at > now)  # type: ignore[arg-type]
        row = self._connection.execute(statement).first()
        if row is None:
            return None
        claim = None
        if row.sealed_claim is not None:
            platform, user_id = json.loads(self._keys.sealing.unseal(row.sealed_claim, f"claim on {row.member_id}"))
            claim = (platform, user_id)
        tag = self._keys.lookup("claim", row.code_lookup, row.claim_lookup or "")[:12]
        return LinkCodeRow(MemberId(row.member_id), row.expires_at, claim, tag)

    def claim(self, member_id: MemberId, platform: str, user_id: str, expires_at: datetime) -> bool:
        """Note which account typed the code; return False when another one was quicker."""
        sealed = self._keys.sealing.seal(json.dumps([platform, user_id]).encode(), f"claim on {member_id}")
        changed = self._connection.execute(
            update(link_code)
            .where(link_code.c.member_id == member_id, link_code.c.claim_lookup.is_(None))
            .values(
                claim_lookup=self._keys.lookup("account", platform, user_id),
                claim_platform=platform,
                sealed_claim=sealed,
                expires_at=expires_at,
                purge_after=expires_at,
            )
        )
        return bool(changed.rowcount)

    def forget(self, member_id: MemberId) -> None:
        """End a member's code."""
        self._connection.execute(delete(link_code).where(link_code.c.member_id == member_id))
