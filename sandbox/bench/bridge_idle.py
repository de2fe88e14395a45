"""What the bridge adds when nothing else is going on: one message at a time, each after the last has arrived."""

from __future__ import annotations

from itertools import cycle
from time import perf_counter
from typing import Any

from sandbox.bench.bridge_casts import ON_DISCORD, ON_MATRIX
from sandbox.bench.bridge_places import channel_of, room_of
from sandbox.bench.figures import Samples, histogram_quantile, quantile
from sandbox.cast import Conversation
from sandbox.network import SandboxNetwork

MESSAGES = 400
"""Each way: the p99 is then one of the four slowest, not the one that something else held up."""
WARM_UP = 20
SECONDS = 60.0


async def measure(network: SandboxNetwork, conversation: Conversation) -> dict[str, Any]:
    """Return the figures ``idle_added_ms`` (by the bot's own clock) and ``idle_total_ms`` (by the platforms')."""
    await _one_by_one(network, conversation, WARM_UP)
    before = await network.bot.metrics()
    to_matrix, to_discord = await _one_by_one(network, conversation, MESSAGES)
    after = await network.bot.metrics()
    return {
        "idle_added_ms": {
            "d2m": added_ms(before, after, "to_matrix"),
            "m2d": added_ms(before, after, "to_discord"),
        },
        "idle_total_ms": {"d2m": _spread(to_matrix), "m2d": _spread(to_discord)},
    }


def added_ms(before: Samples, after: Samples, direction: str) -> dict[str, float]:
    """Return what the bot says it added between two looks at its metrics."""
    label = ("direction", direction)
    return {
        name: round(histogram_quantile(before, after, "bridge_added_seconds", label, share) * 1000, 3)
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def _spread(milliseconds: list[float]) -> dict[str, float]:
    return {"p50": round(quantile(milliseconds, 0.5), 1), "p99": round(quantile(milliseconds, 0.99), 1)}


async def _one_by_one(
    network: SandboxNetwork, conversation: Conversation, count: int
) -> tuple[list[float], list[float]]:
    """Say ``count`` messages on each side, each after the last has arrived.

    Returns the milliseconds from the platform's own time of the message to that of its copy, for each direction.
    """
    channel, room = channel_of(network, conversation), room_of(network, conversation)
    bot = network.bot_user_id
    to_matrix: list[float] = []
    to_discord: list[float] = []
    for _, author in zip(range(count), cycle(ON_DISCORD), strict=False):
        message_id = await network.on_discord[author].say(channel, f"idle {perf_counter()}")
        said = channel.message(message_id)
        copy = await network.keeper.wait_for_next(room, lambda event: event.sender == bot, timeout=SECONDS)
        to_matrix.append(copy.origin_server_ts - said.created_at.timestamp() * 1000)
    for _, author in zip(range(count), cycle(ON_MATRIX), strict=False):
        seen = channel.newest()
        await network.on_matrix[author].say(room, f"idle {perf_counter()}")
        arrived = await channel.wait_for_newer(seen, timeout=SECONDS)
        original = await network.keeper.wait_for_next(room, lambda event: event.sender != bot)
        to_discord.append(arrived.created_at.timestamp() * 1000 - original.origin_server_ts)
    return to_matrix, to_discord
