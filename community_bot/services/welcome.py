"""The words people are welcomed with, per space and language, written by those who welcome (`/admin welcome`)."""

from __future__ import annotations

from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power
from community_bot.locales import Language
from community_bot.services.network import Network, Unit, action

LONGEST = 1500
"""Characters; a greeting leaves room for those it greets."""


class Welcome:
    """Reading and changing welcome texts."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def read(self, account: Account, scope: str, language: Language) -> str | None:
        """Return the wording that somebody wrote, None where the software's own holds. Raises :class:`Refusal`."""

        def work(unit: Unit) -> str | None:
            self._gate(unit, account, scope)
            return unit.wordings.of(scope, language)

        return await self._network.look(work)

    @action
    async def write(self, account: Account, scope: str, language: Language, wording: str) -> str | None:
        """Replace a wording; empty goes back to the software's own. Returns what stood before, for undoing.

        Raises :class:`Refusal` ``welcome.too_long``, ``welcome.pings``, ``space.unknown``.
        """
        text = wording.strip()
        if len(text) > LONGEST:
            raise Refusal("welcome.too_long", field="wording", longest=LONGEST)
        if "@everyone" in text or "@here" in text or "@room" in text:
            raise Refusal("welcome.pings", field="wording")

        def work(unit: Unit) -> str | None:
            asker = self._gate(unit, account, scope)
            before = unit.wordings.of(scope, language)
            unit.wordings.set(scope, language, text or None, unit.today)
            unit.ledger.record(unit.today, asker, "welcome.edited", "wording", language)
            return before

        return await self._network.act(work)

    def _gate(self, unit: Unit, account: Account, scope: str) -> str:
        asker = unit.asker(account, Power.EDIT_WELCOME, scope)
        if scope != NETWORK:
            unit.directory.find(scope)
        return asker.role
