"""How long to wait before trying again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Waits that double up to ``longest`` seconds, each shortened at random by up to a quarter.

    The chance part keeps many lanes that lost the same server from coming back at the same instant.
    """

    first: float = 0.25
    longest: float = 30.0
    _next: float = field(default=0.0, init=False)

    def next(self) -> float:
        """Return the seconds to wait now, and double the next wait."""
        self._next = min(self._next * 2 or self.first, self.longest)
        return self._next * (1 - random.random() / 4)  # noqa: S311 - spreading load, not keeping a secret

    def reset(self) -> None:
        self._next = 0.0


async def either(*waits: Coroutine[None, None, object]) -> None:
    """Wait for whatever ends first, and give up on the others."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
