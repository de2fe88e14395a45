"""The store of learning spaces, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from db.engine import Database
from db.space_rows import SpaceRow
from db.space_store import SpaceChangedError, SpaceStore

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
T = TypeVar("T")


class Ground:
    """A store on one database; each ``do`` is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[SpaceStore], T]) -> T:
        def on(connection: Connection) -> T:
            return work(SpaceStore(connection))

        return await self.database.transact(on)

    async def space(
        self,
        key: str,
        *titles: str,
        state: str = "active",
        access: str = "open",
        made: date = TODAY,
        vouchers: int = 0,
    ) -> None:
        names = dict(zip(("en", "th", "es"), titles or (key,), strict=False))
        design = json.dumps({"rooms": [{"titles": "not these"}], "titles": names}, ensure_ascii=False)
        await self.do(
            lambda store: store.add(
                key, design, state=state, access=access, vouchers=vouchers, stage=None, today=made
            )
        )


@pytest.fixture
def ground(database: Database) -> Ground:
    return Ground(database)


async def test_a_space_is_read_as_it_was_noted_and_gone_when_it_is_forgotten(ground: Ground) -> None:
    await ground.space("s-1", "Circle")
    row = await ground.do(lambda store: store.get("s-1"))
    assert row is not None
    assert (row.state, row.access, row.version, row.made_on, row.purge_on) == ("active", "open", 1, TODAY, None)
    await ground.do(lambda store: store.settle("s-1", "100", "discord", "en"))
    await ground.do(lambda store: store.begin("s-1", "100", "container", "container", NOW))
    await ground.do(lambda store: store.forget("s-1"))
    assert await ground.do(lambda store: store.get("s-1")) is None
    assert await ground.do(lambda store: (store.homes("s-1"), store.pieces("s-1"))) == ([], [])


async def test_who_changes_a_space_that_changed_meanwhile_is_told_so(ground: Ground) -> None:
    await ground.space("s-1")
    before = await ground.do(lambda store: store.get("s-1"))
    assert before is not None
    changed: SpaceRow = await ground.do(lambda store: store.change(before, state="paused"))
    assert (changed.state, changed.version) == ("paused", 2)
    with pytest.raises(SpaceChangedError):
        await ground.do(lambda store: store.change(before, state="active"))


async def test_spaces_come_the_oldest_first_in_their_states_and_by_their_keys(ground: Ground) -> None:
    await ground.space("s-new")
    await ground.space("s-old", made=TODAY - timedelta(days=9))
    await ground.space("s-draft", state="draft")
    assert [each.key for each in await ground.do(lambda store: store.of_state(["active"]))] == ["s-old", "s-new"]
    found = await ground.do(lambda store: store.of_keys(["s-new", "s-draft", "s-none"]))
    assert [each.key for each in found] == ["s-draft", "s-new"]


async def test_some_of_many_spaces_are_read_and_hidden_ones_only_for_who_knows_them(ground: Ground) -> None:
    for number in range(5):
        await ground.space(f"s-{number}", access="unlisted" if number in (1, 2) else "open")
    first = await ground.do(lambda store: store.first_of_state(["active"], 2, hidden="unlisted"))
    assert [each.key for each in first] == ["s-0", "s-3"]
    known = await ground.do(lambda store: store.first_of_state(["active"], 9, hidden="unlisted", also=["s-2"]))
    assert [each.key for each in known] == ["s-0", "s-2", "s-3", "s-4"]
    assert await ground.do(lambda store: store.first_of_state(["active"], 0, hidden="unlisted")) == []


