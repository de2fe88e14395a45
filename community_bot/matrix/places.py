"""What the face knows of the rooms it is in: how many are there, which language, whether it may act there."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from community_bot.locales import Language
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_rooms import HOME_STATE, SPACE_STATE, language_in

MOST_NAMES = 5000


@dataclass(slots=True)
class _Room:
    """What is known of a room; of one in which we were before a restart, nothing until it is :attr:`read`."""

    read: bool = True
    joined: int | None = None
    encrypted: bool = False
    language: Language | None = None
    built: str | None = None
    """What the bot built it as for a learning space: ``container`` or ``room``."""


class Places:
    """Keeps up with the sync. ``shared`` rooms are never private, however few are there: lobbies, bridged rooms.

    Nor are those that the bot built for learning spaces; they say so themselves, also when they are made later.
    """

    def __init__(self, homeserver: Homeserver, homes: Mapping[str, Language], shared: Collection[str] = ()) -> None:
        self._homeserver = homeserver
        self._homes = homes
        self._shared = frozenset(shared) | frozenset(homes)
        self._rooms: dict[str, _Room] = {}
        self._names: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def expect(self, rooms: Collection[str]) -> None:
        """Take in which rooms we have been in for a while: what each is, is read when something happens there."""
        for room in rooms:
            self._rooms.setdefault(room, _Room(read=False))

    def learn(self, room: str, told: Mapping[str, Any]) -> None:
        """Take in a joined room's part of a sync; of one that is new to us, that is all of it."""
        known = self._rooms.setdefault(room, _Room())
        timeline = told.get("timeline", {}).get("events", [])
        for event in (*told.get("state", {}).get("events", []), *timeline):
            kind = event.get("type")
            if kind == "m.room.encryption":
                known.encrypted = True
            elif kind == HOME_STATE:
                known.language = language_in(event.get("content"))
            elif kind == SPACE_STATE:
                built = event.get("content", {}).get("kind")
                known.built = built if isinstance(built, str) else None
            elif kind == "m.room.member":
                # the number is told with the change, or else asked for
                known.joined = None
                self._names.pop(str(event.get("state_key")), None)
        if told.get("timeline", {}).get("limited"):
            known.joined = None
        count = told.get("summary", {}).get("m.joined_member_count")
        if isinstance(count, int):
            known.joined = count

    def lost(self, room: str) -> None:
        """Forget a room we left."""
        self._rooms.pop(room, None)

    def knows(self, room: str) -> bool:
        """Say whether we are in a room."""
        return room in self._rooms

    async def is_encrypted(self, room: str) -> bool:
        """Say whether a room is end-to-end encrypted: then nothing is read or said there (SAF-21)."""
        return (await self._look_at(room)).encrypted

    async def _look_at(self, room: str) -> _Room:
        known = self._rooms.setdefault(room, _Room(read=False))
        if not known.read:
            kinds = ("m.room.encryption", HOME_STATE, SPACE_STATE)
            found = await asyncio.gather(*(self._homeserver.state(room, kind) for kind in kinds))
            events = [{"type": kind, "content": each} for kind, each in zip(kinds, found, strict=True) if each]
            self.learn(room, {"state": {"events": events}})
            known.read = True
        return known

    async def is_private(self, room: str) -> bool:
        """Say whether only one person and the bot are in a room."""
        if room in self._shared:
            return False
        known = await self._look_at(room)
        if known.built is not None:
            return False
        if known.joined is None:
            known.joined = len(await self._homeserver.joined(room))
        return known.joined == 2

    def is_home(self, room: str) -> bool:
        """Say whether a room is where people arrive."""
        return room in self._homes

    def language(self, room: str) -> Language | None:
        """Return the language of a room: a home's own, or of the home that a private room was made for."""
        known = self._rooms.get(room)
        return self._homes.get(room) or (known.language if known is not None else None)

    async def names(self, room: str, user_id: str) -> tuple[str, ...]:
        """Return the names an account shows: in the room, and in its id."""
        known = self._names.get(user_id)
        if known is None:
            content = await self._homeserver.state(room, "m.room.member", user_id) or {}
            shown = content.get("displayname")
            local = user_id[1:].partition(":")[0]
            known = (shown, local) if isinstance(shown, str) and shown.strip() else (local,)
            if not content:
                # not in a room of ours, or not to be seen: another time there may be more
                return known
            self._names[user_id] = known
            if len(self._names) > MOST_NAMES:
                self._names.popitem(last=False)
        return known
