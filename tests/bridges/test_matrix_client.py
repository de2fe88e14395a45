"""Requests to a homeserver: every answer says whether it took effect, also those a homeserver would not give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import nio
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from sandbox.matrix import MatrixPerson, RealSynapse

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


@asynccontextmanager
async def client_of(
    url: str, user_id: str = "@bot:hill.example", token: str = "syt_token"
) -> AsyncIterator[MatrixClient]:
    """Connect as the bot does: nio's own repeats are off."""
    config = nio.AsyncClientConfig(encryption_enabled=False, max_limit_exceeded=0, max_timeouts=0)
    connection = nio.AsyncClient(url, user_id, config=config)
    connection.user_id, connection.access_token = user_id, token
    try:
        yield MatrixClient(connection)
    finally:
        await connection.close()


async def caught(request: Awaitable[object]) -> tuple[type[EndError], str]:
    with pytest.raises(EndError) as raised:
        await request
    return type(raised.value), raised.value.reason


# ── a real Synapse, with the limits it ships with


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse(default_limits=True) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tono(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("tono", display_name="Toño")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tono: MatrixPerson) -> str:
    return await tono.create_room("Radio")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(synapse: RealSynapse, tono: MatrixPerson) -> AsyncIterator[MatrixClient]:
    async with client_of(synapse.url, tono.user_id, tono.access_token) as connected:
        yield connected


def send(client: MatrixClient, room: str, key: str, text: str = "hola") -> Awaitable[dict[str, object]]:
    return client.put("rooms", room, "send", "m.room.message", key, body={"msgtype": "m.text", "body": text})


async def test_what_was_sent_can_be_read_again(client: MatrixClient, room: str) -> None:
    sent = await send(client, room, "first", "¿qué tal? สบายดีไหม 🌊")
    event = await client.get("rooms", room, "event", str(sent["event_id"]))
    assert event["content"]["body"] == "¿qué tal? สบายดีไหม 🌊"


async def test_the_same_key_is_said_once(client: MatrixClient, room: str, tono: MatrixPerson) -> None:
    assert await send(client, room, "a/b?c#d%20é", "una vez") == await send(client, room, "a/b?c#d%20é", "una vez")
    assert [event.body for event in await tono.messages(room)].count("una vez") == 1


async def test_a_query_and_an_answer_without_content_pass(client: MatrixClient, room: str) -> None:
    page = await client.get("rooms", room, "messages", query={"dir": "b", "limit": "1"})
    assert len(page["chunk"]) == 1
    assert await client.post("join", room, body={}) == {"room_id": room}


async def test_what_is_not_there_is_missing(client: MatrixClient, room: str) -> None:
    assert await caught(client.get("rooms", room, "event", "$nothing")) == (MissingError, "matrix.missing")
    state = client.get("rooms", room, "state", "m.room.encryption", "")
    assert await caught(state) == (MissingError, "matrix.missing")


async def test_a_room_that_is_not_ours_is_forbidden(client: MatrixClient) -> None:
    assert await caught(send(client, "!nowhere:river.localhost", "k")) == (BlockedError, "matrix.forbidden")


async def test_what_is_too_large_or_no_event_is_refused(client: MatrixClient, room: str) -> None:
    assert await caught(send(client, room, "large", "x" * 70_000)) == (RefusedError, "matrix.too_large")
    wrong = client.put("rooms", room, "send", "m.room.message", "wrong", body={"msgtype": 1, "body": 2})
    assert await caught(wrong) == (RefusedError, "matrix.refused")


async def test_a_token_nobody_knows_is_a_lost_login(synapse: RealSynapse, room: str) -> None:
    async with client_of(synapse.url, "@bot:river.localhost", "syt_revoked") as stranger:
        assert await caught(send(stranger, room, "k")) == (BlockedError, "matrix.login_lost")


