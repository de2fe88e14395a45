"""A member's life goes the ways it may go, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.member import (
    TRANSITIONS,
    MemberEvent,
    MemberState,
    after,
    has_access,
    is_reachable,
)
from community_bot.domain.refusal import Refusal

S = MemberState
E = MemberEvent


@pytest.mark.parametrize(
    ("state", "event", "following"),
    [
        (S.VOUCHING, E.VOUCHED, S.ACTIVE),
        (S.ACTIVE, E.PAUSE, S.PAUSED),
        (S.PAUSED, E.RESUME, S.ACTIVE),
        (S.ACTIVE, E.SILENCE_90_DAYS, S.DORMANT),
        (S.DORMANT, E.ACT, S.ACTIVE),
        (S.DORMANT, E.RESUME, S.ACTIVE),
        (S.DORMANT, E.SILENCE_365_DAYS, S.ALUMNI),
        (S.PAUSED, E.LEAVE, S.ALUMNI),
        (S.ALUMNI, E.RESUME, S.ACTIVE),
        (S.ALUMNI, E.ERASE, S.ERASING),
    ],
)
def test_these_ways_are_open(state: S, event: E, following: S) -> None:
    assert after(state, event) is following


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (S.VOUCHING, E.PAUSE),
        (S.VOUCHING, E.RESUME),
        (S.ACTIVE, E.VOUCHED),
        (S.ACTIVE, E.RESUME),
        (S.PAUSED, E.PAUSE),
        (S.PAUSED, E.SILENCE_90_DAYS),
        (S.ALUMNI, E.LEAVE),
        (S.ERASING, E.ERASE),
        (S.ERASING, E.RESUME),
    ],
)
def test_these_ways_are_closed(state: S, event: E) -> None:
    with pytest.raises(Refusal) as caught:
        after(state, event)
    assert caught.value.code == "member.not_now"


@pytest.mark.parametrize("state", [state for state in S if state is not S.ERASING])
def test_everybody_can_be_erased_from_every_state(state: S) -> None:
    assert after(state, E.ERASE) is S.ERASING


def test_only_being_vouched_for_admits_a_newcomer() -> None:
    assert {event for (state, event), to in TRANSITIONS.items() if state is S.VOUCHING and to is S.ACTIVE} == {
        E.VOUCHED
    }


@given(st.lists(st.sampled_from(E), max_size=12))
def test_a_life_ends_in_erasing_or_goes_on(events: list[E]) -> None:
    state = S.ACTIVE
    for event in events:
        try:
            state = after(state, event)
        except Refusal:
            continue
        assert state is not S.VOUCHING
    if E.ERASE in events:
        assert state is S.ERASING


def test_nobody_is_written_to_who_paused_left_fell_silent_or_is_being_erased() -> None:
    assert {state for state in S if is_reachable(state)} == {S.VOUCHING, S.ACTIVE}


def test_doors_are_open_from_being_admitted_to_leaving() -> None:
    assert {state for state in S if has_access(state)} == {S.ACTIVE, S.PAUSED, S.DORMANT}
