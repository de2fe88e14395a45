"""A film or sound in boxes (MP4, MOV, M4A, 3GP) without what it tells about its maker.

Nothing moves: what goes becomes a ``free`` box full of zeros, so every offset stays right and the film is not
decoded. Kept is a list, everything else goes: where it was filmed, with what, when, and whole tracks that hold
neither picture, sound nor subtitles, such as the positions a camera writes along with the film. What an encoder may
have hidden in the coded picture itself is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bridges.media.boxes import Box, boxes, inside
from bridges.media.file import MediaError, Reason
from bridges.media.patches import Patch, patched, put
from bridges.media.samples import blank_samples

LARGEST_INDEX = 16 * 1024 * 1024
"""How many bytes the index of a film (``moov``) may have to be looked through."""

_ON_TOP = frozenset(b"ftyp styp moov mdat moof mfra sidx pdin".split())
_KEPT: dict[bytes, frozenset[bytes]] = {
    b"moov": frozenset(b"mvhd trak mvex iods".split()),
    b"trak": frozenset(b"tkhd edts mdia tapt tref".split()),
    b"mdia": frozenset(b"mdhd hdlr minf elng".split()),
    b"minf": frozenset(b"vmhd smhd sthd nmhd gmhd hdlr dinf stbl".split()),
    b"gmhd": frozenset(b"gmin text".split()),
    b"dinf": frozenset(b"dref".split()),
    b"stbl": frozenset(b"stsd stts ctts cslg stss stsh sdtp stsc stsz stz2 stco co64 sgpd sbgp subs padb".split()),
    b"tref": frozenset(b"hint chap subt forc fall folw auxl".split()),
    b"moof": frozenset(b"mfhd traf".split()),
    b"traf": frozenset(b"tfhd tfdt trun sbgp sgpd sdtp subs".split()),
}
_SEEN_OR_HEARD = frozenset({b"vide", b"soun", b"text", b"sbtl", b"subt", b"clcp", b"auxv"})
_WITH_TIMES = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_VENDOR, _COMPRESSOR = (20, 24), (50, 82)  # in a sample entry: who made the encoder, and its name, a camera's often
_LENGTH_OF_VISUAL = 86


def clean_movie(data: bytes) -> bytes:
    """Return the film without metadata, as long as it was. Raises :class:`MediaError`."""
    tops = list(boxes(data, 0, len(data)))
    if not any(box.kind in {b"moov", b"moof"} for box in tops):
        raise MediaError(Reason.UNREADABLE)
    fragments = any(box.kind == b"moof" for box in tops)
    patches: list[Patch] = []
    for box in tops:
        if not is_kept(box):
            patches += blanked(box)
        elif box.kind in _KEPT:
            patches += index_patches(data[box.start : box.end], box.start, len(data), fragments=fragments)
    ends_at = tops[-1].end
    return patched(data, [*patches, Patch(ends_at, len(data) - ends_at)])


def is_kept(box: Box) -> bool:
    """Say whether a box that lies in no other stays."""
    return box.kind in _ON_TOP


def blanked(box: Box) -> list[Patch]:
    """Make a box free space."""
    return [put(box.start + 4, b"free"), Patch(box.body, box.end - box.body)]


def index_patches(index: bytes, at: int, file_size: int, *, fragments: bool) -> list[Patch]:
    """Return what changes because of an index that stays (a whole ``moov`` or ``moof``), by place in the file.

    ``at`` is where it stands in the file. ``fragments`` says that the samples of tracks lie in places which the
    index does not tell; then a track that must go cannot. Raises :class:`MediaError`.
    """
    (box,) = list(boxes(index, 0, len(index)))[:1]
    in_index = [replace(patch, offset=patch.offset + at) for patch in _within(index, box, b"")]
    return [*in_index, *_samples_of_lost_tracks(index, box, file_size, fragments)]


def _samples_of_lost_tracks(index: bytes, moov: Box, file_size: int, fragments: bool) -> Iterator[Patch]:
    for track in boxes(index, moov.body, moov.end):
        if track.kind == b"trak" and _handler(index, track) not in _SEEN_OR_HEARD:
            if fragments:
                raise MediaError(Reason.METADATA)
            yield from blank_samples(index, track, file_size)


def _within(index: bytes, parent: Box, handler: bytes) -> Iterator[Patch]:
    last = parent.body
    for box in boxes(index, parent.body, parent.end):
        last = box.end
        of_track = _handler(index, box) if box.kind == b"trak" else handler
        if box.kind == b"cmov":
            # an index that is compressed cannot be looked through
            raise MediaError(Reason.METADATA)
        if box.kind not in _KEPT[parent.kind] or (box.kind == b"trak" and of_track not in _SEEN_OR_HEARD):
            yield from blanked(box)
        elif box.kind in _KEPT:
            yield from _within(index, box, of_track)
        else:
            yield from _in_leaf(index, box, of_track)
    yield Patch(last, parent.end - last)


def _in_leaf(index: bytes, box: Box, handler: bytes) -> Iterator[Patch]:
    """Blank what a box that stays tells besides its purpose."""
    if box.kind in _WITH_TIMES:
        # when it was made, and changed: of 64 bits each in version 1
        yield _part(box, 4, 20 if index[box.body : box.body + 1] == b"\1" else 12)
    elif box.kind == b"hdlr":
        yield _part(box, 12, box.end - box.body)
    elif box.kind == b"dref":
        for entry in boxes(index, min(box.body + 8, box.end), box.end):
            yield _part(entry, 4, entry.end - entry.body)
    elif box.kind == b"stsd":
        for entry in boxes(index, min(box.body + 8, box.end), box.end):
            if handler == b"vide" and entry.end - entry.start >= _LENGTH_OF_VISUAL:
                yield Patch(entry.start + _COMPRESSOR[0], _COMPRESSOR[1] - _COMPRESSOR[0])
            if handler in {b"vide", b"soun"} and entry.end - entry.start >= _VENDOR[1]:
                yield Patch(entry.start + _VENDOR[0], _VENDOR[1] - _VENDOR[0])


def _part(box: Box, begin: int, end: int) -> Patch:
    """Blank part of a box, counted from where its content begins, and no more than it has."""
    first, last = min(box.body + begin, box.end), min(box.body + end, box.end)
    return Patch(first, last - first)


def _handler(index: bytes, track: Box) -> bytes:
    """Return what kind of track it is, such as ``vide``."""
    media = inside(index, track, b"mdia")
    handler = media and inside(index, media, b"hdlr")
    return index[handler.body + 8 : handler.body + 12] if handler else b""
