"""What everybody may see of their own data, take away, and agree to or not (`/privacy`).

Open to everybody at any time: to members who pause, have left or wait to be erased, and to who has no record and
wants to know that. Nothing here shows one person anything about another (SAF-22, SAF-26, PRV-1, 2, 7, 8).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from community_bot.domain.account import Account
from community_bot.domain.agreements import PURPOSES, Purpose, purpose
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.tries import Tries
from community_bot.locales import Language
from community_bot.services.directory import Titles
from community_bot.services.network import Network, Unit, action
from db.member_rows import MemberRow
from db.personal_record import KeptRow, as_lines, rows_of_account, rows_of_member

__all__ = ["Export", "KeptRow", "MyData", "Privacy", "PurposeConsent", "kept_on", "my_data", "own_record"]


@dataclass(frozen=True, slots=True)
class MyData:
    """Every row about somebody; ``state`` is None for who is no member. ``titles`` name its spaces."""

    rows: tuple[KeptRow, ...]
    state: MemberState | None
    titles: Titles
    network: str
    day: date


@dataclass(frozen=True, slots=True)
class Export:
    """What is handed over: the rows for the page, and the same as lines of JSON."""

    data: MyData
    lines: bytes

    def __repr__(self) -> str:
        """Keep what is in it out of tracebacks."""
        return "Export(…)"


@dataclass(frozen=True, slots=True)
class PurposeConsent:
    """One purpose, and since when somebody agrees to it; None when they do not."""

    purpose: Purpose
    given_on: date | None


class Privacy:
    """Everybody's own data, and what they agreed to."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._exports = Tries(5, timedelta(hours=1))

    # ── seeing

    @action
    async def show(self, account: Account) -> MyData:
        """Return everything that is kept about who asks, row by row."""
        return await self._network.look(lambda unit: my_data(unit, account))

    @action
    async def export(self, account: Account) -> Export:
        """Return the same to take away. Raises :class:`Refusal` ``privacy.too_often`` (SAF-16)."""
        now = self._network.clock()
        if not self._exports.may(account, now):
            raise Refusal("privacy.too_often")
        self._exports.wrong(account, now)

        def work(unit: Unit) -> MyData:
            asker = unit.asker(account, Power.ANYONE)
            if asker.member is not None:
                unit.ledger.record(unit.today, asker.role, "privacy.exported", "member")
            return my_data(unit, account)

        data = await self._network.act(work)
        header = {
            "format": "community-bot my-data",
            "version": 1,
            "network": data.network,
            "made_on": data.day.isoformat(),
            "rows": len(data.rows),
            "about": "One line of JSON for each row kept about you: table, its fields, keep_until. Days and "
            "moments are ISO 8601 in the Gregorian calendar, moments in UTC. The same in words: my-data.html.",
        }
        lines = [json.dumps(header, ensure_ascii=False), *as_lines(list(data.rows))]
        return Export(data, "".join(f"{line}\n" for line in lines).encode())

    @action
    async def viewers(self, account: Account) -> list[tuple[date, str, int]]:
        """Return which roles opened one's record: day, role, how often (SAF-26). Raises :class:`Refusal`."""
        return await self._network.look(lambda unit: unit.ledger.viewers(own_record(unit, account).id))

    # ── agreeing and taking it back, with as many taps (PRV-2)

    @action
    async def consents(self, account: Account) -> list[PurposeConsent]:
        """Return each purpose and how one stands to it. Raises :class:`Refusal`."""

        def work(unit: Unit) -> list[PurposeConsent]:
            holding = unit.consents.holding(own_record(unit, account).id)
            return [
                PurposeConsent(each, holding[each.key].given_on if each.key in holding else None)
                for each in PURPOSES
            ]

        return await self._network.look(work)

    @action
    async def agree(self, account: Account, purpose_key: str, language: Language) -> Purpose:
        """Agree to a purpose, in its wording of today. Raises :class:`Refusal`."""
        chosen = _purpose(purpose_key)

        def work(unit: Unit) -> Purpose:
            member = own_record(unit, account)
            if member.state == MemberState.ERASING:
                raise Refusal("authority.erasing")
            unit.consents.give(
                member.id,
                chosen.key,
                chosen.version,
                language,
                today=unit.today,
                keep_until=unit.end_of(kept_on(unit, member)),
            )
            return chosen

        return await self._network.act(work)

    @action
    async def withdraw(self, account: Account, purpose_key: str) -> Purpose:
        """Take a consent back; it holds no longer from this moment on.

        Raises :class:`Refusal` ``privacy.required`` for what membership consists of: that ends by leaving.
        """
        chosen = _purpose(purpose_key)

        def work(unit: Unit) -> Purpose:
            member = own_record(unit, account)
            if chosen.required:
                raise Refusal("privacy.required", field="purpose")
            if unit.consents.withdraw(member.id, chosen.key, unit.today):
                unit.ledger.record(unit.today, unit.who(account).role, "consent.withdrawn", "consent", chosen.key)
            return chosen

        return await self._network.act(work)


def own_record(unit: Unit, account: Account) -> MemberRow:
    """Return who asks, whatever state they are in. Raises :class:`Refusal` ``privacy.no_record``."""
    member = unit.asker(account, Power.ANYONE).member
    if member is None:
        raise Refusal("privacy.no_record")
    return member


def my_data(unit: Unit, account: Account) -> MyData:
    member = unit.asker(account, Power.ANYONE).member
    if member is None:
        rows = rows_of_account(unit.connection, unit.keys, account.platform, account.user_id)
    else:
        rows = rows_of_member(unit.connection, unit.keys, member.id)
    state = None if member is None else MemberState(member.state)
    named = {str(row.fields[name]) for row in rows for name in ("space", "scope") if row.fields.get(name)}
    return MyData(tuple(rows), state, unit.directory.titles(named), unit.rules.name, unit.today)


def _purpose(purpose_key: str) -> Purpose:
    try:
        return purpose(purpose_key)
    except KeyError:
        raise Refusal("privacy.purpose", field="purpose") from None


def kept_on(unit: Unit, member: MemberRow) -> date:
    """Return until which day a member is kept, so that what is added goes with them and not after."""
    return member.last_act_on + timedelta(days=unit.rules.keep_days)
