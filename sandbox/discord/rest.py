"""The HTTP API: who asks, may they, what happens, and what goes wrong on the way."""

import asyncio
import json
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from sandbox.discord.faults import Faults
from sandbox.discord.ratelimits import Limiter, Verdict
from sandbox.discord.records import RequestRecord
from sandbox.discord.routes import INTERACTION_CALLBACK, Route, read_route, strip_api
from sandbox.discord.world import Reply, Upload, World
from sandbox.faults import AFTER, BEFORE, Fault

_RECORDS_KEPT = 10_000
_FILE_BYTES = 10 * 1024 * 1024  # an application's limit per file (reference.mdx, Uploading Files)
_LONGEST_DESCRIPTION = 1024  # characters of an alternative text (message.mdx, Attachment Object)
_OF_A_SOUND = ("duration_secs", "waveform")

# These carry their own token in the path.
_OWN_TOKEN = ("/webhooks/{id}/{token}", INTERACTION_CALLBACK)


class RefusedError(Exception):
    """A request Discord would not carry out; holds the answer."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.reply = Reply(status, {"code": code, "message": message})


@dataclass(slots=True)
class _Body:
    json: Any = None
    files: list[Upload] = field(default_factory=list)


class RestApi:
    """Answer every request under ``/api`` and record it.

    ``unsupported`` lists what the simulated Discord was asked for and cannot do: a test that lists nothing
    there has met no gap.
    """

    def __init__(self, world: World, token: str, limiter: Limiter, faults: Faults) -> None:
        self._world = world
        self._token = token
        self._limiter = limiter
        self._faults = faults
        self.requests: deque[RequestRecord] = deque(maxlen=_RECORDS_KEPT)
        self.unsupported: list[str] = []
        self.gateway_url = ""
        self.on_change: Callable[[], None] = lambda: None
        self.on_answer: Callable[[], None] = lambda: None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one request: faults, rate limit, authorization, effect, answer."""
        path = strip_api(request.rel_url.raw_path)
        if path is None:
            return _json_response(404, {"message": "404: Not Found", "code": 0})
        route = read_route(request.method, path)
        record = RequestRecord(
            route.method, route.path, route.template, dict(request.query), started=time.monotonic()
        )
        self.requests.append(record)
        try:
            return await self._serve(request, route, record)
        finally:
            record.finished = time.monotonic()
            self.on_answer()

    async def _serve(self, request: web.Request, route: Route, record: RequestRecord) -> web.StreamResponse:
        faults, method, path = self._faults, route.method, route.path
        if (late := faults.strike(method, path, "delay")) is not None:
            record.fault = late.kind
            await asyncio.sleep(late.seconds)
        if (early := faults.strike(method, path, *BEFORE)) is not None:
            record.fault = early.kind
            return self._break_off(request, record, early, {})
        caller = request.headers.get("Authorization") or f"ip {request.remote}"
        verdict = self._limiter.admit(route, caller, self._world.webhook_channel(route))
        if verdict.scope is not None:
            return self._answer(record, Reply(429, verdict.body), verdict.headers)
        try:
            self._authorize(request, route, record)
            reply = self._carry_out(request, route, await self._read(request, record))
        except RefusedError as refused:
            return self._answer(record, refused.reply, verdict.headers)
        if reply.gap is not None:
            self._note_gap(f"{method} {route.template}: {reply.gap}")
        record.took_effect = reply.status < 400
        if record.took_effect:
            if method != "GET":
                self.on_change()
            if (after := faults.strike(method, path, *AFTER)) is not None:
                record.fault = after.kind
                if after.kind == "cut":
                    return await self._cut(request, record, reply)
                return self._break_off(request, record, after, verdict.headers)
        return self._answer(record, reply, verdict.headers)

    def _note_gap(self, gap: str) -> None:
        if gap not in self.unsupported:
            self.unsupported.append(gap)

    def _authorize(self, request: web.Request, route: Route, record: RequestRecord) -> None:
        record.authorized = request.headers.get("Authorization") == f"Bot {self._token}"
        if not record.authorized and not _open_to_all(route):
            raise RefusedError(401, 0, "401: Unauthorized")

    def _break_off(
        self, request: web.Request, record: RequestRecord, fault: Fault, headers: dict[str, str]
    ) -> web.StreamResponse:
        """End a request as a fault says: no answer at all, or one that says the server failed."""
        if fault.kind in ("lost_request", "lost_answer"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)  # nobody reads this
        if fault.kind == "limited":
            asked = Verdict({"X-RateLimit-Scope": "user"}, fault.seconds, "user")
            told = {"Retry-After": str(math.ceil(fault.seconds)), "Via": "1.1 sandbox"}
            return self._answer(record, Reply(429, asked.body), headers | asked.headers | told)
        return self._answer(record, Reply(fault.code, _server_error(fault.code)), headers)

    async def _cut(self, request: web.Request, record: RequestRecord, reply: Reply) -> web.StreamResponse:
        """Break off in the middle of an answer."""
        whole = self._answer(record, reply, {})
        body = whole.body if isinstance(whole.body, bytes) else b""
        begun = web.StreamResponse(status=reply.status, headers={"Content-Type": "application/json"})
        begun.content_length = len(body) + 1
        record.status = None
        await begun.prepare(request)
        await begun.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return begun

    def _carry_out(self, request: web.Request, route: Route, body: _Body) -> Reply:
        if route.method == "GET" and route.template == "/gateway":
            return Reply(200, {"url": self.gateway_url})
        if route.method == "GET" and route.template == "/gateway/bot":
            limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
            return Reply(200, {"url": self.gateway_url, "shards": 1, "session_start_limit": limit})
        reason = request.headers.get("X-Audit-Log-Reason")
        return self._world.request(
            route,
            json=body.json,
            params=dict(request.query),
            files=body.files,
            reason=unquote(reason) if reason else None,
        )

    def _answer(self, record: RequestRecord, reply: Reply, headers: dict[str, str]) -> web.Response:
        record.status = reply.status
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        text = json.dumps(reply.body, separators=(",", ":"), ensure_ascii=False)
        text = self._world.cdn.outward(text)
        record.response = json.loads(text)
        return _json_text(reply.status, text, headers)

    # ------------------------------------------------------------------ reading

    async def _read(self, request: web.Request, record: RequestRecord) -> _Body:
        if request.content_type == "multipart/form-data":
            body = await self._read_form(request)
        else:
            raw = await request.text()
            body = _Body(self._parse(raw)) if raw else _Body()
        record.json, record.files = body.json, tuple(upload.filename for upload in body.files)
        return body

    def _parse(self, raw: str) -> Any:
        try:
            return json.loads(self._world.cdn.inward(raw))
        except ValueError:
            raise RefusedError(400, 50109, "The request body contains invalid JSON.") from None

    async def _read_form(self, request: web.Request) -> _Body:
        """Read ``payload_json`` and ``files[n]``, in the order of n (reference.mdx, Uploading Files)."""
        body = _Body()
        fields: dict[str, Any] = {}
        uploads: list[tuple[str, Upload]] = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise RefusedError(400, 50035, "Invalid Form Body")
            data = bytes(await part.read(decode=True))
            if part.name == "payload_json":
                body.json = self._parse(data.decode())
            elif part.filename is None:
                fields[part.name or ""] = data.decode()
            elif len(data) > _FILE_BYTES:
                raise RefusedError(413, 40005, "Request entity too large")
            else:
                uploads.append((part.name or "", Upload(part.filename, BytesIO(data))))
        if body.json is None and fields:
            body.json = fields
        declared = _declared(body.json)
        for name, upload in sorted(uploads, key=lambda named: _place(named[0])):
            about = declared.get(name, {})
            upload.description = about.get("description")
            if len(upload.description or "") > _LONGEST_DESCRIPTION:
                raise RefusedError(400, 50035, "Invalid Form Body")
            upload.sound = {key: about[key] for key in _OF_A_SOUND if about.get(key) is not None}
            body.files.append(upload)
        return body


