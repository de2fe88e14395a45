"""Whatever bytes come in: an answer or a refusal, never a failure, never more than came in."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.media.cleaning import clean_now
from bridges.media.file import File, Kind, MediaError
from bridges.media.formats import HEAD, format_of
from bridges.media.gif import clean_gif
from bridges.media.jpeg import clean_jpeg
from bridges.media.matroska import clean_matroska
from bridges.media.movie import clean_movie
from bridges.media.ogg import clean_ogg
from bridges.media.orientation import only_orientation, orientation_of
from bridges.media.patches import Patch, patched, put
from bridges.media.png import clean_png
from bridges.media.riff import clean_aiff, clean_wav, clean_webp
from bridges.media.sound import clean_flac, clean_mp3
from tests.bridges.media.material import TELLING, announced

WALKERS: list[Callable[[bytes], object]] = [
    clean_jpeg,
    clean_png,
    clean_webp,
    clean_gif,
    clean_movie,
    clean_matroska,
    clean_ogg,
    clean_mp3,
    clean_flac,
    clean_wav,
    clean_aiff,
]
DECODED = {"a TIFF", "an AVIF"}
WALKED = [make() for name, (make, _, _) in TELLING.items() if name not in DECODED and "long" not in name]
ROOM_FOR_ORIENTATION = 40
"""A damaged EXIF can be shorter than the one that is written."""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a real file, cut, or with some of its bytes changed, doubled or taken out."""
    data = bytearray(draw(st.sampled_from(WALKED)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        many = draw(st.integers(0, 12))
        data[at : at + many] = draw(st.one_of(st.binary(max_size=12), st.just(bytes(data[at : at + many]) * 2)))
    return bytes(data)


@settings(max_examples=600)
@given(damaged())
def test_no_damaged_file_fails_or_grows(data: bytes) -> None:
    said = announced(data, "application/octet-stream", Kind.FILE)
    if format_of(data[:HEAD]).value in {"image/avif", "image/tiff", "image/heic", "image/bmp"}:
        return
    try:
        file = clean_now(said, data)
    except MediaError:
        return
    assert isinstance(file, File)
    assert file.size <= len(data) + ROOM_FOR_ORIENTATION


@pytest.mark.parametrize("walker", WALKERS, ids=lambda walker: walker.__name__)
@settings(max_examples=150)
@given(beginning=st.sampled_from(WALKED), cut=st.integers(0, 40), rest=st.binary(max_size=200))
def test_no_bytes_fail_in_any_walker(
    walker: Callable[[bytes], object], beginning: bytes, cut: int, rest: bytes
) -> None:
    # any other failure goes through and fails the test
    with contextlib.suppress(MediaError):
        walker(beginning[:cut] + rest)


@given(st.binary(max_size=80))
def test_any_exif_gives_an_orientation(exif: bytes) -> None:
    assert 1 <= orientation_of(exif) <= 8


@given(st.integers(1, 8))
def test_what_is_written_about_the_orientation_is_read_again(orientation: int) -> None:
    assert orientation_of(only_orientation(orientation)) == orientation


PATCHES = st.lists(
    st.one_of(
        st.builds(Patch, st.integers(0, 60), st.integers(0, 60)),
        st.builds(put, st.integers(0, 60), st.binary(min_size=1, max_size=8)),
    ),
    max_size=6,
)


@given(st.binary(max_size=80), PATCHES, st.lists(st.integers(0, 80), max_size=5))
def test_a_file_patched_piece_by_piece_is_the_file_patched_whole(
    data: bytes, patches: list[Patch], cuts: list[int]
) -> None:
    borders = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    pieces = [patched(data[begin:end], patches, begins_at=begin) for begin, end in itertools.pairwise(borders)]
    assert b"".join(pieces) == patched(data, patches)
    assert len(patched(data, patches)) == len(data)
