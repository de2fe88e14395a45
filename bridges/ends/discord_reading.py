"""Reads channels and threads over Discord's API."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator

import discord
from discord.ext import commands

from bridges.ends.discord_channel import Channel, SeenCopy
from bridges.ends.discord_errors import NothingThereError, translated
from bridges.ends.discord_places import Places
from bridges.ends.discord_reading_messages import author_from, author_of
from bridges.ends.port import BlockedError
from bridges.message import Author

MOST_NAMES = 2000


class DiscordReader:
    """Reads what stands in channels. Every method raises the kinds of :class:`EndError`.

    ``thread`` is the id of a thread of the channel, None for the channel itself.
    """

    def __init__(self, bot: commands.Bot, places: Places) -> None:
        self._bot = bot
        self._places = places
        self._authors: OrderedDict[tuple[int, int], Author] = OrderedDict()

    def history_is_closed(self, channel: Channel) -> bool:
        """Say whether Discord would answer with an empty history, as if nothing had been said.

        It refuses only whoever may not see the channel (resources/message, "Get Channel Messages").
        """
        place = self._places.seen(channel)
        if place is None:
            return False
        allowed = place.permissions_for(place.guild.me)
        return allowed.view_channel and not allowed.read_message_history

    async def newest(self, channel: Channel) -> int:
        """Return the newest message there now, by Discord's own count; the channel's own id when there is none."""
        async with translated():
            place = await self._bot.fetch_channel(channel.channel_id)
        return getattr(place, "last_message_id", None) or channel.channel_id

    async def after(
        self, channel: Channel, start: int, *, thread: int | None = None
    ) -> AsyncIterator[discord.Message]:
        """Give what stands behind the id ``start``, oldest first."""
        if self.history_is_closed(channel):
            raise BlockedError("discord.missing_read_history")
        async with translated(in_thread=thread is not None):
            place = self._place(channel, thread)
            async for message in place.history(after=discord.Object(start), oldest_first=True, limit=None):
                yield message

    async def newest_first(
        self, channel: Channel, *, thread: int | None, most: int
    ) -> AsyncIterator[discord.Message]:
        """Give the newest ``most`` messages."""
        if self.history_is_closed(channel):
            raise BlockedError("discord.missing_read_history")
        async with translated(in_thread=thread is not None):
            async for message in self._place(channel, thread).history(limit=most):
                yield message

    async def message(self, channel: Channel, message_id: int, thread: int | None = None) -> discord.Message:
        """Read one message. Raises :class:`NothingThereError` when it was deleted."""
        async with translated(in_thread=thread is not None):
            return await self._place(channel, thread).fetch_message(message_id)

    async def pins(self, channel: Channel, thread: int | None) -> set[str]:
        """Return what is pinned."""
        async with translated(in_thread=thread is not None):
            return {str(message.id) async for message in self._place(channel, thread).pins(limit=None)}

    async def copies_after(self, channel: Channel, start: int, thread: int | None) -> list[SeenCopy]:
        """Return what our webhooks said after the id ``start``, oldest first; nothing of a thread that is gone."""
        try:
            return [
                SeenCopy(str(m.id), str(m.webhook_id), m.author.name, m.content)
                async for m in self.after(channel, start, thread=thread)
                if m.webhook_id is not None and str(m.webhook_id) in channel.webhook_ids
            ]
        except NothingThereError:
            return []

    async def author(self, channel: Channel, message: discord.Message) -> Author:
        """Find as whom an author goes in that server: messages read again come without it."""
        if message.webhook_id is not None or isinstance(message.author, discord.Member):
            return author_of(message, channel.row.place)
        return await self._member(channel, message.author.id) or author_of(message, channel.row.place)

    async def is_member(self, channel: Channel, account: int) -> bool:
        """Say whether somebody is in the server of a channel."""
        return await self._member(channel, account) is not None

    async def owner(self, channel: Channel, thread: discord.Thread) -> Author | None:
        """Find as whom the one goes who began a thread; None when they left."""
        return await self._member(channel, thread.owner_id)

    async def _member(self, channel: Channel, account: int) -> Author | None:
        guild = self._places.guild_of(channel)
        if guild is None:
            return None
        key = (guild.id, account)
        if key not in self._authors:
            async with translated():
                try:
                    member = await guild.fetch_member(account)
                except discord.NotFound:
                    return None  # left meanwhile: the account's own name stands
            self._authors[key] = author_from(member, guild, channel.row.place)
            if len(self._authors) > MOST_NAMES:
                self._authors.popitem(last=False)
        return self._authors[key]

    def _place(self, channel: Channel, thread: int | None) -> discord.PartialMessageable:
        guild = self._places.guild_of(channel)
        return self._bot.get_partial_messageable(
            thread or channel.channel_id, guild_id=guild.id if guild is not None else None
        )
