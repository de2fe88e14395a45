"""WebP, WAV and AIFF without what they tell about their maker: files made of chunks, of which a list is kept.

RFC 9649 for WebP; the WAV and AIFF of their vendors. Nothing is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bridges.media.file import MediaError, Reason
from bridges.media.orientation import only_orientation, orientation_of

_WEBP = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_FRAME = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
_WAV = frozenset({b"fmt ", b"fact", b"data"})
_AIFF = frozenset({b"FVER", b"COMM", b"SSND"})
_HAS_XMP, _HAS_EXIF = 0x04, 0x08
_EXIF = b"Exif\0\0"
_FRAME_HEADER = 16

_Order = Literal["big", "little"]


def clean_webp(data: bytes) -> tuple[bytes, tuple[int, int] | None]:
    """Return the picture without metadata, and its width and height where its header has them.

    Raises :class:`MediaError`.
    """
    orientation, kept = 1, []
    for kind, body in _chunks(data, 12, _end(data, "little"), "little"):
        if kind == b"EXIF":
            orientation = orientation_of(body.removeprefix(_EXIF))
        elif kind == b"ANMF":
            kept.append((kind, _frame(body)))
        elif kind in _WEBP:
            kept.append((kind, body))
    if not any(kind in {b"VP8 ", b"VP8L", b"ANMF"} for kind, _ in kept):
        raise MediaError(Reason.UNREADABLE)
    size = None
    if kept[0][0] == b"VP8X" and len(kept[0][1]) >= 10:
        head = kept[0][1]
        flags = head[0] & ~(_HAS_XMP | _HAS_EXIF) | (_HAS_EXIF if orientation != 1 else 0)
        kept[0] = (b"VP8X", bytes((flags,)) + head[1:10])
        size = int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
        if orientation != 1:
            kept.append((b"EXIF", only_orientation(orientation)))
            size = size[::-1] if orientation >= 5 else size
    return _whole(b"RIFF", b"WEBP", kept, "little"), size


def clean_wav(data: bytes) -> bytes:
    """Return the sound without metadata. Raises :class:`MediaError`."""
    return _sound(data, b"RIFF", _WAV, b"data", "little")


def clean_aiff(data: bytes) -> bytes:
    """Return the sound without metadata. Raises :class:`MediaError`."""
    return _sound(data, b"FORM", _AIFF, b"SSND", "big")


def _sound(data: bytes, first: bytes, wanted: frozenset[bytes], samples: bytes, order: _Order) -> bytes:
    # recorders that broke off, or wrote into a pipe, tell lengths that are not so
    kept = [(kind, body) for kind, body in _chunks(data, 12, len(data), order, broken_off=True) if kind in wanted]
    if samples not in {kind for kind, _ in kept}:
        raise MediaError(Reason.UNREADABLE)
    return _whole(first, data[8:12], kept, order)


def _frame(body: bytes) -> bytes:
    inside = _chunks(body, _FRAME_HEADER, len(body), "little")
    return body[:_FRAME_HEADER] + b"".join(_written(k, b, "little") for k, b in inside if k in _WEBP_FRAME)


def _end(data: bytes, order: _Order) -> int:
    if len(data) < 12:
        raise MediaError(Reason.UNREADABLE)
    return min(len(data), int.from_bytes(data[4:8], order) + 8)


def _chunks(
    data: bytes, at: int, end: int, order: _Order, *, broken_off: bool = False
) -> Iterator[tuple[bytes, bytes]]:
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], order)
        if at + 8 + length > end:
            if not broken_off:
                raise MediaError(Reason.UNREADABLE)
            length = end - at - 8
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _written(kind: bytes, body: bytes, order: _Order) -> bytes:
    return kind + len(body).to_bytes(4, order) + body + b"\0" * (len(body) % 2)


def _whole(first: bytes, form: bytes, kept: list[tuple[bytes, bytes]], order: _Order) -> bytes:
    inside = form + b"".join(_written(kind, body, order) for kind, body in kept)
    return first + len(inside).to_bytes(4, order) + inside
