"""Being forgotten: hidden in this moment, destroyed after a time to take it back in, or at once (SAF-22).

Nobody else's record is harmed: what goes is what leads to the one member (SAF-23).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from community_bot.domain.account import Account
from community_bot.domain.codes import RECOVERY_WORD, new_code, read_code
from community_bot.domain.member import MemberEvent, MemberState, after
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.services.network import Network, Unit, action
from community_bot.services.privacy import my_data
from community_bot.services.retention import Retention, count_removed
from db.member_rows import MemberRow
from db.retention import forget_account


@dataclass(frozen=True, slots=True)
class Consequences:
    """What erasing would do now: for how many hours it can be taken back, and how much is there."""

    hours: int
    rows: int
    spaces: int
    roles: int
    already: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An erasure that waits until ``at``; ``word`` takes it back, shown this one time. Both None: it is done."""

    word: str | None
    at: datetime | None

    def __repr__(self) -> str:
        """Keep the word out of tracebacks."""
        return "Waiting(…)"


class Erasing:
    """Being forgotten, and coming back."""

    def __init__(self, network: Network, retention: Retention) -> None:
        self._network = network
        self._retention = retention

    @action
    async def consequences(self, account: Account) -> Consequences:
        """Return what erasing would do. Raises :class:`Refusal` ``privacy.nothing`` for who has nothing here."""

        def work(unit: Unit) -> Consequences:
            member, rows = unit.who(account).member, len(my_data(unit, account).rows)
            if not rows:
                raise Refusal("privacy.nothing")
            if member is None:
                return Consequences(0, rows, 0, 0, already=False)
            return Consequences(
                unit.rules.erase_hours,
                rows,
                len(unit.spaces.of(member.id)),
                len(unit.grants.of(member.id)),
                already=member.state == MemberState.ERASING,
            )

        return await self._network.look(work)

    @action
    async def erase(self, account: Account, *, at_once: bool) -> Waiting:
        """Hide everything of who asks in this moment, and destroy it after the waiting time, or at once.

        For who is no member, what was kept of the account goes in this moment. Raises :class:`Refusal`
        ``privacy.erasing_already``, ``privacy.nothing``.
        """

        def work(unit: Unit) -> Waiting:
            member = unit.who(account).member
            if member is not None:
                return _hide(unit, member, at_once=at_once)
            removed = forget_account(
                unit.connection, unit.members.account_lookup(account.platform, account.user_id)
            )
            if not removed:
                raise Refusal("privacy.nothing")
            count_removed(unit, removed)
            return Waiting(None, None)

        waiting = await self._network.act(work)
        if waiting.at is not None and at_once:
            await self._retention.run_due()
            return Waiting(None, None)
        return waiting

    @action
    async def cancel_erase(self, account: Account, word: str) -> MemberState:
        """Bring everything back with the recovery word; return the state one is in again.

        Raises :class:`Refusal` ``privacy.not_erasing``, ``privacy.word``.
        """

        def work(unit: Unit) -> MemberState:
            member = unit.who(account).member
            if member is None or member.state != MemberState.ERASING:
                raise Refusal("privacy.not_erasing")
            if not unit.members.recovers(member.id, read_code(word)):
                raise Refusal("privacy.word", field="word")
            before = MemberState(member.state_before_erase or MemberState.ACTIVE)
            unit.members.stop_erasing(member.id, before, unit.today)
            unit.outbox.drop("release", member.id)
            if before in (MemberState.ACTIVE, MemberState.PAUSED, MemberState.DORMANT):
                for space, _ in unit.spaces.of(member.id):
                    unit.outbox.add("admit", {"space": space}, now=unit.now, member_id=member.id)
            unit.ledger.record(unit.today, Role.MEMBER, "erase.cancelled", "member")
            return before

        return await self._network.act(work)


def _hide(unit: Unit, member: MemberRow, *, at_once: bool) -> Waiting:
    """Hide a member: nothing of theirs is shown or written to, their doors close, only the way back is open."""
    already = member.state == MemberState.ERASING
    if already and not at_once:
        raise Refusal("privacy.erasing_already")
    before = MemberState(member.state_before_erase or MemberState.ACTIVE) if already else MemberState(member.state)
    word = new_code(RECOVERY_WORD)
    at = unit.now if at_once else unit.now + timedelta(hours=unit.rules.erase_hours)
    if not already:
        after(before, MemberEvent.ERASE)
        for kind in ("admit", "tell"):
            unit.outbox.drop(kind, member.id)
        for space, _ in unit.spaces.of(member.id):
            unit.outbox.add("release", {"space": space}, now=unit.now, member_id=member.id)
        unit.link_codes.forget(member.id)
    unit.members.begin_erasing(member.id, before, at, read_code(word), unit.today)
    unit.ledger.record(unit.today, Role.MEMBER, "erase.asked", "member", "now" if at_once else "later")
    return Waiting(word, at)
