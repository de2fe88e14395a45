"""People call commands in a conversation with the bot and among others."""

from __future__ import annotations

import pytest

from tests.community_bot.matrix.stage import Stage

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("tree plant tall 3 by the river", "Planted tall 3 by the river"),
        (".tree plant small 2", "Planted small 2"),
        ("/tree plant small 2", "Planted small 2"),
        ("ต้นไม้ ปลูก สูง ๓ ริมน้ำ", "Planted tall 3 ริมน้ำ"),
        ("Árbol plantar ALTO 3", "Planted tall 3"),
        ("arbol plantar bajito cantidad:4", "Planted small 4"),
        ("tree plant จำนวน:5 kind:tall words:under the moon", "Planted tall 5 under the moon"),
        ('tree plant tall 1 "two words"', "Planted tall 1 two words"),
        ("tree water guava TREE", "Watered guava."),
    ],
)
async def test_in_a_conversation_a_command_needs_no_sign(stage: Stage, line: str, answer: str) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        assert (await stage.ask(person, room, line)).body.strip() == answer


@pytest.mark.parametrize(
    "line", [".tree plant tall 1", "!tree plant tall 1", "ไกด์ Guide: tree plant tall 1", ".ต้นไม้ ปลูก สูง 1"]
)
async def test_among_others_a_command_begins_with_a_sign_or_a_name_and_the_answer_is_private(
    stage: Stage, line: str
) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.group(person)
        said = await person.say(room, line)
        own = await stage.own_room(person)
        assert (await stage.heard(person, own)).body.strip() == "Planted tall 1"
        assert await stage.signs(person, room, said) == ["👌"]
        assert [each.body for each in await person.messages(room)] == [line]
        # a second time the same room is used
        await person.say(room, ".tree water mango")
        assert (await stage.heard(person, own)).body == "Watered mango."
        assert set(await person.members(own)) == {person.user_id, stage.bot.user_id}


async def test_a_pill_is_a_name_too_and_says_who_is_meant(stage: Stage) -> None:
    async with stage.running():
        person, other = await stage.person(), await stage.person("Inés")
        room = await stage.group(person, other)
        pills = [f'<a href="https://matrix.to/#/{each.user_id}">x</a>' for each in (stage.bot, other)]
        content = {
            "msgtype": "m.text",
            "body": "ไกด์ Guide: tree gift Inés",
            "format": "org.matrix.custom.html",
            "formatted_body": f"{pills[0]}: tree gift {pills[1]}",
            "m.mentions": {"user_ids": [stage.bot.user_id, other.user_id]},
        }
        await person.send(room, "m.room.message", content)
        await stage.heard(person, await stage.own_room(person))
        assert stage.orchard.done[-1] == f"gift {other.user_id}"


