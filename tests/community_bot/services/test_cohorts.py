"""Cohorts move together; nobody learns who is in one, or who is a member at all."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from community_bot.domain.cohort import INVITES_A_DAY, Place
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import SpaceState
from community_bot.services.cohorts import Cohorts, cohorts_of, of_one_person
from db.engine import Database
from db.tables import cohort_member
from tests.community_bot.services.growing_network import GrowingNetwork
from tests.community_bot.services.test_growth import refused


class Class:
    """A cohort in one space, run by Moss; a second space that is open, and a third that is not listed."""

    def __init__(self, database: Database) -> None:
        self.net = GrowingNetwork(database)
        self.cohorts = Cohorts(self.net.network)

    async def gather(self) -> Class:
        await self.net.space("s-radio", "Community radio")
        await self.net.space("s-seeds", "Seeds and soil")
        await self.net.space("s-quiet", "The quiet house", access=Access.UNLISTED)
        self.moss = await self.net.join("Moss", role=Role.FACILITATOR, scope="s-radio")
        self.fern = await self.net.join("Fern")
        await self.cohorts.create(self.moss, "Community radio", "First rains")
        return self

    async def ask(self, alias: str = "Fern") -> str:
        """Ask somebody, and return the cohort's id as their button has it."""
        await self.cohorts.invite(self.moss, "First rains", alias)
        return (await self.net.effects("tell"))[-1]["argument"]


@pytest.fixture
async def course(database: Database) -> Class:
    return await Class(database).gather()


async def test_who_is_asked_is_told_privately_with_a_yes_and_a_no(course: Class) -> None:
    await course.ask()
    (told,) = await course.net.effects("tell")
    assert told["text"] == "cohort.invited_notice"
    assert (told["button"], told["button_2"]) == ("cohort.join", "cohort.decline")
    assert told["title"] == "First rains"
    assert "always" not in told, "only who agreed to such messages gets one"


async def test_yes_leads_into_the_cohort_and_its_space(course: Class) -> None:
    cohort = await course.ask()
    title, door = await course.cohorts.join(course.fern, cohort)
    assert (title, door.key) == ("First rains", "s-radio")
    assert await course.net.spaces_of(course.fern) == ["s-radio"]
    assert [each["space"] for each in await course.net.effects("admit")] == ["s-radio"]
    await course.cohorts.join(course.fern, cohort)
    assert len(await course.net.effects("admit")) == 1, "pressing twice lets in once"


async def test_no_leaves_no_row_and_leaving_is_possible_later(course: Class) -> None:
    cohort = await course.ask()
    await course.cohorts.decline(course.fern, cohort)
    await refused("cohort.gone", course.cohorts.join(course.fern, cohort))
    await refused("cohort.gone", course.cohorts.decline(course.fern, cohort))
    await course.ask()
    await course.cohorts.join(course.fern, cohort)
    await course.cohorts.decline(course.fern, cohort)
    assert (await course.cohorts.show(course.fern)).views == ()
    assert await course.net.spaces_of(course.fern) == ["s-radio"]


async def test_nothing_tells_whether_an_alias_is_somebodys(course: Class) -> None:
    await course.net.join("Reed", state=MemberState.PAUSED)
    await course.net.join("Sedge", state=MemberState.ERASING)
    answers = {
        await course.cohorts.invite(course.moss, "First rains", each)
        for each in ("Fern", "Nobody", "Reed", "Sedge", "Fern")
    }
    assert answers == {"First rains"}
    assert [action for _, action in await course.net.audit()].count("cohort.invited") == 5
    assert len(await course.net.effects("tell")) == 1, "who pauses, is erased, or was asked before is not asked"


async def test_there_is_an_end_to_trying_out_aliases(course: Class) -> None:
    for number in range(INVITES_A_DAY):
        await course.cohorts.invite(course.moss, "First rains", f"Nobody {number}")
    await refused("cohort.invites", course.cohorts.invite(course.moss, "First rains", "Fern"))
    course.net.clock.pass_by(days=1)
    await course.cohorts.invite(course.moss, "First rains", "Fern")


async def test_who_facilitates_sees_numbers_and_no_names_and_others_not_even_small_numbers(course: Class) -> None:
    cohort = await course.ask()
    await course.cohorts.join(course.fern, cohort)
    await course.net.join("Reed")
    await course.ask("Reed")
    (led,) = (await course.cohorts.show(course.moss)).views
    assert (led.members, led.invited, led.leads) == (1, 1, True)
    (own,) = (await course.cohorts.show(course.fern)).views
    assert (own.members, own.invited, own.place) == (None, None, Place.IN)
    for name in ("one", "two", "three", "four"):
        account = await course.net.join(f"Reader {name}")
        await course.ask(f"Reader {name}")
        await course.cohorts.join(account, cohort)
    (own,) = (await course.cohorts.show(course.fern)).views
    assert own.members == 5


async def test_everybody_in_a_cohort_moves_on_together(course: Class) -> None:
    reed = await course.net.join("Reed")
    cohort = await course.ask()
    await course.cohorts.join(course.fern, cohort)
    await course.ask("Reed")
    done = await course.cohorts.finish(course.moss, "First rains", "Seeds and soil", leave=False)
    assert done.next_space is not None
    assert (done.moved, done.next_space.key) == (1, "s-seeds")
    assert await course.net.spaces_of(course.fern) == ["s-radio", "s-seeds"]
    assert await course.net.spaces_of(reed) == [], "who has not answered is not moved"
    assert "cohort.moved_notice" in await course.net.told(course.fern)
    assert (await course.cohorts.show(course.fern)).views == ()
    await refused("cohort.gone", course.cohorts.join(reed, cohort))
    await refused("cohort.unknown", course.cohorts.finish(course.moss, "First rains", None, leave=False))


