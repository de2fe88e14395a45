"""One member, several accounts (MEM-10): proven from both sides, so that no stolen or mistyped code links.

The member asks for a code with one account, types it with the other, and says yes once more with the first, seeing
which account typed it. Only then are the two one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from community_bot.domain.account import Account, PlatformName
from community_bot.domain.codes import LINK_CODE, new_code, read_code
from community_bot.domain.member import MemberState, has_access
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.tries import Tries
from community_bot.locales import key
from community_bot.services import cohorts, needs, topics, votes
from community_bot.services.arrivals import forget_arrival
from community_bot.services.members import own, own_held
from community_bot.services.network import Network, Unit, action
from community_bot.services.retention import Retention
from db.ids import MemberId
from db.member_rows import MemberRow

MOST_NAMES = 1000
CODE_HOLDS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Claim:
    """Which account wants to be linked. ``user_id`` is shown to the member who decides and to nobody else.

    ``other_alias`` is set when that account has a record of its own, which the first one then takes in. ``tag``
    says which claim was seen: a yes is to that one and to no later one. ``names`` are those the account shows, by
    which people know their own; none when the bot was started anew since.
    """

    platform: str
    user_id: str
    other_alias: str | None
    tag: str
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Keep the account out of tracebacks."""
        return f"Claim({self.platform})"


@dataclass(frozen=True, slots=True)
class LinkStart:
    """A fresh code to type with the other account, and for how many minutes it holds."""

    code: str
    minutes: int


