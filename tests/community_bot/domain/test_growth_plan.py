"""The planner: what is missing, what to choose next and why; about spaces, never about people."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.growth import CycleSpace, Feed, RoundTopic
from community_bot.domain.growth_plan import (
    MOST_CHOICES,
    Choice,
    ChosenTopic,
    Missing,
    Reason,
    SpaceFacts,
    SpacePlan,
    VoicedNeed,
    plan,
)
from tests.community_bot.domain.test_growth import is_acyclic

TOPIC = RoundTopic("t1", "Interviews")
FED = [Feed("f1", "radio", "seeds", "Ten recordings")]


def facts(
    key: str = "radio", *, stage: str | None = "learn", note: str | None = None, **given: object
) -> SpaceFacts:
    topics = given.pop("topics", (TOPIC,))
    space = CycleSpace(key, {"en": key.title()}, stage, topics=topics, note=note)  # type: ignore[arg-type]
    return SpaceFacts(space, **given)  # type: ignore[arg-type]


def planned(only: SpaceFacts, feeds: list[Feed] | None = None, last_feeds: list[Feed] | None = None) -> SpacePlan:
    return plan([only], FED if feeds is None else feeds, last_feeds or [])[0]


@pytest.mark.parametrize(
    ("given", "feeds", "last_feeds", "missing"),
    [
        (facts(), FED, [], ()),
        (facts(stage=None), FED, [], (Missing.STAGE,)),
        (facts(topics=()), FED, [], (Missing.TOPIC,)),
        (facts(), [], [], (Missing.FEED,)),
        (facts(note="The rains"), [], [], ()),
        (facts(), FED, [Feed("f0", "radio", "maps", "A list")], (Missing.PASSED_ON,)),
        (facts(), FED, [Feed("f0", "radio", "maps", "A list", passed_on=True)], ()),
        (facts(), FED, [Feed("f0", "maps", "radio", "A list")], ()),
        (facts(needs=(VoicedNeed("n", "To be heard", 3, taken_up=False),)), FED, [], (Missing.NEED,)),
        (facts(needs=(VoicedNeed("n", "To be heard", 3, taken_up=True),)), FED, [], ()),
        (facts(needs=(VoicedNeed("n", "To be heard", 1, taken_up=False),)), FED, [], ()),
        (facts(stage=None, topics=()), [], [], (Missing.STAGE, Missing.TOPIC, Missing.FEED)),
    ],
)
def test_what_is_missing_is_named(
    given: SpaceFacts, feeds: list[Feed], last_feeds: list[Feed], missing: tuple[Missing, ...]
) -> None:
    assert planned(given, feeds, last_feeds).missing == missing


def test_what_to_choose_next_comes_with_its_reason_the_weightiest_first() -> None:
    found = planned(
        facts(
            topics=(),
            last_topics=(RoundTopic("old", "Cutting sound"),),
            chosen=(ChosenTopic("d", "Archives", by_vote=False), ChosenTopic("v", "Street theatre", by_vote=True)),
            needs=(VoicedNeed("n2", "Less", 2, taken_up=False), VoicedNeed("n1", "To be heard", 7, taken_up=False)),
        ),
        [Feed("f", "seeds", "radio", "A calendar of sowing")],
    )
    assert found.choices == (
        Choice(Reason.CARRIED_OVER, "Cutting sound", "old"),
        Choice(Reason.CHOSEN_BY_VOTE, "Street theatre", "v"),
        Choice(Reason.DECIDED, "Archives", "d"),
        Choice(Reason.FEED_BRINGS, "A calendar of sowing"),
        Choice(Reason.MOST_VOICED, "To be heard", voices=7),
    )


def test_a_need_keeps_its_place_beside_many_topics() -> None:
    chosen = tuple(ChosenTopic(str(number), f"Topic {number}", by_vote=True) for number in range(9))
    found = planned(facts(chosen=chosen, needs=(VoicedNeed("n", "To be heard", 2, taken_up=False),)))
    assert len(found.choices) == MOST_CHOICES
    assert found.choices[-1].reason is Reason.MOST_VOICED


def test_what_is_in_the_round_already_is_not_suggested_again() -> None:
    found = planned(facts(last_topics=(TOPIC,), chosen=(ChosenTopic(TOPIC.id, TOPIC.title, by_vote=True),)))
    assert found.choices == ()


def test_a_space_that_stands_alone_is_shown_whom_it_could_feed() -> None:
    found = plan(
        [facts("radio", stage="learn"), facts("seeds", stage="learn"), facts("maps", stage="next")], [], []
    )
    assert [(each.space.key, each.could_feed) for each in found] == [
        ("radio", "maps"),
        ("seeds", "maps"),
        ("maps", None),
    ]


WORDS = st.text(alphabet="กขคabc ", min_size=1, max_size=6)
NEEDS = st.builds(
    VoicedNeed, st.text("0123456789", min_size=2, max_size=4), WORDS, st.integers(1, 9), taken_up=st.booleans()
)
TOPICS = st.lists(st.builds(RoundTopic, st.sampled_from("pqrs"), WORDS), max_size=3, unique_by=lambda each: each.id)
CHOSEN = st.lists(
    st.builds(ChosenTopic, st.sampled_from("pqrsuvw"), WORDS, by_vote=st.booleans()),
    max_size=7,
    unique_by=lambda each: each.id,
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[SpaceFacts], list[Feed], list[Feed]]:
    keys = draw(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8))
    found = [
        SpaceFacts(
            CycleSpace(
                key,
                {"en": key},
                draw(st.sampled_from([None, "one", "two", "three"])),
                draw(st.booleans()),
                tuple(draw(TOPICS)),
                draw(st.sampled_from([None, "a note"])),
            ),
            tuple(draw(TOPICS)),
            tuple(draw(CHOSEN)),
            tuple(draw(st.lists(NEEDS, max_size=4, unique_by=lambda each: each.id))),
        )
        for key in keys
    ]
    pairs = draw(st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(keys)), max_size=10)) if keys else []
    # forward only: what stands is acyclic
    ordered = [sorted(pair, key=keys.index) for pair in pairs if len(set(pair)) == 2]
    feeds = [Feed(f"f{number}", one, other, draw(WORDS)) for number, (one, other) in enumerate(ordered)]
    return found, feeds, [Feed(each.id, each.from_space, each.to_space, each.what, True) for each in feeds[:3]]


@given(networks())
def test_what_is_suggested_never_closes_a_circle(given: tuple[list[SpaceFacts], list[Feed], list[Feed]]) -> None:
    known, feeds, last = given
    suggested = [
        Feed(f"s{each.space.key}", each.space.key, each.could_feed, "")
        for each in plan(known, feeds, last)
        if each.could_feed is not None
    ]
    assert is_acyclic([*feeds, *suggested])


@given(networks())
def test_the_same_values_give_the_same_plan(given: tuple[list[SpaceFacts], list[Feed], list[Feed]]) -> None:
    known, feeds, last = given
    assert plan(known, feeds, last) == plan(list(known), tuple(feeds), tuple(last))


@given(networks())
def test_nothing_is_said_that_was_not_in_titles_needs_and_feeds(
    given: tuple[list[SpaceFacts], list[Feed], list[Feed]],
) -> None:
    """No input has a place for a person, and no output has words of its own: so nobody can be named."""
    known, feeds, last = given
    for each in plan(known, feeds, last):
        own = next(one for one in known if one.space == each.space)
        titles = {one.title for one in own.last_topics} | {one.title for one in own.chosen}
        assert {choice.words for choice in each.choices} <= (
            titles | {one.words for one in own.needs} | {feed.what for feed in feeds}
        )
        assert len(each.choices) <= MOST_CHOICES


def test_no_value_of_the_planner_has_a_place_for_a_person() -> None:
    names = {
        field.name for kind in (SpaceFacts, ChosenTopic, VoicedNeed, Choice, SpacePlan) for field in fields(kind)
    }
    assert not {
        name for name in names if "member" in name or "alias" in name or "account" in name or "by_who" in name
    }
