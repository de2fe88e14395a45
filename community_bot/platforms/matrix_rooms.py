"""The private room of each person: where what concerns only them is said, as Matrix has no message for one reader.

A room's alias is derived from the person's id with the network's key. So there is no list of who has a room, making
one twice finds the first, and nobody without the key can ask the homeserver whether somebody has one.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, RefusedError
from community_bot.domain.languages import Language, language_of
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.port import ImpossibleError

HOME_STATE = "community_bot.home"
"""State that says in which language a room's home speaks: what is said before somebody has chosen one."""
SPACE_STATE = "community_bot.space"
"""State that marks what the bot built for a learning space. Its ``kind`` is ``container`` or ``room``."""
MOST_KNOWN = 5000
TRIES = 4

Lookup = Callable[..., str]
"""The network's keyed look-up: kind and parts to 43 characters of base64."""


class PrivateRooms:
    """Finds or makes private rooms. What it remembers is only a shortcut and may be forgotten at any time."""

    def __init__(self, homeserver: Homeserver, lookup: Lookup) -> None:
        self._homeserver = homeserver
        self._lookup = lookup
        self._known: OrderedDict[str, str] = OrderedDict()

    async def open(self, user_id: str, language: Language | None = None) -> str:
        """Return a person's private room, with them in it or invited to it.

        ``language`` is used when the room has to be made. Raises :class:`ImpossibleError` when the person cannot be
        invited or the homeserver makes every room encrypted, else one of the kinds of ``EndError``.
        """
        known = self._known.get(user_id)
        if known is not None:
            self._known.move_to_end(user_id)
            return known
        room = await self._find_or_make(user_id, language)
        if await self._homeserver.is_encrypted(room):
            raise ImpossibleError("matrix.encrypted_room")
        await self._let_in(room, user_id)
        self._known[user_id] = room
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return room

    def forget(self, user_id: str) -> None:
        """Look anew next time: the person left some room, perhaps theirs."""
        self._known.pop(user_id, None)

    async def find(self, user_id: str) -> str | None:
        """Return a person's private room if there is one, and change nothing."""
        return self._known.get(user_id) or await self._homeserver.resolve(self._alias(user_id, 0))

    async def _find_or_make(self, user_id: str, language: Language | None) -> str:
        for number in range(TRIES):
            alias = self._alias(user_id, number)
            room = await self._homeserver.resolve(alias)
            if room is None:
                try:
                    return await self._homeserver.create(self._wish(alias, user_id, language))
                except (BlockedError, RefusedError):
                    # made a moment ago, by us: the answer was lost, two acts of one person met, or the room was
                    # made and only the invitation was refused
                    room = await self._homeserver.resolve(alias)
            if room is not None and await self._are_in(room):
                return room
        raise ImpossibleError("matrix.room_lost")

    async def _are_in(self, room: str) -> bool:
        """Say whether the room still serves: we are in it, or can be again."""
        if await self._homeserver.membership(room, self._homeserver.user_id) == "join":
            return True
        try:
            await self._homeserver.join(room)
        except (BlockedError, MissingError, RefusedError):
            # somebody else's hand: the next name is tried
            return False
        return True

    async def _let_in(self, room: str, user_id: str) -> None:
        if await self._homeserver.membership(room, user_id) in ("join", "invite"):
            return
        try:
            await self._homeserver.invite(room, user_id, direct=True)
        except (BlockedError, MissingError, RefusedError) as error:
            raise ImpossibleError("matrix.member_gone") from error

    def _alias(self, user_id: str, number: int) -> str:
        parts = (user_id,) if number == 0 else (user_id, str(number))
        return hidden_alias(self._lookup("private room", *parts), self._homeserver.server_name)

    def _wish(self, alias: str, user_id: str, language: Language | None) -> dict[str, Any]:
        state: list[dict[str, Any]] = [
            # "invited" and not "joined": what is said before the person has opened the invitation is for them too,
            # and nobody else can ever be invited
            _state("m.room.history_visibility", {"history_visibility": "invited"}),
            _state("m.room.guest_access", {"guest_access": "forbidden"}),
        ]
        if language is not None:
            state.append(_state(HOME_STATE, {"language": language}))
        return {
            "room_alias_name": alias[1:].partition(":")[0],
            "preset": "private_chat",
            "visibility": "private",
            "is_direct": True,
            # asked in together with the room: on its own it would count against the homeserver's limit of messages
            "invite": [user_id],
            "initial_state": state,
            "power_level_content_override": {"invite": 100, "kick": 100, "ban": 100, "state_default": 100},
        }


def hidden_alias(found: str, server: str) -> str:
    """Return the alias that a keyed look-up leads to, and nobody finds who has not the network's key."""
    # an alias has no capitals on many homeservers, so base64 will not do
    digest = base64.urlsafe_b64decode(found + "=")
    return f"#{base64.b32encode(digest).decode().rstrip('=').lower()}:{server}"


def _state(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "state_key": "", "content": content}


def language_in(content: object) -> Language | None:
    """Read the language a room's state tells."""
    told = content.get("language") if isinstance(content, dict) else None
    return language_of(told) if isinstance(told, str) else None
