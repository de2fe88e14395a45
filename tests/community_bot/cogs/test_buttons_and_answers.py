"""Buttons that last, and answers of every size and speed."""

from __future__ import annotations

import asyncio

import discord
import pytest

from community_bot.locales import Markup
from community_bot.platforms.discord_cards import Part, custom_id, parts_of, pressed
from community_bot.platforms.port import Attachment, Button, Card
from sandbox.discord import Fault, SimChannel, SimGuild, SimMember, SimulatedDiscord
from tests.community_bot.cogs.conftest import Run, Running
from tests.community_bot.cogs.garden import Garden

pytestmark = pytest.mark.network


async def post(running: Running, channel: SimChannel, *buttons: Button) -> int:
    """Put a message with buttons where everybody sees it."""
    view = Part("", buttons).view()
    assert view is not None
    return (await running.bot.get_partial_messageable(channel.id).send("A bed.", view=view)).id


WATER = Button("Water", "garden.water", "the beans")


async def test_two_people_who_press_the_same_button_each_get_their_own_reply(
    running: Running, lobby: SimChannel, guild: SimGuild, mali: SimMember
) -> None:
    tono = guild.add_member("tono", display="Toño", locale="es-419")
    posted = await post(running, lobby, WATER)
    answers = await asyncio.gather(
        mali.click(lobby, posted, label="Water"), tono.click(lobby, posted, label="Water")
    )
    assert [answer.content for answer in answers] == ["Mali รดน้ำ the beans", "Toño regó the beans."]
    assert all(answer.ephemeral for answer in answers)
    assert [message.content for message in lobby.messages()] == ["A bed."]


async def test_a_button_works_after_the_bot_has_started_anew(run: Run, lobby: SimChannel, mali: SimMember) -> None:
    async with run() as first:
        posted = await post(first, lobby, WATER)
        private = await mali.slash(lobby, "garden tell")
        await private.wait_for(lambda now: len(now.more) == 2)
    async with run():
        assert (await mali.click(lobby, posted, label="Water")).content == "Mali รดน้ำ the beans"
        last = private.more[-1]
        assert (await mali.click(lobby, last.id, label="Water")).content == "Mali รดน้ำ all"


