"""What somebody who has broken in gets out of the bot's files: without the network's key, and with it.

Written from what the files are said to be, not with the bot's code: a mistake there must not hide itself here.
"""

from __future__ import annotations

import base64
import hmac
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.values import decode_network_key

NONCE = 12
WRITTEN = (
    ("SELECT sealed_words, id FROM need", "words of need {}"),
    ("SELECT sealed_words, id FROM topic", "words of topic {}"),
    ("SELECT sealed_title, id FROM cohort", "title of cohort {}"),
    ("SELECT sealed_words, id FROM experiment", "words of experiment {}"),
    ("SELECT sealed_arm, cohort_id, experiment_id FROM experiment_arm", "arm {} of experiment {}"),
    ("SELECT sealed_what, id FROM growth_feed", "what is passed on in {}"),
    ("SELECT sealed_note, space, round FROM growth_note", "note of {} in round {}"),
)
"""What is sealed with the network's key, with what it is named after; and the context it is sealed in."""


@dataclass(frozen=True, slots=True)
class Loot:
    """What a database file gives up to the key: aliases, accounts as (platform, id), and the wrapped keys."""

    aliases: frozenset[str]
    accounts: frozenset[tuple[str, str]]
    keys: frozenset[bytes]


class Burglar:
    """Has every file of ``folder``, and the network's key. Changes nothing."""

    def __init__(self, folder: Path, key_file: Path) -> None:
        self.folder = folder
        key = decode_network_key(key_file.read_text(encoding="ascii").strip())
        self._lookup = _derived(key, "look-ups")
        self._wrapping = AESGCM(_derived(key, "wrapping of members' keys"))
        self._sealing = AESGCM(_derived(key, "what belongs to no member"))

    def files(self) -> list[Path]:
        """Return everything the bot has written: the database with its side files, backups, the log."""
        found = [path for place in ("data", "backups") for path in (self.folder / place).rglob("*")]
        return sorted(path for path in (*found, *self.folder.glob("*.log")) if path.is_file())

    def finds(self, words: Iterable[str]) -> list[str]:
        """Return which files hold one of these words, however it is written: as ``file: word``."""
        wanted = {word: set(spellings(word)) for word in words}
        kept = {path: path.read_bytes() for path in self.files()}
        return [
            f"{path.name}: {word}"
            for path, held in kept.items()
            for word, written in wanted.items()
            if any(each in held for each in written)
        ]

    def finds_bytes(self, pieces: Iterable[bytes]) -> list[str]:
        """Return which files hold one of these pieces."""
        wanted = list(pieces)
        return [path.name for path in self.files() if any(piece in path.read_bytes() for piece in wanted)]

    def hash_of(self, *parts: str) -> str:
        """Return the keyed hash under which the bot would find something, such as ("account", "discord", id)."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return base64.urlsafe_b64encode(hmac.new(self._lookup, message, sha256).digest()).rstrip(b"=").decode()

    def opens(self, database: Path) -> Loot:
        """Open an SQLite file with the key and return what can be read of people."""
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            held = dict(opened.execute("SELECT member_id, wrapped FROM member_key"))
            members = opened.execute("SELECT id, sealed_profile FROM member").fetchall()
            identities = opened.execute("SELECT id, member_id, platform, sealed_account FROM identity").fetchall()
            targets = opened.execute("SELECT sealed_target FROM effect WHERE sealed_target IS NOT NULL").fetchall()
        own = {who: AESGCM(self._open(self._wrapping, wrapped, f"key of {who}")) for who, wrapped in held.items()}
        profiles = [
            json.loads(self._open(own[who], sealed, f"profile of {who}")) for who, sealed in members if who in own
        ]
        accounts = {
            (platform, self._open(own[who], sealed, f"account {row}").decode())
            for row, who, platform, sealed in identities
            if who in own
        }
        for (sealed,) in targets:
            platform, user_id = json.loads(self._open(self._sealing, sealed, "target of an effect"))
            accounts.add((platform, user_id))
        return Loot(frozenset(each["alias"] for each in profiles), frozenset(accounts), frozenset(held.values()))

    def quotes(self, database: Path) -> list[str]:
        """Open an SQLite file with the key and return what people wrote about what they learn, as it was sealed."""
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            return [
                self._open(self._sealing, sealed, context.format(*named)).decode()
                for statement, context in WRITTEN
                for sealed, *named in opened.execute(statement)
            ]

    @staticmethod
    def _open(cipher: AESGCM, sealed: bytes, context: str) -> bytes:
        try:
            return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context.encode())
        except InvalidTag:
            # a burglar who can open nothing would find nothing, and every search would seem to go well
            raise ValueError(f"the {context} does not open: is it sealed otherwise by now?") from None


def spellings(word: str) -> Iterator[bytes]:
    """Yield the bytes as which a word may stand in a file: plain, UTF-16, as JSON escapes it, base64, a number."""
    yield word.encode()
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    yield json.dumps(word)[1:-1].encode()
    for skipped in range(3):
        # three ways to stand in base64; the signs at both ends also depend on the neighbours
        packed = base64.b64encode(bytes(skipped) + word.encode())
        inner = packed[4 if skipped else 0 : -4]
        if len(inner) >= 8:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")
    if word.isdecimal() and len(word) > 12:
        yield int(word).to_bytes(8, "big")
        yield int(word).to_bytes(8, "little")


def _derived(key: bytes, use: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"community-bot members 1: {use}".encode()).derive(key)
