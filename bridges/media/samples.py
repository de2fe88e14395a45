"""Where the samples of one track lie in a film, so that a track that goes leaves nothing behind.

ISO/IEC 14496-12, 8.7: ``stsz`` has the sizes of samples, ``stco`` or ``co64`` where chunks of them begin, ``stsc``
how many are in each chunk.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import accumulate

from bridges.media.boxes import Box, inside
from bridges.media.file import MediaError, Reason
from bridges.media.patches import Patch

_MOST_CHUNKS = 500_000
_MOST_SAMPLES = 2_000_000


def blank_samples(index: bytes, track: Box, file_size: int) -> Iterator[Patch]:
    """Give the patches that blank every sample of a track, by place in the file.

    Raises :class:`MediaError` when the track does not say where all of them are.
    """
    table: Box | None = track
    for kind in (b"mdia", b"minf", b"stbl"):
        table = table and inside(index, table, kind)
    if table is None:
        raise MediaError(Reason.METADATA)
    before = _bytes_before(index, table)
    chunks = list(_chunks(index, table))
    first = 0
    for offset, samples in zip(chunks, _samples_in_each(index, table, len(chunks)), strict=True):
        length = before(first + samples) - before(first)
        if offset + length > file_size:
            raise MediaError(Reason.METADATA)
        yield Patch(offset, length)
        first += samples
    if before.count is not None and first < before.count:
        raise MediaError(Reason.METADATA)


class _Sizes:
    """How many bytes the first n samples have."""

    def __init__(self, each: int, sums: list[int] | None, count: int | None) -> None:
        self.count = count
        self._each = each
        self._sums = sums

    def __call__(self, samples: int) -> int:
        if self._sums is None:
            return self._each * samples
        if samples >= len(self._sums):
            raise MediaError(Reason.METADATA)
        return self._sums[samples]


def _bytes_before(index: bytes, table: Box) -> _Sizes:
    box = inside(index, table, b"stsz")
    if box is None:
        raise MediaError(Reason.METADATA)
    each, count = struct.unpack(">II", _content(index, box, 4, 8))
    if each:
        return _Sizes(each, None, count)
    if count > _MOST_SAMPLES:
        raise MediaError(Reason.METADATA)
    sizes = struct.unpack(f">{count}I", _content(index, box, 12, 4 * count))
    return _Sizes(0, list(accumulate(sizes, initial=0)), count)


def _chunks(index: bytes, table: Box) -> tuple[int, ...]:
    for kind, width in ((b"stco", "I"), (b"co64", "Q")):
        box = inside(index, table, kind)
        if box is not None:
            (count,) = struct.unpack(">I", _content(index, box, 4, 4))
            if count > _MOST_CHUNKS:
                break
            return struct.unpack(f">{count}{width}", _content(index, box, 8, count * struct.calcsize(f">{width}")))
    raise MediaError(Reason.METADATA)


def _samples_in_each(index: bytes, table: Box, chunks: int) -> list[int]:
    """Return for each chunk how many samples it has."""
    box = inside(index, table, b"stsc")
    if box is None:
        raise MediaError(Reason.METADATA)
    (count,) = struct.unpack(">I", _content(index, box, 4, 4))
    runs = list(struct.iter_unpack(">III", _content(index, box, 8, 12 * count)))
    found: list[int] = []
    for number, (first, samples, _description) in enumerate(runs):
        until = runs[number + 1][0] if number + 1 < len(runs) else chunks + 1
        if first != len(found) + 1 or not first <= until <= chunks + 1:
            raise MediaError(Reason.METADATA)
        found += [samples] * (until - first)
    if len(found) != chunks:
        raise MediaError(Reason.METADATA)
    return found


def _content(index: bytes, box: Box, begin: int, length: int) -> bytes:
    if box.body + begin + length > box.end:
        raise MediaError(Reason.METADATA)
    return index[box.body + begin : box.body + begin + length]
