"""Which way up a photograph is: the one thing of its EXIF that stays, or it would lie on its side.

EXIF is a TIFF directory (CIPA DC-008); only the entry for the orientation is looked for, and a new directory with
nothing else is written.
"""

from __future__ import annotations

import struct

_TAG = 0x0112
_SHORT = 3
_MOST_ENTRIES = 512


def orientation_of(exif: bytes) -> int:
    """Return 1 to 8 as EXIF counts them; 1, upright, when there is none that can be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (at,) = struct.unpack_from(order + "I", exif, 4)
    if at + 2 > len(exif):
        return 1
    (entries,) = struct.unpack_from(order + "H", exif, at)
    for number in range(min(entries, _MOST_ENTRIES)):
        entry = at + 2 + 12 * number
        if entry + 12 > len(exif):
            return 1
        tag, kind, _count, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == _TAG:
            return value if kind == _SHORT and 1 <= value <= 8 else 1
    return 1


def only_orientation(orientation: int) -> bytes:
    """Return an EXIF block of 26 bytes that says nothing but which way up."""
    return struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, _TAG, _SHORT, 1, orientation, 0, 0)