async def test_a_limit_says_for_how_long(synapse: RealSynapse) -> None:
    hasty = await synapse.person("hasty")
    room = await hasty.create_room("Haste")
    async with client_of(synapse.url, hasty.user_id, hasty.access_token) as connected:
        with pytest.raises(NotSentError, match=r"matrix\.limit") as raised:
            for number in range(40):
                await send(connected, room, str(number))
    assert raised.value.retry_after is not None
    assert 0 < raised.value.retry_after < 60
    said = len(await hasty.messages(room))
    assert said < 40, "it was not sent"


async def test_a_frozen_homeserver_may_have_taken_it(synapse: RealSynapse, client: MatrixClient, room: str) -> None:
    synapse.suspend()
    try:
        waited = client.get("rooms", room, "joined_members", timeout=0.2)
        assert await caught(waited) == (UnsureError, "matrix.no_answer")
    finally:
        synapse.resume()


async def test_after_a_stop_nothing_was_sent_and_after_a_start_the_same_client_goes_on(
    synapse: RealSynapse, client: MatrixClient, room: str
) -> None:
    await synapse.stop()
    try:
        # the first call may still find its old connection, and that breaks under it
        kinds = [await caught(client.get("rooms", room, "joined_members")) for _ in range(2)]
        assert kinds[-1] == (NotSentError, "matrix.unreachable")
    finally:
        await synapse.start()
    assert await client.get("rooms", room, "joined_members")


# ── what stands in front of a homeserver, or speaks in its place

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[MatrixClient]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with (
        TestServer(app, host="127.0.0.1", shutdown_timeout=0.1) as server,
        client_of(f"http://127.0.0.1:{server.port}") as connected,
    ):
        yield connected


def fixed(
    status: int, body: str, content_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=content_type, headers=headers)

    return answer


async def cut_at_once(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cut_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"event_id": "$1')
    assert request.transport is not None
    request.transport.close()
    return response


async def never(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


HTML = "<html><h1>Bad gateway</h1></html>"
UNAVAILABLE = (UnsureError, "matrix.unavailable")
UNKNOWN = '{"errcode": "M_UNKNOWN", "error": "Internal server error"}'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(fixed(500, UNKNOWN), UNAVAILABLE, id="500 of the homeserver"),
        pytest.param(fixed(502, HTML, "text/html"), UNAVAILABLE, id="502 of a proxy"),
        pytest.param(fixed(504, ""), UNAVAILABLE, id="504 without a word"),
        pytest.param(fixed(520, HTML, "text/html"), UNAVAILABLE, id="a number only that proxy knows"),
        pytest.param(fixed(200, HTML, "text/html"), UNAVAILABLE, id="HTML with 200"),
        pytest.param(fixed(200, '["$1"]'), UNAVAILABLE, id="a list with 200"),
        pytest.param(fixed(200, '{"event_id": "$1'), UNAVAILABLE, id="half of an answer"),
        pytest.param(fixed(200, ""), UNAVAILABLE, id="nothing with 200"),
        pytest.param(fixed(204, ""), UNAVAILABLE, id="no content"),
        pytest.param(cut_at_once, (UnsureError, "matrix.no_answer"), id="cut at once"),
        pytest.param(cut_in_the_middle, (UnsureError, "matrix.no_answer"), id="cut in the middle"),
        pytest.param(
            fixed(413, HTML, "text/html"), (RefusedError, "matrix.too_large"), id="too large for the proxy"
        ),
        pytest.param(
            fixed(401, '{"errcode": "M_UNKNOWN_TOKEN"}'), (BlockedError, "matrix.login_lost"), id="a revoked token"
        ),
        pytest.param(
            fixed(403, '{"errcode": "M_FORBIDDEN"}'), (BlockedError, "matrix.forbidden"), id="a power level too low"
        ),
        pytest.param(fixed(404, '{"errcode": "M_NOT_FOUND"}'), (MissingError, "matrix.missing"), id="not there"),
        pytest.param(fixed(400, '{"errcode": "M_BAD_JSON"}'), (RefusedError, "matrix.refused"), id="never right"),
        pytest.param(fixed(400, '{"errcode": 7}'), UNAVAILABLE, id="a code that is none"),
    ],
)
async def test_an_answer_says_whether_it_may_have_taken_effect(
    answer: Answer, expected: tuple[type[EndError], str]
) -> None:
    async with answering(answer) as client:
        assert await caught(send(client, "!room", "key")) == expected


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(fixed(429, '{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}'), 1.5, id="as specified"),
        pytest.param(fixed(400, '{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}'), 1.5, id="with 400"),
        pytest.param(fixed(429, '{"errcode": "M_LIMIT_EXCEEDED"}'), 2.0, id="without a time"),
        pytest.param(fixed(429, '{"retry_after_ms": "soon"}'), 2.0, id="with a word for it"),
        pytest.param(fixed(429, HTML, "text/html"), 2.0, id="of a proxy"),
        pytest.param(fixed(429, HTML, "text/html", {"Retry-After": "7"}), 7.0, id="of a proxy that says when"),
        pytest.param(fixed(429, "{}", "text/html", {"Retry-After": "soon"}), 2.0, id="with a word in the header"),
        pytest.param(
            fixed(429, '{"retry_after_ms": 1500}', "application/json", {"Retry-After": "2"}), 1.5, id="said twice"
        ),
    ],
)
async def test_a_limit_was_not_sent(answer: Answer, seconds: float) -> None:
    async with answering(answer) as client:
        with pytest.raises(NotSentError, match=r"matrix\.limit") as raised:
            await send(client, "!room", "key")
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_proxys_page_without_an_errcode_is_not_the_homeservers_word(status: int) -> None:
    """Traefik answers 404 with a page while the homeserver behind it restarts.

    Taken for "this event is gone", it makes a lane drop a message that stands at its source.
    """
    async with answering(fixed(status, "404 page not found", "text/plain")) as client:
        assert await caught(client.get("rooms", "!room", "event", "$1")) == UNAVAILABLE


