"""What a homeserver pushes: taken once, in order, and acknowledged only when it is written down."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bridges.ends import matrix_transactions
from bridges.ends.matrix_ghosts import Face, Ghosts
from bridges.ends.matrix_ping import QUIET_SECONDS, AppservicePing
from bridges.ends.matrix_pushed import Event, as_sync
from bridges.ends.matrix_transactions import REMEMBERED, TransactionListener
from bridges.ends.port import NotSentError
from tests.bridges.haunted import BOT, NAMES, House, Pushed, haunted
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_client import client_of

pytestmark = pytest.mark.network

TOKEN = "hs-token-of-the-test"
GARDEN, RADIO, CELLAR = "!garden:river.localhost", "!radio:river.localhost", "!cellar:river.localhost"


class Door:
    """A listener, and a homeserver that knocks at it."""

    def __init__(self, listener: TransactionListener, pushed: Pushed, session: aiohttp.ClientSession) -> None:
        self.listener, self.pushed, self._session = listener, pushed, session

    async def ask(self, method: str, path: str, *, token: str | None = TOKEN, **how: Any) -> tuple[int, str | None]:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self._session.request(method, self.listener.url + path, headers=headers, **how) as answer:
            assert "aiohttp" not in answer.headers.get("Server", "")
            return answer.status, (await answer.json()).get("errcode")

    async def push(self, txn_id: str, *texts: str) -> int:
        events = [word(GARDEN, text) for text in texts]
        status, _ = await self.ask("PUT", f"/_matrix/app/v1/transactions/{txn_id}", json={"events": events})
        return status


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    pushed = Pushed()
    listener = TransactionListener("127.0.0.1", 0, hs_token=TOKEN, take=pushed.take)
    await listener.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield Door(listener, pushed, session)
    finally:
        await listener.stop()


def word(room: str, text: str, sender: str = "@tono:river.localhost") -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": text}
    return {
        "type": "m.room.message",
        "room_id": room,
        "sender": sender,
        "event_id": f"${text}",
        "content": content,
    }


def becomes(room: str, membership: str, user: str = BOT) -> dict[str, Any]:
    content = {"membership": membership}
    return {"type": "m.room.member", "room_id": room, "state_key": user, "event_id": "$m", "content": content}


def problem_of(what: TransactionListener | AppservicePing) -> str | None:
    """Ask anew each time: a type checker takes an attribute for what it was the last time."""
    return what.problem


# ── the listener


async def test_only_who_knows_the_token_is_heard_and_only_in_the_header(door: Door) -> None:
    path, events = "/_matrix/app/v1/transactions/1", {"events": [word(GARDEN, "no")]}
    assert await door.ask("PUT", path, json=events, token=None) == (401, "M_UNAUTHORIZED")
    assert await door.ask("PUT", path, json=events, token="another") == (403, "M_FORBIDDEN")
    assert await door.ask("PUT", path, json=events, token=TOKEN[:-1]) == (403, "M_FORBIDDEN")
    assert await door.ask("PUT", path, json=events, token="clé") == (403, "M_FORBIDDEN")
    query = f"{path}?access_token={TOKEN}"
    assert await door.ask("PUT", query, json=events, token=None) == (401, "M_UNAUTHORIZED")
    assert await door.ask("POST", "/_matrix/app/v1/ping", json={}, token=None) == (401, "M_UNAUTHORIZED")
    assert door.pushed.transactions == []


async def test_a_transaction_is_taken_once_however_often_it_comes(door: Door) -> None:
    for _ in range(3):
        assert await door.push("7", "one", "two") == 200
    assert await door.push("8", "three") == 200
    assert door.pushed.texts(GARDEN) == ["one", "two", "three"]
    assert door.listener.taken == 2


async def test_a_homeserver_that_counts_from_one_again_is_heard(door: Door) -> None:
    assert await door.push("1", "before its database was lost") == 200
    assert await door.push("1", "after") == 200
    assert len(door.pushed.events) == 2


async def test_what_was_not_written_down_is_not_acknowledged_and_comes_again(door: Door) -> None:
    door.pushed.troubles += [NotSentError("matrix.unreachable"), RuntimeError("no room on the disk")]
    assert await door.push("1", "one") == 503
    assert problem_of(door.listener) == "matrix.transaction_failed"
    assert door.listener.failed.is_set()
    assert await door.push("1", "one") == 503
    assert problem_of(door.listener) == "matrix.unreachable"
    assert await door.push("1", "one") == 200
    assert (problem_of(door.listener), door.pushed.texts(GARDEN)) == (None, ["one"])


async def test_the_same_at_the_same_time_is_taken_once_and_the_next_waits_its_turn() -> None:
    free, log = asyncio.Event(), list[str]()

    async def take(events: Sequence[Event], ephemeral: Sequence[Event]) -> None:
        log.append(f"{events[0]['event_id']} begins")
        await free.wait()
        log.append(f"{events[0]['event_id']} ends")

    listener = TransactionListener("127.0.0.1", 0, hs_token=TOKEN, take=take)
    await listener.start()
    try:
        async with aiohttp.ClientSession() as session:
            door = Door(listener, Pushed(), session)
            first = asyncio.create_task(door.push("1", "one"))
            await until(lambda: log == ["$one begins"])
            others = [asyncio.create_task(door.push(*what)) for what in (("1", "one"), ("2", "two"))]
            free.set()
            assert await asyncio.gather(first, *others) == [200, 200, 200]
    finally:
        await listener.stop()
    assert log == ["$one begins", "$one ends", "$two begins", "$two ends"]


async def test_it_remembers_no_more_than_it_needs(door: Door) -> None:
    for number in range(REMEMBERED + 5):
        assert await door.push(str(number), f"text {number}") == 200
    assert len(door.listener._done) == REMEMBERED


async def test_what_is_no_transaction_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/_matrix/app/v1/transactions/1"
    assert await door.ask("PUT", path, data=b"{") == (400, "M_NOT_JSON")
    assert await door.ask("PUT", path, json={}) == (400, "M_BAD_JSON")
    assert await door.ask("GET", path) == (404, "M_UNRECOGNIZED")
    assert await door.ask("PUT", "/_matrix/app/v1/transactions/", json={}) == (404, "M_UNRECOGNIZED")
    assert await door.ask("GET", "/metrics") == (404, "M_UNRECOGNIZED")
    monkeypatch.setattr(matrix_transactions, "MOST_BYTES", 10)
    assert await door.ask("PUT", path, data=b" " * 100) == (413, "M_TOO_LARGE")


async def test_nobody_is_made_because_somebody_asks(door: Door) -> None:
    user = NAMES.user_of("0123456789abcdef").replace(":", "%3A")
    assert await door.ask("GET", f"/_matrix/app/v1/users/{user}") == (404, "M_NOT_FOUND")
    assert await door.ask("GET", "/_matrix/app/v1/rooms/%23a%2Fb%3Ariver.localhost") == (404, "M_NOT_FOUND")
    assert await door.ask("POST", "/_matrix/app/v1/ping", json={"transaction_id": "x"}) == (200, None)


async def test_a_hundred_of_the_largest_events_pass(door: Door) -> None:
    body = json.dumps({"events": [word(GARDEN, f"{number}" + "ก" * 20_000) for number in range(100)]})
    status, _ = await door.ask("PUT", "/_matrix/app/v1/transactions/1", data=io.BytesIO(body.encode()))
    assert status == 200
    assert len(door.pushed.events) == 100


# ── in the shape of a sync


def told(events: list[dict[str, Any]], *, outside: tuple[str, ...] = ()) -> dict[str, Any]:
    rooms: dict[str, Any] = as_sync(events, {GARDEN, RADIO}, user_id=BOT, next_batch="s1", outside=outside)["rooms"]
    return rooms


def heard(rooms: dict[str, Any], room: str) -> list[str]:
    events = rooms["join"].get(room, {"timeline": {"events": []}})["timeline"]["events"]
    return [event["content"].get("body", event["content"].get("membership")) for event in events]


def test_each_room_has_its_events_in_their_order_and_rooms_of_others_are_left_out() -> None:
    rooms = told([word(GARDEN, "a"), word(RADIO, "b"), word(CELLAR, "c"), word(GARDEN, "d"), {"type": "odd"}])
    assert (heard(rooms, GARDEN), heard(rooms, RADIO), set(rooms["join"])) == (["a", "d"], ["b"], {GARDEN, RADIO})
    assert (rooms["leave"], rooms["invite"]) == ({}, {})


def test_an_invitation_is_told_as_one() -> None:
    rooms = told([becomes(GARDEN, "invite")], outside=(GARDEN,))
    assert rooms["join"] == {}
    assert rooms["invite"] == {GARDEN: {"invite_state": {"events": [becomes(GARDEN, "invite")]}}}


def test_what_was_said_before_we_came_in_is_left_out() -> None:
    rooms = told([word(GARDEN, "secret"), becomes(GARDEN, "join"), word(GARDEN, "hello")], outside=(GARDEN,))
    assert heard(rooms, GARDEN) == ["join", "hello"]


def test_what_is_said_after_we_left_is_left_out_though_a_ghost_is_still_there() -> None:
    rooms = told([word(GARDEN, "hello"), becomes(GARDEN, "leave"), word(GARDEN, "among us")])
    assert heard(rooms, GARDEN) == ["hello"]
    assert rooms["leave"] == {GARDEN: {}}
    assert heard(told([word(GARDEN, "later")], outside=(GARDEN,)), GARDEN) == []


def test_who_was_sent_away_and_is_back_is_in() -> None:
    rooms = told(
        [becomes(GARDEN, "ban"), becomes(GARDEN, "leave"), becomes(GARDEN, "invite"), becomes(GARDEN, "join")]
    )
    assert (rooms["leave"], rooms["invite"], heard(rooms, GARDEN)) == ({}, {}, ["join"])


def test_who_types_is_told_beside_what_is_said() -> None:
    typing = {"type": "m.typing", "room_id": GARDEN, "content": {"user_ids": ["@tono:river.localhost"]}}
    batch = as_sync([], {GARDEN}, user_id=BOT, next_batch="s1", ephemeral=[typing, {**typing, "room_id": CELLAR}])
    assert batch["next_batch"] == "s1"
    assert batch["rooms"]["join"] == {
        GARDEN: {"timeline": {"events": [], "limited": False}, "ephemeral": {"events": [typing]}}
    }


# ── a real Synapse


@asynccontextmanager
async def listening(house: House, pushed: Pushed) -> AsyncIterator[TransactionListener]:
    listener = house.listener(pushed)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()


async def test_synapse_pushes_what_is_said_and_our_ghosts_are_known_in_it() -> None:
    pushed = Pushed()
    async with haunted() as house, listening(house, pushed):
        room = await house.room("Garden")
        await house.tono.say(room, "before any ghost")
        ghosts = Ghosts(house.client, NAMES)
        said = {"msgtype": "m.text", "body": "from afar"}
        await ghosts.say(room, "k", Face("0123456789abcdef", "Inez"), as_ghost=said, as_bot=said)
        await until(lambda: pushed.texts(room) == ["before any ghost", "from afar"])
        ours = [
            event["content"]["body"]
            for event in pushed.events
            if ghosts.is_ours(event["sender"]) and event["type"] == "m.room.message"
        ]
        assert ours == ["from afar"]


async def test_what_a_crash_kept_from_being_written_down_comes_again_in_order() -> None:
    pushed = Pushed()
    async with haunted() as house:
        async with listening(house, pushed):
            room = await house.room("Garden")
            await until(lambda: any(event["type"] == "m.room.member" for event in pushed.events))
        # a process that dies before each commit
        dying = Pushed(troubles=[RuntimeError("the machine lost its power")] * 100)
        async with listening(house, dying):
            texts = [f"line {number}" for number in range(5)]
            for text in texts:
                await house.tono.say(room, text)
            await until(lambda: bool(dying.transactions))
        assert dying.events == []
        after = Pushed()
        async with listening(house, after) as listener:
            await AppservicePing(house.client, listener).ping()
            await until(lambda: after.texts(room) == texts)
            assert dying.transactions[0][0] == after.transactions[0][0]


async def test_a_ping_ends_the_wait_of_a_synapse_that_did_not_reach_us() -> None:
    pushed, knocks = Pushed(), list[int]()

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.append(1)
        writer.close()

    async with haunted() as house:
        nobody = await asyncio.start_server(refuse, "127.0.0.1", house.port)
        room = await house.room("Garden")
        await house.tono.say(room, "is anybody there?")
        before = AppservicePing(house.client, house.listener(pushed))
        # after the third try it waits for eight seconds, then sixteen
        await until(lambda: len(knocks) >= 3)
        await before.ping()
        assert problem_of(before) == "matrix.appservice_unreachable"
        nobody.close()
        await nobody.wait_closed()
        async with listening(house, pushed) as listener:
            ping = AppservicePing(house.client, listener)
            assert problem_of(ping) == "matrix.not_connected"
            task = asyncio.create_task(ping.run())
            async with asyncio.timeout(4):
                await until(lambda: "is anybody there?" in pushed.texts(room))
            assert problem_of(ping) is None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_after_a_failed_transaction_synapse_is_called_at_once_and_when_it_is_quiet_asked_again() -> None:
    pushed, sleeps = Pushed(), list[float]()

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        await asyncio.sleep(3600 if seconds == QUIET_SECONDS else 0)

    async with haunted() as house, listening(house, pushed) as listener:
        room = await house.room("Garden")
        await until(lambda: listener.taken > 0)
        ping = AppservicePing(house.client, listener, sleep=sleep)
        task = asyncio.create_task(ping.run())
        await until(lambda: QUIET_SECONDS in sleeps)
        pushed.troubles += [RuntimeError("no room on the disk")] * 3
        await house.tono.say(room, "hear me")
        await until(lambda: pushed.texts(room) == ["hear me"])
        assert problem_of(ping) is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_homeserver_that_does_not_know_the_service_is_shown() -> None:
    async with haunted() as house, listening(house, Pushed()) as listener:
        async with client_of(house.synapse.url, BOT, "a token of yesterday") as lost:
            ping = AppservicePing(lost, listener)
            await ping.ping()
            assert problem_of(ping) == "matrix.appservice_unknown"
        async with client_of("http://127.0.0.1:1", BOT) as nowhere:
            ping = AppservicePing(nowhere, listener)
            await ping.ping()
            assert problem_of(ping) == "matrix.unreachable"
