"""How a learning space is to be, whatever the platform: its rooms, who sees and does what in them, what is pinned.

A template is a design without a title. A space keeps its own copy, so that a template that changes later changes no
space that stands already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from community_bot.domain.account import PlatformName
from community_bot.domain.words import Words


class RoomKind(StrEnum):
    """What a room is for. On Matrix a forum is a room whose conversations are threads."""

    TALK = "talk"
    FORUM = "forum"
    ANNOUNCEMENTS = "announcements"


class Audience(StrEnum):
    """Who sees a room, or writes in it."""

    PARTICIPANTS = "participants"
    FACILITATORS = "facilitators"


class Access(StrEnum):
    """How members come in (SPC-3): by themselves, by asking, or only by being let in by somebody."""

    OPEN = "open"
    REQUEST = "request"
    UNLISTED = "unlisted"


class Liberty(StrEnum):
    """What a role may do in the rooms that it sees, beside reading."""

    WRITE = "write"
    START_THREADS = "start_threads"
    ATTACH_FILES = "attach_files"
    REACT = "react"
    PIN = "pin"
    REMOVE_MESSAGES = "remove_messages"
    MANAGE_THREADS = "manage_threads"


@dataclass(frozen=True, slots=True)
class RoomDesign:
    """One channel or room. ``slow_seconds``: how long each person waits between messages; 0 for not at all.

    ``welcome`` is posted and pinned. ``joined``: the bridge joins the channels and rooms of this name everywhere.
    """

    key: str
    kind: RoomKind
    names: Words
    purposes: Words
    seen_by: Audience = Audience.PARTICIPANTS
    written_by: Audience = Audience.PARTICIPANTS
    slow_seconds: int = 0
    tags: tuple[Words, ...] = ()
    joined: bool = False
    welcome: Words | None = None
    platforms: tuple[PlatformName, ...] = ("discord", "matrix")


@dataclass(frozen=True, slots=True)
class SpaceDesign:
    """A whole space. The first room that participants see is where people come in; agreements are pinned there."""

    template: str
    titles: Words
    purposes: Words
    access: Access
    rooms: tuple[RoomDesign, ...]
    agreements: Words
    participants: frozenset[Liberty]
    facilitators: frozenset[Liberty]
    pilot: bool = False
    """Whether it begins as an experiment (SPC-2)."""
    bridged: bool = False
    """Whether its people want the rooms marked ``joined`` to be joined by the bridge."""
    read_only: bool = False
    """Archived: everybody who could read can read, nobody writes."""

    @property
    def entrance(self) -> RoomDesign:
        """Return the room where people come in."""
        return next(each for each in self.rooms if each.seen_by is Audience.PARTICIPANTS)

    def room(self, key: str) -> RoomDesign:
        """Find a room. Raises KeyError."""
        return {each.key: each for each in self.rooms}[key]

    def archived(self) -> SpaceDesign:
        """Return the same space, to be read only and joined to nothing."""
        return replace(self, read_only=True, bridged=False)

    def packed(self) -> str:
        """Return it as JSON, the same text for the same design."""
        return json.dumps(_plain(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def unpacked(cls, text: str) -> SpaceDesign:
        """Return what :meth:`packed` wrote. Raises KeyError or ValueError for anything else."""
        return design_of(json.loads(text))


def design_of(values: Mapping[str, Any]) -> SpaceDesign:
    """Return a design from plain values, as a template's file or :meth:`SpaceDesign.packed` has them."""
    return SpaceDesign(
        template=values["template"],
        titles=dict(values["titles"]),
        purposes=dict(values["purposes"]),
        access=Access(values["access"]),
        rooms=tuple(_room_of(each) for each in values["rooms"]),
        agreements=dict(values["agreements"]),
        participants=frozenset(Liberty(each) for each in values["participants"]),
        facilitators=frozenset(Liberty(each) for each in values["facilitators"]),
        pilot=bool(values["pilot"]),
        bridged=bool(values["bridged"]),
        read_only=bool(values.get("read_only", False)),
    )


def _room_of(values: Mapping[str, Any]) -> RoomDesign:
    welcome = values.get("welcome")
    return RoomDesign(
        key=values["key"],
        kind=RoomKind(values["kind"]),
        names=dict(values["names"]),
        purposes=dict(values["purposes"]),
        seen_by=Audience(values["seen_by"]),
        written_by=Audience(values["written_by"]),
        slow_seconds=int(values["slow_seconds"]),
        tags=tuple(dict(each) for each in values["tags"]),
        joined=bool(values["joined"]),
        welcome=dict(welcome) if welcome else None,
        platforms=tuple(values["platforms"]),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, SpaceDesign | RoomDesign):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(each.value for each in value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, StrEnum):
        return value.value
    return value
