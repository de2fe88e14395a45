"""Needs: what people must learn, said without saying who (TOP-1), and what is told of them together (NEED-1, 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from community_bot.domain.refusal import Refusal
from community_bot.domain.similarity import groups, most_similar, similar_pairs
from community_bot.domain.topics import read_words

SHORTEST, LONGEST = 12, 300
"""One or two sentences."""
FEWEST_QUOTED = 2
"""The pulse quotes no need with fewer voices: what one person said, in their own words, may tell who (NEED-2)."""
MOST_SIMILAR = 3
"""Shown to somebody who is adding a need: more would not be read on a phone."""


class NeedState(StrEnum):
    """Where a need is. ``chosen``: a topic that answers it was chosen."""

    OPEN = "open"
    MERGED = "merged"
    CHOSEN = "chosen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Voiced:
    """One need as far as comparing goes: its words, and how many voices it has."""

    id: str
    text: str
    voices: int


@dataclass(frozen=True, slots=True)
class Theme:
    """Needs that are alike: the words of the one with the most voices, and the voices of all of them."""

    text: str
    voices: int
    needs: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """What people need, in themes; ``quiet`` needs have too few voices to be quoted, and are like no other."""

    themes: tuple[Theme, ...]
    quiet: int


def read_need(text: str) -> str:
    """Return the words of a need in their one spelling. Raises :class:`Refusal` ``need.*`` for field ``need``."""
    return read_words(text, family="need", field="need", shortest=SHORTEST, longest=LONGEST)


def week_of(day: date) -> date:
    """Return the Monday of a day's week: all that is kept of when a need was said."""
    return day - timedelta(days=day.weekday())


def similar_to(text: str, needs: Iterable[Voiced]) -> list[str]:
    """Return the ids of needs that say perhaps the same, the most alike first."""
    return most_similar(text, {each.id: each.text for each in needs}, limit=MOST_SIMILAR)


def proposals(needs: Iterable[Voiced], *, limit: int) -> list[tuple[str, str]]:
    """Return pairs of needs that are likely the same, for a facilitator to merge; each pair (kept, taken in)."""
    known = {each.id: each for each in needs}
    found = similar_pairs({each.id: each.text for each in known.values()})
    pairs = [(one, other) if known[one].voices >= known[other].voices else (other, one) for one, other in found]
    return pairs[:limit]


def check_merge(kept: str, taken: str, states: tuple[NeedState, NeedState]) -> None:
    """Pass when one need can become part of another. Raises :class:`Refusal` ``need.itself``, ``need.over``."""
    if kept == taken:
        raise Refusal("need.itself", field="second")
    if any(state is not NeedState.OPEN for state in states):
        raise Refusal("need.over")


def pulse(needs: Iterable[Voiced], *, limit: int) -> Pulse:
    """Return the themes, those with the most voices first.

    A theme is named by a need that at least two voices stand behind. One that is made of lone voices only is
    counted and not quoted, however many they are.
    """
    known = {each.id: each for each in sorted(needs, key=lambda each: -each.voices)}
    themes, quiet = [], 0
    for group in groups({each.id: each.text for each in known.values()}):
        first = known[group[0]]
        if first.voices < FEWEST_QUOTED:
            quiet += len(group)
            continue
        themes.append(Theme(first.text, sum(known[each].voices for each in group), len(group)))
    themes.sort(key=lambda theme: -theme.voices)
    return Pulse(tuple(themes[:limit]), quiet)
