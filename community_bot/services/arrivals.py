"""Greeting who arrives: each once, without a record of anybody (MEM-1).

What is kept is a keyed hash for 72 hours, so that a restart greets nobody twice. The faces bring who came and
show the greeting; how many came and went on is counted by week, never who.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from community_bot.domain.account import Account
from community_bot.domain.member import ARRIVAL_KEPT
from community_bot.domain.roles import NETWORK
from community_bot.locales import Catalogues, Language, Markup
from community_bot.platforms.port import Button, Card
from community_bot.services.network import Network, Unit
from db.positions import position, set_position

FUNNEL = "way_in"
"""The kind of tally that counts the steps of the way in (MET-11)."""


class Arrivals:
    """What the faces do when somebody comes or goes. Nobody asks for it, so there is nobody to authorise."""

    def __init__(self, network: Network, catalogues: Catalogues) -> None:
        self._network = network
        self._catalogues = catalogues

    async def arrived(self, account: Account, home: str) -> bool:
        """Note that an account came to a home; return whether it is still to be greeted."""

        def work(unit: Unit) -> bool:
            if unit.members.find(account.platform, account.user_id) is not None:
                return False
            known = unit.arrivals.get(account.platform, account.user_id)
            if known is None:
                # heard twice at the same moment it is counted once: who is overtaken here looks again
                unit.arrivals.add(account.platform, account.user_id, home, unit.end_of(unit.today + ARRIVAL_KEPT))
                unit.ledger.count(FUNNEL, "arrived", unit.today)
                return True
            return known.step == "waiting"

        return await self._network.act(work)

    async def waiting(self, accounts: Sequence[Account]) -> list[Account]:
        """Return which of these are still to be greeted."""

        def work(unit: Unit) -> list[Account]:
            known = {account: unit.arrivals.get(account.platform, account.user_id) for account in accounts}
            return [account for account, row in known.items() if row is not None and row.step == "waiting"]

        return await self._network.look(work)

    async def greeted(self, accounts: Sequence[Account], place: str, ref: str) -> None:
        """Note which message greeted whom; take it back when all it named have gone on meanwhile."""

        def work(unit: Unit) -> None:
            for account in accounts:
                unit.arrivals.set_greeted(account.platform, account.user_id, f"{place} {ref}")
            if accounts:
                take_back_unneeded(unit, accounts[0].platform, f"{place} {ref}")

        await self._network.act(work)

    async def left(self, account: Account, home: str) -> None:
        """Forget somebody who left before becoming a member; a member's record is theirs to keep or erase.

        Coming back, they are greeted again.
        """

        def work(unit: Unit) -> None:
            gone = unit.arrivals.get(account.platform, account.user_id)
            if gone is not None and gone.home == home:
                forget_arrival(unit, account)
                unit.ledger.count(FUNNEL, "left", unit.today)

        await self._network.act(work)

    async def greeting(self, language: Language, scope: str = NETWORK) -> Card:
        """Return the welcome in a language: the facilitators' words where they wrote some, and one button."""
        t = self._catalogues.translator(language)
        own = await self._network.look(lambda unit: unit.wordings.of(scope, language))
        words = Markup(own) if own is not None else t("welcome.greeting", network=self._network.rules.name)
        start = Button(t.plain("welcome.start.button"), "form.open", "onboarding", "main")
        return Card(words, (start,))

    async def seen_until(self, home: str) -> datetime | None:
        """Return up to when a home's newcomers were looked at, None for a home never seen."""
        stored = await self._network.look(lambda unit: position(unit.connection, f"arrivals:{home}"))
        return None if stored is None else datetime.fromisoformat(stored)

    async def set_seen_until(self, home: str, moment: datetime) -> None:
        """Note up to when a home's newcomers were looked at."""
        await self._network.act(lambda unit: set_position(unit.connection, f"arrivals:{home}", moment.isoformat()))


def forget_arrival(unit: Unit, account: Account) -> None:
    """Forget that somebody was new, and take back the greeting that named them once all it named have gone on."""
    gone = unit.arrivals.remove(account.platform, account.user_id)
    if gone is not None and gone.greeting_ref is not None:
        take_back_unneeded(unit, account.platform, gone.greeting_ref)


def take_back_unneeded(unit: Unit, platform: str, greeting_ref: str) -> None:
    """Take a greeting back once nobody whom it names is still expected; on Matrix it stands in one's own room."""
    if platform == "discord" and not unit.arrivals.still_greeting(greeting_ref):
        place, ref = greeting_ref.split(" ", 1)
        unit.outbox.add("take_back", {"platform": platform, "place": place, "ref": ref}, now=unit.now)
