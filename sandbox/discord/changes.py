"""Wait for the world to change instead of looking again and again."""

import asyncio
from collections.abc import Callable


class Changes:
    """Let many wait for anything to happen.

    ``count`` counts what has changed in the world; a request that changed nothing wakes those who wait, too.
    """

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def note(self) -> None:
        """Say that the world has changed."""
        self.count += 1
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next thing to happen."""
        await self._next.wait()

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until ``condition`` holds; raise TimeoutError after ``timeout`` seconds."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self._next.wait()
