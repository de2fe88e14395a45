"""Files that lie with a homeserver: fetched, uploaded, each once."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

import aiohttp

from bridges.bounded import Bounded
from bridges.ends.matrix_client import API_V1, MatrixClient, MissingError
from bridges.ends.matrix_files import Uploaded
from bridges.ends.matrix_secret_files import SEALED_MIME, bare, is_file, opened_bytes, sealed_bytes
from bridges.ends.port import EndError, NotSentError, RefusedError, UnsureError
from bridges.markup.matrix_links import is_mxc
from bridges.media.carrying import MEBIBYTE, Carrier
from bridges.media.encoding import thumbnail
from bridges.media.file import MATRIX_SCHEME, Attachment, Carried, Failed, File, Kind, MediaError, Reason
from bridges.media.streaming import from_byte

DATA = "data:"
"""Begins the location of a file that is not anywhere yet: code that is too long to be read in a conversation."""
MOST_UPLOADS = 500
UPLOAD_KEPT_SECONDS = 3600.0
"""For how long an upload serves other rooms, and a message that is tried again."""
LIMIT_KEPT_SECONDS = 3600.0
USUAL_LIMIT = 50 * MEBIBYTE
"""Synapse's, for a homeserver that does not say."""
CHUNK = 64 * 1024
FACE_LIMIT = 8 * MEBIBYTE
FETCH_SECONDS = 120.0


class MatrixMedia:
    """Fetches and uploads for one account. ``clock`` gives seconds that only go forward.

    Without a :attr:`carrier` no file crosses: each is told of by its name.
    """

    def __init__(self, client: MatrixClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._uploads: Bounded[bytes, tuple[Uploaded, float]] = Bounded(MOST_UPLOADS)
        """By a digest of where the file lay: long code has its words in its location."""
        self._bringing: dict[bytes, asyncio.Lock] = {}
        self._limit: tuple[int, float] | None = None
        self.carrier: Carrier | None = None

    # ── fetching

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """Fetch a file over authenticated media; :data:`bridges.media.carrying.Fetch` says what it raises.

        It is the homeserver that asks the others: no address that somebody wrote is called by us.
        """
        if not is_file(attachment.location):
            raise MediaError(Reason.UNREADABLE)
        server, _, media = bare(attachment.location).removeprefix(MATRIX_SCHEME).partition("/")
        data = bytearray()
        try:
            async with asyncio.timeout(FETCH_SECONDS), self._client.download(server, media) as response:
                _look_at(response.status)
                if (response.content_length or 0) > limit:
                    raise MediaError(Reason.TOO_LARGE)
                async for chunk in response.content.iter_chunked(CHUNK):
                    data += chunk
                    if len(data) > limit:
                        raise MediaError(Reason.TOO_LARGE)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise MediaError(Reason.UNREACHABLE) from error
        return await asyncio.to_thread(opened_bytes, bytes(data), attachment.location)

    @asynccontextmanager
    async def stream(self, attachment: Attachment, start: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a file at byte ``start``, for as long as the block runs. Raises :class:`MediaError`."""
        if not is_mxc(attachment.location):
            raise MediaError(Reason.UNREADABLE)
        server, _, media = attachment.location.removeprefix(MATRIX_SCHEME).partition("/")
        try:
            async with self._client.download(server, media) as response:
                _look_at(response.status)
                yield from_byte(response.content.iter_chunked(CHUNK), start)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise MediaError(Reason.UNREACHABLE) from error

    async def thumbnail(self, location: str, side: int) -> bytes:
        """Fetch a picture as a PNG that fits in a square of ``side`` pixels. Raises :class:`MediaError`."""
        picture = Attachment("avatar", Kind.IMAGE, "image/*", None, location)
        return await asyncio.to_thread(thumbnail, await self.fetch(picture, FACE_LIMIT), side)

    # ── uploading

    async def bring(self, attachment: Attachment, *, most: int | None = None, sealed: bool = False) -> Uploaded:
        """Leave a file of another place with our homeserver, or return where it lies already.

        With ``sealed`` it lies there encrypted, and its address has its key.
        Raises :class:`MediaError` when it cannot be had, is too large, or is not taken, and :class:`NotSentError`
        when the homeserver cannot be asked now.
        """
        key = sha256(f"{sealed}|{attachment.location.partition('?')[0]}".encode()).digest()
        turn = self._bringing.setdefault(key, asyncio.Lock())
        try:
            # two rooms that want the same file wait for one upload
            async with turn:
                known = self._uploads.get(key)
                if known is not None and self._clock() - known[1] < UPLOAD_KEPT_SECONDS:
                    return known[0]
                uploaded = await self._bring(attachment, most, sealed)
                self._uploads.put(key, (uploaded, self._clock()))
                return uploaded
        finally:
            if not turn.locked():
                self._bringing.pop(key, None)

    async def _bring(self, attachment: Attachment, most: int | None, sealed: bool) -> Uploaded:
        limit = await self._upload_limit()
        limit = limit if most is None else min(limit, most)
        if attachment.location.startswith(DATA):
            data = b64decode(attachment.location.partition(",")[2])
            return await self._upload(File(attachment.name, attachment.kind, attachment.mime, data), limit, sealed)
        if self.carrier is None:
            raise MediaError(Reason.GONE)
        async with self.carrier.carry([attachment], limit) as (carried,):
            return await self._upload(carried, limit, sealed)

    async def _upload(self, carried: Carried, limit: int, sealed: bool) -> Uploaded:
        if isinstance(carried, Failed):
            raise MediaError(carried.reason)
        if not isinstance(carried, File) or carried.size > limit:
            raise MediaError(Reason.TOO_LARGE)
        if sealed:
            data, behind = await asyncio.to_thread(sealed_bytes, carried.data)
            return Uploaded.of(carried, await self.upload(data, SEALED_MIME) + behind)
        return Uploaded.of(carried, await self.upload(carried.data, carried.mime))

    async def upload(self, data: bytes, mime: str) -> str:
        """Leave bytes with the homeserver. Raises as :meth:`bring`."""
        try:
            return await self._client.upload(data, mime)
        except RefusedError as error:
            large = error.reason == "matrix.too_large"
            raise MediaError(Reason.TOO_LARGE if large else Reason.UNREADABLE) from error
        except (NotSentError, UnsureError) as error:
            # an upload that nobody was told of is nothing that was said
            raise NotSentError(error.reason, retry_after=error.retry_after) from error
        except EndError as error:
            if error.reason == "matrix.login_lost":
                raise NotSentError(error.reason) from error
            # this account may not upload (any more): its words may cross all the same
            raise MediaError(Reason.TOO_LARGE) from error

    async def _upload_limit(self) -> int:
        if self._limit is not None and self._clock() - self._limit[1] < LIMIT_KEPT_SECONDS:
            return self._limit[0]
        try:
            told = await self._client.get("media", "config", api=API_V1)
        except (MissingError, RefusedError):
            # from before authenticated media (spec 1.11)
            told = {}
        except EndError as error:
            raise NotSentError(error.reason, retry_after=error.retry_after) from error
        size = told.get("m.upload.size")
        limit = size if isinstance(size, int) and size > 0 else USUAL_LIMIT
        self._limit = limit, self._clock()
        return limit


def _look_at(status: int) -> None:
    """Raise what an answer other than the file itself means."""
    if status == 200:
        return
    if status == 413:
        raise MediaError(Reason.TOO_LARGE)
    if status in (400, 403, 404, 410):
        raise MediaError(Reason.GONE)
    raise MediaError(Reason.UNREACHABLE)
