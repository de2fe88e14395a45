"""Finds out what was edited, deleted or reacted to while nobody listened: of that Discord tells nothing afterwards.

A reaction that was taken back meanwhile is found only when somebody reacts to the same message again.

For all channels together, slowly, and only where something crossed in the last days: what is known to the database
is compared with what stands there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import discord
import structlog
from discord.ext import commands

from bridges.ends.discord_changes import Changes
from bridges.ends.discord_channel import Channel, News
from bridges.ends.discord_errors import NothingThereError, translated
from bridges.ends.discord_hearing import PAGE, Hearing
from bridges.ends.discord_ids import instant_of, version_of
from bridges.ends.discord_places import Places, neutral
from bridges.ends.discord_reading import DiscordReader
from bridges.ends.discord_reading_messages import read_message
from bridges.ends.port import BlockedError, EndError
from bridges.message import Deleted, Edited, Heard, Reacted
from db.relay_store import RelayStore

log = structlog.get_logger("bridges.discord")

HOW_FAR = timedelta(hours=48)
MOST_MESSAGES = 300
"""Of one channel or thread."""
MOST_KNOWN = 1000
MOST_REACTED = 50
"""The newest messages of one place at whose reactions is looked: each asks every end of the conversation."""
MOST_THREADS = 50
"""The threads of a channel in which only copies stand at whose reactions is looked."""
PACE_SECONDS = 0.3
"""Between two places, so that the lanes have the account's limits to themselves."""
CLOCK_DOUBT = timedelta(minutes=2)


class LookingBack:
    """Looks back over channels that were not listened to for a while. :meth:`run` is its task."""

    def __init__(
        self,
        bot: commands.Bot,
        places: Places,
        reader: DiscordReader,
        hearing: Hearing,
        *,
        changes: Changes,
        relay: RelayStore,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._places = places
        self._reader = reader
        self._hearing = hearing
        self._changes = changes
        self._relay = relay
        self._sleep = sleep
        self._due: dict[int, datetime] = {}
        self._wake = asyncio.Event()

    def want(self, channel: Channel, since: datetime) -> None:
        """Look back over a channel that was not listened to since then."""
        self._due[channel.channel_id] = min(since, self._due.get(channel.channel_id, since))
        self._wake.set()

    async def run(self) -> None:
        """Look back until cancelled, at the places first where something was said last."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._due:
                channel_id = max(self._due, key=self._newest)
                since = self._due.pop(channel_id)
                channel = self._places.get(channel_id)
                if channel is None or not channel.live:
                    continue  # it left, or it will be wanted again when it is caught up
                try:
                    await self._look(channel, since)
                except BlockedError as error:
                    log.info("looking back is not possible", lane=channel.label, reason=error.reason)
                except EndError as error:
                    log.info("looking back is held up", lane=channel.label, reason=error.reason)
                    self.want(channel, since)
                    await self._sleep(error.retry_after or 5.0)

    def _newest(self, channel_id: int) -> int:
        channel = self._places.get(channel_id)
        return (channel.position or 0) if channel is not None else 0

    async def _look(self, channel: Channel, since: datetime) -> None:
        oldest = datetime.now(UTC) - HOW_FAR
        by_place: dict[str | None, set[int]] = {}
        for ref, thread in await self._relay.newest_sources(channel.row.id, MOST_KNOWN):
            if ref.isdigit() and instant_of(int(ref)) > oldest:
                by_place.setdefault(thread, set()).add(int(ref))
        newest = getattr(self._places.seen(channel), "last_message_id", None)
        if newest is not None and instant_of(newest) > oldest and not self._places.is_forum(channel):
            by_place.setdefault(None, set())  # where only copies stand, people may have reacted to those
        for thread, ref in await self._relay.threads_of_copies(channel.row.id, MOST_THREADS):
            if ref.isdigit() and instant_of(int(ref)) > oldest:
                by_place.setdefault(thread, set())
        for thread, known in by_place.items():
            place = int(thread) if thread is not None else None
            heard = await self._compare(channel, place, known, since - CLOCK_DOUBT)
            if heard:
                await self._hearing.take(channel, News(tuple(heard)))
            with suppress(NothingThereError):  # the thread is gone, and its pins with it
                await self._changes.look_at_pins(channel, place)
            await self._sleep(PACE_SECONDS)

    async def _compare(self, channel: Channel, thread: int | None, known: set[int], since: datetime) -> list[Heard]:
        """Return what became of the messages that are known in one place."""
        there: dict[int, discord.Message] = {}
        try:
            async for message in self._reader.newest_first(channel, thread=thread, most=MOST_MESSAGES):
                # whatever came in one request is looked at: people may have reacted to copies that are older
                if message.id < min(known, default=message.id + 1) and len(there) >= PAGE:
                    break
                there[message.id] = message
        except NothingThereError:
            return [Deleted(channel.row.id, str(number)) for number in sorted(known, reverse=True)]
        # beyond what was read nothing is known
        reached = min(there) if len(there) == MOST_MESSAGES else 0
        heard: list[Heard] = []
        for number in sorted(known):
            if (found := there.get(number)) is None:
                if number >= reached and not (thread is None and await self._is_thread(channel, number)):
                    heard.append(Deleted(channel.row.id, str(number)))
            elif found.edited_at is not None and found.edited_at > since and self._hearing.is_news(channel, found):
                heard.append(await self._edited(channel, found, thread))
        reacted = sorted(message.id for message in there.values() if _is_reacted_to(message))
        return heard + [Reacted(channel.row.id, str(number)) for number in reacted[-MOST_REACTED:]]

    async def _edited(self, channel: Channel, message: discord.Message, thread: int | None) -> Edited:
        row, guild = channel.row, self._places.guild_of(channel)
        where = neutral(guild.get_thread(thread)) if guild is not None and thread is not None else None
        author = await self._reader.author(channel, message)
        channel.note(message.id, version_of(message.edited_at))
        edited = read_message(message, end=row.id, place=row.place, thread=where, author=author)
        return Edited(row.id, edited.ref, edited)

    async def _is_thread(self, channel: Channel, number: int) -> bool:
        """Say whether it is a thread that began from nothing: no message of its id stands there, nor ever did."""
        guild = self._places.guild_of(channel)
        if guild is not None and guild.get_thread(number) is not None:
            return True
        try:
            async with translated(in_thread=True):
                return isinstance(await self._bot.fetch_channel(number), discord.Thread)
        except NothingThereError:
            return False


def _is_reacted_to(message: discord.Message) -> bool:
    """Say whether people reacted to it, and not we alone."""
    return any(reaction.count > reaction.me for reaction in message.reactions)
