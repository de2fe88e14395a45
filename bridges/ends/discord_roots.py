"""Where Discord's threads begin, told to the others before the first thing that is said in one.

The event of a new thread does not say whether it hangs from a message, and that message may be older than all that
was heard. So what is not known is asked for, once for each thread.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import discord

from bridges.ends.discord_channel import Channel
from bridges.ends.discord_errors import NothingThereError
from bridges.ends.discord_places import Places, neutral
from bridges.ends.discord_reading import DiscordReader
from bridges.ends.discord_reading_messages import is_spoken, read_message
from bridges.markup.tree import Paragraph, Text
from bridges.message import Author, Message, Thread

SIGN = "🧵"


class Roots:
    """Finds the first message of a thread."""

    def __init__(self, places: Places, reader: DiscordReader) -> None:
        self._places = places
        self._reader = reader

    def is_known(self, channel: Channel, thread: discord.Thread) -> bool:
        """Say whether the others know it: then nothing is asked, and nothing waits."""
        if thread.id in channel.announced:
            return True
        ours = thread.owner_id == thread.guild.me.id
        if ours or (thread.id in channel.versions and not self._places.is_forum(channel)):
            # one of ours hangs from what we know; one that hangs from a message that was heard needs no more
            channel.announce(thread.id)
            return True
        return False

    async def find(self, channel: Channel, thread: discord.Thread) -> list[Message]:
        """Return what the others must have heard first: nothing where they have. Raises the kinds of EndError."""
        if self.is_known(channel, thread):
            return []
        forum = self._places.is_forum(channel)
        root: Message | None = None
        if thread.id > channel.joined_at:
            try:
                found = await self._reader.message(channel, thread.id, thread.id if forum else None)
                root = await self._as_root(channel, found, thread, forum=forum)
            except NothingThereError:
                root = None  # it began from nothing, or what it began from was deleted
        channel.announce(thread.id)
        return [root or await self._instead(channel, thread)]

    async def read(self, channel: Channel, message_id: int, thread_id: int | None) -> Message | None:
        """Read a message again; None when it is gone. Raises the kinds of EndError."""
        guild = self._places.guild_of(channel)
        thread = guild.get_thread(thread_id or message_id) if guild is not None else None
        try:
            found = await self._reader.message(channel, message_id, thread_id)
        except NothingThereError:
            # a thread that began from nothing is told by a line that stands for its beginning
            return await self._instead(channel, thread) if thread is not None and thread_id is None else None
        if not is_spoken(found):
            return await self._instead(channel, thread) if thread is not None and thread_id is None else None
        where = Thread(str(thread_id), thread.name if thread is not None else "") if thread_id is not None else None
        author = await self._reader.author(channel, found)
        return read_message(found, end=channel.row.id, place=channel.row.place, thread=where, author=author)

    async def _as_root(
        self, channel: Channel, found: discord.Message, thread: discord.Thread, *, forum: bool
    ) -> Message | None:
        ours = found.webhook_id is not None and str(found.webhook_id) in channel.webhook_ids
        if ours or not is_spoken(found):
            return None
        author = await self._reader.author(channel, found)
        row = channel.row
        where = neutral(thread) if forum else None
        return opening(read_message(found, end=row.id, place=row.place, thread=where, author=author), thread)

    async def _instead(self, channel: Channel, thread: discord.Thread) -> Message:
        """Return a line that stands for the beginning; it is passed over where the message, or copy, is known."""
        author = await self._reader.owner(channel, thread) or Author(str(thread.owner_id), SIGN)
        return Message(
            end=channel.row.id,
            place=channel.row.place,
            ref=str(thread.id),
            author=author,
            text=(Paragraph((Text(f"{SIGN} {thread.name}"),)),),
            sent_at=thread.created_at or datetime.now(UTC),
            opens=True,
            title=thread.name,
        )


def opening(message: Message, thread: discord.Thread) -> Message:
    """Return a message as the one from which a thread hangs."""
    if message.opens:
        return message
    return replace(message, opens=True, title=thread.name)
