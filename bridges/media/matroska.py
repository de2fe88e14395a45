"""A film in Matroska or WebM without what it tells about its maker (RFC 9559, elements of RFC 8794).

Nothing moves, as in :mod:`bridges.media.movie`: what goes becomes a ``Void`` element full of zeros. Tags,
attachments and chapters go, and with them title, date and the names of programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridges.media.file import MediaError, Reason
from bridges.media.patches import Patch, patched, put

_EBML, _SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675
_SEEK, _CUES, _CRC = 0x114D9B74, 0x1C53BB6B, 0xBF
_KEPT: dict[int, frozenset[int]] = {
    _SEGMENT: frozenset({_INFO, _TRACKS, _CLUSTER, _SEEK, _CUES}),
    # time scale, duration; the two names that must be there are blanked below
    _INFO: frozenset({0x2AD7B1, 0x4489, 0x4D80, 0x5741}),
    _TRACKS: frozenset({_TRACK}),
}
_NAMES_OF_PROGRAMS = frozenset({0x4D80, 0x5741})
_NAME_OF_TRACK, _TRACK_TYPE = 0x536E, 0x83
_VIDEO, _AUDIO, _SUBTITLES = 1, 2, 17
_UNKNOWN_MAY_BE = frozenset({_SEGMENT, _CLUSTER})
_IN_CLUSTER = frozenset({0xE7, 0xA3, 0xA0, 0xAB, 0xA7, 0xEC})
_DEEPEST = 4
_MOST_ELEMENTS = 1_000_000
_MOST_PATCHES = 100_000


@dataclass(frozen=True, slots=True)
class _Element:
    kind: int
    start: int
    body: int
    end: int
    open: bool
    """Whether it says no length: written live, it ends where something else begins."""


def clean_matroska(data: bytes) -> bytes:
    """Return the film without metadata, as long as it was. Raises :class:`MediaError`."""
    patches: list[Patch] = []
    segments = 0
    for element in _elements(data, 0, len(data)):
        if element.kind == _SEGMENT:
            segments += 1
            patches += _within(data, element, 0)
        elif element.kind != _EBML:
            patches += _void(element)
    if not segments:
        raise MediaError(Reason.UNREADABLE)
    if len(patches) > _MOST_PATCHES:
        raise MediaError(Reason.METADATA)
    return patched(data, patches)


def _within(data: bytes, parent: _Element, depth: int) -> Iterator[Patch]:
    if depth > _DEEPEST:
        raise MediaError(Reason.UNREADABLE)
    live = False
    for element in _elements(data, parent.body, parent.end):
        if live and element.kind in _IN_CLUSTER:
            continue
        live = element.open
        if element.kind not in _KEPT[parent.kind]:
            yield from _void(element)
        elif element.kind in _KEPT:
            yield from _within(data, element, depth + 1)
        elif element.kind in _NAMES_OF_PROGRAMS:
            yield Patch(element.body, element.end - element.body)
        elif element.kind == _TRACK:
            yield from _track(data, element)


def _track(data: bytes, track: _Element) -> Iterator[Patch]:
    for element in _elements(data, track.body, track.end):
        kind = int.from_bytes(data[element.body : element.end])
        if element.kind == _TRACK_TYPE and kind not in {_VIDEO, _AUDIO, _SUBTITLES}:
            # what it writes lies among the rest, in every cluster
            raise MediaError(Reason.METADATA)
        if element.kind in {_NAME_OF_TRACK, _CRC, 0xEC}:
            yield from _void(element)


def _void(element: _Element) -> Iterator[Patch]:
    """Make an element void, whatever the lengths of its id and of its length."""
    if element.open:
        raise MediaError(Reason.METADATA)
    room = element.end - element.start
    for width in range(1, 9):
        rest = room - 1 - width
        # a length of all ones means "not known"
        if 0 <= rest < 2 ** (7 * width) - 1:
            yield put(element.start, b"\xec" + (rest | 1 << (7 * width)).to_bytes(width))
            yield Patch(element.start + 1 + width, rest)
            return
    raise MediaError(Reason.METADATA)


def _elements(data: bytes, at: int, end: int) -> Iterator[_Element]:
    for _ in range(_MOST_ELEMENTS):
        if at >= end:
            return
        start = at
        kind, at = _number(data, at, end, 4, keep_marker=True)
        length, body = _number(data, at, end, 8, keep_marker=False)
        is_open = length == 2 ** (7 * (body - at)) - 1
        if is_open and kind not in _UNKNOWN_MAY_BE:
            raise MediaError(Reason.UNREADABLE)
        # an open cluster is walked as if its content stood beside it
        until = end if is_open else body + length
        if until > end:
            raise MediaError(Reason.UNREADABLE)
        yield _Element(kind, start, body, until, is_open)
        at = body if is_open and kind == _CLUSTER else until
    raise MediaError(Reason.UNREADABLE)


def _number(data: bytes, at: int, end: int, longest: int, *, keep_marker: bool) -> tuple[int, int]:
    """Read a number whose first byte tells how long it is (RFC 8794, 4); return it and where it ends."""
    first = data[at] if at < end else 0
    width = 9 - first.bit_length()
    if not first or width > longest or at + width > end:
        raise MediaError(Reason.UNREADABLE)
    number = int.from_bytes(data[at : at + width])
    return (number if keep_marker else number - (1 << (7 * width))), at + width
