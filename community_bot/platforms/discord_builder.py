"""Builds learning spaces on Discord; fulfils :class:`community_bot.platforms.builder.Builder`.

A channel is made with everything in one request: nobody sees it for a moment without its permissions. Everything
is read from Discord's API and nothing from memory, which may lag behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import discord
from discord.http import Route
from discord.utils import time_snowflake

from community_bot.domain.account import PlatformName
from community_bot.domain.home import Home
from community_bot.domain.layout import Piece, PieceKind, Step, kind_of
from community_bot.domain.space_design import SpaceDesign
from community_bot.locales import Catalogues, language_of
from community_bot.platforms import discord_changes as changes
from community_bot.platforms.builder import Obstacle, People, Refs, Survey
from community_bot.platforms.discord_errors import (
    UNKNOWN_CHANNEL,
    UNKNOWN_GUILD,
    UNKNOWN_MEMBER,
    UNKNOWN_MESSAGE,
    UNKNOWN_OVERWRITE,
    UNKNOWN_ROLE,
    UNKNOWN_USER,
    at_most_once,
    explained,
    gone_is_fine,
)
from community_bot.platforms.discord_layout import discord_layout
from community_bot.platforms.discord_obstacles import obstacles_of
from community_bot.platforms.discord_posts import change_post, find_post, make_post
from community_bot.platforms.discord_reading import made_alike, read_message, read_server
from community_bot.platforms.discord_server import FORUM, HOME_GONE, OF_PERSON, Payload, room_of, survey_of
from community_bot.platforms.pace import Pace
from community_bot.platforms.port import ImpossibleError, NotNowError

CLOCKS: Final = timedelta(seconds=2)
"""By how much Discord's clock, which its ids are made of, may be behind ours."""
PATIENCE: Final = 60.0
"""Seconds to wait for a change of a channel: Discord takes two new names or topics in ten minutes."""
_NO_ACCESS: Final = 50001


REQUESTS_A_SECOND: Final = 30
"""How many requests building makes of the 50 a second that Discord lets a bot make altogether: when those are used
up discord.py holds everything, the bridge included."""
AT_ONCE: Final = 10
OF_A_LOOK: Final = 3
"""Requests that reading a server takes: its channels, its roles, who the bot is there."""
OF_A_POST: Final = 2
"""Saying it, and pinning it."""


