"""Encrypted files (client-server API, "Sending encrypted attachments"): AES-CTR, and a hash of what lies there.

On its way through the bridge such a file has an address with its key behind a ``#``, which is in memory only; in an
event it has the form that the specification gives it.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from bridges.ends.matrix_events import mapping
from bridges.markup.matrix_links import is_mxc
from bridges.media.file import MediaError, Reason

MARK = "#"
KEY, START, HASH = 32, 16, 32
SEALED_MIME = "application/octet-stream"
"""What lies there says nothing about itself."""


def bare(location: str) -> str:
    """Return where the bytes lie."""
    return location.partition(MARK)[0]


def is_file(location: str) -> bool:
    """Say whether it is the address of something a homeserver keeps, perhaps with the key to it."""
    return is_mxc(location) or (_parts(location) is not None and is_mxc(bare(location)))


def sealed_bytes(data: bytes) -> tuple[bytes, str]:
    """Encrypt bytes; return what is to lie with a homeserver, and what goes behind its address."""
    # the counter is the second half, from nought: no two files of a key, and no overflow into the first
    key, start = os.urandom(KEY), os.urandom(START // 2) + bytes(START // 2)
    sealed = _run(data, key, start)
    return sealed, MARK + urlsafe_b64encode(key + start + sha256(sealed).digest()).decode()


def opened_bytes(data: bytes, location: str) -> bytes:
    """Decrypt what lies at an address, or return it as it is where the address has no key.

    Raises :class:`MediaError` when it is not what was sent.
    """
    parts = _parts(location)
    if parts is None:
        return data
    key, start, digest = parts
    if not hmac.compare_digest(sha256(data).digest(), digest):
        raise MediaError(Reason.UNREADABLE)
    return _run(data, key, start)


def open_file(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of an event with the address of its file as we write it; without one, if it is none."""
    opened = dict(content)
    if isinstance(content.get("m.new_content"), dict):
        opened["m.new_content"] = open_file(content["m.new_content"])
    file = mapping(content, "file")
    address = file.get("url")
    hashed = mapping(file, "hashes").get("sha256")
    try:
        parts = (
            _bytes(mapping(file, "key").get("k"), KEY),
            _bytes(file.get("iv"), START),
            _bytes(hashed, HASH),
        )
    except ValueError:
        return opened
    if isinstance(address, str) and MARK not in address:
        opened["url"] = address + MARK + urlsafe_b64encode(b"".join(parts)).decode()
        del opened["file"]
    return opened


def seal_file(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of an event with the key of its file where the specification has it."""
    sealed = dict(content)
    address = content.get("url")
    parts = _parts(address) if isinstance(address, str) else None
    if parts is None or not isinstance(address, str):
        return sealed
    key, start, digest = parts
    del sealed["url"]
    sealed["file"] = {
        "v": "v2",
        "url": bare(address),
        "key": {
            "kty": "oct",
            "alg": "A256CTR",
            "ext": True,
            "key_ops": ["encrypt", "decrypt"],
            "k": _text(key).replace("+", "-").replace("/", "_"),
        },
        "iv": _text(start),
        "hashes": {"sha256": _text(digest)},
    }
    return sealed


def _parts(location: str) -> tuple[bytes, bytes, bytes] | None:
    _, mark, written = location.partition(MARK)
    if not mark:
        return None
    try:
        whole = urlsafe_b64decode(written)
    except ValueError:
        return None
    if len(whole) != KEY + START + HASH:
        return None
    return whole[:KEY], whole[KEY : KEY + START], whole[KEY + START :]


def _run(data: bytes, key: bytes, start: bytes) -> bytes:
    cipher = Cipher(AES256(key), CTR(start)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _bytes(value: object, length: int) -> bytes:
    """Read unpadded base64 of either alphabet. Raises :class:`ValueError`."""
    plain = str(value).replace("-", "+").replace("_", "/").rstrip("=")
    found = b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    if len(found) != length:
        raise ValueError("another length")
    return found


def _text(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")
