"""A learning space's rooms are joined while the bot runs, and what was joined before does not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from community_bot.domain.space_state import SpaceState
from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from tests.network.orchard import BY_OTHERS, OWN, TWO_CONVERSATIONS, Orchard
from tests.network.two_rooms import TwoRooms
from tests.network.workplace import UNFORESEEN

pytestmark = pytest.mark.network

SECONDS = 5.0
"""From a space's opening to its first message on the other side."""


@pytest.fixture
async def orchard() -> AsyncIterator[Orchard]:
    """A network of two conversations, its bot started; a space's rooms are there and nobody has joined them."""
    async with SandboxNetwork(TWO_CONVERSATIONS, limits=RateLimits.off()) as network:
        orchard = Orchard(network)
        await orchard.plant()
        for key in (OWN, BY_OTHERS):
            await orchard[key].say_on_discord("long ago")
            await orchard[key].say_on_matrix("hace mucho")
        await network.bot.start()
        await network.bot.ready()
        yield orchard
        text = network.bot.output.read_text(encoding="utf-8")
        assert not any(words in text for words in UNFORESEEN), text


async def burst(rooms: TwoRooms, enough: asyncio.Event) -> int:
    """Talk as fast as can be on both sides, until it is enough; return how many lines each said."""
    for number in count():
        if enough.is_set():
            return number
        await asyncio.gather(rooms.say_on_discord(f"d{number}"), rooms.say_on_matrix(f"m{number}"))
    raise AssertionError


async def assert_crosses(rooms: TwoRooms, mark: str) -> None:
    """Say something on both sides, and find exactly that added on the other."""
    on_discord, on_matrix = rooms.copies_on_discord(), await rooms.copies_on_matrix()
    await rooms.say_on_discord(f"{mark} from Discord")
    await rooms.say_on_matrix(f"{mark} from Matrix")
    on_discord, on_matrix = [*on_discord, f"{mark} from Matrix"], [*on_matrix, f"{mark} from Discord"]
    await rooms.until_copied(on_discord=on_discord, on_matrix=on_matrix, seconds=20)
    assert rooms.copies_on_discord() == on_discord
    assert await rooms.copies_on_matrix() == on_matrix


async def test_a_space_that_opens_crosses_at_once_while_a_burst_elsewhere_goes_on_unharmed(
    orchard: Orchard,
) -> None:
    enough = asyncio.Event()
    talking = asyncio.create_task(burst(orchard["radio"], enough))
    await orchard["radio"].until_counted("bridge_parts_sent_total", lambda sent: sent > 20)
    await orchard.open()
    orchard.somebody_comes()
    async with asyncio.timeout(SECONDS):
        await orchard.until_joined()
        for key in (OWN, BY_OTHERS):
            await assert_crosses(orchard[key], "first")

    await orchard.become(SpaceState.CLOSING)
    orchard.somebody_comes()
    await orchard.until_left()
    for key in (OWN, BY_OTHERS):
        await orchard[key].say_on_discord("to nobody")
        await orchard[key].say_on_matrix("a nadie")
    await assert_crosses(orchard["garden"], "later")
    enough.set()
    said = range(await talking)
    radio, from_discord, from_matrix = orchard["radio"], [f"d{n}" for n in said], [f"m{n}" for n in said]
    await radio.until_copied(on_discord=from_matrix, on_matrix=from_discord, seconds=120)
    await radio.settled()
    assert radio.copies_on_discord() == from_matrix
    assert await radio.copies_on_matrix() == from_discord
    for key in (OWN, BY_OTHERS):
        assert orchard[key].copies_on_discord() == ["first from Matrix"]
        assert await orchard[key].copies_on_matrix() == ["first from Discord"]
    lanes = {value for _, labels in await orchard.network.bot.metrics() for name, value in labels if name == "lane"}
    assert lanes == {f"{key}:{end}" for key in ("radio", "garden") for end in ("discord1", "matrix1")}


async def test_a_space_that_opens_again_begins_anew(orchard: Orchard) -> None:
    await orchard.open()
    orchard.somebody_comes()
    await orchard.until_joined()
    await assert_crosses(orchard[OWN], "first")
    await orchard.become(SpaceState.CLOSING)
    orchard.somebody_comes()
    await orchard.until_left()
    await orchard[OWN].say_on_discord("while it was closing")
    await orchard[OWN].say_on_matrix("mientras cerraba")
    await orchard.become(SpaceState.ACTIVE)
    orchard.somebody_comes()
    await orchard.until_joined()
    for key in (OWN, BY_OTHERS):
        await assert_crosses(orchard[key], "second")
    assert orchard[OWN].copies_on_discord() == ["first from Matrix", "second from Matrix"]
    assert await orchard[OWN].copies_on_matrix() == ["first from Discord", "second from Discord"]


async def test_killed_between_joining_and_the_first_message_it_says_it_once_after_the_start(
    orchard: Orchard,
) -> None:
    bot = orchard.network.bot
    await orchard.open()
    orchard.somebody_comes()
    await orchard.until_joined()
    await bot.kill()
    for key in (OWN, BY_OTHERS):
        await orchard[key].say_on_discord("is anybody there?")
        await orchard[key].say_on_matrix("¿hay alguien?")
    await bot.start()
    for key in (OWN, BY_OTHERS):
        rooms = orchard[key]
        await rooms.until_copied(on_discord=["¿hay alguien?"], on_matrix=["is anybody there?"])
        await rooms.settled()
        assert rooms.copies_on_discord() == ["¿hay alguien?"]
        assert await rooms.copies_on_matrix() == ["is anybody there?"]


@pytest.mark.parametrize("seconds", [0.4, 0.55, 0.7, 0.9])
async def test_killed_in_the_middle_of_joining_the_next_start_makes_it_whole(
    orchard: Orchard, seconds: float
) -> None:
    bot = orchard.network.bot
    await orchard.open()
    orchard.somebody_comes()
    # acts gather for half a second, then channels and rooms are entered one by one: the kill is to fall among them
    await asyncio.sleep(seconds)
    await bot.kill()
    await bot.start()
    await orchard.until_joined(seconds=60)
    for key in (OWN, BY_OTHERS, "garden"):
        await assert_crosses(orchard[key], "first")
