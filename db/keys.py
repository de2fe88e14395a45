"""The network's key and the keys under it: what makes a stolen database file name nobody (SAF-6).

Three uses are derived from the one key outside the database, each independent of the others (HKDF, RFC 5869):
keyed look-ups, wrapping of each member's own key, and sealing of what belongs to no member. A member's own key
seals all that says who they are; destroying it destroys that, wherever copies of the rows may lie.
"""

from __future__ import annotations

import base64
import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12


class SealedOtherwiseError(Exception):
    """A value was sealed with another key, for another row, or was changed."""


class SealingKey:
    """One key that seals short values (AES-256-GCM, a random nonce each).

    ``context`` says which row and column a value belongs to: moved to another place it does not open.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return nonce and sealed value."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return the value again. Raises :class:`SealedOtherwiseError`."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError) as error:
            raise SealedOtherwiseError("the value does not open with this key at this place") from error


class NetworkKeys:
    """Everything that the network's key does. ``network_key`` is at least 32 random bytes."""

    def __init__(self, network_key: bytes) -> None:
        self._lookup = _derive(network_key, "look-ups")
        self._wrapping = SealingKey(_derive(network_key, "wrapping of members' keys"))
        self.sealing = SealingKey(_derive(network_key, "what belongs to no member"))
        """Seals what belongs to no member: an organisation's title, an invite's label, an unfinished form."""
        self.fingerprint = self.lookup("fingerprint")
        """Tells this key from another and nothing about it."""

    def lookup(self, kind: str, *parts: str) -> str:
        """Return the keyed hash (HMAC-SHA256, 43 characters) under which something can be found again.

        The length of each part is part of what is hashed, so that ("a", "bc") and ("ab", "c") differ.
        """
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in (kind, *parts))
        return base64.urlsafe_b64encode(hmac.new(self._lookup, message, sha256).digest()).rstrip(b"=").decode()

    def wrap(self, member_key: bytes, member_id: str) -> bytes:
        """Seal a member's own key for keeping."""
        return self._wrapping.seal(member_key, f"key of {member_id}")

    def unwrap(self, wrapped: bytes, member_id: str) -> bytes:
        """Return a member's own key. Raises :class:`SealedOtherwiseError`."""
        return self._wrapping.unseal(wrapped, f"key of {member_id}")


def new_member_key() -> bytes:
    """Return a fresh key for one member."""
    return os.urandom(KEY_BYTES)


def _derive(key: bytes, use: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, f"community-bot members 1: {use}".encode()).derive(key)
