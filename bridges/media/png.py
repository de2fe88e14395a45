"""A PNG (APNG among them) without what it tells about its maker; it is not decoded (PNG, third edition).

Kept is a list of chunks, everything else goes: text, time, EXIF, what programs add, and what follows the end.
"""

from __future__ import annotations

import zlib

from bridges.media.file import MediaError, Reason
from bridges.media.orientation import only_orientation, orientation_of

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs acTL fcTL fdAT".split()
)
_SIZE_OF_EXIF = 26


def clean_png(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return the picture without metadata, and its width and height. Raises :class:`MediaError`."""
    if not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        raise MediaError(Reason.UNREADABLE)
    kept, at, kind, orientation = [_SIGNATURE], len(_SIGNATURE), b"", 1
    while kind != b"IEND":
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise MediaError(Reason.UNREADABLE)
        if kind in _KEPT:
            kept.append(data[at:end])
        elif kind == b"eXIf" and orientation == 1 and length >= _SIZE_OF_EXIF:
            orientation = orientation_of(data[at + 8 : end - 4])
        at = end
    size = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if orientation != 1:
        # directly behind the header, which is always the first chunk
        kept.insert(2, _chunk(b"eXIf", only_orientation(orientation)))
    return b"".join(kept), size[::-1] if orientation >= 5 else size


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
