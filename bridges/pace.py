"""How long to wait before trying again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType

ECHO_SECONDS, LONGEST_ECHO_SECONDS = 0.05, 1.0


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


class Turns:
    """Lets at most ``at_once`` in at a time, and begins with at most ``a_second``; an async context manager."""

    def __init__(
        self,
        at_once: int,
        *,
        a_second: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._apart = 1 / a_second
        self._sleep = sleep
        self._clock = clock
        self._next = 0.0

    async def __aenter__(self) -> None:
        await self._places.acquire()
        now = self._clock()
        mine, self._next = max(now, self._next), max(now, self._next) + self._apart
        if mine > now:
            try:
                await self._sleep(mine - now)
            except BaseException:
                self._places.release()
                raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()


class Echoes:
    """Waits before a homeserver is asked again that has told of our own words only.

    While we speak much, each of our words ends a wait for news, and a homeserver spends on answering that nothing
    was said by others nearly what it spends on taking our next word. One echo is no reason to wait: who answers it
    is heard at once. Where each wait brings several of our words the next is longer; where it brings one, shorter:
    only a flood of them keeps others waiting.
    """

    def __init__(self) -> None:
        self._before = False
        self._rest = 0.0

    def wait(self, echoes: int) -> float:
        """Return the seconds to wait behind an answer that told of ``echoes`` words of ours; 0 if of others too."""
        if not echoes or not self._before:
            self._before, self._rest = bool(echoes), 0.0
        elif echoes > 1 or not self._rest:
            self._rest = min(self._rest * 2 or ECHO_SECONDS, LONGEST_ECHO_SECONDS)
        else:
            self._rest = max(self._rest / 2, ECHO_SECONDS)
        return self._rest
