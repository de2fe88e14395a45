"""Codes that make their bearer network admin: made by the operator on the machine, good once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert

from db.keys import NetworkKeys
from db.tables import office_code


class OfficeCodeStore:
    """Reads and writes codes inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def give(self, code: str, expires_at: datetime) -> None:
        """Keep a new code."""
        lookup = self._keys.lookup("office code", code)
        self._connection.execute(insert(office_code).values(code_lookup=lookup, purge_after=expires_at))

    def take(self, code: str, now: datetime) -> bool:
        """Use a code up; return whether it held."""
        where = (
            office_code.c.code_lookup == self._keys.lookup("office code", code),
            office_code.c.purge_after > now,
        )
        return bool(self._connection.execute(delete(office_code).where(*where)).rowcount)