async def test_they_leave_the_old_space_when_that_is_wanted_and_who_runs_it_stays(course: Class) -> None:
    cohort = await course.ask()
    await course.cohorts.join(course.fern, cohort)
    await course.ask("Moss")
    await course.cohorts.join(course.moss, cohort)
    await course.cohorts.finish(course.moss, "First rains", "Seeds and soil", leave=True)
    assert await course.net.spaces_of(course.fern) == ["s-seeds"]
    assert await course.net.spaces_of(course.moss) == ["s-radio", "s-seeds"]
    assert [each["space"] for each in await course.net.effects("release")] == ["s-radio"]


async def test_a_space_that_lets_nobody_in_unasked_takes_a_cohort_only_from_who_runs_it(course: Class) -> None:
    cohort = await course.ask()
    await course.cohorts.join(course.fern, cohort)
    await refused(
        "space.unknown", course.cohorts.finish(course.moss, "First rains", "The quiet house", leave=False)
    )
    await course.net.space("s-asked", "By request", access=Access.REQUEST)
    await refused("authority.lacks", course.cohorts.finish(course.moss, "First rains", "By request", leave=False))
    wan = await course.net.join("Wan", role=Role.FACILITATOR)
    await course.cohorts.finish(wan, "First rains", "The quiet house", leave=False)
    assert set(await course.net.spaces_of(course.fern)) == {"s-radio", "s-quiet"}


async def test_a_cohort_does_not_move_to_where_it_is_or_where_nothing_is_open(course: Class) -> None:
    await course.net.space("s-later", "Later", state=SpaceState.DRAFT)
    wan = await course.net.join("Wan", role=Role.FACILITATOR)
    await refused("cohort.same_space", course.cohorts.finish(wan, "First rains", "Community radio", leave=False))
    await refused("cohort.next_not_open", course.cohorts.finish(wan, "First rains", "Later", leave=False))


async def test_a_cohort_can_be_named_before_its_space_opens_and_joined_after(course: Class) -> None:
    await course.net.space("s-later", "Later", state=SpaceState.DRAFT)
    wan = await course.net.join("Wan", role=Role.FACILITATOR)
    await course.cohorts.create(wan, "Later", "Second rains")
    await refused("cohort.not_open", course.cohorts.invite(wan, "Second rains", "Fern"))
    await course.net.move("s-later", SpaceState.PILOT)
    await course.cohorts.invite(wan, "Second rains", "Fern")
    await course.net.move("s-later", SpaceState.PAUSED)
    cohort = (await course.net.effects("tell"))[-1]["argument"]
    await refused("cohort.not_open", course.cohorts.join(course.fern, cohort))


async def test_a_reminder_goes_to_those_in_it_privately_and_not_too_often(course: Class) -> None:
    cohort = await course.ask()
    await course.cohorts.join(course.fern, cohort)
    await course.net.join("Reed")
    await course.ask("Reed")
    await course.cohorts.remind(course.moss, "First rains", "Tomorrow we meet at seven")
    told = [each for each in await course.net.effects("tell") if each["text"] == "cohort.reminder_notice"]
    assert [(each["words"], each["title"]) for each in told] == [("Tomorrow we meet at seven", "First rains")]
    await course.cohorts.remind(course.moss, "First rains", "Or at eight")
    await refused("cohort.reminders", course.cohorts.remind(course.moss, "First rains", "Or at nine"))


async def test_only_who_runs_the_space_runs_its_cohorts(course: Class) -> None:
    other = await course.net.join("Reed", role=Role.FACILITATOR, scope="s-seeds")
    await refused("cohort.unknown", course.cohorts.invite(other, "First rains", "Fern"))
    await refused("authority.lacks", course.cohorts.remind(course.fern, "First rains", "Hello there"))
    await refused("authority.lacks", course.cohorts.create(course.fern, "Community radio", "Mine"))
    assert await course.cohorts.led(other) == []
    assert await course.cohorts.led(course.moss, "first") == ["First rains"]


async def test_titles_are_told_apart_and_said_in_visible_words(course: Class) -> None:
    await refused("cohort.taken", course.cohorts.create(course.moss, "Community radio", "first  rains"))
    for title in ("x", "y" * 61, "a\u202eb"):
        with pytest.raises(Refusal, match=r"cohort\.(too_short|too_long|invisible)"):
            await course.cohorts.create(course.moss, "Community radio", title)


async def test_an_unanswered_question_is_forgotten_after_two_weeks_and_who_was_in_it_half_a_year_after_its_end(
    course: Class,
) -> None:
    cohort = await course.ask()
    keep = await keep_until(course)
    assert (keep.date() - course.net.clock().date()).days in (14, 15)
    await course.cohorts.join(course.fern, cohort)
    await course.cohorts.finish(course.moss, "First rains", None, leave=False)
    keep = await keep_until(course)
    assert (keep.date() - course.net.clock().date()).days in (180, 181)


async def keep_until(course: Class) -> datetime:
    def work(connection: Connection) -> datetime:
        found: datetime = connection.execute(select(cohort_member.c.purge_after)).scalar_one()
        return found

    return await course.net.network.database.look(work)


async def test_two_records_of_one_person_are_in_a_cohort_once(course: Class) -> None:
    cohort = await course.ask()
    await course.cohorts.join(course.fern, cohort)
    reed = await course.net.join("Reed")
    await course.ask("Reed")
    fern, other = (await course.net.record(course.fern)).id, (await course.net.record(reed)).id
    await course.net.network.act(lambda unit: of_one_person(unit, fern, other))
    found = await course.net.network.look(
        lambda unit: (cohorts_of(unit).of_member(fern), cohorts_of(unit).of_member(other))
    )
    assert found == ({}, {cohort: "in"})