def _place(field: str) -> int:
    """Return the n of ``files[n]``."""
    digits = field.removeprefix("files[").removesuffix("]")
    return int(digits) if digits.isdecimal() else 0


def _declared(payload: Any) -> dict[str, dict[str, Any]]:
    """Return what is said of each file, by field; it stands in the message, wherever the request carries that."""
    if not isinstance(payload, dict):
        return {}
    carriers = (payload, payload.get("data"), payload.get("message"))
    attachments = [
        item
        for carrier in carriers
        if isinstance(carrier, dict)
        for item in carrier.get("attachments") or []
        if isinstance(item, dict)
    ]
    return {f"files[{item.get('id')}]": item for item in attachments}


def _open_to_all(route: Route) -> bool:
    """Tell whether the route's own token, or nothing, is all it asks for."""
    return route.template == "/gateway" or route.template.startswith(_OWN_TOKEN)


def _server_error(status: int) -> dict[str, Any]:
    return {"message": f"{status}: the simulated Discord was told to fail", "code": 0}


def _json_response(status: int, body: Any) -> web.Response:
    return _json_text(status, json.dumps(body), {})


def _json_text(status: int, text: str, headers: dict[str, str]) -> web.Response:
    # Exactly "application/json": with a charset behind it, discord.py takes the body for text.
    return web.Response(status=status, body=text.encode(), headers={**headers, "Content-Type": "application/json"})
