"""The planner of the Growth Cycle: what each space passes on, what is missing, what to choose next (GRW-3).

It works on plain values and says nothing about people: no input has a place for one. The same values give the same
plan, so that two facilitators look at the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from community_bot.domain.growth import CycleSpace, Feed, RoundTopic, circle, unconnected

MOST_CHOICES = 5
"""Suggestions for one space: as many as there are buttons in a row."""
FEWEST_VOICES = 2
"""A need that one person voiced is quoted nowhere but in the list of needs (NEED-2)."""


class Missing(StrEnum):
    """What a space lacks."""

    STAGE = "stage"
    TOPIC = "topic"
    FEED = "feed"
    PASSED_ON = "passed_on"
    NEED = "need"


class Reason(StrEnum):
    """Why something is suggested, the weightiest first."""

    CARRIED_OVER = "carried_over"
    CHOSEN_BY_VOTE = "chosen_by_vote"
    DECIDED = "decided"
    FEED_BRINGS = "feed_brings"
    MOST_VOICED = "most_voiced"


@dataclass(frozen=True, slots=True)
class ChosenTopic:
    """A topic that was decided on for a space and has been in no round yet."""

    id: str
    title: str
    by_vote: bool


@dataclass(frozen=True, slots=True)
class VoicedNeed:
    """A need of a space's people. ``taken_up``: a topic has come of it."""

    id: str
    words: str
    voices: int
    taken_up: bool


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """What the planner knows of one space. ``last_topics`` are those of the round before."""

    space: CycleSpace
    last_topics: tuple[RoundTopic, ...] = ()
    chosen: tuple[ChosenTopic, ...] = ()
    needs: tuple[VoicedNeed, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose next. ``topic`` is the id of the topic that can be taken up at once, if it is one."""

    reason: Reason
    words: str
    topic: str | None = None
    voices: int = 0


@dataclass(frozen=True, slots=True)
class SpacePlan:
    """What the planner says of one space."""

    space: CycleSpace
    passes_on: tuple[Feed, ...]
    comes_in: tuple[Feed, ...]
    missing: tuple[Missing, ...]
    choices: tuple[Choice, ...]
    late: tuple[Feed, ...] = ()
    """What it was to pass on in the round before and did not."""
    could_feed: str | None = None
    """A space that it could pass something on to, for one that feeds none and is fed by none."""


def plan(facts: Sequence[SpaceFacts], feeds: Sequence[Feed], last_feeds: Sequence[Feed]) -> list[SpacePlan]:
    """Return the plan of every open space, in the order given.

    What is suggested keeps GRW-2: the feeds there are and all that are suggested together have no circle.
    """
    open_facts = [each for each in facts if each.space.is_open]
    suggested = _suggested_feeds([each.space for each in open_facts], feeds)
    return [_planned(each, feeds, last_feeds, suggested.get(each.space.key)) for each in open_facts]


def _planned(
    facts: SpaceFacts, feeds: Sequence[Feed], last_feeds: Sequence[Feed], could_feed: str | None
) -> SpacePlan:
    space = facts.space
    passes_on = tuple(each for each in feeds if each.from_space == space.key)
    comes_in = tuple(each for each in feeds if each.to_space == space.key)
    late = tuple(each for each in last_feeds if each.from_space == space.key and not each.passed_on)
    waiting = _most_voiced(facts.needs)
    missing: list[Missing] = []
    if space.stage is None:
        missing.append(Missing.STAGE)
    if not space.topics:
        missing.append(Missing.TOPIC)
    if unconnected([space], feeds):
        missing.append(Missing.FEED)
    if late:
        missing.append(Missing.PASSED_ON)
    if waiting is not None:
        missing.append(Missing.NEED)
    return SpacePlan(
        space, passes_on, comes_in, tuple(missing), _choices(facts, comes_in, waiting), late, could_feed
    )


def _choices(facts: SpaceFacts, comes_in: Iterable[Feed], waiting: VoicedNeed | None) -> tuple[Choice, ...]:
    taken = {each.id for each in facts.space.topics}
    found = [Choice(Reason.CARRIED_OVER, each.title, each.id) for each in facts.last_topics if each.id not in taken]
    known = taken | {each.id for each in facts.last_topics}
    for by_vote, reason in ((True, Reason.CHOSEN_BY_VOTE), (False, Reason.DECIDED)):
        found += [
            Choice(reason, each.title, each.id)
            for each in facts.chosen
            if each.by_vote is by_vote and each.id not in known
        ]
    # beside many topics, the need keeps its place
    found = found[: MOST_CHOICES - (waiting is not None)]
    if waiting is not None:
        found.append(Choice(Reason.MOST_VOICED, waiting.words, voices=waiting.voices))
    brought = [Choice(Reason.FEED_BRINGS, each.what) for each in comes_in]
    found += brought[: MOST_CHOICES - len(found)]
    return tuple(sorted(found, key=lambda each: list(Reason).index(each.reason)))


def _most_voiced(needs: Iterable[VoicedNeed]) -> VoicedNeed | None:
    """Return the need with most voices when nothing has come of it; the older one of two alike."""
    ordered = sorted(needs, key=lambda each: (-each.voices, each.id))
    first = ordered[0] if ordered else None
    return None if first is None or first.taken_up or first.voices < FEWEST_VOICES else first


def _suggested_feeds(spaces: Sequence[CycleSpace], feeds: Sequence[Feed]) -> Mapping[str, str]:
    """Say, for each space that stands alone, which space it could pass something on to.

    The nearest one behind it in the order of the cycle, which ends where it began; no circle with what there is or
    was suggested before.
    """
    so_far = list(feeds)
    found: dict[str, str] = {}
    for alone in unconnected(spaces, feeds):
        at = spaces.index(alone)
        others = [*spaces[at + 1 :], *spaces[:at]]
        fitting = (each for each in others if each.stage != alone.stage or len(others) == 1)
        for each in fitting:
            if not circle(so_far, alone.key, each.key):
                found[alone.key] = each.key
                so_far.append(Feed("", alone.key, each.key, ""))
                break
    return found
