"""Ghosts on a real Synapse: people of the other side who come, speak, are renamed and leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bridges.ends.matrix_client import MatrixClient, TakenError
from bridges.ends.matrix_ghost_accounts import BannedError
from bridges.ends.matrix_ghosts import TRY_AGAIN_SECONDS, Face, Ghosts, Said
from bridges.ends.port import BlockedError, NotSentError, RefusedError
from tests.bridges.haunted import BOT, NAMES, House, haunted
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_client import client_of

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with haunted() as house:
        yield house


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ghosts(house: House, clock: Clock) -> Ghosts:
    return Ghosts(house.client, NAMES, clock=clock)


async def say(ghosts: Ghosts, room: str, face: Face, text: str) -> Said:
    return await ghosts.say(
        room,
        f"key of {text}",
        face,
        as_ghost={"msgtype": "m.text", "body": text},
        as_bot={"msgtype": "m.text", "body": f"{face.name}: {text}"},
    )


async def said(house: House, room: str) -> list[tuple[str, str]]:
    return [(event.sender, event.body) for event in await house.tono.messages(room)]


async def test_a_ghost_is_made_comes_into_a_closed_room_and_speaks_under_its_name(
    house: House, ghosts: Ghosts
) -> None:
    room, face = await house.room("Garden"), Face("a1b2c3d4e5f60001", "ใบเตย 🌱")
    user = ghosts.user_for(face.opaque)
    assert (await say(ghosts, room, face, "สวัสดี")).speaker == face.opaque
    assert await said(house, room) == [(user, "สวัสดี")]
    assert (await house.tono.members(room))[user] == "ใบเตย 🌱"
    # invited, then in: dressed before it came, it is not renamed in front of everybody
    assert [content["membership"] for content in await house.members(room, user)] == ["invite", "join"]
    assert ghosts.fallbacks == 0


async def test_in_an_open_room_nobody_is_invited(house: House, ghosts: Ghosts) -> None:
    room, face = await house.room("Square", public=True), Face("a1b2c3d4e5f60002", "Inez")
    await say(ghosts, room, face, "hola")
    assert [content["membership"] for content in await house.members(room, ghosts.user_for(face.opaque))] == [
        "join"
    ]


async def test_who_speaks_often_meets_no_limit() -> None:
    async with haunted(default_limits=True) as house:
        ghosts, room = Ghosts(house.client, NAMES), await house.room("Market")
        faces = [Face(f"a1b2c3d4e5f6003{number}", f"Guest {number}") for number in range(8)]
        texts = [f"line {number}" for number in range(40)]
        for number, text in enumerate(texts):
            await say(ghosts, room, faces[number % len(faces)], text)
        assert [text for _, text in await said(house, room)] == texts
        assert ghosts.fallbacks == 0


async def test_what_is_said_at_once_makes_one_ghost(house: House, ghosts: Ghosts) -> None:
    room, face = await house.room("Crowd"), Face("a1b2c3d4e5f60004", "Inez")
    answers = await asyncio.gather(*(say(ghosts, room, face, f"voice {number}") for number in range(8)))
    assert {answer.speaker for answer in answers} == {face.opaque}
    memberships = [content["membership"] for content in await house.members(room, ghosts.user_for(face.opaque))]
    assert memberships == ["invite", "join"]


async def test_the_same_key_is_said_once(house: House, ghosts: Ghosts) -> None:
    room, face = await house.room("Echo"), Face("a1b2c3d4e5f60005", "Inez")
    assert await say(ghosts, room, face, "once") == await say(ghosts, room, face, "once")
    assert len(await said(house, room)) == 1


async def test_a_ghost_is_renamed_and_another_process_knows_it_again(house: House, ghosts: Ghosts) -> None:
    room, opaque, leaf = await house.room("Names"), "a1b2c3d4e5f60006", "mxc://river.localhost/leaf"
    user = ghosts.user_for(opaque)

    async def shown() -> tuple[str | None, str | None]:
        content = (await house.members(room, user))[-1]
        return content.get("displayname"), content.get("avatar_url")

    async def wears(name: str, avatar: str | None) -> bool:
        return await shown() == (name, avatar)

    await say(ghosts, room, Face(opaque, "Inez"), "one")
    await say(ghosts, room, Face(opaque, "Inés", leaf), "two")
    # Synapse tells its rooms of a new profile in its own time
    await until(lambda: wears("Inés", leaf))
    before = await house.members(room, user)
    later = Ghosts(house.client, NAMES)
    await say(later, room, Face(opaque, "Inés", leaf), "three")
    assert await house.members(room, user) == before
    await say(later, room, Face(opaque, "Inés"), "four")
    await until(lambda: wears("Inés", None))


async def test_a_ghost_that_is_forgotten_for_others_is_known_again(house: House) -> None:
    few = Ghosts(house.client, NAMES, most=1)
    room, first, second = (
        await house.room("Small"),
        Face("a1b2c3d4e5f60007", "Inez"),
        Face("a1b2c3d4e5f60008", "Som"),
    )
    for number in range(2):
        for face in (first, second):
            await say(few, room, face, f"{face.name} {number}")
    assert few.fallbacks == 0
    assert len(await house.members(room, few.user_for(first.opaque))) == 2


async def test_a_suffix_stands_behind_a_name_that_is_cut_to_make_room(house: House) -> None:
    ghosts, face = Ghosts(house.client, NAMES, suffix=" (Discord)"), Face("a1b2c3d4e5f60009", "ก" * 300)
    room = await house.room("Long")
    await say(ghosts, room, face, "hm")
    shown = (await house.tono.members(room))[ghosts.user_for(face.opaque)]
    assert shown is not None
    assert shown.startswith("กกก")
    assert shown.endswith("ก (Discord)")


async def test_a_ghost_leaves_as_often_as_it_is_told_and_comes_back(house: House, ghosts: Ghosts) -> None:
    room, other, face = await house.room("Door"), await house.room("Else"), Face("a1b2c3d4e5f6000a", "Inez")
    user = ghosts.user_for(face.opaque)
    await say(ghosts, room, face, "here")
    for _ in range(2):
        await ghosts.leave(user, [room, other, "!nowhere:river.localhost"])
    assert user not in await house.tono.members(room)
    await say(ghosts, room, face, "again")
    assert user in await house.tono.members(room)


async def test_a_room_that_is_joined_no_more_is_emptied_of_ghosts_alone(house: House, ghosts: Ghosts) -> None:
    room = await house.room("Farewell")
    for number in range(3):
        await say(ghosts, room, Face(f"a1b2c3d4e5f600b{number}", f"Guest {number}"), f"bye {number}")
    await ghosts.empty(room)
    assert set(await house.tono.members(room)) == {house.tono.user_id, BOT}


async def test_when_the_bot_was_sent_away_its_ghosts_go_too(house: House, ghosts: Ghosts) -> None:
    room = await house.room("Sent away")
    await say(ghosts, room, Face("a1b2c3d4e5f600d0", "Guest"), "bye")
    await house.tono.kick(room, BOT)
    await ghosts.empty(room)
    assert set(await house.tono.members(room)) == {house.tono.user_id}


async def test_a_ghost_whose_person_is_erased_keeps_neither_name_nor_place(house: House, ghosts: Ghosts) -> None:
    room, face = await house.room("Gone"), Face("a1b2c3d4e5f6000c", "Inez")
    user = ghosts.user_for(face.opaque)
    await ghosts.retire(user)
    await say(ghosts, room, face, "here")
    await ghosts.retire(user)
    assert user not in await house.tono.members(room)
    assert not await house.tono.display_name(user)


async def test_what_a_ghost_may_not_say_the_bot_says_and_the_ghost_tries_later(
    house: House, ghosts: Ghosts, clock: Clock
) -> None:
    room, face = await house.room("Announcements"), Face("a1b2c3d4e5f6000d", "Inez")
    user = ghosts.user_for(face.opaque)
    await house.tono.empower(room, BOT, 50)
    await house.tono.change_power(room, events_default=50)
    assert (await say(ghosts, room, face, "one")).speaker is None
    assert (await say(ghosts, room, face, "two")).speaker is None
    assert await said(house, room) == [(BOT, "Inez: one"), (BOT, "Inez: two")]
    assert ghosts.fallbacks == 2
    await house.tono.change_power(room, events_default=0)
    clock.seconds += TRY_AGAIN_SECONDS + 1
    assert (await say(ghosts, room, face, "three")).speaker == face.opaque
    assert (await said(house, room))[-1] == (user, "three")


async def test_where_the_bot_may_invite_nobody_it_speaks_itself(house: House, ghosts: Ghosts) -> None:
    room = await house.room("Closed")
    await house.tono.change_power(room, invite=50)
    answer = await say(ghosts, room, Face("a1b2c3d4e5f6000e", "Inez"), "through the door")
    assert answer.speaker is None
    assert await said(house, room) == [(BOT, "Inez: through the door")]


async def test_a_ghost_that_was_sent_away_comes_back_when_its_person_speaks(house: House, ghosts: Ghosts) -> None:
    room, face = await house.room("Kicked"), Face("a1b2c3d4e5f6000f", "Inez")
    user = ghosts.user_for(face.opaque)
    await say(ghosts, room, face, "one")
    await house.tono.kick(room, user)
    assert (await say(ghosts, room, face, "two")).speaker == face.opaque
    assert await said(house, room) == [(user, "one"), (user, "two")]


async def test_who_is_banned_is_not_said_by_the_bot_either(house: House, ghosts: Ghosts, clock: Clock) -> None:
    room, face = await house.room("Banned"), Face("a1b2c3d4e5f60010", "Inez")
    user = ghosts.user_for(face.opaque)
    await say(ghosts, room, face, "one")
    async with client_of(house.synapse.url, house.tono.user_id, house.tono.access_token) as moderator:
        await moderator.post("rooms", room, "ban", body={"user_id": user})
        for number in range(2):
            with pytest.raises(BannedError, match=r"matrix\.ghost_banned"):
                await say(ghosts, room, face, f"again {number}")
        assert await said(house, room) == [(user, "one")]
        await moderator.post("rooms", room, "unban", body={"user_id": user})
    clock.seconds += TRY_AGAIN_SECONDS + 1
    assert (await say(ghosts, room, face, "two")).speaker == face.opaque


async def test_what_was_said_long_ago_can_bear_its_time(house: House) -> None:
    room, then = await house.room("Yesterday"), datetime(2020, 5, 1, 12, tzinfo=UTC)
    body = {"msgtype": "m.text", "body": "late"}
    path = ("rooms", room, "send", "m.room.message", "late")
    sent = await house.client.put(*path, body=body, as_user=BOT, ts=then)
    event = await house.bot.get("rooms", room, "event", str(sent["event_id"]))
    assert event["origin_server_ts"] == then.timestamp() * 1000


async def test_an_account_that_is_there_is_told_apart_from_one_that_is_refused(house: House) -> None:
    async def register(name: str) -> None:
        await house.client.post("register", body={"type": "m.login.application_service", "username": name})

    with pytest.raises(TakenError):
        for _ in range(2):
            await register("_community_taken")
    with pytest.raises(RefusedError) as refused:
        await register("somebody_else")
    assert not isinstance(refused.value, TakenError)


async def test_a_room_the_bot_is_not_in_takes_nothing(house: House, ghosts: Ghosts) -> None:
    room = await house.tono.create_room("Private")
    with pytest.raises(BlockedError, match=r"matrix\.forbidden"):
        await say(ghosts, room, Face("a1b2c3d4e5f60011", "Inez"), "hello")
    assert ghosts.fallbacks == 0


async def test_when_the_homeserver_is_away_nothing_was_sent(house: House) -> None:
    async with client_of("http://127.0.0.1:1", BOT) as nowhere:
        with pytest.raises(NotSentError, match=r"matrix\.unreachable"):
            await say(Ghosts(nowhere, NAMES), "!room:river.localhost", Face("a1b2c3d4e5f60012", "Inez"), "hello")


async def test_a_homeserver_that_forgot_the_registration_hears_the_bot_by_its_own_login(house: House) -> None:
    room, face = await house.room("Forgotten"), Face("a1b2c3d4e5f60013", "Inez")
    async with client_of(house.synapse.url, BOT, "a token of yesterday") as lost:
        assert isinstance(lost, MatrixClient)
        ghosts = Ghosts(lost, NAMES, bot=house.bot)
        assert (await say(ghosts, room, face, "still here")).speaker is None
    assert await said(house, room) == [(BOT, "Inez: still here")]


async def test_a_ghost_is_known_by_its_name_before_it_ever_spoke(ghosts: Ghosts) -> None:
    assert ghosts.is_ours(ghosts.user_for("0123456789abcdef"))
    for other in (
        BOT,
        "@tono:river.localhost",
        "@_community_:river.localhost",
        "@_community_0123456789abcdef:river.localhost.hill.example",
        "@_community_0123456789abcdef:hill.example",
        "@x_community_0123456789abcdef:river.localhost",
        "@_community_0123456789:abcdef:river.localhost",
    ):
        assert not ghosts.is_ours(other), other
