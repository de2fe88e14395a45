"""What the network shows and gives on Matrix by itself, and how often."""

from __future__ import annotations

import asyncio

import pytest

from community_bot.locales import Markup
from community_bot.platforms.port import Attachment, Button, Card, ImpossibleError, Shown
from sandbox.matrix import MatrixPerson, SeenEvent
from tests.community_bot.matrix.stage import Stage, press

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (640).to_bytes(4) + (360).to_bytes(4) + b"\x08\x02\x00\x00\x00"


def card(text: str, *labels: str) -> Card:
    return Card(Markup(text), tuple(Button(label, "fruit.keep") for label in labels))


async def place_of(stage: Stage, *people: MatrixPerson) -> str:
    room = await stage.bot.create_room("ลานกลาง", invite=[each.user_id for each in people])
    for each in people:
        await each.join(room)
    return room


async def shown(person: MatrixPerson, shown: Shown) -> SeenEvent:
    """Return a message as an app shows it now, the newest edit in its place."""
    messages = await person.messages(shown.place)
    edits = [m for m in messages if m.content.get("m.relates_to", {}).get("event_id") == shown.ref]
    return edits[-1] if edits else next(m for m in messages if m.event_id == shown.ref)


async def test_what_is_posted_in_a_room_stands_there_once_and_rings_nowhere(stage: Stage) -> None:
    person = await stage.person()
    room = await place_of(stage, person, await stage.person("Inés"))
    async with stage.running() as port:
        first = await port.post(room, card("**ผล** ออกแล้ว", "Keep"), key="effect-7")
        again = await port.post(room, card("**ผล** ออกแล้ว", "Keep"), key="effect-7")
        assert first == again
        [message] = await person.messages(room)
        assert (first.place, first.ref) == (room, message.event_id)
        assert message.body == "ผล ออกแล้ว\n\n1️⃣ Keep"
        assert message.content["msgtype"] == "m.notice"
        assert message.mentions == []
        await press(person, room, message.event_id, "1️⃣")
        assert (await stage.heard(person, await stage.own_room(person))).body == "Kept."


async def test_progress_is_shown_in_one_message_back_and_forth(stage: Stage) -> None:
    person = await stage.person()
    room = await place_of(stage, person)
    async with stage.running() as port:
        progress = await port.post(room, card("1 of 2"), key="progress")
        for text in ("2 of 2", "1 of 2", "2 of 2"):
            for _ in range(2):
                await port.revise(progress, card(text))
            seen = (await shown(person, progress)).content
            assert seen["m.new_content"]["body"] == text
            assert seen["m.new_content"]["msgtype"] == "m.notice"
        assert len(await person.messages(room)) == 4


async def test_a_revised_card_has_the_buttons_it_shows(stage: Stage) -> None:
    async with stage.running() as port:
        person = await stage.person()
        told = await port.tell(person.user_id, card("Vote", "Keep"), key="vote")
        room = await stage.own_room(person)
        assert told.place == room
        await port.revise(
            told, Card(Markup("Vote"), (Button("Eat", "fruit.eat", "mango"), Button("Keep", "fruit.keep")))
        )
        await stage.signs(person, room, told.ref, at_least=2)
        await press(person, room, told.ref, "2️⃣")
        assert (await person.wait_for_next(room, lambda m: m.body == "Kept.")).sender == stage.bot.user_id


async def test_what_is_gone_or_somebody_elses_cannot_be_revised(stage: Stage) -> None:
    person = await stage.person()
    room = await place_of(stage, person)
    async with stage.running() as port:
        posted = await port.post(room, card("soon gone"), key="gone")
        await port.take_back(posted.place, posted.ref)
        said = Shown(room, await person.say(room, "ของฉัน"))
        for each in (posted, said, Shown(room, "$nothing")):
            with pytest.raises(ImpossibleError, match=r"^matrix\.message_gone$"):
                await port.revise(each, card("back again"))


async def test_a_picture_is_shown_as_one_and_told_in_words(stage: Stage) -> None:
    person = await stage.person()
    room = await place_of(stage, person)
    async with stage.running() as port:
        picture = Attachment("cycle.png", PNG, "image/png", "Four spaces, each feeding the next")
        await port.post(room, Card(Markup("The cycle"), files=(picture,)), key="cycle")
        _, image = await person.messages(room)
        assert image.content["msgtype"] == "m.image"
        assert (image.body, image.content["filename"]) == (picture.description, "cycle.png")
        assert (image.content["info"]["w"], image.content["info"]["h"]) == (640, 360)
        assert await person.download(image) == PNG


@pytest.mark.parametrize("version", ["10", "12"])
async def test_a_level_is_given_and_taken_and_nobody_loses_more_than_that(stage: Stage, version: str) -> None:
    person, elder = await stage.person(), await stage.person()
    room = await stage.bot.create_room("ลาน", room_version=version)
    await stage.bot.empower(room, elder.user_id, 75)
    before = await stage.bot.power_levels(room)
    async with stage.running() as port:
        for _ in range(2):
            await port.give_role(person.user_id, room, "50")
            await port.give_role(elder.user_id, room, "50")
        assert (await stage.bot.power_levels(room))["users"] == {**before["users"], person.user_id: 50}
        for _ in range(2):
            await port.take_role(person.user_id, room, "50")
            await port.take_role(elder.user_id, room, "50")
        assert await stage.bot.power_levels(room) == before
        # whoever made a room stands above all of them
        await port.give_role(stage.bot.user_id, room, "50")
        await port.take_role(stage.bot.user_id, room, "50")
        assert await stage.bot.power_levels(room) == before


async def test_levels_given_at_the_same_moment_are_all_given(stage: Stage) -> None:
    people = [f"@guest{number}:{stage.synapse.server_name}" for number in range(8)]
    room = await stage.bot.create_room("ลาน")
    async with stage.running() as port:
        await asyncio.gather(*(port.give_role(person, room, "50") for person in people))
        assert set((await stage.bot.power_levels(room))["users"]) >= set(people)


async def test_where_the_bot_may_not_it_gives_no_level(stage: Stage) -> None:
    person = await stage.person()
    room = await person.create_room("บ้านคนอื่น", invite=[stage.bot.user_id])
    await stage.bot.join(room)
    async with stage.running() as port:
        with pytest.raises(ImpossibleError, match=r"^matrix\.forbidden$"):
            await port.give_role("@anybody:river.localhost", room, "50")
        await port.give_role(person.user_id, room, "50")
