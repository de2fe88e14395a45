"""Trying one call to a platform until it is known to have happened, however long that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import StrEnum
from typing import TypeVar

from bridges.bell import Bell
from bridges.ends.port import BlockedError, NotSentError, UnsureError
from bridges.metrics import BridgeMetrics
from bridges.pace import Backoff, either

T = TypeVar("T")

BLOCKED_SECONDS = 30.0
"""How often it is looked whether a person has mended the cause of a refusal."""


class LaneState(StrEnum):
    STARTING = "starting"
    """What an earlier process left is still being looked at."""
    IDLE = "idle"
    SENDING = "sending"
    WAITING = "waiting"
    """The platform asked for patience, or does not answer."""
    BLOCKED = "blocked"
    """The platform refuses everything here; a person has to act."""


class FinishingError(Exception):
    """The lane was told to finish while it waited; nothing is under way."""


class NoNeedError(Exception):
    """What was being tried is not wanted any more, and certainly did not happen."""


class Patience:
    """Tries calls one after the other. :attr:`state` and :attr:`reason` say what it is at."""

    __slots__ = ("_finishing", "_label", "_mended", "_metrics", "_nudged", "_sleep", "reason", "state")

    def __init__(
        self,
        label: str,
        *,
        metrics: BridgeMetrics,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.state = LaneState.STARTING
        self.reason = ""
        """Why it waits or is blocked: a stable code."""
        self._label = label
        self._metrics = metrics
        self._sleep = sleep
        self._finishing = False
        self._mended = Bell()
        self._nudged = Bell()

    @property
    def finishing(self) -> bool:
        """Whether it was told to finish."""
        return self._finishing

    def finish(self) -> None:
        """Let whatever waits end with :class:`FinishingError`, now and from now on."""
        self._finishing = True
        self._nudged.set()

    def mended(self) -> None:
        """Try at once what is blocked."""
        self._mended.set()

    def nudge(self) -> None:
        """Look at once whether what is being tried is still wanted."""
        self._nudged.set()

    async def with_call(
        self,
        call: Callable[[], Awaitable[T]],
        *,
        look: Callable[[], Awaitable[T | None]] | None = None,
        doubtful: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> T:
        """Return what ``call`` returns, trying again as long as it says that it took no effect.

        ``look`` finds out what came of a try that may have taken effect; without it such a try is repeated.
        ``doubtful``: an earlier process may have made the call. Raises what is neither sure to be in vain nor in
        doubt (:class:`RefusedError` and its like), :class:`NoNeedError` once ``wanted`` says no and nothing is in
        doubt, and :class:`FinishingError`.
        """
        backoff = Backoff()
        while True:
            self._mended.clear()
            self._nudged.clear()
            if self._finishing:
                raise FinishingError
            try:
                if doubtful and look is not None:
                    found = await look()
                    if found is not None:
                        self._metrics.reconciled.labels(self._label).inc()
                        return found
                    doubtful = False
                if not wanted():
                    raise NoNeedError
                return await call()
            except UnsureError as error:
                doubtful = True
                await self._wait(LaneState.WAITING, error.reason, error.retry_after or backoff.next())
            except NotSentError as error:
                await self._wait(LaneState.WAITING, error.reason, error.retry_after or backoff.next())
            except BlockedError as error:
                # word that something was mended since the last try ends it; look now and then without, too
                seconds = error.retry_after or BLOCKED_SECONDS
                await self._wait(LaneState.BLOCKED, error.reason, seconds, self._mended.wait())

    async def _wait(
        self, state: LaneState, reason: str, seconds: float, *others: Coroutine[None, None, object]
    ) -> None:
        self.state, self.reason = state, reason
        self._metrics.waits.labels(self._label, reason).inc()
        await either(self._pause(seconds), self._nudged.wait(), *others)
        if self._finishing:
            raise FinishingError
        self.state, self.reason = LaneState.SENDING, ""

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)
