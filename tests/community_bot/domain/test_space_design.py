"""The design of a space: written down and read again, its entrance, and what archiving makes of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.space_design import (
    Access,
    Audience,
    Liberty,
    RoomDesign,
    RoomKind,
    SpaceDesign,
    design_of,
)
from tests.community_bot.platforms.spaces import DESIGN, TABLE

WORDS = st.dictionaries(st.sampled_from(["th", "en", "es"]), st.text(max_size=12), min_size=1)
ROOMS = st.lists(
    st.builds(
        RoomDesign,
        key=st.text(st.sampled_from("abc-"), min_size=1, max_size=5),
        kind=st.sampled_from(RoomKind),
        names=WORDS,
        purposes=WORDS,
        seen_by=st.sampled_from(Audience),
        written_by=st.sampled_from(Audience),
        slow_seconds=st.integers(0, 21600),
        tags=st.lists(WORDS, max_size=3).map(tuple),
        joined=st.booleans(),
        welcome=st.none() | WORDS,
        platforms=st.sampled_from([("discord",), ("matrix",), ("discord", "matrix")]),
    ),
    min_size=1,
    max_size=4,
).map(tuple)
LIBERTIES = st.frozensets(st.sampled_from(Liberty))
DESIGNS = st.builds(
    SpaceDesign,
    template=st.text(max_size=8),
    titles=WORDS,
    purposes=WORDS,
    access=st.sampled_from(Access),
    rooms=ROOMS,
    agreements=WORDS,
    participants=LIBERTIES,
    facilitators=LIBERTIES,
    pilot=st.booleans(),
    bridged=st.booleans(),
    read_only=st.booleans(),
)


@given(DESIGNS)
def test_a_design_is_the_same_after_it_was_written_down(design: SpaceDesign) -> None:
    again = SpaceDesign.unpacked(design.packed())
    assert again == design
    assert again.packed() == design.packed()


def test_a_design_from_before_spaces_were_archived_is_read() -> None:
    values = {name: value for name, value in vars_of(DESIGN).items() if name != "read_only"}
    assert design_of(values) == DESIGN


def vars_of(design: SpaceDesign) -> dict[str, object]:
    found: dict[str, object] = json.loads(design.packed())
    return found


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"template": "circle"}'])
def test_anything_else_is_not_taken_for_a_design(text: str) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        SpaceDesign.unpacked(text)


def test_people_come_in_where_participants_see_something() -> None:
    assert replace(DESIGN, rooms=(TABLE, *DESIGN.rooms)).entrance.key == "plaza"


def test_a_room_is_found_by_its_key() -> None:
    assert DESIGN.room("table") is TABLE
    with pytest.raises(KeyError):
        DESIGN.room("nowhere")


@given(DESIGNS)
def test_an_archived_space_is_read_only_joined_to_nothing_and_otherwise_the_same(design: SpaceDesign) -> None:
    archived = design.archived()
    assert (archived.read_only, archived.bridged) == (True, False)
    assert replace(archived, read_only=design.read_only, bridged=design.bridged) == design
