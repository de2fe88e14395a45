"""Requests to a homeserver, over nio's connection, with an exact answer to: did it take effect?

nio's own senders wait on limits and repeat by themselves, and check every answer against a schema, which costs
more than all else the bridge does with a message. So requests go through ``AsyncClient.send`` directly.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import nio

from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError

API = "/_matrix/client/v3"
SECONDS = 30.0


class MissingError(EndError):
    """What was asked for is not there (404)."""


class MatrixClient:
    """A thin, strict road to the client-server API. ``user_id`` is the bot's own account."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self._client = client

    @property
    def user_id(self) -> str:
        return str(self._client.user_id)

    async def get(
        self, *path: str, query: Mapping[str, str] | None = None, timeout: float = SECONDS
    ) -> dict[str, Any]:
        """Read something. Raises :class:`MissingError` or one of the kinds of :class:`EndError`."""
        return await self._request("GET", path, query=query, timeout=timeout)

    async def put(self, *path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write something, e.g. an event under a transaction id. Raises as :meth:`get`."""
        return await self._request("PUT", path, body=body)

    async def post(self, *path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do something. Raises as :meth:`get`."""
        return await self._request("POST", path, body=body)

    async def delete(self, *path: str) -> dict[str, Any]:
        """Take something away. Raises as :meth:`get`."""
        return await self._request("DELETE", path)

    async def get_list(self, *path: str) -> list[dict[str, Any]]:
        """Read what is a list, as the whole state of a room is. Raises as :meth:`get`."""
        status, answer = await self._answer("GET", path)
        if status == 200 and isinstance(answer, list):
            return answer
        raise _explain(status, answer if isinstance(answer, dict) else {})

    async def _request(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float = SECONDS,
    ) -> dict[str, Any]:
        status, answer = await self._answer(method, path, query=query, body=body, timeout=timeout)
        if status == 200 and isinstance(answer, dict):
            return answer
        raise _explain(status, answer if isinstance(answer, dict) else {})

    async def _answer(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        timeout: float = SECONDS,
    ) -> tuple[int, object]:
        """Return the status and what was answered, None for what is no JSON."""
        address = API + "".join("/" + quote(part, safe="") for part in path)
        if query:
            address += "?" + urlencode(query)
        headers = {"Authorization": f"Bearer {self._client.access_token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body, ensure_ascii=False)
        try:
            async with asyncio.timeout(timeout):
                async with await self._client.send(method, address, data, headers, timeout=timeout) as response:
                    raw = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise NotSentError("matrix.unreachable") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UnsureError("matrix.no_answer") from error
        return response.status, _json(raw)


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


def _explain(status: int, answer: Mapping[str, Any]) -> EndError:
    """Say what an answer other than success means."""
    code = answer.get("errcode")
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        wait = answer.get("retry_after_ms")
        return NotSentError("matrix.limit", retry_after=wait / 1000 if isinstance(wait, int | float) else 2.0)
    if status == 413 or code == "M_TOO_LARGE":
        return RefusedError("matrix.too_large")
    if not isinstance(code, str) or not 400 <= status < 500:
        # 5xx, or a proxy's page while the homeserver behind it restarts: taken for its word, the page's 404 would
        # lose a message. Whatever came before it may have taken effect.
        return UnsureError("matrix.unavailable")
    kind, reason = MEANING.get(status, (RefusedError, "matrix.refused"))
    return kind(reason)
