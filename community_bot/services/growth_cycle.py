"""Reading the Growth Cycle: the spaces in it, their stages, topics and feeds; and what a plan is computed from."""

from __future__ import annotations

from collections.abc import Iterable

from community_bot.domain.growth import Cycle, CycleSpace, Feed, Round, RoundState, RoundTopic
from community_bot.domain.growth_plan import ChosenTopic, SpaceFacts, VoicedNeed
from community_bot.domain.roles import NETWORK, Power
from community_bot.domain.space_design import Access, SpaceDesign
from community_bot.domain.space_state import TAKES_MEMBERS, SpaceState
from community_bot.domain.topics import LIVE, DecidedBy, TopicState
from community_bot.services.network import Asker, Unit
from db.growth_store import FeedRow, GrowthStore, RoundRow
from db.need_store import NeedStore
from db.space_rows import SpaceRow
from db.topic_store import TopicRow, TopicStore

TURNING = (SpaceState.PILOT, SpaceState.ACTIVE, SpaceState.PAUSED)
"""Spaces that are in the cycle; those that only stand in feeds of a round come with it."""
_BORNE_BY = frozenset({*(each.value for each in LIVE), TopicState.CHOSEN.value})


def growth_of(unit: Unit) -> GrowthStore:
    """Return the rounds."""
    return GrowthStore(unit.connection, unit.keys)


def cycle_of(unit: Unit, number: int | None = None) -> Cycle:
    """Return the whole cycle in a round, or in the newest one: for who may see everything."""
    store = growth_of(unit)
    row = store.last() if number is None else store.get(number)
    feeds = [] if row is None else [feed_of(each) for each in store.feeds(row.number)]
    notes = {} if row is None else store.notes(row.number)
    topics = {} if row is None else _topics(unit, row.number)
    spaces = unit.layouts.of_state([each.value for each in TURNING])
    known = {each.key for each in spaces}
    spaces += unit.layouts.of_keys(
        sorted({key for each in feeds for key in (each.from_space, each.to_space)} - known)
    )
    return Cycle(
        None if row is None else round_of(row),
        unit.rules.stages,
        tuple(_space(each, topics.get(each.key, ()), notes.get(each.key), unit) for each in spaces),
        tuple(feeds),
    )


def round_of(row: RoundRow) -> Round:
    """Return a round as a value."""
    return Round(row.number, RoundState(row.state), row.starts_on, row.ends_on)


def feed_of(row: FeedRow) -> Feed:
    """Return a feed as a value."""
    return Feed(row.id, row.from_space, row.to_space, row.what, row.passed_on is not None)


def _space(row: SpaceRow, topics: Iterable[RoundTopic], note: str | None, unit: Unit) -> CycleSpace:
    stages = {each.key for each in unit.rules.stages}
    return CycleSpace(
        row.key,
        SpaceDesign.unpacked(row.design).titles,
        row.stage if row.stage in stages else None,
        SpaceState(row.state) in TAKES_MEMBERS,
        tuple(topics),
        note,
    )


def _topics(unit: Unit, number: int) -> dict[str, list[RoundTopic]]:
    rows = growth_of(unit).topics(number)
    words = {
        each.id: each for each in TopicStore(unit.connection, unit.keys).of_ids([row.topic_id for row in rows])
    }
    found: dict[str, list[RoundTopic]] = {}
    for row in rows:
        if row.topic_id in words:
            topic = RoundTopic(row.topic_id, words[row.topic_id].title, row.carried_over)
            found.setdefault(row.space, []).append(topic)
    return found


# ── who may see what


def seen_by_all(unit: Unit, cycle: Cycle) -> Cycle:
    """Return what may be shown to everybody: nothing of unlisted spaces."""
    return cycle.only(_listed(unit, cycle))


def seen_by(unit: Unit, asker: Asker, cycle: Cycle) -> Cycle:
    """Return what somebody may see: unlisted spaces only where they are in them, or run them."""
    own = {space for space, _ in unit.spaces.of(asker.known.id)}
    run = {each.key for each in cycle.spaces if asker.may(Power.RUN_SPACE, each.key)}
    return cycle.only(_listed(unit, cycle) | own | run)


def _listed(unit: Unit, cycle: Cycle) -> set[str]:
    rows = unit.layouts.of_keys([each.key for each in cycle.spaces])
    return {row.key for row in rows if row.access != Access.UNLISTED.value}


# ── what a plan is computed from


def upcoming(unit: Unit) -> int:
    """Return the number of the round that is planned: the one that is not closed, or the one after the last."""
    last = growth_of(unit).last()
    if last is None:
        return 1
    return last.number + 1 if last.state == RoundState.CLOSED.value else last.number


def facts_of(unit: Unit, cycle: Cycle) -> list[SpaceFacts]:
    """Return what the planner needs to know of the spaces of ``cycle``."""
    number = upcoming(unit)
    last = _topics(unit, number - 1)
    used = growth_of(unit).topics_of_all_rounds()
    keys = [each.key for each in cycle.spaces]
    topics = TopicStore(unit.connection, unit.keys).of_scopes([*keys, NETWORK], [each.value for each in TopicState])
    borne = {each.need_id for each in topics if each.state in _BORNE_BY}
    chosen = [each for each in topics if each.state == TopicState.CHOSEN.value and each.id not in used]
    return [
        SpaceFacts(
            each,
            tuple(last.get(each.key, ())),
            tuple(_chosen(topic) for topic in chosen if topic.scope in (each.key, NETWORK)),
            _needs(unit, each.key, borne),
        )
        for each in cycle.spaces
    ]


def _chosen(row: TopicRow) -> ChosenTopic:
    return ChosenTopic(row.id, row.title, row.decided_by == DecidedBy.VOTE.value)


def _needs(unit: Unit, scope: str, borne: set[str | None]) -> tuple[VoicedNeed, ...]:
    rows = NeedStore(unit.connection, unit.keys).of_scope(scope, ("open", "chosen"))
    return tuple(
        VoicedNeed(row.id, row.text, row.voices, taken_up=row.state == "chosen" or row.id in borne) for row in rows
    )
