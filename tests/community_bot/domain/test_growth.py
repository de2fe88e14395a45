"""The Growth Cycle: nothing that is passed on comes back to whom it came from, and who stands alone is known."""

from __future__ import annotations

from datetime import date
from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.growth import (
    Cycle,
    CycleSpace,
    Feed,
    Round,
    RoundState,
    Stage,
    after_round,
    check_feed,
    circle,
    unconnected,
)
from community_bot.domain.refusal import Refusal

TITLES = {"a": "Radio", "b": "Seeds", "c": "Safety", "d": "Maps"}
KEYS = st.sampled_from("abcdef")


def feeds(*pairs: str) -> list[Feed]:
    return [Feed(pair, pair[0], pair[1], "something") for pair in pairs]


def is_acyclic(found: list[Feed]) -> bool:
    before: dict[str, set[str]] = {}
    for each in found:
        before.setdefault(each.to_space, set()).add(each.from_space)
    try:
        tuple(TopologicalSorter(before).static_order())
    except CycleError:
        return False
    return True


def test_a_feed_that_closes_a_circle_is_refused_with_the_circle_in_words() -> None:
    with pytest.raises(Refusal, match=r"growth\.circle") as refused:
        check_feed(feeds("ab", "bc"), "c", "a", TITLES)
    assert refused.value.values["circle"] == "Safety → Radio → Seeds → Safety"


def test_the_shortest_circle_is_named() -> None:
    assert circle(feeds("ab", "bc", "cd", "ad"), "d", "a") == ("d", "a", "d")


def test_a_space_does_not_feed_itself_and_no_feed_stands_twice() -> None:
    with pytest.raises(Refusal, match=r"growth\.feed_itself"):
        check_feed([], "a", "a", TITLES)
    with pytest.raises(Refusal, match=r"growth\.feed_twice"):
        check_feed(feeds("ab"), "a", "b", TITLES)


@given(st.lists(st.tuples(KEYS, KEYS), max_size=40))
def test_whatever_is_tried_in_whatever_order_no_circle_comes_of_it(tried: list[tuple[str, str]]) -> None:
    accepted: list[Feed] = []
    for number, (one, other) in enumerate(tried):
        try:
            check_feed(accepted, one, other, TITLES)
        except Refusal:
            continue
        accepted.append(Feed(str(number), one, other, "something"))
    assert is_acyclic(accepted)


@given(st.lists(st.tuples(KEYS, KEYS), max_size=20), KEYS, KEYS)
def test_only_what_closes_a_circle_is_refused(tried: list[tuple[str, str]], one: str, other: str) -> None:
    kept: list[Feed] = []
    for number, (source, target) in enumerate(tried):
        candidate = [*kept, Feed(str(number), source, target, "")]
        if is_acyclic(candidate):
            kept = candidate
    closes = not is_acyclic([*kept, Feed("new", one, other, "")])
    assert bool(circle(kept, one, other)) is closes


def test_a_round_goes_from_planning_to_closed_and_no_further() -> None:
    state, seen = RoundState.PLANNING, []
    while state is not RoundState.CLOSED:
        seen.append(state)
        state = after_round(state)
    assert seen == [RoundState.PLANNING, RoundState.RUNNING, RoundState.REFLECTING]
    with pytest.raises(Refusal, match=r"growth\.round_over"):
        after_round(state)


def space(key: str, stage: str | None = None, **values: object) -> CycleSpace:
    return CycleSpace(key, {"en": TITLES[key]}, stage, **values)  # type: ignore[arg-type]


def test_a_space_with_a_feed_a_note_or_its_doors_closed_does_not_stand_alone() -> None:
    spaces = [space("a"), space("b"), space("c", note="We move house"), space("d", is_open=False)]
    assert unconnected(spaces, feeds("ab")) == []
    assert [each.key for each in unconnected(spaces, [])] == ["a", "b"]


def test_spaces_whose_stage_is_gone_come_last_and_none_is_lost() -> None:
    stages = (Stage("one", {"en": "One"}), Stage("two", {"en": "Two"}))
    spaces = (space("a", "two"), space("b", "gone"), space("c"), space("d", "one"))
    found = Cycle(None, stages, spaces, ()).by_stage()
    assert [(stage and stage.key, [each.key for each in held]) for stage, held in found] == [
        ("one", ["d"]),
        ("two", ["a"]),
        (None, ["b", "c"]),
    ]


def test_who_may_not_know_of_a_space_sees_no_feed_of_it_either() -> None:
    turn = Round(1, RoundState.RUNNING, date(2026, 11, 1), date(2027, 1, 31))
    whole = Cycle(turn, (), (space("a"), space("b"), space("c")), tuple(feeds("ab", "bc")))
    seen = whole.only(["a", "b"])
    assert [each.key for each in seen.spaces] == ["a", "b"]
    assert [each.id for each in seen.feeds] == ["ab"]