class Linking:
    """Linking and unlinking accounts. ``retention`` also destroys a key that is taken in beside the backups."""

    def __init__(self, network: Network, retention: Retention) -> None:
        self._network = network
        self._retention = retention
        self._tries = Tries(5, timedelta(minutes=10))
        # in memory only: names are never stored
        self._names: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()

    @action
    async def begin(self, account: Account) -> LinkStart | Claim:
        """Return a new code, or, when somebody typed the last one, who it was. Raises :class:`Refusal`."""

        def work(unit: Unit) -> LinkStart | Claim:
            member = own(unit, account)
            claim = self._claim(unit, member)
            if claim is not None:
                return claim
            code = new_code(LINK_CODE)
            unit.link_codes.give(member.id, read_code(code), unit.now + CODE_HOLDS)
            return LinkStart(code, int(CODE_HOLDS.total_seconds() // 60))

        return await self._network.act(work)

    @action
    async def claim(
        self, account: Account, text: str, *, names: Sequence[str] = (), agreed: bool = False
    ) -> str | None:
        """Say, with the other account, that this one is the same person's. The first account is asked then.

        An account with a record of its own is asked first, as that record goes to whoever gave the code: without
        ``agreed`` nothing happens and the alias it would give up is returned. None means that the claim is made.
        Raises :class:`Refusal`: ``link.wrong`` for a code that is unknown, expired, used or not meant for
        others: one sentence for all of them, so that codes cannot be probed; ``link.tries``; ``link.itself``.
        """
        now = self._network.clock()
        if not self._tries.may(account, now):
            raise Refusal("link.tries")
        outcome = await self._network.act(lambda unit: self._take_claim(unit, account, text, agreed=agreed))
        if outcome is False:
            self._tries.wrong(account, now)
            raise Refusal("link.wrong")
        self._names[account.platform, account.user_id] = tuple(names)
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)
        return outcome if isinstance(outcome, str) else None

    def _take_claim(self, unit: Unit, account: Account, text: str, *, agreed: bool) -> bool | str:
        """Return whether the code held, or the alias that would be given up."""
        found = unit.link_codes.find(read_code(text), unit.now)
        if found is None or (found.claim not in (None, (account.platform, account.user_id))):
            return False
        here = unit.who(account).member
        if here is not None and here.id == found.member_id:
            raise Refusal("link.itself")
        if here is not None and here.state == MemberState.ERASING:
            raise Refusal("authority.erasing")
        if here is not None and not agreed:
            return here.profile.alias
        if found.claim is None:
            until = unit.now + CODE_HOLDS
            if not unit.link_codes.claim(found.member_id, account.platform, account.user_id, until):
                return False
            # the first side may have gone away from where it asked; it is told wherever it can be
            unit.outbox.add(
                "tell",
                {"text": key("link.claimed_notice"), "always": "yes"},
                now=unit.now,
                member_id=found.member_id,
            )
        return True

    @action
    async def pending(self, account: Account) -> Claim | None:
        """Return who typed the code, None while nobody has. Raises :class:`Refusal`."""
        return await self._network.look(lambda unit: self._claim(unit, own(unit, account)))

    def _claim(self, unit: Unit, member: MemberRow) -> Claim | None:
        row = unit.link_codes.of(member.id, unit.now)
        if row is None or row.claim is None:
            return None
        platform, user_id = row.claim
        other = unit.members.find(platform, user_id)
        alias = None if other is None else other.profile.alias
        return Claim(platform, user_id, alias, row.tag, self._names.get((platform, user_id), ()))

    @action
    async def confirm(self, account: Account, tag: str) -> PlatformName:
        """Say yes to a claim: the account that typed the code is linked. Raises :class:`Refusal` ``link.nothing``.

        A record that account had of its own is taken in: its spaces, roles and affiliations; its alias and its
        choices give way to those of the record that stays.
        """

        def work(unit: Unit) -> tuple[PlatformName, bool]:
            member = own_held(unit, account)
            row = unit.link_codes.of(member.id, unit.now)
            if row is None or row.claim is None or row.tag != tag:
                raise Refusal("link.nothing")
            claimed, user_id = row.claim
            other = unit.members.find(claimed, user_id)
            if other is not None:
                if other.state == MemberState.ERASING:
                    raise Refusal("link.nothing")
                member = _take_in(unit, member, other)
            unit.members.link(member.id, claimed, user_id, unit.today, unit.keep_until)
            linked: PlatformName = "discord" if claimed == "discord" else "matrix"
            forget_arrival(unit, Account(linked, user_id))
            unit.link_codes.forget(member.id)
            if has_access(MemberState(member.state)):
                for space, _ in unit.spaces.of(member.id):
                    unit.outbox.add("admit", {"space": space}, now=unit.now, member_id=member.id)
            unit.outbox.add(
                "tell", {"text": key("link.done_notice"), "always": "yes"}, now=unit.now, target=(claimed, user_id)
            )
            unit.ledger.record(unit.today, Role.MEMBER, "account.linked", "account")
            return linked, other is not None

        platform, taken_in = await self._network.act(work)
        if taken_in:
            await self._retention.reach_copies()
        return platform

    @action
    async def refuse(self, account: Account) -> None:
        """Say no: the code is worth nothing any more."""

        def work(unit: Unit) -> None:
            unit.link_codes.forget(own(unit, account).id)

        await self._network.act(work)

    @action
    async def unlink(self, account: Account, platform: str | None) -> str:
        """Take an account away: this one, or the one on ``platform``; return which platform it was on.

        Raises :class:`Refusal` ``link.last`` for the only one, ``link.none_there``.
        """

        def work(unit: Unit) -> str:
            member = own_held(unit, account)
            accounts = unit.members.accounts(member.id)
            this = (account.platform, account.user_id)
            wanted = [
                each
                for each in accounts
                if (each.platform == platform if platform else (each.platform, each.user_id) == this)
            ]
            if not wanted:
                raise Refusal("link.none_there", field="platform")
            if len(accounts) == 1:
                raise Refusal("link.last")
            gone = wanted[-1]
            for space, _ in unit.spaces.of(member.id):
                unit.outbox.add("release", {"space": space}, now=unit.now, target=(gone.platform, gone.user_id))
            unit.members.unlink(gone.platform, gone.user_id)
            unit.ledger.record(unit.today, Role.MEMBER, "account.unlinked", "account")
            return gone.platform

        return await self._network.act(work)


def _take_in(unit: Unit, member: MemberRow, other: MemberRow) -> MemberRow:
    """Move what is another record's to a member's, and destroy the other's key: they were one person.

    Who was there with the other record is there with the one that stays, so that nobody has to be admitted twice.
    """
    for space, since in unit.spaces.of(other.id):
        # since when somebody is there decides in which votes they can vote
        unit.spaces.join(member.id, space, since, unit.keep_until)
    accounts = unit.members.accounts(other.id)
    held = {(grant.role, grant.scope) for grant in unit.grants.of(member.id)}
    for grant in unit.grants.of(other.id):
        if (grant.role, grant.scope) not in held:
            end = unit.end_of(grant.until) if grant.until is not None else unit.keep_until
            unit.grants.give(
                member.id, grant.role, grant.scope, today=unit.today, until=grant.until, purge_after=end
            )
    unit.organisations.move(other.id, member.id)
    for be_one_person in (cohorts.of_one_person, needs.of_one_person, topics.of_one_person, votes.of_one_person):
        be_one_person(unit, other.id, member.id)
    unit.members.destroy(MemberId(other.id))
    for each in accounts:
        unit.members.link(member.id, each.platform, each.user_id, unit.today, unit.keep_until)
    if other.state == MemberState.ACTIVE and member.state in (MemberState.VOUCHING, MemberState.ALUMNI):
        unit.members.set_state(member.id, MemberState.ACTIVE, unit.today)
    return unit.members.get(member.id) or member
