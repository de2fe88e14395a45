"""Learning spaces on the running network: made, changed by hand, put right, in spite of crashes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from sandbox.at_discord import AtDiscord
from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from sandbox.standing import differences
from tests.network.the_garden import CHANNELS, PLACES, THE_GARDEN, TITLES, TheGarden

pytestmark = [pytest.mark.network, pytest.mark.long]

KILLS = 6


@pytest.fixture
async def garden(limits: RateLimits) -> AsyncIterator[TheGarden]:
    """A network with room for learning spaces, whose bot has not been started."""
    async with SandboxNetwork(THE_GARDEN, limits=limits) as network:
        yield TheGarden(network)


async def make(sol: AtDiscord, title: str) -> None:
    begun = await sol.do("space create", template="pilot", title=title)
    assert "is being made" in begun.text


async def assert_as_designed(sol: AtDiscord, *titles: str) -> None:
    for title in titles:
        assert "stands as designed everywhere" in (await sol.do("space check", space=title)).text


async def test_four_spaces_stand_after_one_command_each_and_what_was_changed_by_hand_is_put_right(
    garden: TheGarden,
) -> None:
    sol = await garden.open()
    for title in TITLES:
        await make(sol, title)
    await sol.until_told("4 of 4 spaces", *TITLES, seconds=120)
    assert len(sol.told()) == 1, "one message, edited"
    for guild, names in zip(garden.guilds, CHANNELS, strict=True):
        assert sorted(each.name for each in guild.categories()) == sorted(TITLES)
        for category in guild.categories():
            assert tuple(each.name for each in guild.in_category(category)) == names
    assert len(await garden.rooms()) == len(TITLES) * PLACES
    await assert_as_designed(sol, *TITLES)
    before = await garden.standing()

    # by hand: a channel renamed on one server, a permission added on the other, a power level changed in Synapse
    title, synapse = TITLES[-1], garden.network.synapse
    river, boat = garden.guilds
    river.rename_channel(garden.channel(0, "plaza"), "chit-chat")
    boat.set_overwrite(garden.channel(1, "facilitación"), boat.id, view_channel=True)
    ada = await synapse.person("ada", display_name="Ada")
    practice = await garden.room("practice")
    changed = await who_stands_there(garden, practice)
    await synapse.make_room_admin(practice, ada.user_id)
    assert len(differences(before, await garden.standing())) == 3

    # each is named where it is, and nowhere else
    found = {each: (await sol.do("space check", space=each)).text for each in TITLES}
    assert "chit\\-chat" in found[title]
    assert "not see the channel" in found[title]
    assert ada.user_id in found[changed]
    for each in set(TITLES) - {title, changed}:
        assert "stands as designed everywhere" in found[each]

    for each in {title, changed}:
        await sol.press(await sol.do("space check", space=each), "space.repair")
    await sol.until_told(*(f"**{each}** stands as designed again" for each in {title, changed}))
    assert differences(before, await garden.standing()) == []
    await assert_as_designed(sol, *TITLES)


async def who_stands_there(garden: TheGarden, room: str) -> str:
    """Return the title of the Matrix space that lists a room."""
    for space in await garden.rooms():
        state = await garden.network.synapse.room_state(space)
        if any(each["type"] == "m.space.child" and each["state_key"] == room for each in state):
            return next(str(each["content"]["name"]) for each in state if each["type"] == "m.room.name")
    raise AssertionError("the room is listed nowhere")


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_again_and_again_while_a_space_is_made_and_archived_it_does_everything_once(
    garden: TheGarden, seed: int
) -> None:
    chance, (whole, broken) = random.Random(seed), TITLES[:2]
    sol = await garden.open()
    await make(sol, whole)
    await sol.until_told("stands everywhere")
    await make(sol, broken)
    assert await kill_while_under_way(garden, chance, most=6) >= 2
    assert set(garden.shape(broken)) ^ set(garden.shape(whole)) == set()
    assert garden.shape(broken) == garden.shape(whole)
    assert await garden.shape_on_matrix(broken) == await garden.shape_on_matrix(whole)
    assert len(await garden.rooms()) == 2 * PLACES
    await assert_as_designed(sol, whole, broken)

    await archive(sol, whole)
    await garden.until(lambda: not garden.under_way())
    await archive(sol, broken)
    assert await kill_while_under_way(garden, chance, most=3) >= 1
    assert set(garden.shape(broken)) ^ set(garden.shape(whole)) == set()
    assert garden.shape(broken) == garden.shape(whole)
    assert await garden.shape_on_matrix(broken) == await garden.shape_on_matrix(whole)
    assert len(await garden.rooms()) == 2 * PLACES
    assert all("'send_messages', False" in line for line in garden.shape(broken) if ": text " in line)


async def archive(sol: AtDiscord, title: str) -> None:
    await sol.press(await sol.do("space archive", space=title), "space.archive")


async def kill_while_under_way(garden: TheGarden, chance: random.Random, *, most: int) -> int:
    """Kill the bot and start it again until what is under way is done, a few times at the most; return how often.

    Each time it lives for so long that it can do something, and for no more than ``most`` things.
    """
    for kills in range(KILLS):
        # the worst moments: something has just appeared, and the bot has not noted it yet
        seen, more = len(garden.network.discord.requests), chance.randint(1, most)
        await garden.until(lambda: _effects(garden, seen) >= more or not garden.under_way())  # noqa: B023
        if not garden.under_way():
            return kills
        await garden.bot.kill()
        await garden.bot.start()
        await garden.bot.ready()
    await garden.until(lambda: not garden.under_way())
    return KILLS


def _effects(garden: TheGarden, seen: int) -> int:
    """Return how many requests that changed something have been carried out since."""
    records = list(garden.network.discord.requests)[seen:]
    return sum(
        each.took_effect and each.method != "GET" and "/interactions" not in each.template for each in records
    )


async def test_a_permission_that_the_bot_lacks_is_named_before_anything_is_made(garden: TheGarden) -> None:
    sol = await garden.open()
    before = await garden.standing()
    boat = garden.guilds[1]
    boat.set_bot_permissions(manage_channels=False)
    lacking = await garden.standing()
    refused = await sol.do("space create", template="pilot", title=TITLES[0])
    assert "cannot be made yet, and nothing was made" in refused.text
    assert "Manage Channels" in refused.text
    assert await garden.standing() == lacking
    assert await garden.rooms() == []
    boat.set_bot_permissions(manage_channels=True)
    assert await garden.standing() == before
    await make(sol, TITLES[0])
    await sol.until_told("stands everywhere")
    await assert_as_designed(sol, TITLES[0])


async def test_what_cannot_be_finished_is_taken_back_exactly(garden: TheGarden) -> None:
    sol = await garden.open()
    boat = garden.guilds[1]
    before = await garden.standing()
    await make(sol, TITLES[0])
    await garden.until(lambda: garden.built() >= 6)
    boat.set_bot_permissions(manage_channels=False)
    said = await sol.until_told("Everything is as it was before")
    assert "lacks a permission on Discord" in said.text
    boat.set_bot_permissions(manage_channels=True)
    assert differences(before, await garden.standing()) == []
    assert garden.under_way() == 0
