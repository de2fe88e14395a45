"""Who may do what, and who may give it away: never what one lacks, never for ever."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import (
    GRANTABLE,
    LONGEST_TERM,
    NETWORK,
    POWERS,
    Grant,
    Power,
    Role,
    check_grant,
    powers,
)

TODAY = date(2026, 11, 22)
SCOPES = (NETWORK, "garden", "radio")
GRANTS = st.builds(
    Grant,
    st.sampled_from(Role),
    st.sampled_from(SCOPES),
    st.none() | st.dates(TODAY - timedelta(days=30), TODAY + timedelta(days=30)),
)


def refusal_of(giver: list[Grant], role: Role, scope: str = NETWORK, days: int = 30) -> str | None:
    try:
        check_grant(giver, role, scope, TODAY + timedelta(days=days), TODAY)
    except Refusal as refusal:
        return refusal.code
    return None


def test_every_role_has_powers_and_a_member_holds_the_least() -> None:
    assert set(POWERS) == set(Role)
    assert all(POWERS[Role.MEMBER] <= held for held in POWERS.values())
    assert POWERS[Role.NETWORK_ADMIN] == frozenset(Power)


def test_who_holds_nothing_may_do_what_anyone_may() -> None:
    assert powers([], NETWORK, TODAY) == {Power.ANYONE}


def test_a_role_in_one_space_counts_there_only() -> None:
    grants = [Grant(Role.FACILITATOR, "garden", None)]
    assert Power.EDIT_WELCOME in powers(grants, "garden", TODAY)
    assert Power.EDIT_WELCOME not in powers(grants, "radio", TODAY)
    assert Power.EDIT_WELCOME not in powers(grants, NETWORK, TODAY)


def test_a_role_in_the_network_counts_in_every_space() -> None:
    grants = [Grant(Role.FACILITATOR, NETWORK, None)]
    assert all(Power.EDIT_WELCOME in powers(grants, scope, TODAY) for scope in SCOPES)


def test_a_term_ends_with_its_last_day() -> None:
    grants = [Grant(Role.FACILITATOR, NETWORK, TODAY)]
    assert Power.GRANT_ROLE in powers(grants, NETWORK, TODAY)
    assert powers(grants, NETWORK, TODAY + timedelta(days=1)) == {Power.ANYONE}


@given(st.lists(GRANTS, max_size=4), st.sampled_from(Role), st.sampled_from(SCOPES), st.integers(-1, 400))
def test_nobody_gives_what_they_lack_and_nothing_is_given_for_ever(
    giver: list[Grant], role: Role, scope: str, days: int
) -> None:
    if refusal_of(giver, role, scope, days) is not None:
        return
    holding = [grant for grant in giver if grant.holds(scope, TODAY)]
    assert POWERS[role] <= powers(giver, scope, TODAY)
    assert any(role in GRANTABLE.get(grant.role, ()) for grant in holding)
    assert 1 <= days <= LONGEST_TERM[role].days


@pytest.mark.parametrize("role", [Role.MEMBER, Role.HOST, Role.STEWARD, Role.MODERATOR, Role.SAFETY_LEAD])
def test_these_give_nothing_away(role: Role) -> None:
    assert all(refusal_of([Grant(role, NETWORK, None)], given) is not None for given in Role)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.STEWARD])
def test_membership_and_stewardship_are_not_given_this_way(role: Role) -> None:
    assert refusal_of([Grant(Role.NETWORK_ADMIN, NETWORK, None)], role) == "role.not_given"


@pytest.mark.parametrize("role", [Role.SAFETY_LEAD, Role.NETWORK_ADMIN])
def test_some_offices_hold_everywhere_or_nowhere(role: Role) -> None:
    admin = [Grant(Role.NETWORK_ADMIN, NETWORK, None)]
    assert refusal_of(admin, role, "garden") == "role.network_wide"
    assert refusal_of(admin, role) is None


def test_a_facilitator_of_one_space_gives_there_only() -> None:
    giver = [Grant(Role.FACILITATOR, "garden", None)]
    assert refusal_of(giver, Role.HOST, "garden") is None
    assert refusal_of(giver, Role.HOST, "radio") == "role.not_yours"
    assert refusal_of(giver, Role.HOST) == "role.not_yours"
    assert refusal_of(giver, Role.MODERATOR, "garden") == "role.not_yours"


def test_whose_own_term_is_over_gives_nothing() -> None:
    over = [Grant(Role.NETWORK_ADMIN, NETWORK, TODAY - timedelta(days=1))]
    assert refusal_of(over, Role.HOST) == "role.not_yours"


@pytest.mark.parametrize("days", [0, -1, 181])
def test_a_term_is_at_least_a_day_and_no_longer_than_its_role_allows(days: int) -> None:
    assert refusal_of([Grant(Role.NETWORK_ADMIN, NETWORK, None)], Role.MODERATOR, days=days) == "role.term"
