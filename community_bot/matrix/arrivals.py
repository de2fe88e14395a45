"""Greeting who joins a home's lobby: once each, in a room of their own, many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, NotSentError, UnsureError
from community_bot.domain.account import Account
from community_bot.locales import Language
from community_bot.logs import get_logger
from community_bot.matrix.happenings import Came, Went
from community_bot.matrix.turns import Turns
from community_bot.platforms.matrix_cards import show
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import Card, ImpossibleError

log = get_logger(__name__)

HELD_UP_SECONDS = 20.0
"""How long to wait when the homeserver stays away for longer than a request is tried."""


class ArrivalService(Protocol):
    """What is known of who came (``services/arrivals.py``)."""

    async def arrived(self, account: Account, home: str) -> bool: ...

    async def waiting(self, accounts: Sequence[Account]) -> list[Account]: ...

    async def greeted(self, accounts: Sequence[Account], place: str, ref: str) -> None: ...

    async def left(self, account: Account, home: str) -> None: ...

    async def greeting(self, language: Language, scope: str = "network") -> Card: ...


class Greeter:
    """Greets, several at a time. A limit of the homeserver is waited out: a crowd takes as long as it takes.

    A crash at any point is healed at the next start: :meth:`catch_up` finds who still waits, their room is found
    by its alias, and the greeting has a transaction id from the arrival, so that the homeserver drops a second one.
    """

    def __init__(
        self,
        homeserver: Homeserver,
        rooms: PrivateRooms,
        arrivals: ArrivalService,
        homes: Mapping[str, Language],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._arrivals = arrivals
        self._homes = homes
        self._sleep = sleep
        self._turns = Turns()

    async def came(self, came: Came) -> None:
        """Note who joined a lobby, and greet them beside everything else unless they are known already."""
        if await self._arrivals.arrived(Account("matrix", came.person), came.room):
            self._start(came.person, came.room, came.event)

    async def went(self, went: Went) -> None:
        """Forget who left before becoming a member."""
        await self._arrivals.left(Account("matrix", went.person), went.room)

    async def catch_up(self) -> None:
        """Greet who came before a restart and is still waiting."""
        for home in self._homes:
            try:
                joins = await self._homeserver.joins(home)
            except (BlockedError, MissingError):
                log.warning("the bot is not in a lobby", platform="matrix")
                continue
            people = [Account("matrix", person) for person in joins if person != self._homeserver.user_id]
            for account in await self._arrivals.waiting(people):
                self._start(account.user_id, home, joins[account.user_id])

    async def close(self) -> None:
        """Stop greeting; who was not greeted yet is greeted at the next start."""
        await self._turns.close()

    def _start(self, person: str, home: str, event: str) -> None:
        self._turns.take(person, lambda: self._greet(person, self._homes[home], f"greeting|{person}|{event}"))

    async def _greet(self, person: str, language: Language, key: str) -> None:
        account = Account("matrix", person)
        # whoever went, or was greeted in a turn before this one, waits no more
        while await self._arrivals.waiting([account]):
            try:
                room = await self._rooms.open(person, language)
                card = await self._arrivals.greeting(language)
                event = await show(self._homeserver, room, card, key=key)
            except ImpossibleError as error:
                log.warning("a newcomer cannot be greeted", platform="matrix", reason=error.reason)
                return
            except (NotSentError, UnsureError) as error:
                log.warning("a greeting is held up", platform="matrix", reason=error.reason)
                await self._sleep(error.retry_after or HELD_UP_SECONDS)
            else:
                await self._arrivals.greeted([account], room, event)
