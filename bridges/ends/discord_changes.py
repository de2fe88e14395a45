"""Pins, and threads that were deleted: of both the gateway tells only that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import discord
import structlog
from discord.ext import commands

from bridges.ends.discord_channel import Channel, News
from bridges.ends.discord_errors import NothingThereError
from bridges.ends.discord_hearing import Hearing
from bridges.ends.discord_places import Places
from bridges.ends.discord_reading import DiscordReader
from bridges.ends.port import BlockedError, EndError
from bridges.message import Deleted, Pinned
from db.relay_store import RelayStore

log = structlog.get_logger("bridges.discord")

TRIES = 5
WAIT_SECONDS = 1.0


class Changes:
    """Finds out what changed, by comparing what stands there with what is known."""

    def __init__(
        self,
        bot: commands.Bot,
        places: Places,
        reader: DiscordReader,
        hearing: Hearing,
        relay: RelayStore,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._places = places
        self._reader = reader
        self._hearing = hearing
        self._relay = relay
        self._sleep = sleep
        self._looking: dict[int, bool] = {}
        """The places whose pins are being looked at; True: again afterwards."""
        bot.add_listener(self._on_pins, "on_guild_channel_pins_update")
        bot.add_listener(self._on_thread_gone, "on_raw_thread_delete")

    # ── pins

    async def _on_pins(self, place: discord.abc.GuildChannel | discord.Thread, _: datetime | None) -> None:
        found = self._places.whose(place.id, place.guild.id)
        if found is None:
            return
        if place.id in self._looking:
            self._looking[place.id] = True
            return
        self._looking[place.id] = True
        try:
            while self._looking[place.id]:
                self._looking[place.id] = False
                await self._tried(found[0], place.id if found[1] is not None else None)
        finally:
            del self._looking[place.id]

    async def _tried(self, channel: Channel, thread: int | None) -> None:
        for number in range(1, TRIES + 1):
            try:
                await self.look_at_pins(channel, thread)
            except (BlockedError, NothingThereError) as error:
                log.info("pins cannot be read", lane=channel.label, reason=error.reason)
                return
            except EndError as error:
                if number == TRIES:
                    log.warning("pins cannot be read", lane=channel.label, reason=error.reason)
                    return
                await self._sleep(error.retry_after or WAIT_SECONDS * number)
            else:
                return

    async def look_at_pins(self, channel: Channel, thread: int | None) -> None:
        """Hear what was pinned and what is pinned no more. Raises the kinds of :class:`EndError`.

        Nothing need be remembered: a pin that is known already is passed over.
        """
        end = channel.row.id
        known = await self._relay.pinned_at(end, str(thread) if thread is not None else None)
        there = await self._reader.pins(channel, thread)
        heard = [Pinned(end, ref, pinned=True) for ref in sorted(there, key=int)]
        heard += [Pinned(end, min(refs, key=int), pinned=False) for refs in known if not refs & there]
        if heard:
            await self._hearing.take(channel, News(tuple(heard)))

    # ── threads

    async def _on_thread_gone(self, event: discord.RawThreadDeleteEvent) -> None:
        channel = self._places.get(event.parent_id)
        if channel is not None and event.thread_type is not discord.ChannelType.private_thread:
            await self.thread_gone(channel, event.thread_id)

    async def thread_gone(self, channel: Channel, thread: int) -> None:
        """Hear that all that was said in a thread was deleted with it."""
        end = channel.row.id
        refs = await self._relay.sources_in_thread(end, str(thread))
        if not self._places.is_forum(channel):
            try:
                await self._reader.message(channel, thread)
            except NothingThereError:
                refs.insert(0, str(thread))  # the line that stood for its beginning, if there was one
            except EndError as error:
                log.info("where a thread began cannot be read", lane=channel.label, reason=error.reason)
        heard = tuple(Deleted(end, ref) for ref in reversed(refs))
        if heard:
            await self._hearing.take(channel, News(heard))
