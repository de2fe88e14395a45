"""A pace to keep: so many acts a second and no more, each in its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic


class Pace:
    """Lets acts through at ``per_second``, and ``at_once`` of them together after a pause.

    For what is in no hurry beside what is: a limit that all share (Discord's 50 requests a second for everything a
    bot does) is then never met by the one and felt by the other.
    """

    def __init__(
        self,
        per_second: float,
        at_once: float,
        *,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._each = 1 / per_second
        self._ahead = at_once / per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = 0.0

    async def take(self, acts: int = 1) -> None:
        """Wait for the turn of so many acts."""
        now = self._clock()
        starts = max(self._free_at, now - self._ahead)
        self._free_at = starts + acts * self._each
        if (wait := self._free_at - now) > 0:
            await self._sleep(wait)
