"""A GIF without what it tells about its maker; the picture itself is not decoded (GIF89a).

Comments, XMP and what programs add go; how often an animation repeats stays.
"""

from __future__ import annotations

from bridges.media.file import MediaError, Reason

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_MOST_BLOCKS = 50_000
_TIMING, _APPLICATION = 0xF9, 0xFF
_LOOPS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})


def clean_gif(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return the picture without metadata, and its width and height. Raises :class:`MediaError`."""
    if len(data) < 13:
        raise MediaError(Reason.UNREADABLE)
    at = 13 + _colours(data[10])
    kept, pictures = [data[:at]], 0
    # some end without saying so
    while at < len(data) and (kind := data[at]) != _TRAILER:
        if kind == _EXTENSION:
            end = _end_of_blocks(data, at + 2)
            kept.append(_extension(data[at:end]))
        elif kind == _IMAGE:
            pictures += 1
            end = _end_of_blocks(data, at + 11 + _colours(_byte(data, at + 9)))
            kept.append(data[at:end])
        else:
            raise MediaError(Reason.UNREADABLE)
        at = end
        if len(kept) > _MOST_BLOCKS:
            raise MediaError(Reason.UNREADABLE)
    if not pictures:
        raise MediaError(Reason.UNREADABLE)
    size = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return b"".join([*kept, bytes((_TRAILER,))]), size


def _extension(block: bytes) -> bytes:
    if block[1] == _TIMING and block[2] == 4:
        return block[:7] + b"\0"
    if block[1] == _APPLICATION and block[3:14] in _LOOPS and block[14:16] == b"\x03\x01" and len(block) >= 19:
        return block[:18] + b"\0"
    return b""


def _colours(flags: int) -> int:
    """Return the length in bytes of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 0x07) + 1) if flags & 0x80 else 0


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise MediaError(Reason.UNREADABLE)
    return data[at]


def _end_of_blocks(data: bytes, at: int) -> int:
    while length := _byte(data, at):
        at += 1 + length
    return at + 1
