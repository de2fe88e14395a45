"""A town whose places are joined by a real bridge over platforms in memory, with people at the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from prometheus_client import CollectorRegistry

from bridges.bridge import Bridge
from bridges.message import Author
from bridges.metrics import BridgeMetrics
from bridges.terms import AuthorPolicy, EndTerms, under_own_name
from community_bot.bridge_desk import BridgeDesk
from community_bot.commands.bridge import BridgeCommands
from community_bot.commands.desk import Desk
from community_bot.commands.registry import Registry
from community_bot.commands.request import Incoming, Reply
from community_bot.crew import Crew
from community_bot.domain.account import Account
from community_bot.locales import Language, catalogues
from community_bot.platforms.port import Button
from community_bot.services.bridging import Bridging
from community_bot.services.bridging_failures import Failures
from community_bot.services.bridging_notices import RoomNotices
from community_bot.services.bridging_port import Named
from community_bot.services.bridging_watch import BridgeWatch
from community_bot.services.directory import SpaceDoor
from community_bot.services.standing import Standings
from db.bridge_rows import Place, Platform
from db.engine import Database
from tests.bridges.memory_home import MemoryHome, place_of
from tests.bridges.places import MemoryPlace
from tests.community_bot.people import Town, spell

RIVER, HILL, LAKE = place_of("d1"), place_of("m1"), place_of("m2")
OF_RADIO = SpaceDoor("radio", {"en": "Village Radio"}, {"discord": (RIVER.ref,), "matrix": (HILL.ref,)})
"""A space to which two of the places belong."""


class Signposts:
    """What the places are called on their platforms, as far as anybody knows by now."""

    def __init__(self) -> None:
        self.named: dict[Place, Named] = {
            RIVER: Named("#ห้องวิทยุ · River House", "river"),
            HILL: Named("Radio de la colina", "matrix"),
            LAKE: Named("Lake_Room *two*", "matrix"),
        }

    async def of(self, place: Place) -> Named:
        return self.named.get(place, Named())


class JoinedTown(Town):
    """Places joined as ``wanted``; :attr:`naps` are how long the services would have slept.

    ``platforms`` are those of an earlier life, with all that was said there.
    """

    def __init__(
        self,
        database: Database,
        *,
        policy: AuthorPolicy = under_own_name,
        metrics: BridgeMetrics | None = None,
        platforms: Mapping[Platform, MemoryHome] | None = None,
        **rules: object,
    ) -> None:
        super().__init__(database, **rules)
        self.homes = platforms or {platform: MemoryHome() for platform in Platform}
        self.crew = Crew(_no_operator)
        self.signposts = Signposts()
        self.bridge_desk = BridgeDesk(database)
        self.failures = Failures(
            self.network, self.bridge_desk, self.signposts, catalogues(), sleep=self._until_gathered
        )
        self.watch = BridgeWatch(self.network, self.bridge_desk, self.signposts, catalogues())
        self.notices = RoomNotices(self.network, self.bridge_desk, self.signposts, catalogues())
        self.bridging = Bridging(self.network, self.bridge_desk, self.signposts)
        self.naps: list[float] = []
        self.gathered = asyncio.Event()
        self.bridge = Bridge(
            database,
            keep_days=90,
            homes=self.homes,
            metrics=metrics or BridgeMetrics(CollectorRegistry()),
            crew=self.crew,
            policy=policy,
            failed=self.bridge_desk.failed,
        )
        self.bridge_desk.open(self.bridge)
        self.bridge_desk.on_failure = self.failures.uncrossed
        registry = Registry()
        registry.offer(BridgeCommands(self.bridging, self.failures))
        self.at_bridge = Desk(registry, Standings(self.network), catalogues())

    async def _until_gathered(self, seconds: float) -> None:
        self.naps.append(seconds)
        await self.gathered.wait()

    @asynccontextmanager
    async def joined(
        self, wanted: Mapping[str, Sequence[Place]], terms: Mapping[Place, EndTerms] | None = None
    ) -> AsyncIterator[None]:
        """Run the bridge with these conversations until the block ends."""
        await self.bridge.settle(wanted, terms)
        self.bridge.start()
        try:
            yield
        finally:
            await self.crew.close()

    def at(self, place: Place) -> MemoryPlace:
        return self.homes[place.platform].places[place]

    async def write(self, place: Place, text: str, account: Account) -> None:
        """Let somebody write in a place."""
        message = replace(self.at(place).write(text, text), author=Author(account.user_id, "ใบเตย"))
        self.at(place).sources[text] = message
        await self.homes[place.platform].hear(message)

    async def ask(
        self,
        account: Account,
        path: str,
        *,
        here: Place | None = None,
        client: Language | None = None,
        name: str = "ใบเตย",
        **options: object,
    ) -> Reply:
        """Type a command in a place, or in private."""
        return await self.at_bridge.run(self._incoming(account, here, client, name), tuple(path.split()), options)

    async def push(self, account: Account, button: Button, *, client: Language | None = None) -> Reply:
        """Press a button in private."""
        return await self.at_bridge.press(
            self._incoming(account, None, client, "ใบเตย"), button.action, button.argument
        )

    def _incoming(self, account: Account, here: Place | None, client: Language | None, name: str) -> Incoming:
        place = None if here is None else here.ref
        return Incoming(account, (name,), client, None, place, here is None, spell, place)


def _no_operator(error: Exception) -> None:
    raise AssertionError(error)
