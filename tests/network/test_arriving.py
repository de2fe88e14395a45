"""Arriving on the running network: a crowd, a crash among it, people who leave again, forms left half filled in."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from sandbox.at_discord import press
from sandbox.discord import RateLimits, SimMember
from sandbox.matrix import MatrixPerson
from sandbox.network import SandboxNetwork
from tests.network.the_door import THE_DOOR, TheDoor

pytestmark = pytest.mark.network

AGREED = ["agreements", "membership"]


@pytest.fixture
async def door(limits: RateLimits) -> AsyncIterator[TheDoor]:
    """A network where people arrive, whose bot has not been started."""
    async with SandboxNetwork(THE_DOOR, limits=limits) as network:
        yield TheDoor(network)


async def assert_all_greeted_once(
    door: TheDoor, on_discord: list[SimMember], on_matrix: list[MatrixPerson]
) -> None:
    for member in on_discord:
        await door.greeting_of(member, seconds=60)
    # whoever comes last is greeted after everything that was still under way
    last = door.comes_to_discord("last")
    talk = await door.comes_to_matrix("last")
    await door.greeting_of(last)
    await talk.greeting()
    assert door.greeted_on_discord([*on_discord, last]) == [1] * (len(on_discord) + 1)
    assert [await door.greeted_on_matrix(person) for person in on_matrix] == [1] * len(on_matrix)


@pytest.mark.long
async def test_sixty_newcomers_are_each_greeted_once(door: TheDoor) -> None:
    people = await door.network.synapse.people({f"hill-{number}": f"Hill {number}" for number in range(30)})
    await door.bot.start()
    await door.bot.ready()
    on_discord = []
    joining = []
    for number, person in enumerate(people):
        on_discord.append(door.comes_to_discord(f"river.{number}"))
        joining.append(asyncio.create_task(person.join(door.lobby)))
        await asyncio.sleep(0.1)
    await asyncio.gather(*joining)
    await assert_all_greeted_once(door, on_discord, people)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_again_and_again_among_forty_newcomers_it_greets_each_once(door: TheDoor, seed: int) -> None:
    chance = random.Random(seed)
    people = await door.network.synapse.people({f"hill-{number}": f"Hill {number}" for number in range(20)})
    on_discord: list[SimMember] = []
    await door.bot.start()
    await door.bot.ready()

    async def arrive() -> None:
        for number, person in enumerate(people):
            on_discord.append(door.comes_to_discord(f"river.{number}"))
            await person.join(door.lobby)
            await asyncio.sleep(chance.uniform(0, 0.8))

    async def next_greeting() -> None:
        already = len(door.channel.messages())
        await door.channel.wait_for(lambda said: len(said) > already, timeout=60)

    arriving, kills = asyncio.create_task(arrive()), 0
    while not arriving.done():
        # the worst moment: the greeting has just appeared, and the bot has not noted it yet
        greeted = asyncio.create_task(next_greeting())
        await asyncio.wait({arriving, greeted}, return_when=asyncio.FIRST_COMPLETED, timeout=chance.uniform(2, 6))
        greeted.cancel()
        await door.bot.kill()
        kills += 1
        await asyncio.gather(greeted, return_exceptions=True)
        await door.bot.start()
    await arriving
    await door.bot.ready()
    assert kills >= 2
    await assert_all_greeted_once(door, on_discord, people)


async def test_who_was_there_before_the_bot_is_no_newcomer(door: TheDoor) -> None:
    old = door.comes_to_discord("old")
    elder = await door.person("elder")
    await elder.join(door.lobby)
    await door.bot.start()
    await door.bot.ready()
    newcomer = door.comes_to_discord("new")
    await door.greeting_of(newcomer)
    await (await door.comes_to_matrix("new")).greeting()
    assert door.greeted_on_discord([old]) == [0]
    assert await elder.invitations() == []


async def test_who_leaves_before_belonging_leaves_nothing_and_is_greeted_anew_when_they_come_back(
    door: TheDoor,
) -> None:
    await door.bot.start()
    await door.bot.ready()
    member = door.comes_to_discord("lin")
    greeting = await door.greeting_of(member)
    assert (await member.click(door.channel, greeting)).form is not None
    talk = await door.comes_to_matrix("lin")
    await talk.press(await talk.greeting(), 1)
    await talk.say("2")
    here, there = ("discord", str(member.id)), ("matrix", talk.person.user_id)
    assert door.is_kept("arrival", *here)
    assert door.is_kept("arrival", *there)
    assert door.is_kept("dialogue", *there)

    await member.leave()
    await talk.person.leave(talk.room)
    await talk.person.leave(door.lobby)
    await door.until_forgotten("arrival", *here)
    await door.until_forgotten("arrival", *there)
    await door.until_forgotten("dialogue", *there)

    # the message that named them is gone too
    await door.channel.wait_for(lambda said: all(message.id != greeting for message in said), timeout=20)

    door.comes_again(member)
    await door.greeting_of(member)
    assert door.greeted_on_discord([member]) == [2]
    await talk.person.join(door.lobby)
    invited = await talk.person.wait_for_invitation(lambda each: each.room_id == talk.room, timeout=20)
    await talk.person.join(invited.room_id)
    cards = await talk.person.wait_until(
        talk.room, lambda said: [e.body for e in said].count(said[0].body) == 2, timeout=20
    )
    assert cards[-1].sender == door.network.bot_user_id
    assert (await talk.press(cards[-1], 1)).body


async def test_a_form_opened_before_a_crash_is_taken_after_it(door: TheDoor) -> None:
    await door.bot.start()
    await door.bot.ready()
    member = door.comes_to_discord("lin")
    form = (await member.click(door.channel, await door.greeting_of(member))).form
    assert form is not None
    await door.bot.kill()
    await door.bot.start()
    await door.bot.ready()
    refused = await form.submit({"agreements": AGREED, "alias": "lin"})
    assert "account" in refused.text

    await door.bot.kill()
    await door.bot.start()
    await door.bot.ready()
    # what was typed lay in memory only, so the second form is empty; its button works all the same
    again = (await press(refused, "form.again")).form
    assert again is not None
    assert again.field("alias").value == ""
    card = await again.submit({"agreements": AGREED, "alias": "Paper Kite", "space": "radio"})
    assert "Paper Kite" in card.text
    assert "Paper Kite" in (await member.slash(door.channel, "me show")).text


async def test_a_dialogue_goes_on_after_crashes_where_it_was(door: TheDoor) -> None:
    await door.bot.start()
    await door.bot.ready()
    talk = await door.comes_to_matrix("flor")
    await talk.press(await talk.greeting(), 1)
    asked = await talk.say("3")
    assert "Acuerdos" in asked.body

    await door.bot.kill()
    said_while_away = asyncio.create_task(talk.say("1 2", seconds=60))
    await door.bot.start()
    asked = await said_while_away
    assert "alias" in asked.body
    await door.bot.ready()

    await talk.person.say(talk.room, "Colibrí de Barro")
    # in the middle of the answer, as far as chance will have it
    await door.bot.kill()
    await door.bot.start()
    await talk.person.wait_until(talk.room, lambda seen: "espacio" in seen[-1].body, timeout=60)
    card = await talk.say("1", seconds=60)
    assert "Colibrí de Barro" in card.body
    bodies = [each.body for each in await talk.cards()]
    assert len(bodies) == len(set(bodies)) == 6, "nothing was asked twice"
