"""Letting members into spaces and out again: the one way in which it comes about, whoever decided it.

A space's channels and rooms on every platform open to every linked account (the effect "admit"), and close again
("release"); what only its facilitators see and do follows their office ("entrust").
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from community_bot.domain.member import MemberState, has_access
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.space_state import SpaceState
from community_bot.services.directory import SpaceDoor
from community_bot.services.network import Unit
from community_bot.services.space_finding import requests_of
from db.ids import MemberId
from db.member_rows import MemberRow

OPEN_TO_WHO_RUNS_IT: Final = frozenset({SpaceState.DRAFT, SpaceState.PAUSED, SpaceState.CLOSING})
"""Where those who run a space can go in, while nobody else can."""


def require_taking(door: SpaceDoor, *, runs: bool = False) -> None:
    """Pass where people can come in. Raises :class:`Refusal` ``access.resting.*``, ``space.unknown``."""
    if door.takes_members or (runs and door.state in OPEN_TO_WHO_RUNS_IT):
        return
    match door.state:
        case SpaceState.PAUSED:
            raise Refusal("access.resting.paused", field="space")
        case SpaceState.CLOSING:
            raise Refusal("access.resting.closing", field="space")
        case SpaceState.ARCHIVED:
            raise Refusal("access.resting.archived", field="space")
        case _:
            raise Refusal("space.unknown", field="space")


def let_in_now(unit: Unit, member: MemberRow, space: str, *, by: str = Role.MEMBER.value) -> bool:
    """Let a member into a space on all their accounts; return False when they were in, or have left the network.

    Nothing is asked here: whoever calls has made sure that the member wants it and that the space takes members.
    ``by`` is the role of who decided, for the audit.
    """
    if not has_access(MemberState(member.state)):
        return False
    requests_of(unit).forget(space, member.id)
    # kept for as long as the member is, also when it is somebody else who acts
    keep_until = unit.end_of(member.last_act_on + timedelta(days=unit.rules.keep_days))
    if not unit.spaces.join(member.id, space, unit.today, keep_until):
        return False
    unit.outbox.add("admit", {"space": space}, now=unit.now, member_id=member.id)
    unit.ledger.record(unit.today, by, "space.joined", "space")
    return True


def let_out_now(unit: Unit, member_id: MemberId, space: str, *, by: str = Role.MEMBER.value) -> bool:
    """Let a member out of a space everywhere, and out of every office there; return whether they were in."""
    for grant in unit.grants.of(member_id):
        if grant.scope == space:
            unit.grants.end(member_id, grant.role, space)
    inside = unit.spaces.leave(member_id, space)
    if inside:
        unit.outbox.add("release", {"space": space}, now=unit.now, member_id=member_id)
        unit.ledger.record(unit.today, by, "space.left", "space")
    return inside


def entrust_now(unit: Unit, member_id: MemberId, space: str) -> None:
    """Have the platforms follow what somebody's office in a space is now: begun, ended, or taken back."""
    unit.outbox.add("entrust", {"space": space}, now=unit.now, member_id=member_id)
