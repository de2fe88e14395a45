"""What the bridge costs: what it adds when idle, how near it comes to Synapse's own speed, CPU and memory.

One channel, one room, the simulated Discord without limits, a real Synapse, the bot as a process. All on one
machine, so they share its cores; the raw figure is taken on the same Synapse a moment later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from sandbox.bench.figures import Samples, histogram_quantile, quantile, total
from sandbox.cast import RIVER_AND_HILL, Network
from sandbox.discord import RateLimits, SeenMessage
from sandbox.network import SandboxNetwork

IDLE_MESSAGES = 150
WARM_UP = 20
BURST_MESSAGES = 500
RAW_MESSAGES = 300
CHANNEL, ROOM = ("river-house", "radio"), ("hill-circle", "radio")
ON_DISCORD, ON_MATRIX = "baitoey", "mek"
SECONDS = 300.0

Tell = Callable[[str], None]


def one_conversation() -> Network:
    """Return the cast with the radio conversation alone."""
    cast = RIVER_AND_HILL
    homes = tuple(cast.home(end.home) for end in cast.conversation("radio").ends)
    members = tuple(member for home in homes for member in cast.members_of(home.key))
    return Network(cast.name, cast.organisations, homes, members, (cast.conversation("radio"),))


async def measure(tell: Tell) -> dict[str, Any]:
    """Return the figures under ``bridge``."""
    async with SandboxNetwork(one_conversation(), limits=RateLimits.off()) as network:
        await network.bot.start()
        await network.bot.ready()
        tell(f"idle: {IDLE_MESSAGES} messages each way, one at a time")
        await _one_by_one(network, WARM_UP)
        before = await network.bot.metrics()
        to_matrix, to_discord = await _one_by_one(network, IDLE_MESSAGES)
        after = await network.bot.metrics()
        tell(f"burst: {BURST_MESSAGES} messages at once into Synapse")
        per_second = await _burst(network)
        finished = await network.bot.metrics()
        tell(f"raw: {RAW_MESSAGES} messages of a plain client into the same Synapse")
        raw = await _raw(network)
    sent = total(finished, "bridge_parts_sent_total") - total(before, "bridge_parts_sent_total")
    cpu = total(finished, "process_cpu_seconds_total") - total(before, "process_cpu_seconds_total")
    return {
        "idle_added_ms": {
            "d2m": _added(before, after, "to_matrix"),
            "m2d": _added(before, after, "to_discord"),
        },
        "idle_total_ms": {"d2m": _spread(to_matrix), "m2d": _spread(to_discord)},
        "burst": {
            "messages": BURST_MESSAGES,
            "per_second": round(per_second, 1),
            "raw_per_second": round(raw, 1),
            "ratio": round(per_second / raw, 3),
        },
        "cpu_ms_per_message": round(cpu * 1000 / sent, 2),
        "rss_mb": round(total(finished, "process_resident_memory_bytes") / 2**20, 1),
    }


def _added(before: Samples, after: Samples, direction: str) -> dict[str, float]:
    label = ("direction", direction)
    return {
        name: round(histogram_quantile(before, after, "bridge_added_seconds", label, share) * 1000, 3)
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def _spread(milliseconds: list[float]) -> dict[str, float]:
    return {"p50": round(quantile(milliseconds, 0.5), 1), "p99": round(quantile(milliseconds, 0.99), 1)}


async def _one_by_one(network: SandboxNetwork, count: int) -> tuple[list[float], list[float]]:
    """Say ``count`` messages on each side, each after the last has arrived.

    Returns the milliseconds from the platform's own time of the message to that of its copy, for each direction.
    """
    channel, room = network.channels[CHANNEL], network.rooms[ROOM]
    author, bot = network.on_discord[ON_DISCORD], network.bot_user_id
    to_matrix: list[float] = []
    to_discord: list[float] = []
    for _ in range(count):
        message_id = await author.say(channel, f"idle {perf_counter()}")
        said = next(m for m in reversed(channel.messages()) if m.id == message_id)
        events = await network.keeper.wait_for_next(room, lambda event: event.sender == bot)
        to_matrix.append(events.origin_server_ts - said.created_at.timestamp() * 1000)
    for _ in range(count):
        seen = len(channel.messages())
        await network.say(ON_MATRIX, "radio", f"idle {perf_counter()}")
        copy = (await channel.wait_for(_longer_than(seen), timeout=SECONDS))[-1]
        original = await network.keeper.wait_for_next(room, lambda event: event.sender != bot)
        to_discord.append(copy.created_at.timestamp() * 1000 - original.origin_server_ts)
    return to_matrix, to_discord


async def _burst(network: SandboxNetwork) -> float:
    """Say everything at once on Discord; return the messages a second that reached the room."""
    author, channel = network.on_discord[ON_DISCORD], network.channels[CHANNEL]
    room, bot = network.rooms[ROOM], network.bot_user_id
    await network.keeper.messages(room)  # from here on it reads only what is new
    already = await network.bot.total("bridge_parts_sent_total")
    began = datetime.now(UTC).timestamp()
    for number in range(BURST_MESSAGES):
        await author.say(channel, f"burst {number}")
    # asked of the bot, not of the homeserver: looking there would slow down what is measured
    async with asyncio.timeout(SECONDS):
        while await network.bot.total("bridge_parts_sent_total") < already + BURST_MESSAGES:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    copies = [e for e in await network.keeper.messages(room, since_start=False) if e.sender == bot]
    if [e.body.rsplit(": ", 1)[1] for e in copies] != [f"burst {number}" for number in range(BURST_MESSAGES)]:
        raise RuntimeError("the burst did not arrive whole and in order")
    return BURST_MESSAGES / (copies[-1].origin_server_ts / 1000 - began)


async def _raw(network: SandboxNetwork) -> float:
    """Let a plain client send one after the other, as order demands; return messages a second."""
    person, room = network.on_matrix[ON_MATRIX], network.rooms[ROOM]
    began = perf_counter()
    for number in range(RAW_MESSAGES):
        await person.say(room, f"raw {number}")
    return RAW_MESSAGES / (perf_counter() - began)


def _longer_than(count: int) -> Callable[[list[SeenMessage]], bool]:
    return lambda messages: len(messages) > count
