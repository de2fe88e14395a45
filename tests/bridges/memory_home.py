"""An account in memory that serves places of :mod:`tests.bridges.places`, and a bridge over two such accounts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry, generate_latest

from bridges.bridge import Bridge
from bridges.commons import Failed, untold
from bridges.ends.port import Ears, Job
from bridges.message import Heard
from bridges.metrics import BridgeMetrics
from bridges.terms import EndTerms
from community_bot.crew import Crew
from db.bridge_rows import EndRow, Place, Platform
from db.engine import Database
from db.ids import EndId
from db.relay_store import RelayStore
from tests.bridges.places import MemoryPlace


class MemoryHome:
    """Serves places, and keeps what was said in each however often it is taken out and put in again.

    :attr:`troubles` are met one by one when a place is put in.
    """

    def __init__(self, make: Callable[[EndRow], MemoryPlace] = MemoryPlace) -> None:
        self._make = make
        self.places: dict[Place, MemoryPlace] = {}
        self.troubles: list[Exception] = []
        self._served: dict[EndId, Place] = {}
        self._ears: Ears | None = None

    async def expect(self, rows: Sequence[EndRow]) -> None:
        """Do nothing: all is known."""

    async def part(self) -> None:
        """Do nothing: nothing is kept."""

    async def add(self, row: EndRow, label: str) -> MemoryPlace:
        await asyncio.sleep(0)
        if self.troubles:
            raise self.troubles.pop()
        place = self.places.setdefault(row.place, self._make(row))
        place.id, place.label = row.id, label
        self._served[row.id] = row.place
        return place

    def remove(self, end: EndId) -> None:
        del self._served[end]

    def open(self, ears: Ears) -> None:
        self._ears = ears

    def problem(self, end: EndId) -> str | None:
        return None if end in self._served else "not_connected"

    def jobs(self) -> Mapping[str, Job]:
        return {}

    def say(self, place: Place, text: str) -> Awaitable[object]:
        """Let somebody say something in a place, served or not. The text is its reference, so each is said once.

        Await the result to know that it is safe.
        """
        return self.hear(self.places[place].write(text, text))

    def hear(self, *heard: Heard) -> Awaitable[object]:
        """Let something be heard here."""
        assert self._ears is not None
        return self._ears.hear(heard)


def place_of(name: str) -> Place:
    """Return a place by its short name: ``d1`` on Discord, ``m1`` on Matrix."""
    return Place(Platform.DISCORD if name[0] == "d" else Platform.MATRIX, name)


def joining(**conversations: str) -> dict[str, list[Place]]:
    """Return conversations by key; their places are named as in ``garden="d1 m1"``."""
    return {key: [place_of(name) for name in places.split()] for key, places in conversations.items()}


class Region:
    """One life of a bridge over a database. The accounts with all that was said outlive it."""

    def __init__(
        self,
        database: Database,
        homes: Mapping[Platform, MemoryHome] | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        failed: Failed = untold,
    ) -> None:
        self.homes = homes or {platform: MemoryHome() for platform in Platform}
        self._database = database
        self.store = RelayStore(database)
        self.crew = Crew(_no_operator)
        self._registry = CollectorRegistry()
        metrics = BridgeMetrics(self._registry)
        self.bridge = Bridge(
            database, keep_days=90, homes=self.homes, metrics=metrics, crew=self.crew, sleep=sleep, failed=failed
        )

    @asynccontextmanager
    async def running(
        self, wanted: Mapping[str, Sequence[Place]], terms: Mapping[Place, EndTerms] | None = None
    ) -> AsyncIterator[Region]:
        """Run with these conversations until the block ends, then die at once."""
        await self.bridge.settle(wanted, terms)
        self.bridge.start()
        try:
            yield self
        finally:
            await self.crew.close()
            # a process that is killed takes its threads with it: what this one was writing is done, or never is
            await self._database.transact(lambda _: None)

    def place(self, name: str) -> MemoryPlace:
        place = place_of(name)
        return self.homes[place.platform].places[place]

    def texts(self, name: str) -> list[str]:
        """Return what the bridge said in a place."""
        return self.place(name).texts()

    def say(self, name: str, text: str) -> Awaitable[object]:
        """Let somebody say something."""
        place = place_of(name)
        return self.homes[place.platform].say(place, text)

    def labels(self) -> list[str]:
        return [self.bridge.report(end).label for end in self.bridge.ends]

    def pages(self) -> str:
        """Return what /metrics would say."""
        return generate_latest(self._registry).decode()


def _no_operator(error: Exception) -> None:
    raise AssertionError(error)
