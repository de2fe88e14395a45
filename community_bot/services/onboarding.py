"""From "has come" to "belongs": language, agreements, an alias, a first space; in one step or in four, at any pace.

Nothing is kept until the whole of it stands (MEM-1): a form that is left unfinished leaves no record behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.agreements import PURPOSES
from community_bot.domain.alias import likeness, read_alias
from community_bot.domain.member import ARRIVAL_KEPT, MemberEvent, MemberState, after
from community_bot.domain.refusal import Refusal
from community_bot.domain.space_design import Access
from community_bot.locales import Language, key
from community_bot.services.arrivals import FUNNEL, forget_arrival
from community_bot.services.directory import SpaceDoor, Titles
from community_bot.services.invitations import redeem
from community_bot.services.network import Network, Unit, action
from db.member_rows import MemberRow, Profile
from db.member_store import AliasTakenError


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose on the way in. ``agreed`` holds keys of purposes; ``space`` may be left empty."""

    language: Language
    agreed: frozenset[str]
    alias: str
    space: str = ""


@dataclass(frozen=True, slots=True)
class Welcomed:
    """How somebody stands after the way in. ``again`` when they had been through it before.

    ``vouchers`` members must vouch before the door opens. ``words`` are what those who welcome wrote for the first
    space, in light markup.
    """

    alias: str
    state: MemberState
    space: str | None
    vouchers: int = 0
    again: bool = False
    words: str | None = None
    titles: Titles = field(default_factory=Titles, compare=False)


