"""Turning the Growth Cycle: rounds, feeds, topics and who may see and say what."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from sqlalchemy import Connection, select

from community_bot.domain.growth import RoundState
from community_bot.domain.growth_plan import Missing, Reason
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import SpaceState
from community_bot.locales import Language, catalogues
from community_bot.platforms.port import PlatformPort
from community_bot.services.directory import Titles
from community_bot.services.growth import Growth
from community_bot.services.notices import notice
from db.engine import Database
from db.tables import metadata
from tests.community_bot.services.growing_network import GrowingNetwork
from tests.community_bot.services.small_network import said_in_every_language


class Garden:
    """Three spaces, somebody who plans the cycle, somebody who runs one space, and a member of it."""

    def __init__(self, database: Database) -> None:
        self.net = GrowingNetwork(database)
        self.growth = Growth(self.net.network, catalogues())

    async def plant(self) -> Garden:
        await self.net.space("s-radio", "Community radio", stage="listen")
        await self.net.space("s-seeds", "Seeds and soil", state=SpaceState.PILOT)
        await self.net.space("s-safe", "Digital safety", stage="pass-on")
        self.wan = await self.net.join("Wan", role=Role.FACILITATOR)
        self.moss = await self.net.join("Moss", role=Role.FACILITATOR, scope="s-radio")
        self.fern = await self.net.join("Fern")
        await self.net.enter(self.fern, "s-radio")
        return self

    async def feed(self, source: str, target: str, what: str = "Ten recordings") -> None:
        await self.growth.feed(self.wan, "en", (source, target), what)

    async def run(self) -> None:
        """Have a round run, in which each space is fed or feeds."""
        await self.growth.begin(self.wan, 90)
        await self.feed("s-radio", "s-seeds")
        await self.feed("s-seeds", "s-safe")
        await self.growth.advance(self.wan, "en", "1 planning")


@pytest.fixture
async def garden(database: Database) -> Garden:
    return await Garden(database).plant()


async def refused(code: str, act: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await act  # type: ignore[misc]
    assert caught.value.code == code
    assert all(said_in_every_language(caught.value))
    return caught.value


async def test_a_feed_that_would_close_a_circle_is_refused_in_words(garden: Garden) -> None:
    await garden.growth.begin(garden.wan, 90)
    await garden.feed("Community radio", "Seeds and soil")
    await garden.feed("s-seeds", "s-safe")
    refusal = await refused("growth.circle", garden.growth.feed(garden.wan, "en", ("s-safe", "s-radio"), "A list"))
    assert refusal.values["circle"] == "Digital safety → Community radio → Seeds and soil → Digital safety"
    cycle, _ = await garden.growth.feeds(garden.fern)
    assert [(each.from_space, each.to_space) for each in cycle.feeds] == [
        ("s-radio", "s-seeds"),
        ("s-seeds", "s-safe"),
    ]


async def test_two_who_plan_at_the_same_time_make_no_circle_together(garden: Garden) -> None:
    await garden.growth.begin(garden.wan, 90)
    done = await asyncio.gather(
        garden.feed("s-radio", "s-seeds"), garden.feed("s-seeds", "s-radio"), return_exceptions=True
    )
    assert [type(each) for each in done if each is not None] == [Refusal]
    cycle, _ = await garden.growth.feeds(garden.wan)
    assert len(cycle.feeds) == 1


async def test_a_round_runs_only_when_every_space_is_connected_or_says_why_not(garden: Garden) -> None:
    await garden.growth.begin(garden.wan, 90)
    await garden.feed("s-radio", "s-seeds")
    refusal = await refused("growth.alone", garden.growth.advance(garden.wan, "en", "1 planning"))
    assert refusal.values["spaces"] == "Digital safety"
    await garden.growth.write_note(garden.wan, "en", "Digital safety", "Waits for the next rains")
    turn = await garden.growth.advance(garden.wan, "en", "1 planning")
    assert turn.round is not None
    assert turn.round.state is RoundState.RUNNING


async def test_pressing_twice_moves_a_round_once(garden: Garden) -> None:
    await garden.run()
    await refused("growth.round_changed", garden.growth.advance(garden.wan, "en", "1 planning"))
    turn = await garden.growth.turn(garden.wan)
    assert turn.round is not None
    assert turn.round.state is RoundState.RUNNING


async def test_there_is_one_open_round_at_a_time_and_they_are_numbered(garden: Garden) -> None:
    await garden.run()
    assert (await refused("growth.round_open", garden.growth.begin(garden.wan, 90))).values["number"] == 1
    for state in ("running", "reflecting"):
        await garden.growth.advance(garden.wan, "en", f"1 {state}")
    assert (await garden.growth.begin(garden.wan, 30)).number == 2
    await refused("growth.days", garden.growth.begin(garden.wan, 3))


async def test_what_a_round_holds_stays_as_it_is_once_it_is_looked_back_on(garden: Garden) -> None:
    await garden.run()
    await garden.growth.advance(garden.wan, "en", "1 running")
    await refused("growth.reflecting", garden.growth.feed(garden.wan, "en", ("s-radio", "s-safe"), "A list"))
    await refused("growth.reflecting", garden.growth.unfeed(garden.wan, "en", ("s-radio", "s-seeds")))


async def test_a_feed_is_taken_out_again_and_only_one_that_there_is(garden: Garden) -> None:
    await garden.growth.begin(garden.wan, 90)
    await garden.feed("s-radio", "s-seeds")
    assert await garden.growth.unfeed(garden.wan, "en", ("s-radio", "s-seeds")) == (
        "Community radio",
        "Seeds and soil",
    )
    await refused("growth.no_feed", garden.growth.unfeed(garden.wan, "en", ("s-radio", "s-seeds")))


async def test_without_a_round_nothing_is_planned(garden: Garden) -> None:
    await refused("growth.no_round", garden.growth.feed(garden.wan, "en", ("s-radio", "s-seeds"), "A list"))
    await refused("growth.no_round", garden.growth.write_note(garden.wan, "en", "s-radio", "Because"))
    await refused("growth.no_round", garden.growth.publish(garden.wan, with_picture=True))


async def test_who_runs_a_space_notes_what_it_passed_on_and_takes_the_note_back(garden: Garden) -> None:
    await garden.run()
    cycle, runs = await garden.growth.feeds(garden.moss)
    assert runs == {"s-radio"}
    first = cycle.feeds[0]
    assert (await garden.growth.pass_on(garden.moss, first.id)).passed_on
    assert not (await garden.growth.pass_on(garden.moss, first.id)).passed_on
    await refused("authority.lacks", garden.growth.pass_on(garden.moss, cycle.feeds[1].id))
    await refused("authority.lacks", garden.growth.pass_on(garden.fern, first.id))


async def test_planning_the_cycle_is_for_who_facilitates_the_network(garden: Garden) -> None:
    for account in (garden.moss, garden.fern):
        for act in (
            garden.growth.begin(account, 90),
            garden.growth.plan(account, None),
            garden.growth.turn(account),
            garden.growth.publish(account, with_picture=False),
        ):
            await refused("authority.lacks", act)
    await refused("space.unknown", garden.growth.set_stage(garden.moss, "en", "s-seeds", "learn"))
    assert await garden.growth.set_stage(garden.moss, "en", "s-radio", "learn") == "Community radio"
    await refused("growth.stage", garden.growth.set_stage(garden.moss, "en", "s-radio", "fly"))


async def test_the_planner_says_what_is_missing_and_what_to_choose_next(garden: Garden) -> None:
    topic = await garden.net.chosen_topic("s-radio", "Asking good questions")
    await garden.net.need("s-radio", "To be heard in the next village", [garden.fern, garden.moss])
    outlook = await garden.growth.plan(garden.wan, "Community radio")
    (only,) = outlook.plans
    assert set(only.missing) == {Missing.TOPIC, Missing.FEED, Missing.NEED}
    assert [(each.reason, each.words) for each in only.choices] == [
        (Reason.CHOSEN_BY_VOTE, "Asking good questions"),
        (Reason.MOST_VOICED, "To be heard in the next village"),
    ]
    await garden.growth.begin(garden.wan, 90)
    assert await garden.growth.take_up(garden.moss, "s-radio", topic) == ("Asking good questions", True)
    (only,) = (await garden.growth.plan(garden.wan, "s-radio")).plans
    assert Missing.TOPIC not in only.missing
    assert await garden.growth.take_up(garden.moss, "s-radio", topic) == ("Asking good questions", False)


async def test_a_topic_is_carried_over_and_it_is_counted_how_often(garden: Garden) -> None:
    topic = await garden.net.chosen_topic("network", "Asking good questions", by="facilitator")
    await garden.run()
    await garden.growth.take_up(garden.wan, "s-seeds", topic)
    await refused("growth.topic_elsewhere", garden.growth.take_up(garden.wan, "s-radio", topic))
    for number in (1, 2):
        for state in ("running", "reflecting"):
            await garden.growth.advance(garden.wan, "en", f"{number} {state}")
        await garden.growth.begin(garden.wan, 90)
        (plan,) = (await garden.growth.plan(garden.wan, "s-seeds")).plans
        assert (plan.choices[0].reason, plan.choices[0].topic) == (Reason.CARRIED_OVER, topic)
        await garden.growth.take_up(garden.wan, "s-seeds", topic)
        seeds = (await garden.growth.cycle(garden.fern)).space("s-seeds")
        assert seeds is not None
        assert [each.carried_over for each in seeds.topics] == [number]
        await garden.feed("s-radio", "s-seeds")
        await garden.feed("s-seeds", "s-safe")
        await garden.growth.advance(garden.wan, "en", f"{number + 1} planning")


async def test_only_a_topic_that_was_chosen_for_the_space_is_taken_up(garden: Garden) -> None:
    topic = await garden.net.chosen_topic("s-seeds", "Saving seeds")
    await garden.growth.begin(garden.wan, 90)
    await refused("growth.no_topic", garden.growth.take_up(garden.wan, "s-radio", topic))
    await refused("growth.no_topic", garden.growth.take_up(garden.wan, "s-radio", "nothing"))


async def test_what_was_not_passed_on_in_the_last_round_is_named_in_the_next(garden: Garden) -> None:
    await garden.run()
    for state in ("running", "reflecting"):
        await garden.growth.advance(garden.wan, "en", f"1 {state}")
    (plan,) = (await garden.growth.plan(garden.wan, "s-radio")).plans
    assert Missing.PASSED_ON in plan.missing
    assert [each.what for each in plan.late] == ["Ten recordings"]


async def test_somebody_sees_what_comes_next_for_their_own_spaces(garden: Garden) -> None:
    outlook = await garden.growth.next(garden.fern)
    assert [each.space.key for each in outlook.plans] == ["s-radio"]
    assert outlook.runs == frozenset()
    assert (await garden.growth.next(garden.moss)).runs == {"s-radio"}


async def test_an_unlisted_space_is_seen_by_its_own_people_only(garden: Garden) -> None:
    await garden.net.space("s-quiet", "The quiet house", access=Access.UNLISTED)
    insider = await garden.net.join("Reed")
    await garden.net.enter(insider, "s-quiet")
    await garden.growth.begin(garden.wan, 90)
    await garden.feed("s-quiet", "s-radio", "What was learnt quietly")
    for account, sees in ((garden.fern, False), (garden.moss, False), (insider, True), (garden.wan, True)):
        cycle = await garden.growth.cycle(account)
        assert (cycle.space("s-quiet") is not None) is sees
        assert any(each.what == "What was learnt quietly" for each in cycle.feeds) is sees
    await garden.growth.publish(garden.wan, with_picture=True)
    posts = await garden.net.effects("post")
    assert {each["place"] for each in posts} == {f"channel of {key}" for key in ("s-radio", "s-seeds", "s-safe")}
    assert not any("quiet" in each["twin"] for each in posts)


async def test_a_post_says_in_words_what_its_picture_shows_and_there_are_few_of_them(garden: Garden) -> None:
    await garden.run()
    assert await garden.growth.publish(garden.wan, with_picture=True) == 3
    post = (await garden.net.effects("post"))[0]
    assert post["attach"] == "growth:1"
    assert post["language"] == "th"
    assert "Ten recordings" in post["twin"]
    for _ in range(2):
        await garden.growth.publish(garden.wan, with_picture=False)
    await refused("growth.posts", garden.growth.publish(garden.wan, with_picture=False))


async def test_no_word_of_it_can_be_read_in_the_database_and_no_person_is_in_the_audit(garden: Garden) -> None:
    await garden.run()
    await garden.growth.write_note(garden.wan, "en", "s-radio", "We move to another valley")

    def everything(connection: Connection) -> str:
        return repr([row for table in metadata.sorted_tables for row in connection.execute(select(table)).all()])

    kept = await garden.net.network.database.look(everything)
    assert "Ten recordings" not in kept
    assert "another valley" not in kept
    assert {action for _, action in await garden.net.audit()} >= {
        "growth.fed",
        "growth.noted",
        "growth.round_begun",
    }


@pytest.mark.parametrize("what", ["x", "y" * 121, "two\u202ewords"])
async def test_what_is_passed_on_is_said_in_a_few_visible_words(garden: Garden, what: str) -> None:
    await garden.growth.begin(garden.wan, 90)
    with pytest.raises(Refusal, match=r"growth\.(too_short|too_long|invisible)") as caught:
        await garden.feed("s-radio", "s-seeds", what)
    assert all(said_in_every_language(caught.value))


async def test_a_paused_space_keeps_its_feeds_and_gets_no_new_ones(garden: Garden) -> None:
    await garden.run()
    await garden.net.move("s-seeds", SpaceState.PAUSED)
    seeds = (await garden.growth.cycle(garden.fern)).space("s-seeds")
    assert seeds is not None
    assert not seeds.is_open
    await refused("growth.not_open", garden.growth.feed(garden.wan, "en", ("s-radio", "s-seeds"), "A list"))
    await garden.net.move("s-seeds", SpaceState.ARCHIVED)
    assert (await garden.growth.cycle(garden.fern)).space("s-seeds") is not None


async def test_what_a_room_reads_is_the_words_with_their_lines_as_they_are(garden: Garden) -> None:
    await garden.run()
    await garden.growth.publish(garden.wan, with_picture=False)
    due = await garden.net.network.look(lambda unit: unit.outbox.due(unit.now, 100))
    effect = next(each for each in due if each.kind == "post")
    card = notice(
        effect,
        None,
        cast("PlatformPort", SpellingPort()),
        rules=garden.net.network.rules,
        catalogues=catalogues(),
        titles=Titles(),
    )
    assert "**Community radio**" in card.text
    assert card.text.count("\n") > 3


class SpellingPort:
    """Spells commands, which is all a notice asks of a port."""

    def spell(self, path: str, language: Language) -> str:
        return f"/{path}"
