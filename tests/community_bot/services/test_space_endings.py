"""How a space ends: by two people, after notice where something is deleted, and never by halves."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.space_state import SpaceState
from community_bot.locales import LANGUAGES
from community_bot.services.cohorts import Cohorts
from community_bot.services.network import Unit
from community_bot.services.space_upkeep import run_daily
from community_bot.services.spaces import works
from db.engine import Database
from db.retention import purge_expired
from db.schema import upgrade
from db.tables import second_look
from tests.community_bot.domain.test_space_state import DIAGRAM
from tests.community_bot.people import refused, sentence
from tests.community_bot.services.living_spaces import LivingSpaces
from tests.databases import close


@pytest.fixture
def living(database: Database) -> LivingSpaces:
    return LivingSpaces(database)


@pytest.fixture
async def fern(living: LivingSpaces) -> Account:
    return await living.founder()


# ── archiving


async def test_one_asks_and_another_confirms_and_then_nobody_writes_any_more(
    living: LivingSpaces, fern: Account
) -> None:
    key, lark = await living.opened(fern), await living.admin()
    await living.life.close(fern, key)
    asked = await living.endings.archive(fern, key)
    assert asked.question is not None
    assert (asked.question.mine, asked.done) == (True, False)
    assert await living.under_way(key) is None
    assert await living.told(lark) == ["space_life.question_archive"]
    assert await living.told(fern) == []
    done = await living.endings.confirm(lark, "archive", asked.question.id)
    assert done.done
    assert await living.state(key) is SpaceState.CLOSING
    assert await living.under_way(key) == "archive"
    await living.building.run_due()
    assert await living.state(key) is SpaceState.ARCHIVED
    assert "-write" in living.discord.named("plaza", "100").facets["access:participants"]
    assert "-write" in living.matrix.named("plaza").facets["access:participants"]
    assert {"space.archive_asked", "space.archive_begun", "space.archived"} <= {
        act for _, act, _ in await living.audit()
    }


async def test_nobody_confirms_what_they_asked_for_themselves_from_any_account(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.opened(fern)
    on_matrix = living.town.stranger("matrix")
    await living.town.link(fern, on_matrix)
    await living.life.close(fern, key)
    asked = await living.endings.archive(fern, key)
    assert asked.question is not None
    question = asked.question.id
    for account in (fern, on_matrix):
        await refused("space.second_same", partial(living.endings.confirm, account, "archive", question))
    again = await living.endings.archive(on_matrix, key)
    assert again.question is not None
    assert (again.question.id, again.question.mine) == (question, True)
    assert await living.under_way(key) is None


async def test_a_question_lapses_after_three_days(living: LivingSpaces, fern: Account) -> None:
    key, lark = await living.opened(fern), await living.admin()
    await living.life.close(fern, key)
    asked = await living.endings.archive(fern, key)
    assert asked.question is not None
    old = asked.question.id
    living.town.clock.pass_by(hours=72)
    await refused("space.second_gone", lambda: living.endings.confirm(lark, "archive", old))
    again = await living.endings.archive(fern, key)
    assert again.question is not None
    assert again.question.id != old
    await living.endings.confirm(lark, "archive", again.question.id)
    await purge_expired(living.network.database, living.town.clock.now + timedelta(days=4))
    assert "second_look" not in await living.town.rows()


async def test_who_asked_and_no_longer_runs_the_space_was_no_second_person(
    living: LivingSpaces, fern: Account
) -> None:
    key, lark = await living.opened(fern), await living.admin()
    moss = await living.facilitator("Moss", key)
    await living.life.close(fern, key)
    asked = await living.endings.archive(moss, key)
    assert asked.question is not None
    old = asked.question.id
    await living.end_role(moss, key)
    await refused("space.second_gone", lambda: living.endings.confirm(lark, "archive", old))
    again = await living.endings.archive(lark, key)
    assert again.question is not None
    assert (again.question.id != old, again.question.mine) == (True, True)


async def test_somebody_else_who_asks_for_the_same_is_shown_that_they_can_confirm(
    living: LivingSpaces, fern: Account
) -> None:
    key, lark = await living.opened(fern), await living.admin()
    await living.life.close(fern, key)
    await living.endings.archive(fern, key)
    for ending in (await living.endings.look(lark, key, "archive"), await living.endings.archive(lark, key)):
        assert ending.question is not None
        assert (ending.question.mine, ending.done) == (False, False)
    assert await living.under_way(key) is None


async def test_what_was_asked_for_can_be_taken_back_by_either(living: LivingSpaces, fern: Account) -> None:
    key, lark = await living.opened(fern), await living.admin()
    await living.life.close(fern, key)
    for who in (fern, lark):
        asked = await living.endings.archive(fern, key)
        assert asked.question is not None
        question = asked.question.id
        await living.endings.withdraw(who, question)
        await refused("space.second_gone", partial(living.endings.confirm, lark, "archive", question))
    assert (await living.endings.look(fern, key, "archive")).question is None


async def test_what_was_asked_for_before_a_space_was_reopened_no_longer_counts(
    living: LivingSpaces, fern: Account
) -> None:
    key, lark = await living.opened(fern), await living.admin()
    await living.life.close(fern, key)
    asked = await living.endings.archive(fern, key)
    assert asked.question is not None
    question = asked.question.id
    await living.life.reopen(fern, key)
    await living.life.close(fern, key)
    await refused("space.second_gone", lambda: living.endings.confirm(lark, "archive", question))


async def test_a_confirmation_pressed_twice_begins_once(living: LivingSpaces, fern: Account) -> None:
    key, lark, kite = await living.opened(fern), await living.admin(), await living.admin()
    await living.life.close(fern, key)
    asked = await living.endings.archive(fern, key)
    assert asked.question is not None
    question = asked.question.id
    found = await asyncio.gather(
        *(living.endings.confirm(each, "archive", question) for each in (lark, kite, lark)), return_exceptions=True
    )
    assert len([each for each in found if not isinstance(each, BaseException)]) == 1
    codes = {each.code for each in found if isinstance(each, Refusal)}
    assert codes <= {"space.second_gone", "space.changed", "space.busy"}
    assert [act for _, act, _ in await living.audit()].count("space.archive_begun") == 1


async def test_two_who_ask_at_the_same_moment_leave_one_question(living: LivingSpaces, fern: Account) -> None:
    key, lark = await living.opened(fern), await living.admin()
    await living.life.close(fern, key)
    found = await asyncio.gather(
        living.endings.archive(fern, key), living.endings.archive(lark, key), return_exceptions=True
    )
    assert {each.code for each in found if isinstance(each, Refusal)} <= {"space.changed"}
    rows = await living.town.rows()
    assert rows["second_look"] == 1


async def test_a_question_leads_to_nobody(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await living.life.close(fern, key)
    await living.endings.archive(fern, key)
    row = await living.town.record(fern)
    kept = await living.network.look(lambda unit: repr(unit.connection.execute(second_look.select()).all()))
    assert row.id not in kept
    assert fern.user_id not in kept


async def test_a_stranger_with_a_guessed_question_learns_nothing(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await living.life.close(fern, key)
    asked = await living.endings.archive(fern, key)
    assert asked.question is not None
    question = asked.question.id
    other = await living.facilitator("Moss", "garden")
    await refused("authority.lacks", lambda: living.endings.confirm(other, "archive", question))
    await refused("space.second_gone", lambda: living.endings.confirm(other, "archive", "nothing"))
    await refused(
        "authority.not_member", lambda: living.endings.confirm(living.town.stranger(), "archive", question)
    )
    lark = await living.admin()
    await refused("space.second_gone", lambda: living.endings.confirm(lark, "purge", question))


async def test_a_cohort_on_its_way_is_finished_first(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    cohorts = Cohorts(living.network)
    await cohorts.create(fern, key, "Spring evenings")
    await living.life.close(fern, key)
    await refused("space.cohorts", lambda: living.endings.archive(fern, key))
    await cohorts.finish(fern, "Spring evenings", None, leave=False)
    assert (await living.endings.archive(fern, key)).question is not None


async def test_an_open_space_is_closed_before_it_is_archived(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await refused("space.move.active", lambda: living.endings.archive(fern, key))


async def test_nothing_moves_while_it_is_being_archived(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await living.life.close(fern, key)
    await living.end(fern, key)
    await refused("space.busy", lambda: living.life.reopen(fern, key))
    await refused("space.busy", lambda: living.endings.archive(fern, key))


async def test_archiving_that_fails_leaves_the_space_as_it_was(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await living.life.close(fern, key)
    before = living.discord.standing(), living.matrix.standing()
    await living.end(fern, key)

    def lose(unit: Unit) -> None:
        work = works(unit).open_of(key)
        assert work is not None
        works(unit).turned(work.id, "yard.forbidden", None, unit.now)

    await living.network.act(lose)
    await living.building.run_due()
    assert await living.state(key) is SpaceState.CLOSING
    assert (living.discord.standing(), living.matrix.standing()) == before
    assert (await living.life.reopen(fern, key)).door.state is SpaceState.ACTIVE


async def test_a_draft_that_nobody_else_is_in_is_archived_at_once(living: LivingSpaces, fern: Account) -> None:
    key = await living.built(fern)
    assert (await living.endings.look(fern, key, "archive")).alone
    assert (await living.endings.archive(fern, key)).done
    await living.building.run_due()
    assert await living.state(key) is SpaceState.ARCHIVED


async def test_a_draft_that_others_are_in_takes_two(living: LivingSpaces, fern: Account) -> None:
    key, moss = await living.built(fern), await living.town.join("Moss")
    await living.enter(moss, key)
    assert not (await living.endings.archive(fern, key)).done


async def test_a_draft_of_which_nothing_stands_is_forgotten_and_not_archived(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.draft(fern)
    await refused("space.busy", lambda: living.endings.discard(fern, key))
    living.matrix.forbidden.add("table")
    await living.building.run_due()
    await refused("space.nothing_stands", lambda: living.endings.archive(fern, key))
    assert (await living.endings.discardable(fern, key)).key == key
    await living.endings.discard(fern, key)
    rows = await living.town.rows()
    assert not {"space", "space_home", "space_work", "space_member"} & rows.keys()
    assert await living.town.held(fern) == {("facilitator", "network")}


async def test_a_draft_that_stands_is_not_discarded(living: LivingSpaces, fern: Account) -> None:
    key = await living.built(fern)
    await refused("space.not_discardable", lambda: living.endings.discard(fern, key))
    await refused("space.not_discardable", lambda: living.endings.discardable(fern, key))


# ── deleting


async def test_deleting_is_announced_and_done_on_the_day_and_leaves_nobody_behind(
    living: LivingSpaces, fern: Account
) -> None:
    key, moss = await living.archived(fern), await living.town.join("Moss")
    await living.enter(moss, key)
    ending = await living.end(fern, key)
    due = living.town.clock.now.date() + timedelta(days=14)
    assert (ending.done, ending.purge_on, (await living.row(key)).purge_on) == (True, due, due)
    posts = await living.posts("space_life.post_purge")
    assert [(each.details["language"], each.details["day"]) for each in posts] == [
        (language, due.isoformat()) for language in ("en", "th", "es")
    ]
    assert await living.told(moss) == []
    await living.days(13)
    assert await living.under_way(key) is None
    await living.days(1)
    assert await living.under_way(key) == "purge"
    await living.building.run_due()
    assert await living.state(key) is SpaceState.PURGED
    assert (living.discord.things, living.matrix.things) == ({}, {})
    await living.days(1)
    assert await living.town.spaces(moss) == set()
    assert (Role.FACILITATOR, key) not in await living.town.held(fern)
    assert (await living.network.look(lambda unit: unit.ledger.counts("removed", unit.today)))["space_member"] >= 1
    await refused("space.unknown", lambda: living.endings.keep(fern, key))


async def test_until_the_day_one_person_can_take_it_back_and_then_nobody(
    living: LivingSpaces, fern: Account
) -> None:
    key = await living.archived(fern)
    await refused("space.purge_not_announced", lambda: living.endings.keep(fern, key))
    await living.end(fern, key)
    await refused("space.purge_announced", lambda: living.endings.purge(fern, key))
    await living.endings.keep(fern, key)
    assert len(await living.posts("space_life.post_kept")) == 3
    await living.days(20)
    assert await living.under_way(key) is None
    await living.end(await living.founder("Wild Fern"), key)
    living.town.clock.pass_by(days=14)
    await refused("space.purge_begun", lambda: living.endings.keep(fern, key))


async def test_only_what_is_archived_is_deleted(living: LivingSpaces, fern: Account) -> None:
    key = await living.opened(fern)
    await refused("space.move.active", lambda: living.endings.purge(fern, key))
    await living.life.close(fern, key)
    await refused("space.move.closing", lambda: living.endings.purge(fern, key))


async def test_deleting_that_got_stuck_is_begun_again_the_next_day(living: LivingSpaces, fern: Account) -> None:
    key = await living.archived(fern)
    await living.end(fern, key)
    await living.days(14)

    def get_stuck(unit: Unit) -> None:
        work = works(unit).open_of(key)
        assert work is not None
        works(unit).over(work.id, "stuck", "yard.forbidden")

    await living.network.act(get_stuck)
    assert await living.under_way(key) is None
    await run_daily(living.network)
    assert await living.under_way(key) == "purge"
    await living.building.run_due()
    assert await living.state(key) is SpaceState.PURGED


async def test_the_daily_run_may_be_repeated(living: LivingSpaces, fern: Account) -> None:
    key = await living.archived(fern)
    await living.end(fern, key)
    living.town.clock.pass_by(days=14)
    for _ in range(3):
        await run_daily(living.network)
    assert [act for _, act, _ in await living.audit()].count("space.purge_begun") == 1


# ── every way there is


@pytest.mark.parametrize("state", SpaceState)
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_no_way_it_is_said_where_the_space_is(state: SpaceState, language: str) -> None:
    assert sentence(Refusal(f"space.move.{state}"), language)  # type: ignore[arg-type]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_whatever_people_do_a_space_goes_the_ways_of_the_diagram(seed: int, pilot: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_wander(f"sqlite+aiosqlite:///{Path(folder)}/wander.db", random.Random(seed), pilot=pilot))


async def _wander(url: str, chance: random.Random, *, pilot: bool) -> None:
    """Let three people do anything in any order, and look at each step whether that was a way."""
    database = Database(url)
    await upgrade(database)
    living = LivingSpaces(database, purge_notice_days=2)
    fern, lark = await living.founder(), await living.admin()
    key = await living.draft(fern, template="pilot" if pilot else "circle")
    moss = await living.facilitator("Moss", key, "hill circle")
    await living.enter(moss, key)
    life, endings = living.life, living.endings
    questions: list[str] = []

    async def ask(act: Callable[[Account, str], Awaitable[object]]) -> None:
        ending = await act(chance.choice((fern, moss)), key)
        question = getattr(ending, "question", None)
        if question is not None:
            questions.append(question.id)

    acts: list[Callable[[Account], Awaitable[object]]] = [
        lambda who: living.open(who, key, agreed=chance.random() < 0.7),
        lambda who: life.pause(who, key),
        lambda who: life.resume(who, key),
        lambda who: life.close(who, key),
        lambda who: life.reopen(who, key),
        lambda who: ask(endings.archive),
        lambda who: ask(endings.purge),
        lambda who: endings.confirm(lark, "archive", questions[-1] if questions else "none"),
        lambda who: endings.confirm(lark, "purge", questions[-1] if questions else "none"),
        lambda who: endings.keep(who, key),
        lambda who: living.belong(fern, f"river circle {chance.random()}"),
        lambda who: living.experiment(fern, key),
        lambda who: living.days(chance.choice((1, 3))),
        lambda who: living.building.run_due(),
    ]
    weights = [5, 1, 2, 2, 1, 2, 3, 3, 4, 1, 3, 3, 4, 4]
    state = SpaceState.DRAFT
    for _ in range(100):
        try:
            await chance.choices(acts, weights)[0](chance.choice((fern, moss, lark)))
        except Refusal:
            assert await living.state(key) is state, "what was refused changed something"
        following = await living.state(key)
        # a day's run may pause, and a purge may be carried out, but nothing takes two steps at once
        assert following is state or following in DIAGRAM[state]
        row = await living.row(key)
        if following in (SpaceState.PILOT, SpaceState.ACTIVE):
            assert row.agreed_on is not None
        if following is SpaceState.PURGED:
            assert (living.discord.things, living.matrix.things) == ({}, {})
        state = following
    await close(database)
