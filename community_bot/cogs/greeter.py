"""Greeting the newcomers of one server: one message for whoever waits, nobody twice, nobody forgotten.

One task does everything in order, so two messages are never under way at once. Whom a message has greeted is noted
after it was sent; where that is in doubt, what stands in the channel decides.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import aiohttp
import discord
from discord.utils import MISSING

from bridges.split import split
from community_bot.cogs.incoming import GuildHome, account_of
from community_bot.domain.account import Account
from community_bot.domain.roles import NETWORK
from community_bot.locales import Language
from community_bot.logs import get_logger
from community_bot.platforms.discord_cards import LONGEST, Part
from community_bot.platforms.port import Card

log = get_logger(__name__)

MOST: Final = 20
"""How many one message greets."""
GATHER_SECONDS: Final = 1.0
"""How long a first newcomer is waited upon by others who come with them."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
OVERLAP: Final = timedelta(minutes=1)
"""How far before the last settled newcomer the next look begins: events may overtake each other."""
LOOK_BACK: Final = 1000
"""How many messages of the channel are looked through for our own greetings."""
NOBODY_YET: Final = datetime(2015, 1, 1, tzinfo=UTC)
"""Before there was Discord."""


class Arrivals(Protocol):
    """What the service offers; ``home`` is :attr:`GuildHome.key`."""

    async def arrived(self, account: Account, home: str) -> bool: ...

    async def waiting(self, accounts: Sequence[Account]) -> list[Account]: ...

    async def greeted(self, accounts: Sequence[Account], place: str, ref: str) -> None: ...

    async def left(self, account: Account, home: str) -> None: ...

    async def greeting(self, language: Language, scope: str = NETWORK) -> Card: ...

    async def seen_until(self, home: str) -> datetime | None: ...

    async def set_seen_until(self, home: str, moment: datetime) -> None: ...


