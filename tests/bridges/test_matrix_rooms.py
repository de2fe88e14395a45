"""A Matrix account whose rooms change while it syncs, with a homeserver that answers as the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridges.ends.matrix_home import MatrixHome
from bridges.markup.reading_aloud import plain_of
from bridges.message import Heard, Message
from db.bridge_rows import EndRow, Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.ids import ConversationId, EndId
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_client import client_of

pytestmark = pytest.mark.network

BOT = "@bot:hill.example"
OLD, NEW, CLOSED = "!old:hill.example", "!new:hill.example", "!closed:hill.example"


class Homeserver:
    """Knows which rooms the bot is in, and what is said; refuses joins with :attr:`refusals`, one by one."""

    def __init__(self) -> None:
        self.inside = {OLD}
        self.refusals: list[tuple[int, dict[str, object]]] = []
        self.syncs: list[tuple[list[str], str | None, bool]] = []
        """(rooms in the filter, since, whether it was to wait), for every sync."""
        self.joins: list[str] = []
        self._filters: list[list[str]] = []
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._news = asyncio.Event()
        self.quick = asyncio.Event()
        """While it is not set, answers to syncs are held back."""
        self.quick.set()

    def happens(self, room: str, event: dict[str, Any]) -> None:
        self._events.append((room, {"event_id": f"${len(self._events)}", "sender": "@tono:hill.example", **event}))
        self._news.set()

    def is_said(self, room: str, text: str) -> None:
        self.happens(
            room, {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}, "origin_server_ts": 1}
        )

    # ── what the bot asks

    async def left(self, request: web.Request) -> web.Response:
        self._filters.append((await request.json())["room"]["rooms"])
        return web.json_response({"filter_id": str(len(self._filters) - 1)})

    async def sync(self, request: web.Request) -> web.Response:
        rooms = self._filters[int(request.query["filter"])]
        since = request.query.get("since")
        waits = request.query["timeout"] != "0"
        self.syncs.append((rooms, since, waits))
        start = len(self._events) if since is None else int(since)
        while waits and not [room for room, _ in self._events[start:] if room in rooms]:
            self._news.clear()
            await self._news.wait()
        await self.quick.wait()
        told = {room: [e for r, e in self._events[start:] if r == room] for room in rooms if room in self.inside}
        joined = {
            room: {"timeline": {"events": events}} for room, events in told.items() if events or since is None
        }
        return web.json_response({"next_batch": str(len(self._events)), "rooms": {"join": joined}})

    async def join(self, request: web.Request) -> web.Response:
        room = request.match_info["room"]
        self.joins.append(room)
        if self.refusals:
            status, answer = self.refusals.pop(0)
            return web.json_response(answer, status=status)
        self.inside.add(room)
        self.happens(room, {"type": "m.room.member", "state_key": BOT, "content": {"membership": "join"}})
        return web.json_response({"room_id": room})

    async def state(self, request: web.Request) -> web.Response:
        if request.match_info["room"] not in self.inside:
            return web.json_response({"errcode": "M_FORBIDDEN"}, status=403)
        if request.match_info["type"] == "m.room.member":
            return web.json_response({"membership": "join"})
        return web.json_response({"errcode": "M_NOT_FOUND"}, status=404)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        app, api = web.Application(), "/_matrix/client/v3"
        app.router.add_post(f"{api}/user/{{user}}/filter", self.left)
        app.router.add_get(f"{api}/sync", self.sync)
        app.router.add_post(f"{api}/join/{{room}}", self.join)
        app.router.add_get(f"{api}/rooms/{{room}}/state/{{type}}/{{key:.*}}", self.state)
        async with TestServer(app, handler_cancellation=True) as server:
            yield str(server.make_url("")).rstrip("/")


class Listener:
    """Keeps what it hears, as a bridge would that is quick."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.begun: dict[EndId, str] = {}
        self.noted: list[str] = []
        """The positions that were to be written down."""

    async def _noted(self) -> None:
        return

    async def moved(self, end: EndId, to: Place) -> bool:
        raise AssertionError("no room was replaced")

    def hear(
        self,
        heard: Sequence[Heard],
        *,
        positions: Mapping[str, str] | None = None,
        joined: Mapping[EndId, str] | None = None,
    ) -> asyncio.Task[None]:
        self.texts += [plain_of(each.text) for each in heard if isinstance(each, Message)]
        self.begun |= joined or {}
        self.noted += (positions or {}).values()
        return asyncio.create_task(self._noted())

    def mended(self, end: EndId) -> None:
        return


def row(room: str, *, begun: bool = False) -> EndRow:
    return EndRow(EndId(room), ConversationId("c"), Place(Platform.MATRIX, room), "0" if begun else None)


class Account:
    """The account with its two tasks running, and one room that it has been in for long."""

    def __init__(self, home: MatrixHome, homeserver: Homeserver, listener: Listener) -> None:
        self.home, self.homeserver, self.listener = home, homeserver, listener
        self.sleeps: list[float] = []

    async def until_it_waits_for(self, *rooms: str) -> None:
        await until(lambda: bool(self.homeserver.syncs) and self._last() == (sorted(rooms), True))

    def _last(self) -> tuple[list[str], bool]:
        rooms, _, waits = self.homeserver.syncs[-1]
        return rooms, waits

    async def until_ok(self, room: str) -> None:
        await until(lambda: self.home.problem(EndId(room)) is None)