async def test_a_button_that_nobody_answers_any_more_says_so(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    posted = await post(running, lobby, Button("Dig", "garden.dig"))
    assert (await mali.click(lobby, posted, label="Dig")).content == "ปุ่มเก่า"


async def test_discord_py_remembers_no_message_for_its_buttons(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    """Checks the seam: a view that is finished before it is sent is not kept."""
    await post(running, lobby, WATER)
    await mali.slash(lobby, "garden tell")
    await mali.slash(lobby, "start")
    # by the time this is answered, what was opened before is behind us
    await mali.slash(lobby, "garden plant", seed="bean")
    assert running.bot.persistent_views == []
    store = running.bot._connection._view_store
    assert (dict(store._views), dict(store._modals), dict(store._synced_message_views)) == ({}, {}, {})


async def test_what_replaces_a_private_message_stands_in_its_place(
    running: Running, garden: Garden, lobby: SimChannel, mali: SimMember
) -> None:
    garden.may_go_on.set()
    answer = await mali.slash(lobby, "garden slow")
    pressed = await answer.click(label="Turn")
    assert (answer.content, answer.buttons) == ("Turned.", ())
    assert pressed.message_id == answer.message_id


async def test_what_would_replace_a_message_that_others_see_is_shown_beside_it(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    posted = await post(running, lobby, Button("Turn", "garden.turn"))
    answer = await mali.click(lobby, posted, label="Turn")
    assert (answer.content, answer.ephemeral) == ("Turned.", True)
    assert [message.content for message in lobby.messages()] == ["A bed."]


async def test_what_replaces_slowly_stands_in_its_place_too(
    running: Running, garden: Garden, mali: SimMember
) -> None:
    private = mali.private_channel()
    await running.port.tell(
        str(mali.id), Card(Markup("A bed."), (Button("Turn", "garden.turn_slowly"),)), key="bed"
    )
    [posted] = private.messages()
    answer = await mali.click(private, posted.id, label="Turn")
    assert (answer.acknowledged, private.messages()[0].content) == (True, "A bed.")
    garden.may_go_on.set()
    await private.wait_for(lambda messages: [message.content for message in messages] == ["Turned."])


async def test_a_slow_answer_is_announced_in_time_and_comes_later(
    running: Running, garden: Garden, lobby: SimChannel, mali: SimMember
) -> None:
    answer = await mali.slash(lobby, "garden slow")
    assert (answer.acknowledged, answer.thinking, answer.ephemeral) == (True, True, True)
    garden.may_go_on.set()
    await answer.wait_for(lambda now: now.content == "At last.")
    assert [button.label for button in answer.buttons] == ["Turn"]
    assert answer.ephemeral


@pytest.mark.parametrize("slowly", ["yes", "no"])
async def test_what_is_public_is_seen_by_all(
    running: Running, garden: Garden, lobby: SimChannel, mali: SimMember, slowly: str
) -> None:
    asked = asyncio.create_task(mali.slash(lobby, "garden shout", slowly=slowly))
    if slowly == "yes":
        await asked
        garden.may_go_on.set()
    [message] = await lobby.wait_for(lambda messages: any("Come!" in each.content for each in messages))
    await asked
    assert not message.ephemeral
    await lobby.wait_for(lambda messages: len(messages) == 1, viewer=mali)


async def test_what_is_public_pings_nobody(
    sim: SimulatedDiscord, running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    await mali.slash(lobby, "garden shout", slowly="no")
    [said] = [request.json["data"] for request in sim.requests if "Come!" in str(request.json)]
    assert said["content"].startswith("@everyone")
    assert said["allowed_mentions"] == {"parse": []}


async def test_a_long_reply_comes_in_several_messages_with_its_buttons_below(
    running: Running, lobby: SimChannel, mali: SimMember
) -> None:
    answer = await mali.slash(lobby, "garden tell")
    await answer.wait_for(lambda now: len(now.more) == 2)
    assert all(len(text) <= 2000 for text in (answer.content, *answer.followups))
    assert all(text.startswith("**") for text in (answer.content, *answer.followups)), "cut between paragraphs"
    assert (answer.buttons, [button.label for button in answer.more[-1].buttons]) == ((), ["Water"])
    assert all(message.ephemeral for message in answer.more)


async def test_a_file_is_handed_over_in_private(running: Running, lobby: SimChannel, mali: SimMember) -> None:
    answer = await mali.slash(lobby, "garden file")
    assert (answer.content, answer.ephemeral) == ("Here.", True)
    assert [file.name for file in answer.files] == ["seeds.txt"]
    assert (await mali.download(answer.files[0])).decode() == "ถั่ว"


async def test_an_answer_that_discord_does_not_take_leaves_the_bot_well(
    sim: SimulatedDiscord, run: Run, lobby: SimChannel, mali: SimMember
) -> None:
    async with run():
        sim.faults.add(Fault.status("POST", r"/interactions/.*/callback", 404, times=1))
        assert not (await mali.slash(lobby, "garden plant", seed="bean")).acknowledged
        assert (await mali.slash(lobby, "garden plant", seed="bean")).content == "ปลูก bean แล้ว"


def test_a_button_is_known_by_its_id() -> None:
    assert pressed(custom_id(Button("Open", "form.open", "naming gate"))) == ("form.open", "naming gate")
    assert pressed(custom_id(Button("Stop", "stop"))) == ("stop", "")
    assert pressed("somebody-elses") is None


def test_a_card_that_shows_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shows nothing"):
        parts_of(Card(Markup("")))
    [part] = parts_of(Card(Markup(""), files=(Attachment("a.txt", b"", "text/plain"),)))
    assert isinstance(part.uploads()[0], discord.File)
