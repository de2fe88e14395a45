"""Who knocks at a space of the network: brought to whoever decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError
from community_bot.domain.account import Account
from community_bot.logs import get_logger
from community_bot.matrix.happenings import Knocked
from community_bot.matrix.turns import Turns
from community_bot.platforms.matrix_homeserver import Homeserver

log = get_logger(__name__)

KnockHandler = Callable[[Account, str], Awaitable[None]]
"""Decides about an account that knocks at a room.

It is told again of whoever still stands there when the bot starts, and so says nothing twice of what it has noted.
It is told of rooms that are no space's, too.
"""


class Knocks:
    """Brings each knock to the handler, also those that were not answered before a restart."""

    def __init__(self, homeserver: Homeserver, handler: KnockHandler) -> None:
        self._homeserver = homeserver
        self._handler = handler
        self._turns = Turns()

    async def heard(self, knocked: Knocked) -> None:
        """Bring a knock to the handler; returns when it is done."""
        await asyncio.wait([self._take(knocked.person, knocked.room)])

    async def catch_up(self, rooms: Collection[str]) -> None:
        """Bring the knocks that stand at these rooms to the handler, beside everything else."""
        for room in rooms:
            # a turn each: one request for every space there is must not hold up the start
            self._turns.take(room, lambda room=room: self._look(room))  # type: ignore[misc]

    async def _look(self, room: str) -> None:
        try:
            knocking = await self._homeserver.joins(room, "knock")
        except (BlockedError, MissingError) as error:
            log.info("nobody knocks where the bot is no more", platform="matrix", reason=error.reason)
            return
        for person in knocking:
            self._take(person, room)

    def _take(self, person: str, room: str) -> asyncio.Task[None]:
        """Bring one person's knocks one after the other: a knock may be heard and found at the same time."""
        return self._turns.take(person, lambda: self._handler(Account("matrix", person), room))

    async def close(self) -> None:
        """Stop; who still stands there is brought again at the next start."""
        await self._turns.close()
