"""The state of rooms: read as a whole, and changed a piece at a time, one change of a room after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.port import BlockedError
from community_bot.platforms.matrix_power import creators_in

T = TypeVar("T")

Content = dict[str, Any]


class Patience(Protocol):
    """Tries a request again for a while."""

    async def __call__(self, request: Callable[[], Awaitable[T]]) -> T: ...


class RoomStates:
    """Reads and writes state through the bot's account. Methods raise the kinds of ``EndError``."""

    def __init__(self, client: MatrixClient, patiently: Patience) -> None:
        self._client = client
        self._patiently = patiently
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._creators: dict[str, frozenset[str]] = {}

    async def all(self, room: str) -> list[dict[str, Any]] | None:
        """Return all state events; of a room we left those of that moment. None when they are not for us."""
        try:
            return await self._patiently(lambda: self._client.get_list("rooms", room, "state"))
        except (MissingError, BlockedError) as error:
            if error.reason == "matrix.login_lost":
                raise
            return None

    async def put(self, room: str, kind: str, content: Mapping[str, Any], key: str = "") -> None:
        """Set a piece of state; the same content again changes nothing."""
        await self._patiently(lambda: self._client.put("rooms", room, "state", kind, key, body=content))

    async def change(self, room: str, kind: str, work: Callable[[Content], Content], *, key: str = "") -> None:
        """Set a piece of state to what ``work`` makes of it; nothing is written where that is the same.

        Whoever changes the same room through this object waits, so that no change overwrites another.
        """
        lock = self._locks.setdefault(room, asyncio.Lock())
        async with lock:
            before = await self._read(room, kind, key)
            after = work(before)
            if after != before:
                await self.put(room, kind, after, key)

    async def _read(self, room: str, kind: str, key: str) -> Content:
        try:
            return await self._patiently(lambda: self._client.get("rooms", room, "state", kind, key))
        except MissingError:
            return {}

    async def creators(self, room: str) -> frozenset[str]:
        """Return who stands above all power levels: in room version 12 and later whoever made the room."""
        if room not in self._creators:
            path = ("rooms", room, "state", "m.room.create", "")
            event = await self._patiently(lambda: self._client.get(*path, query={"format": "event"}))
            self._creators[room] = creators_in(event)
        return self._creators[room]
