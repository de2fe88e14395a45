"""Break the simulated Discord on purpose: errors, lost requests, lost answers, delays, doubled events."""

import random
import re
from dataclasses import dataclass, field
from typing import Literal, Self

Kind = Literal["status", "lost_request", "delay", "lost_answer", "late_5xx"]


@dataclass(slots=True)
class Fault:
    """Match requests by method and path and break them in one way.

    ``path`` is a regular expression for the whole path after ``/api/v10``; ``method`` may be ``"*"``.
    ``times`` is how often it strikes before it is spent (None: always), ``probability`` how likely it
    strikes each time. ``hits`` counts the strikes.
    """

    kind: Kind
    method: str
    path: str
    times: int | None = None
    probability: float = 1.0
    code: int = 500
    seconds: float = 0.0
    hits: int = field(default=0, init=False)

    @classmethod
    def status(
        cls, method: str, path: str, code: int = 500, *, times: int | None = None, probability: float = 1.0
    ) -> Self:
        """Answer with ``code`` (500, 502, 503 …) before anything takes effect."""
        return cls("status", method, path, times, probability, code=code)

    @classmethod
    def lost_request(cls, method: str, path: str, *, times: int | None = None, probability: float = 1.0) -> Self:
        """Close the connection before anything takes effect."""
        return cls("lost_request", method, path, times, probability)

    @classmethod
    def lost_answer(cls, method: str, path: str, *, times: int | None = None, probability: float = 1.0) -> Self:
        """Let the request take effect, then close the connection without an answer."""
        return cls("lost_answer", method, path, times, probability)

    @classmethod
    def late_5xx(
        cls, method: str, path: str, code: int = 502, *, times: int | None = None, probability: float = 1.0
    ) -> Self:
        """Let the request take effect, then answer as if it had failed."""
        return cls("late_5xx", method, path, times, probability, code=code)

    @classmethod
    def delay(
        cls, method: str, path: str, seconds: float, *, times: int | None = None, probability: float = 1.0
    ) -> Self:
        """Hold the request for ``seconds`` before it takes effect."""
        return cls("delay", method, path, times, probability, seconds=seconds)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule is about this request and not yet spent."""
        spent = self.times is not None and self.hits >= self.times
        return not spent and self.method in ("*", method) and re.fullmatch(self.path, path) is not None


@dataclass(frozen=True, slots=True)
class _EventFault:
    probability: float
    events: re.Pattern[str]
    seconds: float = 0.0


class Faults:
    """Hold the rules in force. The dice are seeded, so a run with faults can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.rules: list[Fault] = []
        self._duplicate: _EventFault | None = None
        self._delay: _EventFault | None = None

    def seed(self, seed: int) -> None:
        """Start the dice anew."""
        self._random.seed(seed)

    def add(self, fault: Fault) -> Fault:
        """Put a rule in force and return it, so that a test can read its ``hits``."""
        self.rules.append(fault)
        return fault

    def duplicate_events(self, probability: float, *, events: str = r"MESSAGE_.*") -> None:
        """Send gateway events whose name matches ``events`` twice, with this probability."""
        self._duplicate = _EventFault(probability, re.compile(events))

    def delay_events(self, probability: float, seconds: float, *, events: str = r"MESSAGE_.*") -> None:
        """Send matching gateway events ``seconds`` late, so that later ones overtake them."""
        self._delay = _EventFault(probability, re.compile(events), seconds)

    def clear(self) -> None:
        """Take all rules out of force."""
        self.rules.clear()
        self._duplicate = self._delay = None

    def strike(self, method: str, path: str, *kinds: Kind) -> Fault | None:
        """Return the first rule of these kinds that hits this request, and count the hit."""
        for rule in self.rules:
            if rule.kind in kinds and rule.matches(method, path) and self._random.random() < rule.probability:
                rule.hits += 1
                return rule
        return None

    def duplicates(self, event: str) -> bool:
        """Throw the dice: is this event sent twice?"""
        return self._falls(self._duplicate, event)

    def lateness(self, event: str) -> float:
        """Throw the dice: by how many seconds is this event late?"""
        return self._delay.seconds if self._delay is not None and self._falls(self._delay, event) else 0.0

    def _falls(self, fault: _EventFault | None, event: str) -> bool:
        return (
            fault is not None
            and fault.events.fullmatch(event) is not None
            and self._random.random() < fault.probability
        )
