"""What people do with messages between two rooms of a real homeserver: threads, reactions, pins, polls."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridges.markup.tree import Emoji
from db.engine import Database
from sandbox.matrix import RealSynapse, ShownMessage
from tests.bridges.matrix_stage import Stage, on_stage

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

OPEN = {"events": {"m.room.pinned_events": 0}}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def stage(synapse: RealSynapse, sqlite_database: Database) -> AsyncIterator[Stage]:
    async def fetch(emoji: Emoji) -> bytes | None:
        return PNG if emoji.name == "rana" else None

    async with on_stage(synapse, sqlite_database, power=OPEN, emoji=fetch) as stage:
        yield stage


def reactions_of(shown: list[ShownMessage], text: str) -> set[str]:
    return {key for each in shown if each.text == text for key in each.reactions}


# ── threads


async def test_a_thread_on_one_side_is_a_thread_on_the_other(stage: Stage) -> None:
    root = await stage.tono.say(stage.garden, "¿qué sembramos?")
    root_copy = await stage.copy_in_radio("¿qué sembramos?")
    first = await stage.tono.reply_in_thread(stage.garden, root, "maíz")
    copy = await stage.copy_in_radio("maíz")
    assert (copy.thread, copy.reply_to) == (root_copy.event_id, None)
    await stage.ploy.reply_in_thread(stage.radio, root_copy.event_id, "พริก", latest=copy.event_id)
    back = await stage.copy_in_garden("พริก")
    assert (back.thread, back.reply_to) == (root, None)
    await stage.ploy.reply_in_thread(stage.radio, root_copy.event_id, "ทำไม", reply_to=copy.event_id)
    answer = await stage.copy_in_garden("ทำไม")
    assert (answer.thread, answer.reply_to) == (root, first)


async def test_clients_without_threads_see_an_answer_to_what_was_said_last(stage: Stage) -> None:
    root = await stage.tono.say(stage.garden, "raíz")
    await stage.tono.reply_in_thread(stage.garden, root, "uno")
    first = await stage.copy_in_radio("uno")
    await stage.tono.reply_in_thread(stage.garden, root, "dos")
    second = await stage.copy_in_radio("dos")
    assert second.content["m.relates_to"]["m.in_reply_to"] == {"event_id": first.event_id}
    assert second.content["m.relates_to"]["is_falling_back"] is True


# ── reactions


async def test_a_reaction_stands_in_both_rooms_and_goes_from_both(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "¡vamos!")
    copy = await stage.copy_in_radio("¡vamos!")
    await stage.ploy.react(stage.radio, copy.event_id, "🌊")
    shown = await stage.tono.wait_until_shown(stage.garden, lambda all_: bool(reactions_of(all_, "¡vamos!")))
    assert reactions_of(shown, "¡vamos!") == {"🌊"}
    await stage.tono.react(stage.garden, said, "🎉")
    await stage.in_radio(lambda all_: reactions_of(all_, "¡vamos!") == {"🌊", "🎉"})
    await stage.ploy.unreact(stage.radio, copy.event_id, "🌊")
    await stage.tono.wait_until_shown(stage.garden, lambda all_: reactions_of(all_, "¡vamos!") == {"🎉"})


async def test_two_spellings_of_one_heart_are_one_reaction(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "corazón")
    await stage.copy_in_radio("corazón")
    await stage.tono.react(stage.garden, said, "❤")
    await stage.in_radio(lambda all_: reactions_of(all_, "corazón") == {"❤️"})
    guest = await stage.synapse.person(f"heart-{stage.bot.user_id[4:6].strip(':')}")
    await stage.tono.invite(stage.garden, guest.user_id)
    await guest.join(stage.garden)
    await guest.react(stage.garden, said, "❤️")
    await guest.react(stage.garden, said, "👍\ufe0f")
    await stage.in_radio(lambda all_: reactions_of(all_, "corazón") == {"❤️", "👍"})


async def test_a_picture_as_a_reaction_crosses_with_its_name(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "rana")
    await stage.copy_in_radio("rana")
    frog = await stage.tono.upload("frog.png", PNG, "image/png")
    await stage.tono.react(stage.garden, said, frog, name="rana")
    shown = await stage.in_radio(lambda all_: bool(reactions_of(all_, "rana")))
    assert reactions_of(shown, "rana") == {frog}


# ── pins


async def test_what_is_pinned_is_pinned_in_both_rooms_until_it_is_let_go(stage: Stage) -> None:
    said = await stage.tono.say(stage.garden, "reglas")
    copy = await stage.copy_in_radio("reglas")
    await stage.tono.pin(stage.garden, said)
    await stage.in_radio(lambda all_: any(each.pinned for each in all_))
    assert await stage.ploy.pinned(stage.radio) == [copy.event_id]
    await stage.ploy.unpin(stage.radio, copy.event_id)
    await stage.tono.wait_until_shown(stage.garden, lambda all_: not any(each.pinned for each in all_))
    assert await stage.tono.pinned(stage.garden) == []


async def test_where_the_bot_may_not_pin_everything_else_goes_on(
    synapse: RealSynapse, sqlite_database: Database
) -> None:
    async with on_stage(synapse, sqlite_database) as stage:
        said = await stage.tono.say(stage.garden, "reglas")
        await stage.copy_in_radio("reglas")
        await stage.tono.pin(stage.garden, said)
        await stage.tono.edit(stage.garden, said, "reglas nuevas")
        await stage.copy_in_radio("reglas nuevas")
        assert await stage.ploy.pinned(stage.radio) == []


# ── polls


@pytest.mark.parametrize("stable", [False, True], ids=["as today's clients write it", "as it is named for good"])
async def test_a_poll_is_told_with_its_answers_and_when_it_ends_with_what_came_of_it(
    stage: Stage, stable: bool
) -> None:
    poll = await stage.tono.start_poll(stage.garden, "¿Cuándo?", ["sábado", "วันอาทิตย์"], stable=stable)
    copies = await stage.in_radio(lambda all_: len(all_) == 1)
    assert copies[0].text.split("\n") == ["📊 **¿Cuándo?**", "", "1. sábado", "2. วันอาทิตย์"]
    guest = await stage.synapse.person(f"voter-{int(stable)}")
    await stage.tono.invite(stage.garden, guest.user_id)
    await guest.join(stage.garden)
    await stage.tono.vote(stage.garden, poll, "sábado")
    await guest.vote(stage.garden, poll, "sábado")
    await guest.vote(stage.garden, poll, "วันอาทิตย์")
    await guest.end_poll(stage.garden, poll)
    await stage.tono.end_poll(stage.garden, poll)
    copies = await stage.in_radio(lambda all_: "sábado: 1" in all_[0].text)
    assert copies[0].text.split("\n") == ["📊🏁 **¿Cuándo?**", "", "- sábado: 1", "- วันอาทิตย์: 1"]
