"""Everything that can go wrong between here and the platforms, at once, and nothing lost, doubled or disordered."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import pairwise
from time import monotonic

import pytest

from sandbox.discord import Fault, RateLimits, RequestRecord
from tests.network.two_rooms import TwoRooms

pytestmark = pytest.mark.network

FROM_DISCORD = [f"d{number:03}" for number in range(100)]
FROM_MATRIX = [f"m{number:03}" for number in range(100)]
EXECUTE = r"/webhooks/\d+/[^/]+"


async def talk(rooms: TwoRooms, chance: random.Random, *, longest_pause: float) -> None:
    for on_discord, on_matrix in zip(FROM_DISCORD, FROM_MATRIX, strict=True):
        await rooms.say_on_discord(on_discord)
        await rooms.say_on_matrix(on_matrix)
        await asyncio.sleep(chance.uniform(0, longest_pause))


async def while_talking(rooms: TwoRooms, chance: random.Random, trouble: Callable[[], Awaitable[None]]) -> None:
    """Let 200 messages flow both ways with ``trouble`` again and again, then check every one of them."""
    await rooms.bot.start()
    await rooms.bot.ready()
    talking = asyncio.create_task(talk(rooms, chance, longest_pause=0.2))
    while not talking.done():
        await asyncio.wait([talking], timeout=chance.uniform(0.2, 1.5))
        await trouble()
    await talking
    rooms.network.discord.faults.clear()
    await check_all(rooms)


async def check_all(rooms: TwoRooms) -> None:
    await rooms.until_copied(on_discord=FROM_MATRIX, on_matrix=FROM_DISCORD, seconds=120)
    await rooms.settled()
    assert rooms.copies_on_discord() == FROM_MATRIX
    assert await rooms.copies_on_matrix() == FROM_DISCORD


async def test_errors_and_lost_answers_of_discord(rooms: TwoRooms) -> None:
    faults = rooms.network.discord.faults
    kinds: list[Callable[..., Fault]] = [
        partial(Fault.status, "POST", EXECUTE, 503),
        partial(Fault.lost_request, "POST", EXECUTE),
        partial(Fault.late_5xx, "POST", EXECUTE, 502),
        partial(Fault.lost_answer, "POST", EXECUTE),
    ]
    # each once for certain: how many requests there are depends on how many lines come joined
    certain = [faults.add(kind(times=1)) for kind in kinds]
    by_chance = [faults.add(kind(probability=0.08)) for kind in kinds]
    faults.add(Fault.status("GET", r"/channels/\d+/messages.*", 500, probability=0.1))

    async def nothing_more() -> None:
        return

    await while_talking(rooms, random.Random(11), nothing_more)
    assert all(rule.hits for rule in certain)
    unsure = sum(rule.hits for rule in (*certain[2:], *by_chance[2:]))
    assert await rooms.bot.total("bridge_parts_reconciled_total") >= unsure


async def test_the_gateway_cut_off_again_and_again_resumable_or_not(rooms: TwoRooms) -> None:
    chance = random.Random(12)
    discord = rooms.network.discord
    discord.faults.duplicate_events(0.2)

    async def cut() -> None:
        await discord.drop_gateway(resumable=chance.random() < 0.5)

    await while_talking(rooms, chance, cut)
    assert await rooms.bot.total("bridge_messages_repeated_total") > 0


def too_early(rooms: TwoRooms) -> list[RequestRecord]:
    """Return the calls of webhooks that came before a 429 said they might (0.05 s for rounding)."""
    calls = [r for r in rooms.network.discord.requests if r.method == "POST" and re.fullmatch(EXECUTE, r.path)]
    return [
        call
        for before, call in pairwise(calls)
        if before.status == 429
        and before.finished is not None
        and call.started < before.finished + before.response["retry_after"] - 0.05
    ]


class TestLimits:
    @pytest.fixture
    def limits(self) -> RateLimits:
        """Discord's real pattern, ten times faster: 5 in 0.2 s for each webhook, 30 in 6 s for the channel."""
        return RateLimits.discord().scaled(1 / 10)

    async def test_both_webhook_limits_with_a_restart_that_forgets_them(self, rooms: TwoRooms) -> None:
        await rooms.bot.start()
        await rooms.bot.ready()
        talking = asyncio.create_task(talk(rooms, random.Random(13), longest_pause=0.0))
        await rooms.until_counted("bridge_parts_sent_total", lambda sent: sent > 20)
        await rooms.bot.kill()  # what it knew of the limits is gone with it
        await rooms.bot.start()
        await talking
        await check_all(rooms)
        assert rooms.network.discord.limit_hits["shared"] > 0
        # whoever repeats too early is banned one day; only the bot that forgot everything may have, once
        assert len(too_early(rooms)) <= 1


@pytest.mark.long
async def test_synapse_stopped_for_a_minute(rooms: TwoRooms) -> None:
    await rooms.bot.start()
    await rooms.bot.ready()
    for on_discord, on_matrix in zip(FROM_DISCORD[:30], FROM_MATRIX[:30], strict=True):
        await rooms.say_on_discord(on_discord)
        await rooms.say_on_matrix(on_matrix)
    await rooms.network.synapse.stop()
    stopped_at = monotonic()
    for text in FROM_DISCORD[30:]:
        await rooms.say_on_discord(text)
    readiness = await rooms.bot.readiness()
    while readiness["ready"]:
        readiness = await rooms.bot.readiness()
    assert readiness["checks"]["bridge:radio:matrix1"]["detail"].startswith("matrix.")
    await asyncio.sleep(60 - (monotonic() - stopped_at))  # the minute itself is what is tested
    await rooms.network.synapse.start()
    for text in FROM_MATRIX[30:]:
        await rooms.say_on_matrix(text)
    await check_all(rooms)
    await rooms.bot.ready()


async def test_synapse_frozen_in_mid_sentence(rooms: TwoRooms) -> None:
    async def freeze() -> None:
        rooms.network.synapse.suspend()
        await asyncio.sleep(0.4)
        rooms.network.synapse.resume()

    await while_talking(rooms, random.Random(14), freeze)
