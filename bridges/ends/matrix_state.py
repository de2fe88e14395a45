"""How a room is arranged, asked of the homeserver: whether we are in it, who may come in, who may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.port import BlockedError

DOORS: Mapping[str, int] = {
    "private": 0,
    "invite": 0,
    "knock": 1,
    "restricted": 2,
    "knock_restricted": 3,
    "public": 4,
}
"""Rules by which people come in, by how easily they do (client-server API, "m.room.join_rules")."""
BY_OTHER_ROOMS = ("restricted", "knock_restricted")
READERS: Mapping[str, int] = {"joined": 0, "invited": 1, "shared": 2, "world_readable": 3}
"""Who reads what was said, from few to everybody (client-server API, "m.room.history_visibility")."""
UNKNOWN = 9


async def is_inside(client: MatrixClient, room_id: str) -> bool:
    """Say whether the account is in a room. Raises the kinds of ``EndError`` when that cannot be known now."""
    try:
        own = await client.get("rooms", room_id, "state", "m.room.member", client.user_id)
    except MissingError:
        return False
    except BlockedError as error:
        if error.reason == "matrix.login_lost":
            raise
        return False  # who is not in a room is told nothing about it
    return bool(own.get("membership") == "join")


async def state_of(client: MatrixClient, room_id: str, kind: str) -> dict[str, Any] | None:
    """Return a piece of a room's state, None where it has none. Raises the kinds of ``EndError``."""
    try:
        return await client.get("rooms", room_id, "state", kind, "")
    except MissingError:
        return None


async def is_there(client: MatrixClient, room_id: str, kind: str) -> bool:
    """Say whether a room's state has a piece of this kind. Raises the kinds of ``EndError``."""
    return await state_of(client, room_id, kind) is not None


@dataclass(frozen=True, slots=True)
class Openness:
    """To whom a room is open; ``through`` are the rooms whose members may come in."""

    rule: str
    through: frozenset[str]
    readers: str
    guests: bool

    @classmethod
    async def of(cls, client: MatrixClient, room_id: str) -> Openness:
        """Ask how open a room is; what is not said is as the specification has it. Raises as :func:`state_of`."""
        rules = await state_of(client, room_id, "m.room.join_rules") or {}
        history = await state_of(client, room_id, "m.room.history_visibility") or {}
        guests = await state_of(client, room_id, "m.room.guest_access") or {}
        allowed = rules.get("allow")
        return cls(
            str(rules.get("join_rule", "invite")),
            frozenset(
                str(each.get("room_id"))
                for each in (allowed if isinstance(allowed, list) else [])
                if isinstance(each, dict)
            ),
            str(history.get("history_visibility", "shared")),
            guests.get("guest_access") == "can_join",
        )

    def is_wider_than(self, other: Openness) -> bool:
        """Say whether somebody may come in, or read, here who might not there; what is not known counts as wide."""
        through_others = self.rule in BY_OTHER_ROOMS and other.rule != "public"
        return (
            DOORS.get(self.rule, UNKNOWN) > DOORS.get(other.rule, 0)
            or READERS.get(self.readers, UNKNOWN) > READERS.get(other.readers, 0)
            or (through_others and not self.through <= other.through)
            or (self.guests and not other.guests)
        )