async def test_a_public_answer_is_said_in_the_room(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.group(person)
        said = await person.say(room, ".market")
        answer = await stage.heard(person, room)
        assert answer.body.startswith("The market is open.")
        assert answer.reply_to == said
        assert answer.content["msgtype"] == "m.notice"


async def test_what_people_say_to_each_other_is_no_command(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.group(person)
        before = list(stage.orchard.done)
        for line in (
            "tree water mango",
            "...",
            "!!",
            ".net is old",
            "ask ไกด์ Guide about it",
            "Guidelines: tree water x",
        ):
            await person.say(room, line)
        await person.send(room, "m.room.message", {"msgtype": "m.notice", "body": ".tree water mango"})
        await person.say(room, ".market")
        await stage.heard(person, room)
        assert stage.orchard.done[len(before) :] == ["market"]
        assert await person.invitations() == []


async def test_a_command_typed_with_the_other_layout_on_is_read(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        assert (await stage.ask(person, room, "ดพีระ")).body.startswith("Fruit is ripe.")
        assert (await stage.ask(person, room, "z]w,h")).body.startswith("Fruit is ripe.")


async def test_what_stands_behind_such_a_command_is_shown_before_it_is_done(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        before = len(stage.orchard.done)
        answer = await stage.ask(person, room, "ะพำำ ไฟะำพ ทฟืเน")
        assert "tree water mango" in answer.body
        assert len(stage.orchard.done) == before
        assert (await stage.ask(person, room, "1")).body == "Watered mango."
        assert stage.orchard.done[before:] == ["water mango"]


async def test_in_a_shared_room_the_sign_too_may_be_in_the_other_layout(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.group(person)
        await person.say(room, "ใทฟพาำะ")
        assert (await stage.heard(person, room)).body.startswith("The market is open.")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "tree plant",
            ["still missing: kind", "Choose the kind", "tall", "small", ".tree plant tall 3 by the river"],
        ),
        ("tree plant tall", ["still missing: count"]),
        ("tree plant blue 3", ["kind is one of these", "tall"]),
        ("tree plant tall 99", ["count is a number from 1 to 20"]),
        ("tree plant tall many", ["count is a number from 1 to 20"]),
        ("tree plant tall 1 " + "x" * 41, ["words is too long: 40"]),
        ("tree water", ["mango tree", "papaya tree"]),
        ("tree gift Inés", ["who is an account"]),
        ("market now", ["more behind the command"]),
        ("tree", ["needs one more word", ".tree plant", ".tree water"]),
        ("tree plnt tall 1", ["Did you mean .tree plant?"]),
        ("fruti", ["Did you mean .fruit?"]),
        ("good morning everybody", ["I do not know that command", ".help"]),
    ],
)
async def test_what_cannot_be_read_is_answered_with_how_to_say_it(stage: Stage, line: str, says: list[str]) -> None:
    async with stage.running():
        person = await stage.person()
        answer = await stage.ask(person, await stage.direct(person), line)
        assert [each for each in says if each not in answer.body] == []


async def test_a_mistyped_command_among_others_is_helped_in_private(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.group(person)
        await person.say(room, ".marcet")
        assert "Did you mean .market?" in (await stage.heard(person, await stage.own_room(person))).body


async def test_an_answer_in_a_thread_stays_in_it(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.group(person)
        root = await person.say(room, "what about the market?")
        relation = {"rel_type": "m.thread", "event_id": root}
        await person.send(
            room, "m.room.message", {"msgtype": "m.text", "body": ".market", "m.relates_to": relation}
        )
        assert (await stage.heard(person, room)).thread == root


async def test_a_file_is_handed_over(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        await person.say(room, "map")
        *_, answer, file = await person.wait_until(room, lambda said: said[-1].content["msgtype"] == "m.file")
        assert answer.body == "map"
        assert file.body == "แผนที่.txt"
        assert (await person.download(file)).decode() == "ต้นไม้"


async def test_an_edit_does_nothing_a_second_time(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await stage.direct(person)
        said = await person.say(room, "tree water guava")
        await stage.heard(person, room)
        new = {"msgtype": "m.text", "body": "tree water papaya"}
        await person.send(
            room,
            "m.room.message",
            {**new, "m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": said}},
        )
        assert (await stage.ask(person, room, "market")).body.startswith("The market")
        assert "water papaya" not in stage.orchard.done


async def test_what_was_asked_while_the_bot_was_away_is_answered_once(stage: Stage) -> None:
    person = await stage.person()
    async with stage.running():
        room = await stage.direct(person)
        await stage.ask(person, room, "tree water here")
    await person.say(room, "tree water away")
    async with stage.running():
        assert (await stage.heard(person, room)).body == "Watered away."
    async with stage.running():
        assert (await stage.ask(person, room, "fruit")).body.startswith("Fruit")
    assert stage.orchard.done.count("water away") == 1
    assert stage.orchard.done.count("water here") == 1


async def test_what_was_answered_before_a_crash_is_not_done_again(stage: Stage) -> None:
    person = await stage.person()
    async with stage.running():
        room = await stage.direct(person)
        stream = f"matrix-face:{stage.bot.user_id}"
        await stage.ask(person, room, "tree water begin")
        await stage.ask(person, room, "fruit")
        before = await stage.store.position(stream)
        await stage.ask(person, room, "tree water once")
    assert before is not None
    await stage.store.set_position(stream, before)
    async with stage.running():
        assert (await stage.ask(person, room, "market")).body.startswith("The market")
    assert stage.orchard.done.count("water once") == 1
    bodies = [each.body for each in await person.messages(room)]
    assert bodies.count("Watered once.") == 1


async def test_the_language_of_the_answer_is_that_of_the_room_until_somebody_chose(stage: Stage) -> None:
    person = await stage.person()
    room = await stage.group(person)
    stage.lobbies[room] = "es"
    async with stage.running():
        await person.say(room, ".market")
        assert (await stage.heard(person, room)).body.startswith("El mercado está abierto.")
        await person.say(room, ".fruit")
        own = await stage.own_room(person)
        assert (await stage.heard(person, own)).body.startswith("La fruta está madura.")
        # the private room made for this home goes on in its language
        assert (await stage.ask(person, own, "tree water mango")).body == "Regaste mango."
    del stage.lobbies[room]


async def test_a_bridged_room_of_two_is_no_conversation_with_the_bot(stage: Stage) -> None:
    person = await stage.person()
    room = await person.create_room("สะพาน", invite=[stage.bot.user_id])
    await stage.bot.join(room)
    stage.shared.append(room)
    async with stage.running():
        await person.say(room, "tree water mango")
        await person.say(room, ".market")
        assert (await stage.heard(person, room)).body.startswith("The market")
        said = [each.body for each in await person.messages(room) if each.sender == stage.bot.user_id]
        assert len(said) == 1
    stage.shared.remove(room)
