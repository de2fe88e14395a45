"""The connection to Discord: one bot account, as few intents as the work needs, no person cached."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.ext import commands
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from community_bot.errors import OperatorError

log = structlog.get_logger("platforms.discord")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
GOODBYE_SECONDS = 1.0
"""How long Discord has to answer when a socket is closed."""

# the bot joins no voice channel, so it has nothing to warn about
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


class ShortBackoff(ExponentialBackoff[Literal[False]]):
    """How long discord.py waits before it connects again: half a minute at most.

    Its own waits grow to 17 minutes and are forgotten only after 34 quiet ones, so that a bad line on one evening
    makes the bot deaf for a quarter of an hour on the next occasion.
    """

    def __init__(self) -> None:
        super().__init__()
        self._max = 5
        self._reset_time = 120


# there is no setting for it: this is where the pinned version looks it up
setattr(discord.client, "ExponentialBackoff", ShortBackoff)  # noqa: B010 - its type says that it cannot be set


def needed_intents(*, newcomers: bool = False) -> discord.Intents:
    """Return what the bot asks of the gateway; of the privileged ones only the text of messages.

    ``newcomers``: also who joins and leaves, for networks that greet people on Discord.
    """
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = True
    intents.guild_reactions = True
    intents.message_content = True
    intents.expressions = True
    intents.members = newcomers
    return intents


def point_at(api_base: str, gateway: str | None, cdn_base: str) -> None:
    """Send every call of this process to the given addresses.

    discord.py has no public setting for this; the class attributes are those of the pinned version.
    """
    discord.http.Route.BASE = api_base.rstrip("/")
    discord.Asset.BASE = cdn_base.rstrip("/")
    if gateway is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


class _NoTree(app_commands.CommandTree[commands.Bot]):
    """discord.py's own commands, of which there are none: the Discord face takes every interaction itself."""

    async def interaction_check(self, interaction: discord.Interaction[commands.Bot], /) -> bool:
        """Leave it alone."""
        return False


class CommunityBot(commands.Bot):
    """discord.py's client with the caution built in: it pings nobody and keeps no message.

    ``newcomers``: hear who joins and leaves. ``guild_ready_timeout`` is for how many seconds without another server
    it waits until it takes the list for complete.
    """

    def __init__(self, *, newcomers: bool = False, guild_ready_timeout: float = 2.0) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=_NoTree,
            intents=needed_intents(newcomers=newcomers),
            guild_ready_timeout=guild_ready_timeout,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        # one that lacks the words, as for a link that was unfolded, would end the library's connection (2.7.1)
        whole_update = self._connection.parsers["MESSAGE_UPDATE"]
        self._connection.parsers["MESSAGE_UPDATE"] = lambda data: (
            whole_update(data) if "content" in data and "author" in data else None
        )

    async def on_message(self, message: discord.Message, /) -> None:
        """Take no text commands: on Discord everything is a slash command, a button or a form."""

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Log what went wrong in a handler, without what it was handling."""
        log.exception("a Discord event could not be handled", task=event_method)


class DiscordConnection:
    """Keeps the bot connected. :meth:`run` is its task; :attr:`state` is a stable code, ``live`` when well."""

    def __init__(
        self, bot: commands.Bot, token: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self.bot = bot
        self.state = "not_connected"
        self._token = token
        self._sleep = sleep
        self._next_wait = FIRST_WAIT
        bot.add_listener(self._on_live, "on_connect")
        bot.add_listener(self._on_live, "on_resumed")
        bot.add_listener(self._on_disconnect, "on_disconnect")

    async def run(self) -> None:
        """Log in and stay connected until cancelled.

        Raises :class:`OperatorError` when the token or an intent is refused; everything else is tried again.
        """
        try:
            await self._log_in()
            while not await self._connect():
                await self._wait_out("GatewayNotFound")
        finally:
            await self._end_heartbeats()

    async def _end_heartbeats(self) -> None:
        """Stop the threads that beat for this bot, and close what they beat into.

        discord.py (2.7.1) leaves its thread behind when it is cut off after it was greeted and before it has said
        who it is, and the socket open: that thread would beat into a loop that is gone.
        """
        for thread in threading.enumerate():
            if isinstance(thread, KeepAliveHandler) and thread.ws._connection is self.bot._connection:
                thread.stop()
                with suppress(TimeoutError):
                    async with asyncio.timeout(GOODBYE_SECONDS):
                        await thread.ws.socket.close()

    async def _connect(self) -> bool:
        """Stay connected; return False when the gateway was never reached, for discord.py cannot wait for that."""
        try:
            await self.bot.connect(reconnect=True)
        except discord.PrivilegedIntentsRequired as error:
            raise refused_intents(newcomers=self.bot.intents.members) from error
        except discord.ConnectionClosed as error:
            if error.code == 4004:
                raise refused_token() from error
            raise
        except AttributeError:
            # 2.7.1 resumes whenever it could not connect, and trips over the session that it never had
            if getattr(self.bot, "ws", None) is not None:
                raise
            return False
        return True

    async def _wait_out(self, error_type: str) -> None:
        self.state = "discord.unreachable"
        log.warning("Discord does not answer", error_type=error_type, seconds=self._next_wait)
        await self._sleep(self._next_wait)
        self._next_wait = min(self._next_wait * 2, LONGEST_WAIT)

    async def _log_in(self) -> None:
        while True:
            try:
                await self.bot.login(self._token)
            except discord.LoginFailure as error:
                raise refused_token() from error
            except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
                await self.bot.http.close()
                # it closed its connector too, and would log in through that one for ever
                self.bot.http.connector = discord.utils.MISSING
                await self._wait_out(type(error).__name__)
            else:
                return

    async def close(self) -> None:
        if not self.bot.is_closed():
            await self.bot.close()

    async def _on_live(self) -> None:
        self.state = "live"
        self._next_wait = FIRST_WAIT

    async def _on_disconnect(self) -> None:
        self.state = "discord.reconnecting"


def refused_token() -> OperatorError:
    """Return the error for a token that Discord does not know."""
    return OperatorError(
        "discord.token",
        "Discord refuses the bot's token.",
        "Reset it in Discord's developer portal, page Bot, and put the new one into the secret discord_token.",
    )


def refused_intents(*, newcomers: bool) -> OperatorError:
    """Return the error for a portal in which an intent is off; Discord does not say which."""
    if newcomers:
        return OperatorError(
            "discord.intents",
            "Discord does not allow this bot to read messages, or not to hear who joins: an intent is off.",
            "Open the bot in Discord's developer portal, page Bot, and switch on Message Content Intent and Server "
            "Members Intent.",
        )
    return OperatorError(
        "discord.intents",
        "Discord does not allow this bot to read messages: the Message Content intent is off.",
        "Open the bot in Discord's developer portal, page Bot, and switch on Message Content Intent.",
    )
