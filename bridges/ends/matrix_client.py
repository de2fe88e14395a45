"""Requests to a homeserver, over nio's connection, with an exact answer to: did it take effect?

nio's own senders wait on limits and repeat by themselves, and check every answer against a schema, which costs
more than all else the bridge does with a message. So requests go through ``AsyncClient.send`` directly.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import nio

from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError

API = "/_matrix/client/v3"
API_V1 = "/_matrix/client/v1"
MEDIA = "/_matrix/media/v3"
SECONDS = 30.0
UPLOAD_SECONDS = 180.0
"""As long as a large file may take on a slow road; nothing else of the lane waits for a smaller one so long."""


class MissingError(EndError):
    """What was asked for is not there (404)."""


class TakenError(RefusedError):
    """The account is there already (M_USER_IN_USE)."""


class DoneError(RefusedError):
    """This very reaction of ours stands there already (M_DUPLICATE_ANNOTATION)."""


class MatrixClient:
    """A thin, strict road to the client-server API. ``user_id`` is the bot's own account.

    With an application service's token, ``as_user`` says for which of its accounts something is done, and ``ts``
    when an event is to have been sent (application-service API, "Identity assertion", "Timestamp massaging").
    """

    def __init__(self, client: nio.AsyncClient) -> None:
        self._client = client

    @property
    def user_id(self) -> str:
        return str(self._client.user_id)

    def opens(self, room_id: str) -> bool:
        """Say whether a room may be served although it is encrypted: none on this road (DOMAIN BRG-8)."""
        return False

    async def seals(self, room_id: str) -> bool:
        """Say whether what is said in a room goes encrypted. Raises the kinds of ``EndError``."""
        return False

    async def announce(self, room_id: str, words: str) -> None:
        """Say once, for as long as its keys are kept, in a room that is :meth:`opens` and encrypted."""

    async def get(
        self,
        *path: str,
        query: Mapping[str, str] | None = None,
        timeout: float = SECONDS,
        as_user: str | None = None,
        api: str = API,
    ) -> dict[str, Any]:
        """Read something. Raises :class:`MissingError` or one of the kinds of :class:`EndError`."""
        query = {**(query or {}), **_meaning(as_user)}
        return await self._request("GET", path, query=query, timeout=timeout, api=api)

    async def put(
        self, *path: str, body: Mapping[str, Any], as_user: str | None = None, ts: datetime | None = None
    ) -> dict[str, Any]:
        """Write something, e.g. an event under a transaction id. Raises as :meth:`get`."""
        return await self._request("PUT", path, query=_meaning(as_user, ts), body=body)

    async def post(
        self,
        *path: str,
        body: Mapping[str, Any],
        query: Mapping[str, str] | None = None,
        as_user: str | None = None,
        api: str = API,
    ) -> dict[str, Any]:
        """Do something. Raises as :meth:`get`."""
        return await self._request("POST", path, query={**(query or {}), **_meaning(as_user)}, body=body, api=api)

    async def delete(self, *path: str, as_user: str | None = None) -> dict[str, Any]:
        """Take something away. Raises as :meth:`get`."""
        return await self._request("DELETE", path, query=_meaning(as_user))

    async def get_list(self, *path: str) -> list[dict[str, Any]]:
        """Read what is a list, as the whole state of a room is. Raises as :meth:`get`."""
        status, answer, wait = await self._answer("GET", path)
        if status == 200 and isinstance(answer, list):
            return answer
        raise explain(status, answer if isinstance(answer, dict) else {}, wait)

    async def upload(self, data: bytes, mime: str) -> str:
        """Leave bytes with the homeserver and return their ``mxc://`` address. Raises as :meth:`get`.

        No name goes along: who may download it need not learn how its author calls their files.
        """
        status, answer, wait = await self._ask("POST", f"{MEDIA}/upload", data, mime, UPLOAD_SECONDS)
        if status == 200 and isinstance(answer, dict) and isinstance(answer.get("content_uri"), str):
            return str(answer["content_uri"])
        raise explain(status, answer if isinstance(answer, dict) else {}, wait)

    @asynccontextmanager
    async def download(
        self, server: str, media: str, *, timeout: float = UPLOAD_SECONDS
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open what lies under ``mxc://server/media`` for reading, whatever its status.

        The homeserver may point to where it keeps its media (MSC3860); our token does not go along to another host:
        aiohttp leaves it out there. Raises aiohttp's errors and :class:`TimeoutError`.
        """
        path = f"{API_V1}/media/download/{quote(server, safe='')}/{quote(media, safe='')}"
        headers = {"Authorization": f"Bearer {self._client.access_token}"}
        async with await self._client.send("GET", path, None, headers, timeout=timeout) as response:
            yield response

    async def _request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float = SECONDS,
        api: str = API,
    ) -> dict[str, Any]:
        status, answer, wait = await self._answer(method, path, query=query, body=body, timeout=timeout, api=api)
        if status == 200 and isinstance(answer, dict):
            return answer
        raise explain(status, answer if isinstance(answer, dict) else {}, wait)

    async def _answer(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float = SECONDS,
        api: str = API,
    ) -> tuple[int, object, float | None]:
        address = api + "".join("/" + quote(part, safe="") for part in path)
        if query:
            address += "?" + urlencode(query)
        data = None if body is None else json.dumps(body, ensure_ascii=False)
        return await self._ask(method, address, data, "application/json", timeout)

    async def _ask(
        self, method: str, address: str, data: str | bytes | None, mime: str, timeout: float
    ) -> tuple[int, object, float | None]:
        """Return the status, what was answered (None for what is no JSON), and how long a header says to wait."""
        headers = {"Authorization": f"Bearer {self._client.access_token}", "Content-Type": mime}
        try:
            async with asyncio.timeout(timeout):
                async with await self._client.send(
                    method,
                    address,
                    data,
                    headers,
                    timeout=timeout,
                ) as response:
                    raw = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise NotSentError("matrix.unreachable") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UnsureError("matrix.no_answer") from error
        return response.status, _json(raw), _seconds(response.headers.get("Retry-After"))


