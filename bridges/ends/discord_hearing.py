"""What the gateway tells of the channels that are served, turned into news in the order in which it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import discord
import structlog
from discord.ext import commands

from bridges.ends.discord_channel import Channel, News, is_young
from bridges.ends.discord_ids import version_of
from bridges.ends.discord_places import Places, neutral
from bridges.ends.discord_reading_messages import is_spoken, read_message
from bridges.ends.discord_roots import Roots
from bridges.ends.port import Ears, EndError
from bridges.journal import JournalClosedError
from bridges.message import Deleted, Edited, Heard, Message, Reacted

log = structlog.get_logger("bridges.discord")

PAGE = 100


class Hearing:
    """Hears one account's channels. Whatever happens in a channel and its threads takes one way, in its order.

    discord.py starts a task for every event, in the order of the events; what is decided before the first await is
    in that order too.
    """

    def __init__(self, bot: commands.Bot, places: Places, roots: Roots) -> None:
        self._bot = bot
        self._places = places
        self._roots = roots
        self._ears: Ears | None = None
        for listener, event in (
            (self._on_message, "on_message"),
            (self._on_edit, "on_raw_message_edit"),
            (self._on_delete, "on_raw_message_delete"),
            (self._on_bulk_delete, "on_raw_bulk_message_delete"),
            (self._on_reaction, "on_raw_reaction_add"),
            (self._on_reaction, "on_raw_reaction_remove"),
            (self._on_reactions_cleared, "on_raw_reaction_clear"),
            (self._on_reactions_cleared, "on_raw_reaction_clear_emoji"),
            (self._on_thread, "on_thread_create"),
        ):
            bot.add_listener(listener, event)

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""
        self._ears = ears

    # ── events

    async def _on_message(self, message: discord.Message) -> None:
        found = self._find(message)
        if found is None:
            return
        channel, thread = found
        if not self.is_news(channel, message):
            if channel.live:
                # settled by and by: catching up need not read a month of our own copies
                channel.reach(message.id)
            return
        await self.take(channel, News((self.read(channel, message, thread),), thread))

    async def _on_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        message = event.message
        found = self._find(message)
        if found is None:
            return
        channel, thread = found
        if not self.is_news(channel, message):
            return
        version, known = version_of(message.edited_at), channel.versions.get(message.id)
        if known is not None and version <= known:
            return  # a link was unfolded, a thread began, a pin came: nobody changed the words
        heard: list[Heard] = []
        if known is None and is_young(message.id):
            # its beginning may come late, or was a bot's promise to answer; one that is known is passed over
            heard.append(self.read(channel, message, thread))
        if version:
            edited = self.read(channel, message, thread)
            heard.append(Edited(channel.row.id, edited.ref, edited))
        if heard:
            await self.take(channel, News(tuple(heard), thread))

    async def _on_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        await self._gone(event.channel_id, event.guild_id, (event.message_id,))

    async def _on_bulk_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        await self._gone(event.channel_id, event.guild_id, event.message_ids)

    async def _gone(self, place_id: int, guild_id: int | None, ids: Iterable[int]) -> None:
        found = self._places.whose(place_id, guild_id)
        channel = found[0] if found is not None else await self._in_archive(place_id, guild_id)
        if channel is not None:
            heard = [Deleted(channel.row.id, str(number), early=is_young(number)) for number in sorted(ids)]
            await self.take(channel, News(tuple(heard)))

    async def _in_archive(self, place_id: int, guild_id: int | None) -> Channel | None:
        try:
            return await self._places.seek(place_id, guild_id)
        except EndError as error:
            log.info("where something was deleted cannot be found out", reason=error.reason)
            return None

    async def _on_reaction(self, event: discord.RawReactionActionEvent) -> None:
        if self._bot.user is not None and event.user_id == self._bot.user.id:
            return
        await self._reacted(event.channel_id, event.guild_id, event.message_id)

    async def _on_reactions_cleared(
        self, event: discord.RawReactionClearEvent | discord.RawReactionClearEmojiEvent
    ) -> None:
        await self._reacted(event.channel_id, event.guild_id, event.message_id)

    async def _reacted(self, place_id: int, guild_id: int | None, message_id: int) -> None:
        if (found := self._places.whose(place_id, guild_id)) is not None:
            await self.take(found[0], News((Reacted(found[0].row.id, str(message_id)),)))

    async def _on_thread(self, thread: discord.Thread) -> None:
        found = self._places.of_thread(thread)
        # a post in a forum is told by its first message
        if found is not None and not self._places.is_forum(found[0]):
            channel, thread = found
            if not self._roots.is_known(channel, thread):
                await self.take(channel, News((), thread))

    # ── what is news

    def is_news(self, channel: Channel, message: discord.Message) -> bool:
        """Say whether somebody else wrote it: decided by webhook and account, known before anything is sent."""
        if message.webhook_id is not None and str(message.webhook_id) in channel.webhook_ids:
            return False
        ours = self._bot.user is not None and message.author.id == self._bot.user.id
        return not ours and is_spoken(message)

    def read(self, channel: Channel, message: discord.Message, thread: discord.Thread | None) -> Message:
        """Turn a message into ours, as it came, and remember that it was heard."""
        channel.note(message.id, version_of(message.edited_at))
        if thread is not None and thread.id == message.id:
            channel.announce(thread.id)  # the first of a post in a forum is its own beginning
        row = channel.row
        return read_message(message, end=row.id, place=row.place, thread=neutral(thread))

    def _find(self, message: discord.Message) -> tuple[Channel, discord.Thread | None] | None:
        if isinstance(message.channel, discord.Thread):
            return self._places.of_thread(message.channel)
        guild_id = message.guild.id if message.guild is not None else None
        return self._places.whose(message.channel.id, guild_id)

    # ── handing on

    async def take(self, channel: Channel, news: News) -> None:
        """Let something take its turn: at once, or after what waits already."""
        waits = not channel.live or channel.draining.locked()
        if not waits and (news.thread is None or self._roots.is_known(channel, news.thread)):
            await self.hear(channel, news.heard)
            return
        channel.keep(news)
        if not waits:
            try:
                await self.drain(channel)
            except EndError as error:
                log.info("a thread's beginning is held up", lane=channel.label, reason=error.reason)
                channel.fall_behind()  # catching up tries it again

    async def drain(self, channel: Channel) -> None:
        """Hand on what waits, until nothing does or the channel has fallen behind. Raises the kinds of EndError."""
        async with channel.draining:
            while channel.buffer and not channel.is_behind:
                heard, taken = await self._next(channel)
                del channel.buffer[:taken]
                await self.hear(channel, [each for each in heard if not _is_history(channel, each)])

    async def _next(self, channel: Channel) -> tuple[list[Heard], int]:
        """Return what waits first, as much of it as can be told in one go."""
        heard: list[Heard] = []
        taken = 0
        for news in channel.buffer[:PAGE]:
            if news.thread is not None and not self._roots.is_known(channel, news.thread):
                if taken:
                    break
                heard += await self._roots.find(channel, news.thread)
            heard += news.heard
            taken += 1
        return heard, taken

    async def hear(self, channel: Channel, heard: Sequence[Heard], *, moves: bool = True) -> None:
        """Hand on what was heard. ``moves``: everything before the newest of it was heard, too."""
        if not heard or self._ears is None:
            return
        newest = max((int(each.ref) for each in heard if isinstance(each, Message)), default=0)
        positions = {}
        if moves and newest:
            channel.reach(newest)
            positions = {channel.stream: str(channel.position)}
        # closed: the bot is stopping, and its next start reads on from the position that was written
        with suppress(JournalClosedError):
            await self._ears.hear(heard, positions=positions)

    async def begin(self, channel: Channel) -> None:
        """Write down that a channel begins at its position."""
        if self._ears is not None:
            position = str(channel.position)
            with suppress(JournalClosedError):
                await self._ears.hear([], positions={channel.stream: position}, joined={channel.row.id: position})

    async def write_positions(self, reached: Mapping[str, str]) -> None:
        """Write down how far streams were heard. Raises :class:`db.errors.DatabaseError`."""
        if self._ears is not None:
            with suppress(JournalClosedError):
                await self._ears.hear([], positions=reached)


def _is_history(channel: Channel, heard: Heard) -> bool:
    """Say whether a message is older than the joining: then it does not cross."""
    is_opening = isinstance(heard, Message) and heard.opens
    return isinstance(heard, Message) and not is_opening and int(heard.ref) <= channel.joined_at
