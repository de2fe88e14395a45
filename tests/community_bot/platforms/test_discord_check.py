"""What a look at Discord tells of a joined channel: what must be mended, and what it can do without."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord
import pytest

from community_bot.platforms.discord_check import check_discord
from community_bot.platforms.discord_extras import EXTRAS, Extra
from community_bot.platforms.findings import Finding
from sandbox.discord import RateLimits, SimChannel, SimGuild, SimulatedDiscord

pytestmark = pytest.mark.network
EVERYTHING = {name: True for extra in EXTRAS for name in extra.names}


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimulatedDiscord]:
    async with SimulatedDiscord(limits=RateLimits.off()) as running:
        monkeypatch.setattr(discord.http.Route, "BASE", running.api_base)
        yield running


@pytest.fixture
def guild(sim: SimulatedDiscord) -> SimGuild:
    return sim.add_guild("River House")


async def found(sim: SimulatedDiscord, channel: SimChannel, *uses: str) -> Finding:
    *_, last = await check_discord(sim.token, {channel.id: uses or ("bridge",)})
    return last


async def test_a_channel_in_which_everything_crosses_is_simply_well(sim: SimulatedDiscord, guild: SimGuild) -> None:
    garden = guild.add_text_channel("garden")
    garden.set_bot_permissions(**EVERYTHING)
    finding = await found(sim, garden)
    assert (finding.ok, finding.is_advice, finding.said) == (True, False, "#garden in River House")


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: extra.names[0])
async def test_each_permission_that_is_missing_is_told_with_what_does_not_cross_and_nothing_fails(
    sim: SimulatedDiscord, guild: SimGuild, extra: Extra
) -> None:
    garden = guild.add_text_channel("garden")
    garden.set_bot_permissions(**EVERYTHING | dict.fromkeys(extra.names, False))
    finding = await found(sim, garden)
    assert finding.is_advice
    assert finding.said.splitlines() == ["#garden in River House", f"Without {extra.words} {extra.lost}."]
    assert finding.cure.startswith(f"Give the bot's role {extra.words} in that channel")


async def test_whichever_permission_opens_archived_threads_will_do(sim: SimulatedDiscord, guild: SimGuild) -> None:
    garden = guild.add_text_channel("garden")
    for name in ("send_messages_in_threads", "manage_threads"):
        garden.set_bot_permissions(**EVERYTHING | {name: False})
        assert not (await found(sim, garden)).is_advice


async def test_a_channel_that_is_not_joined_is_not_told_what_joining_has_use_for(
    sim: SimulatedDiscord, guild: SimGuild
) -> None:
    garden = guild.add_text_channel("garden")
    garden.set_bot_permissions(add_reactions=False, pin_messages=False)
    assert not (await found(sim, garden, "space")).is_advice


async def test_what_the_bridge_cannot_do_without_is_still_a_fault(sim: SimulatedDiscord, guild: SimGuild) -> None:
    garden = guild.add_text_channel("garden")
    garden.set_bot_permissions(manage_webhooks=False, add_reactions=False)
    finding = await found(sim, garden)
    assert not finding.ok
    assert "lacks Manage Webhooks." in finding.said


async def test_a_forum_can_be_joined_and_needs_no_permission_for_threads(
    sim: SimulatedDiscord, guild: SimGuild
) -> None:
    ideas = guild.add_forum("ideas")
    ideas.set_bot_permissions(**EVERYTHING | {"create_public_threads": False})
    assert (await found(sim, ideas)).said == "#ideas in River House"
    assert not (await found(sim, ideas, "welcome")).ok
