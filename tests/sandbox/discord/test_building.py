"""A guild is built by the bot within Discord's limits, and changed by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.discord import SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.support import Rest, Watcher


async def make(rest: Rest, guild: SimGuild, **body: Any) -> Any:
    return await rest.ask("POST", f"/guilds/{guild.id}/channels", {"name": "room", **body})


async def refusal(rest: Rest, guild: SimGuild, **body: Any) -> tuple[int, int, set[str]]:
    answer = await make(rest, guild, **body)
    return answer.status, answer.body["code"], set(answer.body.get("errors", {}))


async def test_a_channel_is_made_with_everything_in_one_request(rest: Rest, guild: SimGuild) -> None:
    overwrite = {"id": str(guild.id), "type": 0, "allow": "0", "deny": "1024"}
    parent = (await make(rest, guild, type=4, name="Circle")).body["id"]
    answer = await make(
        rest,
        guild,
        type=15,
        name="What's  NEW?",
        topic="Ask",
        rate_limit_per_user=30,
        parent_id=parent,
        permission_overwrites=[overwrite],
        available_tags=[{"name": "first"}],
    )
    assert answer.status == 201
    channel = guild.channel(int(answer.body["id"]))
    assert (channel.name, channel.kind, channel.topic, channel.slow_seconds) == ("whats-new", "forum", "Ask", 30)
    assert (channel.tags, str(channel.category_id)) == (["first"], parent)
    [said] = channel.overwrites()
    assert (said.target_id, said.of, said.permissions) == (guild.id, "role", {"view_channel": False})
    assert [each.name for each in guild.in_category(guild.categories()[0])] == ["whats-new"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "!!!"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"topic": "x" * 1025}, "topic"),
        ({"type": 15, "topic": "x" * 4097}, "topic"),
        ({"rate_limit_per_user": 21601}, "rate_limit_per_user"),
        ({"parent_id": "1"}, "parent_id"),
        ({"type": 15, "available_tags": [{"name": "x" * 21}]}, "available_tags"),
        ({"permission_overwrites": [{"id": str(n), "type": 1} for n in range(101)]}, "permission_overwrites"),
    ],
)
async def test_what_discord_refuses_is_refused_by_its_field(
    rest: Rest, guild: SimGuild, body: dict[str, Any], field: str
) -> None:
    assert await refusal(rest, guild, **body) == (400, 50035, {field})
    assert guild.channels() == []


async def test_a_guild_a_category_and_the_roles_are_full_at_discords_numbers(rest: Rest, guild: SimGuild) -> None:
    for number in range(50):
        guild.add_text_channel(f"c-{number}", category="Full")
    parent = str(guild.categories()[0].id)
    assert await refusal(rest, guild, parent_id=parent) == (400, 50035, {"parent_id"})
    for number in range(449):
        guild.add_text_channel(f"d-{number}")
    assert await refusal(rest, guild) == (400, 30013, set())
    for number in range(250 - len(guild.roles())):
        guild.add_role(f"r-{number}")
    answer = await rest.ask("POST", f"/guilds/{guild.id}/roles", {"name": "one more"})
    assert (answer.status, answer.body["code"]) == (400, 30005)


@pytest.mark.parametrize("denied", ["0", "2251799813685248"])
async def test_the_bot_gives_nobody_what_it_may_not_do_itself(rest: Rest, guild: SimGuild, denied: str) -> None:
    guild.set_bot_permissions(pin_messages=False)
    pins = {"id": str(guild.id), "type": 0, "allow": "2251799813685248" if denied == "0" else "0", "deny": denied}
    assert await refusal(rest, guild, permission_overwrites=[pins]) == (403, 50013, set())


async def test_only_an_administrator_gives_manage_roles_in_a_channel(rest: Rest, guild: SimGuild) -> None:
    roles = {"id": str(guild.id), "type": 0, "allow": str(1 << 28), "deny": "0"}
    assert await refusal(rest, guild, permission_overwrites=[roles]) == (403, 50013, set())
    guild.set_bot_permissions(administrator=True)
    assert (await make(rest, guild, permission_overwrites=[roles])).status == 201


async def test_an_edit_is_checked_like_a_beginning(rest: Rest, guild: SimGuild, lobby: SimChannel) -> None:
    edited = await rest.ask("PATCH", f"/channels/{lobby.id}", {"name": "The NEW lobby", "topic": None})
    assert (edited.status, guild.channel(lobby.id).name) == (200, "the-new-lobby")
    assert lobby.messages() == []
    for body, field in (({"name": ""}, "name"), ({"topic": "x" * 1025}, "topic"), ({"type": 15}, "type")):
        refused = await rest.ask("PATCH", f"/channels/{lobby.id}", body)
        assert (refused.status, set(refused.body["errors"])) == (400, {field})


async def test_a_channel_becomes_an_announcement_channel_and_back(rest: Rest, lobby: SimChannel) -> None:
    for number, kind in ((5, "announcement"), (0, "text")):
        assert (await rest.ask("PATCH", f"/channels/{lobby.id}", {"type": number})).status == 200
        assert lobby.kind == kind


async def test_a_tag_keeps_its_id(rest: Rest, guild: SimGuild) -> None:
    forum = guild.add_forum("questions")
    path = f"/channels/{forum.id}"
    [first] = (await rest.ask("PATCH", path, {"available_tags": [{"name": "first"}]})).body["available_tags"]
    kept = (await rest.ask("PATCH", path, {"available_tags": [{"name": "second"}, first]})).body["available_tags"]
    assert kept[1] == first
    assert len({tag["id"] for tag in kept}) == 2


async def test_what_is_not_said_of_somebody_cannot_be_taken_back(
    rest: Rest, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    guild.set_overwrite(lobby, mali, view_channel=True)
    path = f"/channels/{lobby.id}/permissions/{mali.id}"
    assert (await rest.ask("DELETE", path)).status == 204
    answer = await rest.ask("DELETE", path)
    assert (answer.status, answer.body["code"]) == (404, 10009)


async def test_what_stood_in_a_deleted_category_stands_in_none(
    rest: Rest, guild: SimGuild, lobby: SimChannel
) -> None:
    guild.delete_channel(guild.categories()[0])
    assert lobby.category_id is None
    assert (await rest.ask("GET", f"/channels/{lobby.id}")).body["parent_id"] is None


async def test_a_deleted_role_is_gone_from_people_and_channels(
    guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    role = guild.add_role("helpers")
    guild.give_role(mali, role)
    guild.set_overwrite(lobby, role, manage_messages=True)
    assert lobby.lets(mali, "manage_messages")
    guild.delete_role(role)
    assert (guild.roles_of(mali), lobby.overwrites()) == ([], [])


async def test_what_is_decided_for_somebody_is_added_to_and_taken_back(
    guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    guild.set_overwrite(lobby, mali, attach_files=False)
    guild.set_overwrite(lobby, mali, send_messages=False)
    [said] = lobby.overwrites()
    assert (said.of, said.permissions) == ("person", {"attach_files": False, "send_messages": False})
    guild.set_overwrite(lobby, mali, attach_files=None, send_messages=None)
    assert lobby.overwrites() == []


async def test_roles_are_listed_from_the_top(guild: SimGuild) -> None:
    helpers = guild.add_role("helpers", kick_members=True)
    assert [role.name for role in guild.roles()] == ["Community Bot", "helpers", "@everyone"]
    assert guild.roles()[1].permissions == {"kick_members"}
    guild.move_role(helpers, 9)
    guild.rename_role(helpers, "elders")
    guild.set_role_permissions(helpers, kick_members=False)
    first = guild.roles()[0]
    assert (first.name, first.permissions) == ("elders", frozenset())


async def test_the_bot_hears_what_administrators_do_and_who_waits_is_woken(
    sim: SimulatedDiscord, bot: Watcher, guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    heard = asyncio.create_task(bot.wait_for("guild_channel_delete", timeout=5))
    waiting = asyncio.create_task(sim.until(lambda: guild.channel(lobby.id).name == "hall"))
    await asyncio.sleep(0)
    guild.rename_channel(lobby, "hall")
    await waiting
    acts: tuple[Callable[[], None], ...] = (
        lambda: guild.move_channel(lobby, None),
        lambda: lobby.edit(topic="Come in", slow_seconds=5),
        lambda: guild.set_overwrite(lobby, mali, view_channel=True),
        lambda: guild.delete_channel(lobby),
    )
    for act in acts:
        before = sim.changes.count
        act()
        assert sim.changes.count > before
    assert (await heard).id == lobby.id
    assert lobby.id not in [channel.id for channel in guild.channels()]


async def test_a_pin_is_taken_out_and_put_back(guild: SimGuild, lobby: SimChannel, mali: SimMember) -> None:
    said = await mali.say(lobby, "Remember this")
    lobby.pin(said)
    assert [message.content for message in lobby.messages() if message.pinned] == ["Remember this"]
    lobby.pin(said, pinned=False)
    assert not any(message.pinned for message in lobby.messages())


async def test_why_the_bot_did_something_is_in_the_audit_log(bot: Watcher, guild: SimGuild) -> None:
    server = await bot.fetch_guild(guild.id)
    await server.create_text_channel("plaza", reason="The plan")
    assert guild.reasons() == ["The plan"]
