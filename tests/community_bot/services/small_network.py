"""A network with a few fictional members in it, and a clock that a test can turn."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from community_bot.commands.desk import refusal_text
from community_bot.commands.request import Incoming, Request
from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power, Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.services.network import Network, Rules, Unit
from db.engine import Database
from db.keys import NetworkKeys
from db.member_rows import MemberRow, Profile

BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Clock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let some time go by, as ``timedelta`` takes it."""
        self.now += timedelta(**time)


class SmallNetwork:
    """A network on a test's database; people join it with one call."""

    def __init__(self, database: Database, *, vouchers: int = 0) -> None:
        self.clock = Clock()
        rules = Rules("Small Network", vouchers=vouchers)
        self.network = Network(database, NetworkKeys(b"a key of thirty-two bytes, or so"), rules, self.clock)
        self._numbers = itertools.count(1001)

    def stranger(self) -> Account:
        """Return an account nobody knows."""
        return Account("discord", str(next(self._numbers)))

    async def join(
        self,
        alias: str,
        *,
        role: Role | None = None,
        scope: str = NETWORK,
        state: MemberState = MemberState.ACTIVE,
        probation_days: int | None = None,
        language: Language = "en",
    ) -> Account:
        """Make a member, with a role if one is named, and return their account."""
        account = self.stranger()

        def work(unit: Unit) -> None:
            row = unit.members.add(
                Profile(alias, language),
                likeness(alias),
                state=state,
                today=unit.today,
                keep_until=unit.keep_until,
                probation=None if probation_days is None else unit.today + timedelta(days=probation_days),
            )
            unit.members.link(row.id, account.platform, account.user_id, unit.today, unit.keep_until)
            if role is not None:
                unit.grants.give(row.id, role, scope, today=unit.today, until=None, purge_after=unit.keep_until)

        await self.network.act(work)
        return account

    async def record(self, account: Account) -> MemberRow:
        """Return somebody's record as it stands now."""
        found = await self.network.look(lambda unit: unit.members.find(account.platform, account.user_id))
        assert found is not None
        return found

    async def told(self, account: Account) -> list[str]:
        """Return the keys of what somebody is to be told privately."""
        row = await self.record(account)
        due = await self.network.look(lambda unit: unit.outbox.due(unit.now))
        return [effect.details["text"] for effect in due if effect.kind == "tell" and effect.member_id == row.id]

    async def audit(self) -> list[tuple[str, str]]:
        """Return (role, action) of every audit entry, the newest first."""
        return [(entry[1], entry[2]) for entry in await self.network.look(lambda unit: unit.ledger.audit())]


def spell(path: str, language: Language) -> str:
    """Spell a command as Discord does, in English."""
    return f"/{path}"


def request_in(language: Language, account: Account | None = None) -> Request:
    """Return a request that is answered in a language."""
    incoming = Incoming(account or Account("discord", "1"), (), language, None, None, True, spell)
    return Request(incoming, catalogues().translator(language), frozenset(Power), None, BEGIN.date())


def said_in_every_language(refusal: Refusal) -> list[str]:
    """Return a refusal's sentence in each language; a text or a value that is missing raises."""
    return [refusal_text(request_in(language), refusal) for language in LANGUAGES]
