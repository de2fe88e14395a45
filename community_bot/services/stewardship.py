"""What stewards do for their organisation (`/org`), and how a draft is accepted (ORG-1, ORG-2).

A steward names people by alias and is never told whether there is such a member, or whether they belong: the
answers are the same, the counts are of those who said yes themselves.
"""

from __future__ import annotations

from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.organisation import (
    OFFER_KEPT,
    OFFERS_A_DAY,
    AffiliationState,
    OrganisationState,
    Visibility,
    check_room_for_steward,
    check_steward_may_go,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role
from community_bot.domain.tries import Tries
from community_bot.locales import key
from community_bot.services.belonging import (
    Belonging,
    is_confirmed,
    is_steward,
    member_known_as,
    own,
    stewards_of,
)
from community_bot.services.network import Network, Unit, action
from db.ids import MemberId, OrganisationId

STEWARD = Role.STEWARD.value


class Stewardship:
    """Speaking for an organisation."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._offers = Tries(OFFERS_A_DAY, timedelta(days=1))

    @action
    async def invite(self, account: Account, alias: str, wanted: str | None) -> str:
        """Ask a member whether they belong; return the organisation's title.

        The same happens, to be seen, whoever the alias is, or is not. Raises :class:`Refusal`:
        ``organisation.not_steward``, ``.which``, ``.oneself``, ``.offers`` after 20 in a day.
        """

        def work(unit: Unit) -> tuple[OrganisationId, str]:
            belonging = self._steward(unit, account, wanted)
            organisation = belonging.organisation
            if not self._offers.may(organisation.id, unit.now):
                raise Refusal("organisation.offers", most=OFFERS_A_DAY)
            member = member_known_as(unit, alias)
            if member is not None and member.id == belonging.member.id:
                raise Refusal("organisation.oneself", field="alias")
            if member is not None and unit.organisations.between(member.id, organisation.id) is None:
                unit.organisations.affiliate(
                    member.id,
                    organisation.id,
                    state=AffiliationState.OFFERED,
                    steward=False,
                    today=unit.today,
                    purge_after=unit.end_of(unit.today + OFFER_KEPT),
                )
                self._tell(unit, member.id, key("organisation.offered_notice"))
            unit.ledger.record(unit.today, STEWARD, "affiliation.offered", "affiliation")
            return organisation.id, organisation.title

        organisation_id, title = await self._network.act(work)
        self._offers.wrong(organisation_id, self._network.clock())
        return title

    @action
    async def end(self, account: Account, alias: str, wanted: str | None) -> str:
        """End somebody's affiliation, or take the question back; return the organisation's title.

        Another steward's is left alone: they step down themselves. Raises as :meth:`invite`.
        """

        def work(unit: Unit) -> str:
            belonging = self._steward(unit, account, wanted)
            member = member_known_as(unit, alias)
            if member is not None and member.id == belonging.member.id:
                raise Refusal("organisation.oneself", field="alias")
            row = None
            if member is not None:
                row = unit.organisations.between(member.id, belonging.organisation.id)
            if row is not None and not row.steward:
                unit.organisations.end(row.id)
                if is_confirmed(row):
                    self._tell(unit, row.member_id, key("organisation.ended_notice"))
            unit.ledger.record(unit.today, STEWARD, "affiliation.ended", "affiliation")
            return belonging.organisation.title

        return await self._network.act(work)

    @action
    async def set_visibility(self, account: Account, visibility: Visibility, wanted: str | None) -> str:
        """Decide who may come across the organisation's title; return it. Raises as :meth:`invite`."""

        def work(unit: Unit) -> str:
            organisation = self._steward(unit, account, wanted).organisation
            unit.organisations.set_visibility(organisation.id, visibility)
            unit.ledger.record(unit.today, STEWARD, "organisation.visibility", "organisation", visibility.value)
            return organisation.title

        return await self._network.act(work)

    @action
    async def entrust(self, account: Account, alias: str, wanted: str | None) -> str:
        """Make a member who belongs a steward too; return the organisation's title.

        Nothing tells whether they belong. Raises as :meth:`invite`, and ``organisation.stewards`` where there are
        three.
        """

        def work(unit: Unit) -> str:
            belonging = self._steward(unit, account, wanted)
            check_room_for_steward(stewards_of(unit, belonging))
            member = member_known_as(unit, alias)
            row = None
            if member is not None:
                row = unit.organisations.between(member.id, belonging.organisation.id)
            if row is not None and is_confirmed(row) and not row.steward:
                unit.organisations.set_steward(row.id, steward=True)
                self._tell(unit, row.member_id, key("organisation.steward_notice"))
            unit.ledger.record(unit.today, STEWARD, "steward.named", "affiliation")
            return belonging.organisation.title

        return await self._network.act(work)

    @action
    async def step_down(self, account: Account, wanted: str | None) -> str:
        """Be a steward no longer, and still belong; return the title.

        Raises as :meth:`invite`, and ``organisation.last_steward``.
        """

        def work(unit: Unit) -> str:
            belonging = self._steward(unit, account, wanted)
            check_steward_may_go(stewards_of(unit, belonging))
            unit.organisations.set_steward(belonging.affiliation.id, steward=False)
            unit.ledger.record(unit.today, STEWARD, "steward.stepped_down", "affiliation")
            return belonging.organisation.title

        return await self._network.act(work)

    @action
    async def take_up(self, account: Account, wanted: str | None) -> str:
        """Become steward of one's organisation where none is left, as when the last was erased (SAF-23).

        Raises :class:`Refusal`: ``organisation.none``, ``.which``, ``.has_steward``.
        """

        def work(unit: Unit) -> str:
            belonging = own(unit, account, wanted, is_confirmed, "organisation.none")
            if stewards_of(unit, belonging):
                raise Refusal("organisation.has_steward")
            unit.organisations.set_steward(belonging.affiliation.id, steward=True)
            unit.ledger.record(unit.today, Role.MEMBER, "steward.taken_up", "affiliation")
            return belonging.organisation.title

        return await self._network.act(work)

    @action
    async def closing(self, account: Account, wanted: str | None) -> tuple[str, str]:
        """Return the affiliation and the title of what would be closed. Raises as :meth:`invite`."""

        def work(unit: Unit) -> tuple[str, str]:
            belonging = self._steward(unit, account, wanted)
            return belonging.affiliation.id, belonging.organisation.title

        # it only looks, and yet holds the row: one rule for finding it
        return await self._network.act(work)

    @action
    async def close(self, account: Account, wanted: str | None) -> str:
        """Close an organisation: nothing of it is kept, questions not yet answered end with it. Return its title.

        Everybody who belonged is told. Raises as :meth:`invite`.
        """

        def work(unit: Unit) -> str:
            belonging = self._steward(unit, account, wanted)
            organisation = belonging.organisation
            for row in unit.organisations.with_organisation(organisation.id):
                if is_confirmed(row) and row.member_id != belonging.member.id:
                    self._tell(unit, row.member_id, key("organisation.closed_notice"))
            unit.organisations.remove(organisation.id)
            unit.ledger.record(unit.today, STEWARD, "organisation.closed", "organisation")
            return organisation.title

        return await self._network.act(work)

    @action
    async def accept(self, account: Account, title: str) -> str:
        """Confirm somebody else's draft, for a group with one person in the network; return its title.

        Its steward has to say the title: there is no list of drafts. Raises :class:`Refusal`
        ``organisation.no_draft``, ``.own_draft``.
        """

        def work(unit: Unit) -> str:
            asker = unit.asker(account, Power.CONFIRM_ORGANISATION)
            organisation = unit.organisations.find(likeness(title))
            if organisation is None or organisation.state != OrganisationState.DRAFT:
                raise Refusal("organisation.no_draft", field="title")
            rows = unit.organisations.with_organisation(organisation.id)
            if any(row.member_id == asker.known.id for row in rows):
                raise Refusal("organisation.own_draft", field="title")
            unit.organisations.set_state(organisation.id, OrganisationState.CONFIRMED)
            for row in filter(is_steward, rows):
                self._tell(unit, row.member_id, key("organisation.accepted_notice"))
            unit.ledger.record(unit.today, asker.role, "organisation.confirmed", "organisation")
            return organisation.title

        return await self._network.act(work)

    def _steward(self, unit: Unit, account: Account, wanted: str | None) -> Belonging:
        return own(unit, account, wanted, is_steward, "organisation.not_steward")

    def _tell(self, unit: Unit, member_id: MemberId, text: str) -> None:
        # no title: what waits to be told lies unsealed, and a title beside a member is what must not be found there
        unit.outbox.add("tell", {"text": text}, now=unit.now, member_id=member_id)
