"""What the network does on Discord by itself, and how it says that it cannot."""

from __future__ import annotations

import discord
import pytest

from community_bot.locales import Markup
from community_bot.platforms.discord import CommunityBot
from community_bot.platforms.discord_port import DiscordPort
from community_bot.platforms.port import Attachment, Button, Card, ImpossibleError, NotNowError, Shown
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


async def test_who_writes_in_a_channel_that_says_so_for_everybody_is_not_said_for_one_person(
    running: Running, guild: SimGuild, mali: SimMember, closed: SimChannel
) -> None:
    guild.set_overwrite(closed, guild.id, send_messages=False)
    await running.port.admit(str(mali.id), str(closed.id), history=True)
    assert closed.lets(mali)
    assert not closed.lets(mali, "send_messages")
    guild.set_overwrite(closed, guild.id, send_messages=True)
    await running.port.admit(str(mali.id), str(closed.id), history=True)
    assert closed.lets(mali, "send_messages")


async def test_who_is_released_keeps_nothing_that_they_were_allowed_there(
    running: Running, guild: SimGuild, mali: SimMember, closed: SimChannel
) -> None:
    guild.set_overwrite(closed, mali, view_channel=True, manage_messages=True)
    await running.port.release(str(mali.id), str(closed.id))
    assert [each for each in closed.overwrites() if each.target_id == mali.id] == []


async def test_a_card_is_posted_for_everybody_once_and_says_where_it_stands(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    shown = await running.port.post(str(lobby.id), CARD, key="effect-1")
    assert await running.port.post(str(lobby.id), CARD, key="effect-1") == shown
    [message] = lobby.messages()
    assert shown == Shown(str(lobby.id), str(message.id))
    assert (message.content, message.buttons[0].label) == ("Only **you** read this.", "Water")


async def test_what_was_told_says_where_it_stands_by_its_first_message(running: Running, mali: SimMember) -> None:
    shown = await running.port.tell(str(mali.id), Card(Markup("A sentence. " * 300)), key="effect-1")
    messages = mali.private_channel().messages()
    assert len(messages) == 2
    assert shown == Shown(str(mali.private_channel().id), str(messages[0].id))


async def test_a_card_is_revised_in_its_place(running: Running, lobby: SimChannel) -> None:
    picture = Attachment("cycle.txt", b"o", "text/plain", description="A circle.")
    shown = await running.port.post(str(lobby.id), Card(CARD.text, CARD.buttons, (picture,)), key="effect-1")
    [before] = lobby.messages()
    assert [file.description for file in before.files] == ["A circle."]
    for _ in range(2):
        await running.port.revise(shown, Card(Markup("3 of 4"), (Button("Stop", "garden.turn"),)))
    [after] = lobby.messages()
    assert (after.id, after.content, after.files) == (before.id, "3 of 4", ())
    assert [button.label for button in after.buttons] == ["Stop"]
    await running.port.revise(shown, Card(Markup("Done. " * 1000)))
    [last] = lobby.messages()
    assert (len(last.content) <= 2000, last.buttons) == (True, ())


async def test_what_is_gone_cannot_be_revised(running: Running, guild: SimGuild, lobby: SimChannel) -> None:
    shown = await running.port.post(str(lobby.id), CARD, key="effect-1")
    await running.port.take_back(shown.place, shown.ref)
    with pytest.raises(ImpossibleError, match=r"^discord\.message_gone$"):
        await running.port.revise(shown, CARD)
    guild.delete_channel(lobby)
    with pytest.raises(ImpossibleError, match=r"^discord\.channel_gone$"):
        await running.port.revise(shown, CARD)
    with pytest.raises(ImpossibleError, match=r"^discord\.channel_gone$"):
        await running.port.post(shown.place, CARD, key="effect-2")


async def test_a_role_is_given_and_taken_as_often_as_it_is_said(
    running: Running, guild: SimGuild, mali: SimMember
) -> None:
    role, other = guild.add_role("circle"), guild.add_role("other")
    guild.give_role(mali, other)
    asked = str(mali.id), str(guild.id), str(role)
    for _ in range(2):
        await running.port.give_role(*asked)
        assert sorted(guild.roles_of(mali)) == ["circle", "other"]
    for _ in range(2):
        await running.port.take_role(*asked)
        assert guild.roles_of(mali) == ["other"]


async def test_a_role_of_who_is_gone_or_that_is_gone_itself(
    running: Running, guild: SimGuild, mali: SimMember
) -> None:
    role = guild.add_role("circle")
    asked = str(mali.id), str(guild.id), str(role)
    guild.move_role(role, 50)
    with pytest.raises(ImpossibleError, match=r"^discord\.forbidden$"):
        await running.port.give_role(*asked)
    guild.delete_role(role)
    with pytest.raises(ImpossibleError, match=r"^discord\.role_gone$"):
        await running.port.give_role(*asked)
    await running.port.take_role(*asked)
    await mali.leave()
    with pytest.raises(ImpossibleError, match=r"^discord\.member_gone$"):
        await running.port.give_role(*asked)
    await running.port.take_role(*asked)


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
