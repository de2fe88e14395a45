"""What stands on the platforms, whole and in values that can be compared: before, after, and what differs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.discord import SimGuild
from sandbox.matrix import RealSynapse

Standing = Mapping[str, str]
"""One line for each thing that can be told apart: where it is, and how it is."""

_AT_ONCE = 8
_COMING_AND_GOING = "m.room.member"


def of_guild(guild: SimGuild) -> Standing:
    """Return everything administrators can see of a server: roles, channels, who may do what, what is pinned."""
    found: dict[str, str] = {}
    # by their order: a role that came and went leaves a gap in the numbers, which means nothing
    for rank, role in enumerate(reversed(guild.roles())):
        found[f"role {role.id}"] = f"{role.name} {rank} {sorted(role.permissions)} {role.color}"
    for channel in guild.channels():
        of = f"channel {channel.id}"
        found[of] = f"{channel.kind} {channel.name} in {channel.category_id}"
        found[f"{of} topic"] = channel.topic
        found[f"{of} slow"] = str(channel.slow_seconds)
        found[f"{of} tags"] = str(channel.tags)
        for each in channel.overwrites():
            found[f"{of} {each.of} {each.target_id}"] = json.dumps(each.permissions, sort_keys=True)
        if channel.kind in ("text", "announcement"):
            for message in channel.messages():
                if message.pinned:
                    found[f"{of} pin {message.id}"] = message.content
    return found


async def of_rooms(synapse: RealSynapse, rooms: Iterable[str], *, people: bool = False) -> Standing:
    """Return the whole state of Matrix rooms, as the homeserver has it; with ``people`` also who is there."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def read(room: str) -> dict[str, str]:
        async with gate:
            events = await synapse.room_state(room)
        return {
            f"{room} {event['type']} {event['state_key']}": _content(event["content"])
            for event in events
            if people or event["type"] != _COMING_AND_GOING
        }

    found: dict[str, str] = {}
    for each in await asyncio.gather(*map(read, rooms)):
        found |= each
    return found


def differences(before: Standing, after: Standing) -> list[str]:
    """Return what differs, in words for whoever reads a failed test."""
    return [
        f"{key}: {before.get(key, '(nothing)')} → {after.get(key, '(nothing)')}"
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def _content(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
