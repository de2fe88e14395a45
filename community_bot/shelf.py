"""Files behind links, found again on their platforms: through the bridge, which knows whom it may read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from bridges.bridge import Bridge
from bridges.ends.discord_downloads import Downloads
from bridges.ends.matrix_home import MatrixHome
from bridges.ends.port import EndError
from bridges.media.file import Attachment, MediaError, Reason
from bridges.media.links import Where
from bridges.media.whereabouts import place_of
from db.bridge_rows import Platform


class BridgeShelf:
    """Fulfils :class:`bridges.media.linked.Shelf`. What the bridge serves no more is gone for links, too."""

    def __init__(self, bridge: Bridge, downloads: Downloads | None, matrix: MatrixHome | None) -> None:
        self._bridge = bridge
        self._downloads = downloads
        self._matrix = matrix

    async def find(self, where: Where) -> Attachment | None:
        place, thread = place_of(where)
        end = self._bridge.end_at(place)
        if end is None:
            return None
        try:
            message = await end.read(where.message, thread)
        except EndError as error:
            raise MediaError(Reason.UNREACHABLE) from error
        # Discord signs its addresses anew with every reading
        wanted = where.location.partition("?")[0]
        files = message.attachments if message is not None else ()
        return next((each for each in files if each.location.partition("?")[0] == wanted), None)

    def stream(self, attachment: Attachment, start: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        if attachment.platform is Platform.DISCORD and self._downloads is not None:
            return self._downloads.stream(attachment, start)
        if attachment.platform is Platform.MATRIX and self._matrix is not None:
            return self._matrix.media.stream(attachment, start)
        raise MediaError(Reason.GONE)

    async def avatar(self, location: str, side: int) -> bytes:
        if self._matrix is None:
            raise MediaError(Reason.GONE)
        return await self._matrix.media.thumbnail(location, side)
