"""The channels that are served, found by whatever an event names: the channel, a thread in it, an end."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import discord
from discord.ext import commands

from bridges.ends.discord_channel import Channel
from bridges.ends.discord_errors import translated
from bridges.message import Thread
from db.ids import EndId

MOST_THREADS = 5000
PLACES = (discord.TextChannel, discord.ForumChannel)
"""What can be joined; announcement channels are text channels to the library."""


class Places:
    """All channels that one account serves."""

    def __init__(self, bot: commands.Bot) -> None:
        self._bot = bot
        self._by_id: dict[int, Channel] = {}
        self._by_end: dict[EndId, Channel] = {}
        self._parents: OrderedDict[int, int] = OrderedDict()

    def add(self, channel: Channel) -> None:
        self._by_id[channel.channel_id] = channel
        self._by_end[channel.row.id] = channel

    def remove(self, end: EndId) -> None:
        channel = self._by_end.pop(end)
        del self._by_id[channel.channel_id]

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._by_id.values()))

    def get(self, channel_id: int) -> Channel | None:
        """Return a channel by its own id."""
        return self._by_id.get(channel_id)

    def of_end(self, end: EndId) -> Channel:
        """Return the channel of an end. Raises KeyError when it is not served."""
        return self._by_end[end]

    def whose(self, place_id: int, guild_id: int | None) -> tuple[Channel, discord.Thread | None] | None:
        """Return the channel that something happened in, and the thread, where it was one that is not archived.

        None for what is not ours to carry: other channels, and private threads, in which people are among
        themselves.
        """
        if (channel := self._by_id.get(place_id)) is not None:
            return channel, None
        guild = self._bot.get_guild(guild_id) if guild_id is not None else None
        thread = guild.get_thread(place_id) if guild is not None else None
        if thread is not None:
            return self.of_thread(thread)
        parent = self._parents.get(place_id)
        channel = self._by_id.get(parent) if parent is not None else None
        return (channel, None) if channel is not None else None

    async def seek(self, place_id: int, guild_id: int | None) -> Channel | None:
        """Return the channel that something happened in, asking for what the gateway never told: archived threads.

        Raises the kinds of :class:`EndError`.
        """
        found = self.whose(place_id, guild_id)
        guild = self._bot.get_guild(guild_id) if guild_id is not None else None
        if found is not None or guild is None or place_id in self._parents:
            return found[0] if found is not None else None
        if guild.get_channel_or_thread(place_id) is not None or not any(self.get(c.id) for c in guild.channels):
            return None
        async with translated(in_thread=True):
            place = await self._bot.fetch_channel(place_id)
        ours = self.of_thread(place) if isinstance(place, discord.Thread) else None
        return ours[0] if ours is not None else None

    def of_thread(self, thread: discord.Thread) -> tuple[Channel, discord.Thread] | None:
        """Return the channel that a thread belongs to, None for one that is not ours to carry."""
        channel = self._by_id.get(thread.parent_id)
        private = thread.type is discord.ChannelType.private_thread
        self._parents[thread.id] = 0 if private else thread.parent_id
        if len(self._parents) > MOST_THREADS:
            self._parents.popitem(last=False)
        return (channel, thread) if channel is not None and not private else None

    def is_served(self, channel: Channel) -> bool:
        """Say whether a channel is still served."""
        return self._by_end.get(channel.row.id) is channel

    # ── what the gateway told

    def guild_of(self, channel: Channel) -> discord.Guild | None:
        """Return the server of a channel, None where the gateway told of none."""
        place = self.seen(channel)
        return place.guild if place is not None else None

    def seen(self, channel: Channel) -> discord.TextChannel | discord.ForumChannel | None:
        """Return a channel as the gateway told of it, None where it did not or where it is of another kind."""
        place = self._bot.get_channel(channel.channel_id)
        return place if isinstance(place, PLACES) else None

    def other_kind(self, channel: Channel) -> object | None:
        """Return what stands there, where it is known and no place that can be joined."""
        place = self._bot.get_channel(channel.channel_id)
        return None if isinstance(place, PLACES) else place

    def is_forum(self, channel: Channel) -> bool:
        return isinstance(self.seen(channel), discord.ForumChannel)

    def threads(self, channel: Channel) -> list[discord.Thread]:
        """Return the threads of a channel that are not archived and ours to carry."""
        place = self.seen(channel)
        return [thread for thread in place.threads if self.of_thread(thread)] if place is not None else []


def neutral(thread: discord.Thread | None) -> Thread | None:
    """Return a thread as messages name it."""
    return Thread(str(thread.id), thread.name) if thread is not None else None
