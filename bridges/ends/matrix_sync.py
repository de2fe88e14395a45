"""Asks the homeserver what happened in the bridge's rooms, and in no others.

The rooms stand in the filter, so a request that is waiting knows nothing of a room that comes meanwhile: it is cut
short and asked anew from the same position, which loses nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_events import ENCRYPTED, PINS, POLL_ENDS, REACTION, READ, REDACTION, TOMBSTONE, is_id

LONG_POLL_MS = 30_000
HURRY_SECONDS = 0.5
PAGE = 100
NOTHING: Mapping[str, list[str]] = {"types": []}
SPOKEN = [*READ, REACTION, REDACTION, ENCRYPTED, *POLL_ENDS]
STANDING = ["m.room.encryption", "m.room.power_levels", "m.room.create", TOMBSTONE]
TOLD = ["m.room.member", *STANDING]
HAPPENING = [*SPOKEN, *TOLD, PINS]
NEWS: Mapping[str, Any] = {
    "timeline": {"types": HAPPENING, "limit": PAGE, "lazy_load_members": True},
    "state": {"types": TOLD, "lazy_load_members": True},
    "ephemeral": NOTHING,
    "account_data": NOTHING,
}
"""What news are: words and what becomes of them, names, who may do what, whether a room has become another."""
OPENING: Mapping[str, Any] = {
    "timeline": {"types": STANDING, "limit": 1},
    "state": {"types": STANDING},
    "ephemeral": NOTHING,
    "account_data": NOTHING,
}
"""What has to be known at the start: which rooms we are in, which are encrypted or left, and who moderates."""


class RoomSync:
    """Syncs ``rooms``, a collection of room ids that may change: :meth:`change` says when it did."""

    def __init__(self, client: MatrixClient, rooms: Collection[str]) -> None:
        self._client = client
        self._rooms = rooms
        self._filter: str | None = None
        self._changes = 0
        self._waiting: asyncio.Timeout | None = None
        self._hurry = False
        self._hurried_at = float("-inf")
        self._soon: asyncio.TimerHandle | None = None

    def change(self) -> None:
        """Take in that the rooms changed: whatever is asked from now on is asked about those there are now."""
        self._filter = None
        self._changes += 1
        self.hurry()

    def hurry(self) -> None:
        """End the wait under way, and do not wait the next time: something is to be begun with its answer.

        At once, and then not more often than twice a second: getting into a thousand rooms is not a thousand syncs.
        """
        if self._soon is None:
            loop = asyncio.get_running_loop()
            self._soon = loop.call_at(max(loop.time(), self._hurried_at + HURRY_SECONDS), self._cut_short)

    def _cut_short(self) -> None:
        self._soon = None
        self._hurried_at = asyncio.get_running_loop().time()
        self._hurry = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())
            self._waiting = None

    async def opening(self, rooms: Iterable[str]) -> dict[str, Any]:
        """Return how ``rooms`` stand now, without what was said. Raises the kinds of ``EndError``."""
        # Synapse leaves out a room of which nothing passes the filter, unless the full state is asked for
        query = {"filter": await self._left(OPENING, rooms), "timeout": "0", "full_state": "true"}
        return await self._ask(query)

    async def inside(self) -> frozenset[str]:
        """Return all rooms that the account is in. Raises the kinds of ``EndError``."""
        rooms = (await self._client.get("joined_rooms")).get("joined_rooms")
        return frozenset(each for each in rooms if is_id(each)) if isinstance(rooms, list) else frozenset()

    async def news(self, since: str, *, wait: bool) -> dict[str, Any] | None:
        """Return what happened since then; with ``wait``, sit until there is something.

        None when the rooms changed meanwhile: ask again. Raises the kinds of ``EndError``.
        """
        wait, self._hurry = wait and not self._hurry, False
        try:
            async with asyncio.timeout(None) as self._waiting:
                changes, left = self._changes, self._filter
                if left is None:
                    left = await self._left(NEWS, self._rooms)
                if changes != self._changes:
                    return None
                self._filter = left
                query = {"filter": left, "timeout": str(LONG_POLL_MS if wait else 0), "since": since}
                answer = await self._ask(query)
                # an answer about the rooms there were may move past our joining of one that came meanwhile
                return answer if changes == self._changes else None
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    async def gap(self, room_id: str, before: str, since: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Read what a limited sync left out, oldest first (client-server API, "Syncing": gaps), and who was there.

        Raises the kinds of ``EndError``.
        """
        events: list[dict[str, Any]] = []
        members: list[dict[str, Any]] = []
        position: str | None = before
        wanted = json.dumps({"types": HAPPENING, "lazy_load_members": True})
        while position is not None:
            page = await self._client.get(
                "rooms",
                room_id,
                "messages",
                query={"dir": "b", "from": position, "to": since, "limit": str(PAGE), "filter": wanted},
            )
            members += page.get("state", [])
            chunk = page.get("chunk", [])
            events += chunk
            position = page.get("end") if chunk else None
        events.reverse()
        return events, members

    async def _ask(self, query: Mapping[str, str]) -> dict[str, Any]:
        return await self._client.get("sync", query=query, timeout=LONG_POLL_MS / 1000 + 15)

    async def _left(self, kind: Mapping[str, Any], rooms: Iterable[str]) -> str:
        """Leave a filter with the homeserver: with a thousand rooms it is too long for an address."""
        wanted = {"room": {"rooms": sorted(rooms), **kind}, "presence": NOTHING, "account_data": NOTHING}
        answer = await self._client.post("user", self._client.user_id, "filter", body=wanted)
        return str(answer["filter_id"])
