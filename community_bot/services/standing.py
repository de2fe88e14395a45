"""How somebody stands to the network right now: what a face needs to know before it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from community_bot.domain.account import Account
from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.member import MemberState
from community_bot.domain.roles import NETWORK, OF_ONE_SPACE, Power, powers
from community_bot.locales import Language
from community_bot.services.network import Network, Unit


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's language, calendar and powers; ``state`` is None for who has no record."""

    state: MemberState | None
    alias: str | None
    language: Language | None
    calendar: CalendarPreference | None
    powers: frozenset[Power]
    network_language: Language
    today: date


class Standings:
    """Looks people up. Not an action of anybody: it decides nothing."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def of(self, account: Account) -> Standing:
        """Return how an account stands."""

        def work(unit: Unit) -> Standing:
            asker = unit.who(account)
            # a role in one space counts too, for what can be done in one: this only decides what help shows
            held = powers(asker.grants, NETWORK, unit.today)
            for scope in {grant.scope for grant in asker.grants}:
                held |= powers(asker.grants, scope, unit.today) & OF_ONE_SPACE
            member = asker.member
            if member is not None and member.state != MemberState.ERASING:
                held |= {Power.OWN_RECORD}
            profile = None if member is None else member.profile
            return Standing(
                None if member is None else MemberState(member.state),
                None if profile is None else profile.alias,
                None if profile is None else cast("Language", profile.language),
                None if profile is None else cast("CalendarPreference | None", profile.calendar),
                held,
                unit.rules.language,
                unit.today,
            )

        return await self._network.look(work)
