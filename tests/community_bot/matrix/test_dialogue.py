"""A form is filled in by talking, in any language, over restarts, and can be left at any time."""

from __future__ import annotations

import pytest

from sandbox.matrix import MatrixPerson, SeenEvent
from tests.community_bot.matrix.stage import Stage, press

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


async def begin(stage: Stage, person: MatrixPerson, room: str) -> SeenEvent:
    await stage.ask(person, room, "fruit")
    return await stage.ask(person, room, "3")


async def test_a_form_is_filled_in_question_by_question(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        first = await begin(stage, person, room)
        assert first.body.startswith(
            "Give a name\nAnswer here, one question at a time. back goes one question back"
        )
        assert "Language\n1️⃣ TH\n2️⃣ EN\n3️⃣ ES" in first.body
        assert await stage.signs(person, room, first.event_id, at_least=3) == ["1️⃣", "2️⃣", "3️⃣"]
        await press(person, room, first.event_id, "2️⃣")
        tools = await stage.heard(person, room)
        assert "Tools\n1️⃣ Hoe\n2️⃣ Rake\n3️⃣ Axe" in tools.body
        assert "such as 1 3, or with all" in tools.body
        assert "Name\nShort" in (await stage.ask(person, room, "1, 3")).body
        more = await stage.ask(person, room, "Plum")
        assert "- leaves it empty" in more.body
        assert (await stage.ask(person, room, "-")).body == "Named Plum."
        assert stage.orchard.done[-1] == "named x language=en tools=hoe+axe name=Plum more="
        # it is over: what is said now is a command again
        assert (await stage.ask(person, room, "tree water mango")).body == "Watered mango."


async def test_the_language_answered_is_spoken_from_then_on(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await begin(stage, person, room)
        tools = await stage.ask(person, room, "ES")
        assert "Herramientas" in tools.body
        assert "o con todo" in tools.body
        assert (await stage.ask(person, room, "TODO")).body.startswith("Nombre")
        await stage.ask(person, room, "Ciruela")
        assert (await stage.ask(person, room, "dos\npárrafos")).body == "Se llama Ciruela."
        assert stage.orchard.done[-1] == "named x language=es tools=hoe+rake+axe name=Ciruela more=dos\npárrafos"


@pytest.mark.parametrize(
    ("word", "said"), [("stop", "Stopped"), ("PARAR", "Stopped"), ("เลิก", "Stopped"), ("g]bd", "Stopped")]
)
async def test_it_can_be_stopped_in_every_language(stage: Stage, word: str, said: str) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await begin(stage, person, room)
        assert (await stage.ask(person, room, word)).body.startswith(said)
        assert (await stage.ask(person, room, "1")).body.startswith("There is nothing to choose")


async def test_going_back_asks_again_and_offers_what_was_answered(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await begin(stage, person, room)
        await stage.ask(person, room, "2")
        await stage.ask(person, room, "1 2")
        await stage.ask(person, room, "Plum")
        again = await stage.ask(person, room, "ย้อนกลับ")
        assert again.body.startswith("Name")
        assert "ok takes what is there already: Plum." in again.body
        tools = await stage.ask(person, room, "back")
        assert "ok takes what is there already: Hoe, Rake." in tools.body
        assert (await stage.ask(person, room, "OK")).body.startswith("Name")
        await stage.ask(person, room, "ok")
        assert (await stage.ask(person, room, "-")).body == "Named Plum."
        assert stage.orchard.done[-1] == "named x language=en tools=hoe+rake name=Plum more="


async def test_what_is_no_answer_is_said_and_the_question_asked_again(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await begin(stage, person, room)
        for wrong in ("9", "maybe", "back"):
            assert "Language\n1️⃣ TH" in (await stage.ask(person, room, wrong)).body
        await stage.ask(person, room, "๒")
        assert "numbers from 1 to 3" in (await stage.ask(person, room, "1 7")).body
        assert "at least 1" in (await stage.ask(person, room, "none")).body
        await stage.ask(person, room, "2")
        assert "too short: at least 2" in (await stage.ask(person, room, "x")).body
        assert "13 characters long; 12 fit" in (await stage.ask(person, room, "x" * 13)).body
        refused = await stage.ask(person, room, "Taken")
        assert refused.body.startswith("That name is taken.\n\nName")
        assert (await stage.ask(person, room, "Plum")).body.startswith("More")


async def test_what_is_refused_at_the_end_can_be_tried_again_with_all_answers(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await begin(stage, person, room)
        for said in ("2", "1", "Later"):
            await stage.ask(person, room, said)
        refused = await stage.ask(person, room, "words")
        assert refused.body.startswith("That name is taken.")
        first = await stage.ask(person, room, "1")
        assert "ok takes what is there already: EN." in first.body
        await stage.ask(person, room, "ok")
        await stage.ask(person, room, "ok")
        await stage.ask(person, room, "Plum")
        assert (await stage.ask(person, room, "ok")).body == "Named Plum."
        assert stage.orchard.done[-1] == "named x language=en tools=hoe name=Plum more=words"


async def test_a_restart_in_the_middle_changes_nothing(stage: Stage) -> None:
    person = await stage.person()
    async with stage.running():
        room = await stage.direct(person)
        await begin(stage, person, room)
        await stage.ask(person, room, "2")
    async with stage.running():
        assert (await stage.ask(person, room, "1")).body.startswith("Name")
    await person.say(room, "Plum")
    async with stage.running():
        assert (await stage.heard(person, room)).body.startswith("More")
    async with stage.running():
        assert (await stage.ask(person, room, "-")).body == "Named Plum."
    assert stage.orchard.done.count("named x language=en tools=hoe name=Plum more=") >= 1


async def test_an_answer_heard_twice_counts_once(stage: Stage) -> None:
    person = await stage.person()
    stream = f"matrix-face:{stage.bot.user_id}"
    async with stage.running():
        room = await stage.direct(person)
        await begin(stage, person, room)
        await stage.ask(person, room, "2")
        before = await stage.store.position(stream)
        await stage.ask(person, room, "1")
        await stage.ask(person, room, "Plum")
    assert before is not None
    await stage.store.set_position(stream, before)
    async with stage.running():
        assert (await stage.ask(person, room, "-")).body == "Named Plum."
    said = [
        each.body.partition("\n")[0] for each in await person.messages(room) if each.sender == stage.bot.user_id
    ]
    assert said[-5:] == ["Give a name", "Tools", "Name", "More", "Named Plum."]


async def test_a_thread_is_kept_to_by_who_answers_in_it(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        root = await begin(stage, person, room)
        relation = {"rel_type": "m.thread", "event_id": root.event_id}
        await person.send(room, "m.room.message", {"msgtype": "m.text", "body": "2", "m.relates_to": relation})
        assert (await stage.heard(person, room)).thread == root.event_id


async def test_a_command_with_its_sign_works_in_the_middle(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await begin(stage, person, room)
        assert (await stage.ask(person, room, ".tree water mango")).body == "Watered mango."
        assert (await stage.ask(person, room, "2")).body.startswith("Tools")


async def test_a_number_under_an_old_question_answers_nothing(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        first = await begin(stage, person, room)
        await stage.ask(person, room, "2")
        await press(person, room, first.event_id, "3️⃣")
        assert (await stage.ask(person, room, "1")).body.startswith("Name")


async def test_who_leaves_in_the_middle_is_asked_nothing_when_they_return(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        group = await stage.group(person)
        await person.say(group, ".fruit")
        room = await stage.own_room(person)
        await stage.heard(person, room)
        await stage.ask(person, room, "3")
        await person.leave(room)
        await person.say(group, ".tree water mango")
        assert await stage.own_room(person) == room
        await stage.heard(person, room)
        assert (await stage.ask(person, room, "2")).body.startswith(("Kept", "There is nothing"))
        assert await stage.store.get("matrix", person.user_id) is None


async def test_a_form_that_is_closed_says_why(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        stage.orchard.form = "naming closed"
        try:
            await stage.ask(person, room, "fruit")
            assert (await stage.ask(person, room, "3")).body == "It is closed."
            stage.orchard.form = "nobody"
            await stage.ask(person, room, "fruit")
            assert (await stage.ask(person, room, "3")).body != ""
        finally:
            stage.orchard.form = "naming x"
