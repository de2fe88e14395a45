"""What a person reads in a room: the events as they came, and what a client shows of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from sandbox.matrix.account import CLIENT
from sandbox.matrix.events import SeenEvent, read_message
from sandbox.matrix.showing import is_edit, show
from sandbox.matrix.shown import SeenMedia, ShownMessage
from sandbox.matrix.talk import Talk

_PAGE = 100  # events per page of history
_RELATIONS = ("_matrix", "client", "v1", "rooms")
_MEDIA = ("_matrix", "client", "v1", "media", "download")


class Reading(Talk):
    """Read and wait."""

    def __init__(self, url: str, user_id: str, access_token: str) -> None:
        super().__init__(url, user_id, access_token)
        self._seen_until: dict[str, str] = {}
        self._edits: set[str] = set()  # events seen to be edits

    # ── events as they came

    async def messages(self, room_id: str, *, since_start: bool = True) -> list[SeenEvent]:
        """Read the room's messages, oldest first, through all pages.

        With `since_start=False` only those after this person's previous call for this room, whichever way that
        was made.
        """
        place = None if since_start else self._seen_until.get(room_id)
        seen: list[SeenEvent] = []
        async for page, end in self._pages(room_id, place):
            seen += [read_message(event) for event in page if event["type"] == "m.room.message"]
            if end is not None:
                self._seen_until[room_id] = end
        return seen

    async def events(self, room_id: str) -> list[dict[str, Any]]:
        """Read everything that happened in a room, oldest first, as the homeserver returns it."""
        return [event async for page, _ in self._pages(room_id, None) for event in page]

    async def _pages(
        self, room_id: str, place: str | None
    ) -> AsyncIterator[tuple[list[dict[str, Any]], str | None]]:
        while True:
            query: dict[str, str | int] = {"dir": "f", "limit": _PAGE}
            if place is not None:
                query["from"] = place
            page = await self._requests.ask("GET", *CLIENT, "rooms", room_id, "messages", query=query)
            # A page may be empty and still be followed by another: only a missing "end" is the end.
            last = "end" not in page or page["end"] == place
            place = page.get("end", place)
            yield page["chunk"], place
            if last:
                return

    async def reactions(self, room_id: str, event_id: str) -> dict[str, list[str]]:
        """Return who has reacted to a message, by what they reacted with."""
        path = (*_RELATIONS, room_id, "relations", event_id, "m.annotation", "m.reaction")
        answer = await self._requests.ask("GET", *path, query={"limit": _PAGE})
        found: dict[str, list[str]] = {}
        for event in answer["chunk"]:
            found.setdefault(event["content"]["m.relates_to"]["key"], []).append(event["sender"])
        return found

    # ── what a client shows

    async def shown(self, room_id: str) -> list[ShownMessage]:
        """Return what a client shows of the room, oldest first: edits applied, reactions counted.

        An edit that was taken back before this person ever looked shows as a message taken back: the homeserver
        leaves nothing of it that says what it was.
        """
        events = await self.events(room_id)
        # after the events: whoever joined and spoke while they were read has a name too
        members = await self._requests.ask("GET", *CLIENT, "rooms", room_id, "joined_members")
        names: Mapping[str, str | None] = {
            user: profile.get("display_name") for user, profile in members["joined"].items()
        }
        self._edits |= {str(event["event_id"]) for event in events if is_edit(event)}
        return show(events, names, pinned=await self.pinned(room_id), edits=self._edits)

    async def shown_one(self, room_id: str, event_id: str) -> ShownMessage:
        """Return one message as a client shows it. Raises LookupError."""
        for message in await self.shown(room_id):
            if message.event_id == event_id:
                return message
        raise LookupError(f"no message {event_id}")

    async def download(self, message: SeenEvent | ShownMessage | SeenMedia) -> bytes:
        """Return what is in the file of a message, over authenticated media (client-server API, Content)."""
        url = message.url if isinstance(message, SeenMedia) else str(message.content["url"])
        server, _, media = url.removeprefix("mxc://").partition("/")
        return await self._requests.fetch(*_MEDIA, server, media)

    # ── waiting

    async def wait_until(
        self, room_id: str, condition: Callable[[list[SeenEvent]], bool], *, timeout: float = 10.0
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

    async def wait_until_shown(
        self, room_id: str, condition: Callable[[list[ShownMessage]], bool], *, timeout: float = 10.0
    ) -> list[ShownMessage]:
        """Wait until what a client shows of the room meets a condition; return it.

        `timeout` is in seconds. Raises TimeoutError with what was shown.
        """
        messages: list[ShownMessage] = []
        try:
            async with asyncio.timeout(timeout):
                async for _ in self._news(room_id):
                    messages = await self.shown(room_id)
                    if condition(messages):
                        return messages
        except TimeoutError:
            seen = [(message.name, message.kind, message.text) for message in messages]
            raise TimeoutError(f"not met after {timeout:g} seconds, shown: {seen}") from None
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

    async def wait_for_reaction(
        self, room_id: str, event_id: str, key: str, sender: str, *, timeout: float = 10.0
    ) -> None:
        """Wait until somebody has reacted to a message; `timeout` is in seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            async for _ in self._news(room_id):
                if sender in (await self.reactions(room_id, event_id)).get(key, []):
                    return

    async def wait_for_typing(
        self, room_id: str, condition: Callable[[set[str]], bool], *, timeout: float = 10.0
    ) -> None:
        """Wait until those who are writing meet a condition; `timeout` is in seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            async for news in self._news(room_id):
                joined = news.get("rooms", {}).get("join", {}).get(room_id, {})
                told = [
                    each for each in joined.get("ephemeral", {}).get("events", []) if each["type"] == "m.typing"
                ]
                if condition(set(told[-1]["content"]["user_ids"]) if told else set()):
                    return
