"""Where a homeserver brings what happened: a listener of its own, for the homeserver alone.

A transaction is acknowledged when what it brought is written down, not before. Until then the homeserver keeps it
and brings it again, in the same order (application-service API, "Pushing events").
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import structlog
from aiohttp import web
from aiohttp.hdrs import SERVER

from bridges.ends.matrix_pushed import Event
from bridges.ends.port import EndError
from bridges.listening import ListeningServer

log = structlog.get_logger("bridges.matrix")

PREFIX = "/_matrix/app/v1/"
MOST_BYTES = 32 * 1024 * 1024
"""A hundred events of 64 KiB, which is the most Synapse sends, each with what it replaced, escaped as JSON."""
REMEMBERED = 200
"""Transactions that are passed over at a glance; every older one meets the unique (end, event id)."""
STOP_SECONDS = 5.0
"""For the transaction at hand; one that is cut off comes again."""

Take = Callable[[Sequence[Event], Sequence[Event]], Awaitable[object]]
"""Takes in events, and beside them what is of the moment (typing). It returns when all is written down."""


class TransactionListener(ListeningServer):
    """Take transactions from the homeserver that knows ``hs_token``, one after the other.

    ``port`` 0 chooses a free one, see :attr:`url`. :attr:`taken` counts the transactions that were written down;
    :attr:`problem` is a stable code while the last one was not; :attr:`failed` is set whenever one was not.
    """

    def __init__(self, host: str, port: int, *, hs_token: str, take: Take) -> None:
        super().__init__(host, port, lambda: _Server(self._answer), stop_seconds=STOP_SECONDS)
        self._hs_token = hs_token.encode()
        self._take = take
        self._done: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        self._in_order = asyncio.Lock()
        self.taken = 0
        self.problem: str | None = None
        self.failed = asyncio.Event()

    # ── one request

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        # a part of the path may hold "/" as %2F: split before it is read
        what, *rest = request.raw_path.partition("?")[0].removeprefix(PREFIX).split("/")
        match request.method, what, len(rest):
            case "PUT", "transactions", 1 if rest[0]:
                return await self._transaction(unquote(rest[0]), request)
            case "POST", "ping", 0:
                return _json(200, {})
            case "GET", "users" | "rooms", 1:
                # ghosts and rooms are made when there is something to say, never because somebody asks for them
                return _refused(404, "M_NOT_FOUND")
        return _refused(404, "M_UNRECOGNIZED")

    def _refusal(self, request: web.BaseRequest) -> web.Response | None:
        if not request.raw_path.startswith(PREFIX):
            return _refused(404, "M_UNRECOGNIZED")
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            return _refused(401, "M_UNAUTHORIZED")
        # bytes: a header may hold what is no ASCII, and that cannot be compared as text
        if not hmac.compare_digest(token.encode(errors="surrogateescape"), self._hs_token):
            log.warning("a transaction came with a wrong token")
            return _refused(403, "M_FORBIDDEN")
        return None

    async def _transaction(self, txn_id: str, request: web.BaseRequest) -> web.Response:
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _refused(413, "M_TOO_LARGE")
        try:
            content = json.loads(raw)
        except ValueError:
            return _refused(400, "M_NOT_JSON")
        if not isinstance(content, dict) or not isinstance(content.get("events"), list):
            return _refused(400, "M_BAD_JSON")
        # with what it brought: a homeserver whose database was lost counts from one again
        known = txn_id, sha256(raw).digest()
        async with self._in_order:
            if known in self._done:
                return _json(200, {})
            if not await self._take_in(content):
                return _refused(503, "M_UNKNOWN")
            self._done[known] = None
            if len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        return _json(200, {})

    async def _take_in(self, content: dict[str, Any]) -> bool:
        """Hand on what came; say whether it is written down."""
        try:
            await self._take(_events(content, "events"), _ephemeral(content))
        except EndError as error:
            self._fail(error.reason)
            log.warning("a transaction is held up", reason=error.reason)
            return False
        except Exception:  # whatever it was, nothing is written down, and the homeserver is to bring it again
            self._fail("matrix.transaction_failed")
            log.exception("a transaction was not taken")
            return False
        self.taken += 1
        self.problem = None
        return True

    def _fail(self, reason: str) -> None:
        self.problem = reason
        self.failed.set()


def _events(content: dict[str, Any], name: str) -> list[Event]:
    listed = content.get(name)
    return [event for event in listed if isinstance(event, dict)] if isinstance(listed, list) else []


def _ephemeral(content: dict[str, Any]) -> list[Event]:
    return _events(content, "ephemeral") or _events(content, "de.sorunome.msc2409.ephemeral")


# ── an HTTP server that says nothing about itself


def _json(status: int, content: dict[str, str]) -> web.Response:
    # aiohttp names itself and Python's version unless there is a value
    return web.json_response(content, status=status, headers={"Cache-Control": "no-store", SERVER: ""})


def _refused(status: int, code: str) -> web.Response:
    return _json(status, {"errcode": code, "error": code})


class _Server(web.Server):
    """Serve one handler, with room for a large transaction; requests are not logged."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handler, request_factory=self._request)

    def __call__(self) -> web.RequestHandler:
        """Make the protocol of one connection."""
        options: dict[str, Any] = {"access_log": None}
        return _Protocol(self, loop=asyncio.get_running_loop(), **options)

    def _request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MOST_BYTES)


class _Protocol(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # aiohttp's own answer quotes the request line it could not read; its log entry is what we want of it
        super().handle_error(request, status, exc, message)
        response = _refused(status, "M_BAD_JSON" if status < 500 else "M_UNKNOWN")
        response.force_close()
        return response
