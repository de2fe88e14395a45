"""Whether an end that Discord holds back slows down another end of the same conversation.

Two conversations of two rooms each; one of them has a channel too, in which so much was said that Discord's limit
for all its webhooks together holds it back for the whole of the measure. Messages from the first room to the
second take turns between the two conversations, one at a time, so that whatever else the machine is at falls on
both alike.
"""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import Any

from sandbox.bench.bridge_casts import ON_MATRIX
from sandbox.bench.bridge_places import rooms_of
from sandbox.bench.figures import quantile
from sandbox.cast import Conversation
from sandbox.network import SandboxNetwork

MESSAGES = 300
HAMMERED = 60
"""Twice what a channel takes in a minute; each measured message is one more on top."""
SECONDS = 120.0


async def measure(
    network: SandboxNetwork, held_back: Conversation, free: Conversation, messages: int = MESSAGES
) -> dict[str, Any]:
    """Return the figures. Raises RuntimeError when the channel was not held back until the end.

    The time of a message is from its own to its copy's, both by the homeserver's clock: coarser than what the bot
    adds by its own, and far less scattered.
    """
    await _hammer(network, held_back)
    for _ in range(10):
        for each in (held_back, free):
            await _one(network, each, ON_MATRIX[0])
    slowed: list[float] = []
    plain: list[float] = []
    for number, author in zip(range(messages), cycle(ON_MATRIX), strict=False):
        turns = ((held_back, slowed), (free, plain))
        for conversation, times in turns if number % 2 else reversed(turns):
            times.append(await _one(network, conversation, author))
    if not await _waiting(network):
        raise RuntimeError("the channel was not held back until the end")
    held, without = quantile(slowed, 0.99), quantile(plain, 0.99)
    return {
        "isolation_p99_ratio": round(held / without, 3),
        "isolation": {
            "messages": messages,
            "p99_ms": {"with": round(held, 1), "without": round(without, 1)},
            "p50_ms": {"with": round(quantile(slowed, 0.5), 1), "without": round(quantile(plain, 0.5), 1)},
        },
    }


async def _hammer(network: SandboxNetwork, conversation: Conversation) -> None:
    """Say so much that the channel is held back."""
    room = rooms_of(network, conversation)[0]
    for number, author in zip(range(HAMMERED), cycle(ON_MATRIX), strict=False):
        await network.on_matrix[author].say(room, f"hammer {number}")
    there = rooms_of(network, conversation)[1]
    await network.keeper.wait_until(there, lambda seen: len(seen) >= HAMMERED, timeout=SECONDS)
    await network.keeper.messages(room)
    async with asyncio.timeout(SECONDS):
        while not await _waiting(network):  # noqa: ASYNC110 - another process's metric is asked for
            await asyncio.sleep(0.2)


async def _waiting(network: SandboxNetwork) -> bool:
    """Say whether much waits for the channel."""
    depths = [
        value
        for (name, labels), value in (await network.bot.metrics()).items()
        if name == "bridge_lane_depth" and "discord" in dict(labels)["lane"]
    ]
    return max(depths) >= HAMMERED // 3


async def _one(network: SandboxNetwork, conversation: Conversation, author: str) -> float:
    """Say something in the first room; return the milliseconds until its copy stands in the second."""
    here, there = rooms_of(network, conversation)
    bot = network.bot_user_id
    await network.on_matrix[author].say(here, "one more")
    copy = await network.keeper.wait_for_next(there, lambda event: event.sender == bot, timeout=SECONDS)
    original = await network.keeper.wait_for_next(here, lambda event: event.sender != bot, timeout=SECONDS)
    return float(copy.origin_server_ts - original.origin_server_ts)
