"""Writes down up to where channels were heard for certain, so that the next start need not read them again.

Events about one channel may overtake one another: that the newest was heard does not mean that all before it were.
Whoever has listened a while longer has heard those too. While the connection is away nobody listens: what was
overtaken just before may be lost with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog

from bridges.ends.discord_hearing import Hearing
from bridges.ends.discord_places import Places
from db.errors import DatabaseError

log = structlog.get_logger("bridges.discord")

ROUND_SECONDS = 20.0
OVERTAKING_SECONDS = 10.0
"""So long after a message no event comes any more that it overtook."""


class Settling:
    """Settles all channels of one account. :meth:`run` is its task."""

    def __init__(
        self,
        places: Places,
        hearing: Hearing,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._places = places
        self._hearing = hearing
        self._sleep = sleep
        self._clock = clock

    async def run(self) -> None:
        """Settle now and then, until cancelled."""
        while True:
            await self._sleep(ROUND_SECONDS)
            await self.settle()

    async def settle(self) -> None:
        """Write down, for all channels in one go, up to where nothing is still to come."""
        long_ago = self._clock() - OVERTAKING_SECONDS
        due = {
            channel: channel.position
            for channel in self._places
            if channel.listened_to and (channel.position or 0) > channel.settled and channel.reached_at < long_ago
        }
        reached = {channel.settled_stream: str(position) for channel, position in due.items()}
        if not reached:
            return
        try:
            await self._hearing.write_positions(reached)
        except DatabaseError as error:
            # the next round takes these along, or the next start reads there again
            log.warning("how far channels were heard is written down later", reason=error.code)
            return
        for channel, position in due.items():
            channel.settled = position or 0
