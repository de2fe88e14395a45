"""What the network does on Discord by itself, and how it says that it cannot."""

from __future__ import annotations

import discord
import pytest

from community_bot.locales import Markup
from community_bot.platforms.discord import CommunityBot
from community_bot.platforms.discord_port import DiscordPort
from community_bot.platforms.port import Button, Card, ImpossibleError, NotNowError
from sandbox.discord import Fault, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.community_bot.cogs.conftest import Running
from tests.community_bot.cogs.garden import GardenCatalogues

pytestmark = pytest.mark.network

CARD = Card(Markup("Only **you** read this."), (Button("Water", "garden.water", "all"),))
ADMITTED = ("view_channel", "send_messages")


@pytest.fixture
def closed(guild: SimGuild) -> SimChannel:
    """A channel that only who is admitted may see."""
    channel = guild.add_text_channel("seeds")
    guild.set_bot_permissions(manage_roles=True)
    channel.set_bot_permissions(view_channel=True, send_messages=True, read_message_history=True, manage_roles=True)
    channel.set_role_permissions(guild.id, view_channel=False)
    return channel


async def test_a_person_is_told_in_private_and_the_same_thing_once(running: Running, mali: SimMember) -> None:
    await running.port.tell(str(mali.id), CARD, key="effect-1")
    await running.port.tell(str(mali.id), CARD, key="effect-1")
    private = mali.private_channel()
    [message] = private.messages()
    assert message.content == "Only **you** read this."
    assert (await mali.click(private, message.id, label="Water")).content == "Mali รดน้ำ all"
    await running.port.tell(str(mali.id), CARD, key="effect-2")
    assert len(private.messages()) == 2


async def test_closed_private_messages_are_said_to_be_closed(running: Running, mali: SimMember) -> None:
    mali.accept_private_messages(False)
    with pytest.raises(ImpossibleError, match=r"^discord\.dms_closed$"):
        await running.port.tell(str(mali.id), CARD, key="effect-1")


async def test_who_is_gone_is_said_to_be_gone(running: Running, mali: SimMember, closed: SimChannel) -> None:
    await mali.leave()
    with pytest.raises(ImpossibleError, match=r"^discord\.member_gone$"):
        await running.port.tell(str(mali.id), CARD, key="effect-1")
    with pytest.raises(ImpossibleError, match=r"^discord\.member_gone$"):
        await running.port.admit(str(mali.id), str(closed.id), history=True)
    await running.port.release(str(mali.id), str(closed.id))


@pytest.mark.parametrize("history", [True, False])
async def test_a_member_is_admitted_and_released_as_often_as_it_is_said(
    running: Running, mali: SimMember, closed: SimChannel, history: bool
) -> None:
    assert not closed.lets(mali)
    for _ in range(2):
        await running.port.admit(str(mali.id), str(closed.id), history=history)
        assert all(closed.lets(mali, permission) for permission in ADMITTED)
        assert closed.lets(mali, "read_message_history") is history
    for _ in range(2):
        await running.port.release(str(mali.id), str(closed.id))
        assert not closed.lets(mali)


async def test_what_else_was_decided_for_a_member_there_stays(
    running: Running, mali: SimMember, closed: SimChannel
) -> None:
    channel = await running.bot.fetch_channel(closed.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.set_permissions(await channel.guild.fetch_member(mali.id), attach_files=False)
    await running.port.admit(str(mali.id), str(closed.id), history=True)
    assert closed.lets(mali)
    assert not closed.lets(mali, "attach_files")
    await running.port.release(str(mali.id), str(closed.id))
    assert not closed.lets(mali)
    await running.port.admit(str(mali.id), str(closed.id), history=True)
    assert not closed.lets(mali, "attach_files")


async def test_a_missing_permission_and_a_missing_channel_are_told_apart(
    running: Running, guild: SimGuild, mali: SimMember, closed: SimChannel
) -> None:
    guild.set_bot_permissions(manage_roles=False)
    closed.set_bot_permissions(manage_roles=None, view_channel=True)
    with pytest.raises(ImpossibleError, match=r"^discord\.forbidden$"):
        await running.port.admit(str(mali.id), str(closed.id), history=True)
    closed.delete()
    with pytest.raises(ImpossibleError, match=r"^discord\.channel_gone$"):
        await running.port.admit(str(mali.id), str(closed.id), history=True)


async def test_a_message_is_taken_back_and_nothing_is_wrong_when_it_is_gone(
    running: Running, lobby: SimChannel
) -> None:
    sent = await running.bot.get_partial_messageable(lobby.id).send("Soon gone.")
    for _ in range(2):
        await running.port.take_back(str(lobby.id), str(sent.id))
        assert lobby.messages() == []


async def test_trouble_that_passes_is_for_later(
    sim: SimulatedDiscord, running: Running, mali: SimMember, lobby: SimChannel
) -> None:
    sim.faults.add(Fault.lost_request("POST", "/users/@me/channels", times=1))
    with pytest.raises(NotNowError, match=r"^discord\.unreachable$"):
        await running.port.tell(str(mali.id), CARD, key="effect-1")
    sim.faults.add(Fault.status("DELETE", ".*", 501, times=1))
    with pytest.raises(NotNowError, match=r"^discord\.unreachable$"):
        await running.port.take_back(str(lobby.id), "1")


async def test_before_the_bot_is_connected_everything_is_for_later() -> None:
    port = DiscordPort(CommunityBot(), GardenCatalogues())
    with pytest.raises(NotNowError, match=r"^discord\.not_connected$"):
        await port.tell("1", CARD, key="effect-1")
