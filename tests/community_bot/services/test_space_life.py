"""The life of a space: opening with all it takes, resting, closing; what is missing is named."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.space_design import SpaceDesign
from community_bot.domain.space_state import Check, SpaceState
from community_bot.domain.words import Words
from community_bot.services.network import Unit
from db.engine import Database
from tests.community_bot.people import refused
from tests.community_bot.services.living_spaces import LivingSpaces


@pytest.fixture
def living(database: Database) -> LivingSpaces:
    return LivingSpaces(database)


@pytest.fixture
async def fern(living: LivingSpaces) -> Account:
    return await living.founder()


# ── opening


async def test_a_space_opens_when_it_stands_and_two_of_two_organisations_agree(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.draft(fern)
    opening = await living.open(fern, key, agreed=False)
    assert opening.missing == ("under_way", "facilitators", "organisations", "agreements")
    await living.building.run_due()
    await living.belong(fern, "river circle")
    moss = await living.facilitator("Moss", key)
    assert (await living.open(fern, key)).missing == ("organisations",)
    await living.belong(moss, "hill circle")
    opening = await living.open(fern, key, agreed=False)
    assert opening.missing == ("agreements",)
    assert opening.agreements["en"] == "**We listen.**"
    assert (await living.row(key)).agreed_on is None
    opening = await living.open(fern, key)
    assert (opening.missing, opening.door.state) == ((), SpaceState.ACTIVE)
    row = await living.row(key)
    assert row.agreed_on == row.state_since == living.town.clock.now.date()
    assert ("facilitator", "space.opened", "active") in await living.audit()


async def test_what_is_missing_changes_nothing(living: LivingSpaces, fern: Account) -> None:
    key = await living.built(fern)
    before = await living.row(key)
    assert (await living.open(fern, key)).missing == ("facilitators", "organisations")
    assert await living.row(key) == before


async def test_a_room_that_was_never_made_keeps_the_doors_closed(living: LivingSpaces, fern: Account) -> None:
    key = await living.built(fern)
    await living.network.act(lambda unit: unit.layouts.gone(key, "200", "room.plaza"))
    assert "built" in (await living.open(fern, key)).missing


async def test_one_person_of_two_organisations_and_one_of_none_are_of_one(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.built(fern)
    await living.belong(fern, "river circle", "hill circle")
    await living.facilitator("Moss", key)
    assert (await living.open(fern, key)).missing == ("organisations",)


async def test_a_draft_of_an_organisation_does_not_count_yet(living: LivingSpaces, fern: Account) -> None:
    key = await living.built(fern)
    await living.belong(fern, "river circle")
    moss = await living.facilitator("Moss", key)
    await living.belong(moss, "made up just now", state="draft")
    assert (await living.open(fern, key)).missing == ("organisations",)


async def test_a_facilitator_who_left_or_whose_term_ended_does_not_count(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.built(fern)
    await living.belong(fern, "river circle")
    moss = await living.facilitator("Moss", key, "hill circle")
    row = await living.town.record(moss)
    await living.network.act(lambda unit: unit.members.set_state(row.id, MemberState.ALUMNI, unit.today))
    assert "facilitators" in (await living.open(fern, key)).missing
    await living.facilitator("Lark", key, "hill circle")
    living.town.clock.pass_by(days=31)
    assert "facilitators" in (await living.open(fern, key)).missing


async def test_a_facilitator_of_the_whole_network_is_not_one_of_the_spaces_own(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.built(fern)
    await living.end_role(fern, key)
    await living.facilitator("Moss", key, "hill circle")
    assert (await living.open(fern, key)).missing == ("facilitators", "organisations")


async def test_a_pilot_opens_with_one_facilitator_and_an_experiment_which_begins(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.built(fern, template="pilot")
    assert (await living.open(fern, key)).missing == ("experiment",)
    await living.experiment(fern, key)
    assert (await living.open(fern, key)).door.state is SpaceState.PILOT
    (view,) = await living.experiments.show(fern, key)
    assert view.state == "running"


async def test_a_pilot_goes_on_as_a_space_like_others_only_with_all_that_takes(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.built(fern, template="pilot")
    await living.experiment(fern, key)
    await living.open(fern, key)
    assert (await living.open(fern, key)).missing == ("facilitators", "organisations")
    await living.life.pause(fern, key)
    assert (await living.life.resume(fern, key)).door.state is SpaceState.PILOT
    await living.life.close(fern, key)
    assert (await living.life.reopen(fern, key)).door.state is SpaceState.PILOT
    await living.belong(fern, "river circle")
    await living.facilitator("Moss", key, "hill circle")
    assert (await living.open(fern, key)).door.state is SpaceState.ACTIVE
    await living.life.pause(fern, key)
    assert (await living.life.resume(fern, key)).door.state is SpaceState.ACTIVE
    assert not SpaceDesign.unpacked((await living.row(key)).design).pilot


# ── resting


async def test_a_pause_is_said_in_the_entrances_with_its_reason_sealed_and_pings_nobody(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.opened(fern)
    await living.life.pause(fern, key, "  We rest over\nthe holidays ")
    assert await living.state(key) is SpaceState.PAUSED
    posts = await living.posts("space_life.post_paused_reason")
    assert {each.details["language"] for each in posts} == {"en", "th", "es"}
    assert {each.words["reason"] for each in posts} == {"We rest over the holidays"}
    assert all("rest" not in str(each.details) for each in posts)
    await living.town.run_effects()
    said = [card.text for _, card in living.town.discord.posted.values()]
    assert any("We rest over the holidays" in text for text in said)
    assert await living.told(fern) == []


async def test_nobody_new_comes_into_a_space_that_pauses_and_again_after_it(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.opened(fern)
    await living.life.pause(fern, key)
    door = await living.network.look(lambda unit: unit.directory.find(key))
    assert not door.takes_members
    assert len(await living.posts("space_life.post_paused")) == 3
    opening = await living.life.resume(fern, key)
    assert opening.door.takes_members
    assert len(await living.posts("space_life.post_open_again")) == 3


async def test_a_space_whose_facilitators_are_gone_is_not_resumed(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await living.life.pause(fern, key)
    await living.end_role(fern, key)
    assert (await living.life.resume(fern, key)).missing == ("facilitators", "organisations")
    assert await living.state(key) is SpaceState.PAUSED


async def test_a_reason_has_an_end(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await refused("space.reason", lambda: living.life.pause(fern, key, "x" * 301))
    assert await living.state(key) is SpaceState.ACTIVE


# ── closing


async def test_closing_says_how_far_it_is_and_can_be_taken_back(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    closing = await living.life.close(fern, key)
    assert closing.checks == {
        "library": Check.NOTHING,
        "reviews": Check.NOTHING,
        "bridges": Check.NOTHING,
        "roles": Check.WITH_ARCHIVING,
    }
    assert len(await living.posts("space_life.post_closing")) == 3
    assert (await living.life.reopen(fern, key)).door.state is SpaceState.ACTIVE


async def test_a_space_that_was_joined_is_let_go_of_by_the_bridge(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)

    def join(unit: Unit) -> None:
        row = unit.layouts.get(key)
        assert row is not None
        design = replace(SpaceDesign.unpacked(row.design), bridged=True)
        unit.layouts.change(row, design=design.packed())

    await living.network.act(join)
    assert (await living.life.close(fern, key)).checks["bridges"] is Check.DONE


# ── who may, and when


@pytest.mark.parametrize("act", ["open", "pause", "resume", "close", "reopen"])
async def test_only_who_runs_a_space_moves_it(living: LivingSpaces, fern: Account, act: str) -> None:
    key = await living.built(fern)
    member = await living.town.join("Moss")
    other = await living.facilitator("Lark", "garden")
    options = {"agreed": True} if act == "open" else {}
    await refused("authority.lacks", lambda: getattr(living.life, act)(member, key, **options))
    await refused("space.unknown", lambda: getattr(living.life, act)(other, key, **options))
    await refused("space.unknown", lambda: getattr(living.life, act)(other, "Riverside Radio", **options))


@pytest.mark.parametrize("act", ["pause", "resume", "close", "reopen"])
async def test_a_draft_can_only_be_opened_or_ended(living: LivingSpaces, fern: Account, act: str) -> None:
    key = await living.built(fern)
    await refused("space.move.draft", lambda: getattr(living.life, act)(fern, key))


async def test_two_who_move_a_space_at_the_same_moment_do_not_both(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    found = await asyncio.gather(living.life.pause(fern, key), living.life.close(fern, key), return_exceptions=True)
    refusals = [each for each in found if isinstance(each, Refusal)]
    assert [each for each in found if isinstance(each, BaseException) and not isinstance(each, Refusal)] == []
    # one after the other is a way too: what pauses can be closed
    assert {each.code for each in refusals} <= {"space.changed", "space.move.closing"}
    assert await living.state(key) in (SpaceState.PAUSED, SpaceState.CLOSING)


async def test_of_two_with_one_title_the_one_that_can_be_moved_so_is_meant(
    living: LivingSpaces, fern: Account
) -> None:
    first, second = await living.opened(fern), await living.built(fern, "Hill Radio")

    def rename(unit: Unit) -> None:
        row = unit.layouts.get(second)
        assert row is not None
        titles: Words = {"en": "Riverside Radio", "th": "Riverside Radio"}
        unit.layouts.change(row, design=replace(SpaceDesign.unpacked(row.design), titles=titles).packed())

    await living.network.act(rename)
    assert (await living.life.pause(fern, "riverside radio")).key == first
    assert (await living.open(fern, "riverside radio")).door.key == second


# ── every day


async def test_a_space_that_nobody_runs_any_more_pauses_after_two_weeks_and_only_admins_are_told(
    living: LivingSpaces, fern: Account
) -> None:
    admin, key = await living.admin(), await living.opened(fern)
    member = await living.town.join("Moss")
    await living.enter(member, key)
    await living.end_everybody(key)
    await living.days(14)
    assert await living.state(key) is SpaceState.ACTIVE
    assert await living.told(admin) == ["space_life.alone"]
    await living.days(1)
    assert await living.state(key) is SpaceState.PAUSED
    assert await living.told(admin) == ["space_life.alone", "space_life.paused_alone"]
    assert await living.told(member) == []
    assert await living.posts("space_life.post_paused") == []
    assert ("bot", "space.paused", "alone") in await living.audit()
    await living.days(30)
    assert len(await living.told(admin)) == 2


async def test_a_facilitator_who_comes_in_time_keeps_it_open(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await living.end_everybody(key)
    await living.days(10)
    assert (await living.row(key)).alone_since is not None
    await living.facilitator("Moss", key)
    await living.days(10)
    assert (await living.row(key)).alone_since is None
    assert await living.state(key) is SpaceState.ACTIVE


async def test_a_pilot_whose_time_is_over_is_told_to_its_facilitators_once(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.built(fern, template="pilot")
    await living.experiment(fern, key, days=5)
    await living.open(fern, key)
    await living.days(5)
    assert await living.told(fern) == []
    await living.days(3)
    assert await living.told(fern) == ["space_life.pilot_over"]
    assert await living.state(key) is SpaceState.PILOT


async def test_admins_of_the_network_run_every_space(living: LivingSpaces, fern: Account) -> None:
    key, admin = await living.opened(fern), await living.admin()
    assert (await living.life.pause(admin, key)).state is SpaceState.PAUSED
    assert ("network_admin", "space.paused", None) in await living.audit()
    offered = await living.life.runnable(admin, "river", {SpaceState.PAUSED})
    assert [each.key for each in offered] == [key]
    assert await living.life.runnable(admin, "river", {SpaceState.DRAFT}) == []
    assert await living.life.runnable(await living.town.join("Moss"), "", set(SpaceState)) == []
