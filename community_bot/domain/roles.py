"""Who may do what: roles, the powers each carries, and who may give which away.

The one place where this is decided. What a platform lets somebody click is convenience (DOMAIN 4.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from community_bot.domain.refusal import Refusal

NETWORK = "network"
"""The scope of a role that holds everywhere; any other scope is a space's key."""


class Role(StrEnum):
    """What somebody has been entrusted with (DOMAIN 4.3, "Who"). A steward speaks for one organisation only."""

    MEMBER = "member"
    HOST = "host"
    FACILITATOR = "facilitator"
    STEWARD = "steward"
    MODERATOR = "moderator"
    SAFETY_LEAD = "safety_lead"
    NETWORK_ADMIN = "network_admin"


class Power(StrEnum):
    """One kind of act that needs permission. ``anyone`` needs none, not even membership.

    ``own_record`` is that of everybody of whom there is a record, whatever their state: to see and change it.
    """

    ANYONE = "anyone"
    OWN_RECORD = "own_record"
    MEMBER = "member"
    VOUCH = "vouch"
    REGISTER_ORGANISATION = "register_organisation"
    CONFIRM_ORGANISATION = "confirm_organisation"
    INVITE = "invite"
    DECIDE_ADMISSION = "decide_admission"
    EDIT_WELCOME = "edit_welcome"
    GRANT_ROLE = "grant_role"
    SEE_HEALTH = "see_health"
    CREATE_SPACE = "create_space"
    RUN_SPACE = "run_space"
    PLAN_GROWTH = "plan_growth"
    PAUSE_BRIDGE = "pause_bridge"


_OF_A_MEMBER = frozenset(
    {Power.ANYONE, Power.OWN_RECORD, Power.MEMBER, Power.INVITE, Power.VOUCH, Power.REGISTER_ORGANISATION}
)
_OF_A_FACILITATOR = _OF_A_MEMBER | {
    Power.DECIDE_ADMISSION,
    Power.EDIT_WELCOME,
    Power.GRANT_ROLE,
    Power.CREATE_SPACE,
    Power.RUN_SPACE,
    Power.PLAN_GROWTH,
    Power.PAUSE_BRIDGE,
}
POWERS: dict[Role, frozenset[Power]] = {
    Role.MEMBER: _OF_A_MEMBER,
    Role.HOST: _OF_A_MEMBER,
    Role.STEWARD: _OF_A_MEMBER,
    Role.FACILITATOR: _OF_A_FACILITATOR,
    Role.MODERATOR: _OF_A_MEMBER | {Power.DECIDE_ADMISSION, Power.PAUSE_BRIDGE},
    Role.SAFETY_LEAD: _OF_A_MEMBER | {Power.DECIDE_ADMISSION, Power.PAUSE_BRIDGE},
    Role.NETWORK_ADMIN: frozenset(Power),
}
GRANTABLE: dict[Role, frozenset[Role]] = {
    Role.FACILITATOR: frozenset({Role.HOST, Role.FACILITATOR}),
    Role.NETWORK_ADMIN: frozenset(Role) - {Role.MEMBER, Role.STEWARD},
}
"""Which roles a role gives away: never one that it lacks. Members become so by joining, stewards by /org."""
LONGEST_TERM: dict[Role, timedelta] = {
    Role.HOST: timedelta(days=365),
    Role.FACILITATOR: timedelta(days=365),
    Role.MODERATOR: timedelta(days=180),
    Role.SAFETY_LEAD: timedelta(days=180),
    Role.NETWORK_ADMIN: timedelta(days=365),
}
"""Every office ends unless it is given again (GOV-3)."""
NETWORK_WIDE = frozenset({Role.SAFETY_LEAD, Role.NETWORK_ADMIN})
"""Offices that cannot be given for one space."""


OF_ONE_SPACE = frozenset({Power.INVITE, Power.EDIT_WELCOME, Power.GRANT_ROLE, Power.RUN_SPACE, Power.PAUSE_BRIDGE})
"""Powers that whoever holds them in one space can use; the others are used for the whole network only."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role somebody holds: in one space or everywhere, to the end of the day ``until``."""

    role: Role
    scope: str
    until: date | None

    def holds(self, scope: str, today: date) -> bool:
        """Say whether it counts for an act in ``scope`` today."""
        return self.scope in (NETWORK, scope) and (self.until is None or today <= self.until)


def powers(grants: Iterable[Grant], scope: str, today: date) -> frozenset[Power]:
    """Return everything somebody with these grants may do in ``scope``."""
    found: frozenset[Power] = frozenset({Power.ANYONE})
    for grant in grants:
        if grant.holds(scope, today):
            found |= POWERS[grant.role]
    return found


def check_grant(giver: Iterable[Grant], role: Role, scope: str, until: date, today: date) -> None:
    """Pass only when somebody may give ``role`` away. Raises :class:`Refusal` ``role.*``."""
    if role not in LONGEST_TERM:
        raise Refusal("role.not_given", role=role.value)
    if role in NETWORK_WIDE and scope != NETWORK:
        raise Refusal("role.network_wide")
    given = {each for grant in giver if grant.holds(scope, today) for each in GRANTABLE.get(grant.role, ())}
    if role not in given:
        raise Refusal("role.not_yours")
    if not today < until <= today + LONGEST_TERM[role]:
        raise Refusal("role.term", days=LONGEST_TERM[role].days)
