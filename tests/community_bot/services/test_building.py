"""Building spaces: as planned whatever happens in between, and back to what was when it cannot be."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_bot.domain.account import Account
from community_bot.domain.home import MATRIX, Home
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.space_state import SpaceState
from community_bot.platforms.builder import People
from community_bot.platforms.port import NotNowError
from community_bot.services.building import Building
from community_bot.services.network import Unit
from community_bot.services.space_plans import Planner
from community_bot.services.spaces import Plan, Spaces, Wishes, works
from db.engine import Database
from db.schema import upgrade
from db.work_store import WorkRow
from tests.community_bot.people import Town
from tests.community_bot.services.yard import PowerCutError, Yard

HOMES = (Home("100", "discord", "en"), Home("200", "discord", "th"), Home(MATRIX, "matrix", "es"))
CIRCLE = SpaceDesign(
    template="circle",
    titles={"en": "Circle", "th": "วง"},
    purposes={"en": "To learn together."},
    access=Access.OPEN,
    rooms=(
        RoomDesign(
            "plaza",
            RoomKind.TALK,
            {"en": "plaza", "th": "ลาน", "es": "plaza"},
            {"en": "Come in"},
            welcome={"en": "Welcome!", "th": "ยินดีต้อนรับ"},
            joined=True,
        ),
        RoomDesign("practice", RoomKind.TALK, {"en": "practice", "th": "ฝึก"}, {}, slow_seconds=10),
        RoomDesign("table", RoomKind.TALK, {"en": "table"}, {}, seen_by=Audience.FACILITATORS),
    ),
    agreements={"en": "We listen."},
    participants=frozenset({Liberty.WRITE}),
    facilitators=frozenset({Liberty.WRITE, Liberty.PIN}),
)


class Site:
    """A town with yards to build in, and the worker that can be started anew."""

    def __init__(self, database: Database, **rules: object) -> None:
        self.town = Town(database, homes=HOMES, templates={"circle": CIRCLE}, spaces=(), **rules)
        self.discord, self.matrix = Yard("discord", self.town.clock), Yard("matrix", self.town.clock)
        self.planner = Planner(self.town.network, {"discord": self.discord, "matrix": self.matrix})
        self.spaces = Spaces(self.town.network, self.planner)
        self.building = Building(self.town.network, self.planner)
        self.fern: Account | None = None

    async def facilitator(self) -> Account:
        if self.fern is None:
            self.fern = await self.town.join("Fern", role=Role.FACILITATOR)
        return self.fern

    async def create(self, title: str = "Village Radio", **wishes: object) -> Plan:
        asked = Wishes("circle", title, **wishes)  # type: ignore[arg-type]
        return await self.spaces.create(await self.facilitator(), "en", asked, dry_run=False)

    async def key(self, title: str = "Village Radio") -> str:
        plan = await self.create(title)
        assert plan.space is not None
        return plan.space.key

    async def built(self, title: str = "Village Radio") -> str:
        key = await self.key(title)
        await self.building.run_due()
        assert (await self.work(key)).state == "done"
        return key

    async def work(self, key: str) -> WorkRow:
        found = await self.town.network.look(lambda unit: works(unit).last_of(key))
        assert found is not None
        return found

    async def run_with_power_cuts(self) -> None:
        """Run until all is done, starting a new process whenever the power was cut."""
        for _ in range(20):
            try:
                await self.building.run_due()
            except PowerCutError:
                self.building = Building(self.town.network, self.planner)
                continue
            self.town.clock.pass_by(hours=1)
            if not await self._open():
                return
        raise AssertionError("it never ends")

    async def _open(self) -> bool:
        return bool(await self.town.network.look(lambda unit: works(unit).due(unit.now, 10)))

    async def plan(self, key: str) -> Plan:
        return await self.spaces.plan(await self.facilitator(), key)

    def standing(self) -> object:
        return self.discord.standing(), self.matrix.standing()

    async def archive(self, key: str, kind: str = "archive") -> None:
        await self.town.network.act(lambda unit: works(unit).add(key, kind, now=unit.now))


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database)


async def test_a_space_stands_in_every_home_after_one_command_and_the_one_who_made_it_is_let_in(site: Site) -> None:
    key = await site.built()
    assert (await site.plan(key)).steps == 0
    assert site.discord.named("Village Radio").facets["access:everyone"] == "-view"
    assert len([1 for each in site.discord.things if each.startswith("200/")]) == 7
    await site.town.run_effects()
    fern = await site.facilitator()
    assert {(place, role) for who, place, role in site.town.discord.roles if who == fern.user_id} >= {
        (home, role)
        for home in ("100", "200")
        for role in await _refs(site, key, home, ("role.participants", "role.facilitators"))
    }


async def _refs(site: Site, key: str, home: str, pieces: tuple[str, ...]) -> list[str]:
    rows = await site.town.network.look(lambda unit: unit.layouts.pieces(key, home))
    return [row.ref for row in rows if row.piece in pieces and row.ref is not None]


async def test_a_dry_run_and_a_plan_change_nothing(site: Site) -> None:
    fern = await site.facilitator()
    plan = await site.spaces.create(fern, "en", Wishes("circle", "Village Radio"), dry_run=True)
    assert plan.space is None
    assert plan.steps > 15
    assert not site.discord.things
    assert not await site.town.network.look(lambda unit: unit.layouts.of_state(["draft"]))


async def test_what_stands_in_the_way_is_said_before_anything_is_made(site: Site) -> None:
    site.discord.most = 2
    plan = await site.create()
    assert plan.space is None
    assert [each.code for home in plan.homes for each in home.obstacles] == ["channels", "channels"]
    assert site.standing() == ({}, {})
    assert not await site.town.network.look(lambda unit: unit.layouts.of_state(["draft"]))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_wherever_the_power_is_cut_it_stands_as_planned_after_the_next_start(
    sqlite_database: Database, *, after: bool
) -> None:
    site = Site(sqlite_database)
    await site.built("How it should be")
    wanted = _shape(site, "How it should be")
    steps = site.discord.acts
    for number in range(1, steps + 1):
        title = f"Village Radio {number}"
        await site.key(title)
        site.discord.cut_at, site.discord.after = site.discord.acts + number, after
        await site.run_with_power_cuts()
        assert _was_cut(site)
        assert _shape(site, title) == wanted


def _shape(site: Site, title: str) -> list[object]:
    """Return what stands of a space, without the ids and its title; each thing once."""
    things = {**site.discord.things, **{f"m{each}": thing for each, thing in site.matrix.things.items()}}
    tops = {each for each, thing in things.items() if thing.facets.get("name") == title}
    found = []
    for each, thing in things.items():
        within = thing.within or ""
        grand = things[within].within if within in things else None
        own = each in tops or within in tops or f"m{within}" in tops or (grand or "") in tops or f"m{grand}" in tops
        if own or thing.facets.get("name", "").startswith(f"{title} "):
            facets = {name: value.replace(title, "…") for name, value in thing.facets.items()}
            found.append((each.partition("/")[0], thing.kind.value, sorted(facets.items())))
    return sorted(found, key=repr)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_archiving_cut_off_anywhere_ends_archived(sqlite_database: Database, *, after: bool) -> None:
    site = Site(sqlite_database)
    for number in range(1, 7):  # the category and two rooms, in each of two servers
        key = await site.built(f"Village Radio {number}")
        await site.archive(key)
        site.discord.cut_at, site.discord.after = site.discord.acts + number, after
        await site.run_with_power_cuts()
        assert _was_cut(site)
        assert await _state(site, key) == SpaceState.ARCHIVED
        assert (await site.plan(key)).steps == 0
        assert "-write" in site.discord.named(f"Village Radio {number}").facets["access:participants"]


def _was_cut(site: Site) -> bool:
    return site.discord.cut_at is None


async def _state(site: Site, key: str) -> str:
    row = await site.town.network.look(lambda unit: unit.layouts.get(key))
    assert row is not None
    return row.state


async def test_what_cannot_be_made_is_taken_back_to_exactly_what_was(site: Site) -> None:
    site.discord.by_hand("100", "lounge")
    await site.built("Seed Garden")
    before = site.standing()
    site.matrix.forbidden.add("ฝึก")
    key = await site.key()
    await site.building.run_due()
    work = await site.work(key)
    assert (work.state, work.reason, work.failed_piece) == ("undone", "yard.forbidden", "room.practice")
    assert site.standing() == before
    assert await site.town.network.look(lambda unit: unit.layouts.pieces(key)) == []


async def test_a_failed_change_is_taken_back_too_and_the_power_may_be_cut_meanwhile(site: Site) -> None:
    key = await site.built()
    site.discord.named("practice").facets["slow_mode"] = "99"
    site.discord.named("plaza").facets["topic"] = "Come out"
    before = site.standing()
    await _wish(site, key, lambda design: replace(design, rooms=(*design.rooms, _room("zebra"))))
    site.matrix.forbidden.add("zebra")
    await site.spaces.apply(await site.facilitator(), key)
    site.discord.cut_at = site.discord.acts + 5
    await site.run_with_power_cuts()
    assert (await site.work(key)).state == "undone"
    assert site.standing() == before


async def _code(act: Awaitable[object]) -> str:
    with pytest.raises(Refusal) as caught:
        await act
    return caught.value.code


def _room(name: str) -> RoomDesign:
    return RoomDesign(name, RoomKind.TALK, {"en": name}, {})


async def _wish(site: Site, key: str, change: Callable[[SpaceDesign], SpaceDesign]) -> None:
    def work(unit: Unit) -> None:
        row = unit.layouts.get(key)
        assert row is not None
        unit.layouts.change(row, design=change(SpaceDesign.unpacked(row.design)).packed())

    await site.town.network.act(work)


async def test_a_platform_that_is_away_is_waited_for(site: Site) -> None:
    key = await site.key()
    site.matrix.away = NotNowError("matrix.unreachable", 30)
    await site.building.run_due()
    assert (await site.work(key)).state == "running"
    assert (await site.work(key)).reason == "matrix.unreachable"
    site.matrix.away = None
    site.town.clock.pass_by(seconds=31)
    await site.building.run_due()
    assert (await site.work(key)).state == "done"


async def test_drift_is_named_and_repaired_or_taken_for_right(site: Site) -> None:
    key = await site.built()
    fern = await site.facilitator()
    right = site.standing()
    site.discord.named("plaza", "100").facets["name"] = "pizza"
    site.discord.named("practice", "100").facets["access:role:77"] = "+view"
    site.matrix.named("table").facets["power:default"] = "50"
    plan = await site.spaces.plan(fern, key)
    changed = {
        (step.key, each.facet, each.before) for home in plan.homes for step in home.steps for each in step.changes
    }
    assert changed == {
        ("room.plaza", "name", "pizza"),
        ("room.practice", "access:role:77", "+view"),
        ("room.table", "power:default", "50"),
    }
    await site.spaces.adopt(fern, key, "100", "room.plaza")
    assert len([step for home in (await site.plan(key)).homes for step in home.steps]) == 2
    await site.spaces.repair(fern, key, None, None)
    await site.building.run_due()
    assert (await site.plan(key)).steps == 0
    assert site.discord.named("pizza").facets["topic"] == "Come in"
    site.discord.named("pizza").facets["name"] = "plaza"
    assert site.standing() == right


async def test_what_one_person_was_given_by_hand_is_put_right_and_never_adopted(site: Site) -> None:
    key = await site.built()
    fern = await site.facilitator()
    site.discord.named("table", "100").facets["access:person:4242"] = "+view"
    assert await _code(site.spaces.adopt(fern, key, None, None)) == "space.adopt_person"
    await site.spaces.repair(fern, key, "100", "room.table")
    journal = await site.town.network.look(
        lambda unit: unit.connection.exec_driver_sql("select * from space_work").all()
    )
    assert "4242" not in repr(journal)
    await site.building.run_due()
    assert "access:person:4242" not in site.discord.named("table", "100").facets


async def test_a_channel_somebody_made_is_never_taken_for_ours_and_never_touched(site: Site) -> None:
    by_hand = site.discord.by_hand("100", "plaza")
    site.town.clock.pass_by(minutes=5)
    key = await site.key()
    site.discord.cut_at = site.discord.acts + 4
    await site.run_with_power_cuts()
    rows = await site.town.network.look(lambda unit: unit.layouts.pieces(key))
    assert by_hand not in {row.ref for row in rows}
    assert f"100/{by_hand}" in site.discord.things


async def test_two_things_are_never_under_way_at_one_space(site: Site) -> None:
    key = await site.key()
    assert await _code(site.spaces.repair(await site.facilitator(), key, None, None)) == "space.busy"


async def test_purging_leaves_nothing_of_ours_and_everything_of_others(site: Site) -> None:
    by_hand = site.discord.by_hand("100", "lounge")
    key = await site.built()
    await site.archive(key, "purge")
    await site.building.run_due()
    assert list(site.discord.things) == [f"100/{by_hand}"]
    assert site.matrix.things == {}
    with pytest.raises(Refusal):
        await site.plan(key)


async def test_only_who_facilitates_makes_spaces_and_only_their_own_are_theirs_to_run(site: Site) -> None:
    moss = await site.town.join("Moss")
    with pytest.raises(Refusal, match=r"authority\.lacks"):
        await site.spaces.create(moss, "en", Wishes("circle", "Moss Radio"), dry_run=True)
    key = await site.built()
    assert await _code(site.spaces.plan(moss, key)) == "authority.lacks"
    other = await site.town.join("Lark")
    await site.town.entrust(other, Role.FACILITATOR, "elsewhere")
    assert await _code(site.spaces.plan(other, key)) == "space.unknown"


@pytest.mark.parametrize(
    ("title", "code"), [("x", "space.wrong_title"), ("Fern", "space.title_names"), ("a@b", "space.wrong_title")]
)
async def test_a_title_that_names_somebody_or_nothing_is_refused(site: Site, title: str, code: str) -> None:
    await site.facilitator()
    assert await _code(site.create(title)) == code


# ── whatever the design, whatever the drift

WORDS = st.text(st.sampled_from("abกขñ"), min_size=1, max_size=6)
ROOMS = st.lists(
    st.builds(
        lambda key, name, slow, seen: RoomDesign(
            key, RoomKind.TALK, {"en": name}, {"en": name} if slow else {}, slow_seconds=slow, seen_by=seen
        ),
        st.text(st.sampled_from("abcdefgh"), min_size=1, max_size=4),
        WORDS,
        st.integers(0, 3),
        st.sampled_from(Audience),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda room: room.key,
).map(lambda rooms: (replace(rooms[0], seen_by=Audience.PARTICIPANTS), *rooms[1:]))
DRIFT = st.lists(
    st.tuples(
        st.sampled_from(["rename", "grant", "drop", "topic", "delete"]), st.integers(0, 30), WORDS, st.booleans()
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(rooms=ROOMS, drift=DRIFT, cut=st.integers(1, 12), after=st.booleans())
def test_applied_twice_is_applied_once_and_nothing_is_found_after_it(
    rooms: tuple[RoomDesign, ...], drift: list[tuple[str, int, str, bool]], cut: int, *, after: bool
) -> None:
    async def check() -> None:
        async with _site() as site:
            key = await site.built()
            await _wish(site, key, lambda design: replace(design, rooms=rooms))
            for kind, number, word, on_discord in drift:
                _meddle(site.discord if on_discord else site.matrix, kind, number, word)
            site.discord.cut_at, site.discord.after = site.discord.acts + cut, after
            await site.spaces.apply(await site.facilitator(), key)
            await site.run_with_power_cuts()
            site.discord.cut_at = None
            assert (await site.plan(key)).steps == 0
            once, acts = site.standing(), (site.discord.acts, site.matrix.acts)
            await site.spaces.apply(await site.facilitator(), key)
            await site.building.run_due()
            assert site.standing() == once
            assert (site.discord.acts, site.matrix.acts) == acts
            expected = len(site.discord.layout(key, replace(CIRCLE, rooms=rooms), HOMES[0], People()))
            assert len([1 for each in site.discord.things if each.startswith("100/")]) == expected

    asyncio.run(check())


def _meddle(yard: Yard, kind: str, number: int, word: str) -> None:
    """Do something by hand to one of the things that stand."""
    if not yard.things:
        return
    chosen = sorted(yard.things)[number % len(yard.things)]
    facets = yard.things[chosen].facets
    match kind:
        case "rename":
            facets["name"] = word
        case "grant":
            facets[f"access:role:{number}"] = "+view"
        case "drop":
            facets.pop(sorted(facets)[number % len(facets)] if facets else "", None)
        case "topic":
            facets["topic"] = word
        case _:
            del yard.things[chosen]


@asynccontextmanager
async def _site() -> AsyncIterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{Path(folder)}/site.db")
        await upgrade(database)
        try:
            yield Site(database)
        finally:
            await database.close()
