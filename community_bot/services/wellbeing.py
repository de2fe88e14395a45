"""How the network is, in numbers that belong to nobody (`/admin health`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from community_bot.domain.account import Account
from community_bot.domain.roles import Power
from community_bot.services.arrivals import FUNNEL
from community_bot.services.network import Network, Unit, action

FEWEST = 5
"""Fewer people than this are not told apart (PRV-4)."""
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Wellbeing:
    """The way in over four weeks (None: some, but fewer than five), failed effects by reason, rows removed."""

    way_in: Mapping[str, int | None]
    failed: Mapping[str, int]
    removed: Mapping[str, int]
    audit_is_whole: bool


class Health:
    """Looking after the network."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def look(self, account: Account) -> Wellbeing:
        """Return how things are. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Wellbeing:
            unit.asker(account, Power.SEE_HEALTH)
            since = unit.today - timedelta(weeks=WEEKS)
            steps = unit.ledger.counts(FUNNEL, since)
            return Wellbeing(
                {step: total if total == 0 or total >= FEWEST else None for step, total in steps.items()},
                unit.outbox.failures(),
                {what: total for what, total in unit.ledger.counts("removed", since).items() if total},
                unit.ledger.first_broken_entry() is None,
            )

        return await self._network.look(work)

    @action
    async def audit(self, account: Account) -> list[tuple[date, str, str, str, str | None]]:
        """Return the newest entries of the audit: day, role, action, kind of object, reason."""

        def work(unit: Unit) -> list[tuple[date, str, str, str, str | None]]:
            unit.asker(account, Power.SEE_HEALTH)
            return unit.ledger.audit(20)

        return await self._network.look(work)
