"""Acts beside each other, and one person's in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bridges.ends.port import EndError
from community_bot.logs import get_logger

log = get_logger(__name__)

AT_ONCE = 8
"""Acts under way at a time; enough for a crowd at the door, and gentle to a homeserver's limits."""


class Turns:
    """Gives everybody their turn. An act that fails is logged and ends there; it holds up nobody."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._limit = asyncio.Semaphore(at_once)
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, person: str, act: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Start an act after the person's acts before it."""
        task = asyncio.create_task(self._after(self._last.get(person), act))
        self._last[person] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(person, done))
        return task

    async def close(self) -> None:
        """Stop everything under way; it is heard again at the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _after(self, before: asyncio.Task[None] | None, act: Callable[[], Awaitable[None]]) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with self._limit:
            try:
                await act()
            except EndError as error:
                log.warning("an act on matrix was given up", reason=error.reason)
            except Exception:
                # whatever it was must not end the sync, nor the next act of the same person
                log.exception("an act on matrix failed")

    def _forget(self, person: str, done: asyncio.Task[None]) -> None:
        self._tasks.discard(done)
        if self._last.get(person) is done:
            del self._last[person]