@pytest.fixture
async def account(sqlite_database: Database) -> AsyncIterator[Account]:
    homeserver, listener = Homeserver(), Listener()
    async with homeserver.running() as url, client_of(url, BOT) as client:
        sleeps: list[float] = []

        async def sleep(seconds: float) -> None:
            sleeps.append(seconds)
            # thirty seconds are for the round of all rooms: no test waits for it
            await asyncio.sleep(0.05 if seconds < 30 else 3600)

        store = BridgeStore(sqlite_database)
        home = MatrixHome(client, store=store, profile=lambda name: name, sleep=sleep)
        home.open(listener)
        await home.add(row(OLD, begun=True), "old:matrix1")
        account = Account(home, homeserver, listener)
        account.sleeps = sleeps
        tasks = [asyncio.create_task(job()) for job in home.jobs().values()]
        await account.until_it_waits_for(OLD)
        yield account
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results), results


async def test_our_own_words_coming_back_are_not_worth_a_note_each(account: Account) -> None:
    account.homeserver.is_said(OLD, "¿estás?")
    await until(lambda: account.listener.texts == ["¿estás?"])
    noted = list(account.listener.noted)
    for number in range(5):
        content = {"msgtype": "m.text", "body": f"echo {number}"}
        account.homeserver.happens(OLD, {"type": "m.room.message", "sender": BOT, "content": content})
        asked = str(2 + number)
        await until(lambda asked=asked: account.homeserver.syncs[-1][1] == asked)
    assert account.listener.noted == noted
    account.homeserver.is_said(OLD, "aquí")
    await until(lambda: account.listener.texts == ["¿estás?", "aquí"])
    assert account.listener.noted == [*noted, "7"]


async def test_the_wait_is_cut_short_for_a_room_that_comes_and_goes_on_from_the_same_place(
    account: Account,
) -> None:
    await account.home.add(row(NEW), "new:matrix1")
    await account.until_it_waits_for(OLD, NEW)
    await account.until_ok(NEW)
    for number in range(3):
        account.homeserver.is_said(OLD, f"old {number}")
        account.homeserver.is_said(NEW, f"new {number}")
    await until(lambda: len(account.listener.texts) == 6)
    assert sorted(account.listener.texts) == sorted(
        [*(f"old {n}" for n in range(3)), *(f"new {n}" for n in range(3))]
    )


async def test_an_answer_about_the_rooms_there_were_does_not_pass_over_the_joining_of_another(
    account: Account,
) -> None:
    homeserver = account.homeserver
    homeserver.quick.clear()
    asked = len(homeserver.syncs)
    account.home._syncing.hurry()  # so that the request that follows is not cut short as well
    await until(lambda: len(homeserver.syncs) > asked)
    await account.home.add(row(NEW), "new:matrix1")
    await until(lambda: homeserver.joins == [NEW])
    homeserver.is_said(OLD, "meanwhile")
    homeserver.quick.set()
    await account.until_ok(NEW)
    homeserver.is_said(NEW, "hola")
    await until(lambda: account.listener.texts == ["meanwhile", "hola"])


async def test_a_room_we_are_in_already_is_not_joined_again_and_begins_now(account: Account) -> None:
    account.homeserver.inside.add(NEW)
    account.homeserver.is_said(NEW, "long ago")
    assert account.home.problem(EndId(OLD)) is None
    await account.home.add(row(NEW), "new:matrix1")
    assert account.home.problem(EndId(NEW)) == "matrix.not_connected"
    await account.until_ok(NEW)
    assert EndId(NEW) in account.listener.begun
    account.homeserver.is_said(NEW, "now")
    await until(lambda: account.listener.texts == ["now"])
    assert account.homeserver.joins == []


async def test_a_limit_on_joining_holds_up_no_other_room(account: Account) -> None:
    limit = (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 7000})
    account.homeserver.refusals += [limit, limit, limit]
    await account.home.add(row(NEW), "new:matrix1")
    account.homeserver.is_said(OLD, "meanwhile")
    await until(lambda: account.listener.texts == ["meanwhile"])
    await account.until_ok(NEW)
    assert account.sleeps.count(7.0) == 3
    account.homeserver.is_said(NEW, "at last")
    await until(lambda: account.listener.texts == ["meanwhile", "at last"])


async def test_a_room_that_does_not_let_us_in_shows_and_comes_when_somebody_else_lets_us_in(
    account: Account,
) -> None:
    account.homeserver.refusals.append((403, {"errcode": "M_FORBIDDEN"}))
    await account.home.add(row(CLOSED), "closed:matrix1")
    await until(lambda: account.home.problem(EndId(CLOSED)) == "matrix.not_invited")
    await account.until_it_waits_for(OLD, CLOSED)
    # as when the community's own part of the bot accepts an invitation
    account.homeserver.inside.add(CLOSED)
    account.homeserver.happens(
        CLOSED, {"type": "m.room.member", "state_key": BOT, "content": {"membership": "join"}}
    )
    account.homeserver.is_said(CLOSED, "welcome")
    await until(lambda: account.listener.texts == ["welcome"])
    await account.until_ok(CLOSED)


async def test_a_room_that_goes_is_not_asked_about_any_more(account: Account) -> None:
    end = await account.home.add(row(NEW), "new:matrix1")
    await account.until_ok(NEW)
    account.home.remove(EndId(NEW))
    await account.until_it_waits_for(OLD)
    account.homeserver.is_said(NEW, "to nobody")
    account.homeserver.is_said(OLD, "to us")
    await until(lambda: account.listener.texts == ["to us"])
    assert await end.read("$1", None) is None
    filters = [json.dumps(rooms) for rooms, _, _ in account.homeserver.syncs]
    assert filters[-1] == json.dumps([OLD])
