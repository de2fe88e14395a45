"""A conversation of six ends, a server whose channels are in several, a forum as an end: built and spoken in."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.discord import RateLimits
from sandbox.faults import Fault
from sandbox.matrix import MatrixPerson
from sandbox.network import SandboxNetwork
from sandbox.wide_cast import SIX_ENDS, THREE_AND_THREE

pytestmark = pytest.mark.network
on_the_networks_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def network() -> AsyncIterator[SandboxNetwork]:
    async with SandboxNetwork(THREE_AND_THREE, limits=RateLimits.off(), troubled=True) as built:
        yield built


def test_one_conversation_has_three_servers_and_three_spaces() -> None:
    homes = [THREE_AND_THREE.home(end.home) for end in THREE_AND_THREE.conversation(SIX_ENDS).ends]
    assert len({home.key for home in homes}) == 6
    assert [home.platform for home in homes].count("discord") == 3
    assert {member.home for member in THREE_AND_THREE.members} == {home.key for home in homes}


def test_a_server_has_channels_in_several_conversations_and_each_channel_is_in_one() -> None:
    ends = [(end.home, end.room) for each in THREE_AND_THREE.conversations for end in each.ends]
    assert len(ends) == len(set(ends))
    assert sum(home == "oven-yard" for home, _ in ends) == 3


@on_the_networks_loop
async def test_the_settings_join_all_six_ends(network: SandboxNetwork) -> None:
    settings = tomllib.loads(network.settings_text(8080))
    [joined] = [each for each in settings["conversations"] if each["key"] == SIX_ENDS]
    assert len(joined["discord_channels"]) == len(joined["matrix_rooms"]) == 3
    [questions] = [each for each in settings["conversations"] if each["key"] == "questions"]
    assert questions["discord_channels"] == [network.channels["oven-yard", "questions"].id]


@on_the_networks_loop
async def test_everybody_speaks_where_they_are_at_home(network: SandboxNetwork) -> None:
    for member in THREE_AND_THREE.members:
        await network.say(member.key, SIX_ENDS, f"{member.key} has seeds")

    for member in THREE_AND_THREE.members:
        place = network.place_of(member, THREE_AND_THREE.conversation(SIX_ENDS))
        if member.key in network.on_discord:
            said = [each.content for each in network.channels[place].messages()]
        else:
            said = [each.text for each in await network.keeper.shown(network.rooms[place])]
        assert said == [f"{member.key} has seeds"]


@on_the_networks_loop
async def test_in_a_forum_what_is_said_becomes_a_post(network: SandboxNetwork) -> None:
    await network.say("pepper", "questions", "Why are the leaves yellow?")
    forum = network.channels["oven-yard", "questions"]
    assert forum.kind == "forum"
    [post] = forum.threads()
    assert [each.content for each in post.messages()] == ["Why are the leaves yellow?"]


@on_the_networks_loop
async def test_the_bot_alone_takes_the_troubled_road(network: SandboxNetwork) -> None:
    assert tomllib.loads(network.settings_text(8080))["matrix"]["homeserver"] == network.road.url
    hit = network.road.faults.add(Fault.status("GET", ".*/whoami", 502, times=1))
    sage = network.on_matrix["sage"]
    over_the_road = MatrixPerson(network.road.url, sage.user_id, sage.access_token)
    with pytest.raises(Exception, match="502"):
        await over_the_road.name_client("tablet")
    await over_the_road.close()
    assert await sage.name_client("tablet")
    assert hit.hits == 1
