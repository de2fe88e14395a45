"""What a homeserver pushed, in the shape of a sync: one road reads both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

Event = Mapping[str, Any]
INSIDE = "join"
OUTSIDE = ("leave", "ban")


def as_sync(
    events: Sequence[Event],
    rooms: Collection[str],
    *,
    user_id: str,
    next_batch: str,
    outside: Collection[str] = (),
    ephemeral: Iterable[Event] = (),
) -> dict[str, Any]:
    """Return pushed events as a sync of the account ``user_id`` would have brought them, in their order.

    ``rooms`` are those that are served; of others nothing is told. In those ``outside`` the account is not, as far
    as is known, but a ghost may be, so their events are pushed all the same: what was said there before the account
    came in, or after it left, is left out. ``next_batch`` is passed through: what is pushed has no position.
    """
    told: dict[str, _Room] = {}
    for event in events:
        room_id = event.get("room_id")
        if isinstance(room_id, str) and room_id in rooms:
            told.setdefault(room_id, _Room(inside=room_id not in outside)).take(event, user_id)
    for event in ephemeral:
        room_id = event.get("room_id")
        if isinstance(room_id, str) and room_id in rooms and room_id not in outside:
            told.setdefault(room_id, _Room(inside=True)).ephemeral.append(event)
    return {
        "next_batch": next_batch,
        "rooms": {
            "join": {room_id: room.joined() for room_id, room in told.items() if room.heard or room.ephemeral},
            "leave": {room_id: {} for room_id, room in told.items() if room.last in OUTSIDE},
            "invite": {
                room_id: {"invite_state": {"events": [room.invitation]}}
                for room_id, room in told.items()
                if room.last == "invite"
            },
        },
    }


class _Room:
    """What one room's events come to; ``last`` is the account's own membership where they changed it."""

    def __init__(self, *, inside: bool) -> None:
        self.heard: list[Event] = []
        self.ephemeral: list[Event] = []
        self.last: str | None = None
        self.invitation: Event | None = None
        self._inside = inside

    def take(self, event: Event, user_id: str) -> None:
        content = event.get("content")
        if event.get("type") == "m.room.member" and event.get("state_key") == user_id:
            self.last = str(content.get("membership")) if isinstance(content, Mapping) else None
            self._inside = self.last == INSIDE
            self.invitation = event if self.last == "invite" else None
        if self._inside:
            self.heard.append(event)

    def joined(self) -> dict[str, Any]:
        told: dict[str, Any] = {"timeline": {"events": self.heard, "limited": False}}
        return told | ({"ephemeral": {"events": self.ephemeral}} if self.ephemeral else {})
