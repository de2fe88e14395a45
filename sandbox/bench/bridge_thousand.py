"""What a thousand conversations cost: memory, and the start of a bot that has been there before.

Each joins a channel and a room of its own: real rooms on a real Synapse, a simulated Discord with its real limits,
where a bot that asked for every channel or room would show. Making them takes longer than measuring them; Synapse
makes one room at a time, however many are asked for side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from sandbox.bench.bridge_casts import many
from sandbox.bench.figures import total
from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork

CONVERSATIONS = 1000
SECONDS = 900.0
"""How long the first start may take: the bot enters every room."""
LOOK_SECONDS = 0.25
"""How often it is asked whether it is ready: the answer names two thousand ends, which is work too."""
SETTLE_SECONDS = 10.0
"""After which memory is read: what the start itself took has been given back by then."""

Tell = Callable[[str], None]


async def measure(tell: Tell, *, conversations: int = CONVERSATIONS) -> dict[str, Any]:
    """Return the figures under ``bridge.conversations_1000``. Raises BotDiedError when the bot never gets ready.

    Seconds are from the start of the process until ``/readyz`` says that every end is heard and may speak.
    """
    tell(f"thousand: {conversations} channels and {conversations} rooms are made")
    began = monotonic()
    async with SandboxNetwork(many(conversations), limits=RateLimits.discord()) as network:
        made = monotonic() - began
        tell(f"thousand: made in {made:.0f} s; the first start, which enters every room")
        first = await _start(network)
        await network.bot.stop()
        asked = len(network.discord.requests)
        tell(f"thousand: ready after {first:.1f} s; the second start")
        second = await _start(network)
        requests = len(network.discord.requests) - asked
        await asyncio.sleep(SETTLE_SECONDS)
        metrics = await network.bot.metrics()
        await network.bot.stop()
    return {
        "conversations": conversations,
        "rss_mb": round(total(metrics, "process_resident_memory_bytes") / 2**20, 1),
        "ready_s": round(second, 2),
        "first_ready_s": round(first, 1),
        "discord_requests": requests,
        "made_s": round(made, 1),
    }


async def _start(network: SandboxNetwork) -> float:
    began = monotonic()
    await network.bot.start()
    await network.bot.ready(SECONDS, every=LOOK_SECONDS)
    return monotonic() - began
