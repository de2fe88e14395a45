"""Experiments (EXP-1 to 3, DOMAIN 3.8): what is tried in a pilot, fixed before it begins so that nobody is tempted.

What was to be measured, how many people that takes, and when it ends are frozen at registration; what is decided at
the end is decided about that, and not about whatever looked good by then.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from hashlib import sha256

from community_bot.domain.refusal import Refusal

SHORTEST, LONGEST_QUESTION, LONGEST_HYPOTHESIS, LONGEST_NOTE = 10, 300, 500, 600
LEAST_N, LARGEST_N = 5, 10_000
"""Below five nothing could be shown anyway (PRV-4)."""
SOONEST, LATEST = timedelta(days=1), timedelta(days=730)
LONGEST_ARM = 40
MARK = 8
"""Letters of the digest that people compare."""
MEASURES = (
    *("MET-2b", "MET-3", "MET-4", "MET-4b", "MET-5", "MET-6", "MET-6b", "MET-7", "MET-8", "MET-9", "MET-10"),
    *("MET-11", "MET-12", "MET-13", "MET-14", "MET-15", "MET-16"),
)
"""What can be measured (DOMAIN 5.1). Coverage and the bar of members are no outcome of anything tried."""


class ExperimentState(StrEnum):
    """Where an experiment is. A draft lasts from filling in the form to saying that it is right."""

    DRAFT = "draft"
    REGISTERED = "registered"
    RUNNING = "running"
    STOPPED = "stopped"
    DECIDED = "decided"


class Decision(StrEnum):
    """What is decided about what was tried."""

    KEEP = "keep"
    ADAPT = "adapt"
    STOP = "stop"


OPEN = frozenset(ExperimentState) - {ExperimentState.DECIDED}
"""One at a time in a space."""
OPENS_A_PILOT = frozenset({ExperimentState.REGISTERED, ExperimentState.RUNNING})


@dataclass(frozen=True, slots=True)
class Design:
    """What is frozen at registration. ``least``: how many people it takes to say anything."""

    question: str
    hypothesis: str
    measure: str
    least: int
    stops_on: date

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"Design({self.measure})"


def check_design(design: Design, today: date) -> None:
    """Pass when it can be registered. Raises :class:`Refusal` ``experiment.*`` with the field to correct."""
    if design.measure not in MEASURES:
        raise Refusal("experiment.measure", field="measure")
    if not LEAST_N <= design.least <= LARGEST_N:
        raise Refusal("experiment.least", field="least", least=LEAST_N, most=LARGEST_N)
    if not today + SOONEST <= design.stops_on <= today + LATEST:
        raise Refusal("experiment.stops_on", field="stops_on", days=LATEST.days)


def read_least(text: str) -> int:
    """Return the number of people as typed, in Arabic or Thai digits. Raises :class:`Refusal`."""
    bare = text.strip()
    if not bare.isdecimal() or len(bare) > 6:
        raise Refusal("experiment.least", field="least", least=LEAST_N, most=LARGEST_N)
    return int(bare)


def digest_of(space: str, design: Design, registered_on: date) -> str:
    """Return the seal over everything that is frozen (SHA-256 over canonical JSON): it changes with any of it."""
    frozen = {
        "space": space,
        "question": design.question,
        "hypothesis": design.hypothesis,
        "measure": design.measure,
        "least": design.least,
        "stops_on": design.stops_on.isoformat(),
        "registered_on": registered_on.isoformat(),
    }
    written = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(written.encode()).hexdigest()


def check_arms_open(state: ExperimentState) -> None:
    """Pass while arms can still be named: before the start. Raises :class:`Refusal` ``experiment.arms_fixed``."""
    if state not in (ExperimentState.DRAFT, ExperimentState.REGISTERED):
        raise Refusal("experiment.arms_fixed")


def after_stop(state: ExperimentState) -> ExperimentState:
    """Return the state after stopping early. Raises :class:`Refusal` ``experiment.not_running``."""
    if state not in OPENS_A_PILOT:
        raise Refusal("experiment.not_running")
    return ExperimentState.STOPPED


def check_decision(state: ExperimentState, stops_on: date, today: date) -> None:
    """Pass when it can be decided: after its stop date, or after it was stopped (EXP-3).

    Raises :class:`Refusal` ``experiment.too_early``, ``experiment.decided``, ``experiment.not_begun``.
    """
    if state is ExperimentState.DECIDED:
        raise Refusal("experiment.decided")
    if state in (ExperimentState.DRAFT, ExperimentState.REGISTERED):
        raise Refusal("experiment.not_begun")
    if state is ExperimentState.RUNNING and today <= stops_on:
        raise Refusal("experiment.too_early", day=stops_on)


def is_too_few(people: int, least: int) -> bool:
    """Say whether there are too few to say anything; that is said with the decision, and stands beside it."""
    return people < least
