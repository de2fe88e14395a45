"""Threads and forums of the simulated Discord, and what happens to whole channels and guilds."""

from __future__ import annotations

import discord
import pytest

from sandbox.discord import BackendError, SimChannel, SimFile, SimGuild, SimMember, SimulatedDiscord
from tests.sandbox.discord.listener import Listener
from tests.sandbox.discord.support import Rest

pytestmark = pytest.mark.network


async def test_a_thread_begins_from_a_message_once(
    lobby: SimChannel, mali: SimMember, listener: Listener, rest: Rest
) -> None:
    said = await mali.say(lobby, "about compost")
    thread = await mali.start_thread(lobby, "compost", message_id=said)
    inside = await mali.say(thread, "turn it weekly")

    heard = await listener.hears("THREAD_CREATE", id=str(said))
    assert (heard["name"], heard["parent_id"], heard["newly_created"]) == ("compost", str(lobby.id), True)
    shown = await listener.hears("MESSAGE_UPDATE", id=str(said))
    assert shown["flags"] & 32
    assert shown["thread"]["id"] == str(said)
    first = await listener.hears("MESSAGE_CREATE", type=21)
    assert first["message_reference"]["message_id"] == str(said)
    assert (await listener.hears("MESSAGE_CREATE", id=str(inside)))["channel_id"] == str(thread.id)
    assert lobby.message(said).thread_id == thread.id == said
    assert thread.message(inside).in_thread == thread.id
    assert thread.kind == "thread"
    assert [each.content for each in lobby.messages()] == ["about compost"]
    with pytest.raises(BackendError) as again:
        await mali.start_thread(lobby, "again", message_id=said)
    assert again.value.code == 160004
    answer = await rest.ask("POST", f"/channels/{lobby.id}/messages/{said}/threads", {"name": "again"})
    assert (answer.status, answer.body["code"]) == (400, 160004)


async def test_a_thread_from_nothing_is_told_in_the_channel(
    lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    thread = await mali.start_thread(lobby, "seeds")
    await listener.hears("MESSAGE_CREATE", type=18)
    assert lobby.messages()[-1].is_system
    assert [each.id for each in lobby.threads()] == [thread.id]


async def test_the_bot_hears_nothing_of_threads_where_it_may_not_look(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    hidden = guild.add_text_channel("hidden")
    hidden.set_bot_permissions(view_channel=False)
    await mali.start_thread(hidden, "secret")
    await mali.start_thread(lobby, "open")
    await listener.hears("THREAD_CREATE", name="open")
    assert [each["name"] for each in listener.payloads("THREAD_CREATE")] == ["open"]


async def test_writing_opens_an_archived_thread_and_editing_does_not(
    lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    thread = await mali.start_thread(lobby, "seeds")
    said = await mali.say(thread, "beans")
    thread.archive()
    assert (await listener.hears("THREAD_UPDATE", id=str(thread.id)))["thread_metadata"]["archived"] is True
    for forbidden in (mali.edit(thread, said, "peas"), mali.react(thread, said, "🌱")):
        with pytest.raises(BackendError) as refused:
            await forbidden
        assert refused.value.code == 50083
    await mali.say(thread, "peas")
    assert not thread.archived
    await listener.until(lambda: len(listener.payloads("THREAD_UPDATE")) == 2)
    assert listener.latest("THREAD_UPDATE")["thread_metadata"]["archived"] is False


async def test_a_locked_thread_is_opened_only_by_those_who_manage_threads(
    guild: SimGuild, lobby: SimChannel, mali: SimMember
) -> None:
    thread = await mali.start_thread(lobby, "over")
    thread.archive(locked=True)
    with pytest.raises(BackendError) as refused:
        await mali.say(thread, "one more thing")
    assert refused.value.code == 160005
    await guild.owner.say(thread, "all right")
    thread.unarchive()
    assert not thread.archived


async def test_a_post_in_a_forum_and_its_first_message_have_one_id(
    guild: SimGuild, mali: SimMember, listener: Listener
) -> None:
    forum = guild.add_forum("questions", tags=("soil", "water"))
    files = [SimFile("leaf.txt", b"yellow", description="A yellow leaf")]
    post = await mali.post(forum, "Yellow leaves?", "since Monday", files=files, tags=["soil"])

    heard = await listener.hears("THREAD_CREATE", id=str(post.id))
    assert (heard["name"], len(heard["applied_tags"])) == ("Yellow leaves?", 1)
    assert (await listener.hears("MESSAGE_CREATE", id=str(post.id)))["channel_id"] == str(post.id)
    [first] = post.messages()
    assert (first.id, first.content, first.in_thread, first.thread_id) == (post.id, "since Monday", post.id, None)
    assert first.files[0].description == "A yellow leaf"
    assert [each.name for each in forum.threads()] == ["Yellow leaves?"]
    with pytest.raises(BackendError):
        await mali.say(forum, "not in a post")


async def test_the_bot_posts_in_a_forum_too(guild: SimGuild, listener: Listener) -> None:
    forum = guild.add_forum("answers")
    await listener.hears("CHANNEL_CREATE", id=str(forum.id))
    channel = listener.get_channel(forum.id)
    assert isinstance(channel, discord.ForumChannel)
    made = await channel.create_thread(name="Water less", content="and wait")
    assert made.thread.id == made.message.id
    assert forum.threads()[0].messages()[0].content == "and wait"


async def test_a_channel_is_renamed_given_a_topic_and_deleted_with_its_threads(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    doomed = guild.add_text_channel("old-shed")
    thread = await mali.start_thread(doomed, "tools")
    doomed.rename("new-shed")
    doomed.edit(topic="Tools only")
    await listener.hears("CHANNEL_UPDATE", name="new-shed", topic=None)
    await listener.hears("CHANNEL_UPDATE", name="new-shed", topic="Tools only")
    assert doomed.current_name == "new-shed"
    doomed.delete()
    await listener.hears("CHANNEL_DELETE", id=str(doomed.id))
    with pytest.raises(BackendError) as gone:
        await mali.say(thread, "anyone?")
    assert gone.value.code == 10003


async def test_a_guild_behind_an_outage_is_not_a_guild_that_was_left(
    sim: SimulatedDiscord, guild: SimGuild, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    guild.become_unavailable()
    assert (await listener.hears("GUILD_DELETE"))["unavailable"] is True
    with pytest.raises(discord.DiscordServerError):
        await listener.get_partial_messageable(lobby.id).send("hello?")
    await mali.say(lobby, "nobody hears this")
    await sim.drop_gateway(resumable=False)
    await listener.until(lambda: listener.readies == 2)
    guild.become_available()
    assert (await listener.hears("GUILD_CREATE", unavailable=False))["id"] == str(guild.id)
    after = await mali.say(lobby, "back again")
    await listener.hears("MESSAGE_CREATE", id=str(after))
    assert listener.texts() == ["back again"]
    assert listener.texts("guild gone") == listener.texts("guild come") == []
