"""Ask a Matrix homeserver something over HTTP, with aiohttp and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL


class MatrixRefusedError(Exception):
    """Report an answer outside 2xx.

    `status` is the HTTP status, `code` the Matrix one (M_FORBIDDEN, M_LIMIT_EXCEEDED …), `retry_after` the
    seconds the server asks to wait, where it says so.
    """

    def __init__(self, status: int, code: str, text: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {text}")
        self.status = status
        self.code = code
        self.retry_after = retry_after


class MatrixRequests:
    """Hold one HTTP session to one homeserver, with or without an access token."""

    def __init__(self, url: str, access_token: str | None = None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        *path: str,
        json: Mapping[str, Any] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> dict[str, Any]:
        """Send one request and return its JSON object.

        The path is given in parts, each escaped by itself: room and event ids hold characters that addresses
        do not. Raises MatrixRefusedError for a refusal and aiohttp.ClientError when the server cannot be reached.
        """
        content: dict[str, Any] = await self._ask(method, path, json, query)
        return content

    async def ask_for_list(self, method: str, *path: str) -> list[dict[str, Any]]:
        """Send one request that is answered with a list; refusals as for :meth:`ask`."""
        content: list[dict[str, Any]] = await self._ask(method, path, None, None)
        return content

    async def _ask(
        self,
        method: str,
        path: Sequence[str],
        json: Mapping[str, Any] | None,
        query: Mapping[str, str | int] | None,
    ) -> Any:
        async with self._open().request(method, self._address(path, query), json=json) as answer:
            content = await answer.json()
            if answer.ok:
                return content
        raise _refusal(answer.status, content)

    async def fetch(self, *path: str) -> bytes:
        """Get something that is no JSON; refusals as for :meth:`ask`."""
        async with self._open().get(self._address(path)) as answer:
            if answer.ok:
                return await answer.read()
            raise _refusal(answer.status, await answer.json())

    async def upload(self, name: str, data: bytes, kind: str) -> str:
        """Hand a file to the homeserver and return its mxc address; refusals as for :meth:`ask`."""
        address = self._address(("_matrix", "media", "v3", "upload"), {"filename": name})
        async with self._open().post(address, data=BytesIO(data), headers={"Content-Type": kind}) as answer:
            content: dict[str, Any] = await answer.json()
            if answer.ok:
                return str(content["content_uri"])
        raise _refusal(answer.status, content)

    def _address(self, path: Sequence[str], query: Mapping[str, str | int] | None = None) -> URL:
        address = self._url + "".join(f"/{quote(part, safe='')}" for part in path)
        return URL(address + (f"?{urlencode(query)}" if query else ""), encoded=True)

    async def close(self) -> None:
        """Close the session; a second call changes nothing."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # A connection per request: one kept open would break when the server is stopped and started again,
            # and aiohttp does not repeat a POST by itself.
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(total=60),
            )
        return self._session


def _refusal(status: int, content: Mapping[str, Any]) -> MatrixRefusedError:
    waits = content.get("retry_after_ms")
    return MatrixRefusedError(
        status,
        str(content.get("errcode", "M_UNKNOWN")),
        str(content.get("error", "")),
        None if waits is None else waits / 1000,
    )
