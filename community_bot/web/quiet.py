"""An HTTP server that says nothing about itself: no version, no echo of what it did not understand."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.hdrs import SERVER

KEEP_ALIVE_SECONDS = 15.0


def answer(
    status: int, text: str, *, content_type: str = "text/plain; charset=utf-8", **headers: str
) -> web.Response:
    """Build an answer that is kept nowhere, is not guessed about, and does not name the software."""
    return web.Response(
        status=status,
        body=text.encode(),
        headers={
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            # aiohttp fills in its own and Python's version unless there is a value
            SERVER: "",
            **headers,
        },
    )


class QuietServer(web.Server):
    """Serve one handler. Requests are not logged, wrong ones are answered in two words."""

    def __call__(self) -> web.RequestHandler:
        """Make the protocol of one connection."""
        options: dict[str, Any] = {"access_log": None, "keepalive_timeout": KEEP_ALIVE_SECONDS}
        return _QuietProtocol(self, loop=asyncio.get_running_loop(), **options)


class _QuietProtocol(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # aiohttp's own answer quotes the request line it could not read; its log entry is what we want of it
        super().handle_error(request, status, exc, message)
        response = answer(status, "bad request\n" if status < 500 else "server error\n")
        response.force_close()
        return response
