"""Take part in Matrix rooms as a person does, independently of the client the bot is built on."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.matrix.requests import MatrixRequests

_CLIENT = ("_matrix", "client", "v3")
_PAGE = 100  # events per page of history


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """Show one m.room.message as the homeserver returned it; the time is in milliseconds since 1970, UTC.

    A redacted message keeps its place and has an empty body and content. An edit is an event of its own.
    """

    event_id: str
    sender: str
    body: str
    content: dict[str, Any]
    origin_server_ts: int


class MatrixPerson:
    """Speak the client-server API directly, so that what the bot did is judged by a second opinion.

    Methods raise MatrixRefusedError when the homeserver refuses and aiohttp.ClientError when it cannot be reached.
    """

    def __init__(self, url: str, user_id: str, access_token: str) -> None:
        self.user_id = user_id
        self.access_token = access_token
        self._requests = MatrixRequests(url, access_token)
        self._seen_until: dict[str, str] = {}

    async def create_room(
        self,
        name: str,
        *,
        public: bool = False,
        invite: Iterable[str] = (),
        topic: str | None = None,
        space: bool = False,
        power_levels: Mapping[str, Any] | None = None,
        room_version: str | None = None,
    ) -> str:
        """Create a room, or a space, and return its id.

        A public room can be joined by whoever knows its id; it is not listed. `power_levels` overrides parts of
        m.room.power_levels. Synapse's default room version is 12: its ids name no server ("!abc"), and its
        creator stands above all levels and must not be named in them.
        """
        wish: dict[str, Any] = {
            "name": name,
            "preset": "public_chat" if public else "private_chat",
            "invite": list(invite),
        }
        if topic is not None:
            wish["topic"] = topic
        if space:
            wish["creation_content"] = {"type": "m.space"}
        if power_levels is not None:
            wish["power_level_content_override"] = dict(power_levels)
        if room_version is not None:
            wish["room_version"] = room_version
        return str((await self._requests.ask("POST", *_CLIENT, "createRoom", json=wish))["room_id"])

    async def join(self, room_id: str) -> None:
        """Join a public room, or one this person is invited to."""
        await self._requests.ask("POST", *_CLIENT, "join", room_id, json={})

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline its invitation."""
        await self._requests.ask("POST", *_CLIENT, "rooms", room_id, "leave", json={})

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite someone into a room."""
        await self._requests.ask("POST", *_CLIENT, "rooms", room_id, "invite", json={"user_id": user_id})

    async def say(self, room_id: str, text: str, *, txn_id: str | None = None) -> str:
        """Send plain text and return its event id."""
        content = {"msgtype": "m.text", "body": text}
        return await self.send(room_id, "m.room.message", content, txn_id=txn_id)

    async def send(self, room_id: str, type: str, content: Mapping[str, Any], *, txn_id: str | None = None) -> str:
        """Send an event of any type and return its id.

        The homeserver takes a repeated transaction id for a repetition: it returns the first event's id and
        makes no second event.
        """
        txn = txn_id or uuid.uuid4().hex
        answer = await self._requests.ask("PUT", *_CLIENT, "rooms", room_id, "send", type, txn, json=content)
        return str(answer["event_id"])

    async def put_state(self, room_id: str, type: str, content: Mapping[str, Any], *, state_key: str = "") -> str:
        """Set a piece of the room's state and return the event's id."""
        path = (*_CLIENT, "rooms", room_id, "state", type, state_key)
        return str((await self._requests.ask("PUT", *path, json=content))["event_id"])

    async def state(self, room_id: str, type: str, *, state_key: str = "") -> dict[str, Any]:
        """Read the content of a piece of the room's state."""
        return await self._requests.ask("GET", *_CLIENT, "rooms", room_id, "state", type, state_key)

    async def redact(self, room_id: str, event_id: str, *, reason: str | None = None) -> str:
        """Take an event's content back and return the redaction's id."""
        path = (*_CLIENT, "rooms", room_id, "redact", event_id, uuid.uuid4().hex)
        answer = await self._requests.ask("PUT", *path, json={"reason": reason} if reason else {})
        return str(answer["event_id"])

    async def add_to_space(self, space: str, room: str) -> None:
        """List a room in a space; `via` names this person's server, as m.space.child asks for."""
        server = self.user_id.partition(":")[2]
        await self.put_state(space, "m.space.child", {"via": [server]}, state_key=room)

    async def members(self, room_id: str) -> dict[str, str | None]:
        """Return who has joined, with the name each shows."""
        answer = await self._requests.ask("GET", *_CLIENT, "rooms", room_id, "joined_members")
        return {user: profile.get("display_name") for user, profile in answer["joined"].items()}

    async def messages(self, room_id: str, *, since_start: bool = True) -> list[SeenEvent]:
        """Read the room's messages, oldest first, through all pages.

        With `since_start=False` only those after this person's previous call for this room, whichever way that
        was made.
        """
        place = None if since_start else self._seen_until.get(room_id)
        seen: list[SeenEvent] = []
        while True:
            query: dict[str, str | int] = {"dir": "f", "limit": _PAGE}
            if place is not None:
                query["from"] = place
            page = await self._requests.ask("GET", *_CLIENT, "rooms", room_id, "messages", query=query)
            seen += [_seen(event) for event in page["chunk"] if event["type"] == "m.room.message"]
            # A page may be empty and still be followed by another: only a missing "end" is the end.
            if "end" not in page or page["end"] == place:
                break
            place = page["end"]
        if place is not None:
            self._seen_until[room_id] = place
        return seen

    async def wait_until(
        self,
        room_id: str,
        condition: Callable[[list[SeenEvent]], bool],
        *,
        timeout: float = 10.0,
    ) -> list[SeenEvent]:
        """Wait until the room's messages, all of them and oldest first, meet a condition; return them.

        It looks again when the homeserver has news of the room, not at intervals. `timeout` is in seconds.
        Raises TimeoutError with the bodies it saw.
        """
        only_this = json.dumps({"room": {"rooms": [room_id], "timeline": {"limit": 1}}})
        query: dict[str, str | int] = {"filter": only_this, "timeout": 0, "set_presence": "offline"}
        messages: list[SeenEvent] = []
        try:
            async with asyncio.timeout(timeout):
                while True:
                    # The place in the stream comes first: what arrives during the look makes the next sync return.
                    news = await self._requests.ask("GET", *_CLIENT, "sync", query=query)
                    query |= {"since": news["next_batch"], "timeout": 30_000}
                    messages = await self.messages(room_id)
                    if condition(messages):
                        return messages
        except TimeoutError:
            bodies = [message.body for message in messages]
            raise TimeoutError(f"not met after {timeout:g} seconds, seen: {bodies}") from None

    async def wait_for_next(
        self, room_id: str, condition: Callable[[SeenEvent], bool], *, timeout: float = 10.0
    ) -> SeenEvent:
        """Wait for the next message that meets a condition, among those after this person's last look.

        Unlike :meth:`wait_until` it reads each message once, however long the room's history is. `timeout` is in
        seconds. Raises TimeoutError.
        """
        only_this = json.dumps({"room": {"rooms": [room_id], "timeline": {"limit": 1}}})
        query: dict[str, str | int] = {"filter": only_this, "timeout": 0, "set_presence": "offline"}
        async with asyncio.timeout(timeout):
            while True:
                news = await self._requests.ask("GET", *_CLIENT, "sync", query=query)
                query |= {"since": news["next_batch"], "timeout": 30_000}
                for message in await self.messages(room_id, since_start=False):
                    if condition(message):
                        return message

    async def close(self) -> None:
        """Close this person's connections; the account stays."""
        await self._requests.close()


def _seen(event: Mapping[str, Any]) -> SeenEvent:
    content = event["content"]
    return SeenEvent(
        event["event_id"], event["sender"], str(content.get("body", "")), content, event["origin_server_ts"]
    )
