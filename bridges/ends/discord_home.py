"""The bridge's side of the Discord connection: hears, catches up, reads again, and keeps the webhooks.

The gateway loses events when a session cannot be resumed, and nobody is told which. So on every new session each
channel is read again from a little before the last message known, and only then are live events taken: in
between they wait, or an event after the gap would hide it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import discord
import structlog
from discord.ext import commands

from bridges.ends.discord import DiscordEnd
from bridges.ends.discord_channel import Channel, SeenCopy, stream_of
from bridges.ends.discord_reading import DiscordReader, NothingThereError, translated
from bridges.ends.discord_text import SPOKEN, read_message
from bridges.ends.discord_webhooks import Webhook, WebhookTransport
from bridges.ends.port import BlockedError, Ears, EndError, Job
from bridges.journal import JournalClosedError
from bridges.message import Message
from bridges.pace import Backoff, either
from db.bridge_rows import EndRow
from db.bridge_store import BridgeStore
from db.ids import EndId

log = structlog.get_logger("bridges.discord")

OVERLAP = timedelta(minutes=10)
"""How far behind the last known message reading starts: events may have come out of order before a crash."""
PAGE = 100
MOST_BUFFERED = 1000
"""Live events kept while catching up; on more, the channel is simply read once more."""
WEBHOOK_NAME = "Community bridge"


class DiscordHome:
    """Serves all Discord ends of one bot account; fulfils :class:`bridges.ends.port.Home`."""

    def __init__(
        self,
        bot: commands.Bot,
        *,
        store: BridgeStore,
        transport: WebhookTransport,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._store = store
        self._transport = transport
        self._sleep = sleep
        self._ears: Ears | None = None
        self._channels: dict[int, Channel] = {}
        self._by_end: dict[EndId, Channel] = {}
        self._reader = DiscordReader(bot)
        self._connected = asyncio.Event()
        bot.add_listener(self._on_new_session, "on_connect")
        bot.add_listener(self._on_message, "on_message")
        bot.add_listener(self._on_channel_update, "on_guild_channel_update")
        bot.add_listener(self._on_channel_delete, "on_guild_channel_delete")
        bot.add_listener(self._on_role_update, "on_guild_role_update")
        bot.add_listener(self._on_member_update, "on_member_update")
        bot.add_listener(self._on_guild, "on_guild_join")
        bot.add_listener(self._on_guild_available, "on_guild_available")
        bot.add_listener(self._on_guild, "on_guild_remove")

    async def add(self, row: EndRow, label: str) -> DiscordEnd:
        """Serve one more channel; where the bot is connected already, catching up there begins with its job."""
        known = await self._store.position(stream_of(row)) if row.joined_at_ref else None
        position = known or row.joined_at_ref
        channel = Channel(row, label, int(position) if position else None, await self._store.webhooks(row.id))
        self._channels[channel.channel_id] = channel
        self._by_end[row.id] = channel
        if self._connected.is_set():
            channel.fall_behind()
        return DiscordEnd(row, label, home=self, transport=self._transport)

    def remove(self, end: EndId) -> None:
        """Serve a channel no more: what is said there is nobody's news."""
        channel = self._by_end.pop(end)
        del self._channels[channel.channel_id]

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""
        self._ears = ears

    def jobs(self) -> dict[str, Job]:
        """Return nothing: the connection is the app's, and each channel has a job of its own."""
        return {}

    def jobs_of(self, end: EndId) -> dict[str, Job]:
        """Return a channel's job: catching up whenever a session begins."""
        channel = self._by_end[end]
        return {f"catch-up:{channel.label}": partial(self._keep_up, channel)}

    def problem(self, end: EndId) -> str | None:
        """Return why a channel is not being heard just now, None when it is."""
        channel = self._by_end[end]
        return None if channel.live else channel.problem

    # ── hearing

    async def _on_new_session(self) -> None:
        # discord.py calls this for READY, never for RESUMED, and before it takes the next event
        for channel in self._channels.values():
            channel.fall_behind()
        self._connected.set()

    async def _on_message(self, message: discord.Message) -> None:
        channel = self._channels.get(message.channel.id)
        if channel is None:
            return
        if not self._is_news(channel, message):
            if channel.live:
                await self._pass_over(channel, message.id)
        elif channel.live:
            await self._take(channel, [self._message(channel, message)])
        elif len(channel.buffer) < MOST_BUFFERED:
            channel.buffer.append(message)
        else:
            channel.buffer.clear()
            channel.behind.set()

    # ── what we may do changes

    async def _on_channel_update(self, _: object, after: discord.abc.GuildChannel) -> None:
        self._look_again(after.id)

    async def _on_channel_delete(self, gone: discord.abc.GuildChannel) -> None:
        self._look_again(gone.id)

    async def _on_role_update(self, before: discord.Role, after: discord.Role) -> None:
        if before.permissions != after.permissions:
            await self._on_guild(after.guild)

    async def _on_member_update(self, _: object, after: discord.Member) -> None:
        # sent for ourselves without the members intent too: a role was given or taken
        if after == after.guild.me:
            await self._on_guild(after.guild)

    async def _on_guild_available(self, guild: discord.Guild) -> None:
        # catching up may have begun before the server told what we may do in it
        for channel in guild.channels:
            if self._reader.history_is_closed(channel.id):
                self._look_again(channel.id)

    async def _on_guild(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            self._look_again(channel.id)

    def _look_again(self, channel_id: int) -> None:
        """Catch up as if anew: a channel that we cannot see sends no events, and nobody says that it stopped.

        So what was said until we may see it again is read then, and why we may not is shown until then.
        """
        channel = self._channels.get(channel_id)
        if channel is None or not self._connected.is_set():
            return
        if channel.live:
            channel.live = False
            channel.problem = "catching_up"
        channel.behind.set()
        channel.changed.set()
        if self._ears is not None:
            self._ears.mended(channel.row.id)

    def _is_news(self, channel: Channel, message: discord.Message) -> bool:
        """Say whether somebody else wrote it: decided by webhook and account, known before anything is sent."""
        if message.webhook_id is not None and str(message.webhook_id) in channel.webhook_ids:
            return False
        ours = self._bot.user is not None and message.author.id == self._bot.user.id
        return not ours and message.type in SPOKEN

    def _message(self, channel: Channel, message: discord.Message, name: str | None = None) -> Message:
        return read_message(message, end=channel.row.id, place=channel.row.place, name=name)

    async def _take(self, channel: Channel, messages: Sequence[Message]) -> None:
        if not messages or self._ears is None:
            return
        newest = max(int(message.ref) for message in messages)
        channel.position = max(channel.position or 0, newest)
        channel.passed_over = 0
        # closed: the bot is stopping, and its next start reads on from the position that was written
        with suppress(JournalClosedError):
            await self._ears.hear(messages, positions={channel.stream: str(channel.position)})

    async def _pass_over(self, channel: Channel, message_id: int) -> None:
        """Move on past a message that is no news, so that catching up need not read a month of our own copies."""
        channel.position = max(channel.position or 0, message_id)
        channel.passed_over += 1
        if channel.passed_over >= PAGE:
            await self._write_position(channel)

    async def _write_position(self, channel: Channel) -> None:
        channel.passed_over = 0
        if self._ears is not None:
            with suppress(JournalClosedError):
                await self._ears.hear([], positions={channel.stream: str(channel.position)})

    # ── catching up

    async def _keep_up(self, channel: Channel) -> None:
        """Catch up whenever a new session began, until cancelled."""
        if not channel.live and channel.problem == "catching_up":
            channel.behind.set()  # this job was started again after a failure in between
        backoff = Backoff(first=0.5)
        while True:
            await channel.behind.wait()
            channel.behind.clear()
            channel.changed.clear()
            try:
                await self._catch_up(channel)
                backoff.reset()
            except EndError as error:
                channel.problem = error.reason
                log.warning("catching up is held up", lane=channel.label, reason=error.reason)
                channel.behind.set()
                seconds = error.retry_after or backoff.next()
                await either(self._pause(seconds), channel.changed.wait())

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _catch_up(self, channel: Channel) -> None:
        if channel.position is None:
            await self._join(channel)
        assert channel.position is not None
        start = max(channel.position - (int(OVERLAP / timedelta(milliseconds=1)) << 22), channel.joined_at)
        page: list[Message] = []
        async for message in self._reader.after(channel, start):
            if self._is_news(channel, message):
                page.append(self._message(channel, message, await self._reader.name(channel, message)))
            elif not page:
                await self._pass_over(channel, message.id)
            if len(page) == PAGE:
                await self._take(channel, page)
                page = []
        await self._take(channel, page)
        # fallen behind again meanwhile: taking live events now would move the position past what is still unread
        while channel.buffer and not channel.behind.is_set():
            waiting = [self._message(channel, m) for m in channel.buffer if m.id > channel.joined_at]
            channel.buffer.clear()
            await self._take(channel, waiting)
        if not channel.behind.is_set():
            # nothing is awaited between the empty buffer and this line, so no event falls in between
            channel.live = True

    async def _join(self, channel: Channel) -> None:
        """Fix the point before which nothing crosses: the newest message there now."""
        newest = await self._reader.newest(channel)
        assert self._ears is not None
        await self._ears.hear([], joined={channel.row.id: str(newest)}, positions={channel.stream: str(newest)})
        channel.row = replace(channel.row, joined_at_ref=str(newest))
        channel.position = newest

    # ── reading

    async def read(self, end: EndId, ref: str) -> Message | None:
        """Read a message again; None when it was deleted, or its channel left. Raises as :meth:`End.read`."""
        await self._connected.wait()
        channel = self._by_end.get(end)
        if channel is None:
            return None
        try:
            message = await self._reader.message(channel, int(ref))
            return self._message(channel, message, await self._reader.name(channel, message))
        except NothingThereError:
            return None

    async def ours_after(self, end: EndId, start: int) -> list[SeenCopy]:
        """Return what our webhooks said in a channel after the id ``start``, oldest first."""
        await self._connected.wait()
        return await self._reader.copies_after(self._by_end[end], start)

    # ── webhooks

    async def webhook(self, end: EndId) -> Webhook:
        """Find our webhook in a channel, or make one; its id is known as ours before it says anything.

        Waits for the first connection. Raises :class:`BlockedError` when a permission is missing,
        :class:`NotSentError` otherwise.
        """
        await self._connected.wait()
        channel = self._by_end[end]
        async with translated(missing="discord.missing_manage_webhooks"):
            place = await self._bot.fetch_channel(channel.channel_id)
            if not isinstance(place, discord.TextChannel):
                raise BlockedError("discord.not_a_text_channel")
            found = [w for w in await place.webhooks() if w.token and w.user == self._bot.user]
            hook = found[0] if found else await place.create_webhook(name=WEBHOOK_NAME)
        if hook.token is None:
            raise BlockedError("discord.webhook_without_token")
        await self._store.remember_webhook(channel.row.id, str(hook.id))
        channel.webhook_ids.add(str(hook.id))
        return Webhook(str(hook.id), hook.token)
