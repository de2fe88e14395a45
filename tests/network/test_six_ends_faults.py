"""Six ends, everything wrong at once, and each end shows each message once, in order, as it last read."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator

import pytest

from sandbox.discord import Fault, RateLimits
from sandbox.network import SandboxNetwork
from tests.network.six_ends import SIX_ENDS, SixEnds
from tests.network.six_talk import Talk

pytestmark = [pytest.mark.network, pytest.mark.long]

SEEDS = range(1, 1 + int(os.environ.get("STORM", "2")))
"""Each is another storm, of about half a minute."""
ACTS = 120
CHANCE = 0.06
MORE_SECONDS = 60.0
COMPLAINTS = ('"level": "error"', '"level": "critical"', "Traceback")
WEBHOOK = r"/webhooks/\d+/[^/]+(/messages/\d+)?"
REST = r"/channels/\d+/.*"
ROOMS = r"/_matrix/client/v3/rooms/.*"


@pytest.fixture
async def six() -> AsyncIterator[SixEnds]:
    limits = RateLimits.discord().scaled(1 / 10)
    async with SandboxNetwork(SIX_ENDS, limits=limits, troubled=True) as network:
        yield SixEnds(network)


# what more seeds find (STORM=20) becomes a small test: below, or in tests/bridges
@pytest.mark.parametrize("seed", SEEDS)
async def test_under_every_fault_each_end_shows_each_message_once_in_order_as_it_last_read(
    six: SixEnds, seed: int
) -> None:
    dice = random.Random(seed)
    network = six.network
    make_trouble(network, seed)
    await six.bot.start()
    await six.bot.ready()
    talk = Talk(six, dice)
    talking = asyncio.create_task(people_talk(talk, dice))
    while not talking.done():
        await asyncio.wait([talking], timeout=dice.uniform(0.7, 2.5))
        await something_worse(network, dice)
    await talking
    network.discord.faults.clear()
    network.road.faults.clear()
    await six.bot.ready()
    await until_all_is_well(talk)
    await six.settled()
    # whatever would be said twice, or late, stands there by now
    assert await talk.differences() == []
    assert len(talk.said) > ACTS / 3
    assert has_struck(network)
    assert complaints(network) == []


def complaints(network: SandboxNetwork) -> list[str]:
    """Return what the bot wrote down as an error of its own: whatever others do wrong, it has an answer to."""
    lines = network.bot.output.read_text(encoding="utf-8", errors="replace").splitlines()
    bad = [line for line in lines if any(word in line for word in COMPLAINTS)]
    # the library says so of every connection that breaks while it is made
    return [line for line in bad if "Attempting a reconnect" not in line]


async def people_talk(talk: Talk, dice: random.Random) -> None:
    for _ in range(ACTS):
        await talk.go_on()
        await asyncio.sleep(dice.uniform(0, 0.2))
    async with asyncio.timeout(MORE_SECONDS):
        # on a slow machine a bot that is killed time and again has done little by now
        while not has_struck(talk.six.network):
            await talk.go_on()
            await asyncio.sleep(dice.uniform(0, 0.2))


def has_struck(network: SandboxNetwork) -> bool:
    """Say whether it was a storm: enough went wrong, of every kind."""
    discord, road = network.discord.faults, network.road.faults
    struck = len(discord.strikes) >= 3 and len(road.strikes) > 5
    return struck and bool(discord.delayed) and bool(discord.duplicated)


def make_trouble(network: SandboxNetwork, seed: int) -> None:
    discord, road = network.discord.faults, network.road.faults
    discord.seed(seed)
    road.seed(seed)
    discord.duplicate_events(0.15)
    # who hears two messages of one channel in the wrong order cannot know: in order is as the platform tells it
    discord.delay_events(0.15, 0.3, orderly=True)
    for rules, path in ((discord, WEBHOOK), (road, ROOMS)):
        for method in ("POST", "PATCH", "DELETE") if rules is discord else ("PUT",):
            rules.add(Fault.status(method, path, 503, probability=CHANCE))
            rules.add(Fault.late_5xx(method, path, 502, probability=CHANCE))
            rules.add(Fault.lost_answer(method, path, probability=CHANCE))
            rules.add(Fault.lost_request(method, path, probability=CHANCE))
    discord.add(Fault.status("GET", REST, 500, probability=CHANCE))
    road.add(Fault.limited("PUT", ROOMS, 0.2, probability=CHANCE))
    road.add(Fault.status("GET", ROOMS, 502, probability=CHANCE))
    road.add(Fault.cut("GET", r"/_matrix/client/v3/sync", probability=CHANCE))


async def something_worse(network: SandboxNetwork, dice: random.Random) -> None:
    """Cut a connection, resumable or not, or kill the bot."""
    match dice.randrange(5):
        case 0:
            await network.discord.drop_gateway(resumable=True)
        case 1:
            await network.discord.drop_gateway(resumable=False)
        case 2:
            network.road.cut()
        case kind:
            if kind == 3:
                # on a slow machine it would otherwise be killed at its start each time, and do nothing in between
                await network.bot.ready()
            await network.bot.kill()
            await asyncio.sleep(dice.uniform(0, 0.5))  # for so long nobody listens
            await network.bot.start()


async def test_a_reaction_crosses_though_an_end_did_not_answer_what_it_has(six: SixEnds) -> None:
    await started(six)
    ref = await six["d1"].say("ฝนมาแล้ว")
    await six.until_texts("ฝนมาแล้ว")
    unanswered = six.network.discord.faults.add(Fault.status("GET", r"/channels/\d+/messages/\d+", 500, times=6))
    await six["d1"].react(ref, "🌱")
    await six.until(lambda seen: dict(seen[0].reactions) == {"🌱": 1})
    assert unanswered.hits


async def test_what_is_reacted_to_edited_and_deleted_on_discord_while_nobody_listens_crosses_afterwards(
    six: SixEnds,
) -> None:
    await started(six)
    first = await six["d1"].say("uno")
    await six["m1"].say("dos")
    last = await six["d1"].say("tres")
    await six.until(lambda seen: sorted(each.text for each in seen) == ["dos", "tres", "uno"])
    there = await six.ref("d2", "dos")
    await six.settled()
    await six.bot.kill()
    await six["d1"].edit(first, "uno, mejor")
    await six["d1"].delete(last)
    await six["d2"].react(there, "🌱")
    await six.bot.start()
    await six.until(lambda seen: sorted(each.text for each in seen) == ["dos", "uno, mejor"])
    await six.until(lambda seen: any(each.text == "dos" and dict(each.reactions) == {"🌱": 1} for each in seen))


async def test_a_room_that_could_not_be_looked_at_is_entered_soon_afterwards(six: SixEnds) -> None:
    state = r"/_matrix/client/v3/rooms/.*/state.*"
    away = six.network.road.faults.add(Fault.status("GET", state, 502, times=2))
    await six.bot.start()
    await six.bot.ready(20)
    assert away.hits == 2


async def started(six: SixEnds) -> None:
    await six.bot.start()
    await six.bot.ready()


async def until_all_is_well(talk: Talk, seconds: float = 60.0) -> None:
    differences = await talk.differences()
    try:
        async with asyncio.timeout(seconds):
            while differences:
                await asyncio.sleep(0.3)
                differences = await talk.differences()
    except TimeoutError:
        told = "\n".join(differences[:40])
        raise AssertionError(f"after {seconds:g} s:\n{told}\n{talk.six.bot.tail()}") from None
