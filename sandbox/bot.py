"""The bot as a process of its own: started, watched, killed, started again."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from sandbox.child import Child

READY_SECONDS = 60.0
STOP_SECONDS = 15.0


class BotDiedError(Exception):
    """The bot ended or did not become ready; the text carries the end of what it printed."""


class BotProcess:
    """Run ``community-bot run`` with one settings file; the same data at every start."""

    def __init__(self, settings: Path, folder: Path, health_port: int) -> None:
        self.health_url = f"http://127.0.0.1:{health_port}"
        self.output = folder / "bot.log"
        self.starts = 0
        self._settings = settings
        self._folder = folder
        self._child: Child | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        """Name the running process to the operating system."""
        assert self._child is not None
        return self._child.pid

    async def start(self) -> None:
        """Start the process; :meth:`ready` waits for it."""
        self.starts += 1
        arguments = (sys.executable, "-m", "community_bot", "run", "--settings", str(self._settings))
        # a setting or secret of the real network in our environment must not reach the sandbox's bot
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COMMUNITY_BOT_")}
        environment["COMMUNITY_BOT_SECRETS_DIR"] = str(self._settings.parent / "secrets")
        self._child = await Child.spawn(arguments, folder=self._folder, output=self.output, environment=environment)

    async def ready(self, seconds: float = READY_SECONDS, *, every: float = 0.03) -> None:
        """Wait until ``/readyz`` says yes, asking ``every`` so many seconds. Raises :class:`BotDiedError`."""
        assert self._child is not None
        last: object = "it did not answer"
        try:
            async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
                while True:
                    if not self._child.running:
                        raise BotDiedError(f"the bot ended with code {await self._child.wait()}:\n{self.tail()}")
                    try:
                        async with session.get(f"{self.health_url}/readyz") as answer:
                            last = await answer.json()
                            if answer.status == 200:
                                return
                    except aiohttp.ClientError:
                        pass  # not listening yet
                    await asyncio.sleep(every)
        except TimeoutError:
            raise BotDiedError(f"the bot is not ready after {seconds:g} s: {last}\n{self.tail()}") from None

    async def kill(self) -> None:
        """SIGKILL: no handler runs."""
        if self._child is not None:
            await self._child.kill()

    async def stop(self) -> int:
        """SIGTERM; return the exit code."""
        if self._child is None:
            return 0
        await self._child.end(limit=STOP_SECONDS)
        return await self._child.wait()

    async def wait(self) -> int:
        """Wait until it ended by itself; return the exit code."""
        assert self._child is not None
        return await self._child.wait()

    async def readiness(self) -> dict[str, Any]:
        """Return ``/readyz`` as it is now."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.health_url}/readyz") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def metrics(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        """Return ``/metrics``: (name, sorted labels) to value."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.health_url}/metrics") as answer:
            text = await answer.text()
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def total(self, name: str) -> float:
        """Return a metric summed over its labels."""
        return sum(value for (found, _), value in (await self.metrics()).items() if found == name)

    def tail(self) -> str:
        """Return the end of what it printed."""
        return self._child.tail(40) if self._child is not None else ""
