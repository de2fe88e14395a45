"""What the bridge costs, and how near it comes to what the platforms allow.

A real Synapse, a simulated Discord and the bot as a process share one machine's cores. Three networks, one after
the other: Discord without limits for what the bridge itself adds and how fast it is; with its real limits for how
it keeps to them; and a thousand conversations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.bench import bridge_bursts, bridge_idle, bridge_isolation, bridge_thousand, convert
from sandbox.bench.bridge_casts import bursts_and_isolation, pairs
from sandbox.bench.figures import total
from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork

DISCORD_BURSTS = 3

Tell = Callable[[str], None]


async def measure(tell: Tell, *, conversations: int = bridge_thousand.CONVERSATIONS) -> dict[str, Any]:
    """Return the figures under ``bridge``; ``conversations`` is how many "a thousand" are, for a shorter run."""
    return {
        **await _without_limits(tell),
        **await _with_limits(tell),
        **await convert.measure(tell),
        "conversations_1000": await bridge_thousand.measure(tell, conversations=conversations),
    }


async def _without_limits(tell: Tell) -> dict[str, Any]:
    async with SandboxNetwork(pairs(bridge_bursts.EIGHT), limits=RateLimits.off()) as network:
        await network.bot.start()
        await network.bot.ready()
        first, *_ = every = network.cast.conversations
        tell(f"idle: {bridge_idle.MESSAGES} messages each way, one at a time")
        before = await network.bot.metrics()
        idle = await bridge_idle.measure(network, first)
        rounds = f"{bridge_bursts.ROUNDS} times {bridge_bursts.MESSAGES} messages at once"
        tell(f"burst: {rounds} into one room, and a plain client before and after")
        burst = await bridge_bursts.towards_matrix(network, [first])
        tell(f"burst: {rounds} into {len(every)} rooms, and plain clients before and after")
        burst_8 = await bridge_bursts.towards_matrix(network, every)
        after = await network.bot.metrics()
    gained = {
        name: total(after, name) - total(before, name)
        for name in ("bridge_parts_sent_total", "process_cpu_seconds_total")
    }
    return {
        **idle,
        "burst": burst,
        "burst_8": burst_8,
        "cpu_ms_per_message": round(
            gained["process_cpu_seconds_total"] * 1000 / gained["bridge_parts_sent_total"], 2
        ),
        "rss_mb": round(total(after, "process_resident_memory_bytes") / 2**20, 1),
    }


async def _with_limits(tell: Tell) -> dict[str, Any]:
    limits = RateLimits.discord()
    async with SandboxNetwork(bursts_and_isolation(DISCORD_BURSTS), limits=limits) as network:
        await network.bot.start()
        await network.bot.ready()
        every = network.cast.conversations
        tell(f"limits: {bridge_bursts.DISCORD_MESSAGES} messages at once into a channel, {DISCORD_BURSTS} times")
        burst = await bridge_bursts.towards_discord(network, every[:DISCORD_BURSTS], limits)
        tell(f"isolation: {bridge_isolation.MESSAGES} messages in each of two conversations, by turns")
        held_back, free = every[DISCORD_BURSTS:]
        isolation = await bridge_isolation.measure(network, held_back, free)
    return {"discord_burst_30": burst, **isolation}
