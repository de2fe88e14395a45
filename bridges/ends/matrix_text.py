"""Between Matrix events and our messages.

A copy carries a per-message profile (MSC4144) with the author's name, and the same name as fallback text for
clients that do not know it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any, TypeGuard

from bridges.ends.plain_text import plain_name, plain_text
from bridges.ends.port import Outgoing, copy_key
from bridges.message import Author, Message
from bridges.split import split
from db.bridge_rows import Place
from db.ids import EndId

PART_LIMIT = 8000
"""UTF-16 units of text in one event: up to 6 bytes each with the HTML twin, of the 65,536 an event may have."""
NAME_LIMIT = 255
"""UTF-16 units of an author's name, as long as Synapse allows; it stands in an event three times."""
LAST_STAMP = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds."""
REPLY_FALLBACK = re.compile(r"> (\* )?<@")
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
    if not _is_id(sender) or not _is_id(ref) or not isinstance(stamp, int):
        return None
    if "m.in_reply_to" in relation:
        body = without_reply_fallback(body)
    spoken = kind in SPOKEN
    author = plain_name(name or sender[1:].split(":", 1)[0], NAME_LIMIT)
    body = plain_text(body)
    return Message(
        end=end,
        place=place,
        ref=ref,
        author=Author(sender, author),
        text=(f"* {author} {body}" if kind == "m.emote" else body) if spoken else "",
        # the sender's homeserver may write any number here
        sent_at=datetime.fromtimestamp(min(max(stamp, 0), LAST_STAMP) / 1000, UTC),
        notes=() if spoken else (f"📎 {body}",),
    )


def _is_id(value: object) -> TypeGuard[str]:
    """Say whether a value can be an id: text of up to 255 characters (spec 1.12, "Common Identifier Format")."""
    return isinstance(value, str) and 0 < len(value) <= 255 and plain_text(value) == value


def without_reply_fallback(body: str) -> str:
    """Take off the quoted lines that older clients put before a reply (spec 1.12, "Fallbacks for rich replies")."""
    if REPLY_FALLBACK.match(body) is None:
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines).lstrip("\n")


def write_message(message: Message, place: Place, profile: str) -> list[Outgoing]:
    """Turn a message into parts that a homeserver takes; none when there is nothing to say."""
    author = plain_name(message.author.name, NAME_LIMIT)
    return [
        Outgoing(number, copy_key(message, number, place), author, text, profile)
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
