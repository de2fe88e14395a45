"""People on the real homeserver: accounts, rooms, words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from sandbox.matrix import MatrixPerson, MatrixRefusedError, RealSynapse

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def som(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("som", display_name="ส้มโอ")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inez(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("inez", display_name="Inés")


async def test_two_people_read_each_other_under_their_names(som: MatrixPerson, inez: MatrixPerson) -> None:
    room = await som.create_room("ห้องวิทยุ", invite=[inez.user_id], topic="Radio for beginners")
    await inez.join(room)
    first = await som.say(room, "ไมค์ตัวนี้ใช้ยังไง")
    second = await inez.say(room, "Acércate un poco y habla normal.")

    seen = await som.messages(room)

    assert [(message.event_id, message.sender, message.body) for message in seen] == [
        (first, "@som:river.localhost", "ไมค์ตัวนี้ใช้ยังไง"),
        (second, "@inez:river.localhost", "Acércate un poco y habla normal."),
    ]
    assert seen == await inez.messages(room)
    assert seen[0].origin_server_ts <= seen[1].origin_server_ts
    assert await inez.members(room) == {som.user_id: "ส้มโอ", inez.user_id: "Inés"}


async def test_the_same_transaction_sent_twice_is_one_event(som: MatrixPerson) -> None:
    room = await som.create_room("Once")

    first = await som.say(room, "only once", txn_id="fixed")
    again = await som.say(room, "only once", txn_id="fixed")

    assert first == again
    assert [message.body for message in await som.messages(room)] == ["only once"]


async def test_history_is_read_through_all_its_pages(som: MatrixPerson) -> None:
    # A page holds 100 events, and the making of the room comes before the words.
    room = await som.create_room("Long")
    for number in range(105):
        await som.say(room, str(number))

    assert [message.body for message in await som.messages(room)] == [str(number) for number in range(105)]


async def test_only_what_is_new_is_read_when_asked_so(som: MatrixPerson) -> None:
    room = await som.create_room("News")
    await som.say(room, "before")
    await som.messages(room)
    await som.say(room, "after")

    assert [message.body for message in await som.messages(room, since_start=False)] == ["after"]
    assert await som.messages(room, since_start=False) == []
    assert len(await som.messages(room)) == 2


async def test_a_message_still_to_come_can_be_waited_for(som: MatrixPerson) -> None:
    room = await som.create_room("Waiting")
    await som.say(room, "is anybody here?")

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(som.wait_until(room, lambda seen: len(seen) == 2))
        tasks.create_task(som.say(room, "yes"))

    assert [message.body for message in waiting.result()] == ["is anybody here?", "yes"]


async def test_waiting_in_vain_says_what_was_seen(som: MatrixPerson) -> None:
    room = await som.create_room("In vain")
    await som.say(room, "something else")

    with pytest.raises(TimeoutError, match="something else"):
        await som.wait_until(room, lambda seen: len(seen) == 2, timeout=0.3)


async def test_a_redacted_message_keeps_its_place_and_loses_its_words(som: MatrixPerson) -> None:
    room = await som.create_room("Taken back")
    event = await som.say(room, "better not")

    await som.redact(room, event, reason="changed my mind")

    assert [(message.event_id, message.body) for message in await som.messages(room)] == [(event, "")]


async def test_a_space_lists_its_rooms(som: MatrixPerson) -> None:
    space = await som.create_room("River", space=True)
    room = await som.create_room("Welcome")

    await som.add_to_space(space, room)

    assert (await som.state(space, "m.room.create"))["type"] == "m.space"
    assert await som.state(space, "m.space.child", state_key=room) == {"via": ["river.localhost"]}


async def test_power_levels_and_room_version_are_the_wished_ones(som: MatrixPerson) -> None:
    room = await som.create_room("Old kind", power_levels={"events_default": 50}, room_version="11")

    assert room.endswith(":river.localhost")
    assert (await som.state(room, "m.room.power_levels"))["events_default"] == 50


async def test_a_private_room_opens_to_the_invited_only(som: MatrixPerson, inez: MatrixPerson) -> None:
    room = await som.create_room("Closed")
    with pytest.raises(MatrixRefusedError) as refused:
        await inez.join(room)
    assert (refused.value.status, refused.value.code) == (403, "M_FORBIDDEN")

    await som.invite(room, inez.user_id)
    await inez.join(room)
    assert set(await som.members(room)) == {som.user_id, inez.user_id}

    await inez.leave(room)
    assert set(await som.members(room)) == {som.user_id}


async def test_a_public_room_opens_to_anyone(som: MatrixPerson, inez: MatrixPerson) -> None:
    room = await som.create_room("Open", public=True)

    await inez.join(room)

    assert inez.user_id in await som.members(room)


async def test_a_password_logs_in_and_a_wrong_one_does_not(synapse: RealSynapse) -> None:
    await synapse.register("ploy", "a-password", display_name="พลอย")

    token = await synapse.login("ploy", "a-password", device_id="PHONE")

    ploy = MatrixPerson(synapse.url, "@ploy:river.localhost", token)
    assert await ploy.create_room("Mine")
    await ploy.close()
    with pytest.raises(MatrixRefusedError, match="M_FORBIDDEN"):
        await synapse.login("ploy", "another-password")


async def test_a_taken_name_is_refused(synapse: RealSynapse) -> None:
    await synapse.register("twice", "a-password")

    with pytest.raises(MatrixRefusedError, match="M_USER_IN_USE"):
        await synapse.register("twice", "a-password")


async def test_an_administrator_may_use_the_admin_interface(synapse: RealSynapse) -> None:
    await synapse.register("caretaker", "a-password", admin=True)
    token = await synapse.login("caretaker", "a-password")

    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(f"{synapse.url}/_synapse/admin/v1/server_version") as answer,
    ):
        assert answer.status == 200


async def test_other_homeservers_find_no_door(synapse: RealSynapse) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/_matrix/federation/v1/version", "/_matrix/key/v2/server"):
            async with session.get(synapse.url + path) as answer:
                assert answer.status == 404
