"""Experiments: what is frozen, when it may be decided, and when there are too few to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.experiment import (
    MEASURES,
    Design,
    ExperimentState,
    after_stop,
    check_arms_open,
    check_decision,
    check_design,
    digest_of,
    is_too_few,
    read_least,
)
from community_bot.domain.refusal import Refusal

TODAY = date(2026, 11, 22)
DESIGN = Design("Do evenings suit people more?", "More come back", "MET-10", 20, date(2027, 3, 31))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"measure": "likes"}, "experiment.measure"),
        ({"measure": "MET-1"}, "experiment.measure"),
        ({"least": 4}, "experiment.least"),
        ({"least": 10_001}, "experiment.least"),
        ({"stops_on": TODAY}, "experiment.stops_on"),
        ({"stops_on": TODAY + timedelta(days=731)}, "experiment.stops_on"),
    ],
)
def test_what_cannot_be_held_to_is_not_registered(changed: dict[str, object], code: str) -> None:
    check_design(DESIGN, TODAY)
    with pytest.raises(Refusal, match=code):
        check_design(replace(DESIGN, **changed), TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"question": "Do mornings suit people more?"},
        {"hypothesis": "Fewer come back"},
        {"measure": "MET-7"},
        {"least": 21},
        {"stops_on": date(2027, 4, 1)},
    ],
)
def test_the_seal_changes_with_anything_that_is_frozen(changed: dict[str, object]) -> None:
    before = digest_of("s-radio", DESIGN, TODAY)
    assert digest_of("s-radio", replace(DESIGN, **changed), TODAY) != before  # type: ignore[arg-type]
    assert digest_of("s-seeds", DESIGN, TODAY) != before
    assert digest_of("s-radio", DESIGN, TODAY + timedelta(days=1)) != before


def test_the_seal_is_the_same_on_every_machine() -> None:
    assert digest_of("s-radio", DESIGN, TODAY) == "f2252245551dd1aabdf48bce1a074537f030a0a65b5dab1368c02f61bb19a11c"


@given(st.text(max_size=8), st.text(max_size=8))
def test_no_two_texts_share_a_seal_by_where_one_ends_and_the_next_begins(one: str, other: str) -> None:
    whole = replace(DESIGN, question=one + other, hypothesis="")
    parted = replace(DESIGN, question=one, hypothesis=other)
    assert (digest_of("s", whole, TODAY) == digest_of("s", parted, TODAY)) is (other == "")


@pytest.mark.parametrize(("typed", "number"), [("20", 20), (" 5 ", 5), ("๒๐", 20)])
def test_numbers_are_read_in_arabic_and_thai_digits(typed: str, number: int) -> None:
    assert read_least(typed) == number


@pytest.mark.parametrize("typed", ["", "twenty", "-5", "2.5", "9" * 30, "²"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Refusal, match=r"experiment\.least"):
        read_least(typed)


def test_it_is_decided_after_its_date_or_after_it_was_stopped_and_once() -> None:
    stops = DESIGN.stops_on
    for state, today, code in (
        (ExperimentState.RUNNING, stops, "experiment.too_early"),
        (ExperimentState.REGISTERED, stops + timedelta(days=1), "experiment.not_begun"),
        (ExperimentState.DRAFT, stops + timedelta(days=1), "experiment.not_begun"),
        (ExperimentState.DECIDED, stops + timedelta(days=1), "experiment.decided"),
    ):
        with pytest.raises(Refusal, match=code):
            check_decision(state, stops, today)
    check_decision(ExperimentState.RUNNING, stops, stops + timedelta(days=1))
    check_decision(ExperimentState.STOPPED, stops, TODAY)


def test_arms_are_named_before_the_start_only() -> None:
    check_arms_open(ExperimentState.REGISTERED)
    for state in (ExperimentState.RUNNING, ExperimentState.STOPPED, ExperimentState.DECIDED):
        with pytest.raises(Refusal, match=r"experiment\.arms_fixed"):
            check_arms_open(state)


def test_what_is_over_is_not_stopped_again() -> None:
    assert after_stop(ExperimentState.RUNNING) is ExperimentState.STOPPED
    for state in (ExperimentState.DRAFT, ExperimentState.STOPPED, ExperimentState.DECIDED):
        with pytest.raises(Refusal, match=r"experiment\.not_running"):
            after_stop(state)


def test_fewer_people_than_were_named_say_nothing() -> None:
    assert is_too_few(19, 20)
    assert not is_too_few(20, 20)


def test_a_form_can_offer_every_measure() -> None:
    assert len(set(MEASURES)) == len(MEASURES) <= 25
