"""Who runs the bridge's jobs: the bridge says what is to be done, and somebody else owns the tasks."""

from __future__ import annotations

from typing import Protocol

from bridges.ends.port import Job


class Crew(Protocol):
    """Runs jobs by name. A job that fails is started again; one that returns is done."""

    def keep(self, name: str, job: Job) -> None:
        """Run ``job`` from now on; no other of this name is running."""

    async def release(self, name: str, *, seconds: float = 0.0) -> None:
        """Wait so long for a job to end by itself, then end it; its name is free afterwards.

        Nothing happens when there is none of this name.
        """