class DiscordBuilder:
    """Builds with one connected bot."""

    platform: PlatformName = "discord"

    def __init__(self, bot: discord.Client, catalogues: Catalogues) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._pace = Pace(REQUESTS_A_SECOND, AT_ONCE)

    def layout(self, space: str, design: SpaceDesign, home: Home, people: People) -> tuple[Piece, ...]:
        """Return what is to stand on a server. Pure."""
        return discord_layout(design, home, people, self._catalogues.translator(home.language))

    async def survey(self, home: str, refs: Refs) -> Survey:
        """Read what stands there; where the bot is not on the server, that is all the survey says."""
        posts = [key for key in refs if kind_of(key) is PieceKind.POST]
        await self._pace.take(OF_A_LOOK + len(posts))
        with explained(self._bot):
            try:
                server = await read_server(self._bot, home)
            except discord.HTTPException as error:
                if error.code not in (UNKNOWN_GUILD, _NO_ACCESS):
                    raise
                return Survey({}, lacking=frozenset({HOME_GONE}))
            posts = [key for key in posts if server.keeps(refs.get(room_of(key)))]
            found = await asyncio.gather(*(read_message(self._bot, refs[room_of(key)], refs[key]) for key in posts))
        there = {key: message for key, message in zip(posts, found, strict=True) if message is not None}
        guild = self._bot.get_guild(int(home))
        return replace(survey_of(server, refs, there), name="" if guild is None else guild.name)

    def obstacles(self, survey: Survey, steps: Sequence[Step]) -> tuple[Obstacle, ...]:
        """Return what would keep these steps from being carried out. Pure."""
        return obstacles_of(survey, steps)

    async def find_made(self, home: str, space: str, step: Step, refs: Refs, *, since: datetime) -> tuple[str, ...]:
        """Return what may have been made for a MAKE step by an attempt that was cut off, the likeliest first."""
        oldest = time_snowflake(since - CLOCKS)
        await self._pace.take(OF_A_LOOK)
        with explained(self._bot):
            if step.kind is PieceKind.POST:
                place = changes.ref_of(refs, step.within or "")
                with gone_is_fine(UNKNOWN_CHANNEL):
                    return await find_post(self._bot, place, step.after, oldest)
                return ()
            server = await read_server(self._bot, home)
            return made_alike(server, step, refs, oldest)

    async def make(self, home: str, space: str, step: Step, refs: Refs) -> str:
        """Carry out a MAKE step and return Discord's id of what was made."""
        beyond = changes.in_order(step.after)[changes.MOST_AT_ONCE :]
        await self._pace.take(OF_A_POST if step.kind is PieceKind.POST else 1 + len(beyond))
        with explained(self._bot):
            if step.kind is PieceKind.POST:
                return await make_post(self._bot, changes.ref_of(refs, step.within or ""), step.after)
            if step.kind is PieceKind.ROLE:
                return await self._create(home, "roles", changes.new_role(step.after))
            body = changes.new_channel(step, home, self._own_id, refs)
            made = await self._create(home, "channels", body)
            for facet in changes.in_order(step.after)[changes.MOST_AT_ONCE :]:
                await self._set_access(home, made, facet, step.after[facet], refs)
            return made

    async def change(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        """Bring the changed facets of a CHANGE step about, permissions first."""
        await self._pace.take(1 + len(step.after))
        with explained(self._bot):
            if step.kind is PieceKind.POST:
                place = changes.ref_of(refs, step.within or room_of(step.key))
                await change_post(self._bot, place, ref, step.after)
            elif step.kind is PieceKind.ROLE:
                fields = changes.role_fields(step.after)
                await self._bot.http.edit_role(home, ref, reason=self._reason(home), **fields)
            else:
                for facet in changes.in_order(step.after):
                    await self._set_access(home, ref, facet, step.after[facet], refs)
                await self._edit_channel(home, step, ref, refs)

    async def remove(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        """Remove a piece; fine when it is gone. What somebody else put into a category stays on the server."""
        await self._pace.take()
        http, reason = self._bot.http, self._reason(home)
        with explained(self._bot), gone_is_fine(UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_ROLE):
            if step.kind is PieceKind.ROLE:
                await http.delete_role(home, ref, reason=reason)
            elif step.kind is not PieceKind.POST:
                await http.delete_channel(ref, reason=reason)
            elif (place := refs.get(step.within or room_of(step.key))) is not None:
                await http.delete_message(place, ref, reason=reason)

    # ------------------------------------------------------------------ writing

    async def _create(self, home: str, what: str, body: Mapping[str, Any]) -> str:
        """Make something once: where it is not known whether it happened, that is for who asked to find out."""
        route = Route("POST", f"/guilds/{{guild_id}}/{what}", guild_id=home)
        made = await self._bot.http.request(
            route, json=body, reason=self._reason(home), raise_for_status=at_most_once
        )
        return str(made["id"])

    async def _set_access(self, home: str, channel: str, facet: str, words: str, refs: Refs) -> None:
        http, reason = self._bot.http, self._reason(home)
        if not words and facet in changes.OF_OUR_ROLES and changes.OF_OUR_ROLES[facet] not in refs:
            # it went with the role
            return
        target, kind = changes.target_of(facet, home, self._own_id, refs)
        if not words:
            with gone_is_fine(UNKNOWN_OVERWRITE):
                await http.delete_channel_permissions(channel, target, reason=reason)
            return
        allow, deny = changes.numbers_of(words)
        # who left the platform altogether needs no way in
        gone = (UNKNOWN_MEMBER, UNKNOWN_USER) if kind == OF_PERSON else ()
        with gone_is_fine(*gone):
            await http.edit_channel_permissions(channel, target, allow, deny, kind, reason=reason)

    async def _edit_channel(self, home: str, step: Step, ref: str, refs: Refs) -> None:
        fields = changes.channel_fields(step.after, refs, step.within)
        if "kind" in step.after:
            if FORUM in (changes.kind_number(each) for each in _both(step, "kind")):
                # no channel becomes a forum, and no forum a channel
                raise ImpossibleError("discord.kind")
            fields["type"] = changes.kind_number(step.after["kind"])
        if "tags" in step.after:
            there: Payload = await self._bot.http.get_channel(ref)
            fields["available_tags"] = changes.tags(step.after["tags"], there.get("available_tags") or ())
        if not fields:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._bot.http.edit_channel(ref, reason=self._reason(home), **fields)
        except TimeoutError as error:
            raise NotNowError("discord.limit", PATIENCE) from error

    @property
    def _own_id(self) -> str:
        assert self._bot.user is not None
        return str(self._bot.user.id)

    def _reason(self, home: str) -> str:
        """Return what stands in the server's audit log, in the server's language."""
        guild = self._bot.get_guild(int(home))
        language = language_of(str(guild.preferred_locale)) if guild is not None else None
        t = self._catalogues.translator(language or "en")
        return t.plain("building.reason")


def _both(step: Step, facet: str) -> list[str]:
    return [value for each in step.changes if each.facet == facet for value in (each.before, each.after)]
