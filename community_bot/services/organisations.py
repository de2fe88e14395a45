"""Organisations as their members meet them (`/org`): registering, belonging, leaving.

No answer tells who else belongs to an organisation, or that one exists which did not choose to be seen (SAF-17).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.member import MemberState
from community_bot.domain.organisation import (
    AROUND,
    BELONGING,
    MOST_DRAFTS,
    AffiliationState,
    OrganisationState,
    Visibility,
    after_a_day,
    after_confirming,
    check_steward_may_go,
    read_title,
    size,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role
from community_bot.domain.tries import Tries
from community_bot.services.belonging import (
    Fits,
    is_confirmed,
    is_offered,
    is_steward,
    own,
    stewards_of,
)
from community_bot.services.network import Network, Unit, action
from db.organisation_store import AffiliationRow, TitleTakenError


@dataclass(frozen=True, slots=True)
class Own:
    """One organisation as somebody who belongs to it, or is asked whether they do, sees it.

    ``id`` is of the affiliation, different for everybody. ``members`` is None for "fewer than three"; only stewards
    are told a size.
    """

    id: str
    title: str
    state: OrganisationState
    visibility: Visibility
    region: str | None
    offered: bool
    steward: bool
    members: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An organisation that chose to be seen."""

    title: str
    region: str | None


class Organisations:
    """What members do about the organisations they belong to."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._taken = Tries(5, timedelta(hours=1))

    @action
    async def register(
        self, account: Account, title: str, visibility: Visibility = Visibility.HIDDEN, region: str | None = None
    ) -> str:
        """Register an organisation; the asker is its first steward. Return its title.

        Raises :class:`Refusal`: ``organisation.title.*``, ``.region``, ``.drafts``, ``.tries`` after five titles
        that were taken: which ones are would be worth knowing.
        """
        plain = read_title(title)
        now = self._network.clock()
        if not self._taken.may(account, now):
            raise Refusal("organisation.tries")

        def work(unit: Unit) -> bool:
            member = unit.asker(account, Power.REGISTER_ORGANISATION).known
            code = _region(unit, region)
            drafts = [row for row in unit.organisations.of(member.id) if is_steward(row) and _is_draft(unit, row)]
            if len(drafts) >= MOST_DRAFTS:
                raise Refusal("organisation.drafts", most=MOST_DRAFTS)
            same = likeness(plain)
            if unit.members.find_by_alias(same) is not None:
                return False
            try:
                organisation = unit.organisations.add(
                    plain, same, code, state=OrganisationState.DRAFT, visibility=visibility, today=unit.today
                )
            except TitleTakenError:
                return False
            unit.organisations.affiliate(
                member.id,
                organisation.id,
                state=AffiliationState.CONFIRMED,
                steward=True,
                today=unit.today,
                purge_after=unit.keep_until,
            )
            unit.ledger.record(unit.today, Role.MEMBER, "organisation.registered", "organisation")
            return True

        if not await self._network.act(work):
            self._taken.wrong(account, now)
            raise Refusal("organisation.title.taken", field="title")
        return plain

    @action
    async def show(self, account: Account) -> list[Own]:
        """Return the organisations of the asker's, those that wait for their answer first."""

        def work(unit: Unit) -> list[Own]:
            member = unit.asker(account, Power.MEMBER).known
            found = [_own(unit, row) for row in unit.organisations.of(member.id)]
            return sorted((each for each in found if each is not None), key=lambda each: not each.offered)

        return await self._network.look(work)

    @action
    async def listed(self, account: Account) -> list[Shown]:
        """Return the organisations that chose to be seen: by members, or by everybody for who is none."""

        def work(unit: Unit) -> list[Shown]:
            asker = unit.asker(account, Power.ANYONE)
            seen = {Visibility.PUBLIC, Visibility.NETWORK} if asker.may(Power.MEMBER) else {Visibility.PUBLIC}
            rows = unit.organisations.shown(seen, {OrganisationState.CONFIRMED})
            return [Shown(row.title, row.region) for row in rows]

        return await self._network.look(work)

    @action
    async def confirm(self, account: Account, wanted: str | None) -> str:
        """Say that one belongs, as a steward has said before; return the title.

        A draft becomes confirmed by this. Raises :class:`Refusal` ``organisation.no_offer``, ``.which``.
        """

        def work(unit: Unit) -> str:
            belonging = own(unit, account, wanted, is_offered, "organisation.no_offer")
            organisation = belonging.organisation
            if not unit.organisations.confirm(belonging.affiliation.id, unit.today, unit.keep_until):
                raise Refusal("organisation.no_offer", field="organisation")
            state = OrganisationState(organisation.state)
            if after_confirming(state) is not state:
                unit.organisations.set_state(organisation.id, after_confirming(state))
                unit.ledger.record(unit.today, Role.MEMBER, "organisation.confirmed", "organisation")
            unit.ledger.record(unit.today, Role.MEMBER, "affiliation.confirmed", "affiliation")
            return organisation.title

        return await self._network.act(work)

    @action
    async def decline(self, account: Account, wanted: str | None) -> str:
        """Say that one does not belong; nobody is told. Raises as :meth:`confirm`."""
        return await self._end(account, wanted, is_offered, "organisation.no_offer", "affiliation.declined")

    @action
    async def leave(self, account: Account, wanted: str | None) -> str:
        """Belong no longer, at once and without a reason; nobody is told. Return the title.

        Raises :class:`Refusal` ``organisation.none``, ``.which``, ``.last_steward``.
        """
        return await self._end(account, wanted, is_confirmed, "organisation.none", "affiliation.ended")

    async def _end(self, account: Account, wanted: str | None, fits: Fits, missing: str, audited: str) -> str:
        def work(unit: Unit) -> str:
            belonging = own(unit, account, wanted, fits, missing)
            if belonging.affiliation.steward:
                check_steward_may_go(stewards_of(unit, belonging))
            unit.organisations.end(belonging.affiliation.id)
            unit.ledger.record(unit.today, belonging.role, audited, "affiliation")
            return belonging.organisation.title

        return await self._network.act(work)


