"""Files that lie somewhere, as the page of links finds them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridges.media.file import Attachment, MediaError, Reason
from bridges.media.links import Where

PIECE = 7


class MemoryShelf:
    """Keeps the whole contract of :class:`bridges.media.linked.Shelf`, and can lose what it has."""

    def __init__(self) -> None:
        self.files: dict[Where, tuple[Attachment, bytes]] = {}
        self.avatars: dict[str, bytes] = {}
        self.breaks_at: int | None = None
        self.unreachable = False
        self.piece = PIECE
        self.read = 0
        self.open_streams = 0

    def lay(self, where: Where, attachment: Attachment, data: bytes) -> None:
        self.files[where] = attachment, data

    async def find(self, where: Where) -> Attachment | None:
        if self.unreachable:
            raise MediaError(Reason.UNREACHABLE)
        found = self.files.get(where)
        return None if found is None else found[0]

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        data = self._data(attachment)
        if len(data) > limit:
            raise MediaError(Reason.TOO_LARGE)
        return data

    @asynccontextmanager
    async def stream(self, attachment: Attachment, start: int) -> AsyncIterator[AsyncIterator[bytes]]:
        data = self._data(attachment)
        self.open_streams += 1
        try:
            yield self._pieces(data, start)
        finally:
            self.open_streams -= 1

    async def avatar(self, location: str, side: int) -> bytes:
        if location not in self.avatars:
            raise MediaError(Reason.GONE)
        return self.avatars[location]

    async def _pieces(self, data: bytes, start: int) -> AsyncIterator[bytes]:
        for at in range(start, len(data), self.piece):
            if self.breaks_at is not None and at >= self.breaks_at:
                raise MediaError(Reason.UNREACHABLE)
            self.read += self.piece
            yield data[at : at + self.piece]

    def _data(self, attachment: Attachment) -> bytes:
        for each, data in self.files.values():
            if each.location == attachment.location:
                return data
        raise MediaError(Reason.GONE)
