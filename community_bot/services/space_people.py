"""Who looks after a space; saying something about it, to them or in its entrances; letting everybody go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from community_bot.domain.member import MemberState, has_access
from community_bot.domain.organisation import AffiliationState, OrganisationState
from community_bot.domain.roles import NETWORK, Role
from community_bot.services.network import Unit
from db.ids import MemberId
from db.space_end import let_go


def facilitators_of(unit: Unit, key: str) -> list[MemberId]:
    """Return the facilitators of one space: those of the whole network do not count as its own."""
    return _holders(unit, Role.FACILITATOR, key)


def admins(unit: Unit) -> list[MemberId]:
    """Return the network's admins."""
    return _holders(unit, Role.NETWORK_ADMIN, NETWORK)


def _holders(unit: Unit, role: Role, scope: str) -> list[MemberId]:
    return [
        row.member_id
        for row in unit.grants.holders(role)
        if row.scope == scope and (row.until is None or unit.today <= row.until) and _is_there(unit, row.member_id)
    ]


def _is_there(unit: Unit, member_id: MemberId) -> bool:
    row = unit.members.get(member_id)
    return row is not None and has_access(MemberState(row.state))


def organisations_of_member(unit: Unit, member_id: MemberId) -> frozenset[str]:
    """Return the organisations somebody belongs to.

    Drafts do not count: nobody but the one who registered it has said yet that there is such a group.
    """
    found = set()
    for row in unit.organisations.of(member_id):
        organisation = unit.organisations.get(row.organisation_id)
        if (
            row.state == AffiliationState.CONFIRMED
            and organisation is not None
            and organisation.state != OrganisationState.DRAFT
        ):
            found.add(str(organisation.id))
    return frozenset(found)


def tell(unit: Unit, members: Iterable[MemberId], text: str, **details: str) -> bool:
    """Tell members something privately, each once; say whether there was anybody to tell."""
    found = list(dict.fromkeys(members))
    for member_id in found:
        unit.outbox.add("tell", {"text": text, **details}, now=unit.now, member_id=member_id)
    return bool(found)


def announce(unit: Unit, key: str, text: str, *, words: Mapping[str, str] | None = None, **details: str) -> None:
    """Say something where a space's people come in; it pings nobody."""
    for platform, place, language in unit.directory.entrances(key):
        where = {"platform": platform, "place": place, "language": language}
        unit.outbox.add("post", {**where, "text": text, "space": key, **details}, now=unit.now, words=words)


def let_everybody_go(unit: Unit, key: str) -> None:
    """Forget who was in a space that is no more, and who ran it; how many rows went is counted as proof."""
    for table, rows in sorted(let_go(unit.connection, key).items()):
        unit.ledger.count("removed", table, unit.today, rows)
