"""What a person does in a room with words: saying, answering, correcting, reacting, taking back, pinning."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.matrix.account import CLIENT, Account
from sandbox.matrix.requests import MatrixRefusedError

_PINS = "m.room.pinned_events"


class Talk(Account):
    """Say; every call that sends returns the id of what was sent."""

    async def send(self, room_id: str, type: str, content: Mapping[str, Any], *, txn_id: str | None = None) -> str:
        """Send an event of any type and return its id.

        The homeserver takes a repeated transaction id for a repetition: it returns the first event's id and
        makes no second event.
        """
        txn = txn_id or uuid.uuid4().hex
        answer = await self._requests.ask("PUT", *CLIENT, "rooms", room_id, "send", type, txn, json=content)
        return str(answer["event_id"])

    async def say(self, room_id: str, text: str, *, html: str | None = None, txn_id: str | None = None) -> str:
        """Send a text, with its HTML where that differs."""
        return await self.send(room_id, "m.room.message", words(text, html), txn_id=txn_id)

    async def notice(self, room_id: str, text: str, *, html: str | None = None) -> str:
        """Send what bots send: other bots should not answer it."""
        return await self.send(room_id, "m.room.message", words(text, html, "m.notice"))

    async def emote(self, room_id: str, text: str, *, html: str | None = None) -> str:
        """Send what somebody does: "/me waves"."""
        return await self.send(room_id, "m.room.message", words(text, html, "m.emote"))

    async def reply(self, room_id: str, event_id: str, text: str, *, html: str | None = None) -> str:
        """Answer a message."""
        relation = {"m.in_reply_to": {"event_id": event_id}}
        return await self.send(room_id, "m.room.message", {**words(text, html), "m.relates_to": relation})

    async def reply_in_thread(
        self, room_id: str, root: str, text: str, *, latest: str | None = None, reply_to: str | None = None
    ) -> str:
        """Say something in the thread that begins with `root`; `latest` is its last message so far.

        Clients without threads see an answer to that one. With `reply_to` it is a real answer, within the thread.
        """
        relation = {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": reply_to is None,
            "m.in_reply_to": {"event_id": reply_to or latest or root},
        }
        return await self.send(room_id, "m.room.message", {**words(text), "m.relates_to": relation})

    async def edit(
        self,
        room_id: str,
        event_id: str,
        text: str,
        *,
        html: str | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> str:
        """Replace a message, of which `event_id` is the original; clients pass over an edit of an edit.

        `content` replaces what would be made of the text, as for the caption of a picture. Nobody is stopped from
        "editing" what others said: whether that counts is for whoever reads it.
        """
        new = dict(content) if content is not None else words(text, html)
        shown = {**new, "body": f"* {new['body']}"}
        if "formatted_body" in new:
            shown["formatted_body"] = f"* {new['formatted_body']}"
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return await self.send(room_id, "m.room.message", {**shown, "m.new_content": new, "m.relates_to": relation})

    async def mention(self, room_id: str, user_id: str, text: str) -> str:
        """Say something to somebody by name, as clients do: with a pill, and notifying them."""
        pill = f'<a href="https://matrix.to/#/{user_id}">{escape(user_id)}</a>'
        content = words(f"{user_id}: {text}", f"{pill}: {escape(text)}")
        return await self.send(room_id, "m.room.message", content | {"m.mentions": {"user_ids": [user_id]}})

    async def mention_room(self, room_id: str, text: str) -> str:
        """Say something to everybody in the room, notifying them, where this person may."""
        content = words(f"@room {text}") | {"m.mentions": {"room": True}}
        return await self.send(room_id, "m.room.message", content)

    async def react(self, room_id: str, event_id: str, key: str, *, name: str | None = None) -> str:
        """React to a message and return the reaction's id, by which it can be redacted.

        The key is an emoji, or the mxc address of a picture with its short `name` (MSC4027).
        """
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        content: dict[str, Any] = {"m.relates_to": relation}
        if name is not None:
            content["shortcode"] = content["com.beeper.reaction.shortcode"] = f":{name}:"
        return await self.send(room_id, "m.reaction", content)

    async def unreact(self, room_id: str, event_id: str, key: str) -> None:
        """Take back what this person has reacted with. Raises LookupError when they have not."""
        path = ("_matrix", "client", "v1", "rooms", room_id, "relations", event_id, "m.annotation", "m.reaction")
        answer = await self._requests.ask("GET", *path, query={"limit": 100})
        for event in answer["chunk"]:
            if event["sender"] == self.user_id and event["content"]["m.relates_to"]["key"] == key:
                await self.redact(room_id, event["event_id"])
                return
        raise LookupError(f"{self.user_id} has not reacted with {key}")

    async def redact(self, room_id: str, event_id: str, *, reason: str | None = None) -> str:
        """Take an event's content back and return the redaction's id."""
        path = (*CLIENT, "rooms", room_id, "redact", event_id, uuid.uuid4().hex)
        answer = await self._requests.ask("PUT", *path, json={"reason": reason} if reason else {})
        return str(answer["event_id"])

    async def type(self, room_id: str, *, on: bool = True, seconds: float = 30.0) -> None:
        """Be seen writing, for so long at most, or no longer."""
        wish: dict[str, Any] = {"typing": on, "timeout": int(seconds * 1000)} if on else {"typing": False}
        await self._requests.ask("PUT", *CLIENT, "rooms", room_id, "typing", self.user_id, json=wish)

    # ── pins

    async def pinned(self, room_id: str) -> list[str]:
        """Return what is pinned in a room, the oldest pin first."""
        try:
            content = await self._requests.ask("GET", *CLIENT, "rooms", room_id, "state", _PINS, "")
        except MatrixRefusedError as refused:
            if refused.code == "M_NOT_FOUND":  # nothing has ever been pinned
                return []
            raise
        return list(content.get("pinned", []))

    async def pin(self, room_id: str, event_id: str) -> None:
        """Pin a message, where this person may change what is pinned."""
        await self._put_pins(room_id, [*await self.pinned(room_id), event_id])

    async def unpin(self, room_id: str, event_id: str) -> None:
        """Take the pin out of a message."""
        await self._put_pins(room_id, [each for each in await self.pinned(room_id) if each != event_id])

    async def _put_pins(self, room_id: str, pinned: list[str]) -> None:
        await self._requests.ask("PUT", *CLIENT, "rooms", room_id, "state", _PINS, "", json={"pinned": pinned})


def words(text: str, html: str | None = None, kind: str = "m.text") -> dict[str, Any]:
    """Return the content of a message of words."""
    content: dict[str, Any] = {"msgtype": kind, "body": text}
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content
