"""The Growth Cycle: its stages, its rounds, and which spaces feed which (DOMAIN 3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from community_bot.domain.refusal import Refusal
from community_bot.domain.words import Words

SHORTEST_ROUND, USUAL_ROUND, LONGEST_ROUND = 14, 90, 366
"""Days that a round takes."""
LONGEST_WHAT = 120
"""Characters of what is passed on: it stands in a picture."""
LONGEST_NOTE = 300


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the cycle. Its order is that of the settings."""

    key: str
    titles: Words


class RoundState(StrEnum):
    """Where a round is. There is at most one that is not closed."""

    PLANNING = "planning"
    RUNNING = "running"
    REFLECTING = "reflecting"
    CLOSED = "closed"


_ORDER = tuple(RoundState)


def after_round(state: RoundState) -> RoundState:
    """Return the state that follows. Raises :class:`Refusal` ``growth.round_over`` when none does."""
    if state is RoundState.CLOSED:
        raise Refusal("growth.round_over")
    return _ORDER[_ORDER.index(state) + 1]


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of the cycle, from 1; ``ends_on`` is the day that was planned for."""

    number: int
    state: RoundState
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Feed:
    """What one space passes on to another in a round, in the words of whoever planned it."""

    id: str
    from_space: str
    to_space: str
    what: str
    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class RoundTopic:
    """What a space works on in a round. ``carried_over``: for how many rounds it has been taken along."""

    id: str
    title: str
    carried_over: int = 0


@dataclass(frozen=True, slots=True)
class CycleSpace:
    """One learning space in the cycle. ``is_open``: people learn there now; the others only stand in old feeds."""

    key: str
    titles: Words
    stage: str | None
    is_open: bool = True
    topics: tuple[RoundTopic, ...] = ()
    note: str | None = None
    """Why it feeds none and is fed by none."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """The whole of it, as one reader may see it."""

    round: Round | None
    stages: tuple[Stage, ...]
    spaces: tuple[CycleSpace, ...]
    feeds: tuple[Feed, ...]

    def space(self, key: str) -> CycleSpace | None:
        """Find a space."""
        return next((each for each in self.spaces if each.key == key), None)

    def by_stage(self) -> list[tuple[Stage | None, list[CycleSpace]]]:
        """Return each stage with its spaces, in their order; last, under None, those without a stage (any more)."""
        known = {each.key for each in self.stages}
        found: list[tuple[Stage | None, list[CycleSpace]]] = [
            (stage, [each for each in self.spaces if each.stage == stage.key]) for stage in self.stages
        ]
        without = [each for each in self.spaces if each.stage not in known]
        return [*found, (None, without)] if without else found

    def only(self, keys: Iterable[str]) -> Cycle:
        """Return what somebody may see who may know of these spaces only."""
        seen = frozenset(keys)
        return Cycle(
            self.round,
            self.stages,
            tuple(each for each in self.spaces if each.key in seen),
            tuple(each for each in self.feeds if {each.from_space, each.to_space} <= seen),
        )


def circle(feeds: Iterable[Feed], from_space: str, to_space: str) -> tuple[str, ...]:
    """Return the circle that one more feed would close, first and last the same; nothing when it closes none.

    GRW-2: within a round what is passed on comes back to nobody, or who waits for whom is never settled.
    """
    if from_space == to_space:
        return (from_space, to_space)
    onward = _onward((each.from_space, each.to_space) for each in feeds)
    # the shortest way back, so that the sentence names no space without need
    ways: list[tuple[str, ...]] = [(to_space,)]
    seen = {to_space}
    for way in ways:
        for following in onward.get(way[-1], ()):
            if following == from_space:
                return (from_space, *way, from_space)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


def check_feed(feeds: Sequence[Feed], from_space: str, to_space: str, titles: Mapping[str, str]) -> None:
    """Pass only when the feeds of a round stay acyclic and none stands twice.

    Raises :class:`Refusal` ``growth.feed_itself``, ``growth.feed_twice``, or ``growth.circle`` with the circle in
    words: "A → B → C → A".
    """
    if from_space == to_space:
        raise Refusal("growth.feed_itself", field="to")
    if any((each.from_space, each.to_space) == (from_space, to_space) for each in feeds):
        raise Refusal("growth.feed_twice", field="to")
    closed = circle(feeds, from_space, to_space)
    if closed:
        raise Refusal("growth.circle", field="to", circle=" → ".join(titles.get(key, key) for key in closed))


def unconnected(spaces: Iterable[CycleSpace], feeds: Iterable[Feed]) -> list[CycleSpace]:
    """Return the open spaces that feed none and are fed by none, and have no note why (DOMAIN 3.7)."""
    touched = {key for each in feeds for key in (each.from_space, each.to_space)}
    return [each for each in spaces if each.is_open and each.key not in touched and each.note is None]


def _onward(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for from_space, to_space in pairs:
        found.setdefault(from_space, []).append(to_space)
    return found
