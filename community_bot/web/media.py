"""The public page of files and faces: what the bridge cannot upload, behind links that say nothing.

It has a port of its own, which an operator's proxy forwards to; ``/metrics`` is not on it. Every wrong, ended or
forged link gets the same 404, and so does a file that is gone: nobody learns by asking.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from urllib.parse import quote

from aiohttp import web
from aiohttp.hdrs import SERVER

from bridges.listening import ListeningServer
from bridges.media.encoding import thumbnail
from bridges.media.file import MediaError, Reason
from bridges.media.linked import Linked, LinkedFiles, Shelf
from bridges.media.links import AvatarLinks, Letter, MediaLinks
from community_bot.logs import get_logger
from community_bot.web.callers import Callers
from community_bot.web.quiet import QuietServer, answer
from community_bot.web.ranges import NoSuchRangeError, asked_part

log = get_logger(__name__)

AVATAR_SIDE = 128
"""Pixels: what a webhook's picture is shown at, twice over."""
_STOP_SECONDS = 2.0
_FILE_KEPT_SECONDS = 600
_LETTER_KEPT = "public, max-age=604800, immutable"
_PICTURE_KEPT = "public, max-age=86400"
_SHOWN = frozenset(
    {
        *(f"image/{kind}" for kind in ("jpeg", "png", "gif", "webp")),
        *(f"video/{kind}" for kind in ("mp4", "webm", "quicktime")),
        *(f"audio/{kind}" for kind in ("mpeg", "ogg", "mp4", "flac", "wav", "webm", "aac")),
    }
)
"""What a browser may show by itself; anything else is only saved."""
_CLOSED = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    SERVER: "",
}


class MediaServer(ListeningServer):
    """Serve ``/m/`` (files), ``/a/`` (letter avatars) and ``/p/`` (Matrix avatars). ``port`` 0 chooses a free one.

    ``draw`` makes a letter avatar's PNG; it is called in a thread. Who takes nothing in for ``patience_seconds`` is
    let go. ``clock`` gives the time in UTC.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        links: MediaLinks,
        avatars: AvatarLinks,
        shelf: Shelf,
        files: LinkedFiles,
        draw: Callable[[Letter], bytes],
        callers: Callers | None = None,
        patience_seconds: float = 30.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(host, port, lambda: QuietServer(self._answer), stop_seconds=_STOP_SECONDS)
        self._links = links
        self._avatars = avatars
        self._shelf = shelf
        self._files = files
        self._draw = draw
        self._callers = callers or Callers()
        self._patience_seconds = patience_seconds
        self._clock = clock

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in {"GET", "HEAD"}:
            return answer(405, "only to be read\n", Allow="GET, HEAD")
        caller = self._callers.mark(request)
        if not self._callers.may_ask(caller):
            return _later()
        what, _, token = request.path.removeprefix("/").partition("/")
        try:
            if what == "a":
                return await self._letter(token)
            if what == "p":
                return await self._picture(token)
            if what == "m":
                return await self._file(request, token, caller)
        except MediaError as error:
            if error.reason is Reason.UNREACHABLE:
                log.warning("a linked file could not be fetched", reason=error.reason.value)
        return _nothing_here()

    async def _letter(self, token: str) -> web.Response:
        letter = self._avatars.open_letter(token.removesuffix(".png")) if token.endswith(".png") else None
        if letter is None:
            return _nothing_here()
        return _png(await asyncio.to_thread(self._draw, letter), _LETTER_KEPT)

    async def _picture(self, token: str) -> web.Response:
        location = self._avatars.open_picture(token)
        if location is None:
            return _nothing_here()
        picture = await self._shelf.avatar(location, AVATAR_SIDE)
        return _png(await asyncio.to_thread(thumbnail, picture, AVATAR_SIDE), _PICTURE_KEPT)

    async def _file(self, request: web.BaseRequest, token: str, caller: bytes) -> web.StreamResponse:
        opened = self._links.open(token)
        if opened is None:
            return _nothing_here()
        where, ends_at = opened
        with self._callers.streaming(caller) as there_is_room:
            if not there_is_room:
                return _later()
            async with self._files.open(where) as linked:
                return await self._send(request, linked, ends_at)

    async def _send(self, request: web.BaseRequest, linked: Linked, ends_at: datetime) -> web.StreamResponse:
        left = max(0, int((ends_at - self._clock()).total_seconds()))
        headers = {
            **_CLOSED,
            "Content-Type": linked.mime if linked.mime in _SHOWN else "application/octet-stream",
            "Content-Disposition": _disposition(linked),
            "Cache-Control": f"private, max-age={min(left, _FILE_KEPT_SECONDS)}, no-transform",
            "Accept-Ranges": "bytes",
        }
        # a player that asks "if it is still the same" has no mark of ours to ask with
        asked = None if "If-Range" in request.headers else request.headers.get("Range")
        try:
            part = asked_part(asked, linked.size)
        except NoSuchRangeError:
            return web.Response(status=416, headers={**_CLOSED, "Content-Range": f"bytes */{linked.size}"})
        begin, end = part or (0, linked.size)
        if part is not None:
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{linked.size}"
        response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
        response.content_length = end - begin
        await response.prepare(request)
        if request.method != "HEAD" and end > begin:
            try:
                # closed with the caller: a stream from a platform must not outlive who asked for it
                async with aclosing(linked.read(begin, end)) as pieces:
                    async for piece in pieces:
                        async with asyncio.timeout(self._patience_seconds):
                            await response.write(piece)
            except (MediaError, TimeoutError) as error:
                reason = error.reason.value if isinstance(error, MediaError) else "media.slow_reader"
                log.warning("a linked file broke off", reason=reason)
                # the length was promised: only a closed connection says that this is not all
                response.force_close()
                if request.transport is not None:
                    request.transport.abort()
                return response
        await response.write_eof()
        return response


def _nothing_here() -> web.Response:
    return answer(404, "nothing here\n", **_closed())


def _later() -> web.Response:
    return answer(429, "too much at once\n", **_closed(), **{"Retry-After": "60"})


def _closed() -> dict[str, str]:
    return {"Content-Security-Policy": _CLOSED["Content-Security-Policy"], "Referrer-Policy": "no-referrer"}


def _png(data: bytes, kept: str) -> web.Response:
    return web.Response(body=data, headers={**_CLOSED, "Content-Type": "image/png", "Cache-Control": kept})


def _disposition(linked: Linked) -> str:
    """Say how a file is to be treated and called (RFC 6266); names of any script are percent-encoded."""
    how = "inline" if linked.mime in _SHOWN else "attachment"
    plain = "file" + (mimetypes.guess_extension(linked.mime) or "")
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(linked.name[:150] or plain, safe='')}"
