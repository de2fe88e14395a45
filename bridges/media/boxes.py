"""The boxes that an MP4, MOV, M4A or 3GP is made of (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridges.media.file import MediaError, Reason

_PLAIN, _LONG = 8, 16
HEADER = _LONG
"""The most bytes a box's header has."""
MOST_BOXES = 50_000
"""In one place: a film of twenty hours in fragments of three seconds has as many."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box: ``start`` to ``end`` with its header, ``body`` is where its content begins; offsets in bytes."""

    kind: bytes
    start: int
    body: int
    end: int


def box_at(head: bytes, start: int, end: int) -> Box:
    """Read the header of the box at ``start``, which lies within what ends at ``end``. ``head`` begins there.

    Raises :class:`MediaError`.
    """
    if len(head) < _PLAIN:
        raise MediaError(Reason.UNREADABLE)
    length, body = int.from_bytes(head[:4]), _PLAIN
    if length == 1:
        length, body = int.from_bytes(head[8:16]), _LONG
    elif length == 0:
        length = end - start
    if length < body or start + length > end:
        raise MediaError(Reason.UNREADABLE)
    return Box(head[4:8], start, start + body, start + length)


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Give the boxes that lie one after the other. Raises :class:`MediaError`.

    Up to seven bytes that are no box may follow: QuickTime ends some lists with four zeros.
    """
    for _ in range(MOST_BOXES):
        if start + _PLAIN > end:
            return
        box = box_at(data[start : min(start + HEADER, end)], start, end)
        yield box
        start = box.end
    raise MediaError(Reason.UNREADABLE)


def inside(data: bytes, box: Box, kind: bytes) -> Box | None:
    """Return the first box of a kind directly inside another."""
    return next((each for each in boxes(data, box.body, box.end) if each.kind == kind), None)