def _meaning(as_user: str | None, ts: datetime | None = None) -> dict[str, str]:
    """Return what a request says about whom it is made for, and when."""
    query = {} if as_user is None else {"user_id": as_user}
    return query if ts is None else {**query, "ts": str(int(ts.timestamp() * 1000))}


def _seconds(value: str | None) -> float | None:
    """Return a wait in seconds; None without one, or where it is a date, which the specification does not name."""
    return float(value) if value is not None and value.isascii() and value.isdigit() else None


def _json(raw: bytes) -> object:
    try:
        answer: object = json.loads(raw)
    except ValueError:
        # a proxy's page
        return None
    return answer


MEANING: Mapping[int, tuple[type[EndError], str]] = {
    401: (BlockedError, "matrix.login_lost"),
    403: (BlockedError, "matrix.forbidden"),
    404: (MissingError, "matrix.missing"),
}
"""What a refusal in the homeserver's own words means for a message; every other 4xx is ``matrix.refused``."""

NAMED: Mapping[str, tuple[type[EndError], str]] = {
    "M_USER_IN_USE": (TakenError, "matrix.taken"),
    "M_DUPLICATE_ANNOTATION": (DoneError, "matrix.done"),
    "M_CONNECTION_FAILED": (BlockedError, "matrix.appservice_unreachable"),
    "M_CONNECTION_TIMEOUT": (BlockedError, "matrix.appservice_unreachable"),
    "M_BAD_STATUS": (BlockedError, "matrix.appservice_unreachable"),
    "M_URL_NOT_SET": (BlockedError, "matrix.appservice_unreachable"),
}
"""What is meant whatever the status. All but the first two answer the ping of an application service."""


def explain(status: int, answer: Mapping[str, Any], wait: float | None = None) -> EndError:
    """Say what an answer other than success means; ``wait`` is the seconds its header names."""
    code = answer.get("errcode")
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        # what is named twice is named in milliseconds more exactly (client-server API, "Rate limiting")
        named_ms = answer.get("retry_after_ms")
        seconds = named_ms / 1000 if isinstance(named_ms, int | float) else wait
        return NotSentError("matrix.limit", retry_after=2.0 if seconds is None else seconds)
    if isinstance(code, str) and code in NAMED:
        named, reason = NAMED[code]
        return named(reason)
    if status == 413 or code == "M_TOO_LARGE":
        return RefusedError("matrix.too_large")
    if not isinstance(code, str) or not 400 <= status < 500:
        # 5xx, or a proxy's page while the homeserver behind it restarts: taken for its word, the page's 404 would
        # lose a message. Whatever came before it may have taken effect.
        return UnsureError("matrix.unavailable")
    kind, reason = MEANING.get(status, (RefusedError, "matrix.refused"))
    return kind(reason)
