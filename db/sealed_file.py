"""A file that only the holder of the key can read, change or shorten without notice.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: the nonce of each chunk
holds its number and whether it is the last, so chunks cannot be swapped, repeated or cut off.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"community-bot sealed file 1\n"
CHUNK = 64 * 1024
TAG = 16
SALT, PREFIX = 16, 7


class SealError(Exception):
    """The file is not one of ours, was made with another key, or was changed or cut short."""


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"community-bot sealed file 1").derive(key))


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def seal(lines: Iterable[bytes], out: BinaryIO, key: bytes) -> None:
    """Write ``lines`` (each without its line end) compressed and sealed; ``key`` is 32 or more random bytes."""
    salt, prefix = os.urandom(SALT), os.urandom(PREFIX)
    cipher = _cipher(key, salt)
    out.write(MAGIC + salt + prefix)
    number = 0
    waiting = bytearray()
    for piece in _compressed(lines):
        waiting += piece
        # one chunk's worth stays back, so that the last chunk can be marked as the last
        while len(waiting) > CHUNK:
            out.write(cipher.encrypt(_nonce(prefix, number, last=False), bytes(waiting[:CHUNK]), MAGIC))
            del waiting[:CHUNK]
            number += 1
    out.write(cipher.encrypt(_nonce(prefix, number, last=True), bytes(waiting), MAGIC))


def _compressed(lines: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj()
    for line in lines:
        yield compressor.compress(line + b"\n")
    yield compressor.flush()


def unseal(source: BinaryIO, key: bytes) -> Iterator[bytes]:
    """Yield the lines again. Raises :class:`SealError`, perhaps only at the end: act on nothing before it."""
    if source.read(len(MAGIC)) != MAGIC:
        raise SealError("this is not a sealed file of this software")
    salt, prefix = source.read(SALT), source.read(PREFIX)
    cipher = _cipher(key, salt)
    decompressor = zlib.decompressobj()
    rest = b""
    number = 0
    chunk = source.read(CHUNK + TAG)
    while True:
        following = source.read(CHUNK + TAG)
        try:
            plain = cipher.decrypt(_nonce(prefix, number, last=not following), chunk, MAGIC)
        except InvalidTag as error:
            raise SealError("the key is another one, or the file was changed or cut short") from error
        *lines, rest = (rest + decompressor.decompress(plain)).split(b"\n")
        yield from lines
        if not following:
            return
        chunk = following
        number += 1
