"""A mention reaches whoever linked their accounts, at the other ends too; nobody else is ever pinged by a copy."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from sandbox.at_discord import AtDiscord, press
from sandbox.discord import RateLimits, SeenMessage
from sandbox.matrix import MatrixPerson, ShownMessage
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk

pytestmark = pytest.mark.network
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")
BOAT, RIVER, HILL, LANTERN = (
    ("paper-boat-studio", "facilitation"),
    ("river-house", "facilitation"),
    ("hill-circle", "facilitation"),
    ("lantern-space", "facilitation"),
)


@pytest.fixture
async def network() -> AsyncIterator[SandboxNetwork]:
    async with SandboxNetwork(limits=RateLimits.discord().scaled(1 / 30)) as built:
        await built.bot.start()
        await built.bot.ready()
        yield built


async def linked(network: SandboxNetwork) -> tuple[AtDiscord, MatrixPerson]:
    """Return Juniper on Discord and on Matrix, with one membership for both accounts."""
    juniper = AtDiscord.of(network, "juniper")
    await juniper.join("Paper Crane")
    there = await network.synapse.person("juniper.hill", display_name="Juniper")
    for place in (HILL, LANTERN):
        await there.join(network.rooms[place])
    talk = await PrivateTalk.begin(there, network.rooms["hill-circle", "welcome"], network.bot_user_id)
    given = await juniper.do("me link")
    code = CODE.search(given.text)
    assert code is not None, given.text
    await talk.greeting()
    await talk.say(f".me link {code.group()}")
    asked = await press(given, "link.look")
    await press(asked, "link.confirm")
    return juniper, there


async def copy_on_discord(network: SandboxNetwork, place: tuple[str, str], words: str) -> SeenMessage:
    channel = network.channels[place]
    seen = await channel.wait_for(lambda seen: any(words in each.content for each in seen), timeout=15)
    return next(each for each in seen if words in each.content)


async def copy_on_matrix(network: SandboxNetwork, place: tuple[str, str], words: str) -> ShownMessage:
    room = network.rooms[place]
    shown = await network.keeper.wait_until_shown(
        room, lambda shown: any(words in each.text for each in shown), timeout=15
    )
    return next(each for each in shown if words in each.text)


async def test_whoever_linked_their_accounts_is_reached_by_a_mention_at_the_other_ends(
    network: SandboxNetwork,
) -> None:
    juniper, there = await linked(network)
    sam, teddy = network.on_matrix["sam"], network.on_discord["teddy"]
    await sam.mention(network.rooms[LANTERN], there.user_id, "¿abres tú?")
    at_home = await copy_on_discord(network, BOAT, "¿abres tú?")
    assert at_home.pinged_people == {juniper.member.id}
    assert at_home.pinged_roles == frozenset()
    # on a server where she is not, she is named and nobody is pinged
    elsewhere = await copy_on_discord(network, RIVER, "¿abres tú?")
    assert elsewhere.pinged_nobody
    assert "Juniper" in elsewhere.content
    await teddy.say(network.channels[BOAT], f"{juniper.member.mention} can you close?")
    for place in (HILL, LANTERN):
        copy = await copy_on_matrix(network, place, "can you close?")
        assert copy.mentions == (there.user_id,)
        assert "Juniper" in copy.text
    assert (await copy_on_discord(network, RIVER, "can you close?")).pinged_nobody


async def test_whoever_did_not_link_anything_is_named_and_not_reached(network: SandboxNetwork) -> None:
    teddy, nacho = network.on_discord["teddy"], network.on_discord["nacho"]
    await teddy.say(network.channels[BOAT], f"{nacho.mention} @everyone ¿vienes?")
    for place in (HILL, LANTERN):
        copy = await copy_on_matrix(network, place, "¿vienes?")
        assert (copy.mentions, copy.mentions_room) == ((), False)
        assert "Nacho" in copy.text
    assert (await copy_on_discord(network, RIVER, "¿vienes?")).pinged_nobody
