"""What the sync brings, as values: somebody said something, reacted, came, went, or invited the bot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from community_bot.matrix.reading import body_of


@dataclass(frozen=True, slots=True)
class Happening:
    """Something somebody did in a room. ``again``: it may have been acted on before a restart."""

    event: str
    room: str
    person: str
    again: bool


@dataclass(frozen=True, slots=True)
class Said(Happening):
    """A message. ``thread`` is the root of the thread it stands in."""

    text: str = field(repr=False)
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Reacted(Happening):
    """A sign under a message."""

    target: str
    sign: str


@dataclass(frozen=True, slots=True)
class Came(Happening):
    """Somebody joined."""


@dataclass(frozen=True, slots=True)
class Went(Happening):
    """Somebody left or was removed."""


@dataclass(frozen=True, slots=True)
class Knocked(Happening):
    """Somebody asks to be let in."""


@dataclass(frozen=True, slots=True)
class Invited(Happening):
    """Somebody invited the bot. ``direct``: to a conversation of two; ``encrypted`` as far as the invite tells."""

    direct: bool
    encrypted: bool


def read_happening(event: Mapping[str, Any], room: str, own: str, *, again: bool) -> Happening | None:
    """Return what an event of a room means; None for what is not news to the face.

    That is: what we did ourselves, what other bots say (``m.notice``), edits, and changes of a profile.
    """
    sender, identity, content = event.get("sender"), event.get("event_id"), event.get("content")
    if not isinstance(sender, str) or not isinstance(identity, str) or not isinstance(content, dict):
        return None
    if event.get("type") == "m.room.member":
        return _moved(event, content, room, own, again=again)
    relation = content.get("m.relates_to")
    relation = relation if isinstance(relation, dict) else {}
    target, sign = relation.get("event_id"), relation.get("key")
    if sender == own:
        return None
    if event.get("type") == "m.reaction" and isinstance(target, str) and isinstance(sign, str):
        return Reacted(identity, room, sender, again, target, sign)
    speaks = event.get("type") == "m.room.message" and content.get("msgtype") in ("m.text", "m.emote")
    if not speaks or relation.get("rel_type") == "m.replace":
        return None
    thread = target if relation.get("rel_type") == "m.thread" and isinstance(target, str) else None
    return Said(identity, room, sender, again, body_of(content), thread)


def _moved(
    event: Mapping[str, Any], content: Mapping[str, Any], room: str, own: str, *, again: bool
) -> Happening | None:
    person = event.get("state_key")
    if not isinstance(person, str) or person == own:
        return None
    unsigned = event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    was = before.get("membership") if isinstance(before, dict) else None
    now = content.get("membership")
    if now == "join" and was != "join":
        return Came(str(event["event_id"]), room, person, again)
    if now == "knock" and was != "knock":
        return Knocked(str(event["event_id"]), room, person, again)
    if now in ("leave", "ban") and was in ("join", "invite"):
        return Went(str(event["event_id"]), room, person, again)
    return None


def read_invite(told: Mapping[str, Any], room: str, own: str) -> Invited | None:
    """Return who invited us and to what, from the stripped state of an invitation."""
    events = [event for event in told.get("invite_state", {}).get("events", []) if isinstance(event, dict)]
    ours = [each for each in events if each.get("type") == "m.room.member" and each.get("state_key") == own]
    if not ours:
        return None
    encrypted = any(event.get("type") == "m.room.encryption" for event in events)
    direct = ours[-1].get("content", {}).get("is_direct") is True
    # an invitation has no event id everywhere; room and person are enough to know it by
    return Invited(
        f"invite:{room}", room, str(ours[-1].get("sender")), again=True, direct=direct, encrypted=encrypted
    )
