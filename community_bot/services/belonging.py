"""Finding which organisation a member means, among their own only: others' are never looked through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.member import MemberState
from community_bot.domain.organisation import BELONGING, AffiliationState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role
from community_bot.services.network import Unit
from db.holding import hold_organisation
from db.member_rows import MemberRow
from db.organisation_store import AffiliationRow, OrganisationRow


@dataclass(frozen=True, slots=True)
class Belonging:
    """A member who asks, and one organisation of theirs."""

    member: MemberRow
    affiliation: AffiliationRow
    organisation: OrganisationRow
    role: str

    def __repr__(self) -> str:
        """Keep alias and title out of tracebacks."""
        return "Belonging(…)"


Fits = Callable[[AffiliationRow], bool]


def is_offered(row: AffiliationRow) -> bool:
    """Say whether the member has still to answer."""
    return row.state == AffiliationState.OFFERED


def is_confirmed(row: AffiliationRow) -> bool:
    """Say whether the member belongs."""
    return row.state == AffiliationState.CONFIRMED


def is_steward(row: AffiliationRow) -> bool:
    """Say whether the member speaks for the organisation."""
    return is_confirmed(row) and row.steward


def own(unit: Unit, account: Account, wanted: str | None, fits: Fits, missing: str) -> Belonging:
    """Return the one organisation of the asker's that is meant, held until the unit of work is done.

    ``wanted`` is a title, or the id of an affiliation (a button's), or None where there is only one to mean. Raises
    :class:`Refusal`: ``missing`` where there is none, ``organisation.which`` where it could be several.
    """
    member = unit.asker(account, Power.MEMBER).known
    found = [row for row in unit.organisations.of(member.id) if fits(row) and _is(unit, row, wanted)]
    if not found:
        raise Refusal(missing, field="organisation")
    if len(found) > 1:
        raise Refusal("organisation.which", field="organisation")
    hold_organisation(unit.connection, found[0].organisation_id)
    # somebody else may have ended or closed it just before
    row = unit.organisations.between(member.id, found[0].organisation_id)
    organisation = unit.organisations.get(found[0].organisation_id)
    if row is None or organisation is None or not fits(row):
        raise Refusal(missing, field="organisation")
    return Belonging(member, row, organisation, Role.STEWARD.value if row.steward else Role.MEMBER.value)


def _is(unit: Unit, row: AffiliationRow, wanted: str | None) -> bool:
    if wanted is None or row.id == wanted:
        return True
    organisation = unit.organisations.get(row.organisation_id)
    return organisation is not None and likeness(organisation.title) == likeness(wanted)


def stewards_of(unit: Unit, belonging: Belonging) -> int:
    """Return how many stewards an organisation has who are still here."""
    return unit.organisations.count(belonging.organisation.id, BELONGING, stewards=True)


def member_known_as(unit: Unit, alias: str) -> MemberRow | None:
    """Return who is known by an alias and can belong somewhere, newcomers who wait included.

    Whoever calls this must answer the same for None as for somebody.
    """
    member = unit.members.find_by_alias(likeness(alias))
    if member is None or member.state not in BELONGING | {MemberState.VOUCHING}:
        return None
    return member
