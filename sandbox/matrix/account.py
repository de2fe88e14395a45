"""An account on the homeserver, and the news it gets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from sandbox.matrix.requests import MatrixRequests

CLIENT = ("_matrix", "client", "v3")


class Account:
    """Hold one account with one access token.

    Methods here and in what builds on it raise MatrixRefusedError when the homeserver refuses and
    aiohttp.ClientError when it cannot be reached.
    """

    def __init__(self, url: str, user_id: str, access_token: str) -> None:
        self.user_id = user_id
        self.access_token = access_token
        self._requests = MatrixRequests(url, access_token)

    async def set_display_name(self, name: str) -> None:
        """Show another name in every room."""
        await self._requests.ask("PUT", *CLIENT, "profile", self.user_id, "displayname", json={"displayname": name})

    async def display_name(self, user_id: str | None = None) -> str | None:
        """Return the name somebody shows, oneself without an id."""
        path = (*CLIENT, "profile", user_id or self.user_id, "displayname")
        return (await self._requests.ask("GET", *path)).get("displayname")

    async def name_client(self, name: str) -> str:
        """Name the client this person uses, as it stands in their list of sessions; return its device id."""
        device = str((await self._requests.ask("GET", *CLIENT, "account", "whoami"))["device_id"])
        await self._requests.ask("PUT", *CLIENT, "devices", device, json={"display_name": name})
        return device

    async def clients(self) -> dict[str, str | None]:
        """Return the person's sessions: device ids and the names given to them."""
        answer = await self._requests.ask("GET", *CLIENT, "devices")
        return {device["device_id"]: device.get("display_name") for device in answer["devices"]}

    async def close(self) -> None:
        """Close this person's connections; the account stays."""
        await self._requests.close()

    async def _news(self, room_id: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield once at first, and then whenever the homeserver has news, of one room or of any.

        The place in the stream is taken before the first yield, so that what arrives while the caller looks
        makes the next sync return.
        """
        wanted: dict[str, Any] = {"timeline": {"limit": 1}}
        if room_id is not None:
            wanted["rooms"] = [room_id]
        only = json.dumps({"room": wanted, "presence": {"types": []}})
        query: dict[str, str | int] = {"filter": only, "timeout": 0, "set_presence": "offline"}
        while True:
            news = await self._requests.ask("GET", *CLIENT, "sync", query=query)
            query |= {"since": news["next_batch"], "timeout": 30_000}
            yield news
