"""Cards with buttons: pressed with a reaction or a number, also long after the bot was started anew."""

from __future__ import annotations

import pytest

from community_bot.locales import Markup
from community_bot.platforms.matrix_cards import ACTIONS, split_text
from tests.community_bot.matrix.stage import Stage, press

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


async def test_a_button_is_a_reaction_that_the_bot_has_put_there(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        card = await stage.ask(person, room, "fruit")
        assert card.body == "Fruit is ripe.\n\n1️⃣ Eat\n2️⃣ Keep\n3️⃣ Name"
        assert card.formatted_body == "<p><strong>Fruit</strong> is ripe.</p><p>1️⃣ Eat<br>2️⃣ Keep<br>3️⃣ Name</p>"
        assert await stage.signs(person, room, card.event_id, at_least=3) == ["1️⃣", "2️⃣", "3️⃣"]
        await press(person, room, card.event_id, "2\u20e3")  # as an app without variation selectors sends it
        assert (await stage.heard(person, room)).body == "Kept."


async def test_a_number_presses_the_newest_card(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await stage.ask(person, room, "fruit")
        assert (await stage.ask(person, room, "๒")).body == "Kept."
        assert (await stage.ask(person, room, "7")).body.startswith("There is nothing to choose")


async def test_a_card_still_works_after_the_bot_was_started_anew(stage: Stage) -> None:
    person = await stage.person()
    async with stage.running():
        room = await stage.direct(person)
        card = await stage.ask(person, room, "fruit")
    await press(person, room, card.event_id, "2️⃣")
    async with stage.running():
        assert (await stage.heard(person, room)).body == "Kept."
        assert (await stage.ask(person, room, "2")).body == "Kept."


async def test_a_card_changes_in_place_and_its_new_button_can_be_pressed(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.own_room_by_asking(person)
        card = await stage.ask(person, room, "fruit")
        pressed = await press(person, room, card.event_id, "1️⃣")
        edit = await stage.heard(person, room)
        assert edit.content["m.relates_to"] == {"rel_type": "m.replace", "event_id": card.event_id}
        assert edit.content["m.new_content"]["body"] == "Eaten.\n\n1️⃣ More"
        await stage.until_gone(person, room, pressed)
        await press(person, room, card.event_id, "1️⃣")
        assert (await stage.heard(person, room)).body == "Kept."
        assert (await stage.ask(person, room, "1")).body == "Kept."


async def test_a_card_that_somebody_else_wrote_does_nothing(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        forged = await person.send(
            room, "m.room.message", {"msgtype": "m.notice", "body": "1️⃣", ACTIONS: [["fruit.eat", "forged"]]}
        )
        await press(person, room, forged, "1️⃣")
        await stage.ask(person, room, "market")
        assert "eat forged" not in stage.orchard.done


async def test_who_presses_among_others_is_answered_alone(stage: Stage) -> None:
    async with stage.running():
        person, other = await stage.person(), await stage.person("Inés")
        room = await stage.group(person, other)
        await person.say(room, ".market")
        card = await stage.heard(person, room)
        await press(other, room, card.event_id, "1️⃣")
        assert (await stage.heard(other, await stage.own_room(other))).body == "Kept."
        assert [each.event_id for each in await person.messages(room) if each.sender == stage.bot.user_id] == [
            card.event_id
        ]


async def test_a_long_text_is_cut_between_its_lines_and_loses_nothing() -> None:
    text = Markup("\n".join(f"- บรรทัดที่ {number} " + "ก" * 90 for number in range(200)))
    parts = split_text(text)
    assert len(parts) > 1
    assert "\n".join(parts) == text
    assert all(len(part.encode()) <= 12_000 for part in parts)
