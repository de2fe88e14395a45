"""Reads what was said in a channel while nobody listened.

The gateway loses events when a session cannot be resumed, and nobody is told which. So on every new session each
channel is read again from a little before the last message known, and only then are live events taken: in
between they wait, or an event after the gap would hide it. Where the gateway itself tells that nothing was said,
nothing is asked.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import discord

from bridges.ends.discord_channel import OVERLAP, Channel
from bridges.ends.discord_errors import NothingThereError
from bridges.ends.discord_hearing import PAGE, Hearing
from bridges.ends.discord_ids import MILLISECOND, version_of
from bridges.ends.discord_places import Places, neutral
from bridges.ends.discord_reading import DiscordReader
from bridges.ends.discord_reading_messages import read_message
from bridges.ends.discord_roots import Roots
from bridges.ends.port import BlockedError
from bridges.message import Heard
from bridges.pace import Turns

AT_ONCE, A_SECOND = 5, 25.0
"""How many channels are read at a time, and how many are begun with: Discord lets an account ask fifty times a
second in all, the lanes need their share, and whoever asks on against a refusal is shut out."""


class CatchingUp:
    """Brings channels up to now. :meth:`catch_up` raises the kinds of :class:`EndError`."""

    def __init__(
        self,
        places: Places,
        reader: DiscordReader,
        roots: Roots,
        hearing: Hearing,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turns = Turns(AT_ONCE, a_second=A_SECOND, sleep=sleep)
        self._places = places
        self._reader = reader
        self._roots = roots
        self._hearing = hearing

    async def catch_up(self, channel: Channel) -> None:
        """Read what is missing, hand on what waited, and let the channel be live, unless it fell behind again."""
        await channel.present.wait()
        self._refuse_other_kinds(channel)
        if channel.position is None:
            await self._join(channel)
        elif not self._is_quiet(channel):
            async with self._turns:
                await self._read_on(channel)
        await self._hearing.drain(channel)
        if not channel.is_behind and not channel.buffer:
            # nothing is awaited between the empty buffer and this line, so no event falls in between
            channel.live = True

    def _refuse_other_kinds(self, channel: Channel) -> None:
        place = self._places.other_kind(channel)
        if place is not None:
            raise BlockedError("discord.not_a_text_channel")

    # ── the beginning

    async def _join(self, channel: Channel) -> None:
        """Fix the point before which nothing crosses: the newest message there now."""
        place = self._places.seen(channel)
        if place is None or not self._may_read(place):
            async with self._turns:
                newest = await self._reader.newest(channel)
        else:
            newest = max(channel.channel_id, *self._newest_known(channel, place))
        channel.row = replace(channel.row, joined_at_ref=str(newest))
        channel.position = newest
        await self._hearing.begin(channel)

    # ── reading on

    def _is_quiet(self, channel: Channel) -> bool:
        """Say whether the gateway told that nothing was said since the position."""
        place, position = self._places.seen(channel), channel.position
        if place is None or position is None or not self._may_read(place):
            return False
        if any(newest > position for newest in self._newest_known(channel, place)):
            return False
        # the position alone may hide an event that it overtook just before we stopped listening
        return position <= max(channel.settled, channel.joined_at)

    def _newest_known(self, channel: Channel, place: discord.TextChannel | discord.ForumChannel) -> list[int]:
        threads = self._places.threads(channel)
        return [place.last_message_id or 0, *(thread.last_message_id or thread.id for thread in threads)]

    def _may_read(self, place: discord.TextChannel | discord.ForumChannel) -> bool:
        allowed = place.permissions_for(place.guild.me)
        return allowed.view_channel and allowed.read_message_history

    async def _read_on(self, channel: Channel) -> None:
        assert channel.position is not None
        overlap = channel.position - (int(OVERLAP / MILLISECOND) << 22)
        start = max(overlap, channel.settled, channel.joined_at)
        heard: list[Heard] = []
        async for message, thread in self._said_after(channel, start):
            if self._hearing.is_news(channel, message):
                heard += await self._news(channel, message, thread)
            elif not heard:
                channel.reach(message.id)
            if len(heard) >= PAGE:
                await self._hearing.hear(channel, heard)
                heard = []
        await self._hearing.hear(channel, heard)

    async def _news(self, channel: Channel, message: discord.Message, thread: discord.Thread | None) -> list[Heard]:
        heard: list[Heard] = []
        if thread is not None and thread.id != message.id:
            heard += await self._roots.find(channel, thread)
        elif thread is not None:
            channel.announce(thread.id)
        author = await self._reader.author(channel, message)
        channel.note(message.id, version_of(message.edited_at))
        row = channel.row
        heard.append(read_message(message, end=row.id, place=row.place, thread=neutral(thread), author=author))
        return heard

    async def _said_after(
        self, channel: Channel, start: int
    ) -> AsyncIterator[tuple[discord.Message, discord.Thread | None]]:
        """Give what stands in the channel and its threads behind ``start``, in the order in which it was said.

        A thread's words are told after what they hang from, and the position may move with every message.
        """
        threads = [t for t in self._places.threads(channel) if (t.last_message_id or t.id) > start]
        streams: list[tuple[AsyncIterator[discord.Message], discord.Thread | None]] = [
            (self._reader.after(channel, start, thread=thread.id), thread) for thread in threads
        ]
        if not self._places.is_forum(channel):
            streams.append((self._reader.after(channel, start), None))
        heads: list[tuple[int, int, discord.Message]] = []

        async def advance(number: int) -> None:
            try:
                message = await anext(streams[number][0], None)
            except NothingThereError:
                message = None  # the thread was deleted meanwhile
            if message is not None:
                heapq.heappush(heads, (message.id, number, message))

        for number in range(len(streams)):
            await advance(number)
        while heads:
            _, number, message = heapq.heappop(heads)
            yield message, streams[number][1]
            await advance(number)
