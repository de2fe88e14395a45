"""Reading a Discord server: what stands there, and what an attempt that was cut off may have made."""

from __future__ import annotations

import asyncio

import discord

from community_bot.domain.layout import Facets, PieceKind, Step
from community_bot.platforms.builder import Refs
from community_bot.platforms.discord_changes import channel_type, ref_of
from community_bot.platforms.discord_errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, gone_is_fine
from community_bot.platforms.discord_server import Payload, Server, channel_facets, role_facets


async def read_server(bot: discord.Client, home: str) -> Server:
    """Read the roles and channels of a server, and which roles the bot has."""
    assert bot.user is not None
    roles, channels, member = await asyncio.gather(
        bot.http.get_roles(home), bot.http.get_all_guild_channels(home), bot.http.get_member(home, bot.user.id)
    )
    return Server(
        home,
        str(bot.user.id),
        {str(each["id"]): each for each in roles},
        {str(each["id"]): each for each in channels},
        frozenset(str(each) for each in member["roles"]),
    )


async def read_message(bot: discord.Client, place: str, ref: str) -> Payload | None:
    """Read one message; None when it is gone."""
    with gone_is_fine(UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
        return await bot.http.get_message(place, ref)
    return None


def made_alike(server: Server, step: Step, refs: Refs, oldest: int) -> tuple[str, ...]:
    """Return roles or channels of the name, kind and place that a MAKE step makes, since ``oldest``, a snowflake.

    Those that are like it in more come first, and of equals the oldest.
    """
    wanted = step.after
    like = {
        ref: len(wanted.items() & facets.items())
        for ref, facets in _of_kind(server, step, refs).items()
        if int(ref) >= oldest and facets.get("name") == wanted.get("name")
    }
    return tuple(sorted(like, key=lambda ref: (-like[ref], int(ref))))


def _of_kind(server: Server, step: Step, refs: Refs) -> dict[str, Facets]:
    if step.kind is PieceKind.ROLE:
        return {ref: role_facets(role) for ref, role in server.roles.items() if not role.get("managed")}
    kind = channel_type(step.kind, step.after)
    parent = ref_of(refs, step.within) if step.within is not None else None
    return {
        ref: channel_facets(server, channel, step.kind, refs)
        for ref, channel in server.channels.items()
        if channel["type"] == kind and channel.get("parent_id") == parent
    }
