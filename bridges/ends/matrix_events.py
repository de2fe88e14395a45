"""The parts of a Matrix event that say what it is about: taken apart without trust in any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard

from bridges.plain_text import plain_text

MESSAGE = "m.room.message"
STICKER = "m.sticker"
REACTION = "m.reaction"
REDACTION = "m.room.redaction"
PINS = "m.room.pinned_events"
TOMBSTONE = "m.room.tombstone"
ENCRYPTED = "m.room.encrypted"
POLL_STARTS = ("m.poll.start", "org.matrix.msc3381.poll.start")
POLL_RESPONSES = ("m.poll.response", "org.matrix.msc3381.poll.response")
POLL_ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
READ = (MESSAGE, STICKER, *POLL_STARTS)
"""What people say in a room, in events of their own."""
LAST_STAMP = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What stays of a message however often it is edited. ``stamp`` is in milliseconds."""

    ref: str
    kind: str
    sender: str = field(repr=False)
    stamp: int
    thread: str | None = None
    reply_to: str | None = None

    @property
    def sent_at(self) -> datetime:
        return datetime.fromtimestamp(self.stamp / 1000, UTC)


def origin_of(event: Mapping[str, Any]) -> Origin | None:
    """Return what an event is, None for what is no message, or the edit of one."""
    kind, sender, ref = event.get("type"), event.get("sender"), event.get("event_id")
    if kind not in READ or "state_key" in event or not is_id(sender) or not is_id(ref):
        return None
    stamp = event.get("origin_server_ts")
    relation = mapping(mapping(event, "content"), "m.relates_to")
    if not isinstance(stamp, int) or relation.get("rel_type") == "m.replace":
        return None
    answered = mapping(relation, "m.in_reply_to").get("event_id")
    thread = relation.get("event_id") if relation.get("rel_type") == "m.thread" else None
    falls_back = thread is not None and relation.get("is_falling_back") is True
    return Origin(
        ref,
        str(kind),
        sender,
        in_time(stamp),
        thread if is_id(thread) else None,
        answered if is_id(answered) and not falls_back else None,
    )


def edited_ref(event: Mapping[str, Any]) -> str | None:
    """Return what an event edits, None when it edits nothing."""
    relation = mapping(mapping(event, "content"), "m.relates_to")
    target = relation.get("event_id")
    return target if relation.get("rel_type") == "m.replace" and is_id(target) else None


def new_content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an edit puts in the place of what there was; empty when it names nothing."""
    content = mapping(event, "content")
    new = mapping(content, "m.new_content")
    # polls are edited as a whole (MSC3381)
    return content if not new and event.get("type") in POLL_STARTS else new


def newest(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    """Return the content a message has now, and its version: when it was last edited, 0 for never.

    The homeserver bundles the newest edit by the same sender (client-server API, "Server-side aggregation of
    m.replace relationships").
    """
    edit = mapping(mapping(mapping(event, "unsigned"), "m.relations"), "m.replace")
    stamp = edit.get("origin_server_ts")
    new = new_content(edit)
    if new and isinstance(stamp, int) and edit.get("sender") == event.get("sender"):
        return new, in_time(stamp)
    return mapping(event, "content"), 0


def redacted_ref(event: Mapping[str, Any]) -> str | None:
    """Return what a redaction takes back: named in its content since room version 11, beside it before."""
    for value in (mapping(event, "content").get("redacts"), event.get("redacts")):
        if is_id(value):
            return value
    return None


def pins_of(content: Mapping[str, Any]) -> list[str]:
    """Return what ``m.room.pinned_events`` names, oldest pin first."""
    pinned = content.get("pinned")
    return [each for each in pinned if is_id(each)] if isinstance(pinned, list) else []


def mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under a key, an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def is_id(value: object) -> TypeGuard[str]:
    """Say whether a value can be an id: text of up to 255 characters (spec 1.12, "Common Identifier Format")."""
    return isinstance(value, str) and 0 < len(value) <= 255 and plain_text(value) == value


def in_time(stamp: int) -> int:
    """Return a stamp that is a time: the sender's homeserver may write any number there."""
    return min(max(stamp, 0), LAST_STAMP)


def echoes_in(batch: Mapping[str, Any], is_ours: Callable[[str], bool]) -> int:
    """Return of how many things that we ourselves did a sync tells, 0 when it tells of anything else."""
    rooms = mapping(batch, "rooms")
    if any(rooms.get(kind) for kind in ("invite", "leave", "knock")):
        return 0
    told = [event for each in mapping(rooms, "join").values() for event in _happened(each)]
    return len(told) if all(is_id(event.get("sender")) and is_ours(event["sender"]) for event in told) else 0


def _happened(room: object) -> list[Mapping[str, Any]]:
    events = mapping(mapping({"room": room}, "room"), "timeline").get("events")
    return [event for event in events if isinstance(event, Mapping)] if isinstance(events, list) else []
