"""Many messages at once: how near the bridge comes to what the two platforms themselves allow.

Towards Matrix the raw figure is plain clients on the same Synapse: one for each room, side by side, each sending
one after the other, as order demands, and each message with ``m.mentions``, as clients of today send them (for
Synapse that is a sixth of its work). They send before and after each burst, so that a machine that is quick at one
time and slow at another is so for both. Towards Discord the best possible follows from its limits. The authors take
turns, so that nothing can be gained by joining lines of one of them.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import Any

from sandbox.bench.bridge_casts import HILL, ON_DISCORD, ON_MATRIX, plain_key
from sandbox.bench.bridge_places import channel_of, room_of
from sandbox.cast import Conversation
from sandbox.discord import RateLimits, SeenMessage, Window
from sandbox.matrix.talk import words
from sandbox.network import SandboxNetwork

ROUNDS, MESSAGES, RAW_MESSAGES = 3, 500, 160
EIGHT = 8
DISCORD_MESSAGES = 30
WEBHOOKS = 4
"""How many webhooks speak in one channel, as docs/matrix-and-discord-limits.md has it."""
SECONDS = 300.0


@dataclass(slots=True)
class Rate:
    """How many messages took how long, over all rounds."""

    messages: int = 0
    seconds: float = 0.0

    def add(self, messages: int, seconds: float) -> None:
        self.messages += messages
        self.seconds += seconds

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


async def towards_matrix(network: SandboxNetwork, conversations: Sequence[Conversation]) -> dict[str, Any]:
    """Say everything at once on Discord, in as many channels as there are conversations, several times.

    ``raw`` is what plain clients send into the same rooms, where the bot hears and carries it; ``elsewhere`` what
    they send into rooms of which the bot knows nothing. Raises RuntimeError when not every message arrived once and
    in order, TimeoutError when not all arrived.
    """
    rooms = [room_of(network, each) for each in conversations]
    others = [network.rooms[HILL, plain_key(number)] for number in range(1, len(rooms) + 1)]
    burst, raw, elsewhere = Rate(), Rate(), Rate()
    for number in range(ROUNDS):
        for when in ("before", "after"):
            if when == "after":
                burst.add(*await _burst(network, conversations))
            text = f"raw {number} {when}"
            elsewhere.add(*await _raw(network, others, text))
            raw.add(*await _raw(network, rooms, text))
            await _carried(network, conversations, f"{text} {RAW_MESSAGES // len(rooms) - 1}")
    return {
        "messages": burst.messages,
        "per_second": round(burst.per_second, 1),
        "raw_per_second": round(raw.per_second, 1),
        "ratio": round(burst.per_second / raw.per_second, 3),
        "elsewhere_per_second": round(elsewhere.per_second, 1),
        "ratio_to_elsewhere": round(burst.per_second / elsewhere.per_second, 3),
    }


async def _burst(network: SandboxNetwork, conversations: Sequence[Conversation]) -> tuple[int, float]:
    """Return how many messages there were, and the seconds from before the first to the last copy."""
    rooms = [room_of(network, each) for each in conversations]
    channels = [channel_of(network, each) for each in conversations]
    count = MESSAGES // len(rooms)
    for room in rooms:
        await network.keeper.messages(room)  # from here on it reads only what is new
    already = await network.bot.total("bridge_parts_sent_total")
    began = datetime.now(UTC).timestamp()
    for number, author in zip(range(count), cycle(ON_DISCORD), strict=False):
        for channel in channels:
            await network.on_discord[author].say(channel, f"burst {number}")
    # asked of the bot, not of the homeserver: looking there would slow down what is measured
    async with asyncio.timeout(SECONDS):
        while await network.bot.total("bridge_parts_sent_total") < already + count * len(rooms):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    ended = max([await _require_all(network, room, count) for room in rooms])
    return count * len(rooms), ended - began


async def _require_all(network: SandboxNetwork, room: str, count: int) -> float:
    """Return when the last copy stood in a room, in seconds since 1970."""
    copies = [
        event
        for event in await network.keeper.messages(room, since_start=False)
        if event.sender == network.bot_user_id
    ]
    if [event.body.rsplit(": ", 1)[1] for event in copies] != [f"burst {number}" for number in range(count)]:
        raise RuntimeError("the burst did not arrive whole and in order")
    return copies[-1].origin_server_ts / 1000


async def _raw(network: SandboxNetwork, rooms: Sequence[str], text: str) -> tuple[int, float]:
    """Let plain clients send into all rooms side by side; return how many messages there were, and the seconds."""
    count = RAW_MESSAGES // len(rooms)

    async def fill(room: str, author: str) -> None:
        for number in range(count):
            said = {**words(f"{text} {number}"), "m.mentions": {}}
            await network.on_matrix[author].send(room, "m.room.message", said)

    began = perf_counter()
    await asyncio.gather(*(fill(room, author) for room, author in zip(rooms, cycle(ON_MATRIX), strict=False)))
    return count * len(rooms), perf_counter() - began


async def _carried(network: SandboxNetwork, conversations: Sequence[Conversation], last: str) -> None:
    """Wait until the bot has carried what plain clients said, up to ``last``: nothing else goes on behind it."""
    for each in conversations:
        await channel_of(network, each).wait_for(lambda seen: seen[-1].content.endswith(last), timeout=SECONDS)


# ── towards Discord


async def towards_discord(
    network: SandboxNetwork, conversations: Sequence[Conversation], limits: RateLimits
) -> dict[str, Any]:
    """Say 30 messages at once on Matrix, for a channel in which nothing was said yet; the median of several.

    Seconds are from the first copy to the last, by Discord's own time. Raises RuntimeError when a copy is missing
    or out of order.
    """
    took = [await _into_channel(network, each) for each in conversations]
    best = best_possible(limits)
    seconds = median(took)
    return {
        "seconds": round(seconds, 3),
        "best_possible_seconds": best,
        "ratio": round(seconds / best, 3),
        "each_seconds": [round(each, 3) for each in took],
    }


def best_possible(limits: RateLimits) -> float:
    """Return for how many seconds Discord's limits hold the last message back behind the first."""
    assert limits.webhook is not None
    assert limits.channel_webhooks is not None
    pool = Window(limits.webhook.requests * WEBHOOKS, limits.webhook.seconds)
    return max(_held(pool), _held(limits.channel_webhooks))


def _held(window: Window) -> float:
    return (math.ceil(DISCORD_MESSAGES / window.requests) - 1) * window.seconds


async def _into_channel(network: SandboxNetwork, conversation: Conversation) -> float:
    channel, room = channel_of(network, conversation), room_of(network, conversation)
    turns = [author for author, _ in zip(cycle(ON_MATRIX), range(DISCORD_MESSAGES), strict=False)]
    # handed over side by side; which comes first is then the homeserver's to say
    await asyncio.gather(
        *(network.on_matrix[author].say(room, f"burst {number}") for number, author in enumerate(turns))
    )
    copies = await channel.wait_for(lambda seen: len(_copies(seen)) >= DISCORD_MESSAGES, timeout=SECONDS)
    said = [event.body for event in await network.keeper.messages(room) if event.body.startswith("burst ")]
    if [copy.content for copy in _copies(copies)] != said:
        raise RuntimeError("the burst did not arrive whole and in order")
    times = [copy.created_at.timestamp() for copy in _copies(copies)]
    return times[-1] - times[0]


def _copies(messages: Sequence[SeenMessage]) -> list[SeenMessage]:
    return [each for each in messages if each.webhook_id is not None]
