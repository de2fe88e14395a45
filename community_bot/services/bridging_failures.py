"""Telling somebody privately that what they wrote did not cross, once, why, and how to try again.

Whoever writes in a joined room need be no member, so it is the account that is told; it is known from memory and
stays there, but for the sealed effect that is gone once they are told. What they wrote is nowhere in it.

A failure counts as told in the transaction that leaves that effect, not before: what is only gathered when the
process dies is handed in again at the next start (:mod:`bridges.telling`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import cast

from community_bot.domain.account import Account
from community_bot.domain.languages import Language
from community_bot.domain.quiet import quiet_until
from community_bot.domain.roles import Power
from community_bot.locales import Catalogues, Markup, Translator, key
from community_bot.logs import get_logger
from community_bot.services.bridging_port import BridgeDesk, Named, PlaceNames, Uncrossed
from community_bot.services.bridging_scope import language_of_place
from community_bot.services.bridging_words import name_of_place, said_of_reason
from community_bot.services.members import zone_of
from community_bot.services.network import Network, Unit, action
from db.bridge_rows import Place
from db.errors import DatabaseError
from db.ids import IntentId, SourceId
from db.member_rows import MemberRow

log = get_logger(__name__)

GATHER_SECONDS = 60.0
"""For how long what fails is gathered into one notice."""
MOST_REMEMBERED = 10_000
"""Messages of which somebody was told: an end that refuses one later is then not told again."""
LONGEST_ARGUMENT = 60
"""Characters of a button's argument: so many messages can be tried again by one."""


class Failures:
    """Gathers what did not cross and tells its authors. :meth:`run` is its task."""

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
        self._gathered: dict[Account, list[Uncrossed]] = {}
        self._told: OrderedDict[SourceId, frozenset[IntentId]] = OrderedDict()
        self._wake = asyncio.Event()

    async def uncrossed(self, failure: Uncrossed) -> None:
        """Take in that a message will not cross to one end; its author is told a little later."""
        self._gathered.setdefault(failure.account, []).append(failure)
        self._wake.set()

    async def run(self) -> None:
        """Tell authors until cancelled; what was gathered by then is told before the end."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._sleep(GATHER_SECONDS)
                await self.tell()
        finally:
            await self.tell()

    async def tell(self) -> None:
        """Leave word for everybody of whom something was gathered."""
        gathered, self._gathered = self._gathered, {}
        for account, failures in gathered.items():
            try:
                await self._tell(account, failures)
            except DatabaseError as error:
                # the counters and the log have it, and the next start, if it is soon, tells it
                log.warning("an author cannot be told", reason=error.code)

    async def _tell(self, account: Account, gathered: Sequence[Uncrossed]) -> None:
        """Leave word for one author, and note of all this that it is told."""
        intents = {each.intent for each in gathered}
        # they know already of a message that another end refused before; and one may be handed in twice
        failures = list({each.intent: each for each in gathered if each.source not in self._told}.values())
        if not failures:
            await self._network.act(lambda unit: unit.untold.told(intents))
            return
        places = {each.origin for each in failures} | {each.refused_by for each in failures}
        named = {place: await self._names.of(place) for place in places}

        def work(unit: Unit) -> None:
            unit.untold.told(intents)
            member = unit.members.find(account.platform, account.user_id)
            language = (
                cast("Language", member.profile.language)
                if member is not None
                else language_of_place(unit.rules, named[failures[0].origin])
            )
            said = said_of_failures(self._catalogues.translator(language), failures, named)
            details = {
                "text": key("bridge.said"),
                "language": language,
                "button": "joined.again",
                "label": key("bridge.again.button"),
                "argument": _argument(failures),
            }
            target = (account.platform, account.user_id)
            unit.outbox.add(
                "tell",
                details,
                now=unit.now,
                target=target,
                words={"twin": said},
                not_before=_not_before(unit, member),
            )

        await self._network.act(work)
        for each in failures:
            self._told[each.source] = self._told.pop(each.source, frozenset()) | {each.intent}
        while len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)

    @action
    async def try_again(self, account: Account, intents: Collection[IntentId]) -> int:
        """Try once more what could not cross; return for how many places that is possible.

        Whoever presses has the notice before them, and it changes nothing that its author did not want. If it fails
        again, they are told again.
        """
        await self._network.look(lambda unit: unit.asker(account, Power.ANYONE))
        for source, known in list(self._told.items()):
            if not known.isdisjoint(intents):
                del self._told[source]
        return await self._desk.try_again(intents)


def said_of_failures(t: Translator, failures: Sequence[Uncrossed], named: Mapping[Place, Named]) -> Markup:
    """Return what an author is told: how many messages, where they did not arrive and why, what to do."""
    count = len({each.source for each in failures})
    here = failures[0].origin
    reasons = OrderedDict[tuple[Place, str], str]()
    for each in failures:
        reasons.setdefault((each.refused_by, said_of_reason(t, each.reason)), each.title)
    lines = [
        t(
            "bridge.uncrossed.line",
            place=name_of_place(t, place, title, named.get(place)),
            reason=Markup(reason),
        )
        for (place, reason), title in reasons.items()
    ]
    head = t.count("bridge.uncrossed.head", count, place=name_of_place(t, here, "", named.get(here)))
    return Markup("\n".join([head, *lines, "", t("bridge.uncrossed.foot")]))


def intents_in(argument: str) -> list[IntentId]:
    """Return what a button under such a notice names; what is no number is passed over."""
    return [IntentId(int(each)) for each in argument.split(".") if each.isdecimal() and len(each) < 19]


def _argument(failures: Sequence[Uncrossed]) -> str:
    found = ""
    for each in failures:
        longer = f"{found}.{each.intent}" if found else str(each.intent)
        if len(longer) > LONGEST_ARGUMENT:
            break
        found = longer
    return found


def _not_before(unit: Unit, member: MemberRow | None) -> datetime | None:
    if member is None:
        return None
    profile = member.profile
    now = unit.now.astimezone(zone_of(profile, unit.rules.zone))
    return quiet_until(profile.quiet_from, profile.quiet_until, now)
