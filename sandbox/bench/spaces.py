"""How long it takes to make learning spaces by the hundred, against what the platforms' limits allow.

On Discord: one person types one ``/space create`` for each space of the template ``pilot`` (a category and six
channels), by turns on two servers; Discord's real limits are on. It ends when the one private message that tells
how it goes says that all are done.

``best_possible_seconds`` is computed, not measured. What stands at the end is counted, and with it the requests
that cannot be spared: one for each category, channel and role, two for each pinned post (saying it, pinning it).
Each falls into a bucket of Discord's: a route of one server or one channel, so many requests in so many seconds.
The first window is free; so a bucket of *n* requests lasts at least ``(ceil(n / allowed) - 1) * seconds``, and the
longest bucket is the answer; all of it together must also pass the global limit. Looking at what stands, answering
the person, letting them in, telling them how it goes: none of that counts as needed, so a ratio of one is out of
reach.

On Matrix the limits of Synapse are raised, so that there is no best possible; what is compared there is one plain
client that makes as many rooms, one after the other, on the same homeserver.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

from sandbox.at_discord import AtDiscord
from sandbox.bench.figures import Samples, total
from sandbox.cast import RIVER_AND_HILL, Network
from sandbox.discord import RateLimits, SimGuild
from sandbox.discord.ratelimits import Window
from sandbox.network import SandboxNetwork

SPACES, ON_MATRIX = 100, 20
SERVERS = ("river-house", "paper-boat-studio")
SECONDS = 900.0
EDIT = ("PATCH", "/channels/{id}/messages/{id}")

Tell = Callable[[str], None]
Needed = Counter[tuple[str, str]]
"""How many requests that cannot be spared, by route and by the server or channel that the limit is counted for."""


def only_the_servers() -> Network:
    """Return the cast's homes without anybody in them, without conversations and spaces."""
    cast = RIVER_AND_HILL
    return Network(cast.name, cast.organisations, cast.homes, (), ())


async def measure(
    tell: Tell, *, spaces: int = SPACES, on_matrix: int = ON_MATRIX, limits: RateLimits | None = None
) -> dict[str, Any]:
    """Return the figures under ``spaces``. Raises RuntimeError when anything stands twice or is missing."""
    limits = RateLimits.discord() if limits is None else limits
    async with SandboxNetwork(only_the_servers(), limits=limits) as network:
        await network.bot.start()
        await network.bot.ready()
        here = await AtDiscord.appoint(network, SERVERS[0], "founder", display="Founder", alias="First Founder")
        there = here.at(SERVERS[1])
        discord = await _on_discord(network, (here, there), spaces, limits, tell)
        matrix = await _on_matrix(network, here, on_matrix, tell)
    return {
        "provision": {
            **{name: discord[name] for name in ("seconds", "best_possible_seconds", "ratio")},
            "discord": discord,
            "matrix": matrix,
        }
    }


# ── Discord


async def _on_discord(
    network: SandboxNetwork, founders: Sequence[AtDiscord], spaces: int, limits: RateLimits, tell: Tell
) -> dict[str, Any]:
    guilds = [network.guilds[key] for key in SERVERS]
    before = [_counted(guild) for guild in guilds]
    tell(f"spaces: {spaces} on two servers, one command each")
    metrics = await network.bot.metrics()
    began = monotonic()
    for number in range(spaces):
        await founders[number % 2].do("space create", template="pilot", title=title_of(number), where="here")
    commanded = monotonic() - began
    await founders[0].until_told(f"{spaces} of {spaces} spaces", seconds=SECONDS)
    seconds = monotonic() - began
    after = await network.bot.metrics()
    requests = [record for record in network.discord.requests if record.started >= began]
    _require_all(guilds, before, spaces)
    needed = needed_requests(guilds, before)
    best = best_possible(needed, limits)
    told = len(founders[0].told())
    if told != 1:
        raise RuntimeError(f"progress was told in {told} messages")
    return {
        "spaces": spaces,
        "seconds": round(seconds, 1),
        "best_possible_seconds": round(best, 1),
        "ratio": round(seconds / best, 3) if best else None,
        "commands_seconds": round(commanded, 1),
        "requests": len(requests),
        "needed_requests": needed.total(),
        "rate_limited": sum(record.status == 429 for record in requests),
        "progress": {
            "messages": told,
            "edits": sum(
                record.method == "PATCH" and record.template == "/channels/{id}/messages/{id}"
                for record in requests
            ),
        },
        "bot_cpu_ms_per_space": round(_gained(metrics, after) * 1000 / spaces, 1),
        "rss_mb": round(total(after, "process_resident_memory_bytes") / 2**20, 1),
    }


