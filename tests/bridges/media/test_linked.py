"""Files behind links are found anew and cleaned, the largest films too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridges.media.carrying import Carrier
from bridges.media.cleaning import clean_now
from bridges.media.file import Kind, MediaError, Reason
from bridges.media.linked import LinkedFiles
from bridges.media.links import Where
from db.bridge_rows import Platform
from tests.bridges.media.material import WHERE, announced, box, film, full, jpeg, track, webm
from tests.bridges.media.shelf import PIECE, MemoryShelf

PLACE = Where(Platform.DISCORD, "1", "2", "https://files.example/1/2/garden")


@pytest.fixture
def shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture
async def carrier(shelf: MemoryShelf) -> AsyncIterator[Carrier]:
    carrier = Carrier({Platform.DISCORD: shelf.fetch})
    yield carrier
    await carrier.close()


@pytest.fixture
def files(shelf: MemoryShelf, carrier: Carrier) -> LinkedFiles:
    return LinkedFiles(shelf, carrier, in_memory=100)


async def everything(files: LinkedFiles, begin: int = 0, end: int | None = None) -> bytes:
    async with files.open(PLACE) as linked:
        return b"".join([piece async for piece in linked.read(begin, linked.size if end is None else end)])


@pytest.mark.parametrize("data", [film(), film(index_first=True)], ids=["index last", "index first"])
async def test_a_film_too_large_for_memory_is_streamed_as_clean_as_one_that_is_not(
    shelf: MemoryShelf, files: LinkedFiles, data: bytes
) -> None:
    said = announced(data, "video/mp4", Kind.VIDEO)
    shelf.lay(PLACE, said, data)
    clean = clean_now(said, data).data
    assert WHERE not in clean
    assert await everything(files) == clean
    for begin, end in ((0, 1), (30, 90), (len(data) - 5, len(data))):
        assert await everything(files, begin, end) == clean[begin:end]
    assert shelf.open_streams == 0


async def test_only_the_index_of_a_film_is_looked_through_and_once(shelf: MemoryShelf, files: LinkedFiles) -> None:
    pictures = bytes(100_000)
    index = box(b"moov", track(b"vide", [(24, [len(pictures)])]))
    data = box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", pictures) + index
    shelf.lay(PLACE, announced(data, "video/mp4", Kind.VIDEO), data)
    assert await everything(files, 0, 16) == data[:16]
    looked_at = shelf.read
    assert looked_at < len(index) + 300
    assert await everything(files, 0, 16) == data[:16]
    assert shelf.read < looked_at + 100 + 2 * PIECE


async def test_what_fits_in_memory_is_cleaned_like_any_file(shelf: MemoryShelf, carrier: Carrier) -> None:
    files = LinkedFiles(shelf, carrier)
    data = jpeg()
    shelf.lay(PLACE, announced(data, "image/jpeg"), data)
    assert WHERE not in await everything(files)
    async with files.open(PLACE) as linked:
        assert linked.mime == "image/jpeg"


async def test_a_large_archive_passes_as_it_is(shelf: MemoryShelf, files: LinkedFiles) -> None:
    data = b"PK\x03\x04" + bytes(300)
    shelf.lay(PLACE, announced(data, "application/zip", Kind.FILE), data)
    assert await everything(files) == data


@pytest.mark.parametrize(
    ("data", "mime", "kind"),
    [
        (jpeg(), "application/zip", Kind.FILE),
        (webm(), "video/webm", Kind.VIDEO),
        (bytes(300), "audio/x-unheard-of", Kind.FILE),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"cmov", bytes(200))), "video/mp4", Kind.VIDEO),
        (
            box(b"ftyp", b"isom", bytes(4)) + box(b"moov", bytes(8)) + full(b"free", bytes(1)) * 100,
            "video/mp4",
            Kind.VIDEO,
        ),
    ],
    ids=["a picture by another name", "a WebM", "a sound unheard of", "a hidden index", "in a hundred pieces"],
)
async def test_what_is_too_large_to_be_cleaned_does_not_pass(
    shelf: MemoryShelf, files: LinkedFiles, data: bytes, mime: str, kind: Kind
) -> None:
    shelf.lay(PLACE, announced(data, mime, kind), data)
    with pytest.raises(MediaError) as refused:
        await everything(files)
    assert refused.value.reason is Reason.METADATA


async def test_a_file_whose_message_was_deleted_is_gone(shelf: MemoryShelf, files: LinkedFiles) -> None:
    with pytest.raises(MediaError) as refused:
        await everything(files)
    assert refused.value.reason is Reason.GONE


async def test_a_large_file_that_hides_its_size_does_not_pass(shelf: MemoryShelf, files: LinkedFiles) -> None:
    data = bytes(300)
    shelf.lay(PLACE, replace(announced(data, "application/zip", Kind.FILE), size=None), data)
    with pytest.raises(MediaError) as refused:
        await everything(files)
    assert refused.value.reason is Reason.TOO_LARGE
