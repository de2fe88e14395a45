"""Speaking through webhooks: every answer of Discord says whether the message stands there now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from bridges.ends import discord_webhooks
from bridges.ends.discord_webhooks import Webhook, WebhookGoneError, WebhookTransport
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from sandbox.discord import Fault, RateLimits, SimChannel, SimulatedDiscord, Window
from tests.sandbox.discord.support import Rest

pytestmark = pytest.mark.network

EXECUTE = r"/webhooks/\d+/[^/]+"


class Post:
    """A channel of a simulated Discord, a webhook of ours in it, and a transport that speaks through it."""

    def __init__(self, discord: SimulatedDiscord, channel: SimChannel, webhook: Webhook, rest: Rest) -> None:
        self.discord = discord
        self.channel = channel
        self.webhook = webhook
        self.rest = rest
        self.pauses: list[float] = []

    def transport(self, session: aiohttp.ClientSession) -> WebhookTransport:
        return WebhookTransport(session, self.discord.api_base, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(seconds)

    def texts(self) -> list[str]:
        return [message.content for message in self.channel.messages()]


def said(text: str, author: str = "Toño") -> dict[str, Any]:
    return {"content": text, "username": author, "allowed_mentions": {"parse": []}}


@asynccontextmanager
async def post_with(limits: RateLimits) -> AsyncIterator[Post]:
    async with SimulatedDiscord(limits=limits) as discord, Rest(discord) as rest:
        channel = discord.add_guild("River House").add_text_channel("ห้องวิทยุ")
        _, _, webhook_id, token = (await rest.webhook(channel)).split("/")
        yield Post(discord, channel, Webhook(webhook_id, token), rest)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_with(RateLimits.off()) as unlimited:
        yield unlimited


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_success_is_the_id_of_the_message(post: Post, session: aiohttp.ClientSession) -> None:
    ref = await post.transport(session).execute(post.webhook, said("สวัสดี ¿qué tal?"))
    (message,) = post.channel.messages()
    assert (ref, message.author_name, message.content) == (str(message.id), "Toño", "สวัสดี ¿qué tal?")
    assert str(message.webhook_id) == post.webhook.id


@pytest.mark.parametrize(
    ("fault", "expected", "stands"),
    [
        pytest.param(Fault.status("POST", EXECUTE, 500), (UnsureError, "discord.unavailable"), False, id="500"),
        pytest.param(Fault.status("POST", EXECUTE, 502), (UnsureError, "discord.unavailable"), False, id="502"),
        pytest.param(Fault.status("POST", EXECUTE, 503), (UnsureError, "discord.unavailable"), False, id="503"),
        pytest.param(Fault.late_5xx("POST", EXECUTE), (UnsureError, "discord.unavailable"), True, id="late 502"),
        pytest.param(
            Fault.lost_answer("POST", EXECUTE), (UnsureError, "discord.no_answer"), True, id="lost answer"
        ),
        pytest.param(
            Fault.lost_request("POST", EXECUTE), (UnsureError, "discord.no_answer"), False, id="lost request"
        ),
        pytest.param(Fault.status("POST", EXECUTE, 400), (RefusedError, "discord.refused_0"), False, id="400"),
        pytest.param(Fault.status("POST", EXECUTE, 413), (RefusedError, "discord.refused_0"), False, id="413"),
        pytest.param(Fault.status("POST", EXECUTE, 403), (BlockedError, "discord.forbidden"), False, id="403"),
        pytest.param(
            Fault.status("POST", EXECUTE, 401), (WebhookGoneError, "discord.webhook_gone"), False, id="401"
        ),
        pytest.param(
            Fault.status("POST", EXECUTE, 404), (WebhookGoneError, "discord.webhook_gone"), False, id="404"
        ),
    ],
)
async def test_an_answer_says_whether_the_message_may_stand_there(
    post: Post, session: aiohttp.ClientSession, fault: Fault, expected: tuple[type[EndError], str], stands: bool
) -> None:
    rule = post.discord.faults.add(replace(fault, times=1))
    with pytest.raises(EndError) as caught:
        await post.transport(session).execute(post.webhook, said("hola"))
    assert (type(caught.value), caught.value.reason) == expected
    assert caught.value.retry_after is None
    assert rule.hits == 1, "asked once and not again by itself"
    assert post.texts() == (["hola"] if stands else [])


async def test_where_nobody_listens_nothing_was_sent(session: aiohttp.ClientSession) -> None:
    transport = WebhookTransport(session, f"http://127.0.0.1:{unused_port()}/api/v10")
    with pytest.raises(NotSentError, match=r"discord\.unreachable"):
        await transport.execute(Webhook("1", "token"), said("hola"))


async def test_a_deleted_webhook_is_gone_and_a_wrong_token_too(post: Post, session: aiohttp.ClientSession) -> None:
    transport = post.transport(session)
    with pytest.raises(WebhookGoneError):
        await transport.execute(replace(post.webhook, token="guessed"), said("hola"))
    assert (await post.rest.ask("DELETE", f"/webhooks/{post.webhook.id}")).status == 204
    with pytest.raises(WebhookGoneError):
        await transport.execute(post.webhook, said("hola"))
    assert post.texts() == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(said(" "), "discord.refused_50006", id="nothing to say"),
        pytest.param(said("x" * 2001), "discord.refused_50035", id="too long"),
        pytest.param(said("hola", author="Clyde"), "discord.refused_50035", id="a name it refuses"),
        pytest.param(said("hola", author="n" * 81), "discord.refused_50035", id="a name too long"),
    ],
)
async def test_what_discord_will_never_take_is_refused_with_its_code(
    post: Post, session: aiohttp.ClientSession, payload: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        await post.transport(session).execute(post.webhook, payload)
    assert caught.value.reason == reason


# ── limits


async def test_the_pause_that_headers_announce_is_waited_out_and_no_answer_is_429(
    session: aiohttp.ClientSession,
) -> None:
    async with post_with(replace(RateLimits.off(), webhook=Window(5, 0.4))) as post:
        transport = post.transport(session)
        for number in range(12):
            await transport.execute(post.webhook, said(str(number)))
        assert post.texts() == [str(number) for number in range(12)]
        assert post.discord.limit_hits == {}
        assert len(post.pauses) == 2
        assert all(0 < pause <= 0.4 for pause in post.pauses)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        pytest.param({"webhook": Window(1, 30.0)}, "discord.limit_user", id="of this webhook"),
        pytest.param({"channel_webhooks": Window(1, 30.0)}, "discord.limit_shared", id="of the channel's webhooks"),
        pytest.param({"everything": Window(1, 30.0)}, "discord.limit_global", id="of this caller"),
    ],
)
async def test_a_limit_nobody_announced_was_not_sent_and_says_for_how_long(
    session: aiohttp.ClientSession, limits: dict[str, Window], reason: str
) -> None:
    async with post_with(replace(RateLimits.off(), **limits)) as post:
        # two transports: what one learnt from the headers, the other (an earlier process, another bot) has not
        await post.transport(session).execute(post.webhook, said("one"))
        with pytest.raises(NotSentError) as caught:
            await post.transport(session).execute(post.webhook, said("two"))
        assert caught.value.reason == reason
        assert caught.value.retry_after is not None
        # the answer's body has fractions of a second, its header only whole ones
        assert 25 < caught.value.retry_after < 30
        assert post.texts() == ["one"]


# ── what Discord does not say, but a proxy in front of it does

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/api/v10/webhooks/{id}/{token}", answer)
    async with TestServer(app, host="127.0.0.1", shutdown_timeout=0.1) as server:
        yield f"http://127.0.0.1:{server.port}/api/v10/"


def fixed(status: int, body: str, content_type: str = "application/json", **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=content_type, headers=headers)

    return answer


async def cut_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "500"})
    await response.prepare(request)
    await response.write(b'{"id": "12')
    assert request.transport is not None
    request.transport.close()
    return response


async def never(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def test_no_answer_in_time_may_have_taken_effect(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_webhooks, "TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    async with answering(never) as api_base:
        with pytest.raises(UnsureError, match=r"discord\.no_answer"):
            await WebhookTransport(session, api_base).execute(Webhook("1", "token"), said("hola"))


HTML = "<html><h1>Error</h1></html>"


@pytest.mark.parametrize(
    ("answer", "kind", "reason", "retry_after"),
    [
        pytest.param(fixed(200, HTML, "text/html"), UnsureError, "discord.unavailable", None, id="HTML with 200"),
        pytest.param(fixed(200, "[1, 2]"), UnsureError, "discord.unavailable", None, id="a list with 200"),
        pytest.param(
            fixed(200, '{"id": 5}'), UnsureError, "discord.unavailable", None, id="an id that is a number"
        ),
        pytest.param(fixed(200, '{"id'), UnsureError, "discord.unavailable", None, id="broken JSON"),
        pytest.param(fixed(204, ""), UnsureError, "discord.unavailable", None, id="no content"),
        pytest.param(fixed(502, HTML, "text/html"), UnsureError, "discord.unavailable", None, id="HTML with 502"),
        pytest.param(cut_in_the_middle, UnsureError, "discord.no_answer", None, id="cut in the middle"),
        pytest.param(
            fixed(429, HTML, "text/html", **{"Retry-After": "31"}),
            NotSentError,
            "discord.limit_user",
            31.0,
            id="banned",
        ),
        pytest.param(fixed(429, "{}"), NotSentError, "discord.limit_user", 1.0, id="429 without a time"),
        pytest.param(
            fixed(429, '{"retry_after": "soon"}'),
            NotSentError,
            "discord.limit_user",
            1.0,
            id="429 with a word for it",
        ),
        pytest.param(
            fixed(429, '{"retry_after": 0.25}', **{"X-RateLimit-Scope": "<new>"}),
            NotSentError,
            "discord.limit_user",
            0.25,
            id="429 of a scope nobody knows",
        ),
    ],
)
async def test_an_answer_of_something_in_between_is_never_taken_for_success(
    session: aiohttp.ClientSession, answer: Answer, kind: type[EndError], reason: str, retry_after: float | None
) -> None:
    async with answering(answer) as api_base:
        with pytest.raises(EndError) as caught:
            await WebhookTransport(session, api_base).execute(Webhook("1", "token"), said("hola"))
    assert (type(caught.value), caught.value.reason, caught.value.retry_after) == (kind, reason, retry_after)


@pytest.mark.parametrize("token", ["secret-token-of-the-webhook"])
def test_a_webhook_shows_no_token(token: str) -> None:
    assert token not in repr(Webhook("1", token))
