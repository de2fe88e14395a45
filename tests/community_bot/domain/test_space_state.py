"""The life of a learning space: no way but those of the diagram, and no way past what must be so."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.refusal import Refusal
from community_bot.domain.space_state import (
    STANDS,
    TAKES_MEMBERS,
    Check,
    Readiness,
    SpaceMove,
    SpaceState,
    after_move,
    closing_checks,
    missing_to,
    missing_to_archive,
    needs_second_person,
    organisations_of,
    states_before,
)

DIAGRAM = {
    "draft": {"pilot", "active", "archived"},
    "pilot": {"active", "paused", "closing"},
    "active": {"paused", "closing"},
    "paused": {"pilot", "active", "closing"},
    "closing": {"pilot", "active", "archived"},
    "archived": {"purged"},
    "purged": set(),
}
"""What may follow what, written down a second time (DOMAIN 3.3). A pilot that paused is a pilot again."""
READY = Readiness(2, 2, agreed=True, experiment=True, built=True)

readiness = st.builds(
    Readiness,
    st.integers(0, 3),
    st.integers(0, 3),
    agreed=st.booleans(),
    experiment=st.booleans(),
    built=st.booleans(),
)


@given(st.lists(st.sampled_from(SpaceMove)), st.booleans())
def test_random_moves_never_leave_the_diagram(moves: list[SpaceMove], pilot: bool) -> None:
    state = SpaceState.DRAFT
    for move in moves:
        if state not in states_before(move):
            with pytest.raises(Refusal) as caught:
                after_move(state, move, pilot=pilot)
            assert caught.value.code == f"space.move.{state}"
            continue
        following = after_move(state, move, pilot=pilot)
        assert following in DIAGRAM[state]
        pilot = pilot and following is not SpaceState.ACTIVE
        state = following


@given(st.lists(st.tuples(st.sampled_from(SpaceMove), readiness)), st.booleans())
def test_no_way_leads_past_what_must_be_so(steps: list[tuple[SpaceMove, Readiness]], pilot: bool) -> None:
    began_as_pilot, state = pilot, SpaceState.DRAFT
    was_built = had_experiment = False
    for move, ready in steps:
        try:
            following = after_move(state, move, pilot=pilot)
        except Refusal:
            continue
        if missing_to(move, following, ready):
            continue
        state = following
        if move is SpaceMove.OPEN:
            was_built, had_experiment = ready.built, had_experiment or ready.experiment
        if state is SpaceState.ACTIVE:
            pilot = False
            assert ready.facilitators >= 2
            assert ready.organisations >= 2
        if state is SpaceState.PILOT:
            assert began_as_pilot
            assert had_experiment
            assert ready.facilitators >= 1
        if state in TAKES_MEMBERS:
            assert ready.agreed
            assert was_built


def test_a_pilot_never_becomes_a_space_like_others_by_pausing() -> None:
    for there, back in ((SpaceMove.PAUSE, SpaceMove.RESUME), (SpaceMove.CLOSE, SpaceMove.REOPEN)):
        away = after_move(SpaceState.PILOT, there, pilot=True)
        assert after_move(away, back, pilot=True) is SpaceState.PILOT
    assert after_move(SpaceState.PILOT, SpaceMove.OPEN, pilot=True) is SpaceState.ACTIVE


@pytest.mark.parametrize(
    ("following", "lacking", "missing"),
    [
        (SpaceState.PILOT, {"facilitators": 0}, ("facilitator",)),
        (SpaceState.PILOT, {"experiment": False}, ("experiment",)),
        (SpaceState.PILOT, {"built": False, "agreed": False}, ("built", "agreements")),
        (SpaceState.PILOT, {"facilitators": 1, "organisations": 0}, ()),
        (SpaceState.ACTIVE, {"facilitators": 1}, ("facilitators",)),
        (SpaceState.ACTIVE, {"organisations": 1}, ("organisations",)),
        (SpaceState.ACTIVE, {"experiment": False}, ()),
        (SpaceState.ARCHIVED, {"built": False, "facilitators": 0}, ()),
    ],
)
def test_what_is_missing_is_named(following: SpaceState, lacking: dict[str, int], missing: tuple[str, ...]) -> None:
    values = {name: getattr(READY, name) for name in READY.__slots__} | lacking
    assert missing_to(SpaceMove.OPEN, following, Readiness(**values)) == missing


@pytest.mark.parametrize(
    ("facilitators", "count"),
    [
        ([], 0),
        ([{"river"}], 1),
        ([{"river", "hill"}], 1),
        ([{"river"}, {"river"}], 1),
        ([{"river"}, {"hill"}], 2),
        ([{"river", "hill"}, set()], 1),
        ([{"river", "hill"}, {"river"}], 2),
        ([{"river", "hill"}, {"river"}, {"hill"}], 2),
        ([{"river", "hill"}, {"hill", "sea"}, {"river"}], 3),
    ],
)
def test_a_facilitator_speaks_for_one_organisation(facilitators: list[set[str]], count: int) -> None:
    assert organisations_of(facilitators) == count


groups = st.lists(st.sets(st.sampled_from("abcd")), max_size=4)


@given(groups)
def test_of_how_many_organisations_people_are_is_the_best_way_to_share_them_out(people: list[set[str]]) -> None:
    def shared(order: tuple[str, ...]) -> int:
        return sum(organisation in person for person, organisation in zip(people, order, strict=False))

    names = [*"abcd", "-", "-", "-", "-"]
    assert organisations_of(people) == max(map(shared, set(permutations(names, len(people)))), default=0)


def test_closing_says_of_each_point_how_it_stands() -> None:
    checks = closing_checks(bridged=True, open_cohorts=1)
    assert checks == {
        "library": Check.NOTHING,
        "reviews": Check.NOTHING,
        "bridges": Check.DONE,
        "roles": Check.OPEN,
    }
    assert missing_to_archive(checks) == ("roles",)
    assert missing_to_archive(closing_checks(bridged=False, open_cohorts=0)) == ()
    assert missing_to_archive({}) == ("library", "reviews", "bridges", "roles")


def test_ending_takes_two_people_but_for_a_draft_that_nobody_else_is_in() -> None:
    assert not needs_second_person(SpaceState.DRAFT, SpaceMove.ARCHIVE, [])
    assert needs_second_person(SpaceState.DRAFT, SpaceMove.ARCHIVE, ["somebody"])
    assert needs_second_person(SpaceState.CLOSING, SpaceMove.ARCHIVE, [])
    assert needs_second_person(SpaceState.ARCHIVED, SpaceMove.PURGE, [])


def test_everything_but_what_was_purged_may_stand() -> None:
    assert set(SpaceState) - STANDS == {SpaceState.PURGED}
