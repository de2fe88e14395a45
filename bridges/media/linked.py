"""Files behind links: found again at their source for each request, cleaned as if they had crossed, kept nowhere.

What fits in memory is carried and cleaned like any file. A film that does not is streamed from its platform with
its patches laid over it: they need its index only. Other large files pass as they are; large pictures, sounds and
films of other kinds do not pass, because they could not be cleaned.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bridges.media.boxes import HEADER, Box, box_at
from bridges.media.carrying import MEBIBYTE, Carrier
from bridges.media.cleaning import claims_media
from bridges.media.file import Attachment, Failed, File, MediaError, Reason
from bridges.media.formats import HEAD, Format, format_of
from bridges.media.links import Where
from bridges.media.movie import LARGEST_INDEX, blanked, index_patches, is_kept
from bridges.media.patches import Patch, patched

IN_MEMORY = 24 * MEBIBYTE
"""Bytes: what is larger is streamed."""
_MOST_BOXES = 64
_MOST_PATCHES = 20_000
_REMEMBERED = 64
_PIECE = 256 * 1024


class Shelf(Protocol):
    """What the platforms offer to who follows a link."""

    async def find(self, where: Where) -> Attachment | None:
        """Read the message again and return its file as it lies there now; None when either is gone.

        Discord's addresses are signed anew by that. Raises :class:`MediaError`.
        """

    def stream(self, attachment: Attachment, start: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a file at byte ``start``; where a platform cannot, what is before is read and passed over.

        Closing it ends the request. Raises :class:`MediaError`.
        """

    async def avatar(self, location: str, side: int) -> bytes:
        """Fetch an ``mxc://`` as a thumbnail of ``side`` pixels. Raises :class:`MediaError`."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A file that was found. ``read`` gives its bytes from one offset to before another."""

    name: str = field(repr=False)
    mime: str
    size: int
    read: Callable[[int, int], AsyncGenerator[bytes, None]] = field(repr=False)


class LinkedFiles:
    """Finds files again. ``in_memory`` in bytes is up to what size they are carried whole.

    ``carrier`` should be one of its own: whoever reads slowly holds its memory, and must not hold up what crosses.
    """

    def __init__(self, shelf: Shelf, carrier: Carrier, *, in_memory: int = IN_MEMORY) -> None:
        self._shelf = shelf
        self._carrier = carrier
        self._in_memory = in_memory
        self._patches: OrderedDict[str, tuple[Patch, ...]] = OrderedDict()

    @asynccontextmanager
    async def open(self, where: Where) -> AsyncIterator[Linked]:
        """Find a file, for as long as the block runs. Raises :class:`MediaError`."""
        attachment = await self._shelf.find(where)
        if attachment is None:
            raise MediaError(Reason.GONE)
        if attachment.size is not None and attachment.size > self._in_memory:
            yield await self._streamed(attachment, attachment.size)
            return
        async with self._carrier.carry([attachment], self._in_memory) as (carried,):
            if isinstance(carried, Failed):
                raise MediaError(carried.reason)
            if not isinstance(carried, File):
                raise MediaError(Reason.TOO_LARGE)
            yield Linked(carried.name, carried.mime, carried.size, _of_bytes(carried.data))

    async def _streamed(self, attachment: Attachment, size: int) -> Linked:
        patches: tuple[Patch, ...] = ()
        found = format_of(await self._read(attachment, 0, HEAD))
        if found is Format.MOVIE:
            patches = await self._patches_of(attachment, size)
        elif found is not Format.OTHER or claims_media(attachment):
            raise MediaError(Reason.METADATA)

        async def read(start: int, stop: int) -> AsyncGenerator[bytes, None]:
            at = start
            async with self._shelf.stream(attachment, start) as pieces:
                async for piece in pieces:
                    wanted = piece[: stop - at]
                    yield patched(wanted, patches, begins_at=at) if patches else wanted
                    at += len(wanted)
                    if at >= stop:
                        return

        return Linked(attachment.name, attachment.mime.lower(), size, read)

    async def _patches_of(self, attachment: Attachment, size: int) -> tuple[Patch, ...]:
        key = attachment.location.partition("?")[0]
        if key not in self._patches:
            self._patches[key] = tuple(await self._look_through(attachment, size))
            if len(self._patches) > _REMEMBERED:
                self._patches.popitem(last=False)
        self._patches.move_to_end(key)
        return self._patches[key]

    async def _look_through(self, attachment: Attachment, size: int) -> list[Patch]:
        """Find out what is to be blanked in a film, by reading no more than its indexes."""
        tops: list[Box] = []
        at = 0
        while at + 8 <= size:
            if len(tops) == _MOST_BOXES:
                raise MediaError(Reason.METADATA)
            tops.append(box_at(await self._read(attachment, at, min(HEADER, size - at)), at, size))
            at = tops[-1].end
        if b"moov" not in {box.kind for box in tops}:
            raise MediaError(Reason.UNREADABLE)
        fragments = any(box.kind == b"moof" for box in tops)
        patches = [Patch(at, size - at)]
        for box in tops:
            if not is_kept(box):
                patches += blanked(box)
            elif box.kind in {b"moov", b"moof"}:
                if box.end - box.start > LARGEST_INDEX:
                    raise MediaError(Reason.METADATA)
                index = await self._read(attachment, box.start, box.end - box.start)
                patches += await asyncio.to_thread(index_patches, index, box.start, size, fragments=fragments)
            if len(patches) > _MOST_PATCHES:
                raise MediaError(Reason.METADATA)
        return patches

    async def _read(self, attachment: Attachment, start: int, length: int) -> bytes:
        found = bytearray()
        async with self._shelf.stream(attachment, start) as pieces:
            async for piece in pieces:
                found += piece
                if len(found) >= length:
                    break
        if len(found) < min(length, HEADER // 2):
            raise MediaError(Reason.UNREADABLE)
        return bytes(found[:length])


def _of_bytes(data: bytes) -> Callable[[int, int], AsyncGenerator[bytes, None]]:
    async def read(start: int, stop: int) -> AsyncGenerator[bytes, None]:
        for at in range(start, stop, _PIECE):
            yield data[at : min(at + _PIECE, stop)]

    return read
