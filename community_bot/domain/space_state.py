"""The life of a learning space: its states, what leads from one to the next, and what must be so for it (3.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from community_bot.domain.refusal import Refusal

FEWEST_FACILITATORS = 2
FEWEST_ORGANISATIONS = 2
ALONE_FOR = timedelta(days=14)
"""A space without a facilitator is paused after this."""


class SpaceState(StrEnum):
    """Where a space is in its life."""

    DRAFT = "draft"
    PILOT = "pilot"
    ACTIVE = "active"
    PAUSED = "paused"
    CLOSING = "closing"
    ARCHIVED = "archived"
    PURGED = "purged"


class SpaceMove(StrEnum):
    """What moves it on."""

    OPEN = "open"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    PURGE = "purge"


_S, _M = SpaceState, SpaceMove
_MOVES: dict[tuple[SpaceState, SpaceMove], SpaceState] = {
    (_S.DRAFT, _M.OPEN): _S.ACTIVE,
    (_S.DRAFT, _M.ARCHIVE): _S.ARCHIVED,
    (_S.PILOT, _M.OPEN): _S.ACTIVE,
    (_S.PILOT, _M.PAUSE): _S.PAUSED,
    (_S.PILOT, _M.CLOSE): _S.CLOSING,
    (_S.ACTIVE, _M.PAUSE): _S.PAUSED,
    (_S.ACTIVE, _M.CLOSE): _S.CLOSING,
    (_S.PAUSED, _M.RESUME): _S.ACTIVE,
    (_S.PAUSED, _M.CLOSE): _S.CLOSING,
    (_S.CLOSING, _M.REOPEN): _S.ACTIVE,
    (_S.CLOSING, _M.ARCHIVE): _S.ARCHIVED,
    (_S.ARCHIVED, _M.PURGE): _S.PURGED,
}
"""Every step that exists, for a space that is no pilot (any more)."""

TAKES_MEMBERS = frozenset({SpaceState.PILOT, SpaceState.ACTIVE})
"""Where people can come in."""
STANDS = frozenset(SpaceState) - {SpaceState.PURGED}
"""Where something may stand on the platforms."""


def after_move(state: SpaceState, move: SpaceMove, *, pilot: bool = False) -> SpaceState:
    """Return the state that follows. Raises :class:`Refusal` ``space.move.<state>`` where that is not a way.

    ``pilot``: the space is still an experiment. Then it opens as a pilot, and comes back as one from a pause or
    from closing: going on to active is a step of its own, which nothing passes over.
    """
    following = _MOVES.get((state, move))
    if following is None:
        raise Refusal(f"space.move.{state.value}")
    if pilot and following is SpaceState.ACTIVE and state is not SpaceState.PILOT:
        return SpaceState.PILOT
    return following


def states_before(move: SpaceMove) -> frozenset[SpaceState]:
    """Return the states in which something can be done."""
    return frozenset(state for state, each in _MOVES if each is move)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What counts when people are to come in. ``organisations``: see :func:`organisations_of`."""

    facilitators: int
    organisations: int
    agreed: bool
    experiment: bool
    """Whether an experiment is registered for it."""
    built: bool
    """Whether what is to stand on the platforms stands there."""


def organisations_of(facilitators: Iterable[Set[str]]) -> int:
    """Return of how many organisations facilitators are, when each of them speaks for one at most.

    ``facilitators`` are the organisations of each. Somebody who belongs to two is still one voice, so one such
    person beside somebody without an organisation makes one.
    """
    spoken_for: dict[str, int] = {}
    groups = list(facilitators)

    def finds_one(person: int, tried: set[str]) -> bool:
        for organisation in sorted(groups[person] - tried):
            tried.add(organisation)
            other = spoken_for.get(organisation)
            if other is None or finds_one(other, tried):
                spoken_for[organisation] = person
                return True
        return False

    return sum(finds_one(person, set()) for person in range(len(groups)))


def missing_to(move: SpaceMove, following: SpaceState, ready: Readiness) -> tuple[str, ...]:
    """Return what is missing for people to come in, as stable codes; nothing when they can (DOMAIN 3.3, guards).

    What must be so for a state must be so on every way into it. Only when a space opens does it matter whether it
    stands; what changes there later is drift, and repaired.
    """
    if following not in TAKES_MEMBERS:
        return ()
    found: list[str] = []
    if move is SpaceMove.OPEN and not ready.built:
        found.append("built")
    if following is SpaceState.PILOT:
        if move is SpaceMove.OPEN and not ready.experiment:
            found.append("experiment")
        if ready.facilitators < 1:
            found.append("facilitator")
    else:
        if ready.facilitators < FEWEST_FACILITATORS:
            found.append("facilitators")
        if ready.organisations < FEWEST_ORGANISATIONS:
            found.append("organisations")
    if not ready.agreed:
        found.append("agreements")
    return tuple(found)


CLOSING_CHECKS = ("library", "reviews", "bridges", "roles")
"""The checklist of closing: library published, reviews closed, bridges closed, roles removed."""


class Check(StrEnum):
    """How one point of the checklist stands."""

    DONE = "done"
    NOTHING = "nothing"
    """There is nothing of the kind in this space."""
    WITH_ARCHIVING = "with_archiving"
    """It is done in one go with archiving."""
    OPEN = "open"
    """People have to do something first."""


def closing_checks(*, bridged: bool, open_cohorts: int) -> dict[str, Check]:
    """Return how the checklist stands, in its order.

    Library and reviews come with later capabilities: until then there is nothing of them. The bridge lets go of the
    rooms of a space that closes (``db.space_bridges``); what roles let people do ends with archiving, once no
    cohort is on its way.
    """
    return {
        "library": Check.NOTHING,
        "reviews": Check.NOTHING,
        "bridges": Check.DONE if bridged else Check.NOTHING,
        "roles": Check.OPEN if open_cohorts else Check.WITH_ARCHIVING,
    }


def missing_to_archive(checks: Mapping[str, Check]) -> tuple[str, ...]:
    """Return what of the checklist keeps a space from being archived."""
    return tuple(each for each in CLOSING_CHECKS if checks.get(each, Check.OPEN) is Check.OPEN)


def needs_second_person(state: SpaceState, move: SpaceMove, others: Collection[object]) -> bool:
    """Say whether ending a space takes two people: always, but for a draft that nobody else is in."""
    return not (state is SpaceState.DRAFT and move is SpaceMove.ARCHIVE and not others)
