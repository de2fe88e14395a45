"""What the simulated Discord hears and answers agrees with Discord's own description of its API."""

import datetime
import time

import discord
import pytest

from sandbox.discord import RateLimits, RequestRecord, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract
from tests.sandbox.discord.support import Rest, Watcher

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not DOCUMENT.exists(), reason="Discord's OpenAPI document is not beside the repository"),
]


async def test_a_day_in_a_guild_agrees_with_discords_description(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await bot.tree.sync()
    seen = bot.get_guild(guild.id)
    assert seen is not None
    channel = seen.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    await _talk(channel, lobby, mali)
    await _run_commands(lobby, mali)
    await _arrange(seen, mali)
    await bot.application_info()
    [own] = [partial async for partial in bot.fetch_guilds()]
    assert own.id == guild.id
    assert (await bot.fetch_guild(guild.id)).name == guild.name
    with pytest.raises(discord.NotFound):
        await channel.fetch_message(1)
    assert sim.unsupported == []
    _agree(sim)


async def _talk(channel: discord.TextChannel, lobby: SimChannel, mali: SimMember) -> None:
    said = await mali.say(lobby, "สวัสดี")
    webhook = await channel.create_webhook(name="bridge")
    mentions = discord.AllowedMentions.none()
    sent = await webhook.send("hello", username="Ana", wait=True, allowed_mentions=mentions)
    await sent.edit(content="hello again")
    await webhook.fetch_message(sent.id)
    await sent.delete()
    await webhook.edit(name="bridge 2")
    await channel.webhooks()
    await webhook.delete()
    message = await channel.send("first", embed=discord.Embed(title="Plan", description="Sow"), nonce="7")
    await message.edit(content="first of all")
    await message.add_reaction("🌱")
    await message.pin()
    await channel.fetch_message(said)
    reply = await message.reply("and then", file=discord.File(__file__, "plan.py"))
    await reply.delete()
    assert [item async for item in channel.history(limit=5)]
    assert [item async for item in channel.history(limit=5, after=discord.Object(said))]
    await channel.typing()
    thread = await message.create_thread(name="seeds")
    await thread.send("in here")
    await channel.guild.active_threads()


async def _run_commands(lobby: SimChannel, mali: SimMember) -> None:
    await mali.slash(lobby, "ping", text="hello")
    later = await mali.slash(lobby, "later")
    await later.wait_for(lambda now: now.followups == ["and more"])
    form = await mali.slash(lobby, "form")
    await mali.submit(form, {"said": "yes"})


async def _arrange(seen: discord.Guild, mali: SimMember) -> None:
    category = await seen.create_category("Gardens")
    place = await category.create_text_channel("roses", topic="All about roses")
    role = await seen.create_role(name="gardener", permissions=discord.Permissions(send_messages=True))
    member = await seen.fetch_member(mali.id)
    await member.add_roles(role, reason="likes roses")
    await place.set_permissions(role, send_messages=True)
    await place.set_permissions(seen.me, view_channel=True)
    await place.set_permissions(seen.default_role, view_channel=False)
    await place.edit(topic="Roses only", slowmode_delay=5)
    await member.edit(nick="Rose")
    await member.timeout(datetime.timedelta(minutes=1))
    await member.remove_roles(role)
    await seen.fetch_roles()
    await seen.fetch_channels()
    await member.send("between us")
    await place.delete()
    await role.delete()
    await member.kick(reason="for the record")
    await seen.ban(discord.Object(mali.id))
    await seen.unban(discord.Object(mali.id))


async def test_a_429_agrees() -> None:
    async with SimulatedDiscord(limits=RateLimits.discord()) as sim, Rest(sim) as rest:
        execute = await rest.webhook(sim.add_guild("Riverside").add_text_channel("lobby"))
        for number in range(6):
            await rest.ask("POST", execute, {"content": str(number)})
        assert sim.requests[-1].status == 429
        _agree(sim)


async def test_refusals_agree_too(sim: SimulatedDiscord, lobby: SimChannel, rest: Rest) -> None:
    execute = await rest.webhook(lobby)
    for body in ({"content": ""}, {"content": "hi", "username": "clyde"}):
        assert (await rest.ask("POST", execute, body)).status == 400
    assert (await rest.ask("GET", "/channels/1")).status == 404
    assert (await rest.ask("GET", f"/channels/{lobby.id}/messages", params={"limit": "1000"})).status == 400
    answered = [record for record in sim.requests if record.status is not None]
    problems = [problem for record in answered for problem in DiscordContract.load().check(record)]
    # What we asked for was wrong on purpose; how it was answered was not.
    assert [problem for problem in problems if "answer" in problem] == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"json": {"content": "a" * 2001}}, "body"),
        ({"json": {"content": ["hi"]}}, "body"),
        ({"params": {"wait": "perhaps"}}, "wait"),
        ({"params": {"whatever": "1"}}, "unknown query parameter whatever"),
        ({"path": "/webhooks/1/token/extra"}, "no such operation"),
        ({"response": {"id": "not a snowflake"}, "status": 200}, "answer 200"),
        ({"response": None, "status": 302}, "answered 302"),
    ],
)
def test_the_checker_sees_what_is_wrong(change: dict[str, object], complaint: str) -> None:
    good = {
        "method": "POST",
        "path": "/webhooks/1/token",
        "template": "/webhooks/{id}/{token}",
        "params": {},
        "started": time.monotonic(),
        "json": {"content": "hi", "username": "Ana"},
        "status": 204,
    }
    contract = DiscordContract.load()
    assert contract.check(RequestRecord(**good)) == []  # type: ignore[arg-type]
    problems = contract.check(RequestRecord(**{**good, **change}))  # type: ignore[arg-type]
    assert any(complaint in problem for problem in problems), problems


async def test_presses_and_choices_agree(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    class Door(discord.ui.View):
        @discord.ui.button(label="Knock", custom_id="knock")
        async def knock(self, interaction: discord.Interaction, button: object) -> None:
            await interaction.response.send_message("who is there?")

        @discord.ui.select(options=[discord.SelectOption(label="in"), discord.SelectOption(label="out")])
        async def go(self, interaction: discord.Interaction, select: discord.ui.Select[discord.ui.View]) -> None:
            await interaction.response.defer()
            await interaction.edit_original_response(content=f"went {select.values[0]}", view=None)

    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("a door", view=Door())
    await mali.click(lobby, sent.id, label="Knock")
    await mali.choose(lobby, sent.id, ["in"])
    await lobby.wait_for(lambda messages: messages[0].content == "went in")
    _agree(sim)


def _agree(sim: SimulatedDiscord) -> None:
    contract = DiscordContract.load()
    problems = {problem for record in sim.requests for problem in contract.check(record)}
    assert sorted(problems) == []
