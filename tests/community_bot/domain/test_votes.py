"""How a vote is counted, and what of it is ever told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.refusal import Refusal
from community_bot.domain.votes import (
    FEWEST_BALLOTS,
    MOST_TOPICS,
    VoteState,
    check_opening,
    count,
    packed,
    quorum_of,
    read_ticks,
    unpacked,
)

CHOICES = st.lists(st.frozensets(st.integers(0, 3)), max_size=30)


@pytest.mark.parametrize(("electorate", "quorum"), [(5, 5), (33, 5), (34, 6), (40, 6), (41, 7), (511, 77), (0, 5)])
def test_a_quorum_is_five_or_fifteen_in_a_hundred(electorate: int, quorum: int) -> None:
    assert quorum_of(electorate, 5, 15) == quorum


def test_no_quorum_is_so_small_that_the_counts_are_what_somebody_chose() -> None:
    assert quorum_of(4, 1, 1) == FEWEST_BALLOTS


@pytest.mark.parametrize(
    ("topics", "days", "electorate", "code"),
    [
        (1, 5, 9, "vote.topics"),
        (11, 5, 9, "vote.topics"),
        (2, 2, 9, "vote.days"),
        (2, 11, 9, "vote.days"),
        (2, 5, 4, "vote.too_few"),
    ],
)
def test_what_makes_no_vote_is_not_opened(topics: int, days: int, electorate: int, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_opening(topics, days, electorate, 5)
    assert refused.value.code == code


def test_three_to_ten_days_and_two_to_ten_topics_make_a_vote() -> None:
    for topics, days in ((2, 3), (10, 10)):
        check_opening(topics, days, 5, 5)


@given(st.frozensets(st.integers(0, MOST_TOPICS - 1)))
def test_every_choice_has_the_same_length_and_can_be_read_again(ticks: frozenset[int]) -> None:
    assert len(packed(ticks)) == MOST_TOPICS
    assert unpacked(packed(ticks)) == ticks


@pytest.mark.parametrize("written", [b"", b"1" * 9, b"1" * 11, b"1" * 9 + b"x"])
def test_what_is_no_choice_is_not_read_as_one(written: bytes) -> None:
    with pytest.raises(ValueError, match="no choice"):
        unpacked(written)


def test_only_what_stands_on_the_ballot_can_be_ticked() -> None:
    assert read_ticks([0, 1, 1], 2) == {0, 1}
    for ticks in ([2], [-1]):
        with pytest.raises(Refusal):
            read_ticks(ticks, 2)


@given(CHOICES, st.integers(3, 8))
def test_a_vote_is_told_with_its_counts_or_not_at_all(choices: list[frozenset[int]], quorum: int) -> None:
    outcome = count(choices, 4, quorum)
    if len(choices) < quorum:
        assert (outcome.state, outcome.winners) == (VoteState.NO_QUORUM, ())
        assert outcome.counts is None is outcome.ballots
        return
    assert outcome.counts == tuple(sum(place in each for each in choices) for place in range(4))
    best = [place for place, total in enumerate(outcome.counts) if total == max(outcome.counts)]
    assert list(outcome.winners) == best
    assert outcome.state is (VoteState.CHOSEN if len(best) == 1 else VoteState.TIED)


@given(CHOICES, st.randoms())
def test_the_order_of_ballots_decides_nothing(choices: list[frozenset[int]], random: object) -> None:
    turned = list(choices)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert count(turned, 4, 3) == count(choices, 4, 3)


def test_what_nobody_wants_more_than_another_is_a_tie_and_no_lot_is_drawn() -> None:
    assert count([{0}, {1}, {0, 1}], 3, 3).winners == (0, 1)
