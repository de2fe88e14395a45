"""A road to the homeserver on which things go wrong: a proxy on this machine that the bot talks to instead."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from sandbox.faults import AFTER, BEFORE, Fault, Rules

_RECORDS_KEPT = 10_000
_BODY_BYTES = 128 * 1024 * 1024
_CHUNK = 64 * 1024
# What belongs to one connection and not to what travels over it (RFC 9110, 7.6.1).
_OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host"})


@dataclass(slots=True)
class RoadRecord:
    """One request that came along; `status` is None where no whole answer went back. Times are monotonic
    seconds."""

    method: str
    path: str
    started: float
    status: int | None = None
    took_effect: bool = False
    fault: str | None = None
    finished: float | None = None


class TroubledRoad:
    """Stand before a homeserver, or before any HTTP server; use it as an async context manager.

    Before the door at which the bot takes an application service's transactions it troubles the other direction.

    Paths in faults begin with `/_matrix` and are as they were sent, without their query. `faults.strikes` tells
    what was struck, each `Fault.hits` how often.
    """

    def __init__(self, target: str, *, port: int = 0, seed: int = 0) -> None:
        self.faults = Rules(seed)
        self.requests: deque[RoadRecord] = deque(maxlen=_RECORDS_KEPT)
        self._target = target.rstrip("/")
        self._port = port
        self._open = True
        self._happened = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # What was compressed travels on as it is; a sync may take its time.
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type", "Accept"),
        )
        app = web.Application(client_max_size=_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=512).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    @property
    def url(self) -> str:
        """Address the road: http://127.0.0.1:PORT."""
        assert self._runner is not None, "the address is known once the road has been entered"
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    # ── what a test does

    def cut(self) -> None:
        """Break off every connection that is open now, idle or with a sync that waits; new ones go through."""
        server = self._runner.server if self._runner is not None else None
        for connection in server.connections if server is not None else ():
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()

    def close_gate(self) -> None:
        """Break off every connection, now and from now on: the homeserver is away."""
        self._open = False
        self.cut()

    def open_gate(self) -> None:
        """Let requests through again."""
        self._open = True

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until a condition holds, looked at whenever a request comes or ends. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self._happened.wait()

    def waiting(self, path: str) -> int:
        """Return how many requests whose path ends like this have not been answered yet."""
        return sum(record.finished is None and record.path.endswith(path) for record in self.requests)

    def _wake(self) -> None:
        self._happened.set()
        self._happened = asyncio.Event()

    # ── one request

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        record = RoadRecord(request.method, request.rel_url.raw_path, time.monotonic())
        self.requests.append(record)
        self._wake()
        try:
            return await self._serve(request, record)
        finally:
            record.finished = time.monotonic()
            self._wake()

    async def _serve(self, request: web.Request, record: RoadRecord) -> web.StreamResponse:
        method, path = record.method, record.path
        if not self._open:
            return _gone(request)
        if (late := self.faults.strike(method, path, "delay")) is not None:
            record.fault = late.kind
            await asyncio.sleep(late.seconds)
        if (early := self.faults.strike(method, path, *BEFORE)) is not None:
            record.fault = early.kind
            return _gone(request) if early.kind == "lost_request" else _refuse(early, record)
        body = await request.read()
        try:
            async with self._ask(request, body) as answer:
                record.took_effect = answer.status < 400
                after = self.faults.strike(method, path, *AFTER) if record.took_effect else None
                if after is not None:
                    record.fault = after.kind
                    return await self._break(request, answer, after, record)
                return await _pass_on(request, answer, record)
        except aiohttp.ClientConnectionError:
            return _gone(request)  # the homeserver is not there: its clients see just that

    def _ask(self, request: web.Request, body: bytes) -> Any:
        assert self._session is not None, "enter the road first"
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP
        )
        address = URL(self._target + request.rel_url.raw_path_qs, encoded=True)
        return self._session.request(
            request.method, address, data=body or None, headers=headers, allow_redirects=False
        )

    async def _break(
        self, request: web.Request, answer: aiohttp.ClientResponse, fault: Fault, record: RoadRecord
    ) -> web.StreamResponse:
        whole = await answer.read()
        if fault.kind == "late_5xx":
            return _refuse(fault, record)
        if fault.kind == "cut":
            begun = web.StreamResponse(status=answer.status, headers=_headers(answer))
            begun.content_length = len(whole) + 1
            await begun.prepare(request)
            await begun.write(whole[: len(whole) // 2])
        return _gone(request)


async def _pass_on(request: web.Request, answer: aiohttp.ClientResponse, record: RoadRecord) -> web.StreamResponse:
    passed = web.StreamResponse(status=answer.status, headers=_headers(answer))
    with contextlib.suppress(ConnectionError):  # the client has gone; there is nobody to answer
        await passed.prepare(request)
        async for piece in answer.content.iter_chunked(_CHUNK):
            await passed.write(piece)
        await passed.write_eof()
        record.status = answer.status
    return passed


def _headers(answer: aiohttp.ClientResponse) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in answer.headers.items() if name.lower() not in _OF_ONE_HOP)


def _gone(request: web.Request) -> web.Response:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # nobody reads this


def _refuse(fault: Fault, record: RoadRecord) -> web.Response:
    record.status = fault.code
    if fault.kind == "limited":
        waits = int(fault.seconds * 1000)
        told = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": waits}
        return web.json_response(told, status=429, headers={"Retry-After": str(-(-waits // 1000))})
    return web.json_response({"errcode": "M_UNKNOWN", "error": "the road was told to fail"}, status=fault.code)
