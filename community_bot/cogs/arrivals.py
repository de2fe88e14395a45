"""Hearing who joins and leaves the network's servers, and who did so while nobody listened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import discord
from discord.ext import commands

from community_bot.cogs.greeter import GATHER_SECONDS, Arrivals, Greeter
from community_bot.cogs.incoming import GuildHome


class DiscordArrivals:
    """Brings each home's greeter what it needs to know. The bot must have been made with ``newcomers``."""

    def __init__(
        self,
        bot: commands.Bot,
        homes: Iterable[GuildHome],
        arrivals: Arrivals,
        *,
        gather_seconds: float = GATHER_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._greeters = {
            home.guild_id: Greeter(bot, home, arrivals, gather_seconds=gather_seconds, sleep=sleep)
            for home in homes
        }
        bot.add_listener(self._on_ready, "on_ready")
        bot.add_listener(self._on_guild, "on_guild_available")
        bot.add_listener(self._on_guild, "on_guild_join")
        bot.add_listener(self._on_join, "on_member_join")
        bot.add_listener(self._on_leave, "on_raw_member_remove")

    def jobs(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Return the greeters' tasks by name."""
        return {
            f"greeter:discord{number}": each.run for number, each in enumerate(self._greeters.values(), start=1)
        }

    def problems(self) -> Mapping[str, str | None]:
        """Return for each greeter what keeps it from greeting, as a stable code."""
        return {
            f"greeter:discord{number}": each.problem for number, each in enumerate(self._greeters.values(), start=1)
        }

    async def _on_ready(self) -> None:
        # a new session: what happened before it was not told. A resumed one tells it by itself
        for greeter in self._greeters.values():
            greeter.look()

    async def _on_guild(self, guild: discord.Guild) -> None:
        if guild.id in self._greeters:
            self._greeters[guild.id].look()

    async def _on_join(self, member: discord.Member) -> None:
        if member.guild.id in self._greeters:
            self._greeters[member.guild.id].hear(member)

    async def _on_leave(self, event: discord.RawMemberRemoveEvent) -> None:
        if event.guild_id in self._greeters and not event.user.bot:
            await self._greeters[event.guild_id].forget(event.user)
