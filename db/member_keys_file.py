"""The members' keys beside the backups: one file, overwritten by every backup and by every erasure.

An ordinary backup holds members' rows sealed and their keys not at all. So erasing a member reaches every backup
that was ever made: the key goes from the database and from this one file, and nothing opens their rows again
(SAF-22).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select

from db.backup_lines import encode_row, line, write_partial
from db.engine import Database
from db.sealed_file import SealError, unseal
from db.tables import member_key

MEMBER_KEYS_NAME = "member-keys.backup"
"""Always this one: a dated copy would be what erasing cannot reach."""


@dataclass(frozen=True)
class MemberKeysFile:
    """Where the file is, and the network's key it is sealed with."""

    path: Path
    key: bytes

    def __repr__(self) -> str:
        """Keep the key out of tracebacks."""
        return f"MemberKeysFile({self.path})"

    @classmethod
    def beside(cls, backup: Path, key: bytes) -> MemberKeysFile:
        """Return the one that belongs to a backup, unless the operator put it elsewhere."""
        return cls(backup.parent / MEMBER_KEYS_NAME, key)

    async def write(self, database: Database) -> int:
        """Make the file equal to the database; return how many keys are in it. Raises OSError.

        A backup and an erasure may write at the same time, each by a process of its own. So whoever has replaced
        the file looks at the database again, and writes again when it is no longer so: what was destroyed meanwhile
        does not come back with an older look at it.
        """
        written = None
        while written != (found := await database.look(_keys)):
            write_partial(_lines(found), self.path, self.key).replace(self.path)
            _settle(self.path.parent)
            written = found
        return len(written)

    async def write_again(self, database: Database) -> bool:
        """Make the file equal to the database if there is one; return whether there was. Raises OSError."""
        if not self.path.exists():
            return False
        await self.write(database)
        return True

    def read(self) -> list[dict[str, Any]]:
        """Return the rows of ``member_key``. Raises OSError, :class:`SealError`; nothing is half read."""
        rows: list[dict[str, Any]] = []
        complete = False
        with self.path.open("rb") as source:
            for number, text in enumerate(unseal(source, self.key)):
                entry = json.loads(text)
                if number == 0 and "member_keys" not in entry:
                    raise SealError("these are not members' keys")
                if "row" in entry:
                    rows.append(entry["row"])
                complete = entry.get("end") == len(rows)
        if not complete:
            raise SealError("its last line is missing")
        return rows


def _keys(connection: Connection) -> list[dict[str, Any]]:
    if not inspect(connection).has_table(member_key.name):
        # a database from before there were members
        return []
    rows = connection.execute(select(member_key).order_by(member_key.c.member_id)).mappings()
    return [dict(row) for row in rows]


def _lines(rows: list[dict[str, Any]]) -> Iterator[bytes]:
    yield line({"member_keys": 1, "made_on": datetime.now(UTC).date().isoformat()})
    for row in rows:
        yield line({"row": encode_row(row)})
    yield line({"end": len(rows)})


def _settle(folder: Path) -> None:
    """Have the folder itself written out, so that a power cut does not bring the older file back."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
