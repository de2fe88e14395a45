"""The fixtures of the simulated Discord's own tests."""

from collections.abc import AsyncIterator, Callable

import discord
import pytest
import yarl

from sandbox.discord import RateLimits, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.greeter import Greeter
from tests.sandbox.discord.listener import Listener, disagreements
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract
from tests.sandbox.discord.support import Rest, Watcher, connected, usual_intents


@pytest.fixture
async def sim() -> AsyncIterator[SimulatedDiscord]:
    async with SimulatedDiscord(limits=RateLimits.off()) as running:
        yield running


@pytest.fixture
def guild(sim: SimulatedDiscord) -> SimGuild:
    return sim.add_guild("Riverside Commons")


@pytest.fixture
def lobby(guild: SimGuild) -> SimChannel:
    return guild.add_text_channel("lobby", category="Common rooms")


@pytest.fixture
def mali(guild: SimGuild) -> SimMember:
    return guild.add_member("mali", display="Mali", locale="th")


@pytest.fixture
def point_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[SimulatedDiscord], None]:
    """Point the discord.py of this process at a simulated Discord, for the length of a test."""

    def point(sim: SimulatedDiscord) -> None:
        monkeypatch.setattr(discord.http.Route, "BASE", sim.api_base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sim.gateway_url))
        monkeypatch.setattr(discord.Asset, "BASE", sim.cdn_base)

    return point


@pytest.fixture
async def bot(sim: SimulatedDiscord, point_at: Callable[[SimulatedDiscord], None]) -> AsyncIterator[Watcher]:
    point_at(sim)
    async with connected(sim, Watcher(intents=usual_intents())) as client:
        yield client


@pytest.fixture
async def rest(sim: SimulatedDiscord) -> AsyncIterator[Rest]:
    async with Rest(sim) as speaking:
        yield speaking


@pytest.fixture
async def greeter(
    sim: SimulatedDiscord, lobby: SimChannel, point_at: Callable[[SimulatedDiscord], None]
) -> AsyncIterator[Greeter]:
    """A bot that greets; whatever it has asked and was answered is held against Discord's own description."""
    point_at(sim)
    async with connected(sim, Greeter()) as client:
        yield client
    assert sim.unsupported == []
    if DOCUMENT.exists():
        contract = DiscordContract.load()
        assert sorted({problem for record in sim.requests for problem in contract.check(record)}) == []


@pytest.fixture
async def listener(
    sim: SimulatedDiscord, lobby: SimChannel, point_at: Callable[[SimulatedDiscord], None]
) -> AsyncIterator[Listener]:
    """A bot that hears all; what stands anywhere at the end is held against Discord's own description."""
    point_at(sim)
    async with connected(sim, Listener()) as client:
        yield client
        await client.read_everything()
    assert sim.unsupported == []
    assert disagreements(sim) == []
