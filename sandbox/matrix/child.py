"""Run Synapse as a child process that is ready when it says so and never outlives its parent."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import aiohttp

from sandbox.child import Child
from sandbox.matrix.configuration import LOG

CONSOLE = "console.log"
_TAIL_LINES = 25


class SynapseDiedError(Exception):
    """Report that Synapse ended or did not become ready; the text carries the end of its own log."""


class SynapseChild(Child):
    """Own one run of `python -m synapse.app.homeserver`, from its start to its end."""

    @classmethod
    async def start(cls, configuration: Path) -> SynapseChild:
        """Start the process; its output goes to a file beside the configuration."""
        folder = configuration.parent
        arguments = (sys.executable, "-m", "synapse.app.homeserver", "--config-path", str(configuration))
        return await cls.spawn(arguments, folder=folder, output=folder / CONSOLE, environment=_environment())

    async def ready(self, url: str, *, limit: float) -> None:
        """Wait until the server answers its health page.

        `limit` is in seconds. Raises SynapseDiedError when the process ends first or the limit passes.
        """
        ended = asyncio.create_task(self._process.wait(), name="synapse ended")
        healthy = asyncio.create_task(_answers(f"{url}/health"), name="synapse healthy")
        try:
            await asyncio.wait({ended, healthy}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if healthy.done():
                return
            if ended.done():
                raise SynapseDiedError(f"Synapse ended with code {ended.result()}:\n{self._log_tail()}")
            raise SynapseDiedError(f"Synapse was not ready after {limit:g} seconds:\n{self._log_tail()}")
        finally:
            ended.cancel()
            healthy.cancel()
            await asyncio.gather(ended, healthy, return_exceptions=True)

    def _log_tail(self) -> str:
        lines: list[str] = []
        for name in (LOG, CONSOLE):
            path = self.output.parent / name
            if path.exists():
                lines += path.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join(lines) or "(it wrote no log)"


def _environment() -> dict[str, str]:
    """Pass our environment on, so that Synapse keeps its compiled modules.

    Compiling some 900 modules at each start takes longer than everything else the start does.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


async def _answers(health: str) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while True:
            try:
                async with session.get(health) as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass  # not listening yet
            await asyncio.sleep(0.05)
