"""Something to wait for, made by the thousand.

An :class:`asyncio.Event` holds a queue of waiters of its own from the start, 750 bytes; a bridge of a thousand
conversations has twenty thousand of them, and hardly any is ever waited for.
"""

from __future__ import annotations

import asyncio


class Bell:
    """As :class:`asyncio.Event`, in 56 bytes while nobody waits."""

    __slots__ = ("_rung", "_waiting")

    def __init__(self) -> None:
        self._rung = False
        self._waiting: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        """Whether it was rung and not cleared since."""
        return self._rung

    def set(self) -> None:
        """Let everybody who waits go on, and whoever comes until it is cleared."""
        self._rung = True
        waiting, self._waiting = self._waiting, None
        for future in waiting or ():
            if not future.done():
                future.set_result(None)

    def clear(self) -> None:
        """Let those who come from now on wait."""
        self._rung = False

    async def wait(self) -> bool:
        """Return once it is rung; always true."""
        if self._rung:
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = []
        self._waiting.append(future)
        try:
            await future
        finally:
            if self._waiting is not None and future in self._waiting:
                self._waiting.remove(future)
                self._waiting = self._waiting or None
        return True
