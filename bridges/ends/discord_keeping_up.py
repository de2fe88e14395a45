"""Lets channels catch up whenever they fell behind: a task for each that has something to catch up with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bridges.ends.discord_catching_up import CatchingUp
from bridges.ends.discord_channel import Channel
from bridges.ends.discord_places import Places
from bridges.ends.port import EndError
from bridges.pace import Backoff, either

log = structlog.get_logger("bridges.discord")


class KeepingUp:
    """Keeps all channels of one account up. :meth:`run` is its task.

    ``caught_up`` is told of a channel each time it was brought up to now.
    """

    def __init__(
        self,
        places: Places,
        catching_up: CatchingUp,
        *,
        caught_up: Callable[[Channel], None],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._places = places
        self._catching_up = catching_up
        self._caught_up = caught_up
        self._sleep = sleep
        self._called: list[Channel] = []
        self._bell = asyncio.Event()
        self._tasks: dict[Channel, asyncio.Task[None]] = {}

    def call(self, channel: Channel) -> None:
        """Take in that a channel fell behind."""
        self._called.append(channel)
        self._bell.set()

    def drop(self, channel: Channel) -> None:
        """Let a channel be: it is served no more."""
        if (task := self._tasks.get(channel)) is not None:
            task.cancel()

    async def run(self) -> None:
        """Keep channels up until cancelled."""
        # those that an earlier run of this job left behind
        for channel in self._places:
            if channel.is_behind or (not channel.live and channel.problem == "catching_up"):
                channel.fall_behind()
        try:
            while True:
                await self._bell.wait()
                self._bell.clear()
                called, self._called = self._called, []
                for channel in called:
                    self._begin(channel)
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, channel: Channel) -> None:
        task = self._tasks.get(channel)
        if (task is None or task.done()) and channel.is_behind:
            task = asyncio.create_task(self._keep_up(channel), name=f"catch-up:{channel.label}")
            self._tasks[channel] = task
            task.add_done_callback(lambda done: self._forget(channel, done))

    def _forget(self, channel: Channel, done: asyncio.Task[None]) -> None:
        if self._tasks.get(channel) is done:
            del self._tasks[channel]

    async def _keep_up(self, channel: Channel) -> None:
        backoff = Backoff(first=0.5)
        while channel.is_behind:
            channel.is_behind = False
            channel.changed.clear()
            try:
                await self._catching_up.catch_up(channel)
                self._caught_up(channel)
                continue
            except EndError as error:
                channel.problem = error.reason
                log.warning("catching up is held up", lane=channel.label, reason=error.reason)
                seconds = error.retry_after or backoff.next()
            except Exception:
                # whatever it was must not keep the other channels from catching up
                log.exception("catching up failed", lane=channel.label)
                seconds = backoff.next()
            channel.is_behind = True
            await either(self._pause(seconds), channel.changed.wait())

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)
