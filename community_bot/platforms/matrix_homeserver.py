"""The homeserver as the community's side of the bot uses it: patient, and every act with a key of its own.

Built on the bridge's strict client, which repeats nothing. What is done here may all be repeated: sending has a
transaction id, and joining, inviting and removing change nothing the second time. So a limit or a lost answer is
waited out, for a while.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from hashlib import sha256
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlencode

import aiohttp
import nio

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.port import BlockedError, NotSentError, RefusedError, UnsureError
from bridges.pace import Backoff
from community_bot.platforms.matrix_room_state import RoomStates

T = TypeVar("T")

PATIENCE = 90.0
"""Seconds for which one request is tried again."""
OWN_PAGE = 30
"""How many messages of our own are looked through for one that still waits for an answer."""


def transaction(*parts: str) -> str:
    """Derive a transaction id, the same for the same parts in every process: a repetition is then dropped."""
    return sha256("|".join(parts).encode()).hexdigest()[:32]


class Homeserver:
    """What the bot's account does. Methods raise the kinds of :class:`EndError` once patience is over."""

    def __init__(
        self,
        client: nio.AsyncClient,
        *,
        road: MatrixClient | None = None,
        patience: float = PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        # where there are keys for encrypted rooms, every sync of the account has to pass them
        self.client = road or MatrixClient(client)
        self.states = RoomStates(self.client, self.patiently)
        self._nio = client
        self._patience = patience
        self._sleep = sleep

    @property
    def user_id(self) -> str:
        return self.client.user_id

    @property
    def server_name(self) -> str:
        return self.user_id.partition(":")[2]

    # ── saying

    async def say(self, room: str, content: Mapping[str, Any], txn: str) -> str:
        """Send a message and return its event id."""
        return await self._send(room, "m.room.message", content, txn)

    async def react(self, room: str, event: str, sign: str) -> None:
        """Put a sign under a message; nothing happens when it is there already."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": sign}
        try:
            await self._send(room, "m.reaction", {"m.relates_to": relation}, transaction("sign", event, sign))
        except RefusedError:
            # the homeserver has that sign of ours already, under a transaction it no longer knows
            return

    async def redact(self, room: str, event: str) -> None:
        """Take a message or a sign back; nothing happens when it is gone."""
        txn = transaction("redact", event)
        try:
            await self.patiently(lambda: self.client.put("rooms", room, "redact", event, txn, body={}))
        except MissingError:
            return

    async def upload(self, filename: str, content: bytes, media_type: str) -> str:
        """Leave a file with the homeserver and return its address (``mxc://``)."""
        return await self.patiently(lambda: self._upload(filename, content, media_type))

    async def _upload(self, filename: str, content: bytes, media_type: str) -> str:
        path = "/_matrix/media/v3/upload?" + urlencode({"filename": filename})
        headers = {"Authorization": f"Bearer {self._nio.access_token}", "Content-Type": media_type}
        try:
            async with await self._nio.send("POST", path, content, headers) as response:
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise UnsureError("matrix.no_answer") from error
        if response.status == 429:
            raise NotSentError("matrix.limit", retry_after=float(answer.get("retry_after_ms", 2000)) / 1000)
        if response.status != 200:
            raise RefusedError("matrix.too_large" if response.status == 413 else "matrix.refused")
        return str(answer["content_uri"])

    async def _send(self, room: str, kind: str, content: Mapping[str, Any], txn: str) -> str:
        answer = await self.patiently(lambda: self.client.put("rooms", room, "send", kind, txn, body=content))
        return str(answer["event_id"])

    # ── reading

    async def event(self, room: str, event: str) -> dict[str, Any] | None:
        """Read an event again; None when it is gone or not for us."""
        try:
            return await self.patiently(lambda: self.client.get("rooms", room, "event", event))
        except (MissingError, BlockedError):
            return None

    async def own_messages(self, room: str) -> list[dict[str, Any]]:
        """Return the newest messages we sent to a room, the newest first."""
        wanted = json.dumps({"senders": [self.user_id], "types": ["m.room.message"]})
        query = {"dir": "b", "limit": str(OWN_PAGE), "filter": wanted}
        page = await self.patiently(lambda: self.client.get("rooms", room, "messages", query=query))
        return [event for event in page.get("chunk", []) if isinstance(event.get("content"), dict)]

    async def state(self, room: str, kind: str, key: str = "") -> dict[str, Any] | None:
        """Read a piece of a room's state, None when there is none or we may not see it."""
        try:
            return await self.patiently(lambda: self.client.get("rooms", room, "state", kind, key))
        except (MissingError, BlockedError):
            return None

    async def is_encrypted(self, room: str) -> bool:
        """Say whether a room is end-to-end encrypted."""
        return await self.state(room, "m.room.encryption") is not None

    async def rooms(self) -> frozenset[str]:
        """Return all rooms that the bot is in."""
        answer = await self.patiently(lambda: self.client.get("joined_rooms"))
        return frozenset(answer.get("joined_rooms", ()))

    async def joined(self, room: str) -> frozenset[str]:
        """Return who is in a room."""
        answer = await self.patiently(lambda: self.client.get("rooms", room, "joined_members"))
        return frozenset(answer.get("joined", {}))

    async def joins(self, room: str, membership: str = "join") -> Mapping[str, str]:
        """Return who is in a room, or stands in another way to it, with the event by which they do."""
        query = {"membership": membership}
        answer = await self.patiently(lambda: self.client.get("rooms", room, "members", query=query))
        return {str(event["state_key"]): str(event["event_id"]) for event in answer.get("chunk", [])}

    async def invited(self, rooms: Collection[str]) -> frozenset[str]:
        """Return into which of these rooms we are invited."""
        nothing: dict[str, Any] = {"types": []}
        room = {"rooms": list(rooms), "timeline": nothing, "state": nothing, "ephemeral": nothing}
        wanted = json.dumps({"room": room, "presence": nothing, "account_data": nothing})
        query = {"filter": wanted, "timeout": "0", "set_presence": "offline"}
        news = await self.patiently(lambda: self.client.get("sync", query=query))
        return frozenset(news.get("rooms", {}).get("invite", {})) & frozenset(rooms)

    async def membership(self, room: str, user_id: str) -> str | None:
        """Return ``join``, ``invite``, ``leave``, ``ban``, ``knock``, or None for who was never there."""
        content = await self.state(room, "m.room.member", user_id)
        return None if content is None else str(content.get("membership"))

    async def display_name(self, user_id: str) -> str | None:
        """Return the name an account shows, None when it shows none."""
        try:
            answer = await self.patiently(lambda: self.client.get("profile", user_id, "displayname"))
        except (MissingError, BlockedError):
            return None
        name = answer.get("displayname")
        return name if isinstance(name, str) and name.strip() else None

    async def room_versions(self) -> tuple[str, frozenset[str]]:
        """Return which room version the homeserver makes by itself, and all that it can make."""
        answer = await self.patiently(lambda: self.client.get("capabilities"))
        told = answer.get("capabilities", {}).get("m.room_versions", {})
        return str(told.get("default", "1")), frozenset(told.get("available", {}))

    # ── rooms and who is in them

    async def create(self, body: Mapping[str, Any]) -> str:
        """Create a room. Raises :class:`RefusedError` when its alias is taken, also by an attempt before this."""
        return str((await self.patiently(lambda: self.client.post("createRoom", body=body)))["room_id"])

    async def resolve(self, alias: str) -> str | None:
        """Return the room of an alias."""
        try:
            answer = await self.patiently(lambda: self.client.get("directory", "room", alias))
        except MissingError:
            return None
        return str(answer["room_id"])

    async def join(self, room: str) -> None:
        """Join a room we are invited to, or were in."""
        await self.patiently(lambda: self.client.post("join", room, body={}))

    async def leave(self, room: str) -> None:
        """Leave a room."""
        await self.patiently(lambda: self.client.post("rooms", room, "leave", body={}))

    async def invite(self, room: str, user_id: str, *, direct: bool = False) -> None:
        """Invite somebody who is not in the room; ``direct`` makes their app show it among conversations."""
        body: dict[str, Any] = {"membership": "invite"} | ({"is_direct": True} if direct else {})
        path = ("rooms", room, "state", "m.room.member", user_id)
        await self.patiently(lambda: self.client.put(*path, body=body))

    async def kick(self, room: str, user_id: str) -> None:
        """Take somebody out of a room, or an invitation back."""
        await self.patiently(lambda: self.client.post("rooms", room, "kick", body={"user_id": user_id}))

    async def reject_knock(self, room: str, user_id: str) -> None:
        """Turn somebody down who asks to be let in; nothing happens when they ask no more, or are in."""
        if await self.membership(room, user_id) == "knock":
            await self.kick(room, user_id)

    async def forget(self, room: str) -> None:
        """Let go of a room we left; a homeserver whose people all did so may delete it."""
        await self.patiently(lambda: self.client.post("rooms", room, "forget", body={}))

    async def aliases(self, room: str) -> tuple[str, ...]:
        """Return the addresses that our homeserver keeps for a room."""
        answer = await self.patiently(lambda: self.client.get("rooms", room, "aliases"))
        return tuple(str(each) for each in answer.get("aliases", []))

    async def drop_alias(self, alias: str) -> None:
        """Take an address away; nothing happens when it is gone."""
        try:
            await self.patiently(lambda: self.client.delete("directory", "room", alias))
        except MissingError:
            return

    async def patiently(self, request: Callable[[], Awaitable[T]]) -> T:
        """Try a request that may be repeated, for a while; then its error is raised."""
        backoff = Backoff(first=0.3, longest=10.0)
        until = monotonic() + self._patience
        while True:
            try:
                return await request()
            except (NotSentError, UnsureError) as error:
                wait = error.retry_after or backoff.next()
                if monotonic() + wait > until:
                    raise
                await self._sleep(wait)
