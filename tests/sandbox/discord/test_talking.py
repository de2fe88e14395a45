"""An unmodified discord.py client lives in the simulated Discord."""

import asyncio

import discord
import pytest

from sandbox.discord import BackendError, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.support import Watcher

pytestmark = pytest.mark.network


async def test_the_bot_logs_in_and_knows_its_guild_and_everyone_in_it(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    seen = bot.get_guild(guild.id)
    assert seen is not None
    assert seen.name == "Riverside Commons"
    assert {member.id for member in seen.members} == set(guild.member_ids())
    channel = seen.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    assert channel.category is not None
    assert channel.category.name == "Common rooms"
    assert seen.self_role is not None
    assert bot.application_id == sim.application_id
    assert bot.application_flags.gateway_message_content_limited
    assert bot.application_flags.gateway_guild_members_limited


async def test_what_people_write_edit_delete_and_react_to_reaches_the_bot(
    lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    message = await mali.say(lobby, "สวัสดี everyone")
    await bot.until(lambda: bot.texts() == ["สวัสดี everyone"])
    await mali.edit(lobby, message, "สวัสดีทุกคน")
    await mali.react(lobby, message, "🌱")
    await mali.delete(lobby, message)
    await bot.until(lambda: bot.texts("delete") == [str(message)])
    assert bot.texts("edit") == ["สวัสดีทุกคน"]
    assert bot.texts("reaction") == ["🌱"]
    assert lobby.messages() == []


async def test_a_webhook_speaks_edits_and_takes_back_under_a_name_of_its_own(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, bot: Watcher
) -> None:
    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    webhook = await channel.create_webhook(name="bridge", avatar=b"\x89PNG\r\n\x1a\n" + b"\0" * 16)
    sent = await webhook.send("hello", username="Ana on Matrix", avatar_url="https://example.org/a.png", wait=True)
    [seen] = lobby.messages()
    assert (seen.author_name, seen.content, seen.webhook_id) == ("Ana on Matrix", "hello", webhook.id)
    assert sent.application_id == sim.application_id
    assert sent.author.id == webhook.id
    await sent.edit(content="hello again")
    assert lobby.messages()[0].content == "hello again"
    assert lobby.messages()[0].edited_at is not None
    await sent.delete()
    assert lobby.messages() == []
    [found] = await channel.webhooks()
    assert found.token == webhook.token
    assert await found.avatar.read() if found.avatar else b""
    await bot.until(lambda: len(bot.texts("delete")) == 1)


async def test_a_file_travels_both_ways(lobby: SimChannel, mali: SimMember, bot: Watcher) -> None:
    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    await mali.say(lobby, "the plan", files=(("plan.txt", b"sow in May"),))
    await bot.until(lambda: bot.texts() == ["the plan"])
    [message] = [item async for item in channel.history()]
    assert await message.attachments[0].read() == b"sow in May"
    sent = await channel.send(
        "the answer", file=discord.File(__file__, "answer.py", description="how it is tested")
    )
    assert lobby.messages()[-1].attachments == ("answer.py",)
    assert sent.attachments[0].description == "how it is tested"
    with open(__file__, "rb") as original:  # noqa: ASYNC230
        assert await sent.attachments[0].read() == original.read()


async def test_a_command_is_registered_run_and_answered_in_the_persons_language(
    lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await bot.tree.sync()
    answer = await mali.slash(lobby, "ping", text="hello")
    assert answer.acknowledged
    assert answer.ephemeral
    assert answer.content == "pong hello th"
    assert lobby.messages() == []
    assert [message.content for message in lobby.messages(mali)] == ["pong hello th"]


async def test_an_answer_may_come_later_and_be_followed_by_another(
    lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await bot.tree.sync()
    answer = await mali.slash(lobby, "later")
    await answer.wait_for(lambda now: now.content == "thought about it" and now.followups == ["and more"])


async def test_a_form_is_opened_filled_in_and_answered(lobby: SimChannel, mali: SimMember, bot: Watcher) -> None:
    await bot.tree.sync()
    form = await mali.slash(lobby, "form")
    assert form.modal is not None
    answer = await mali.submit(form, {"said": "good morning"})
    assert answer.content == "you said good morning"


async def test_a_button_is_pressed_and_its_view_answers(lobby: SimChannel, mali: SimMember, bot: Watcher) -> None:
    class Door(discord.ui.View):
        @discord.ui.button(label="Come in", custom_id="door:in")
        async def come_in(
            self, interaction: discord.Interaction, button: discord.ui.Button[discord.ui.View]
        ) -> None:
            await interaction.response.edit_message(content="welcome", view=None)

    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    sent = await channel.send("knock", view=Door())
    answer = await mali.click(lobby, sent.id, label="Come in")
    assert answer.acknowledged
    assert lobby.messages()[0].content == "welcome"


async def test_a_command_the_bot_never_answers_is_seen_as_that(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    await bot.tree.sync()
    await bot.close()
    await sim.wait_connected(0)
    started = asyncio.get_running_loop().time()
    answer = await mali.slash(lobby, "ping", text="anyone?")
    assert not answer.acknowledged
    assert asyncio.get_running_loop().time() - started >= 3.0  # as long as Discord waits


async def test_the_bot_writes_privately_to_those_who_allow_it(mali: SimMember, bot: Watcher) -> None:
    person = await bot.fetch_user(mali.id)
    await person.send("between us")
    conversation = mali.private_channel()
    assert [message.content for message in conversation.messages()] == ["between us"]
    await mali.say(conversation, "yes?")
    await bot.until(lambda: "yes?" in bot.texts())
    mali.accept_private_messages(False)
    with pytest.raises(discord.Forbidden) as refused:
        await person.send("hello?")
    assert refused.value.code == 50007


async def test_the_bot_learns_who_joins_and_is_told_when_it_is_removed_and_invited_again(
    guild: SimGuild, lobby: SimChannel, bot: Watcher
) -> None:
    guild.add_member("jo")
    await bot.until(lambda: bot.texts("join") == ["jo"])
    guild.remove_bot()
    await bot.until(lambda: bot.texts("guild gone") == ["Riverside Commons"])
    with pytest.raises(discord.Forbidden):
        await bot.get_partial_messageable(lobby.id).send("still here?")
    guild.invite_bot()
    await bot.until(lambda: bot.texts("guild come") == ["Riverside Commons"])


async def test_permissions_taken_from_the_bot_are_missed_by_it(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    guild.set_bot_permissions(manage_webhooks=False)
    with pytest.raises(discord.Forbidden):
        await channel.create_webhook(name="bridge")
    lobby.set_bot_permissions(view_channel=False)
    await mali.say(lobby, "among ourselves")
    lobby.set_bot_permissions(view_channel=None)
    await mali.say(lobby, "all together")
    await bot.until(lambda: "all together" in bot.texts())
    assert bot.texts() == ["all together"]


async def test_a_webhook_speaks_in_a_thread_of_its_channel(
    lobby: SimChannel, guild: SimGuild, bot: Watcher
) -> None:
    channel = bot.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    webhook = await channel.create_webhook(name="bridge")
    thread = await channel.create_thread(name="seeds", type=discord.ChannelType.public_thread)
    sent = await webhook.send("in here", thread=thread, wait=True)
    await webhook.edit_message(sent.id, content="in this thread", thread=thread)
    assert [message.content for message in guild.channel(thread.id).messages()] == ["in this thread"]


async def test_a_moderator_is_made_by_a_role_and_the_owner_needs_none(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, bot: Watcher
) -> None:
    said = await mali.say(lobby, "too loud")
    jo = guild.add_member("jo")
    with pytest.raises(BackendError) as refused:
        await jo.delete(lobby, said)
    assert refused.value.code == 50013
    guild.give_role(jo, guild.add_role("moderator", manage_messages=True))
    assert guild.roles_of(jo) == ["moderator"]
    await jo.delete(lobby, said)
    await guild.owner.delete(lobby, await mali.say(lobby, "louder still"))
    assert lobby.messages() == []
    await bot.until(lambda: len(bot.texts("delete")) == 2)
