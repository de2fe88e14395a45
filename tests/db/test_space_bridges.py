"""Which rooms of learning spaces are joined, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection

from community_bot.domain.space_design import Access, Audience, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.space_state import SpaceState
from config.models import ConversationSettings
from db.bridge_rows import Place, Platform
from db.engine import Database
from db.space_bridges import LONGEST_KEY, conversation_key, joined_rooms
from db.space_store import SpaceStore

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SERVER, MATRIX = "800000000000000001", "matrix"
CHANNEL, OTHER_CHANNEL = "100000000000000001", "100000000000000002"
ROOM, OTHER_ROOM = "!table:river.example", "!talk:river.example"


def room(key: str, *, joined: bool = True, kind: RoomKind = RoomKind.TALK) -> RoomDesign:
    return RoomDesign(key, kind, {"en": key}, {"en": "To talk"}, joined=joined, seen_by=Audience.PARTICIPANTS)


ORCHARD = SpaceDesign(
    template="orchard",
    titles={"en": 'Orchard "of all"', "th": "สวนผลไม้"},
    purposes={"en": "To share trees"},
    access=Access.OPEN,
    rooms=(room("table"), room("talk", joined=False)),
    agreements={"en": "Be kind"},
    participants=frozenset(),
    facilitators=frozenset(),
    bridged=True,
)
BOTH: Mapping[tuple[str, str], str | None] = {(SERVER, "room.table"): CHANNEL, (MATRIX, "room.table"): ROOM}
TABLE = [Place(Platform.DISCORD, CHANNEL), Place(Platform.MATRIX, ROOM)]


async def joined(
    database: Database,
    design: SpaceDesign = ORCHARD,
    *,
    state: SpaceState = SpaceState.ACTIVE,
    pieces: Mapping[tuple[str, str], str | None] = BOTH,
    key: str = "orchard",
) -> dict[str, list[Place]]:
    """Let a space stand, and return what is joined by then."""

    def work(connection: Connection) -> dict[str, list[Place]]:
        store = SpaceStore(connection)
        store.add(key, design.packed(), state=state, access="open", vouchers=0, stage=None, today=TODAY)
        for (home, piece), ref in pieces.items():
            store.begin(key, home, piece, "room", NOW)
            if ref is not None:
                store.made(key, home, piece, ref)
        return joined_rooms(connection)

    return await database.transact(work)


async def test_the_rooms_marked_joined_are_joined_across_all_homes(database: Database) -> None:
    others = {
        (SERVER, "container"): "1",
        (SERVER, "room.talk"): OTHER_CHANNEL,
        (MATRIX, "room.talk"): OTHER_ROOM,
        (SERVER, "post.table.welcome"): "2",
        ("900000000000000001", "room.table"): "100000000000000009",
    }
    third = Place(Platform.DISCORD, "100000000000000009")
    found = await joined(database, pieces={**BOTH, **others})
    assert found == {"space-orchard-table": [TABLE[0], third, TABLE[1]]}


@pytest.mark.parametrize("state", SpaceState)
async def test_it_takes_a_space_that_is_open_or_pauses(sqlite_database: Database, state: SpaceState) -> None:
    crosses = state in (SpaceState.PILOT, SpaceState.ACTIVE, SpaceState.PAUSED)
    assert await joined(sqlite_database, state=state) == ({"space-orchard-table": TABLE} if crosses else {})


@pytest.mark.parametrize("design", [replace(ORCHARD, bridged=False), replace(ORCHARD, read_only=True)])
async def test_a_space_that_does_not_want_it_or_is_read_only_joins_nothing(
    sqlite_database: Database, design: SpaceDesign
) -> None:
    assert await joined(sqlite_database, design) == {}


@pytest.mark.parametrize("missing", [{}, {(MATRIX, "room.table"): None}])
async def test_what_does_not_stand_yet_is_not_joined(
    sqlite_database: Database, missing: Mapping[tuple[str, str], str | None]
) -> None:
    assert await joined(sqlite_database, pieces={(SERVER, "room.table"): CHANNEL, **missing}) == {}


async def test_a_forum_is_joined_where_it_is_a_room(sqlite_database: Database) -> None:
    forum = replace(ORCHARD, rooms=(room("table", kind=RoomKind.FORUM),))
    assert await joined(sqlite_database, forum) == {}


async def test_two_spaces_never_share_a_conversation(database: Database) -> None:
    first = await joined(database, replace(ORCHARD, rooms=(room("b-c"),)), key="a", pieces=_pieces("b-c", "1"))
    both = await joined(database, replace(ORCHARD, rooms=(room("c"),)), key="a-b", pieces=_pieces("c", "2"))
    assert len(first) == 1
    assert both.items() > first.items()
    assert len(both) == 2
    assert both["space-a-b-c"] == [Place(Platform.DISCORD, "12"), Place(Platform.MATRIX, "!2:river.example")]


def _pieces(room_key: str, number: str) -> dict[tuple[str, str], str | None]:
    return {
        (SERVER, f"room.{room_key}"): f"1{number}",
        (MATRIX, f"room.{room_key}"): f"!{number}:river.example",
    }


SLUG = st.from_regex(r"\A[a-z][a-z0-9-]{0,39}\Z").filter(lambda text: not text.endswith("\n"))


@given(SLUG, SLUG)
@example("s-abcdefgh", "announcements")
@example("a" * 40, "b" * 40)
@example("a" * 30 + "-", "table")
def test_a_key_is_one_that_settings_could_have(space_key: str, room_key: str) -> None:
    key = conversation_key(space_key, room_key)
    assert len(key) <= LONGEST_KEY
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", key)
    ConversationSettings.model_validate({"key": key})
    assert conversation_key(space_key, room_key) == key


@given(st.sets(st.tuples(SLUG, SLUG), min_size=2, max_size=6))
@example({("a", "b-c"), ("a-b", "c")})
@example({("a" * 40, "b"), ("a" * 40, "c"), ("a" * 39, "b")})
def test_no_two_rooms_have_the_same_key(rooms: set[tuple[str, str]]) -> None:
    assert len({conversation_key(*each) for each in rooms}) == len(rooms)
