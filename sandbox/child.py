"""Child processes that are ended in order and never outlive their parent."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Child:
    """Own one run of a program, from its start to its end; its output goes to a file."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self._process = process
        self.output = output

    @classmethod
    async def spawn(
        cls, arguments: Sequence[str], *, folder: Path, output: Path, environment: Mapping[str, str]
    ) -> Self:
        """Start `arguments` in `folder`.

        It gets a process group of its own, so that Ctrl+C in a terminal reaches the parent, which then stops it
        in order.
        """
        with output.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                cwd=folder,
                env=dict(environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_die_with_parent(),
            )
        return cls(process, output)

    @property
    def pid(self) -> int:
        """Name the process to the operating system."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Tell whether the process has not ended yet."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait until it has ended; return its exit code."""
        return await self._process.wait()

    async def end(self, *, limit: float) -> None:
        """Ask the process to end, and make it end when `limit` seconds were not enough."""
        if not self.running:
            return
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)  # a suspended process hears SIGTERM only once it goes on
        try:
            await asyncio.wait_for(self._process.wait(), limit)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.running:
            self._process.send_signal(number)

    async def kill(self) -> None:
        """End the process at once, with no word of warning."""
        self.signal(signal.SIGKILL)
        await self._process.wait()

    def tail(self, lines: int = 25) -> str:
        """Return the end of its output."""
        if not self.output.exists():
            return ""
        return "\n".join(self.output.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _die_with_parent() -> Callable[[], None] | None:
    """Make a hook for the child that lets the kernel kill it when its parent ends, however that ends.

    Linux only (prctl(2)); elsewhere there is no such hook and None is returned. "Parent" means the thread that
    forked: start a child from a thread that stays, as the main thread does.
    """
    if not sys.platform.startswith("linux"):
        return None
    # Looked up before the fork: between fork and exec, importing or loading anything may wait for a lock forever.
    prctl = ctypes.CDLL(None).prctl
    exit_now, parent_of_this, parent = os._exit, os.getppid, os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent_of_this() != parent:  # it ended before the hook was in place
            exit_now(1)

    return before_exec
