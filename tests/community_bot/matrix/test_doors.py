"""People arrive, invite the bot, and are reached by the network itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from community_bot.domain.account import Account
from community_bot.locales import Markup
from community_bot.platforms.port import Button, Card, ImpossibleError
from community_bot.services.arrivals import Arrivals
from sandbox.matrix import MatrixPerson, MatrixRefusedError
from tests.community_bot.matrix.stage import Stage, press

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


class Cut(Arrivals):
    """Never comes back from noting a greeting, as a process that dies there."""

    noting: asyncio.Event

    async def greeted(self, accounts: Sequence[Account], place: str, ref: str) -> None:
        self.noting.set()
        await asyncio.Event().wait()


class Noting(Arrivals):
    """Says when a greeting was noted."""

    done: asyncio.Event

    async def greeted(self, accounts: Sequence[Account], place: str, ref: str) -> None:
        await super().greeted(accounts, place, ref)
        self.done.set()


async def lobby(stage: Stage) -> str:
    room = await stage.bot.create_room("ลานต้อนรับ", public=True)
    stage.lobbies[room] = "th"
    return room


async def greetings(stage: Stage, person: MatrixPerson, room: str) -> list[str]:
    return [each.body for each in await person.messages(room) if each.sender == stage.bot.user_id]


async def test_ten_who_come_at_once_are_greeted_each_once_in_their_own_room(stage: Stage) -> None:
    home = await lobby(stage)
    people = [await stage.person() for _ in range(10)]
    arrivals = Arrivals(stage.network, stage.catalogues)
    async with stage.running(arrivals):
        await asyncio.gather(*(person.join(home) for person in people))
        rooms = await asyncio.gather(*(stage.own_room(person) for person in people))
        assert len(set(rooms)) == 10
        for person, room in zip(people, rooms, strict=True):
            # said before they came in, and there for them to read
            card = await stage.heard(person, room)
            assert "Riverside" in card.body
        assert await arrivals.waiting([Account("matrix", each.user_id) for each in people]) == []
    async with stage.running(arrivals):
        late = await stage.person()
        await late.join(home)
        await stage.heard(late, await stage.own_room(late))
    for person, room in zip(people, rooms, strict=True):
        assert len(await greetings(stage, person, room)) == 1
    del stage.lobbies[home]


async def test_who_came_while_the_bot_was_away_is_greeted_at_its_return(stage: Stage) -> None:
    home = await lobby(stage)
    arrivals = Arrivals(stage.network, stage.catalogues)
    async with stage.running(arrivals):
        first = await stage.person()
        await first.join(home)
        await stage.own_room(first)
    person = await stage.person()
    await person.join(home)
    async with stage.running(arrivals):
        assert "Riverside" in (await stage.heard(person, await stage.own_room(person))).body
    del stage.lobbies[home]


async def test_a_crash_between_greeting_and_noting_it_greets_nobody_twice(stage: Stage) -> None:
    home = await lobby(stage)
    cut = Cut(stage.network, stage.catalogues)
    cut.noting = asyncio.Event()
    person = await stage.person()
    account = Account("matrix", person.user_id)
    async with stage.running(cut):
        await person.join(home)
        async with asyncio.timeout(10):
            await cut.noting.wait()
    assert await cut.waiting([account]) == [account]
    room = await stage.own_room(person)
    noted = Noting(stage.network, stage.catalogues)
    noted.done = asyncio.Event()
    async with stage.running(noted), asyncio.timeout(10):
        await noted.done.wait()
    assert await noted.waiting([account]) == []
    assert len(await greetings(stage, person, room)) == 1
    del stage.lobbies[home]


async def test_who_leaves_before_joining_in_is_forgotten_and_greeted_anew_when_they_return(stage: Stage) -> None:
    home = await lobby(stage)
    arrivals = Arrivals(stage.network, stage.catalogues)
    person = await stage.person()
    async with stage.running(arrivals):
        await person.join(home)
        room = await stage.own_room(person)
        await stage.heard(person, room)
        await person.leave(home)
        await person.join(home)
        await stage.heard(person, room)
    assert len(await greetings(stage, person, room)) == 2
    del stage.lobbies[home]


async def test_an_encrypted_conversation_is_left_for_one_that_can_be_read(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        closed = await person.start_direct(stage.bot.user_id, encrypted=True)
        assert "end-to-end encrypted" in (await stage.heard(person, closed)).body
        own = await stage.own_room(person)
        await person.wait_for_members(closed, lambda members: stage.bot.user_id not in members)
        assert (await stage.ask(person, own, "tree water mango")).body == "Watered mango."
        with pytest.raises(MatrixRefusedError):
            await person.state(own, "m.room.encryption")


async def test_a_room_that_became_encrypted_is_no_longer_listened_to(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await person.create_room("ริมน้ำ", invite=[stage.bot.user_id])
        await stage.bot.join(room)
        await person.put_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
        before = len(stage.orchard.done)
        await person.say(room, ".market")
        other = await stage.direct(person)
        await stage.ask(person, other, "fruit")
        assert len(stage.orchard.done) == before + 1


async def test_nobody_can_pull_the_bot_into_a_room_of_many(stage: Stage) -> None:
    async with stage.running():
        person = await stage.person()
        room = await person.create_room("ที่ไหนก็ไม่รู้", invite=[stage.bot.user_id])
        await stage.direct(person)
        assert set(await person.members(room)) == {person.user_id}


async def test_the_networks_own_rooms_are_entered_open_or_by_invitation(stage: Stage) -> None:
    person = await stage.person()
    opened = await person.create_room("ลาน", public=True)
    closed = await person.create_room("วง")
    stage.entered += [opened, closed]
    async with stage.running():
        await person.wait_for_members(opened, lambda members: stage.bot.user_id in members)
        await person.invite(closed, stage.bot.user_id)
        await person.wait_for_members(closed, lambda members: stage.bot.user_id in members)
    stage.entered.clear()


async def test_nobody_can_be_brought_into_a_private_room(stage: Stage) -> None:
    async with stage.running():
        person, other = await stage.person(), await stage.person()
        room = await stage.own_room_by_asking(person)
        with pytest.raises(MatrixRefusedError):
            await person.invite(room, other.user_id)
        with pytest.raises(MatrixRefusedError):
            await person.put_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})


async def test_the_network_tells_somebody_something_once(stage: Stage) -> None:
    async with stage.running() as port:
        person = await stage.person()
        card = Card(Markup("**สวัสดี**"), (Button("Keep", "fruit.keep"),))
        for _ in range(2):
            await port.tell(person.user_id, card, key="effect-1")
        room = await stage.own_room(person)
        told = await stage.heard(person, room)
        assert await greetings(stage, person, room) == ["สวัสดี\n\n1️⃣ Keep"]
        await press(person, room, told.event_id, "1️⃣")
        assert (await stage.heard(person, room)).body == "Kept."
        await port.take_back(room, told.event_id)
        await port.take_back(room, told.event_id)
        await stage.until_gone(person, room, told.event_id)


async def test_access_to_a_room_is_given_and_taken_and_repeating_it_changes_nothing(stage: Stage) -> None:
    async with stage.running() as port:
        person = await stage.person()
        place = await stage.bot.create_room("พื้นที่การเรียนรู้")
        for _ in range(2):
            await port.admit(person.user_id, place, history=False)
        await person.join(place)
        await port.admit(person.user_id, place, history=True)
        for _ in range(2):
            await port.release(person.user_id, place)
        assert set(await stage.bot.members(place)) == {stage.bot.user_id}


async def test_where_the_bot_may_not_the_port_says_impossible(stage: Stage) -> None:
    async with stage.running() as port:
        person, other = await stage.person(), await stage.person()
        elsewhere = await person.create_room("บ้านคนอื่น")
        with pytest.raises(ImpossibleError):
            await port.admit(other.user_id, elsewhere, history=False)
        place = await stage.bot.create_room("พื้นที่การเรียนรู้")
        await stage.bot.put_state(place, "m.room.member", {"membership": "ban"}, state_key=person.user_id)
        with pytest.raises(ImpossibleError):
            await port.admit(person.user_id, place, history=False)


async def test_commands_are_spelled_in_the_persons_language(stage: Stage) -> None:
    async with stage.running() as port:
        assert port.spell("tree plant", "th") == ".ต้นไม้ ปลูก"
        assert port.spell("tree plant", "es") == ".árbol plantar"
        assert port.spell("nobody knows", "en") == ".nobody knows"
