"""Speaking through webhooks: every answer of Discord says whether the message stands there now."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from bridges.ends import discord_webhooks
from bridges.ends.discord_answers import ThreadClosedError, ThreadGoneError, WebhookGoneError
from bridges.ends.discord_limits import Call, CallKind, Cause
from bridges.ends.discord_webhooks import Webhook, WebhookTransport
from bridges.ends.port import BlockedError, CopyGoneError, EndError, NotSentError, RefusedError, UnsureError
from bridges.media.file import File, Kind
from sandbox.discord import Fault, RateLimits, Window
from tests.bridges.webhook_posts import Answer, Post, answering, fixed, post_with, said

pytestmark = pytest.mark.network

EXECUTE = r"/webhooks/\d+/[^/]+"
MESSAGE = r"/webhooks/\d+/[^/]+/messages/\d+"
SOME = Webhook("1", "secret-token-of-the-webhook", "7")


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_with(RateLimits.off()) as unlimited:
        yield unlimited


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def picture(name: str, **more: Any) -> File:
    return File(name, Kind.IMAGE, "image/png", b"\x89PNG not really", **more)


async def test_success_is_the_id_of_the_message(post: Post, session: aiohttp.ClientSession) -> None:
    webhook = await post.webhook()
    answer = await post.transport(session).execute(webhook, said("สวัสดี ¿qué tal?"))
    (message,) = post.channel.messages()
    assert (answer.ref, message.author_name, message.content) == (str(message.id), "Toño", "สวัสดี ¿qué tal?")
    assert answer.thread is None
    assert str(message.webhook_id) == webhook.id


FAULTS = [
    pytest.param(Fault.status("*", "", 500), (UnsureError, "discord.unavailable"), False, id="500"),
    pytest.param(Fault.status("*", "", 502), (UnsureError, "discord.unavailable"), False, id="502"),
    pytest.param(Fault.status("*", "", 503), (UnsureError, "discord.unavailable"), False, id="503"),
    pytest.param(Fault.late_5xx("*", ""), (UnsureError, "discord.unavailable"), True, id="late 502"),
    pytest.param(Fault.lost_answer("*", ""), (UnsureError, "discord.no_answer"), True, id="lost answer"),
    pytest.param(Fault.lost_request("*", ""), (UnsureError, "discord.no_answer"), False, id="lost request"),
    pytest.param(Fault.status("*", "", 400), (RefusedError, "discord.refused_400"), False, id="400"),
    pytest.param(Fault.status("*", "", 413), (RefusedError, "discord.too_large"), False, id="413"),
    pytest.param(Fault.status("*", "", 403), (BlockedError, "discord.forbidden"), False, id="403"),
    pytest.param(Fault.status("*", "", 401), (WebhookGoneError, "discord.webhook_gone"), False, id="401"),
    pytest.param(Fault.status("*", "", 404), (WebhookGoneError, "discord.webhook_gone"), False, id="404"),
]


@pytest.mark.parametrize(("fault", "expected", "stands"), FAULTS)
async def test_an_answer_says_whether_the_message_may_stand_there(
    post: Post, session: aiohttp.ClientSession, fault: Fault, expected: tuple[type[EndError], str], stands: bool
) -> None:
    webhook = await post.webhook()
    rule = post.discord.faults.add(replace(fault, path=EXECUTE, times=1))
    with pytest.raises(EndError) as caught:
        await post.transport(session).execute(webhook, said("hola"))
    assert (type(caught.value), caught.value.reason) == expected
    assert caught.value.retry_after is None
    assert rule.hits == 1, "asked once and not again by itself"
    assert post.texts() == (["hola"] if stands else [])


@pytest.mark.parametrize(("fault", "expected", "took_effect"), FAULTS)
async def test_an_answer_says_whether_an_edit_may_have_taken_effect(
    post: Post,
    session: aiohttp.ClientSession,
    fault: Fault,
    expected: tuple[type[EndError], str],
    took_effect: bool,
) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    ref = (await transport.execute(webhook, said("hola"))).ref
    rule = post.discord.faults.add(replace(fault, path=MESSAGE, times=1))
    with pytest.raises(EndError) as caught:
        await transport.edit(webhook, ref, said("buenas"))
    assert (type(caught.value), caught.value.reason) == expected
    assert rule.hits == 1
    assert post.texts() == ["buenas" if took_effect else "hola"]


async def test_where_nobody_listens_nothing_was_sent(session: aiohttp.ClientSession) -> None:
    transport = WebhookTransport(session, f"http://127.0.0.1:{unused_port()}/api/v10")
    with pytest.raises(NotSentError, match=r"discord\.unreachable"):
        await transport.execute(SOME, said("hola"))
    assert transport.limits.room(Call(SOME.id, SOME.channel, CallKind.EXECUTE)) > 0


async def test_a_deleted_webhook_is_gone_and_a_wrong_token_too(post: Post, session: aiohttp.ClientSession) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    with pytest.raises(WebhookGoneError):
        await transport.execute(replace(webhook, token="guessed"), said("hola"))
    assert (await post.rest.ask("DELETE", f"/webhooks/{webhook.id}")).status == 204
    with pytest.raises(WebhookGoneError):
        await transport.execute(webhook, said("hola"))
    with pytest.raises(WebhookGoneError):
        await transport.edit(webhook, "5", said("hola"))
    with pytest.raises(WebhookGoneError):
        await transport.delete(webhook, "5")
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
        await post.transport(session).execute(await post.webhook(), payload)
    assert caught.value.reason == reason


# ── changing what was said


async def test_an_edit_replaces_the_words_and_a_delete_takes_them_away(
    post: Post, session: aiohttp.ClientSession
) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    first = await transport.execute(webhook, said("uno"))
    await transport.execute(webhook, said("dos"))
    await transport.edit(webhook, first.ref, said("uno, corregido"))
    assert post.texts() == ["uno, corregido", "dos"]
    await transport.delete(webhook, first.ref)
    assert post.texts() == ["dos"]


async def test_what_is_gone_cannot_be_edited_and_counts_as_deleted(
    post: Post, session: aiohttp.ClientSession
) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    ref = (await transport.execute(webhook, said("hola"))).ref
    await transport.delete(webhook, ref)
    await transport.delete(webhook, ref)
    with pytest.raises(CopyGoneError):
        await transport.edit(webhook, ref, said("otra vez"))


@pytest.mark.parametrize("allowed", [None, {}, ["everyone"]])
async def test_nothing_is_sent_that_does_not_say_whom_it_may_ping(
    post: Post, session: aiohttp.ClientSession, allowed: object
) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    careless = {"content": "@everyone", "allowed_mentions": allowed}
    with pytest.raises(ValueError, match="explicitly"):
        await transport.execute(webhook, careless)
    ref = (await transport.execute(webhook, said("hola"))).ref
    with pytest.raises(ValueError, match="explicitly"):
        await transport.edit(webhook, ref, careless)
    assert post.texts() == ["hola"]


# ── files


async def test_files_cross_with_their_names_descriptions_and_bytes(
    post: Post, session: aiohttp.ClientSession
) -> None:
    files = [
        picture("แม่น้ำ.png", alt="a river in the morning"),
        picture('a "quoted"\r\nname.png', spoiler=True),
        replace(picture("notes.txt"), data=b"n" * 100_000),
    ]
    await post.transport(session).execute(await post.webhook(), said("look"), files=files)
    (message,) = post.channel.messages()
    assert [file.name for file in message.files] == ["แม่น้ำ.png", "SPOILER_a quotedname.png", "notes.txt"]
    assert [file.size for file in message.files] == [15, 15, 100_000]
    assert message.files[0].description == "a river in the morning"
    assert message.content == "look"


async def test_an_edit_leaves_files_alone_unless_it_brings_its_own(
    post: Post, session: aiohttp.ClientSession
) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    ref = (await transport.execute(webhook, said("look"), files=[picture("one.png")])).ref
    await transport.edit(webhook, ref, said("look here"))
    assert [message.attachments for message in post.channel.messages()] == [("one.png",)]
    await transport.edit(webhook, ref, said("look here"), files=[picture("two.png")])
    assert [message.attachments for message in post.channel.messages()] == [("two.png",)]
    await transport.edit(webhook, ref, said("look no more"), files=())
    assert [message.attachments for message in post.channel.messages()] == [()]


async def test_a_file_that_is_too_large_is_refused_by_that_name(post: Post, session: aiohttp.ClientSession) -> None:
    large = replace(picture("film.mp4"), data=bytes(10 * 1024 * 1024 + 1))
    with pytest.raises(RefusedError, match=r"discord\.too_large"):
        await post.transport(session).execute(await post.webhook(), said("look"), files=[large])


# ── threads


async def test_a_message_goes_into_a_thread_and_is_changed_there(
    post: Post, session: aiohttp.ClientSession
) -> None:
    made = await post.rest.ask("POST", f"/channels/{post.channel.id}/threads", {"name": "ค่ายน้ำ", "type": 11})
    thread = str(made.body["id"])
    webhook, transport = await post.webhook(), post.transport(session)
    answer = await transport.execute(webhook, said("hola"), thread=thread)
    assert answer.thread == thread
    assert "hola" not in post.texts()
    await transport.edit(webhook, answer.ref, said("buenas"), thread=thread)
    there = (await post.rest.ask("GET", f"/channels/{thread}/messages")).body
    assert [(message["id"], message["content"]) for message in there] == [(answer.ref, "buenas")]
    await transport.delete(webhook, answer.ref, thread=thread)
    assert (await post.rest.ask("GET", f"/channels/{thread}/messages")).body == []


async def test_a_deleted_thread_is_told_apart_from_a_deleted_webhook(
    post: Post, session: aiohttp.ClientSession
) -> None:
    made = await post.rest.ask("POST", f"/channels/{post.channel.id}/threads", {"name": "ค่ายน้ำ", "type": 11})
    thread = str(made.body["id"])
    webhook, transport = await post.webhook(), post.transport(session)
    ref = (await transport.execute(webhook, said("hola"), thread=thread)).ref
    await post.rest.ask("DELETE", f"/channels/{thread}")
    with pytest.raises(ThreadGoneError):
        await transport.execute(webhook, said("hola"), thread=thread)
    with pytest.raises(CopyGoneError):
        await transport.edit(webhook, ref, said("hola"), thread=thread)
    await transport.delete(webhook, ref, thread=thread)
    await transport.execute(webhook, said("the channel stands"))


async def test_in_a_forum_a_named_message_begins_a_thread_and_is_changed_there(
    post: Post, session: aiohttp.ClientSession
) -> None:
    forum = post.discord.add_guild("Hill House").add_forum("ถามตอบ")
    _, _, webhook_id, token = (await post.rest.webhook(forum)).split("/")
    webhook, transport = Webhook(webhook_id, token, str(forum.id)), post.transport(session)
    begun = await transport.execute(webhook, said("¿y el agua?"), thread_name="Agua", files=[picture("mapa.png")])
    (thread,) = forum.threads()
    assert (str(thread.id), thread.name) == (begun.thread, "Agua")
    assert [message.attachments for message in thread.messages()] == [("mapa.png",)]
    await transport.execute(webhook, said("baja"), thread=begun.thread)
    await transport.edit(webhook, begun.ref, said("¿y el río?"), thread=begun.thread)
    assert [message.content for message in thread.messages()] == ["¿y el río?", "baja"]
    with pytest.raises(RefusedError, match="220001"):
        await transport.execute(webhook, said("nowhere"))
    with pytest.raises(ValueError, match="begins one"):
        await transport.execute(webhook, said("where?"), thread=begun.thread, thread_name="Agua")


async def test_a_closed_thread_is_told_apart_and_the_channel_stands(
    post: Post, session: aiohttp.ClientSession
) -> None:
    webhook, transport = await post.webhook(), post.transport(session)
    made = await post.rest.ask("POST", f"/channels/{post.channel.id}/threads", {"name": "ค่ายน้ำ", "type": 11})
    thread = str(made.body["id"])
    ref = (await transport.execute(webhook, said("hola"), thread=thread)).ref
    await post.rest.ask("PATCH", f"/channels/{thread}", {"archived": True})
    with pytest.raises(ThreadClosedError, match=r"discord\.thread_archived"):
        await transport.edit(webhook, ref, said("buenas"), thread=thread)
    await transport.execute(webhook, said("the channel stands"))


# ── limits


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        pytest.param({"webhook": Window(1, 30.0)}, "discord.limit_user", id="of this webhook"),
        pytest.param({"channel_webhooks": Window(1, 30.0)}, "discord.limit_shared", id="of the channel's webhooks"),
        pytest.param({"everything": Window(1, 30.0)}, "discord.limit_global", id="of this caller"),
    ],
)
async def test_a_limit_was_not_sent_and_says_for_how_long(
    session: aiohttp.ClientSession, limits: dict[str, Window], reason: str
) -> None:
    async with post_with(replace(RateLimits.off(), **limits)) as post:
        webhook, transport = await post.webhook(), post.transport(session)
        await transport.execute(webhook, said("one"))
        with pytest.raises(NotSentError) as caught:
            await transport.execute(webhook, said("two"))
        assert caught.value.reason == reason
        assert caught.value.retry_after is not None
        # the answer's body has fractions of a second, its header only whole ones
        assert 25 < caught.value.retry_after < 30
        assert post.texts() == ["one"]
        known = transport.limits.wait(Call(webhook.id, webhook.channel, CallKind.EXECUTE))
        assert (known.cause, round(known.seconds)) == (reason, round(caught.value.retry_after))


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


async def elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPTemporaryRedirect(str(request.url))


async def test_no_answer_in_time_may_have_taken_effect(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_webhooks, "TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    async with answering(never) as api_base:
        with pytest.raises(UnsureError, match=r"discord\.no_answer"):
            await WebhookTransport(session, api_base).execute(SOME, said("hola"))


HTML = "<html><h1>Error</h1></html>"


def coded(status: int, code: int) -> Answer:
    return fixed(status, json.dumps({"code": code, "message": "no"}))


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
        pytest.param(elsewhere, UnsureError, "discord.unavailable", None, id="a redirect"),
        pytest.param(cut_in_the_middle, UnsureError, "discord.no_answer", None, id="cut in the middle"),
        pytest.param(
            fixed(429, HTML, "text/html", **{"Retry-After": "31"}),
            NotSentError,
            "discord.limit_banned",
            31.0,
            id="banned by Cloudflare",
        ),
        pytest.param(fixed(429, ""), NotSentError, "discord.limit_banned", 60.0, id="banned without a word"),
        pytest.param(fixed(429, "{}"), NotSentError, "discord.limit_user", 1.0, id="429 without a time"),
        pytest.param(
            fixed(429, '{"retry_after": "soon"}'),
            NotSentError,
            "discord.limit_user",
            1.0,
            id="429 with a word for it",
        ),
        pytest.param(
            fixed(429, '{"retry_after": NaN}', **{"Retry-After": "2"}),
            NotSentError,
            "discord.limit_user",
            2.0,
            id="429 with no number for it",
        ),
        pytest.param(
            fixed(429, '{"retry_after": 0.25}', **{"X-RateLimit-Scope": "<new>"}),
            NotSentError,
            "discord.limit_user",
            0.25,
            id="429 of a scope nobody knows",
        ),
        pytest.param(
            fixed(429, '{"retry_after": 0.5, "global": true}'),
            NotSentError,
            "discord.limit_global",
            0.5,
            id="429 that says global in its body alone",
        ),
        pytest.param(coded(404, 10003), BlockedError, "discord.channel_gone", None, id="channel gone"),
        pytest.param(coded(404, 10015), WebhookGoneError, "discord.webhook_gone", None, id="webhook gone"),
        pytest.param(coded(400, 50083), ThreadClosedError, "discord.thread_archived", None, id="archived"),
        pytest.param(coded(403, 160005), ThreadClosedError, "discord.thread_locked", None, id="locked"),
        pytest.param(coded(400, 40005), RefusedError, "discord.too_large", None, id="too large"),
        pytest.param(coded(400, 30033), RefusedError, "discord.refused_30033", None, id="too many in the thread"),
        pytest.param(coded(403, 20009), RefusedError, "discord.refused_20009", None, id="explicit content"),
        pytest.param(coded(403, 50013), BlockedError, "discord.forbidden", None, id="permission lost"),
        pytest.param(coded(403, 40333), BlockedError, "discord.forbidden", None, id="Cloudflare refuses us"),
    ],
)
async def test_an_answer_of_something_in_between_is_never_taken_for_success(
    session: aiohttp.ClientSession, answer: Answer, kind: type[EndError], reason: str, retry_after: float | None
) -> None:
    async with answering(answer) as api_base:
        with pytest.raises(EndError) as caught:
            await WebhookTransport(session, api_base).execute(SOME, said("hola"))
    assert (type(caught.value), caught.value.reason, caught.value.retry_after) == (kind, reason, retry_after)


async def test_a_ban_of_the_address_stops_every_webhook(session: aiohttp.ClientSession) -> None:
    async with answering(fixed(429, HTML, "text/html", **{"Retry-After": "31"})) as api_base:
        transport = WebhookTransport(session, api_base)
        with pytest.raises(NotSentError):
            await transport.execute(SOME, said("hola"))
    other = transport.limits.wait(Call("2", "8", CallKind.DELETE))
    assert other.cause is Cause.EVERYTHING
    assert 30 < other.seconds <= 31.1


async def test_a_limit_on_edits_of_old_messages_holds_up_no_other_edit(session: aiohttp.ClientSession) -> None:
    async with answering(fixed(429, '{"code": 30046, "retry_after": 600}')) as api_base:
        transport = WebhookTransport(session, api_base)
        with pytest.raises(NotSentError, match=r"discord\.limit_old_edits") as caught:
            await transport.edit(SOME, "5", said("hola"))
    assert caught.value.retry_after == 600
    assert transport.limits.ready_in(Call(SOME.id, SOME.channel, CallKind.EDIT)) == 0


# ── the token is a secret


def test_a_webhook_shows_no_token() -> None:
    assert SOME.token not in repr(SOME)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(cut_in_the_middle, id="cut"),
        pytest.param(never, id="no answer"),
        pytest.param(elsewhere, id="redirect"),
        pytest.param(coded(404, 10015), id="gone"),
        pytest.param(fixed(429, HTML), id="banned"),
    ],
)
async def test_no_error_shows_a_token(
    session: aiohttp.ClientSession, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_webhooks, "TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    async with answering(answer) as api_base:
        with pytest.raises(EndError) as caught:
            await WebhookTransport(session, api_base).execute(SOME, said("hola"))
    assert SOME.token not in "".join(traceback.format_exception(caught.value))
