"""Following a room that was replaced by another (client-server API, "Room upgrades"), where that is safe.

That the tombstone's sender was allowed to send it the homeserver sees to: it is part of the room's state, and asked
for there. The rest is looked at here: the new room names the old one as its predecessor, the bot was let in, it is
not encrypted unless the operator named it, and it is open to nobody to whom the old one was not. All else is shown
and left to people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_events import TOMBSTONE, is_id, mapping
from bridges.ends.matrix_room import (
    REPLACED,
    UPGRADED,
    UPGRADED_ENCRYPTED,
    UPGRADED_FORGED,
    UPGRADED_NOT_INVITED,
    UPGRADED_TAKEN,
    UPGRADED_TOO_OFTEN,
    UPGRADED_WIDER,
    Room,
    Rooms,
)
from bridges.ends.matrix_state import Openness, is_inside, is_there, state_of
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from bridges.pace import Backoff, either
from db.bridge_rows import Place, Platform
from db.errors import DatabaseError
from db.ids import EndId

log = structlog.get_logger("bridges.matrix")

LOOK_AGAIN_SECONDS = 30.0
MOST_FOLLOWED = 5
"""Rooms that an end may leave for others within the time for which the map is kept: each move is told of in every
room of its conversation, and nobody may have that said at will."""
AGAIN = REPLACED - {UPGRADED, UPGRADED_TOO_OFTEN}
"""What people may have mended meanwhile, without anything that would be heard here."""


class NotFollowedError(Exception):
    """A room that was replaced is not followed, or not yet; ``reason`` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Following:
    """Gets an end into the room that replaced its own: at once when told, and tries again now and then.

    ``move`` has the end move, False where it may not. ``listen`` is told that another room is to be heard of.
    """

    def __init__(
        self,
        client: MatrixClient,
        rooms: Rooms,
        *,
        move: Callable[[EndId, Place], Awaitable[bool]],
        listen: Callable[[], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._client = client
        self._rooms = rooms
        self._move = move
        self._listen = listen
        self._sleep = sleep
        self._calls: set[EndId] = set()
        self._called = asyncio.Event()
        self._refused: dict[tuple[str, str], str] = {}
        """Why a room is not to replace another that was looked at and left again: not gone into unasked."""
        self._entered: set[str] = set()
        """Rooms that we went into in order to look."""
        self._backoff = Backoff(first=0.5, longest=LOOK_AGAIN_SECONDS)

    def call(self, room: Room) -> None:
        """Look now whether a room that was replaced can be followed."""
        self._calls.add(room.row.id)
        self._called.set()

    def invited(self, room_id: str) -> None:
        """Take in that we were asked into a room, which may be one that is awaited."""
        room = self._rooms.awaiting(room_id)
        if room is not None:
            self._refused.pop((room.room_id, room_id), None)
            self.call(room)

    async def run(self) -> None:
        """Follow until cancelled. A task beside the sync, which must hear the other rooms meanwhile."""
        while True:
            if not self._calls:
                await either(self._pause(LOOK_AGAIN_SECONDS), self._called.wait())
            called, self._calls = self._calls, set()
            self._called.clear()
            for room in self._rooms.all():
                wanted = room.row.id in called if called else room.closed in AGAIN
                if wanted and room.closed in REPLACED and self._rooms.serves(room):
                    await self._try_following(room)

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _try_following(self, room: Room) -> None:
        try:
            await self._follow(room)
            self._backoff.reset()
        except NotFollowedError as error:
            if room.closed in REPLACED and room.closed != error.reason:
                log.warning("a room that was replaced is not followed", lane=room.label, reason=error.reason)
                room.closed = error.reason
        except DatabaseError as error:
            await self._try_again(room, error.code)
        except (NotSentError, UnsureError) as error:
            await self._try_again(room, error.reason, error.retry_after)
        except EndError as error:
            # we may not even ask there: what is shown stays as it is
            log.warning("following a room is held up", lane=room.label, reason=error.reason)

    async def _try_again(self, room: Room, reason: str, seconds: float | None = None) -> None:
        """Take in that it cannot be said now: it can soon."""
        log.warning("following a room is held up", lane=room.label, reason=reason)
        self._calls.add(room.row.id)
        await self._sleep(min(seconds or self._backoff.next(), LOOK_AGAIN_SECONDS))

    async def _follow(self, room: Room) -> None:
        """Follow a room. Raises :class:`NotFollowedError`, or the kinds of ``EndError`` when it cannot be known."""
        tombstone = await self._tombstone(room)
        new = self._replacement(room, tombstone)
        if self._rooms.await_(new, room):
            self._listen()
        if not await is_inside(self._client, new):
            if (refused := self._refused.get((room.room_id, new))) is not None:
                raise NotFollowedError(refused)
            await self._enter(new, str(tombstone.get("sender")))
        try:
            await self._judge(room, new)
        except NotFollowedError as error:
            if new in self._entered:
                await self._client.post("rooms", new, "leave", body={})
                self._entered.discard(new)
                self._refused[room.room_id, new] = error.reason
            raise
        if not await self._move(room.row.id, Place(Platform.MATRIX, new)):
            raise NotFollowedError(UPGRADED_TAKEN)
        self._entered.discard(new)

    async def _tombstone(self, room: Room) -> Mapping[str, Any]:
        """Return what a room's state says of its end, with who said it."""
        try:
            return await self._client.get("rooms", room.room_id, "state", TOMBSTONE, "", query={"format": "event"})
        except MissingError:
            return {}

    def _replacement(self, room: Room, tombstone: Mapping[str, Any]) -> str:
        """Return the room that may be looked at in the place of another."""
        new = mapping(tombstone, "content").get("replacement_room")
        if not is_id(new) or not new.startswith("!"):
            raise NotFollowedError(UPGRADED)
        if self._rooms.knows(new) or new == room.row.named.ref:
            raise NotFollowedError(UPGRADED_TAKEN)
        if len(room.row.past) >= MOST_FOLLOWED:
            raise NotFollowedError(UPGRADED_TOO_OFTEN)
        return new

    async def _enter(self, room_id: str, sender: str) -> None:
        """Go into the new room, over the server of who replaced the old one."""
        server = sender.partition(":")[2]
        # both names of the same: homeservers know the older, the specification has the newer
        query = {"server_name": server, "via": server} if server else None
        # before the call: its answer may be lost
        self._entered.add(room_id)
        try:
            await self._client.post("join", room_id, body={}, query=query)
        except (BlockedError, MissingError, RefusedError) as error:
            if error.reason == "matrix.login_lost":
                raise
            self._entered.discard(room_id)
            raise NotFollowedError(UPGRADED_NOT_INVITED) from error

    async def _judge(self, room: Room, new: str) -> None:
        """Look whether anything speaks against a room that is to replace another."""
        created = await state_of(self._client, new, "m.room.create") or {}
        if mapping(created, "predecessor").get("room_id") != room.room_id:
            raise NotFollowedError(UPGRADED_FORGED)
        if await is_there(self._client, new, "m.room.encryption") and not self._client.opens(new):
            raise NotFollowedError(UPGRADED_ENCRYPTED)
        before, after = await Openness.of(self._client, room.room_id), await Openness.of(self._client, new)
        if after.is_wider_than(before):
            raise NotFollowedError(UPGRADED_WIDER)