async def test_titles_are_read_without_the_rest_of_the_design_each_once(ground: Ground) -> None:
    await ground.space("s-1", "Circle", "วงฟัง", "Circle")
    await ground.space("s-2", '«Ñandú» "x"', state="draft", access="unlisted")
    await ground.space("s-3", state="purged")
    found = await ground.do(lambda store: store.titles(["active", "draft"]))
    assert [(each.key, each.access, set(each.titles)) for each in found] == [
        ("s-1", "open", {"Circle", "วงฟัง"}),
        ("s-2", "unlisted", {'«Ñandú» "x"'}),
    ]
    assert [len(each.titles) for each in found] == [2, 1]
    some = await ground.do(lambda store: store.titles(["active", "draft"], ["s-2", "s-3"]))
    assert [each.key for each in some] == ["s-2"]


async def test_it_is_known_whether_any_space_asks_for_vouches(ground: Ground) -> None:
    await ground.space("s-1")
    assert await ground.do(lambda store: store.any_asks_for_vouches()) is False
    await ground.space("s-2", vouchers=2)
    assert await ground.do(lambda store: store.any_asks_for_vouches()) is True


async def test_what_stands_of_one_kind_in_a_home_is_found_for_all_spaces(ground: Ground) -> None:
    refs = {"s-1": "!1:example.org", "s-2": "!2:example.org", "s-3": None}

    def build(store: SpaceStore) -> None:
        for key, ref in refs.items():
            store.begin(key, "matrix", "container", "container", NOW)
            store.begin(key, "matrix", "room.plaza", "room", NOW)
            if ref is not None:
                store.made(key, "matrix", "container", ref)

    for key in refs:
        await ground.space(key)
    await ground.do(build)
    assert sorted(await ground.do(lambda store: store.refs_of("matrix", "container"))) == [refs["s-1"], refs["s-2"]]
    assert await ground.do(lambda store: store.refs_of("100", "container")) == []


async def test_an_attempt_that_was_cut_off_keeps_its_time_and_what_stood_begins_anew(ground: Ground) -> None:
    await ground.space("s-1")
    later = NOW + timedelta(hours=1)

    def begin(at: datetime) -> Callable[[SpaceStore], datetime]:
        return lambda store: store.begin("s-1", "100", "room.plaza", "room", at)

    assert await ground.do(begin(NOW)) == NOW
    assert await ground.do(begin(later)) == NOW
    await ground.do(lambda store: store.made("s-1", "100", "room.plaza", "501"))
    assert await ground.do(lambda store: store.owner_of("100", "501")) == ("s-1", "room.plaza")
    assert await ground.do(lambda store: store.owner_of("200", "501")) is None
    assert await ground.do(begin(later)) == later
    assert await ground.do(lambda store: store.owner_of("100", "501")) is None
    await ground.do(lambda store: store.gone("s-1", "100", "room.plaza"))
    assert await ground.do(lambda store: store.pieces("s-1")) == []


async def test_pieces_are_read_of_one_home_of_all_and_of_several_spaces(ground: Ground) -> None:
    for key in ("s-1", "s-2"):
        await ground.space(key)
        for home in ("100", "matrix"):
            await ground.do(lambda store, key=key, home=home: store.begin(key, home, "container", "container", NOW))  # type: ignore[misc]
    assert len(await ground.do(lambda store: store.pieces("s-1"))) == 2
    assert [each.home for each in await ground.do(lambda store: store.pieces("s-1", "matrix"))] == ["matrix"]
    found = await ground.do(lambda store: store.pieces_of(["s-1", "s-2"]))
    assert {key: len(pieces) for key, pieces in found.items()} == {"s-1": 2, "s-2": 2}


async def test_what_is_meant_so_in_one_home_is_noted_there_alone(ground: Ground) -> None:
    await ground.space("s-1")
    for home, platform in (("100", "discord"), ("matrix", "matrix")):
        await ground.do(lambda store, home=home, platform=platform: store.settle("s-1", home, platform, "en"))  # type: ignore[misc]
    await ground.do(lambda store: store.override("s-1", "100", '{"facets": {}, "without": ["room.x"]}'))
    homes = await ground.do(lambda store: store.homes("s-1"))
    assert [(each.home, "room.x" in each.overrides) for each in homes] == [("100", True), ("matrix", False)]
