"""A JPEG without what it tells about its maker; the picture itself is not decoded (ITU-T T.81, annex B).

Kept is a list, everything else goes: EXIF, XMP, IPTC, comments, makers' notes, thumbnails (which may show what was
cropped away), and whatever follows the picture's end, such as the film inside a motion photo.
"""

from __future__ import annotations

from bridges.media.file import MediaError, Reason
from bridges.media.orientation import only_orientation, orientation_of

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_KEPT = frozenset({*_FRAMES, 0xC4, 0xCC, _SCAN, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF})
_MOST_SEGMENTS = 5_000
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_JFIF, _EXIF, _ICC, _ADOBE = b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Adobe"


def clean_jpeg(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return the picture without metadata, and its width and height. Raises :class:`MediaError`."""
    if data[:2] != b"\xff\xd8":
        raise MediaError(Reason.UNREADABLE)
    kept: list[bytes] = []
    orientation, size, at = 1, (0, 0), 2
    while True:
        marker, at = _marker(data, at)
        if marker == _END:
            break
        if len(kept) > _MOST_SEGMENTS:
            raise MediaError(Reason.UNREADABLE)
        if marker in _RESTARTS or marker in {0x01, _START}:
            raise MediaError(Reason.UNREADABLE)
        length = int.from_bytes(data[at : at + 2])
        body = data[at + 2 : at + length]
        if length < 2 or len(body) != length - 2:
            raise MediaError(Reason.UNREADABLE)
        at += length
        if marker in _FRAMES and len(body) >= 6:
            size = int.from_bytes(body[3:5]), int.from_bytes(body[1:3])
        if marker == _APP1 and body.startswith(_EXIF) and orientation == 1:
            orientation = orientation_of(body[len(_EXIF) :])
        stays = _what_stays(marker, body)
        if stays is not None:
            kept.append(_segment(marker, stays))
        if marker == _SCAN:
            end = _end_of_scan(data, at)
            kept.append(data[at:end])
            at = end
    if size == (0, 0):
        raise MediaError(Reason.UNREADABLE)
    upright = [] if orientation == 1 else [_segment(_APP1, _EXIF + only_orientation(orientation))]
    # where a JFIF header is, it comes first
    first = 1 if kept and kept[0][1] == _APP0 else 0
    whole = b"".join([b"\xff\xd8", *kept[:first], *upright, *kept[first:], b"\xff\xd9"])
    return whole, (size[1], size[0]) if orientation >= 5 else size


def _what_stays(marker: int, body: bytes) -> bytes | None:
    if marker in _KEPT:
        return body
    if marker == _APP0 and body.startswith(_JFIF) and len(body) >= 14:
        return body[:12] + b"\0\0"  # without its thumbnail
    if marker == _APP2 and body.startswith(_ICC):
        return body
    if marker == _APP14 and body.startswith(_ADOBE):
        return body[:12]
    return None


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker at ``at`` and where it ends; any number of 0xFF may stand before it."""
    if data[at : at + 1] != b"\xff":
        raise MediaError(Reason.UNREADABLE)
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data) or data[at] == 0:
        raise MediaError(Reason.UNREADABLE)
    return data[at], at + 1


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the next marker stands that ends the coded data which begins at ``at``."""
    while (at := data.find(b"\xff", at)) != -1 and at + 1 < len(data):
        if data[at + 1] == 0 or data[at + 1] in _RESTARTS:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at
    raise MediaError(Reason.UNREADABLE)
