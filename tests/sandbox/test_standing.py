"""What stands on a simulated server, as values: what a hand changes is found, what nobody changed is not."""

from __future__ import annotations

from sandbox.discord import SimGuild, SimulatedDiscord
from sandbox.standing import differences, of_guild


def server(discord: SimulatedDiscord) -> SimGuild:
    guild = discord.add_guild("River House")
    guild.add_text_channel("plaza", category="Radio", topic="Say hello")
    return guild


async def test_what_nobody_touched_is_the_same() -> None:
    async with SimulatedDiscord() as discord:
        guild = server(discord)
        assert differences(of_guild(guild), of_guild(guild)) == []


async def test_each_change_by_hand_is_one_difference() -> None:
    async with SimulatedDiscord() as discord:
        guild = server(discord)
        plaza = next(each for each in guild.channels() if each.name == "plaza")
        before = of_guild(guild)
        guild.rename_channel(plaza, "chit-chat")
        plaza.edit(topic="Say anything")
        plaza.set_role_permissions(guild.id, view_channel=False)
        guild.rename_role(guild.bot_role_id, "Bot")
        found = differences(before, of_guild(guild))
        assert len(found) == 4
        assert any("plaza" in each and "chit-chat" in each for each in found)


async def test_a_message_counts_once_it_is_pinned() -> None:
    async with SimulatedDiscord() as discord:
        guild = server(discord)
        plaza = next(each for each in guild.channels() if each.name == "plaza")
        before = of_guild(guild)
        said = await guild.add_member("ada").say(plaza, "We listen")
        assert differences(before, of_guild(guild)) == []
        plaza.pin(said)
        assert len(differences(before, of_guild(guild))) == 1


async def test_a_role_that_came_and_went_leaves_nothing_behind() -> None:
    async with SimulatedDiscord() as discord:
        guild = server(discord)
        before = of_guild(guild)
        guild.delete_role(guild.add_role("visitors"))
        assert differences(before, of_guild(guild)) == []
