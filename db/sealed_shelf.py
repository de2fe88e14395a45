"""Small secrets of one use in a file of their own: each sealed, and none with a name that says anything.

For what must never come back out of a backup, as the keys of encrypted rooms: their ratchets only go forward, and
one that is set back gives keys away. So they stand beside the database and not in it.
"""

from __future__ import annotations

import hmac
import os
import sqlite3
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from db.keys import SealedOtherwiseError, SealingKey

_TABLE = """
CREATE TABLE IF NOT EXISTS thing (
    place BLOB PRIMARY KEY, kind TEXT NOT NULL, day INTEGER NOT NULL, sealed BLOB NOT NULL
) WITHOUT ROWID
"""
_MARK = "mark"


class SealedShelf:
    """Keeps bytes by kind and name. What was put is safe from a crash once :meth:`keep` returned.

    ``network_key`` is the network's, at least 32 bytes; ``use`` keeps the keys of two shelves apart. The folder of
    ``path`` is made for its owner alone. Raises :class:`db.keys.SealedOtherwiseError` for the shelf of another key,
    :class:`OSError` and :class:`sqlite3.Error` where no file can be had.
    """

    def __init__(self, path: Path, network_key: bytes, *, use: str) -> None:
        self._sealing = SealingKey(_derive(network_key, f"{use}, sealing"))
        self._names = _derive(network_key, f"{use}, names")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._database = sqlite3.connect(path)
        # a ratchet that a lost disk cache set back would encrypt two things with one key
        for setting in ("journal_mode = DELETE", "synchronous = FULL", "secure_delete = ON"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute(_TABLE)
        try:
            self._look_at_mark()
        except SealedOtherwiseError:
            self._database.close()
            raise

    def _look_at_mark(self) -> None:
        marks = self._database.execute("SELECT place, sealed FROM thing WHERE kind = ?", (_MARK,)).fetchall()
        for place, sealed in marks:
            self._sealing.unseal(sealed, _context(_MARK, place))
        if not marks:
            self.put(_MARK, "", b"1", day=0)
            self.keep()

    def put(self, kind: str, name: str, value: bytes, *, day: int) -> None:
        """Put something in its place; ``day`` is what :meth:`forget_before` goes by."""
        place = self._place(kind, name)
        sealed = self._sealing.seal(value, _context(kind, place))
        self._database.execute("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?)", (place, kind, day, sealed))

    def get(self, kind: str, name: str) -> bytes | None:
        """Return what stands there."""
        place = self._place(kind, name)
        row = self._database.execute("SELECT sealed FROM thing WHERE place = ?", (place,)).fetchone()
        return self._sealing.unseal(row[0], _context(kind, place)) if row is not None else None

    def all(self, kind: str) -> list[bytes]:
        """Return everything of a kind."""
        rows = self._database.execute("SELECT place, sealed FROM thing WHERE kind = ?", (kind,))
        return [self._sealing.unseal(sealed, _context(kind, place)) for place, sealed in rows]

    def forget_before(self, kind: str, day: int) -> None:
        """Remove what was put there before a day."""
        self._database.execute("DELETE FROM thing WHERE kind = ? AND day < ?", (kind, day))

    def keep(self) -> None:
        """Write down all that was put."""
        self._database.commit()

    def close(self) -> None:
        self._database.commit()
        self._database.close()

    def _place(self, kind: str, name: str) -> bytes:
        return hmac.new(self._names, f"{len(kind)}|{kind}|{name}".encode(), sha256).digest()


def _context(kind: str, place: bytes) -> str:
    return f"{kind} {place.hex()}"


def _derive(key: bytes, use: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"community-bot shelf 1: {use}".encode()).derive(key)