class Onboarding:
    """The way in."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def look(self, account: Account) -> Welcomed | None:
        """Return how somebody stands, None when the way in is open. Raises :class:`Refusal`.

        ``authority.erasing`` while an erasure waits; ``onboarding.invite_only`` where an invite is asked for.
        """

        def work(unit: Unit) -> Welcomed | None:
            member = unit.who(account).member
            if member is not None:
                return self._standing(unit, member)
            self._require_invite(unit, account)
            return None

        return await self._network.look(work)

    @action
    async def use_invite(self, account: Account, home: str | None, code: str) -> None:
        """Use up an invite; the way in is open for 72 hours then. Raises :class:`Refusal` ``invite.*``."""

        def work(unit: Unit) -> None:
            if unit.who(account).member is not None:
                raise Refusal("onboarding.member_already")
            until = unit.end_of(unit.today + ARRIVAL_KEPT)
            row = unit.arrivals.note(account.platform, account.user_id, home or account.platform, until)
            if row.invite_id is None:
                invite = redeem(unit, account, code)
                unit.arrivals.set_invite(account.platform, account.user_id, invite, until)

        await self._network.act(work)

    async def spaces(self) -> list[SpaceDoor]:
        """Return the spaces that a newcomer can choose from; 25 at most."""

        def work(unit: Unit) -> list[SpaceDoor]:
            return [each for each in unit.directory.listed(limit=100) if each.access is Access.OPEN][:25]

        return await self._network.look(work)

    async def check(self, account: Account, names: Sequence[str], choices: Choices, *, upto: str) -> None:
        """Pass when the choices can stand, ``upto`` the field just given. Raises :class:`Refusal`.

        A member passes too: whoever presses twice is told how they stand, not that their own alias is taken.
        """

        def work(unit: Unit) -> None:
            if unit.who(account).member is None:
                self._check(unit, names, choices, upto)

        await self._network.look(work)

    def _check(self, unit: Unit, names: Sequence[str], choices: Choices, upto: str) -> str:
        required = {purpose.key for purpose in PURPOSES if purpose.required}
        if upto != "language" and not required <= choices.agreed:
            raise Refusal("onboarding.agreements", field="agreements")
        alias = ""
        if upto not in ("language", "agreements"):
            alias = read_alias(choices.alias, account_names=names)
            if unit.members.find_by_alias(likeness(alias)) is not None:
                raise Refusal("alias.taken", field="alias")
        if choices.space:
            _first_space(unit, choices.space)
        return alias

    @action
    async def complete(self, account: Account, names: Sequence[str], choices: Choices) -> Welcomed:
        """Make somebody a member, once: whoever presses twice is told how they stand.

        Raises :class:`Refusal` ``alias.*``, ``onboarding.*``, ``space.unknown``, with nothing kept.
        """

        def work(unit: Unit) -> Welcomed:
            member = unit.who(account).member
            if member is not None:
                return self._standing(unit, member)
            self._require_invite(unit, account)
            alias = self._check(unit, names, choices, "space")
            member = self._admit(unit, account, alias, choices)
            # a state is called as the step of the way in that it is
            unit.ledger.count(FUNNEL, member.state, unit.today)
            words = unit.wordings.of(choices.space, choices.language) if choices.space else None
            needed = unit.vouchers_for([choices.space])
            titles = unit.directory.titles(filter(None, [choices.space]))
            return Welcomed(
                alias,
                MemberState(member.state),
                choices.space or None,
                vouchers=needed,
                words=words,
                titles=titles,
            )

        return await self._network.act(work)

    def _standing(self, unit: Unit, member: MemberRow) -> Welcomed:
        if member.state == MemberState.ERASING:
            raise Refusal("authority.erasing")
        spaces = unit.spaces.of(member.id)
        first = spaces[0][0] if spaces else None
        needed = unit.vouchers_for(space for space, _ in spaces)
        titles = unit.directory.titles(space for space, _ in spaces[:1])
        return Welcomed(
            member.profile.alias,
            MemberState(member.state),
            first,
            vouchers=needed,
            again=True,
            titles=titles,
        )

    def _require_invite(self, unit: Unit, account: Account) -> None:
        if not unit.rules.invite_only or unit.members.nobody_yet():
            # the very first has nobody to be invited by
            return
        arrival = unit.arrivals.get(account.platform, account.user_id)
        if arrival is None or arrival.invite_id is None:
            raise Refusal("onboarding.invite_only")

    def _admit(self, unit: Unit, account: Account, alias: str, choices: Choices) -> MemberRow:
        rules = unit.rules
        state = MemberState.VOUCHING if unit.vouchers_for([choices.space]) > 0 else MemberState.ACTIVE
        probation = unit.today + timedelta(days=rules.probation_days) if rules.probation_days else None
        try:
            member = unit.members.add(
                Profile(alias, choices.language),
                likeness(alias),
                state=state,
                today=unit.today,
                keep_until=unit.keep_until,
                probation=probation,
            )
        except AliasTakenError:
            raise Refusal("alias.taken", field="alias") from None
        unit.members.link(member.id, account.platform, account.user_id, unit.today, unit.keep_until)
        for purpose in PURPOSES:
            if purpose.key in choices.agreed:
                unit.consents.give(
                    member.id,
                    purpose.key,
                    purpose.version,
                    choices.language,
                    today=unit.today,
                    keep_until=unit.keep_until,
                )
        if choices.space:
            unit.spaces.join(member.id, choices.space, unit.today, unit.keep_until)
            if state is MemberState.ACTIVE:
                unit.outbox.add("admit", {"space": choices.space}, now=unit.now, member_id=member.id)
        forget_arrival(unit, account)
        unit.ledger.count(FUNNEL, "consented", unit.today)
        unit.ledger.record(unit.today, "nobody", "member.joined", "member")
        return member


def _first_space(unit: Unit, key: str) -> SpaceDoor:
    """Return a space that a newcomer can choose. Raises :class:`Refusal` ``space.unknown``."""
    door = unit.directory.find(key)
    if not door.takes_members or door.access is not Access.OPEN:
        raise Refusal("space.unknown", field="space")
    return door


def activate(unit: Unit, member: MemberRow) -> None:
    """Make a newcomer who was vouched for, or decided on, a member like every other; tell them privately."""
    unit.members.set_state(member.id, after(MemberState(member.state), MemberEvent.VOUCHED), unit.today)
    for space, _ in unit.spaces.of(member.id):
        unit.outbox.add("admit", {"space": space}, now=unit.now, member_id=member.id)
    admitted = {"text": key("onboarding.admitted"), "always": "yes"}
    unit.outbox.add("tell", admitted, now=unit.now, member_id=member.id)
    unit.ledger.count(FUNNEL, "active", unit.today)
