"""The bridge's side of the Discord connection: serves channels, keeps them heard, tells what is wrong with one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import discord
import structlog
from discord.ext import commands

from bridges.ends.discord import DiscordEnd
from bridges.ends.discord_account import Account, Options
from bridges.ends.discord_catching_up import CatchingUp
from bridges.ends.discord_changes import Changes
from bridges.ends.discord_channel import OVERLAP, Channel, settled_stream_of, stream_of
from bridges.ends.discord_downloads import Downloads
from bridges.ends.discord_hearing import Hearing
from bridges.ends.discord_ids import instant_of
from bridges.ends.discord_keeping_up import KeepingUp
from bridges.ends.discord_looking_back import LookingBack
from bridges.ends.discord_places import Places
from bridges.ends.discord_reading import DiscordReader
from bridges.ends.discord_roots import Roots
from bridges.ends.discord_settling import Settling
from bridges.ends.discord_webhooks import WebhookTransport
from bridges.ends.port import Ears, Job
from bridges.media.file import Attachment, MediaError, Reason
from db.bridge_rows import EndRow
from db.bridge_store import BridgeStore
from db.ids import EndId
from db.relay_store import RelayStore

__all__ = ["OVERLAP", "DiscordHome"]

log = structlog.get_logger("bridges.discord")

UNAVAILABLE = "discord.server_unavailable"


@dataclass(frozen=True, slots=True)
class Known:
    """What is written down of a channel: how far it was read, up to where for certain, and the webhooks in it."""

    position: int | None
    settled: int
    webhooks: frozenset[str]


class DiscordHome:
    """Serves all Discord ends of one bot account; fulfils :class:`bridges.ends.port.Home`.

    Without ``relay`` nothing is known of pins taken out, of threads that are deleted, and of what was edited or
    deleted while nobody listened. Without ``downloads`` no file is fetched.
    """

    def __init__(
        self,
        bot: commands.Bot,
        *,
        store: BridgeStore,
        transport: WebhookTransport,
        relay: RelayStore | None = None,
        downloads: Downloads | None = None,
        options: Options | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._store = store
        self._transport = transport
        self._options = options or Options()
        self._sleep = sleep
        self._ears: Ears | None = None
        self._places = Places(bot)
        self._reader = DiscordReader(bot, self._places)
        roots = Roots(self._places, self._reader)
        self._account = Account(bot, store, self._places, self._reader, roots)
        self._connected = self._account.connected
        self._hearing = Hearing(bot, self._places, roots)
        self._keeping_up = KeepingUp(
            self._places,
            CatchingUp(self._places, self._reader, roots, self._hearing, sleep=sleep),
            caught_up=self._look_back,
            sleep=sleep,
        )
        self._downloads = downloads
        self._looking_back: LookingBack | None = None
        if relay is not None:
            shared = (bot, self._places, self._reader, self._hearing)
            changes = Changes(*shared, relay, sleep=sleep)
            self._looking_back = LookingBack(*shared, changes=changes, relay=relay, sleep=sleep)
        self._settling = Settling(self._places, self._hearing, sleep=sleep)
        self._expected: dict[EndId, Known] = {}
        self._arrived: set[int] = set()
        bot.add_listener(self._on_new_session, "on_connect")
        bot.add_listener(self._on_disconnect, "on_disconnect")
        bot.add_listener(self._on_resumed, "on_resumed")
        bot.add_listener(self._on_event, "on_socket_event_type")
        bot.add_listener(self._on_ready, "on_ready")
        bot.add_listener(self._on_channel_update, "on_guild_channel_update")
        bot.add_listener(self._on_channel_delete, "on_guild_channel_delete")
        bot.add_listener(self._on_role_update, "on_guild_role_update")
        bot.add_listener(self._on_member_update, "on_member_update")
        bot.add_listener(self._on_guild, "on_guild_join")
        bot.add_listener(self._on_guild_available, "on_guild_available")
        bot.add_listener(self._on_guild_unavailable, "on_guild_unavailable")
        bot.add_listener(self._on_guild, "on_guild_remove")

    def equip(self, options: Options) -> None:
        """Give the ends that are added from now on what they may lack; it may lean on this very home."""
        self._options = options

    async def expect(self, rows: Sequence[EndRow]) -> None:
        """Read what is known of channels that are added next: one look for all of them."""
        begun = {row.id: int(row.joined_at_ref) for row in rows if row.joined_at_ref}
        named = {row.id: (stream_of(row), settled_stream_of(row)) for row in rows if row.id in begun}
        positions = await self._store.positions([stream for both in named.values() for stream in both])
        webhooks = await self._store.webhooks_of([row.id for row in rows])
        for row in rows:
            at, settled = (int(positions.get(stream, 0)) for stream in named.get(row.id, ("", "")))
            self._expected[row.id] = Known(
                max(at, settled, begun[row.id]) if row.id in begun else None,
                settled,
                webhooks.get(row.id, frozenset()),
            )

    async def add(self, row: EndRow, label: str) -> DiscordEnd:
        """Serve one more channel; where the bot is connected already, catching up there begins at once."""
        if row.id not in self._expected:
            await self.expect([row])
        known = self._expected.pop(row.id)
        channel = Channel(
            row, label, known.position, set(known.webhooks), settled=known.settled, call=self._keeping_up.call
        )
        if channel.position is not None:
            channel.heard_until = instant_of(channel.position)
        self._places.add(channel)
        if self._connected.is_set():
            channel.fall_behind()
            if self._bot.is_ready() or self._places.seen(channel) is not None:
                channel.present.set()
        return DiscordEnd(
            row, label, channel=channel, account=self._account, transport=self._transport, options=self._options
        )

    def remove(self, end: EndId) -> None:
        """Serve a channel no more: what is said there is nobody's news."""
        self._keeping_up.drop(self._places.of_end(end))
        self._places.remove(end)

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""
        self._ears = ears
        self._hearing.open(ears)

    async def part(self) -> None:
        """Write down what the next start need not read, when nothing more is heard."""
        await self._settling.settle()

    def jobs(self) -> dict[str, Job]:
        """Return what is done for all channels; the connection itself is the app's."""
        jobs: dict[str, Job] = {
            "discord-catching-up": self._keeping_up.run,
            "discord-settling": self._settling.run,
        }
        return jobs | ({"discord-looking-back": self._looking_back.run} if self._looking_back is not None else {})

    def problem(self, end: EndId) -> str | None:
        """Return why a channel is not being heard just now, None when it is."""
        channel = self._places.of_end(end)
        return None if channel.live else channel.problem

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        """Fetch a file of Discord's, of at most ``limit`` bytes. Raises :class:`MediaError`."""
        if self._downloads is None:
            raise MediaError(Reason.GONE)
        return await self._downloads.fetch(attachment, limit)

    # ── sessions

    async def _on_new_session(self) -> None:
        # discord.py calls this for READY, never for RESUMED, and before it takes the next event
        self._arrived.clear()
        for channel in self._places:
            channel.present.clear()
            channel.fall_behind()
        self._connected.set()

    async def _on_disconnect(self) -> None:
        # told again with every try to connect that fails
        now = datetime.now(UTC)
        for channel in self._places:
            channel.miss(now)

    async def _on_resumed(self) -> None:
        # all that happened meanwhile was told again
        for channel in self._places:
            if channel.live:
                channel.heard_until = None

    async def _on_event(self, event: str) -> None:
        if event != "GUILD_CREATE":
            return
        # told of every event before the library has taken it, but run after that
        for guild in self._bot.guilds:
            if not guild.unavailable and guild.id not in self._arrived:
                self._arrived.add(guild.id)
                self._are_present(guild)

    def _are_present(self, guild: discord.Guild) -> None:
        for place in guild.channels:
            if (channel := self._places.get(place.id)) is not None:
                channel.present.set()

    async def _on_ready(self) -> None:
        for channel in self._places:
            channel.present.set()  # what nobody told of by now is asked for

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
        for place in guild.channels:
            channel = self._places.get(place.id)
            if channel is not None and (channel.problem == UNAVAILABLE or self._reader.history_is_closed(channel)):
                channel.present.set()
                self._look_again(channel.channel_id)

    async def _on_guild_unavailable(self, guild: discord.Guild) -> None:
        self._arrived.discard(guild.id)
        now = datetime.now(UTC)
        for place in guild.channels:
            channel = self._places.get(place.id)
            if channel is not None and channel.live:
                channel.miss(now)
                channel.live, channel.problem = False, UNAVAILABLE

    async def _on_guild(self, guild: discord.Guild) -> None:
        for place in guild.channels:
            if (channel := self._places.get(place.id)) is not None:
                channel.present.set()
                self._look_again(channel.channel_id)

    def _look_again(self, channel_id: int) -> None:
        """Catch up as if anew: a channel that we cannot see sends no events, and nobody says that it stopped.

        So what was said until we may see it again is read then, and why we may not is shown until then.
        """
        channel = self._places.get(channel_id)
        if channel is None or not self._connected.is_set():
            return
        channel.miss(datetime.now(UTC))
        if channel.live or channel.problem == UNAVAILABLE:
            channel.live = False
            channel.problem = "catching_up"
        channel.look_after()
        channel.changed.set()
        if self._ears is not None:
            self._ears.mended(channel.row.id)

    def _look_back(self, channel: Channel) -> None:
        if channel.live and channel.heard_until is not None:
            if self._looking_back is not None:
                self._looking_back.want(channel, channel.heard_until)
            channel.heard_until = None