class Greeter:
    """Greets in one home. :meth:`run` is its task; :attr:`problem` is a stable code, None when all is well."""

    def __init__(
        self,
        bot: discord.Client,
        home: GuildHome,
        arrivals: Arrivals,
        *,
        gather_seconds: float = GATHER_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.home = home
        self.problem: str | None = None
        self._bot = bot
        self._arrivals = arrivals
        self._gather_seconds = gather_seconds
        self._sleep = sleep
        self._come: dict[int, datetime] = {}
        self._settled = NOBODY_YET
        self._wake = asyncio.Event()
        self._look_again = False
        self._is_away = False
        # a message may be out there that was not noted
        self._in_doubt = False

    def hear(self, member: discord.Member) -> None:
        """Take in that somebody joined."""
        if not member.bot:
            self._come[member.id] = member.joined_at or discord.utils.utcnow()
            self._wake.set()

    async def forget(self, user: discord.abc.Snowflake) -> None:
        """Take in that somebody left."""
        self._come.pop(user.id, None)
        await self._arrivals.left(account_of(user), self.home.key)

    def look(self) -> None:
        """Have the server looked through for who joined while nobody listened."""
        self._look_again = True
        self._wake.set()

    async def run(self) -> None:
        """Greet until cancelled."""
        wait = FIRST_WAIT
        while True:
            try:
                if self._look_again:
                    await self._catch_up()
                if self._come:
                    await self._sleep(self._gather_seconds)
                while self._come:
                    await self._greet_some()
            except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
                self.problem = _reason(error)
                log.warning("newcomers cannot be greeted", reason=self.problem, seconds=wait)
                await self._sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            self.problem, wait = "discord.not_in_server" if self._is_away else None, FIRST_WAIT
            if not self._come and not self._look_again:
                self._wake.clear()
                await self._wake.wait()

    async def _catch_up(self) -> None:
        """Find who joined since the last look; a server looked at for the first time has only old members."""
        guild = self._bot.get_guild(self.home.guild_id)
        self._look_again, self._is_away = False, guild is None
        if guild is None or guild.unavailable:
            # it is looked at when it comes
            log.warning("a home cannot be seen", reason="discord.not_in_server")
            return
        try:
            joined = {
                member.id: member.joined_at async for member in guild.fetch_members(limit=None) if not member.bot
            }
            since = await self._arrivals.seen_until(self.home.key)
            if since is None:
                newest = max((moment for moment in joined.values() if moment is not None), default=NOBODY_YET)
                since = newest + timedelta(microseconds=1)
                await self._arrivals.set_seen_until(self.home.key, since)
            self._settled = max(self._settled, since + OVERLAP)
        except BaseException:
            self._look_again = True
            raise
        found = {who: moment for who, moment in joined.items() if moment is not None and moment >= since}
        self._come = found | self._come
        self._in_doubt = self._in_doubt or bool(found)

    async def _greet_some(self) -> None:
        batch = sorted(self._come, key=self._come.__getitem__)[:MOST]
        came = {who: self._come[who] for who in batch}
        new = [who for who in batch if await self._arrivals.arrived(_account(who), self.home.key)]
        if new and self._in_doubt:
            done = await self._greeted_already(new, min(came.values()))
            new = [who for who in new if who not in done]
        if new:
            # a member by now, or gone: they have decided while we waited
            waiting = await self._arrivals.waiting([_account(who) for who in new if who in self._come])
            await self._greet([int(account.user_id) for account in waiting])
        self._settled = max(self._settled, *came.values())
        for who, moment in came.items():
            # not somebody who has left and come again meanwhile
            if self._come.get(who) == moment:
                del self._come[who]
        if not self._come:
            self._in_doubt = False
        await self._note_position()

    async def _greet(self, newcomers: Sequence[int]) -> None:
        if not newcomers:
            return
        card = await self._arrivals.greeting(self.home.language)
        mentions = " ".join(f"<@{who}>" for who in newcomers)
        words = split(card.text, LONGEST - len(mentions) - 1)[0]
        people = [discord.Object(who, type=discord.User) for who in newcomers]
        was_in_doubt, self._in_doubt = self._in_doubt, True
        sent = await self._channel().send(
            f"{mentions}\n{words}",
            view=Part("", card.buttons).view() or MISSING,
            nonce=secrets.token_hex(12),
            allowed_mentions=discord.AllowedMentions(everyone=False, roles=False, users=people, replied_user=False),
            suppress_embeds=True,
        )
        await self._note(newcomers, sent.id)
        self._in_doubt = was_in_doubt

    async def _greeted_already(self, newcomers: Collection[int], since: datetime) -> frozenset[int]:
        """Note whom a message in the channel has greeted though nobody noted it; return them."""
        me = self._bot.user
        assert me is not None, "the bot is connected"
        missing = set(newcomers)
        async for message in self._channel().history(limit=LOOK_BACK, after=since, oldest_first=True):
            found = missing.intersection(message.raw_mentions) if message.author.id == me.id else set()
            if found:
                await self._note(sorted(found), message.id)
                missing -= found
            if not missing:
                break
        return frozenset(newcomers) - missing

    async def _note(self, newcomers: Sequence[int], message_id: int) -> None:
        accounts = [_account(who) for who in newcomers]
        await self._arrivals.greeted(accounts, str(self.home.welcome_channel_id), str(message_id))

    async def _note_position(self) -> None:
        """Move to where everybody before is settled, so that whoever waits now is found again after a crash."""
        until = min([self._settled, *self._come.values()]) - OVERLAP
        known = await self._arrivals.seen_until(self.home.key)
        if known is None or until > known:
            await self._arrivals.set_seen_until(self.home.key, until)

    def _channel(self) -> discord.PartialMessageable:
        return self._bot.get_partial_messageable(
            self.home.welcome_channel_id, guild_id=self.home.guild_id, type=discord.ChannelType.text
        )


def _account(user_id: int) -> Account:
    return Account("discord", str(user_id))


def _reason(error: BaseException) -> str:
    match error:
        case discord.NotFound():
            return "discord.channel_gone"
        case discord.Forbidden():
            return "discord.forbidden"
        case discord.HTTPException(status=429):
            return "discord.limit"
    return "discord.unreachable"