def title_of(number: int) -> str:
    """Return a title that is like no other."""
    signs = "abcdefghij"
    return f"Circle {''.join(signs[int(digit)] for digit in f'{number:03}')}"


def _counted(guild: SimGuild) -> tuple[frozenset[int], frozenset[int]]:
    """Return the channels and roles that there are."""
    return frozenset(each.id for each in guild.channels()), frozenset(each.id for each in guild.roles())


def _require_all(
    guilds: Iterable[SimGuild], before: Iterable[tuple[frozenset[int], frozenset[int]]], spaces: int
) -> None:
    made = [
        each
        for guild, (channels, _) in zip(guilds, before, strict=True)
        for each in guild.categories()
        if each.id not in channels
    ]
    if sorted(each.name for each in made) != sorted(title_of(number) for number in range(spaces)):
        raise RuntimeError(f"{len(made)} categories for {spaces} spaces")
    for guild in guilds:
        for category in guild.categories():
            if category in made and len(guild.in_category(category)) != 6:
                raise RuntimeError("a space without its six channels")


def needed_requests(guilds: Iterable[SimGuild], before: Iterable[tuple[frozenset[int], frozenset[int]]]) -> Needed:
    """Count the requests without which what stands now would not stand."""
    needed: Needed = Counter()
    for guild, (channels, roles) in zip(guilds, before, strict=True):
        made = [each for each in guild.channels() if each.id not in channels]
        needed["POST /guilds/{id}/channels", str(guild.id)] += len(made)
        needed["POST /guilds/{id}/roles", str(guild.id)] += sum(each.id not in roles for each in guild.roles())
        for channel in made:
            if channel.kind == "text" and (pins := sum(each.pinned for each in channel.messages())):
                needed["POST /channels/{id}/messages", str(channel.id)] += pins
                needed["PUT /channels/{id}/messages/pins/{id}", str(channel.id)] += pins
    return needed


def best_possible(needed: Needed, limits: RateLimits) -> float:
    """Return for how many seconds the limits hold these requests back, at the least."""
    windows: dict[str, Window | None] = {"POST /channels/{id}/messages": limits.create_message}
    held = [_held(count, windows.get(route, limits.other_routes)) for (route, _), count in needed.items()]
    return max([*held, _held(needed.total(), limits.everything)])


def _held(count: int, window: Window | None) -> float:
    return 0.0 if window is None or not count else (math.ceil(count / window.requests) - 1) * window.seconds


# ── Matrix


async def _on_matrix(network: SandboxNetwork, founder: AtDiscord, spaces: int, tell: Tell) -> dict[str, Any]:
    tell(f"spaces: {spaces} on Matrix, one command each")
    before, metrics = len(await network.synapse.room_ids()), await network.bot.metrics()
    began = monotonic()
    for number in range(spaces):
        await founder.do("space create", template="pilot", title=f"Hill {title_of(number)}", where="matrix")
    await founder.until_told(f"{spaces} of {spaces} spaces", seconds=SECONDS)
    seconds = monotonic() - began
    after = await network.bot.metrics()
    rooms = len(await network.synapse.room_ids()) - before
    if rooms != 7 * spaces:
        raise RuntimeError(f"{rooms} rooms for {spaces} spaces")
    tell(f"spaces: {rooms} rooms of a plain client on the same homeserver")
    began = monotonic()
    for number in range(rooms):
        await network.keeper.create_room(f"plain {number}", topic="as plain as can be")
    raw = monotonic() - began
    return {
        "spaces": spaces,
        "rooms": rooms,
        "seconds": round(seconds, 1),
        "rooms_per_second": round(rooms / seconds, 1),
        "raw_rooms_per_second": round(rooms / raw, 1),
        "bot_cpu_ms_per_space": round(_gained(metrics, after) * 1000 / spaces, 1),
    }


def _gained(before: Samples, after: Samples) -> float:
    return total(after, "process_cpu_seconds_total") - total(before, "process_cpu_seconds_total")
