"""What goes wrong while spaces are built: what is counted, said, tried again, and never begun before its time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Set
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_bot.domain.home import Home
from community_bot.domain.layout import Piece, PieceKind, Step
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access, Audience, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.words import Words
from community_bot.locales import catalogues
from community_bot.platforms.builder import People, Survey
from community_bot.platforms.discord_layout import discord_layout
from community_bot.platforms.matrix_layout import matrix_layout
from community_bot.platforms.port import ImpossibleError, NotNowError
from community_bot.services.building import AT_ONCE, TRIES, Building
from community_bot.services.space_plans import Planner, people_of
from community_bot.services.spaces import Edit, Spaces, Wishes, works
from db.engine import Database
from db.retention import destroy
from db.schema import upgrade
from tests.community_bot.services.test_building import (
    CIRCLE,
    DRIFT,
    ROOMS,
    Site,
    _code,
    _meddle,
    _room,
    _wish,
)
from tests.community_bot.services.yard import Yard


class OpenYard(Yard):
    """A yard whose removing can be made to fail: each failure once, in order."""

    failures: tuple[Exception, ...] = ()
    hangs: bool = False
    busy_after: Set[int] = frozenset()
    """After so many acts the next is refused once."""

    async def survey(self, home: str, refs: Mapping[str, str]) -> Survey:
        if self.hangs:
            await asyncio.Event().wait()
        return await super().survey(home, refs)

    async def make(self, home: str, space: str, step: Step, refs: Mapping[str, str]) -> str:
        if self.acts in self.busy_after:
            self.busy_after = self.busy_after - {self.acts}
            raise NotNowError("yard.busy", 5)
        return await super().make(home, space, step, refs)

    async def remove(self, home: str, step: Step, ref: str, refs: Mapping[str, str]) -> None:
        if self.failures:
            first, *self.failures = self.failures  # type: ignore[assignment]
            raise first
        await super().remove(home, step, ref, refs)


class RealYard(OpenYard):
    """Keeps things as a yard does, laid out as on the real platform."""

    def layout(self, space: str, design: SpaceDesign, home: Home, people: People) -> tuple[Piece, ...]:
        if self.platform == "discord":
            return discord_layout(design, home, people, catalogues().translator(home.language))
        return matrix_layout(design, home.language, people.facilitators, own="@bot:example.org")


class YardSite(Site):
    """A site with yards of another kind."""

    def __init__(self, database: Database, kind: type[OpenYard] = OpenYard) -> None:
        super().__init__(database)
        self.open_discord, self.open_matrix = kind("discord", self.town.clock), kind("matrix", self.town.clock)
        self.discord, self.matrix = self.open_discord, self.open_matrix
        self.planner = Planner(self.town.network, {"discord": self.discord, "matrix": self.matrix})
        self.spaces = Spaces(self.town.network, self.planner)
        self.building = Building(self.town.network, self.planner)


@pytest.fixture
def site(sqlite_database: Database) -> YardSite:
    return YardSite(sqlite_database)


async def test_steps_are_counted_once_however_often_a_platform_has_to_be_waited_for(site: YardSite) -> None:
    plan = await site.create()
    assert plan.space is not None
    site.open_matrix.busy_after = {1, 3, 4}
    for _ in range(4):
        await site.building.run_due()
        site.town.clock.pass_by(seconds=6)
    work = await site.work(plan.space.key)
    assert site.open_matrix.busy_after == set()
    assert (work.state, work.total) == ("done", plan.steps)


async def test_getting_on_after_a_wait_is_no_waiting_any_more(site: YardSite) -> None:
    key = await site.key()
    site.matrix.away = NotNowError("matrix.unreachable", 5)
    await site.building.run_due()
    assert (await site.work(key)).attempts == 1
    site.matrix.away, site.discord.away = None, NotNowError("discord.unreachable", 5)
    site.town.clock.pass_by(seconds=6)
    await site.building.run_due()
    # Matrix was built meanwhile: what Discord waits for now is a first attempt again
    assert ((await site.work(key)).attempts, (await site.work(key)).reason) == (1, "discord.unreachable")


async def test_what_is_taken_back_keeps_its_reason_while_a_platform_is_away(site: YardSite) -> None:
    site.matrix.forbidden.add("table")
    key = await site.key()
    site.open_discord.failures = (NotNowError("discord.unreachable", 5),)
    await site.building.run_due()
    assert ((await site.work(key)).state, (await site.work(key)).reason) == ("undoing", "yard.forbidden")
    site.town.clock.pass_by(seconds=6)
    await site.building.run_due()
    assert ((await site.work(key)).state, (await site.work(key)).reason) == ("undone", "yard.forbidden")
    assert site.standing() == ({}, {})


async def test_nothing_is_removed_anywhere_before_all_the_rest_stands_everywhere(site: YardSite) -> None:
    key = await site.built()
    before = site.standing()
    kept = CIRCLE.rooms[:2]
    await _wish(site, key, lambda design: replace(design, rooms=(*kept, _room("zebra"))))
    site.matrix.forbidden.add("zebra")
    await site.spaces.apply(await site.facilitator(), key)
    await site.building.run_due()
    assert (await site.work(key)).state == "undone"
    assert site.standing() == before


async def test_when_something_was_removed_nobody_is_told_that_all_is_as_before(site: YardSite) -> None:
    key = await site.built()
    await _wish(site, key, lambda design: replace(design, rooms=CIRCLE.rooms[:2]))
    await site.spaces.apply(await site.facilitator(), key)

    site.open_matrix.failures = (ImpossibleError("yard.forbidden"),)
    await site.building.run_due()
    assert ((await site.work(key)).state, (await site.work(key)).reason) == ("stuck", "yard.forbidden")


async def test_who_was_let_in_by_a_role_is_let_in_again_when_the_role_goes(sqlite_database: Database) -> None:
    site = YardSite(sqlite_database, RealYard)
    key = await site.built()
    await site.town.run_effects()
    fern = await site.facilitator()
    await site.spaces.edit(fern, key, "en", Edit("Village Radio", "", Access.UNLISTED, bridged=False))
    await site.spaces.apply(fern, key)
    await site.building.run_due()
    assert not [thing for thing in site.discord.things.values() if thing.kind is PieceKind.ROLE]
    await site.town.run_effects()
    rows = await site.town.network.look(lambda unit: unit.layouts.pieces(key))
    assert {row.ref for row in rows if row.piece == "room.plaza"} & site.town.discord.places(fern)


async def test_many_undertakings_that_wait_hold_up_no_other(site: YardSite) -> None:
    for number in range(10):
        await site.create(f"Waiting {number}", where="matrix")
    site.matrix.away = NotNowError("matrix.unreachable", 3600)
    key = (await site.create("Going on", where="discord")).space
    assert key is not None
    await site.building.run_due()
    assert (await site.work(key.key)).state == "done"


async def test_a_platform_that_never_answers_keeps_no_place(
    site: YardSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community_bot.services.building.LONGEST_CALL", 0.5)
    for number in range(AT_ONCE):
        await site.create(f"Waiting {number}", where="matrix")
    going_on = (await site.create("Going on", where="discord")).space
    assert going_on is not None
    site.open_matrix.hangs = True
    async with asyncio.timeout(60):
        await site.building.run_due()
    assert (await site.work(going_on.key)).state == "done"
    open_works = await site.town.network.look(lambda unit: works(unit).untold())
    waiting = [each for rows in open_works.values() for each in rows if each.state == "running"]
    assert {each.reason for each in waiting} == {"building.timeout"}
    assert len(waiting) == AT_ONCE


async def test_a_platform_that_is_no_more_in_the_settings_leaves_nothing_half_open(site: YardSite) -> None:
    key = await site.key()
    site.building = Building(site.town.network, Planner(site.town.network, {"discord": site.discord}))
    await site.building.run_due()
    assert ((await site.work(key)).state, (await site.work(key)).reason) == ("undone", "space.no_platform")
    assert site.standing() == ({}, {})


async def test_after_many_tries_it_is_given_up_and_taken_back(site: YardSite) -> None:
    key = await site.key()
    site.matrix.away = NotNowError("matrix.unreachable", 5)
    for _ in range(TRIES + 1):
        await site.building.run_due()
        site.town.clock.pass_by(seconds=6)
    assert ((await site.work(key)).state, (await site.work(key)).reason) == ("undone", "matrix.unreachable")
    assert site.discord.standing() == {}


async def test_what_somebody_began_who_is_erased_meanwhile_is_built_and_told_to_nobody(site: YardSite) -> None:
    key = await site.key()
    member = (await site.town.record(await site.facilitator())).id
    await site.town.network.act(lambda unit: destroy(unit.connection, member))
    await site.building.run_due()
    work = await site.work(key)
    assert (work.state, work.member_id, work.shown) == ("done", None, {})
    assert await site.town.network.look(lambda unit: works(unit).untold()) == {}


async def test_while_there_is_nothing_to_do_the_database_is_left_alone(site: YardSite) -> None:
    running = asyncio.create_task(site.building.run())
    key = await site.key()
    async with asyncio.timeout(30):
        await _until(lambda: _is_done(site, key))
    # what is due was looked for after the last thing that was done, and then no more
    await asyncio.sleep(0.3)
    looked = 0
    look = site.town.network.database.look

    async def counted(work: object) -> object:
        nonlocal looked
        looked += 1
        return await look(work)  # type: ignore[arg-type]

    site.town.network.database.look = counted  # type: ignore[method-assign, assignment]
    await asyncio.sleep(0.5)
    running.cancel()
    assert looked == 0


async def _is_done(site: YardSite, key: str) -> bool:
    return (await site.work(key)).state == "done"


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await condition():
            return
        await asyncio.sleep(0.05)


# ── who may keep what, and what spaces are called


async def test_a_category_deleted_by_hand_is_put_right_and_never_kept(site: YardSite) -> None:
    key = await site.built()
    fern = await site.facilitator()
    for each in [each for each, thing in site.discord.things.items() if thing.kind.value == "container"]:
        del site.discord.things[each]
    assert await _code(site.spaces.adopt(fern, key, None, "container")) == "space.adopt_needed"
    await site.spaces.repair(fern, key, None, None)
    await site.building.run_due()
    assert (await site.plan(key)).steps == 0


async def test_a_space_is_found_by_its_exact_title_among_many_that_are_like_it(site: YardSite) -> None:
    for number in range(27):
        await site.create(f"Village Radio {number}", where="matrix")
    await site.create("Village Radio", where="matrix")
    plan = await site.plan("village radio")
    assert plan.space is not None
    assert plan.space.title("en") == "Village Radio"
    assert len(await site.spaces.runnable(await site.facilitator(), "Radio")) == 25


async def test_two_spaces_are_never_made_by_one_title(site: YardSite) -> None:
    first = await site.create()
    assert first.started
    assert await _code(site.create("village  radio")) == "space.title_taken"
    assert (
        await _code(
            site.spaces.create(await site.facilitator(), "en", Wishes("circle", "VILLAGE RADIO"), dry_run=True)
        )
        == "space.title_taken"
    )


async def test_only_the_facilitators_of_a_space_are_asked_for_when_it_is_planned(site: YardSite) -> None:
    key = await site.built()
    other = await site.town.join("Lark")
    await site.town.entrust(other, Role.FACILITATOR, "elsewhere")
    row = await site.town.network.look(lambda unit: unit.layouts.get(key))
    assert row is not None
    people = await site.town.network.look(lambda unit: people_of(unit, row, "discord"))
    assert people.facilitators == {(await site.facilitator()).user_id}


# ── the layouts of Discord and Matrix, whatever the names


ODD = st.text(st.sampled_from("aB ก้ำ-_!#ñ😀\u200d\u0301 x"), min_size=1, max_size=80).map(lambda text: f"n{text}")


WELCOMES: tuple[Words | None, ...] = (None, {"en": "Welcome. " * 300}, {"en": " hi "})


@st.composite
def odd_rooms(draw: st.DrawFn) -> tuple[RoomDesign, ...]:
    rooms = draw(ROOMS)
    return tuple(
        replace(
            room,
            kind=draw(st.sampled_from(RoomKind)),
            names={"en": draw(ODD)},
            purposes={"en": draw(st.sampled_from(["", "x" * 1500, " purpose "]))},
            welcome=draw(st.sampled_from(WELCOMES)),
            joined=draw(st.booleans()),
            seen_by=room.seen_by if number else Audience.PARTICIPANTS,
        )
        for number, room in enumerate(rooms)
    )


@settings(max_examples=12, deadline=None)
@given(rooms=odd_rooms(), drift=DRIFT, cut=st.integers(1, 12), after=st.booleans(), access=st.sampled_from(Access))
def test_odd_names_and_long_words_settle_as_the_platforms_keep_them(
    rooms: tuple[RoomDesign, ...], drift: list[tuple[str, int, str, bool]], cut: int, access: Access, *, after: bool
) -> None:
    async def check() -> None:
        async with _real_site() as site:
            key = await site.built()
            await _wish(site, key, lambda design: replace(design, rooms=rooms, access=access))
            for kind, number, word, on_discord in drift:
                _meddle(site.discord if on_discord else site.matrix, kind, number, word)
            site.discord.cut_at, site.discord.after = site.discord.acts + cut, after
            await site.spaces.apply(await site.facilitator(), key)
            await site.run_with_power_cuts()
            assert (await site.work(key)).state == "done"
            site.discord.cut_at = None
            assert (await site.plan(key)).steps == 0
            once = site.standing()
            await site.spaces.apply(await site.facilitator(), key)
            await site.building.run_due()
            assert site.standing() == once

    asyncio.run(check())


@asynccontextmanager
async def _real_site() -> AsyncIterator[YardSite]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder)}/site.db")
        await upgrade(database)
        site = YardSite(database, RealYard)
        try:
            yield site
        finally:
            await database.close()