async def test_no_answer_in_time_may_have_taken_effect() -> None:
    async with answering(never) as client:
        assert await caught(client.get("sync", timeout=0.1)) == (UnsureError, "matrix.no_answer")


async def test_a_file_that_lies_elsewhere_is_fetched_there_without_our_token() -> None:
    tokens: list[str | None] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        tokens.append(request.headers.get("Authorization"))
        return web.Response(body=b"all of it")

    storage = web.Application()
    storage.router.add_route("*", "/{path:.*}", elsewhere)
    async with TestServer(storage) as server:
        address = str(server.make_url("/media")).replace("127.0.0.1", "localhost")

        async def pointing(request: web.Request) -> web.StreamResponse:
            tokens.append(request.headers.get("Authorization"))
            raise web.HTTPTemporaryRedirect(address)

        async with answering(pointing) as client, client.download("hill.example", "x") as response:
            assert await response.read() == b"all of it"
    assert tokens == ["Bearer syt_token", None]


async def test_where_nobody_listens_nothing_was_sent() -> None:
    async with client_of(f"http://127.0.0.1:{unused_port()}") as client:
        assert await caught(send(client, "!room", "key")) == (NotSentError, "matrix.unreachable")


async def test_every_part_of_a_path_is_escaped_by_itself() -> None:
    asked: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        asked.append(request.raw_path)
        return web.json_response({})

    async with answering(note) as client:
        await client.put("rooms", "!a/../b:c", "send", "é?#%", body={})
        await client.get("sync", query={"since": "s1&timeout=0"})
    assert asked == [
        "/_matrix/client/v3/rooms/!a%2F..%2Fb:c/send/%C3%A9%3F%23%25",
        "/_matrix/client/v3/sync?since=s1%26timeout%3D0",
    ]


async def test_an_error_carries_no_word_of_the_answer() -> None:
    async with answering(
        fixed(403, '{"errcode": "M_FORBIDDEN", "error": "@ploy:hill.example said hola"}')
    ) as client:
        with pytest.raises(BlockedError) as raised:
            await send(client, "!room", "key")
    assert "ploy" not in f"{raised.value!r} {raised.value}"
