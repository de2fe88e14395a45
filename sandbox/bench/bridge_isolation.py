"""Whether an end that Discord holds back slows down another end of the same conversation.

Two conversations of two rooms each; one of them has a channel too, in which so much was said that Discord's limit
for all its webhooks together holds it back for the whole of the measure. Messages from the first room to the
second take turns between the two conversations at a steady pace, far below what the homeserver bears, so that
whatever else the machine is at falls on both alike. Nobody looks on meanwhile: the times are read at the end.
"""

from __future__ import annotations

import asyncio
from itertools import cycle
from time import perf_counter
from typing import Any

from sandbox.bench.bridge_casts import ON_MATRIX
from sandbox.bench.bridge_places import rooms_of
from sandbox.bench.figures import quantile
from sandbox.cast import Conversation
from sandbox.network import SandboxNetwork

MESSAGES, WARM_UP = 600, 10
"""In each conversation: the p99 is then one of the six slowest, not the one that something else held up."""
PACE_SECONDS = 0.1
HAMMERED = 60
"""Twice what a channel takes in a minute; each measured message is one more on top."""
SECONDS = 120.0


async def measure(
    network: SandboxNetwork, held_back: Conversation, free: Conversation, messages: int = MESSAGES
) -> dict[str, Any]:
    """Return the figures.

    Raises RuntimeError when the channel was not held back until the end, or a copy is missing.

    The time of a message is from its own to its copy's, both by the homeserver's clock: coarser than what the bot
    adds by its own, and far less scattered.
    """
    await _hammer(network, held_back)
    due = perf_counter()
    for number, author in zip(range(WARM_UP + messages), cycle(ON_MATRIX), strict=False):
        turns = (held_back, free)
        for conversation in turns if number % 2 else reversed(turns):
            await asyncio.sleep(due - perf_counter())
            await network.on_matrix[author].say(rooms_of(network, conversation)[0], f"paced {number}")
            due += PACE_SECONDS
    if not await _waiting(network):
        raise RuntimeError("the channel was not held back until the end")
    numbers = range(WARM_UP, WARM_UP + messages)
    slowed, plain = [await _times(network, each, numbers) for each in (held_back, free)]
    held, without = quantile(slowed, 0.99), quantile(plain, 0.99)
    return {
        "isolation_p99_ratio": round(held / without, 3),
        "isolation": {
            "messages": messages,
            "p99_ms": {"with": round(held, 1), "without": round(without, 1)},
            "p50_ms": {"with": round(quantile(slowed, 0.5), 1), "without": round(quantile(plain, 0.5), 1)},
        },
    }


async def _times(network: SandboxNetwork, conversation: Conversation, numbers: range) -> list[float]:
    """Return for each message the milliseconds until its copy stood in the second room."""
    here, there = rooms_of(network, conversation)
    last = f": paced {numbers[-1]}"
    await network.keeper.wait_until(there, lambda seen: seen[-1].body.endswith(last), timeout=SECONDS)
    said, came = [
        {event.body.rpartition(": ")[2]: event.origin_server_ts for event in await network.keeper.messages(room)}
        for room in (here, there)
    ]
    if missing := [number for number in numbers if f"paced {number}" not in came]:
        raise RuntimeError(f"{len(missing)} copies are missing")
    return [float(came[f"paced {number}"] - said[f"paced {number}"]) for number in numbers]


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
