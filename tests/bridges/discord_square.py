"""Discord channels of simulated servers in one conversation, and a bridge between them over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import aiohttp
from prometheus_client import CollectorRegistry

from bridges.bridge import Bridge
from bridges.ends.discord_account import Options
from bridges.ends.discord_downloads import Downloads
from bridges.ends.discord_home import DiscordHome
from bridges.ends.discord_limits import WebhookLimits
from bridges.ends.discord_webhooks import WebhookTransport
from bridges.ends.port import People
from bridges.markup.tree import Mention
from bridges.message import Message
from bridges.metrics import BridgeMetrics
from bridges.terms import EndTerms
from community_bot.crew import Crew
from community_bot.platforms.discord import CommunityBot, point_at
from db.bridge_rows import Intent, Place, Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.relay_store import RelayStore
from sandbox.discord import RateLimits, SeenMessage, SimChannel, SimGuild, SimMember, SimulatedDiscord

MAY = {
    "view_channel": True,
    "read_message_history": True,
    "manage_webhooks": True,
    "manage_messages": True,
    "create_public_threads": True,
    "send_messages": True,
    "send_messages_in_threads": True,
    "manage_threads": True,
    "add_reactions": True,
    "pin_messages": True,
}


class Square:
    """Servers with a channel each; ``here`` and ``there`` are the first two, with somebody in each."""

    def __init__(self, discord: SimulatedDiscord, database: Database) -> None:
        self.discord = discord
        self.database = database
        self.guilds: list[SimGuild] = []
        self.channels: list[SimChannel] = []
        self.terms: dict[Place, EndTerms] = {}
        self.people: People = _nobody
        self.failures: list[str] = []
        self.options: Callable[[DiscordHome], Options] = lambda _: Options()
        self.home: DiscordHome | None = None
        self.bridge: Bridge | None = None
        self.bot: CommunityBot | None = None

    def add(self, name: str, *, forum: bool = False) -> SimChannel:
        guild = self.discord.add_guild(name)
        channel = guild.add_forum("plaza") if forum else guild.add_text_channel("plaza")
        self.guilds.append(guild)
        self.channels.append(channel)
        return channel

    @property
    def here(self) -> SimChannel:
        return self.channels[0]

    @property
    def there(self) -> SimChannel:
        return self.channels[1]

    def member(self, name: str, display: str | None = None, *, where: int = 0) -> SimMember:
        return self.guilds[where].add_member(name, display=display or name)

    @staticmethod
    def place(channel: SimChannel) -> Place:
        return Place(Platform.DISCORD, str(channel.id))

    @asynccontextmanager
    async def bridged(self, *, ready: bool = True) -> AsyncIterator[Bridge]:
        """Run a bot with a bridge over all channels until the block ends, then kill it."""
        point_at(self.discord.api_base, self.discord.gateway_url, self.discord.cdn_base)
        async with aiohttp.ClientSession() as session:
            bot = CommunityBot(guild_ready_timeout=0.05)
            crew = Crew(_no_operator)
            home = DiscordHome(
                bot,
                store=BridgeStore(self.database),
                transport=WebhookTransport(session, self.discord.api_base, limits=WebhookLimits()),
                relay=RelayStore(self.database),
                downloads=Downloads(session, bot, self.discord.cdn_base),
            )
            home.equip(self.options(home))
            bridge = Bridge(
                self.database,
                keep_days=90,
                homes={Platform.DISCORD: home},
                metrics=BridgeMetrics(CollectorRegistry()),
                crew=crew,
                people=self.people,
                failed=self._failed,
            )
            self.home, self.bridge, self.bot = home, bridge, bot
            await bridge.settle({"plaza": [self.place(each) for each in self.channels]}, self.terms)
            bridge.start()
            for name, job in home.jobs().items():
                crew.keep(name, job)
            await bot.login(self.discord.token)
            connection = asyncio.create_task(bot.connect(reconnect=True))
            try:
                if ready:
                    await self.until(self.is_ready)
                yield bridge
            finally:
                # the library tells of a session a little later, by tasks that nobody else would wait for
                if (telling := bot._connection._ready_task) is not None:
                    await asyncio.wait([telling], timeout=1.0)
                # in this order, as the app does: the library cannot end what it has closed
                connection.cancel()
                await asyncio.gather(connection, return_exceptions=True)
                await crew.close()
                # it starts a task for every event
                events = [task for task in asyncio.all_tasks() if task.get_name().startswith("discord.py: ")]
                for event in events:
                    event.cancel()
                await asyncio.gather(*events, return_exceptions=True)
                await bot.close()

    def is_ready(self) -> bool:
        bridge = self.bridge
        return bridge is not None and all(bridge.report(end).problem is None for end in bridge.ends)

    def problems(self) -> list[str | None]:
        assert self.bridge is not None
        return [self.bridge.report(end).problem for end in self.bridge.ends]

    def lanes(self) -> list[str]:
        assert self.bridge is not None
        return [self.bridge.report(end).lane.value for end in self.bridge.ends]

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until something is so, also where the simulated Discord does not tell of it."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - of the bridge nobody tells
                await asyncio.sleep(0.01)

    async def reads(self, channel: SimChannel, *texts: str) -> list[SeenMessage]:
        """Wait until the bridge's words in a channel are these, and return its messages."""

        def said(messages: Sequence[SeenMessage]) -> list[str]:
            return [message.content for message in messages if message.webhook_id is not None]

        try:
            await channel.wait_for(lambda messages: said(messages) == list(texts))
        except TimeoutError:
            raise AssertionError(said(channel.messages())) from None
        return [message for message in channel.messages() if message.webhook_id is not None]

    async def settled(self) -> None:
        """Wait until no lane has anything to do."""
        bridge = self.bridge
        assert bridge is not None
        await self.until(lambda: all(bridge.report(end).depth == 0 for end in bridge.ends))

    async def _failed(self, _: Intent, __: Message, reason: str) -> None:
        self.failures.append(reason)


@asynccontextmanager
async def square(
    database: Database, *names: str, limits: RateLimits | None = None, forums: Mapping[str, bool] | None = None
) -> AsyncIterator[Square]:
    """Open servers of these names, each with a channel of the one conversation."""
    async with SimulatedDiscord(limits=limits or RateLimits.off()) as discord:
        opened = Square(discord, database)
        for name in names:
            opened.add(name, forum=(forums or {}).get(name, False))
        yield opened


async def _nobody(_: Platform, __: Sequence[Mention], ___: Platform) -> Mapping[str, str]:
    return {}


def _no_operator(error: Exception) -> None:
    raise AssertionError(error)
