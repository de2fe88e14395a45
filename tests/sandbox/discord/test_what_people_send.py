"""All that people can send on the simulated Discord, as the bot hears it and as a reader sees it."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import aiohttp
import discord
import pytest
from PIL import Image

from sandbox.discord import (
    BackendError,
    SetupError,
    SimChannel,
    SimFile,
    SimGuild,
    SimMember,
    SimPoll,
    SimulatedDiscord,
)
from tests.sandbox.discord.listener import Listener

pytestmark = pytest.mark.network


def picture(width: int = 3, height: int = 2) -> bytes:
    stream = BytesIO()
    Image.new("RGB", (width, height), "green").save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def jo(guild: SimGuild) -> SimMember:
    return guild.add_member("jo", display="Jo")


async def test_an_answer_names_what_it_answers_and_notifies_only_where_wished(
    lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    asked = await mali.say(lobby, "who has basil?")
    loud = await jo.say(lobby, "me", reply_to=asked)
    quiet = await jo.say(lobby, "and mint", reply_to=asked, ping_reply=False)

    heard = await listener.hears("MESSAGE_CREATE", id=str(quiet))

    assert heard["referenced_message"]["content"] == "who has basil?"
    assert lobby.message(loud).reply_to == lobby.message(quiet).reply_to == asked
    assert lobby.message(loud).pinged_people == {mali.id}
    assert lobby.message(quiet).pinged_nobody


async def test_a_file_has_its_alternative_text_its_size_and_its_spoiler(
    lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    files = [
        SimFile("beds.png", picture(), description="Three raised beds", spoiler=True),
        SimFile("แผน สวน.txt", "ปลูกผัก".encode()),
    ]
    sent = await mali.say(lobby, "look", files=files)

    heard = (await listener.hears("MESSAGE_CREATE", id=str(sent)))["attachments"]
    seen = lobby.message(sent).files

    assert [item["filename"] for item in heard] == ["SPOILER_beds.png", "แผน สวน.txt"]
    assert (heard[0]["description"], heard[0]["width"], heard[0]["height"]) == ("Three raised beds", 3, 2)
    assert (seen[0].spoiler, seen[0].description, seen[0].width) == (True, "Three raised beds", 3)
    assert lobby.download(seen[1]) == "ปลูกผัก".encode()
    async with aiohttp.ClientSession() as http, http.get(heard[1]["url"]) as answer:
        assert await answer.read() == "ปลูกผัก".encode()


async def test_stickers_are_pictures_or_lottie(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    lottie = json.dumps({"v": "5.5", "w": 320, "h": 320, "layers": []}).encode()
    still = guild.add_sticker("sprout", picture(), description="A sprout")
    moving = guild.add_sticker("rain", lottie, format="lottie")
    sent = await mali.say(lobby, stickers=[still, moving])

    await listener.hears("MESSAGE_CREATE", id=str(sent))
    channel = listener.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    items = (await channel.fetch_message(sent)).stickers

    assert [(item.name, item.format) for item in items] == [
        ("sprout", discord.StickerFormatType.png),
        ("rain", discord.StickerFormatType.lottie),
    ]
    async with aiohttp.ClientSession() as http:
        for item, data in zip(items, (picture(), lottie), strict=True):
            async with http.get(item.url) as answer:
                assert await answer.read() == data
    assert lobby.message(sent).stickers == (still, moving)


async def test_a_poll_is_voted_in_and_its_end_is_told(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    sent = await mali.say(lobby, poll=SimPoll("Which day?", ("Monday", "Friday")))
    await mali.vote(lobby, sent, "Friday")
    await jo.vote(lobby, sent, 1)
    await jo.vote(lobby, sent, "Friday")

    assert (await listener.hears("MESSAGE_CREATE", id=str(sent)))["poll"]["question"]["text"] == "Which day?"
    await listener.hears("MESSAGE_POLL_VOTE_REMOVE", user_id=str(jo.id), answer_id=1)
    poll = lobby.message(sent).poll
    assert poll is not None
    assert (poll.votes, poll.ended) == ({"Monday": 0, "Friday": 2}, False)
    assert poll.answers[1].voters == (mali.id, jo.id)

    sim.advance_clock(25 * 3600)

    result = await listener.hears("MESSAGE_CREATE", type=46)
    told = {item["name"]: item["value"] for item in result["embeds"][0]["fields"]}
    assert told["victor_answer_text"] == "Friday"
    assert told["total_votes"] == "2"
    assert result["message_reference"]["message_id"] == str(sent)
    assert (poll := lobby.message(sent).poll) is not None
    assert poll.ended
    assert lobby.messages()[-1].is_system


async def test_only_its_author_ends_a_poll_early(lobby: SimChannel, mali: SimMember, jo: SimMember) -> None:
    sent = await mali.say(lobby, poll=SimPoll("Tea?", ("yes", "no"), several=True))
    with pytest.raises(BackendError):
        await jo.end_poll(lobby, sent)
    await jo.vote(lobby, sent, "yes", "no")
    await jo.unvote(lobby, sent, "no")
    await mali.end_poll(lobby, sent)
    poll = lobby.message(sent).poll
    assert poll is not None
    assert (poll.votes, poll.ended, poll.several) == ({"yes": 1, "no": 0}, True, True)


async def test_a_voice_message_has_its_length_and_its_waveform(
    lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    sent = await mali.say_voice(lobby, b"OggS", seconds=2.5, waveform=bytes([0, 128, 255]))

    heard = await listener.hears("MESSAGE_CREATE", id=str(sent))

    assert heard["flags"] & 8192
    [sound] = heard["attachments"]
    assert (sound["duration_secs"], sound["waveform"]) == (2.5, base64.b64encode(bytes([0, 128, 255])).decode())
    assert lobby.message(sent).is_voice
    assert lobby.message(sent).files[0].seconds == 2.5


async def test_a_forward_carries_what_was_said_and_not_who_said_it(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    kitchen = guild.add_text_channel("kitchen")
    said = await mali.say(lobby, "soup at noon", files=[("menu.txt", b"soup")])
    copy = await jo.forward(lobby, said, kitchen)

    heard = await listener.hears("MESSAGE_CREATE", id=str(copy))

    assert heard["message_snapshots"][0]["message"]["content"] == "soup at noon"
    assert heard["message_reference"]["type"] == 1
    forwarded = kitchen.message(copy).forwarded
    assert forwarded is not None
    assert (forwarded.content, forwarded.files[0].name) == ("soup at noon", "menu.txt")
    assert (forwarded.channel_id, forwarded.message_id) == (lobby.id, said)
    assert kitchen.message(copy).reply_to is None
    with pytest.raises(SetupError):
        await jo.forward(kitchen, copy, lobby)


async def test_an_edit_can_take_a_file_out(lobby: SimChannel, mali: SimMember, listener: Listener) -> None:
    sent = await mali.say(lobby, "two files", files=[("a.txt", b"a"), ("b.txt", b"b")])
    await mali.edit(lobby, sent, "one file", drop_files=["a.txt"])

    heard = await listener.hears("MESSAGE_UPDATE", content="one file")

    assert [item["filename"] for item in heard["attachments"]] == ["b.txt"]
    assert lobby.message(sent).edited
    assert lobby.message(sent).attachments == ("b.txt",)


async def test_a_moderator_deletes_many_at_once_and_what_was_there_is_remembered(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    ids = [await mali.say(lobby, f"spam {number}") for number in range(3)]
    with pytest.raises(BackendError):
        await jo.bulk_delete(lobby, ids)
    guild.give_role(jo, guild.add_role("moderator", manage_messages=True))
    await jo.bulk_delete(lobby, ids)

    assert (await listener.hears("MESSAGE_DELETE_BULK"))["ids"] == [str(each) for each in ids]
    assert lobby.messages() == []
    assert [(each.content, each.deleted) for each in lobby.deleted()] == [(f"spam {n}", True) for n in range(3)]
    with pytest.raises(LookupError):
        lobby.message(ids[0])


async def test_whoever_is_banned_can_lose_what_they_wrote(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    kitchen = guild.add_text_channel("kitchen")
    kept = await mali.say(lobby, "stays")
    gone = [await jo.say(lobby, "goes"), await jo.say(kitchen, "goes too")]
    guild.ban(jo, delete_messages=True)

    for message, channel in zip(gone, (lobby, kitchen), strict=True):
        heard = await listener.hears("MESSAGE_DELETE_BULK", channel_id=str(channel.id))
        assert heard["ids"] == [str(message)]
    assert [each.id for each in lobby.messages()] == [kept]


async def test_a_guilds_own_emoji_is_reacted_with_written_and_fetched(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    leaf = guild.add_emoji("leaf", picture())
    said = await mali.say(lobby, f"green {leaf.markup}")
    await mali.react(lobby, said, leaf.reaction)
    await jo.react(lobby, said, leaf.reaction)
    await jo.react(lobby, said, "🌱")
    await mali.unreact(lobby, said, leaf.reaction)

    heard = await listener.hears("MESSAGE_REACTION_REMOVE", user_id=str(mali.id))

    assert heard["emoji"]["id"] == str(leaf.id)
    assert lobby.message(said).reactions == {leaf.reaction: 1, "🌱": 1}
    assert lobby.message(said).reactors[leaf.reaction] == (jo.id,)
    seen = listener.get_emoji(leaf.id)
    assert seen is not None
    assert await seen.read() == picture()


async def test_the_bot_reacts_with_what_there_is_only(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    leaf = guild.add_emoji("leaf")
    said = await mali.say(lobby, "react")
    channel = listener.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.fetch_message(said)
    await message.add_reaction(f"<{':'}{leaf.name}:{leaf.id}>")
    for wrong in ("gone:123", "word"):
        with pytest.raises(discord.NotFound) as refused:
            await message.add_reaction(wrong)
        assert refused.value.code == 10014
    await message.remove_reaction(f"{leaf.name}:{leaf.id}", discord.Object(listener.application_id or 0))
    assert lobby.message(said).reactions == {}
    signs = [chr(0x1F330 + number) for number in range(21)]
    for sign in signs[:20]:
        await message.add_reaction(sign)
    with pytest.raises(discord.HTTPException) as full:
        await message.add_reaction(signs[20])
    assert full.value.code == 30010


async def test_a_pin_is_an_update_and_a_notice(lobby: SimChannel, mali: SimMember, listener: Listener) -> None:
    said = await mali.say(lobby, "read this first")
    lobby.pin(said)

    assert (await listener.hears("MESSAGE_UPDATE", id=str(said)))["pinned"] is True
    await listener.hears("CHANNEL_PINS_UPDATE")
    await listener.hears("MESSAGE_CREATE", type=6)
    assert lobby.message(said).pinned
    with pytest.raises(BackendError):
        await mali.unpin(lobby, said)
    lobby.pin(said, pinned=False)
    assert not lobby.message(said).pinned


async def test_people_are_seen_writing(lobby: SimChannel, mali: SimMember, listener: Listener) -> None:
    await mali.type(lobby)
    assert (await listener.hears("TYPING_START"))["user_id"] == str(mali.id)


async def test_whom_a_message_notifies_is_told_apart_from_whom_it_names(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    gardeners = guild.add_role("gardeners")
    [role] = [each for each in guild.roles() if each.id == gardeners]
    everyone = await mali.say(lobby, "@everyone come")
    person = await mali.say(lobby, f"{jo.mention} see {lobby.mention}")
    shut = await mali.say(lobby, f"{role.mention} come")
    code = await mali.say(lobby, f"write `{jo.mention}` or\n```\n{jo.mention}\n```")
    guild.dress_role(gardeners, mentionable=True)
    open_ = await mali.say(lobby, f"{role.mention} come")
    aloud = await guild.owner.say(lobby, "@everyone come")

    await listener.hears("MESSAGE_CREATE", id=str(aloud), mention_everyone=True)

    assert lobby.message(everyone).pinged_nobody
    assert lobby.message(person).pinged_people == {jo.id}
    assert lobby.message(shut).pinged_nobody
    assert lobby.message(code).pinged_nobody
    assert lobby.message(open_).pinged_roles == {gardeners}
    assert lobby.message(aloud).pinged_everyone


@pytest.mark.parametrize("partial", [True, False])
async def test_a_link_that_unfolds_is_an_update_that_nobody_has_made(
    lobby: SimChannel, mali: SimMember, listener: Listener, partial: bool
) -> None:
    said = await mali.say(lobby, "https://example.org/seeds")
    lobby.show_preview(said, title="Seeds", url="https://example.org/seeds", partial=partial)

    heard = await listener.hears("MESSAGE_UPDATE", id=str(said))

    assert heard["embeds"][0]["title"] == "Seeds"
    assert ("content" in heard) is not partial
    assert heard.get("edited_timestamp") is None
    assert not lobby.message(said).edited


async def test_emoji_that_the_bot_makes_have_their_pictures(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    seen = listener.get_guild(guild.id)
    assert seen is not None
    made = [
        await seen.create_custom_emoji(name="leaf", image=picture()),
        await listener.create_application_emoji(name="root", image=picture(5, 5)),
    ]
    assert [await each.read() for each in made] == [picture(), picture(5, 5)]
    said = await mali.say(lobby, "react")
    channel = listener.get_channel(lobby.id)
    assert isinstance(channel, discord.TextChannel)
    for each in made:
        await channel.get_partial_message(said).add_reaction(each)
    assert list(lobby.message(said).reactions) == [f"{each.name}:{each.id}" for each in made]
    with pytest.raises(discord.HTTPException) as refused:
        await seen.create_custom_emoji(name="huge", image=b"\x89PNG\r\n\x1a\n" + bytes(257 * 1024))
    assert refused.value.code == 50035


async def test_an_edit_and_a_reaction_say_who_is_concerned(
    guild: SimGuild, lobby: SimChannel, mali: SimMember, jo: SimMember, listener: Listener
) -> None:
    wave = guild.add_emoji("wave", animated=True)
    said = await mali.say(lobby, "hi")
    await mali.edit(lobby, said, "hello")
    await jo.react(lobby, said, wave.reaction)
    assert (await listener.hears("MESSAGE_UPDATE", id=str(said)))["member"]["roles"] == []
    reaction = await listener.hears("MESSAGE_REACTION_ADD", message_id=str(said))
    assert (reaction["message_author_id"], reaction["emoji"]["animated"]) == (str(mali.id), True)
