"""A bound on what is held in memory, waited for in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Waiting:
    take: Callable[[], bool]
    turn: asyncio.Future[None]


class Turns:
    """Lets each take what it needs, strictly in the order of asking.

    A ``take`` takes all it needs at once and returns True, or takes nothing and returns False: who waits holds
    nothing, so two can never wait for one another.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()

    @property
    def length(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def wait(self, take: Callable[[], bool], give_back: Callable[[], None]) -> None:
        """Return once ``take`` succeeded. ``give_back`` undoes it when the caller was cancelled at that moment."""
        if not self._waiting and take():
            return
        waiting = _Waiting(take, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.turn.cancelled():
                give_back()
            # the one behind may need less
            self.look()
            raise

    def look(self) -> None:
        """Give turns to whom there is room for; called whenever something was given back."""
        while self._waiting:
            first = self._waiting[0]
            if first.turn.cancelled():
                self._waiting.popleft()
            elif first.take():
                self._waiting.popleft()
                first.turn.set_result(None)
            else:
                return
