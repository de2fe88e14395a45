"""What a person does in a room: saying, answering, reacting, taking back, reading, handing over files."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from sandbox.matrix.account import CLIENT, Account
from sandbox.matrix.events import SeenEvent, read_message

_PAGE = 100  # events per page of history
_RELATIONS = ("_matrix", "client", "v1", "rooms")
_MEDIA = ("_matrix", "client", "v1", "media", "download")


class Talk(Account):
    """Say and read."""

    def __init__(self, url: str, user_id: str, access_token: str) -> None:
        super().__init__(url, user_id, access_token)
        self._seen_until: dict[str, str] = {}

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
        answer = await self._requests.ask("PUT", *CLIENT, "rooms", room_id, "send", type, txn, json=content)
        return str(answer["event_id"])

    async def reply(self, room_id: str, event_id: str, text: str) -> str:
        """Answer a message and return the id of the answer."""
        relation = {"m.in_reply_to": {"event_id": event_id}}
        content = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
        return await self.send(room_id, "m.room.message", content)

    async def reply_in_thread(self, room_id: str, root: str, text: str, *, latest: str | None = None) -> str:
        """Say something in the thread that begins with `root`; `latest` is its last message so far.

        Clients without threads see an answer to that one.
        """
        relation = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": latest or root},
        }
        content = {"msgtype": "m.text", "body": text, "m.relates_to": relation}
        return await self.send(room_id, "m.room.message", content)

    async def mention(self, room_id: str, user_id: str, text: str) -> str:
        """Say something to somebody by name, as clients do: with a pill, and notifying them."""
        pill = f'<a href="https://matrix.to/#/{user_id}">{escape(user_id)}</a>'
        content = {
            "msgtype": "m.text",
            "body": f"{user_id}: {text}",
            "format": "org.matrix.custom.html",
            "formatted_body": f"{pill}: {escape(text)}",
            "m.mentions": {"user_ids": [user_id]},
        }
        return await self.send(room_id, "m.room.message", content)

    async def react(self, room_id: str, event_id: str, key: str) -> str:
        """React to a message and return the reaction's id, by which it can be redacted."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room_id, "m.reaction", {"m.relates_to": relation})

    async def reactions(self, room_id: str, event_id: str) -> dict[str, list[str]]:
        """Return who has reacted to a message, by what they reacted with."""
        path = (*_RELATIONS, room_id, "relations", event_id, "m.annotation", "m.reaction")
        answer = await self._requests.ask("GET", *path, query={"limit": _PAGE})
        found: dict[str, list[str]] = {}
        for event in answer["chunk"]:
            found.setdefault(event["content"]["m.relates_to"]["key"], []).append(event["sender"])
        return found

    async def wait_for_reaction(
        self, room_id: str, event_id: str, key: str, sender: str, *, timeout: float = 10.0
    ) -> None:
        """Wait until somebody has reacted to a message; `timeout` is in seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            async for _ in self._news(room_id):
                if sender in (await self.reactions(room_id, event_id)).get(key, []):
                    return

    async def redact(self, room_id: str, event_id: str, *, reason: str | None = None) -> str:
        """Take an event's content back and return the redaction's id."""
        path = (*CLIENT, "rooms", room_id, "redact", event_id, uuid.uuid4().hex)
        answer = await self._requests.ask("PUT", *path, json={"reason": reason} if reason else {})
        return str(answer["event_id"])

    async def send_file(self, room_id: str, name: str, data: bytes, *, kind: str = "text/plain") -> str:
        """Upload a file, hand it over in a room and return the event's id."""
        url = await self._requests.upload(name, data, kind)
        info = {"mimetype": kind, "size": len(data)}
        content = {"msgtype": "m.file", "body": name, "filename": name, "url": url, "info": info}
        return await self.send(room_id, "m.room.message", content)

    async def download(self, message: SeenEvent) -> bytes:
        """Return what is in the file of a message, over authenticated media (client-server API, Content)."""
        server, _, media = str(message.content["url"]).removeprefix("mxc://").partition("/")
        return await self._requests.fetch(*_MEDIA, server, media)

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
            page = await self._requests.ask("GET", *CLIENT, "rooms", room_id, "messages", query=query)
            seen += [read_message(event) for event in page["chunk"] if event["type"] == "m.room.message"]
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
        messages: list[SeenEvent] = []
        try:
            async with asyncio.timeout(timeout):
                async for _ in self._news(room_id):
                    messages = await self.messages(room_id)
                    if condition(messages):
                        return messages
        except TimeoutError:
            bodies = [message.body for message in messages]
            raise TimeoutError(f"not met after {timeout:g} seconds, seen: {bodies}") from None
        raise AssertionError("news never end")

    async def wait_for_next(
        self, room_id: str, condition: Callable[[SeenEvent], bool], *, timeout: float = 10.0
    ) -> SeenEvent:
        """Wait for the next message that meets a condition, among those after this person's last look.

        Unlike :meth:`wait_until` it reads each message once, however long the room's history is. `timeout` is in
        seconds. Raises TimeoutError.
        """
        async with asyncio.timeout(timeout):
            async for _ in self._news(room_id):
                for message in await self.messages(room_id, since_start=False):
                    if condition(message):
                        return message
        raise AssertionError("news never end")
