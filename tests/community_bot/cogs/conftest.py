"""A simulated Discord, and the real bot connected to it, with a garden to tend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pytest

from community_bot.cogs.arrivals import DiscordArrivals
from community_bot.cogs.face import DiscordFace
from community_bot.cogs.greeter import Arrivals
from community_bot.cogs.incoming import GuildHome
from community_bot.commands.desk import Desk
from community_bot.commands.registry import Registry
from community_bot.locales import Catalogues
from community_bot.platforms.discord import CommunityBot, DiscordConnection
from community_bot.platforms.discord_port import DiscordPort
from community_bot.services.network import Network, Rules
from community_bot.services.standing import Standings
from db.engine import Database
from db.keys import NetworkKeys
from sandbox.discord import SimChannel, SimGuild, SimulatedDiscord
from tests.community_bot.cogs.garden import Garden, GardenCatalogues, offer
from tests.sandbox.discord.conftest import guild, lobby, mali, point_at, sim
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract

__all__ = ["guild", "lobby", "mali", "point_at", "sim"]


@dataclass(frozen=True)
class Running:
    """The bot while it is connected, and what stands behind it."""

    bot: CommunityBot
    face: DiscordFace
    port: DiscordPort
    door: DiscordArrivals | None


@pytest.fixture
async def network(sqlite_database: Database) -> Network:
    keys = NetworkKeys(b"thirty-two bytes of a made up key")
    return Network(sqlite_database, keys, Rules("Riverside"), lambda: datetime.now(UTC))


class Run(Protocol):
    def __call__(self, arrivals: Arrivals | None = None) -> AbstractAsyncContextManager[Running]: ...


class HurriedBot(CommunityBot):
    """The bot, without the five seconds that discord.py lets pass before it begins a new session."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Go on at once."""


async def hurried(seconds: float) -> None:
    """Wait, but not as long as people would."""
    await asyncio.sleep(min(seconds, 0.1))


@asynccontextmanager
async def connected(
    sim: SimulatedDiscord, desk: Desk, texts: Catalogues, home: GuildHome, arrivals: Arrivals | None = None
) -> AsyncIterator[Running]:
    """Connect a bot that shows what a desk offers; with ``arrivals`` it greets newcomers."""
    bot = HurriedBot(newcomers=True, guild_ready_timeout=0.05)
    port = DiscordPort(bot, texts)
    face = DiscordFace(bot, desk, texts, homes=[home], spell=port.spell)
    connection = DiscordConnection(bot, sim.token)
    tasks = [asyncio.create_task(connection.run())]
    door = None
    if arrivals is not None:
        door = DiscordArrivals(bot, [home], arrivals, sleep=hurried)
        tasks += [asyncio.ensure_future(job()) for job in door.jobs().values()]
    try:
        async with asyncio.timeout(5):
            await face.sync()
            await bot.wait_until_ready()
        yield Running(bot, face, port, door)
    finally:
        await connection.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def garden(network: Network) -> Garden:
    return Garden(network)


@pytest.fixture
def home(guild: SimGuild, lobby: SimChannel) -> GuildHome:
    return GuildHome(guild.id, lobby.id, "es")


@pytest.fixture
def run(
    sim: SimulatedDiscord,
    home: GuildHome,
    network: Network,
    garden: Garden,
    point_at: Callable[[SimulatedDiscord], None],
) -> Run:
    """Connect a bot with the garden, as often as a test likes."""
    point_at(sim)

    def start(arrivals: Arrivals | None = None) -> AbstractAsyncContextManager[Running]:
        registry, texts = Registry(), GardenCatalogues()
        offer(registry, garden)
        return connected(sim, Desk(registry, Standings(network), texts), texts, home, arrivals)

    return start


@pytest.fixture
async def running(sim: SimulatedDiscord, run: Run) -> AsyncIterator[Running]:
    """The bot; whatever it asked of Discord and was answered is held against Discord's own description."""
    async with run() as started:
        yield started
    assert sim.unsupported == []
    if DOCUMENT.exists():
        contract = DiscordContract.load()
        assert sorted({problem for record in sim.requests for problem in contract.check(record)}) == []
