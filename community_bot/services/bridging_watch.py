"""Telling the people who run a place that their end has been held up for long, once, and what helps.

Only of what they can mend themselves: a permission, an invitation, another room. What passes by, and what is the
operator's, stands in `/readyz` and in `/bridge status`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import cast

from community_bot.domain.languages import Language
from community_bot.locales import Catalogues, key
from community_bot.logs import get_logger
from community_bot.services.bridging_port import BridgeDesk, EndState, Named, PlaceNames
from community_bot.services.bridging_scope import keepers_of, scope_of
from community_bot.services.bridging_words import is_mended_by_people, name_of_place, said_of_reason
from community_bot.services.network import Network, Unit
from db.errors import DatabaseError
from db.ids import EndId

log = get_logger(__name__)

LONG = timedelta(minutes=10)
"""How long an end is in trouble before anybody is told: most of it is mended by then."""
LOOK_SECONDS = 60.0


class BridgeWatch:
    """Watches the ends. :meth:`run` is its task. What it told it knows until the bot stops."""

    def __init__(
        self,
        network: Network,
        desk: BridgeDesk,
        names: PlaceNames,
        catalogues: Catalogues,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._network = network
        self._desk = desk
        self._names = names
        self._catalogues = catalogues
        self._sleep = sleep
        self._since: dict[EndId, datetime] = {}
        self._told: set[EndId] = set()

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            try:
                await self.look()
            except DatabaseError as error:
                # nobody is told now; the trouble is still there at the next look
                log.warning("the ends are looked at later", reason=error.code)
            await self._sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Tell of every end that has been in trouble for long and was not told of since it was well."""
        now = self._network.clock()
        ends = await self._desk.report()
        for end in ends:
            problem = end.problem
            if problem is None:
                self._since.pop(end.id, None)
                self._told.discard(end.id)
            elif is_mended_by_people(problem) and self._is_new_and_long(end.id, now):
                await self._tell(end, problem)
                self._told.add(end.id)
        known = {end.id for end in ends}
        self._since = {end: since for end, since in self._since.items() if end in known}
        self._told &= known

    def _is_new_and_long(self, end: EndId, now: datetime) -> bool:
        return now - self._since.setdefault(end, now) >= LONG and end not in self._told

    async def _tell(self, end: EndState, problem: str) -> None:
        named = await self._names.of(end.place)

        def work(unit: Unit) -> None:
            for member_id in keepers_of(unit, scope_of(unit, end.settled)):
                member = unit.members.get(member_id)
                if member is None:
                    continue
                said = self._said(cast("Language", member.profile.language), end, problem, named)
                unit.outbox.add(
                    "tell",
                    {"text": key("bridge.held_up.told")},
                    now=unit.now,
                    member_id=member_id,
                    words={"twin": said},
                )

        await self._network.act(work)

    def _said(self, language: Language, end: EndState, problem: str, named: Named) -> str:
        t = self._catalogues.translator(language)
        place = name_of_place(t, end.place, end.title, named)
        reason = said_of_reason(t, problem)
        if end.unheard is not None:
            return t("bridge.held_up.unheard", place=place, reason=reason)
        return t.count("bridge.held_up.waiting", end.waiting, place=place, reason=reason)
