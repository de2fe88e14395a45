"""People arrive, go, and come again; what the bot hears of it, and what it may do about it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest

from sandbox.discord import BackendError, SetupError, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.greeter import Greeter
from tests.sandbox.discord.support import Rest, Watcher, connected, usual_intents

pytestmark = pytest.mark.network


async def test_a_person_joins_leaves_and_joins_again(greeter: Greeter, guild: SimGuild, lobby: SimChannel) -> None:
    before = datetime.now(UTC)
    jo = guild.add_member("jo", locale="es-419")
    await greeter.until(lambda: greeter.texts("join") == ["jo"])
    first = guild.joined_at(jo)
    assert before <= first <= datetime.now(UTC)
    seen = greeter.get_guild(guild.id)
    assert seen is not None
    member = seen.get_member(jo.id)
    assert member is not None
    assert member.joined_at == first
    guild.give_role(jo, guild.add_role("gardener"))

    await jo.leave()
    await greeter.until(lambda: greeter.texts("left") == ["jo"])
    assert jo.id not in guild.member_ids()
    with pytest.raises(BackendError):
        await jo.slash(lobby, "ping", text="still here?")

    again = guild.admit(jo)
    await greeter.until(lambda: greeter.texts("join") == ["jo", "jo"])
    assert guild.joined_at(again) > first
    assert guild.roles_of(again) == [], "roles do not come back with the person"
    assert (await again.slash(lobby, "ping", text="back")).content == "pong back es-419"
    with pytest.raises(SetupError):
        guild.admit(again)


async def test_three_hundred_join_at_once_and_the_bot_hears_of_each(
    sim: SimulatedDiscord, guild: SimGuild, greeter: Greeter
) -> None:
    started = asyncio.get_running_loop().time()
    for number in range(300):
        guild.add_member(f"person{number}", locale="th")
    await greeter.until(lambda: len(greeter.texts("join")) == 300)
    assert greeter.texts("join") == [f"person{number}" for number in range(300)]
    assert asyncio.get_running_loop().time() - started < 10
    assert sim.gateway.counts["identify"] == 1, "the gateway has held"


async def test_without_the_members_intent_nothing_is_heard_of_who_comes_and_goes(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, point_at: Callable[[SimulatedDiscord], None]
) -> None:
    intents = usual_intents()
    intents.members = False
    point_at(sim)
    async with connected(sim, Greeter(intents=intents)) as client:
        jo = guild.add_member("jo")
        await jo.leave()
        await guild.add_member("ana").say(lobby, "hello")
        await client.until(lambda: client.texts() == ["hello"])
        assert (client.texts("join"), client.texts("left")) == ([], [])


async def test_an_intent_taken_away_in_the_portal_is_refused_at_the_next_login(
    sim: SimulatedDiscord, guild: SimGuild, rest: Rest, point_at: Callable[[SimulatedDiscord], None]
) -> None:
    point_at(sim)
    async with connected(sim, Watcher(intents=usual_intents())):
        sim.allow_intents("message_content")
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connected(sim, Watcher(intents=usual_intents())):
            pass
    refused = await rest.ask("GET", f"/guilds/{guild.id}/members", params={"limit": "10"})
    assert (refused.status, refused.body["code"]) == (403, 50001)
    sim.allow_intents("message_content", "members")
    async with connected(sim, Watcher(intents=usual_intents())) as client:
        assert client.readies == 1


async def test_everybody_is_listed_page_by_page(guild: SimGuild, greeter: Greeter, rest: Rest) -> None:
    for number in range(7):
        guild.add_member(f"person{number}")
    path = f"/guilds/{guild.id}/members"
    listed: list[int] = []
    while True:
        after = str(listed[-1] if listed else 0)
        page = (await rest.ask("GET", path, params={"limit": "4", "after": after})).body
        listed += [int(member["user"]["id"]) for member in page]
        if len(page) < 4:
            break
    assert listed == sorted(guild.member_ids())
    assert (await rest.ask("GET", path)).body[0]["user"]["id"] == str(listed[0])
    seen = greeter.get_guild(guild.id)
    assert seen is not None
    assert sorted([member.id async for member in seen.fetch_members(limit=None)]) == listed
    with pytest.raises(discord.NotFound) as nobody:
        await seen.fetch_member(1)
    assert nobody.value.code == 10007


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
async def test_a_page_of_members_has_one_to_a_thousand(guild: SimGuild, rest: Rest, limit: str) -> None:
    refused = await rest.ask("GET", f"/guilds/{guild.id}/members", params={"limit": limit})
    assert (refused.status, refused.body["code"]) == (400, 50035)


async def test_the_bot_opens_a_room_to_one_person_gives_a_role_and_takes_both_back(
    greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    lobby.set_role_permissions(guild.id, view_channel=False)
    lobby.set_bot_permissions(view_channel=True)
    role_id = guild.add_role("member")
    seen, channel, member = await _at_the_bot(greeter, guild, lobby, mali)
    role = seen.get_role(role_id)
    assert role is not None
    assert not lobby.lets(mali)
    with pytest.raises(BackendError):
        await mali.say(lobby, "may I?")

    await channel.set_permissions(member, view_channel=True, reason="let in")
    assert lobby.lets(mali)
    await channel.set_permissions(member, overwrite=None)
    assert not lobby.lets(mali)

    await member.add_roles(role, reason="let in")
    assert guild.roles_of(mali) == ["member"]
    await member.remove_roles(role)
    assert guild.roles_of(mali) == []


async def test_the_bot_writes_pins_and_removes_what_it_wrote(
    greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    _, channel, _ = await _at_the_bot(greeter, guild, lobby, mali)
    message = await channel.send("Begin here.")
    await message.pin()
    assert [seen.pinned for seen in lobby.messages() if seen.id == message.id] == [True]
    assert [pinned.id async for pinned in channel.pins()] == [message.id]
    await message.delete()
    assert message.id not in [seen.id for seen in lobby.messages()]


async def test_pinning_needs_its_own_permission_and_an_overwrite_gives_only_what_the_bot_has(
    greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    _, channel, member = await _at_the_bot(greeter, guild, lobby, mali)
    message = await channel.send("Begin here.")
    guild.set_bot_permissions(pin_messages=False, manage_threads=False)
    with pytest.raises(discord.Forbidden):
        await message.pin()
    await channel.set_permissions(member, view_channel=True)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.set_permissions(member, manage_threads=True)
    assert refused.value.code == 50013
    guild.set_bot_permissions(manage_roles=False)
    with pytest.raises(discord.Forbidden):
        await channel.set_permissions(member, view_channel=True)


async def test_somebody_removed_by_the_bot_may_come_again_and_somebody_banned_not(
    greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    seen, _, member = await _at_the_bot(greeter, guild, lobby, mali)
    await member.kick(reason="asked to")
    await greeter.until(lambda: greeter.texts("left") == ["mali"])
    again = guild.admit(mali)
    await seen.ban(discord.Object(again.id))
    with pytest.raises(BackendError) as refused:
        guild.admit(again)
    assert refused.value.code == 40007


async def test_who_is_closed_or_gone_cannot_be_written_to(
    greeter: Greeter, guild: SimGuild, mali: SimMember
) -> None:
    person = await greeter.fetch_user(mali.id)
    await person.send("Between us.")
    mali.accept_private_messages(False)
    assert await _refusal(person) == 50007
    mali.accept_private_messages(True)
    await mali.leave()
    assert await _refusal(person) == 50278
    guild.admit(mali)
    await person.send("Welcome back.")
    texts = [message.text for message in mali.private_channel().messages()]
    assert texts == ["Between us.", "Welcome back."]


async def test_an_invite_lets_in_as_many_as_it_says_and_for_as_long(
    sim: SimulatedDiscord, greeter: Greeter, guild: SimGuild, lobby: SimChannel
) -> None:
    made = await _invite(greeter, lobby, max_age=3600, max_uses=2)
    guild.add_member("one", invite=made["code"])
    guild.add_member("two", invite=made["code"])
    with pytest.raises(BackendError) as refused:
        guild.add_member("three", invite=made["code"])
    assert refused.value.code == 10006
    soon_over = await _invite(greeter, lobby, max_age=60, max_uses=0)
    sim.advance_clock(timedelta(minutes=2).total_seconds())
    with pytest.raises(BackendError):
        guild.add_member("four", invite=soon_over["code"])
    await greeter.until(lambda: greeter.texts("join") == ["one", "two"])


async def _invite(greeter: Greeter, lobby: SimChannel, **wish: int) -> Any:
    route = discord.http.Route("POST", "/channels/{channel_id}/invites", channel_id=lobby.id)
    return await greeter.http.request(route, json=wish, reason="the way in")


async def _refusal(person: discord.User) -> int:
    with pytest.raises(discord.Forbidden) as refused:
        await person.send("hello?")
    return refused.value.code


async def _at_the_bot(
    greeter: Greeter, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> tuple[discord.Guild, discord.TextChannel, discord.Member]:
    seen, channel = greeter.get_guild(guild.id), greeter.get_channel(lobby.id)
    assert seen is not None
    assert isinstance(channel, discord.TextChannel)
    await greeter.until(lambda: seen.get_member(mali.id) is not None)
    member = seen.get_member(mali.id)
    assert member is not None
    return seen, channel, member