def keep_up(unit: Unit) -> int:
    """Do what time does to organisations, once a day; return how many were removed because nobody is left.

    Affiliations live as long as their members' records; who left the network belongs nowhere; an organisation with
    nobody around rests until somebody is back.
    """
    organisations = unit.organisations
    organisations.end_in_state(MemberState.ALUMNI)
    organisations.keep_with_members()
    removed = organisations.remove_empty()
    for state in (OrganisationState.CONFIRMED, OrganisationState.DORMANT):
        for found in organisations.in_state(state):
            following = after_a_day(state, organisations.count(found, AROUND))
            if following is not state:
                organisations.set_state(found, following)
    if removed:
        unit.ledger.record(unit.today, "system", "organisation.removed", "organisation", "empty")
    return removed


def _is_draft(unit: Unit, row: AffiliationRow) -> bool:
    organisation = unit.organisations.get(row.organisation_id)
    return organisation is not None and organisation.state == OrganisationState.DRAFT


def _region(unit: Unit, typed: str | None) -> str | None:
    if typed is None:
        return None
    region = unit.rules.country_pack.find(typed)
    if region is None:
        raise Refusal("organisation.region", field="region")
    return region.code


def _own(unit: Unit, row: AffiliationRow) -> Own | None:
    organisation = unit.organisations.get(row.organisation_id)
    if organisation is None:
        return None
    steward = is_steward(row)
    return Own(
        row.id,
        organisation.title,
        OrganisationState(organisation.state),
        Visibility(organisation.visibility),
        organisation.region,
        is_offered(row),
        steward,
        size(unit.organisations.count(organisation.id, BELONGING)) if steward else None,
    )
