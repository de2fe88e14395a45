"""Vouching for newcomers, and deciding about those who wait (MEM-4).

Who is waiting, and who is a member at all, cannot be learned here: whatever name or account is vouched for, the
answer is the same. Who vouched is shown to nobody and forgotten 30 days after admission.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.codes import RECOVERY_WORD, new_code
from community_bot.domain.member import VOUCHES_KEPT, MemberEvent, MemberState, after
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.vouching import check_voucher, is_enough
from community_bot.locales import key
from community_bot.services.network import Network, Unit, action
from community_bot.services.onboarding import activate
from db.holding import hold_member
from db.ids import MemberId
from db.member_rows import MemberRow

VIEWS_KEPT = timedelta(days=180)
"""How long it is remembered which role looked at a waiting newcomer (SAF-26)."""
MOST_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Waiting:
    """A newcomer who waits: since how many days, and how many of how many have vouched, never who."""

    alias: str
    days: int
    vouches: int
    needed: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Those who wait the longest, and how many more there are."""

    waiting: tuple[Waiting, ...]
    more: int


class Vouching:
    """Members who know a newcomer say so; enough of them admit."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def vouch(self, account: Account, alias: str) -> None:
        """Vouch for whoever is known by an alias; nothing tells whether anybody is.

        Raises :class:`Refusal` ``vouch.*`` for what concerns the asker only.
        """
        await self._network.act(
            lambda unit: self._vouch(unit, account, unit.members.find_by_alias(likeness(alias)))
        )

    @action
    async def vouch_for(self, account: Account, person: Account) -> None:
        """Vouch for whoever has an account; nothing tells whether anybody is a member. Raises as :meth:`vouch`."""
        await self._network.act(
            lambda unit: self._vouch(unit, account, unit.members.find(person.platform, person.user_id))
        )

    def _vouch(self, unit: Unit, account: Account, newcomer: MemberRow | None) -> None:
        voucher = unit.asker(account, Power.VOUCH).known
        if not unit.asks_for_vouches:
            raise Refusal("vouch.not_asked")
        check_voucher(MemberState(voucher.state), voucher.probation_until, unit.today)
        if newcomer is None:
            return
        if newcomer.id == voucher.id:
            raise Refusal("vouch.oneself")
        hold_member(unit.connection, newcomer.id)
        newcomer = unit.members.get(newcomer.id)
        if newcomer is None or newcomer.state != MemberState.VOUCHING:
            return
        if not unit.vouches.add(newcomer.id, voucher.id, unit.today, unit.end_of(unit.today + VOUCHES_KEPT)):
            return
        unit.ledger.record(unit.today, "member", "vouch.given", "member")
        if self._is_enough(unit, newcomer):
            self._admit(unit, newcomer)
            unit.ledger.record(unit.today, "member", "admission.admitted", "member", "vouched")

    def _is_enough(self, unit: Unit, newcomer: MemberRow) -> bool:
        groups = [_groups(unit, voucher) for voucher in unit.vouches.vouchers(newcomer.id)]
        return is_enough(_needed(unit, newcomer), _groups(unit, newcomer.id), groups)

    def _admit(self, unit: Unit, newcomer: MemberRow) -> None:
        activate(unit, newcomer)
        unit.vouches.keep(newcomer.id, unit.end_of(unit.today + VOUCHES_KEPT))

    @action
    async def queue(self, account: Account) -> Queue:
        """Return who waits to be admitted. Each of them can see that a role looked (SAF-26)."""

        def work(unit: Unit) -> Queue:
            asker = unit.asker(account, Power.DECIDE_ADMISSION)
            ids = unit.members.due_for_state(MemberState.VOUCHING, silent_since=unit.today)
            found = [row for row in map(unit.members.get, ids) if row is not None]
            longest = sorted(found, key=lambda row: (row.state_since, row.id))
            for row in longest[:MOST_SHOWN]:
                unit.ledger.viewed(row.id, asker.role, unit.today, unit.end_of(unit.today + VIEWS_KEPT))
            shown = tuple(
                Waiting(
                    row.profile.alias,
                    (unit.today - row.state_since).days,
                    unit.vouches.count(row.id),
                    _needed(unit, row),
                )
                for row in longest[:MOST_SHOWN]
            )
            return Queue(shown, len(found) - len(shown))

        return await self._network.act(work)

    @action
    async def decide(self, account: Account, alias: str, decision: Literal["admit", "decline"]) -> None:
        """Admit a waiting newcomer, or not. Raises :class:`Refusal` ``vouch.not_waiting``.

        Who is declined is told so, hidden at once, and erased after the network's waiting time: nothing is kept
        about somebody who did not become a member.
        """

        def work(unit: Unit) -> None:
            asker = unit.asker(account, Power.DECIDE_ADMISSION)
            newcomer = unit.members.find_by_alias(likeness(alias))
            if newcomer is not None:
                hold_member(unit.connection, newcomer.id)
                newcomer = unit.members.get(newcomer.id)
            if newcomer is None or newcomer.state != MemberState.VOUCHING:
                raise Refusal("vouch.not_waiting", field="alias")
            if decision == "admit":
                self._admit(unit, newcomer)
                unit.ledger.record(unit.today, asker.role, "admission.admitted", "member", "decided")
            else:
                self._decline(unit, newcomer)
                unit.ledger.record(unit.today, asker.role, "admission.declined", "member", "decided")

        await self._network.act(work)

    def _decline(self, unit: Unit, newcomer: MemberRow) -> None:
        state = MemberState(newcomer.state)
        after(state, MemberEvent.ERASE)
        at = unit.now + timedelta(hours=unit.rules.erase_hours)
        # nobody is given this word: it was not the newcomer who asked, so there is nothing for them to take back
        unit.members.begin_erasing(newcomer.id, state, at, new_code(RECOVERY_WORD), unit.today)
        unit.outbox.drop("tell", newcomer.id)
        details = {"text": key("vouch.declined_notice"), "always": "yes", "until": at.date().isoformat()}
        unit.outbox.add("tell", details, now=unit.now, member_id=newcomer.id)


def _needed(unit: Unit, newcomer: MemberRow) -> int:
    return unit.vouchers_for(space for space, _ in unit.spaces.of(newcomer.id))


def _groups(unit: Unit, member_id: MemberId) -> frozenset[str]:
    return frozenset(row.organisation_id for row in unit.organisations.of(member_id))
