"""Two rooms of a real homeserver in one conversation: a whole bridge, and somebody in each room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from bridges.bridge import Bridge
from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_home import MatrixHome
from bridges.metrics import BridgeMetrics
from community_bot.crew import Crew
from db.bridge_rows import Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from sandbox.matrix import MatrixPerson, RealSynapse, ShownMessage
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_client import client_of


class Stage:
    """``toño`` writes in the garden, ``ploy`` reads in the radio room; ``bot`` is the account that carries."""

    def __init__(
        self,
        synapse: RealSynapse,
        people: dict[str, MatrixPerson],
        rooms: dict[str, str],
        home: MatrixHome,
        bridge: Bridge,
    ) -> None:
        self.synapse = synapse
        self.tono, self.ploy, self.bot = people["tono"], people["ploy"], people["bot"]
        self.garden, self.radio = rooms["garden"], rooms["radio"]
        self.home, self.bridge = home, bridge

    async def in_radio(
        self, condition: Callable[[list[ShownMessage]], bool], *, timeout: float = 10.0
    ) -> list[ShownMessage]:
        """Return the copies in the radio room, once they are as wanted."""
        return await self._shown(self.ploy, self.radio, condition, timeout)

    async def in_garden(
        self, condition: Callable[[list[ShownMessage]], bool], *, timeout: float = 10.0
    ) -> list[ShownMessage]:
        """Return the copies in the garden, once they are as wanted."""
        return await self._shown(self.tono, self.garden, condition, timeout)

    async def _shown(
        self, who: MatrixPerson, room: str, condition: Callable[[list[ShownMessage]], bool], timeout: float
    ) -> list[ShownMessage]:
        def copies(shown: list[ShownMessage]) -> list[ShownMessage]:
            return [each for each in shown if each.sender == self.bot.user_id]

        return copies(await who.wait_until_shown(room, lambda all_: condition(copies(all_)), timeout=timeout))

    async def copy_in_radio(self, text: str) -> ShownMessage:
        """Return the copy that reads like this, once it stands there."""
        copies = await self.in_radio(lambda shown: any(each.text == text for each in shown))
        return next(each for each in copies if each.text == text)

    async def copy_in_garden(self, text: str) -> ShownMessage:
        copies = await self.in_garden(lambda shown: any(each.text == text for each in shown))
        return next(each for each in copies if each.text == text)


def no_operator(error: Exception) -> None:
    raise AssertionError(error)


@asynccontextmanager
async def bridging(
    database: Database, home: MatrixHome, conversations: dict[str, list[str]]
) -> AsyncIterator[Bridge]:
    """Run a bridge over an account, until the block ends."""
    crew = Crew(no_operator)
    bridge = Bridge(
        database,
        keep_days=90,
        homes={Platform.MATRIX: home},
        metrics=BridgeMetrics(CollectorRegistry()),
        crew=crew,
    )
    await bridge.settle(
        {key: [Place(Platform.MATRIX, room) for room in rooms] for key, rooms in conversations.items()}
    )
    bridge.start()
    crew.keep_all(home.jobs())
    try:
        yield bridge
    finally:
        await crew.close()


@asynccontextmanager
async def on_stage(
    synapse: RealSynapse, database: Database, *, power: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[Stage]:
    """Set everything up; ``power`` are the levels the rooms ask for, ``options`` are the home's."""
    number = len(synapse._people)
    bot = await synapse.person(f"bot{number}", display_name="Bridge")
    tono = await synapse.person(f"tono{number}", display_name="Toño")
    ploy = await synapse.person(f"ploy{number}", display_name="Ploy")
    garden = await tono.create_room("สวน", invite=[bot.user_id], power_levels=power)
    radio = await ploy.create_room("Radio", invite=[bot.user_id], power_levels=power)
    async with client_of(synapse.url, bot.user_id, bot.access_token) as client:
        home = home_of(client, database, **options)
        async with bridging(database, home, {"coalition": [garden, radio]}) as bridge:
            stage = Stage(
                synapse,
                {"tono": tono, "ploy": ploy, "bot": bot},
                {"garden": garden, "radio": radio},
                home,
                bridge,
            )
            await until_heard(bridge)
            yield stage


def home_of(client: MatrixClient, database: Database, **options: Any) -> MatrixHome:
    """Return the bridge's side of an account."""
    profile = options.pop("profile", lambda account: f"profile-of-{account.split(':')[0][1:]}")
    return MatrixHome(client, store=BridgeStore(database), profile=profile, **options)


async def until_heard(bridge: Bridge) -> None:
    """Wait until every room is heard."""
    await until(lambda: all(bridge.report(end).problem is None for end in bridge.ends))
