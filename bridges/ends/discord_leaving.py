"""Who leaves Discord's servers, for whoever keeps something in their name elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
import structlog
from discord.ext import commands

from bridges.ends.port import EndError

log = structlog.get_logger("bridges.discord")


class Leaving:
    """Tells ``left`` of an account once it is in none of the bot's servers, as far as is known.

    Discord tells of it with the members intent only; without that nothing is heard.
    """

    def __init__(self, bot: commands.Bot, left: Callable[[str], Awaitable[None]]) -> None:
        self._bot = bot
        self._left = left
        bot.add_listener(self._on_leaving, "on_raw_member_remove")

    async def _on_leaving(self, event: discord.RawMemberRemoveEvent) -> None:
        if any(guild.get_member(event.user.id) for guild in self._bot.guilds if guild.id != event.guild_id):
            return
        try:
            await self._left(str(event.user.id))
        except EndError as error:
            # a ghost that stays says nothing; that its name stays too is for the operator to see
            log.warning("what was kept for somebody who left stays", reason=error.reason)
