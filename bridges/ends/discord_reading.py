"""Reads channels over Discord's API, and says in the bridge's words why something cannot be read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord
from discord.ext import commands

from bridges.ends.discord_channel import Channel, SeenCopy
from bridges.ends.port import BlockedError, EndError, NotSentError

MOST_NAMES = 2000


class NothingThereError(EndError):
    """404 for a message."""


@asynccontextmanager
async def translated(missing: str = "discord.forbidden") -> AsyncIterator[None]:
    """Turn discord.py's errors into the bridge's; ``missing`` is the reason for a refusal."""
    try:
        yield
    except discord.NotFound as error:
        if error.code == 10008:
            raise NothingThereError("discord.message_gone") from error
        raise BlockedError("discord.channel_gone") from error
    except discord.Forbidden as error:
        raise BlockedError(missing) from error
    except discord.RateLimited as error:
        raise NotSentError("discord.limit_user", retry_after=error.retry_after) from error
    except discord.HTTPException as error:
        raise NotSentError("discord.unavailable") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise NotSentError("discord.unreachable") from error


class DiscordReader:
    """Reads what stands in channels. Every method raises the kinds of :class:`EndError`."""

    def __init__(self, bot: commands.Bot) -> None:
        self._bot = bot
        self._names: OrderedDict[tuple[int, int], str] = OrderedDict()

    def history_is_closed(self, channel_id: int) -> bool:
        """Say whether Discord would answer with an empty history, as if nothing had been said.

        It refuses only whoever may not see the channel (resources/message, "Get Channel Messages").
        """
        place = self._bot.get_channel(channel_id)
        if not isinstance(place, discord.abc.GuildChannel) or place.guild.me is None:
            return False
        allowed = place.permissions_for(place.guild.me)
        return allowed.view_channel and not allowed.read_message_history

    async def newest(self, channel: Channel) -> int:
        """Return the newest message there now, by Discord's own count; the channel's own id when there is none."""
        async with translated():
            place = await self._bot.fetch_channel(channel.channel_id)
        return getattr(place, "last_message_id", None) or channel.channel_id

    async def after(self, channel: Channel, start: int) -> AsyncIterator[discord.Message]:
        """Give what stands behind the id ``start``, oldest first."""
        if self.history_is_closed(channel.channel_id):
            raise BlockedError("discord.missing_read_history")
        async with translated():
            history = self._place(channel).history(after=discord.Object(start), oldest_first=True, limit=None)
            async for message in history:
                yield message

    async def message(self, channel: Channel, message_id: int) -> discord.Message:
        """Read one message. Raises :class:`NothingThereError` when it was deleted."""
        async with translated():
            return await self._place(channel).fetch_message(message_id)

    async def copies_after(self, channel: Channel, start: int) -> list[SeenCopy]:
        """Return what our webhooks said there after the id ``start``, oldest first."""
        return [
            SeenCopy(str(m.id), str(m.webhook_id), m.author.name, m.content)
            async for m in self.after(channel, start)
            if m.webhook_id is not None and str(m.webhook_id) in channel.webhook_ids
        ]

    async def name(self, channel: Channel, message: discord.Message) -> str | None:
        """Find the name an author goes by in that server: messages read again come without it."""
        guild = self._guild(channel)
        if guild is None or message.webhook_id is not None or isinstance(message.author, discord.Member):
            return None
        key = (guild.id, message.author.id)
        if key not in self._names:
            async with translated():
                try:
                    member = await guild.fetch_member(message.author.id)
                except discord.NotFound:
                    member = None  # left meanwhile: the account's own name stands
            self._names[key] = (member or message.author).display_name
            if len(self._names) > MOST_NAMES:
                self._names.popitem(last=False)
        return self._names[key]

    def _place(self, channel: Channel) -> discord.PartialMessageable:
        guild = self._guild(channel)
        return self._bot.get_partial_messageable(
            channel.channel_id, guild_id=guild.id if guild is not None else None
        )

    def _guild(self, channel: Channel) -> discord.Guild | None:
        guild = getattr(self._bot.get_channel(channel.channel_id), "guild", None)
        return guild if isinstance(guild, discord.Guild) else None
