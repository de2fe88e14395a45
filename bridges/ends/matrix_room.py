"""What the bridge knows of one Matrix room."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import KeysView, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bridges.ends.matrix_powers import Powers
from db.bridge_rows import EndRow
from db.ids import EndId

NOT_CONNECTED = "matrix.not_connected"
NOT_INVITED = "matrix.not_invited"
ENCRYPTED = "matrix.encrypted_room"
UPGRADED = "matrix.room_upgraded"
UPGRADED_NOT_INVITED = "matrix.upgraded_not_invited"
UPGRADED_FORGED = "matrix.upgraded_forged"
UPGRADED_WIDER = "matrix.upgraded_wider"
UPGRADED_ENCRYPTED = "matrix.upgraded_encrypted"
UPGRADED_TAKEN = "matrix.upgraded_taken"
UPGRADED_TOO_OFTEN = "matrix.upgraded_too_often"
REPLACED = frozenset(
    {
        UPGRADED,
        UPGRADED_NOT_INVITED,
        UPGRADED_FORGED,
        UPGRADED_WIDER,
        UPGRADED_ENCRYPTED,
        UPGRADED_TAKEN,
        UPGRADED_TOO_OFTEN,
    }
)
"""Why nothing may be said in a room that was replaced: what keeps the end from following it."""
LONG_AGO = "past"
"""Stands for where a room began that was left for another."""


class RoomStanding(StrEnum):
    """How a room stands for good: neither is ever taken back, so it is remembered from one life to the next."""

    OPEN = "open"
    ENCRYPTED = "encrypted"
    UPGRADED = "upgraded"


@dataclass(slots=True, eq=False)
class Room:
    """A room that we serve. ``closed`` is why nothing may be said there, None when it may."""

    row: EndRow
    label: str
    closed: str | None = NOT_CONNECTED
    entering: bool = False
    """We asked to be let in; the sync that brings the room is still to come."""
    powers: Powers = field(default_factory=Powers)
    stands_anew: bool = False
    """How it stands is still to be written down."""
    unreadable_told: bool = False
    """The log has it that something here could not be read."""

    @property
    def room_id(self) -> str:
        return self.row.place.ref

    @property
    def outside(self) -> bool:
        """Whether we are not in it, as far as is known."""
        return self.closed in (NOT_CONNECTED, NOT_INVITED)

    @property
    def standing(self) -> RoomStanding | None:
        """How it stands for good, None while that is not known."""
        return RoomStanding(self.row.standing) if self.row.standing is not None else None

    def stand(self, standing: RoomStanding) -> None:
        """Take in how it stands."""
        if standing is not self.standing:
            self.row = replace(self.row, standing=standing.value)
            self.stands_anew = True

    @property
    def begun(self) -> bool:
        """Whether the point is fixed before which nothing crosses."""
        return self.row.joined_at_ref is not None

    def begin(self, ref: str) -> None:
        """Fix that point."""
        self.row = replace(self.row, joined_at_ref=ref)


class Rooms:
    """The rooms that are served. They come and go at any time."""

    def __init__(self) -> None:
        self._by_id: dict[str, Room] = {}
        self._by_end: dict[EndId, Room] = {}
        self._past: dict[str, Room] = {}
        self._awaited: dict[str, Room] = {}
        self._heard = ChainMap(self._by_id, self._past, self._awaited)

    def add(self, row: EndRow, label: str) -> Room:
        """Serve one more, and listen for what is taken back in those that it has left."""
        room = Room(row, label)
        self._by_id[room.room_id] = room
        self._by_end[row.id] = room
        for place in row.past:
            left = replace(row, place=place, joined_at_ref=LONG_AGO, standing=None)
            self._past[place.ref] = Room(left, label, closed=None)
        return room

    def remove(self, end: EndId) -> Room:
        """Serve one no more."""
        room = self._by_end.pop(end)
        del self._by_id[room.room_id]
        for others in (self._past, self._awaited):
            for room_id in [each for each, other in others.items() if other.row.id == end]:
                del others[room_id]
        return room

    @property
    def ids(self) -> KeysView[str]:
        """The ids of all of which something is to be heard, as they are at any later moment."""
        return self._heard.keys()

    def past_of(self, end: EndId) -> list[Room]:
        """Return the rooms that an end has left for others."""
        return [room for room in self._past.values() if room.row.id == end]

    def past_among(self, told: Mapping[str, Any]) -> list[tuple[Room, Any]]:
        """Return those of the rooms told of that an end has left, with what is told."""
        left = [(self._past[each], told[each]) for each in told if each in self._past]
        return [(room, each) for room, each in left if room.room_id not in self._by_id]

    def await_(self, room_id: str, room: Room) -> bool:
        """Listen for an invitation to the room that is to replace one; say whether that is new."""
        is_new = self._awaited.get(room_id) is not room
        self._awaited[room_id] = room
        return is_new

    def awaiting(self, room_id: str) -> Room | None:
        """Return the room that another is to replace."""
        return self._awaited.get(room_id)

    def knows(self, room_id: str) -> bool:
        """Say whether an end is, or was, in a room."""
        return room_id in self._by_id or room_id in self._past

    def all(self) -> list[Room]:
        """Return those there are now."""
        return list(self._by_id.values())

    def of(self, end: EndId) -> Room | None:
        """Return the room that is an end."""
        return self._by_end.get(end)

    def serves(self, room: Room) -> bool:
        """Say whether a room was not taken out, or put in anew, since somebody began with it."""
        return self._by_id.get(room.room_id) is room or self._past.get(room.room_id) is room

    def among(self, told: Mapping[str, Any]) -> list[tuple[Room, Any]]:
        """Return those of the rooms told of that are served, with what is told."""
        return [(self._by_id[room_id], each) for room_id, each in told.items() if room_id in self._by_id]
