"""The jobs of the running bot: each has a name and an owner, and is started again when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from community_bot.errors import OperatorError
from community_bot.tasks import Backoff, TaskKeeper, TaskReport

Job = Callable[[], Awaitable[None]]


class Crew:
    """Runs jobs that may come and go. ``give_up`` is told of a failure that only the operator can mend.

    Fulfils :class:`bridges.crew.Crew`.
    """

    def __init__(self, give_up: Callable[[OperatorError], None]) -> None:
        self._give_up = give_up
        self._keeper = TaskKeeper()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def keep(self, name: str, job: Job) -> None:
        """Run ``job`` from now on. Raises as :meth:`TaskKeeper.run`."""

        async def watched() -> None:
            try:
                await job()
            except OperatorError as error:
                self._give_up(error)

        self._tasks[name] = self._keeper.run(name, watched, restart=Backoff())

    def keep_all(self, jobs: Mapping[str, Job]) -> None:
        """Run several jobs, by name."""
        for name, job in jobs.items():
            self.keep(name, job)

    async def release(self, name: str, *, seconds: float = 0.0) -> None:
        """Wait so long for a job to end by itself, then end it; its name is free afterwards."""
        await self.wait_for([name], seconds)
        await self._keeper.stop(name)
        self._tasks.pop(name, None)

    async def wait_for(self, names: Iterable[str], seconds: float) -> None:
        """Wait until jobs have ended by themselves, or for so long."""
        tasks = [self._tasks[name] for name in names if name in self._tasks]
        if tasks and seconds > 0:
            await asyncio.wait(tasks, timeout=seconds)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all jobs that were not released."""
        return tuple(self._tasks)

    def report(self) -> list[TaskReport]:
        """Return how every job is."""
        return self._keeper.report()

    async def close(self) -> None:
        """End all of them."""
        await self._keeper.close()
