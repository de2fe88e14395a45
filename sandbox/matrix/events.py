"""What is read in a room: messages as the homeserver returned them, invitations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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

    @property
    def formatted_body(self) -> str | None:
        """Return the message as HTML, None where it has plain text only."""
        return self.content.get("formatted_body")

    @property
    def thread(self) -> str | None:
        """Return the event whose thread this stands in."""
        relation = self._relation
        return str(relation["event_id"]) if relation.get("rel_type") == "m.thread" else None

    @property
    def reply_to(self) -> str | None:
        """Return the event this answers; a thread's way of saying where it goes on does not count."""
        answered = self._relation.get("m.in_reply_to")
        return None if answered is None or self._relation.get("is_falling_back") else str(answered["event_id"])

    @property
    def mentions(self) -> list[str]:
        """Return who is mentioned, and so notified."""
        return list((self.content.get("m.mentions") or {}).get("user_ids", []))

    @property
    def _relation(self) -> dict[str, Any]:
        return self.content.get("m.relates_to") or {}


@dataclass(frozen=True, slots=True)
class Invitation:
    """Show a room somebody has been invited to; `name` is what the invitation says of it."""

    room_id: str
    inviter: str
    name: str | None
    direct: bool
    encrypted: bool


def read_message(event: Mapping[str, Any]) -> SeenEvent:
    """Take what is needed out of an m.room.message."""
    content = event["content"]
    return SeenEvent(
        event["event_id"], event["sender"], str(content.get("body", "")), content, event["origin_server_ts"]
    )


def read_invitation(user_id: str, room_id: str, invited: Mapping[str, Any]) -> Invitation:
    """Read the stripped state that comes with an invitation (client-server API, Stripped state)."""
    state = {(event["type"], event["state_key"]): event for event in invited["invite_state"]["events"]}
    own = state["m.room.member", user_id]
    name = state.get(("m.room.name", ""))
    return Invitation(
        room_id,
        own["sender"],
        None if name is None else name["content"].get("name"),
        bool(own["content"].get("is_direct")),
        ("m.room.encryption", "") in state,
    )
