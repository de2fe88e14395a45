"""How a space looks on Matrix, and power levels as facets: what must hold whatever the design."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.languages import LANGUAGES
from community_bot.domain.layout import Found, Piece, PieceKind, steps_between
from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, RoomKind, SpaceDesign
from community_bot.platforms.matrix_layout import matrix_layout
from community_bot.platforms.matrix_power import FACILITATOR, LEVELS, NOTIFY, creators_in, power_facets, with_power
from community_bot.platforms.matrix_survey import (
    RoomState,
    join_rule_content,
    join_rule_facet,
    listed_content,
    listed_facet,
)
from community_bot.services.directory import FACILITATORS_LEVEL
from tests.community_bot.platforms.matrix_yard import DESIGN, DESK, LOUNGE, NEWS

BOT = "@guide:river.localhost"
MALI, INES = "@mali:river.localhost", "@ines:river.localhost"


def layout(design: SpaceDesign, *facilitators: str) -> dict[str, Piece]:
    pieces = matrix_layout(design, "th", facilitators, own=BOT)
    assert len({piece.key for piece in pieces}) == len(pieces)
    return {piece.key: piece for piece in pieces}


def powers(design: SpaceDesign, room: str) -> dict[str, str]:
    facets = layout(design)[f"room.{room}"].facets
    return {
        "write": facets["power:event:m.room.message"],
        "else": facets["power:events"],
        "react": facets["power:event:m.reaction"],
        "pin": facets["power:event:m.room.pinned_events"],
        "remove": facets["power:redact"],
    }


def test_a_space_has_the_words_of_its_homes_language() -> None:
    pieces = layout(DESIGN)
    assert (pieces["container"].facets["name"], pieces["container"].facets["topic"]) == ("วงเสียง", "เรียนทำวิทยุ")
    assert pieces["room.lounge"].facets["name"] == "ศาลาริมน้ำ"
    assert pieces["post.lounge.agreements"].facets == {"text": "พูดทีละคน", "pinned": "yes"}


@pytest.mark.parametrize(
    ("access", "rule"), [(Access.OPEN, "knock"), (Access.REQUEST, "knock"), (Access.UNLISTED, "invite")]
)
def test_how_people_come_in_is_how_the_space_opens(access: Access, rule: str) -> None:
    pieces = layout(replace(DESIGN, access=access))
    assert pieces["container"].facets["join_rule"] == rule
    assert pieces["room.lounge"].facets["join_rule"] == "restricted"
    assert pieces["room.desk"].facets["join_rule"] == "invite"


def test_rooms_are_listed_in_their_order_and_the_entrance_is_suggested() -> None:
    pieces = layout(replace(DESIGN, rooms=(DESK, LOUNGE, NEWS)))
    assert [pieces[f"room.{key}"].facets["listed"] for key in ("desk", "lounge", "news")] == [
        "01",
        "02 suggested",
        "03",
    ]


def test_what_people_may_do_comes_from_their_liberties() -> None:
    expected = {"write": "0", "else": "0", "react": "0", "pin": "50", "remove": "50"}
    assert powers(DESIGN, "lounge") == expected
    assert powers(DESIGN, "news") == expected | {"write": "50", "else": "50"}
    assert powers(DESIGN, "desk") == expected | {"write": "50", "else": "50", "react": "50"}
    quiet = replace(DESIGN, participants=frozenset({Liberty.WRITE}), facilitators=frozenset({Liberty.WRITE}))
    assert powers(quiet, "lounge") == {"write": "0", "else": "0", "react": "100", "pin": "100", "remove": "100"}


def test_in_an_archived_space_nobody_says_anything() -> None:
    assert powers(DESIGN.archived(), "lounge") == {
        "write": "100",
        "else": "100",
        "react": "100",
        "pin": "50",
        "remove": "50",
    }


def test_facilitators_stand_in_every_room_where_their_role_puts_them_and_the_bot_is_not_named() -> None:
    pieces = layout(DESIGN, MALI, INES, BOT)
    for piece in pieces.values():
        named = {name for name in piece.facets if name.startswith("power:person:")}
        assert named == (
            set() if piece.kind is PieceKind.POST else {f"power:person:{MALI}", f"power:person:{INES}"}
        )
    assert str(FACILITATOR) == FACILITATORS_LEVEL


def test_a_design_without_a_room_for_matrix_builds_nothing_there() -> None:
    elsewhere = tuple(replace(room, platforms=("discord",)) for room in DESIGN.rooms)
    assert layout(replace(DESIGN, rooms=elsewhere)) == {}


def test_where_the_entrance_is_on_discord_only_the_next_room_has_the_agreements() -> None:
    rooms = (replace(LOUNGE, platforms=("discord",)), NEWS)
    pieces = layout(replace(DESIGN, rooms=rooms))
    assert set(pieces) == {"container", "room.news", "post.news.agreements"}


words = st.dictionaries(st.sampled_from(LANGUAGES), st.text(min_size=1, max_size=20), min_size=1)
liberties = st.frozensets(st.sampled_from(Liberty))
room_designs = st.builds(
    RoomDesign,
    key=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    kind=st.sampled_from(RoomKind),
    names=words,
    purposes=words,
    seen_by=st.sampled_from(Audience),
    written_by=st.sampled_from(Audience),
    welcome=st.none() | words,
    platforms=st.sampled_from([("discord",), ("matrix",), ("discord", "matrix")]),
)
designs = st.builds(
    SpaceDesign,
    template=st.just("any"),
    titles=words,
    purposes=words,
    access=st.sampled_from(Access),
    rooms=st.lists(room_designs, min_size=1, max_size=6, unique_by=lambda room: room.key).map(tuple),
    agreements=words,
    participants=liberties,
    facilitators=liberties,
    read_only=st.booleans(),
)


@given(designs)
def test_each_piece_comes_after_what_it_stands_in_and_says_nothing_empty(design: SpaceDesign) -> None:
    pieces = layout(design, MALI)
    assert list(pieces.values()) == list(matrix_layout(design, "th", [MALI], own=BOT))
    seen: set[str | None] = {None}
    for piece in pieces.values():
        assert piece.within in seen
        assert all(piece.facets.values())
        seen.add(piece.key)
    assert sum("suggested" in piece.facets.get("listed", "") for piece in pieces.values()) == (1 if pieces else 0)


@given(designs)
def test_nobody_but_the_bot_changes_what_stands_and_nobody_sees_the_past(design: SpaceDesign) -> None:
    for piece in layout(design).values():
        if piece.kind is not PieceKind.POST:
            assert piece.facets["power:state"] == piece.facets["power:kick"] == piece.facets["power:ban"] == "100"
            assert piece.facets["history"] == "joined"


levels = st.integers(0, 100)
people = st.dictionaries(st.sampled_from([MALI, INES, BOT]), levels)
contents = st.fixed_dictionaries(
    {},
    optional={
        **{name: levels | levels.map(str) for name, _ in LEVELS.values()},
        "events": st.dictionaries(st.sampled_from(["m.room.message", "m.room.name", "m.sticker"]), levels),
        "users": people,
        "notifications": st.fixed_dictionaries({}, optional={"room": levels}),
        "historical": levels,
    },
)


@given(contents, contents)
def test_changing_levels_to_others_facets_makes_them_those(before: dict[str, Any], after: dict[str, Any]) -> None:
    found, wanted = power_facets(before, {BOT}), power_facets(after, {BOT})
    # somebody at the level of everybody is named nowhere, whatever that level was before
    before = {**before, "users": {who: level for who, level in before.get("users", {}).items() if who == BOT}}
    found = power_facets(before, {BOT})
    piece = Piece("room.lounge", PieceKind.ROOM, wanted)
    steps = steps_between([piece], {"room.lounge": Found("!room", found)})
    changed = with_power(before, [each for step in steps for each in step.changes])
    assert power_facets(changed, {BOT}) == wanted
    assert changed.get("historical") == before.get("historical")
    assert changed["users"].get(BOT) == before["users"].get(BOT)


def test_levels_that_are_not_written_down_are_what_the_specification_says() -> None:
    assert power_facets({}, ()) == {
        "power:default": "0",
        "power:events": "0",
        "power:state": "50",
        "power:invite": "0",
        "power:kick": "50",
        "power:ban": "50",
        "power:redact": "50",
        NOTIFY: "50",
    }


def test_only_in_newer_rooms_does_whoever_made_one_stand_above_all() -> None:
    def create(version: str) -> dict[str, Any]:
        return {"sender": BOT, "content": {"room_version": version, "additional_creators": [MALI]}}

    assert creators_in(create("11")) == creators_in({"sender": BOT, "content": {}}) == frozenset()
    assert creators_in(create("12")) == {BOT, MALI}


@pytest.mark.parametrize(
    "facet", ["invite", "knock", "public", "restricted", "restricted:!a:x,!b:x", "restricted:!a"]
)
def test_a_join_rule_can_be_written_and_read(facet: str) -> None:
    assert join_rule_facet(join_rule_content(facet, "!space"), "!space") == facet


def test_a_room_open_to_another_space_only_is_not_open_to_ours() -> None:
    content = join_rule_content("restricted", "!old")
    assert join_rule_facet(content, "!new") == "restricted:!old"
    assert join_rule_facet(content, None) == "restricted:!old"


@pytest.mark.parametrize("facet", ["", "yes", "yes suggested", "03", "03 suggested"])
def test_a_listing_can_be_written_and_read(facet: str) -> None:
    assert listed_facet(listed_content(facet, "river.localhost")) == facet


def state(**membership: str) -> RoomState:
    events = [
        {"type": "m.room.member", "state_key": f"@{who}:river.localhost", "content": {"membership": how}}
        for who, how in membership.items()
    ]
    levels = {"invite": 50, "users": {MALI: 50}}
    events.append({"type": "m.room.power_levels", "state_key": "", "content": levels})
    rules = join_rule_content("restricted", "!space")
    events.append({"type": "m.room.join_rules", "state_key": "", "content": rules})
    return RoomState.of(events, BOT)


def test_a_room_takes_the_bot_back_only_through_somebody_who_may_invite() -> None:
    assert state(guide="leave", mali="join").may_return(["!space"])
    assert not state(guide="leave", mali="join").may_return([])
    assert not state(guide="leave", mali="leave", ines="join").may_return(["!space"])
    assert not state(guide="ban", mali="join").may_return(["!space"])
    assert state(guide="invite").may_return([])
