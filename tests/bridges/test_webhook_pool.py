"""Several webhooks speak in one channel: in order, near the limit, and not beyond it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import groupby
from time import monotonic

import aiohttp
import pytest
from structlog.testing import capture_logs

from bridges.ends.discord_limits import Assumed, Cause
from bridges.ends.discord_pool import Spoken, WebhookPool
from bridges.ends.discord_webhooks import Webhook, WebhookGoneError
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from sandbox.discord import Fault, RateLimits, Window
from tests.bridges.webhook_posts import Post, post_with, said

pytestmark = pytest.mark.network

AUTHORS = ("Toño", "ใบเตย", "Ximena", "ก้อง", "Nahia", "Pim")
EXECUTE = r"/webhooks/\d+/[^/]+"
SOON = 10.0


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_with(RateLimits.off()) as unlimited:
        yield unlimited


async def say(pool: WebhookPool, number: int, author: str | None = None) -> Spoken:
    name = author or AUTHORS[number % len(AUTHORS)]
    return await pool.execute(name, said(str(number), name))


def numbers(last: int) -> list[str]:
    return [str(number) for number in range(last)]


# ── near the limit


async def test_thirty_at_once_stand_in_order_after_little_more_than_two_seconds(
    session: aiohttp.ClientSession,
) -> None:
    async with post_with(RateLimits.discord()) as post:
        pool = post.pool(session)
        began = monotonic()
        await asyncio.gather(*(say(pool, number) for number in range(30)))
        seconds = monotonic() - began
        assert post.texts() == numbers(30)
        assert post.discord.limit_hits == {}
        # 4 webhooks have room for 20 at once, for the others when their first window has passed
        assert 2.0 <= seconds < 3.0, "a second window would end after 4"
        assert post.asked_to_make == [0, 1, 2, 3]


async def test_the_thirty_first_waits_for_the_channel_without_being_refused(session: aiohttp.ClientSession) -> None:
    async with post_with(RateLimits.discord().scaled(0.1)) as post:
        pool = post.pool(session, assumed=Assumed().scaled(0.1))
        began = monotonic()
        await asyncio.gather(*(say(pool, number) for number in range(40)))
        assert post.texts() == numbers(40)
        assert post.discord.limit_hits == {}
        assert 6.0 <= monotonic() - began < 9.0, "the next minute would end after 12"


async def test_after_a_restart_nothing_is_known_and_one_refusal_teaches_it(session: aiohttp.ClientSession) -> None:
    async with post_with(RateLimits.discord().scaled(0.1)) as post:
        webhooks = [await post.webhook(f"bridge {number}") for number in range(4)]
        before = post.pool(session, found=webhooks, assumed=Assumed().scaled(0.1))
        for number in range(28):
            await say(before, number)
        after = post.pool(session, found=webhooks, assumed=Assumed().scaled(0.1))
        number = 28
        while number < 36:
            try:
                await say(after, number)
                number += 1
            except NotSentError as error:
                await post.sleep(error.retry_after or 0.0)
        assert post.texts() == numbers(36)
        assert post.discord.limit_hits["shared"] == 1
        assert post.discord.limit_hits["user"] <= 1


async def test_somebody_elses_webhook_may_use_the_channel_up(session: aiohttp.ClientSession) -> None:
    limits = replace(RateLimits.off(), channel_webhooks=Window(5, 0.5))
    async with post_with(limits) as post:
        theirs = await post.rest.webhook(post.channel, "weather")
        for _ in range(5):
            assert (await post.rest.ask("POST", theirs, {"content": "rain"})).status == 204
        pool = post.pool(session)
        with pytest.raises(NotSentError, match=r"discord\.limit_shared") as caught:
            await say(pool, 0)
        assert caught.value.retry_after is not None
        assert 0 < caught.value.retry_after <= 0.5
        assert pool.backlog_wait() == pytest.approx(caught.value.retry_after, abs=0.1)
        await say(pool, 0)
        assert post.texts()[-1] == "0"
        assert post.discord.limit_hits == {"shared": 1}


async def test_the_limit_of_the_address_is_kept_by_all_channels_together(session: aiohttp.ClientSession) -> None:
    limits = replace(RateLimits.off(), everything=Window(10, 0.5))
    assumed = replace(Assumed(), everything=replace(Assumed().everything, requests=10, seconds=0.5))
    async with post_with(limits) as post:
        transport = post.transport(session, assumed)
        pools = [
            post.pool(session, found=[await post.webhook(f"bridge {number}")], transport=transport)
            for number in range(3)
        ]
        await asyncio.gather(*(say(pool, number) for pool in pools for number in range(8)))
        assert len(post.texts()) == 24
        assert post.discord.limit_hits == {}


# ── what does not wait


async def test_a_delete_and_an_edit_pass_while_executes_wait(session: aiohttp.ClientSession) -> None:
    async with post_with(replace(RateLimits.off(), channel_webhooks=Window(2, 60.0))) as post:
        narrow = replace(Assumed(), channel=replace(Assumed().channel, requests=2))
        pool = post.pool(session, assumed=narrow)
        first, second = await say(pool, 0), await say(pool, 1)
        waiting = asyncio.create_task(say(pool, 2))
        await post.until_somebody_waits()
        assert pool.waits_for is Cause.CHANNEL
        await pool.delete(first.webhook_id, first.ref)
        await pool.edit(second.webhook_id, second.ref, said("one, corrected"))
        assert post.texts() == ["one, corrected"]
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_many_edits_and_deletes_at_once_keep_to_their_own_limits(session: aiohttp.ClientSession) -> None:
    async with post_with(RateLimits.discord().scaled(0.1)) as post:
        pool = post.pool(session, found=[await post.webhook()], assumed=Assumed().scaled(0.1), most=1)
        spoken = [await say(pool, number) for number in range(12)]
        await asyncio.gather(
            *(pool.edit(one.webhook_id, one.ref, said(f"edited {number}")) for number, one in enumerate(spoken))
        )
        assert post.texts() == [f"edited {number}" for number in range(12)]
        await asyncio.gather(*(pool.delete(one.webhook_id, one.ref) for one in spoken))
        assert post.texts() == []
        assert post.discord.limit_hits == {}


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next(session: aiohttp.ClientSession) -> None:
    async with post_with(replace(RateLimits.off(), webhook=Window(1, 0.4))) as post:
        one_each = replace(Assumed(), webhook=replace(Assumed().webhook, requests=1, seconds=0.4))
        pool = post.pool(session, found=[await post.webhook()], assumed=one_each, most=1)
        await say(pool, 0)
        impatient = asyncio.create_task(say(pool, 1))
        await post.until_somebody_waits()
        patient = asyncio.create_task(say(pool, 2))
        impatient.cancel()
        async with asyncio.timeout(SOON):
            await patient
        assert impatient.cancelled()
        assert post.texts() == ["0", "2"]
        assert pool.waits_for is Cause.NOTHING


async def test_how_long_the_next_would_wait_is_known(session: aiohttp.ClientSession) -> None:
    async with post_with(replace(RateLimits.off(), webhook=Window(5, 2.0))) as post:
        pool = post.pool(session, most=2)
        assert pool.backlog_wait() == 0.0
        for number in range(5):
            await say(pool, number)
        assert pool.backlog_wait() == 0.0, "another webhook could be made"
        for number in range(5):
            await say(pool, number)
        assert 1.0 < pool.backlog_wait() <= 2.1


# ── which webhook


async def test_a_quiet_channel_needs_one_webhook(post: Post, session: aiohttp.ClientSession) -> None:
    pool = post.pool(session)
    spoken = [await say(pool, number) for number in range(5)]
    assert post.asked_to_make == [0]
    assert {said.webhook_id for said in spoken} == set(post.known)


async def test_webhooks_that_stand_there_are_used_before_any_is_made(session: aiohttp.ClientSession) -> None:
    async with post_with(RateLimits.discord()) as post:
        found = [await post.webhook(f"bridge {number}") for number in range(2)]
        pool = post.pool(session, found=found)
        for number in range(10):
            await say(pool, number)
        assert post.asked_to_make == []
        assert sorted(set(post.speakers())) == sorted(webhook.id for webhook in found)


async def test_an_author_keeps_a_webhook_while_it_has_room(session: aiohttp.ClientSession) -> None:
    async with post_with(RateLimits.discord()) as post:
        pool = post.pool(session, found=[await post.webhook(f"bridge {number}") for number in range(4)])
        for number in range(12):
            await say(pool, number, author="Toño" if number < 6 else "ใบเตย")
        lengths = [len(list(group)) for _, group in groupby(post.speakers())]
        # Toño's sixth line needs another one; ใบเตย begins on a third
        assert lengths == [5, 1, 5, 1]


async def test_every_webhook_is_known_as_ours_before_it_says_anything(session: aiohttp.ClientSession) -> None:
    async with post_with(replace(RateLimits.off(), webhook=Window(5, 2.0))) as post:
        pool = post.pool(session, found=[await post.webhook()])
        unknown: list[int | None] = []

        def watch() -> None:
            unknown.extend(
                message.webhook_id
                for message in post.channel.messages()
                if str(message.webhook_id) not in post.known
            )

        for number in range(10):
            await say(pool, number)
            watch()
        assert unknown == []
        assert len(post.known) == 2


# ── when no more can be made


@pytest.mark.parametrize(
    "error", [BlockedError("discord.missing_manage_webhooks"), NotSentError("discord.limit_user")]
)
async def test_where_no_more_can_be_made_those_there_are_go_on(
    session: aiohttp.ClientSession, error: EndError
) -> None:
    asked: list[int] = []

    async def refuse(number: int) -> Webhook:
        asked.append(number)
        raise error

    async with post_with(RateLimits.discord().scaled(0.1)) as post:
        pool = post.pool(session, found=[await post.webhook()], assumed=Assumed().scaled(0.1), make=refuse)
        with capture_logs() as logs:
            for number in range(12):
                await say(pool, number)
        assert post.texts() == numbers(12)
        assert post.discord.limit_hits == {}
        assert asked == [1], "asked once, and not again for every message"
        assert [(entry["event"], entry["reason"]) for entry in logs] == [
            ("no further webhook could be made", error.reason)
        ]


async def test_a_webhook_that_takes_long_to_be_made_holds_nobody_up(session: aiohttp.ClientSession) -> None:
    async def never(number: int) -> Webhook:
        await asyncio.Event().wait()
        raise AssertionError

    async with post_with(RateLimits.discord().scaled(0.1)) as post:
        pool = post.pool(session, found=[await post.webhook()], assumed=Assumed().scaled(0.1), make=never)
        began = monotonic()
        for number in range(7):
            await say(pool, number)
        assert monotonic() - began < 0.5


async def test_where_not_even_one_can_be_made_it_is_said_why(post: Post, session: aiohttp.ClientSession) -> None:
    async def refuse(number: int) -> Webhook:
        raise BlockedError("discord.missing_manage_webhooks")

    with pytest.raises(BlockedError, match="missing_manage_webhooks"):
        await say(post.pool(session, make=refuse), 0)


# ── when one goes


async def test_a_deleted_webhook_is_replaced_and_nothing_is_lost(
    post: Post, session: aiohttp.ClientSession
) -> None:
    pool = post.pool(session)
    first = await say(pool, 0)
    await post.rest.ask("DELETE", f"/webhooks/{first.webhook_id}")
    second = await say(pool, 1)
    assert second.webhook_id != first.webhook_id
    assert post.texts() == ["0", "1"]
    assert pool.by_id(first.webhook_id) is None
    with pytest.raises(WebhookGoneError):
        await pool.edit(first.webhook_id, first.ref, said("zero"))
    with pytest.raises(WebhookGoneError):
        await pool.delete(first.webhook_id, first.ref)
    await pool.edit(second.webhook_id, second.ref, said("one"))


async def test_webhooks_deleted_as_fast_as_they_are_made_end_the_attempt(
    post: Post, session: aiohttp.ClientSession
) -> None:
    gone = post.discord.faults.add(Fault.status("POST", EXECUTE, 404))
    with pytest.raises(NotSentError, match="webhook_gone"):
        await say(post.pool(session), 0)
    assert gone.hits == 5


async def test_a_copy_of_an_earlier_process_is_edited_by_the_webhook_that_said_it(
    post: Post, session: aiohttp.ClientSession
) -> None:
    webhooks = [await post.webhook(f"bridge {number}") for number in range(6)]
    sixth = await post.transport(session).execute(webhooks[5], said("long ago"))
    pool = post.pool(session, found=webhooks)
    await pool.edit(webhooks[5].id, sixth.ref, said("just now"))
    assert post.texts() == ["just now"]
    await pool.delete(webhooks[5].id, sixth.ref)
    assert post.texts() == []


# ── what is not repeated


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(Fault.lost_answer("POST", EXECUTE, times=1), UnsureError, id="lost answer"),
        pytest.param(Fault.status("POST", EXECUTE, 400, times=1), RefusedError, id="refused"),
    ],
)
async def test_what_may_stand_or_never_will_is_not_tried_again(
    post: Post, session: aiohttp.ClientSession, fault: Fault, kind: type[EndError]
) -> None:
    rule = post.discord.faults.add(replace(fault))
    pool = post.pool(session)
    with pytest.raises(kind):
        await say(pool, 0)
    assert rule.hits == 1
    await say(pool, 1)
    assert post.texts()[-1] == "1"
