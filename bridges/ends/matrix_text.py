"""Between Matrix events and our messages.

A copy carries a per-message profile (MSC4144) with the author's name, and the same name as fallback text for
clients that do not know it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from bridges.ends.port import Outgoing, copy_key
from bridges.message import Author, Message
from bridges.split import split
from db.bridge_rows import Place
from db.ids import EndId

PART_LIMIT = 10_000
"""UTF-16 units of text in one event: with its HTML twin at its worst still far under the 65,536 bytes allowed."""
SPOKEN = ("m.text", "m.notice", "m.emote")
COPY_KEY = "org.community_bot.copy"
"""Marks a copy with its key, so that it is found again after the homeserver forgot the transaction id."""


def read_event(event: Mapping[str, Any], *, end: EndId, place: Place, name: str | None) -> Message | None:
    """Turn an ``m.room.message`` into our message; None when it is no news: an edit, or redacted."""
    content = event.get("content")
    if event.get("type") != "m.room.message" or not isinstance(content, dict):
        return None
    kind, body = content.get("msgtype"), content.get("body")
    if not isinstance(kind, str) or not isinstance(body, str):
        return None
    relation = content.get("m.relates_to")
    relation = relation if isinstance(relation, dict) else {}
    if relation.get("rel_type") == "m.replace":
        return None
    sender, ref, stamp = event.get("sender"), event.get("event_id"), event.get("origin_server_ts")
    if not isinstance(sender, str) or not isinstance(ref, str) or not isinstance(stamp, int):
        return None
    if "m.in_reply_to" in relation:
        body = without_reply_fallback(body)
    spoken = kind in SPOKEN
    author = name or sender[1:].split(":", 1)[0]
    return Message(
        end=end,
        place=place,
        ref=ref,
        author=Author(sender, author),
        text=(f"* {author} {body}" if kind == "m.emote" else body) if spoken else "",
        sent_at=datetime.fromtimestamp(stamp / 1000, UTC),
        notes=() if spoken else (f"📎 {body}",),
    )


def without_reply_fallback(body: str) -> str:
    """Take off the quoted lines that older clients put before a reply (spec 1.12, "Fallbacks for rich replies")."""
    if not body.startswith("> <"):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines).lstrip("\n")


def write_message(message: Message, place: Place, profile: str) -> list[Outgoing]:
    """Turn a message into parts that a homeserver takes; none when there is nothing to say."""
    return [
        Outgoing(number, copy_key(message, number, place), message.author.name, text, profile)
        for number, text in enumerate(split(message.full_text(), PART_LIMIT))
    ]


def content_of(part: Outgoing) -> dict[str, Any]:
    """Return the event content of a part. ``m.mentions`` is empty on purpose: what crosses pings nobody."""
    lines = escape(part.text, quote=False).replace("\n", "<br>")
    return {
        "msgtype": "m.text",
        "body": f"{part.author}: {part.text}",
        "format": "org.matrix.custom.html",
        "formatted_body": (
            f"<strong data-mx-profile-fallback>{escape(part.author, quote=False)}: </strong>{lines}"
        ),
        "com.beeper.per_message_profile": {
            "id": part.profile,
            "displayname": part.author,
            "has_fallback": True,
        },
        "m.mentions": {},
        COPY_KEY: part.key,
    }
