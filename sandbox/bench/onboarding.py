"""How long newcomers wait for their welcome when many come at once.

Half of them join two Discord servers, whose real limits are on, half join two Matrix lobbies on a real Synapse with
raised limits. The welcome is there when a message in the server's welcome channel names the newcomer, and when the
first card stands in the newcomer's private room. All on one machine, so Synapse, the simulated Discord, its people
and the bot share its cores.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic, time
from typing import Any

from sandbox.bench.figures import Samples, quantile, total
from sandbox.cast import RIVER_AND_HILL, Network
from sandbox.discord import RateLimits, SimMember
from sandbox.matrix import MatrixPerson
from sandbox.network import SandboxNetwork

MEMBERS = 300
WITHIN = 60.0
"""Seconds over which the newcomers come, one after the other at an even pace."""
SECONDS = 300.0
READERS = 8

Tell = Callable[[str], None]
Span = tuple[float, float]
"""When somebody joined and when their welcome was there, in seconds since 1970."""


def only_arriving() -> Network:
    """Return the cast's homes and spaces, without conversations and without those who are there already."""
    cast = RIVER_AND_HILL
    return Network(cast.name, cast.organisations, cast.homes, (), (), cast.spaces)


async def measure(tell: Tell, *, members: int = MEMBERS, within: float = WITHIN) -> dict[str, Any]:
    """Return the figures under ``onboarding``. Raises RuntimeError when anybody is greeted twice."""
    half = members // 2
    async with SandboxNetwork(only_arriving(), limits=RateLimits.discord()) as network:
        await network.bot.start()
        await network.bot.ready()
        tell(f"onboarding: {half} accounts on Matrix are made")
        people = await network.synapse.people(
            {f"newcomer-{number}": f"Newcomer {number}" for number in range(half)}
        )
        began = monotonic()
        before = await network.bot.metrics()
        tell(f"onboarding: {2 * half} newcomers within {within:g} s")
        on_discord, on_matrix = await asyncio.gather(
            _join_discord(network, half, within), _join_matrix(network, people, within)
        )
        tell("onboarding: waiting until the last is welcomed")
        discord = await _welcomed_on_discord(network, on_discord)
        matrix = await _welcomed_on_matrix(network, people, on_matrix)
        after = await network.bot.metrics()
        requests = [record for record in network.discord.requests if record.started >= began]
    spans = [*discord, *matrix]
    return {
        "members": len(spans),
        "within_seconds": within,
        "seconds": round(max(there for _, there in spans) - min(joined for joined, _ in spans), 1),
        "welcome_ms": _spread(spans),
        "discord": {
            "welcome_ms": _spread(discord),
            "requests": len(requests),
            "rate_limited": sum(record.status == 429 for record in requests),
        },
        "matrix": {"welcome_ms": _spread(matrix)},
        "bot_cpu_ms_per_member": round(_gained(before, after, "process_cpu_seconds_total") * 1000 / len(spans), 1),
        "rss_mb": round(total(after, "process_resident_memory_bytes") / 2**20, 1),
    }


async def _join_discord(network: SandboxNetwork, count: int, within: float) -> list[SimMember]:
    guilds = [network.guilds[home.key] for home in network.cast.homes_on("discord")]
    came: list[SimMember] = []
    began = asyncio.get_running_loop().time()
    for number in range(count):
        await _until(began + within * number / count)
        came.append(guilds[number % len(guilds)].add_member(f"newcomer.{number}", display=f"Newcomer {number}"))
    return came


async def _join_matrix(network: SandboxNetwork, people: Sequence[MatrixPerson], within: float) -> list[float]:
    """Let everybody join; return when each began to."""
    lobbies = [network.rooms[home.key, str(home.welcome)] for home in network.cast.homes_on("matrix")]
    began = asyncio.get_running_loop().time()

    async def join(number: int, person: MatrixPerson) -> float:
        # half a step beside Discord's, so that the two do not come in pairs
        await _until(began + within * (number + 0.5) / len(people))
        moment = time()
        await person.join(lobbies[number % len(lobbies)])
        return moment

    return list(await asyncio.gather(*(join(number, person) for number, person in enumerate(people))))


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


async def _welcomed_on_discord(network: SandboxNetwork, came: Sequence[SimMember]) -> list[Span]:
    """Wait until each is named in the welcome channel of their server; exactly once."""
    spans: list[Span] = []
    for home in network.cast.homes_on("discord"):
        guild, channel = network.guilds[home.key], network.channels[home.key, str(home.welcome)]
        here = {f"<@{member.id}>": member for member in came if member.guild_id == guild.id}
        seen = await channel.wait_for(
            lambda messages, names=here: all(any(n in m.content for m in messages) for n in names),  # type: ignore[misc]
            timeout=SECONDS,
        )
        named = Counter(name for message in seen for name in here if name in message.content)
        if set(named.values()) != {1}:
            raise RuntimeError("somebody was greeted twice on Discord")
        spans += [
            (guild.joined_at(member).timestamp(), message.created_at.timestamp())
            for message in seen
            for name, member in here.items()
            if name in message.content
        ]
    return spans


async def _welcomed_on_matrix(
    network: SandboxNetwork, people: Sequence[MatrixPerson], joined: Sequence[float]
) -> list[Span]:
    """Wait until each has a room of their own with one card in it. The time is the homeserver's own of the card."""
    readers, bot = asyncio.Semaphore(READERS), network.bot_user_id

    async def read(person: MatrixPerson, moment: float) -> Span:
        async with readers:
            await person.wait_for_invitation(lambda each: each.inviter == bot, timeout=SECONDS)
            invitations = [each for each in await person.invitations() if each.inviter == bot]
            if len(invitations) != 1:
                raise RuntimeError("somebody has several rooms on Matrix")
            room = await person.join(invitations[0].room_id)
            said = await person.wait_until(room, lambda seen: any(e.sender == bot for e in seen), timeout=SECONDS)
            cards = [event for event in said if event.sender == bot]
            if len(cards) != 1:
                raise RuntimeError("somebody was greeted twice on Matrix")
            return moment, cards[0].origin_server_ts / 1000

    # the first have been welcomed long ago: looking while others still wait would slow down what is measured
    await people[-1].wait_for_invitation(lambda each: each.inviter == bot, timeout=SECONDS)
    return list(await asyncio.gather(*(read(*each) for each in zip(people, joined, strict=True))))


def _spread(spans: Sequence[Span]) -> dict[str, float]:
    waited = [(there - joined) * 1000 for joined, there in spans]
    return {name: round(quantile(waited, share), 1) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


def _gained(before: Samples, after: Samples, name: str) -> float:
    return total(after, name) - total(before, name)
