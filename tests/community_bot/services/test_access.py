"""Coming into a space and leaving it: everywhere at once, by one's own yes, seen by nobody."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from community_bot.domain.account import Account
from community_bot.domain.growth import Stage
from community_bot.domain.member import MemberState
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access as WayIn
from community_bot.domain.space_state import SpaceState
from community_bot.services.access import Access, GivingUp, Way
from community_bot.services.letting_in import let_in_now
from community_bot.services.retention import Retention
from community_bot.services.space_views import Standing
from db.engine import Database
from db.tables import member
from tests.community_bot.built_spaces import (
    SERVER,
    build,
    change,
    container,
    desk,
    facilitators_role,
    hall,
    participants_role,
)
from tests.community_bot.people import Town, refused


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database, probation_days=0, stages=(Stage("listen", {"en": "Listening"}),))


@pytest.fixture
def access(town: Town) -> Access:
    return Access(town.network)


async def keys(access: Access, account: Account, text: str = "") -> list[str]:
    return [each.door.key for each in (await access.listed(account, text)).spaces]


# ── which spaces one may know of


async def test_a_member_sees_what_is_listed_and_their_own_unlisted_spaces(town: Town, access: Access) -> None:
    await build(town, "orchard", access=WayIn.REQUEST)
    await build(town, "cellar", title="Cellar", access=WayIn.UNLISTED)
    await build(town, "attic", title="Attic", access=WayIn.UNLISTED)
    await build(town, "sketch", title="Sketch", state=SpaceState.DRAFT)
    await build(town, "ruin", title="Ruin", state=SpaceState.PURGED)
    fern = await town.join("Fern", space="garden")
    row = await town.record(fern)
    for key in ("cellar", "ruin"):
        await town.network.act(lambda unit, key=key: let_in_now(unit, row, key))  # type: ignore[misc]
    assert sorted(await keys(access, fern)) == ["cellar", "garden", "orchard", "radio"]
    standings = {each.door.key: each.standing for each in (await access.listed(fern)).spaces}
    assert {key for key, standing in standings.items() if standing is Standing.INSIDE} == {"garden", "cellar"}


async def test_spaces_are_shown_to_members_only(town: Town, access: Access) -> None:
    await build(town)
    await refused("authority.not_member", lambda: access.listed(town.stranger()))
    await refused("authority.not_member", lambda: access.show(town.stranger(), "orchard"))
    waiting = await town.join("Heron", state=MemberState.VOUCHING)
    await refused("authority.vouching", lambda: access.listed(waiting))


async def test_a_space_is_found_by_a_word_of_its_title_purpose_or_stage_in_any_language(
    town: Town, access: Access
) -> None:
    await build(town, "orchard", stage="listen")
    fern = await town.join("Fern")
    for word in ("orch", "árboles", "ตอนกิ่ง", "LISTEN"):
        assert await keys(access, fern, word) == ["orchard"], word
    assert await keys(access, fern, "volcano") == []


async def test_twenty_five_are_listed_and_the_rest_is_counted(town: Town, access: Access) -> None:
    for number in range(30):
        await build(town, f"plot-{number:02}", title=f"Plot {number}")
    fern = await town.join("Fern")
    listing = await access.listed(fern)
    assert (len(listing.spaces), listing.more) == (25, 7)
    assert await keys(access, fern, "Plot 29") == ["plot-29"]


async def test_how_many_are_in_a_space_is_told_from_five_on_and_who_hides_does_not_count(
    town: Town, access: Access
) -> None:
    await build(town)
    people = [await town.join(f"Fern {number}") for number in range(5)]
    for each in people[:4]:
        await access.join(each, "orchard")
    assert (await access.show(people[4], "orchard")).people is None
    await access.join(people[4], "orchard")
    assert (await access.show(people[4], "orchard")).people == 5
    row = await town.record(people[0])
    await town.network.act(lambda unit: unit.members.set_state(row.id, MemberState.ERASING, unit.today))
    assert (await access.show(people[4], "orchard")).people is None


async def test_the_way_to_its_rooms_is_shown_to_who_is_in_it_on_the_platform_they_ask_from(
    town: Town, access: Access
) -> None:
    await build(town)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    assert (await access.show(fern, "orchard")).places == ()
    joined = await access.join(fern, "Orchard")
    assert joined.places == (await access.show(fern, "orchard")).places == (hall("orchard"),)
    assert (await access.show(on_matrix, "orchard")).places == (container("orchard"),)


async def test_who_has_no_account_where_a_space_stands_is_told_so(town: Town, access: Access) -> None:
    fern = await town.join("Fern", account=town.stranger("matrix"))
    assert (await access.join(fern, "radio")).elsewhere
    assert (await access.show(fern, "radio")).elsewhere
    assert not (await access.join(fern, "garden")).elsewhere


async def test_an_unlisted_space_is_for_others_no_different_from_none(town: Town, access: Access) -> None:
    await build(town, "cellar", title="Cellar", access=WayIn.UNLISTED)
    await build(town, "cave", title="Cave", access=WayIn.UNLISTED, state=SpaceState.PAUSED)
    await build(town, "sketch", title="Sketch", state=SpaceState.DRAFT)
    fern = await town.join("Fern")
    for text in ("cellar", "Cellar", "cave", "Sketch", "Nowhere", "", "🌱"):
        for act in (access.show, access.join):
            refusal = await refused("space.unknown", lambda act=act, text=text: act(fern, text))  # type: ignore[misc]
            assert (refusal.field, refusal.values) == ("space", {})


# ── coming in


async def test_an_open_space_opens_on_every_linked_account_at_once(town: Town, access: Access) -> None:
    await build(town)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    assert (await access.join(on_matrix, "orchard")).way is Way.IN
    await town.run_effects()
    assert town.discord.roles == {(fern.user_id, SERVER, participants_role("orchard"))}
    assert town.matrix.places(on_matrix) == {container("orchard")}
    assert town.discord.places(fern) == set()
    assert await town.spaces(fern) == {"orchard"}
    audit = await town.network.look(lambda unit: unit.ledger.audit())
    assert [entry[1:4] for entry in audit if entry[2] == "space.joined"] == [("member", "space.joined", "space")]


async def test_who_is_new_gets_channels_one_by_one_and_the_role_when_probation_is_over(database: Database) -> None:
    town = Town(database, probation_days=14)
    access = Access(town.network)
    await build(town)
    nok = await town.join("Heron")
    await access.join(nok, "orchard")
    await town.run_effects()
    assert town.discord.doors == {(nok.user_id, hall("orchard")): False}
    assert town.discord.roles == set()
    town.clock.pass_by(days=15)
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert town.discord.doors == {}
    assert town.discord.roles == {(nok.user_id, SERVER, participants_role("orchard"))}


async def test_joining_twice_is_joining_once(town: Town, access: Access) -> None:
    await build(town)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    ways = await asyncio.gather(*(access.join(each, "orchard") for each in (fern, on_matrix, fern, on_matrix)))
    assert sorted(each.way for each in ways) == [Way.IN, Way.IN_ALREADY, Way.IN_ALREADY, Way.IN_ALREADY]
    assert (await town.rows())["space_member"] == 1


async def test_asking_anew_opens_what_somebody_had_left_by_hand(town: Town, access: Access) -> None:
    await build(town)
    fern = await town.join("Fern", account=town.stranger("matrix"))
    await access.join(fern, "orchard")
    await town.run_effects()
    town.matrix.doors.clear()
    assert (await access.join(fern, "orchard")).way is Way.IN_ALREADY
    await town.run_effects()
    assert town.matrix.places(fern) == {container("orchard")}


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (MemberState.VOUCHING, "authority.vouching"),
        (MemberState.ALUMNI, "authority.left"),
        (MemberState.ERASING, "authority.erasing"),
    ],
)
async def test_who_is_not_in_the_network_comes_into_no_space(
    town: Town, access: Access, state: MemberState, code: str
) -> None:
    await build(town)
    nok = await town.join("Heron", state=state)
    for act in (access.join, access.leave, access.come):
        await refused(code, lambda act=act: act(nok, "orchard"))  # type: ignore[misc]
    assert await town.spaces(nok) == set()
    await refused("authority.not_member", lambda: access.join(town.stranger(), "orchard"))


async def test_who_pauses_may_come_in_and_who_was_silent_is_back_by_it(town: Town, access: Access) -> None:
    await build(town)
    paused = await town.join("Fern", state=MemberState.PAUSED)
    silent = await town.join("Heron", state=MemberState.DORMANT)
    for each in (paused, silent):
        assert (await access.join(each, "orchard")).way is Way.IN
    assert (await town.state(paused), await town.state(silent)) == ("paused", "active")


async def test_that_a_space_asks_for_vouches_concerns_newcomers_to_the_network_only(
    town: Town, access: Access
) -> None:
    await build(town, vouchers=3)
    fern, newcomer = await town.join("Fern"), await town.join("Heron", space="orchard")
    assert (await access.join(fern, "orchard")).way is Way.IN
    assert await town.state(newcomer) == "vouching"


@pytest.mark.parametrize("state", [SpaceState.PAUSED, SpaceState.CLOSING, SpaceState.ARCHIVED])
async def test_a_space_that_takes_nobody_in_says_why(town: Town, access: Access, state: SpaceState) -> None:
    await build(town)
    fern, inside = await town.join("Fern"), await town.join("Heron")
    await access.join(inside, "orchard")
    await change(town, "orchard", state=state.value)
    for text in ("orchard", "Orchard"):
        await refused(f"access.resting.{state.value}", lambda text=text: access.join(fern, text))  # type: ignore[misc]
    assert (await access.join(inside, "orchard")).way is Way.IN_ALREADY
    assert "orchard" not in await keys(access, fern)
    assert "orchard" in await keys(access, inside)


async def test_who_runs_a_space_does_not_ask_to_come_in(town: Town, access: Access) -> None:
    for key, way in (("orchard", WayIn.REQUEST), ("cellar", WayIn.UNLISTED)):
        await build(town, key, title=key, access=way)
    await build(town, "sketch", title="Sketch", state=SpaceState.DRAFT)
    await build(town, "museum", title="Museum", state=SpaceState.ARCHIVED)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="cellar")
    for key in ("orchard", "cellar", "sketch"):
        assert (await access.join(admin, key)).way is Way.IN
    assert (await access.join(fern, "cellar")).way is Way.IN
    await refused("space.unknown", lambda: access.join(fern, "sketch"))
    await refused("access.resting.archived", lambda: access.join(admin, "museum"))


async def test_a_record_lives_no_shorter_for_being_let_in_by_somebody_else(town: Town) -> None:
    await build(town)
    row = await town.record(await town.join("Fern"))
    town.clock.pass_by(days=100)
    await town.network.act(lambda unit: let_in_now(unit, row, "orchard"))
    await Retention(town.network).run_daily()
    assert (await town.rows())["space_member"] == 1


async def test_nobody_who_has_left_is_let_in_and_nobody_twice(town: Town) -> None:
    await build(town)
    fern = await town.join("Fern")
    here, gone = await town.record(fern), await town.record(await town.join("Heron", state=MemberState.ALUMNI))
    let_in = [await town.network.act(lambda unit: let_in_now(unit, here, "orchard")) for _ in range(2)]
    assert let_in == [True, False]
    assert not await town.network.act(lambda unit: let_in_now(unit, gone, "orchard"))
    assert len(await town.pending("admit")) == 1


# ── leaving


async def test_leaving_closes_the_doors_on_every_account(town: Town, access: Access) -> None:
    await build(town)
    fern, on_matrix = await town.join("Fern", space="garden"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    await access.join(fern, "orchard")
    await town.run_effects()
    assert (await access.leave(on_matrix, "Orchard")).left
    await town.run_effects()
    assert town.discord.roles == set()
    assert town.matrix.places(on_matrix) == {"!garden:example.org"}
    assert await town.spaces(fern) == {"garden"}
    await refused("access.not_in", lambda: access.leave(fern, "orchard"))


async def test_leaving_what_one_cannot_come_back_to_by_oneself_is_asked_once(town: Town, access: Access) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern = await town.join("Fern")
    row = await town.record(fern)
    await town.network.act(lambda unit: let_in_now(unit, row, "orchard"))
    assert await access.leave(fern, "orchard") == await access.leave(fern, "Orchard")
    assert await town.spaces(fern) == {"orchard"}
    assert (await access.leave(fern, "orchard", GivingUp.WAY_BACK)).left
    await refused("space.unknown", lambda: access.join(fern, "orchard"))


async def test_who_facilitates_a_space_leaves_after_seeing_that_this_ends_too(town: Town, access: Access) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, heron = await town.join("Fern"), await town.join("Heron")
    for alias in ("Fern", "Heron"):
        await town.roles.grant(admin, alias, Role.FACILITATOR, "orchard", None)
    await town.run_effects()
    for seen in (GivingUp.NOTHING, GivingUp.WAY_BACK):
        leaving = await access.leave(fern, "orchard", seen)
        assert (leaving.left, leaving.giving_up) == (False, GivingUp.OFFICE)
    assert await town.held(fern) == {("facilitator", "orchard")}
    assert (await access.leave(fern, "orchard", GivingUp.OFFICE)).left
    await town.run_effects()
    assert await town.held(fern) == set()
    assert {user_id for user_id, *_ in town.discord.roles} == {heron.user_id}


async def test_the_last_who_facilitates_a_space_is_shown_that_nobody_will(town: Town, access: Access) -> None:
    await build(town)
    fern = await town.join("Fern", space="orchard", role=Role.FACILITATOR, scope="orchard")
    leaving = await access.leave(fern, "orchard", GivingUp.OFFICE)
    assert (leaving.left, leaving.giving_up) == (False, GivingUp.LAST_OFFICE)
    assert (await access.leave(fern, "orchard", GivingUp.LAST_OFFICE)).left


async def test_two_who_leave_at_once_do_not_leave_a_space_alone_unseen(town: Town, access: Access) -> None:
    await build(town)
    both = [
        await town.join(f"Fern {number}", space="orchard", role=Role.FACILITATOR, scope="orchard")
        for number in range(2)
    ]
    leavings = await asyncio.gather(*(access.leave(each, "orchard", GivingUp.OFFICE) for each in both))
    assert sorted(each.left for each in leavings) == [False, True]
    assert [each.giving_up for each in leavings if not each.left] == [GivingUp.LAST_OFFICE]


async def test_every_office_in_a_space_ends_with_leaving_it_and_no_other(town: Town, access: Access) -> None:
    await build(town)
    fern = await town.join("Fern", space="orchard", role=Role.HOST, scope="orchard")
    await town.entrust(fern, Role.HOST, "garden")
    assert (await access.leave(fern, "orchard")).left
    assert await town.held(fern) == {("host", "garden")}


# ── what offices open


def trusted(town: Town, discord: Account, matrix: Account) -> bool:
    """Say whether somebody has what only those have who facilitate the orchard, on both platforms alike."""
    role = (discord.user_id, SERVER, facilitators_role("orchard")) in town.discord.roles
    level = {(matrix.user_id, place, "50") for place in (container("orchard"), desk("orchard"))}
    says = level <= town.matrix.roles
    sees = desk("orchard") in town.matrix.places(matrix)
    assert role is says is sees
    return role


async def test_who_is_entrusted_with_a_space_is_in_it_and_sees_what_facilitators_see(town: Town) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    await town.roles.grant(admin, "Fern", Role.FACILITATOR, "orchard", 30)
    await town.run_effects()
    assert trusted(town, fern, on_matrix)
    assert await town.spaces(fern) == {"orchard"}
    await town.roles.revoke(admin, "Fern", Role.FACILITATOR, "orchard")
    await town.run_effects()
    assert not trusted(town, fern, on_matrix)
    assert (fern.user_id, SERVER, participants_role("orchard")) in town.discord.roles


async def test_other_offices_open_nothing(town: Town) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern = await town.join("Fern")
    await town.roles.grant(admin, "Fern", Role.HOST, "orchard", None)
    await town.roles.grant(admin, "Fern", Role.FACILITATOR, "network", None)
    await town.run_effects()
    assert (town.discord.roles, await town.spaces(fern)) == (set(), set())


@pytest.mark.parametrize("hours", [24, 30])
async def test_with_the_term_ends_what_the_office_opened(town: Town, hours: int) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    await town.roles.grant(admin, "Fern", Role.FACILITATOR, "orchard", 10)
    await town.run_effects()
    town.clock.pass_by(days=10)
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert trusted(town, fern, on_matrix)
    town.clock.pass_by(hours=hours)
    await Retention(town.network).run_daily()
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert not trusted(town, fern, on_matrix)
    assert await town.held(fern) == set()


async def test_an_account_that_is_linked_later_opens_the_same_and_closes_when_it_is_unlinked(town: Town) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.roles.grant(admin, "Fern", Role.FACILITATOR, "orchard", 30)
    await town.run_effects()
    await town.link(fern, on_matrix)
    await town.run_effects()
    assert trusted(town, fern, on_matrix)
    await town.linking.unlink(fern, "matrix")
    await town.run_effects()
    assert town.matrix.places(on_matrix) == set()
    assert town.matrix.roles == set()


async def test_a_record_that_is_taken_in_brings_its_spaces_and_offices(town: Town, access: Access) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern = await town.join("Fern")
    other = await town.join("Heron", account=town.stranger("matrix"))
    await town.roles.grant(admin, "Heron", Role.FACILITATOR, "orchard", 30)
    await town.link(fern, other)
    await town.run_effects()
    assert trusted(town, fern, other)


async def test_who_leaves_the_network_leaves_nothing_open(town: Town) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    await town.roles.grant(admin, "Fern", Role.FACILITATOR, "orchard", 30)
    await town.run_effects()
    await town.members.leave(fern)
    await town.run_effects()
    assert (town.discord.roles, town.matrix.roles, town.matrix.places(on_matrix)) == (set(), set(), set())


async def test_who_is_removed_after_long_silence_leaves_nothing_open(town: Town) -> None:
    await build(town)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern, on_matrix = await town.join("Fern"), town.stranger("matrix")
    await town.link(fern, on_matrix)
    await town.roles.grant(admin, "Fern", Role.FACILITATOR, "orchard", 365)
    await town.run_effects()
    row = await town.record(fern)
    await town.network.act(
        lambda unit: unit.connection.execute(
            update(member).where(member.c.id == row.id).values(purge_after=unit.now)
        )
    )
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert await town.found(fern) is None
    assert {user_id for user_id, *_ in town.discord.roles | town.matrix.roles} <= {admin.user_id}
