"""Layouts: from what stands to what is wanted, and back; what was done by hand and is meant so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.layout import (
    Act,
    Change,
    Found,
    Overrides,
    Piece,
    PieceKind,
    Step,
    kind_of,
    steps_between,
)

KEYS = ("role.participants", "container", "room.plaza", "room.table", "post.plaza.welcome")
FACETS = st.dictionaries(
    st.sampled_from(["name", "topic", "access:everyone", "access:role:77", "power:default"]),
    st.sampled_from(["", "a", "ข", "+view -write"]),
    max_size=4,
)


def within(key: str) -> str | None:
    return {"room": "container", "post": "room.plaza"}.get(key.partition(".")[0])


PIECES = st.lists(st.tuples(st.sampled_from(KEYS), FACETS), unique_by=lambda each: each[0]).map(
    lambda found: tuple(
        Piece(key, kind_of(key), facets, within(key))
        for key, facets in sorted(found, key=lambda e: KEYS.index(e[0]))
    )
)


def standing(pieces: Sequence[Piece]) -> dict[str, Found]:
    return {piece.key: Found(f"ref of {piece.key}", filled(piece.facets)) for piece in pieces}


def filled(facets: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in facets.items() if value}


def carried_out(steps: Sequence[Step], found: Mapping[str, Found]) -> dict[str, Found]:
    """Do what steps say, as a builder does."""
    after = dict(found)
    for step in steps:
        if step.act is Act.REMOVE:
            del after[step.key]
            continue
        there = after.get(step.key, Found(f"ref of {step.key}", {}))
        assert (step.key in after) is (step.act is Act.CHANGE)
        after[step.key] = Found(there.ref, filled({**there.facets, **step.after}))
    return after


@given(PIECES)
def test_nothing_is_to_be_done_where_all_is_as_wanted(pieces: tuple[Piece, ...]) -> None:
    assert steps_between(pieces, standing(pieces)) == ()


@given(PIECES, PIECES)
def test_carrying_out_the_steps_makes_what_stands_what_is_wanted(
    wanted: tuple[Piece, ...], before: tuple[Piece, ...]
) -> None:
    found = standing(before)
    assert carried_out(steps_between(wanted, found), found) == standing(wanted)


@given(PIECES, PIECES)
def test_taking_steps_back_the_newest_first_brings_back_what_was(
    wanted: tuple[Piece, ...], before: tuple[Piece, ...]
) -> None:
    found = standing(before)
    steps = [each for each in steps_between(wanted, found) if each.act is not Act.REMOVE]
    back = [each.undone for each in reversed(steps)]
    assert carried_out(back, carried_out(steps, found)) == found


@given(PIECES, PIECES)
def test_a_step_is_the_same_after_it_was_written_down(wanted: tuple[Piece, ...], before: tuple[Piece, ...]) -> None:
    for step in steps_between(wanted, standing(before)):
        assert Step.unpacked(step.packed()) == step


@given(PIECES, PIECES)
def test_what_stands_in_something_goes_before_it_and_comes_after_it(
    wanted: tuple[Piece, ...], before: tuple[Piece, ...]
) -> None:
    order = [each.key for each in steps_between(wanted, standing(before)) if each.act is Act.REMOVE]
    rank = {"post": 0, "room": 1, "container": 2, "role": 3}
    assert order == sorted(order, key=lambda key: rank[key.partition(".")[0]])


def test_what_was_removed_cannot_be_taken_back() -> None:
    with pytest.raises(ValueError, match="does not come back"):
        _ = Step(Act.REMOVE, "room.plaza", PieceKind.ROOM).undone


# ── what was done by hand and is meant so


@given(PIECES, PIECES)
def test_what_is_adopted_is_no_difference_any_more(wanted: tuple[Piece, ...], before: tuple[Piece, ...]) -> None:
    found, overrides = standing(before), Overrides()
    kept: set[str] = set()
    for step in steps_between(wanted, found):
        try:
            overrides = overrides.adopting(step)
        except ValueError:
            kept.add(step.key)
    left = steps_between(overrides.applied(wanted), found)
    # a room that is not wanted any more takes its posts with it; what stands of these is to go
    assert {each.key for each in left if each.act is not Act.REMOVE} <= kept
    assert Overrides.unpacked(overrides.packed()) == overrides


@pytest.mark.parametrize("key", ["role.participants", "role.facilitators", "container"])
def test_the_loss_of_what_the_rest_hangs_on_is_never_adopted(key: str) -> None:
    with pytest.raises(ValueError, match="hangs on"):
        Overrides().adopting(Step(Act.MAKE, key, kind_of(key)))


@pytest.mark.parametrize(
    "step",
    [
        Step(Act.REMOVE, "room.plaza", PieceKind.ROOM),
        Step(Act.CHANGE, "room.plaza", PieceKind.ROOM, (Change("access:person:42", "+view", ""),)),
        Step(Act.CHANGE, "room.plaza", PieceKind.ROOM, (Change("power:person:@x:example.org", "100", ""),)),
        Step(Act.CHANGE, "room.plaza", PieceKind.ROOM, (Change("left", "yes", ""),)),
    ],
    ids=["still there", "a channel opened to one person", "power of one person", "the bot left"],
)
def test_some_things_can_be_put_right_only(step: Step) -> None:
    with pytest.raises(ValueError, match="not adopted"):
        Overrides().adopting(step)


def test_what_stands_in_an_unwanted_room_is_unwanted_too() -> None:
    pieces = (
        Piece("container", PieceKind.CONTAINER, {}),
        Piece("room.plaza", PieceKind.ROOM, {"name": "plaza"}, "container"),
        Piece("post.plaza.welcome", PieceKind.POST, {"text": "hi"}, "room.plaza"),
    )
    overrides = Overrides().adopting(Step(Act.MAKE, "room.plaza", PieceKind.ROOM))
    assert [each.key for each in overrides.applied(pieces)] == ["container"]


def test_a_facet_adopted_as_gone_is_not_wanted_any_more() -> None:
    pieces = (Piece("room.plaza", PieceKind.ROOM, {"name": "plaza", "topic": "Come in"}),)
    step = Step(Act.CHANGE, "room.plaza", PieceKind.ROOM, (Change("topic", "", "Come in"),))
    assert Overrides().adopting(step).applied(pieces)[0].facets == {"name": "plaza"}
