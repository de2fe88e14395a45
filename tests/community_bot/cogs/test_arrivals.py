"""Greeting who comes: soon, together, once; over crashes and lost answers."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from community_bot.domain.account import Account
from community_bot.services.arrivals import Arrivals
from community_bot.services.network import Network
from sandbox.discord import Fault, SeenMessage, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.community_bot.cogs.conftest import Run
from tests.community_bot.cogs.garden import GardenCatalogues

pytestmark = pytest.mark.network


@pytest.fixture
def arrivals(network: Network) -> Arrivals:
    return Arrivals(network, GardenCatalogues())


def greeted(messages: Sequence[SeenMessage]) -> Counter[int]:
    """Count by whom each person was greeted."""
    return Counter(int(who) for message in messages for who in re.findall(r"<@(\d+)>", message.content))


async def eventually(condition: Callable[[], bool]) -> None:
    """Look until something inside the bot is so."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the bot has no event for it
            await asyncio.sleep(0.01)


async def everybody_is_greeted(lobby: SimChannel, *people: SimMember) -> list[SeenMessage]:
    """Wait until each of these was, and return the messages."""
    wanted = {person.id for person in people}
    return await lobby.wait_for(lambda messages: wanted <= greeted(messages).keys(), timeout=5)


def account(person: SimMember) -> Account:
    return Account("discord", str(person.id))


async def noted(arrivals: Arrivals, *people: SimMember) -> None:
    """Wait until it is written down that each of these was greeted."""
    async with asyncio.timeout(5):
        while await arrivals.waiting([account(each) for each in people]):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)


async def settled(lobby: SimChannel, guild: SimGuild) -> None:
    """Let one more person come and be greeted: whatever was wrongly under way has happened before."""
    await everybody_is_greeted(lobby, guild.add_member("last"))


async def test_a_newcomer_is_greeted_where_the_home_says_in_its_language(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals):
        ploy = guild.add_member("ploy", locale="th")
        [message] = await everybody_is_greeted(lobby, ploy)
        await settled(lobby, guild)
        assert await arrivals.waiting([account(ploy)]) == []
    assert message.content == f"<@{ploy.id}>\nTe damos la bienvenida a Riverside."
    assert [(button.label, button.custom_id) for button in message.buttons] == [
        ("Empezar", "act:form.open:onboarding")
    ]
    posts = [request for request in sim.requests if request.path == f"/channels/{lobby.id}/messages"]
    sent = next(request.json for request in posts if request.method == "POST")
    assert sent["allowed_mentions"] == {"parse": [], "users": [ploy.id]}


async def test_thirty_who_come_at_once_are_greeted_together(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals):
        people = [guild.add_member(f"newcomer{number}") for number in range(30)]
        messages = await everybody_is_greeted(lobby, *people)
        await settled(lobby, guild)
    assert len(messages) <= 3
    assert all(len(greeted([message])) <= 20 for message in messages)
    assert set(greeted(messages).values()) == {1}, "nobody twice"


async def test_on_an_old_server_only_who_comes_from_now_on_is_greeted(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    guild.add_member("old1")
    guild.add_member("old2")
    async with run(arrivals):
        await sim.until(lambda: any(request.path.endswith("/members") for request in sim.requests))
        ploy = guild.add_member("ploy")
        await everybody_is_greeted(lobby, ploy)
    jo = guild.add_member("jo")
    async with run(arrivals):
        messages = await everybody_is_greeted(lobby, jo)
    assert greeted(messages) == {ploy.id: 1, jo.id: 1}


async def test_a_crash_between_saying_and_noting_greets_nobody_twice(
    run: Run, network: Network, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    class Crashing(Arrivals):
        async def greeted(self, accounts: Sequence[Account], place: str, ref: str) -> None:
            raise MemoryError

    async with run(arrivals):
        first = guild.add_member("first")
        await everybody_is_greeted(lobby, first)
        await noted(arrivals, first)
    async with run(Crashing(network, GardenCatalogues())):
        ploy = guild.add_member("ploy")
        await everybody_is_greeted(lobby, ploy)
    assert await arrivals.waiting([account(ploy)]) == [account(ploy)]
    jo = guild.add_member("jo")
    async with run(arrivals):
        await everybody_is_greeted(lobby, jo)
        await noted(arrivals, ploy, jo)
    assert greeted(lobby.messages())[ploy.id] == 1


async def test_an_answer_that_got_lost_greets_nobody_twice(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals):
        first = guild.add_member("first")
        await everybody_is_greeted(lobby, first)
        await noted(arrivals, first)
        lost = sim.faults.add(Fault.lost_answer("POST", f"/channels/{lobby.id}/messages", times=1))
        ploy = guild.add_member("ploy")
        await everybody_is_greeted(lobby, ploy)
        await settled(lobby, guild)
        assert greeted(lobby.messages())[ploy.id] == 1
    assert lost.hits == 1


async def test_who_was_not_greeted_in_time_is_greeted_when_it_is_possible_again(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals) as running:
        assert running.door is not None
        door = running.door
        lobby.set_bot_permissions(send_messages=False)
        ploy, jo = guild.add_member("ploy"), guild.add_member("jo")
        await eventually(lambda: door.problems() == {"greeter:discord1": "discord.forbidden"})
        await jo.leave()
        await sim.until(lambda: greeted(lobby.messages()) == {})
    lobby.set_bot_permissions(send_messages=None)
    async with run(arrivals) as running:
        assert running.door is not None
        await everybody_is_greeted(lobby, ploy)
        await settled(lobby, guild)
        assert running.door.problems() == {"greeter:discord1": None}
    assert greeted(lobby.messages())[ploy.id] == 1
    assert jo.id not in greeted(lobby.messages()), "who left is not called back"


async def test_who_leaves_and_comes_back_is_greeted_again(
    run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals):
        ploy = guild.add_member("ploy")
        await everybody_is_greeted(lobby, ploy)
        await ploy.leave()
        guild.admit(ploy)
        messages = await lobby.wait_for(lambda messages: greeted(messages)[ploy.id] == 2, timeout=5)
    assert len(messages) == 2


async def test_who_comes_while_the_line_is_cut_is_greeted_after(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals):
        await everybody_is_greeted(lobby, guild.add_member("before"))
        await sim.drop_gateway()
        ploy = guild.add_member("ploy")
        await everybody_is_greeted(lobby, ploy)
        await settled(lobby, guild)
    assert set(greeted(lobby.messages()).values()) == {1}


async def test_who_comes_while_discord_has_forgotten_the_bot_is_greeted_after(
    sim: SimulatedDiscord, run: Run, arrivals: Arrivals, guild: SimGuild, lobby: SimChannel
) -> None:
    async with run(arrivals):
        await everybody_is_greeted(lobby, guild.add_member("before"))
        await sim.drop_gateway(resumable=False)
        ploy = guild.add_member("ploy")
        await everybody_is_greeted(lobby, ploy)
        await settled(lobby, guild)
    assert set(greeted(lobby.messages()).values()) == {1}


async def test_a_home_without_the_bot_is_said_to_be_one(run: Run, arrivals: Arrivals, guild: SimGuild) -> None:
    guild.remove_bot()
    async with run(arrivals) as running:
        door = running.door
        assert door is not None
        await eventually(lambda: door.problems() == {"greeter:discord1": "discord.not_in_server"})
        guild.invite_bot()
        await eventually(lambda: door.problems() == {"greeter:discord1": None})
