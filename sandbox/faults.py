"""Break a server on purpose: errors, limits, lost requests, lost answers, delays, cut connections.

Both sides of the sandbox keep the same rules: the simulated Discord itself, and the road to the real homeserver.
"""

import random
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, Self

Kind = Literal["status", "limited", "lost_request", "delay", "lost_answer", "late_5xx", "cut"]

BEFORE: tuple[Kind, ...] = ("lost_request", "status", "limited")
"""What keeps a request from taking effect."""

AFTER: tuple[Kind, ...] = ("lost_answer", "late_5xx", "cut")
"""What happens to the answer of a request that has taken effect."""

_STRIKES_KEPT = 1_000


@dataclass(slots=True)
class Fault:
    """Match requests by method and path and break them in one way.

    ``path`` is a regular expression for the whole path: after ``/api/v10`` on Discord, from ``/_matrix`` on for a
    homeserver, percent-encoded as it was sent. ``method`` may be ``"*"``. ``times`` is how often it strikes
    before it is spent (None: always), ``probability`` how likely it strikes each time. ``hits`` counts the
    strikes.
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
    def limited(
        cls, method: str, path: str, seconds: float, *, times: int | None = None, probability: float = 1.0
    ) -> Self:
        """Answer 429 and ask to wait ``seconds``, as each platform says it, before anything takes effect."""
        return cls("limited", method, path, times, probability, code=429, seconds=seconds)

    @classmethod
    def lost_request(cls, method: str, path: str, *, times: int | None = None, probability: float = 1.0) -> Self:
        """Close the connection before anything takes effect."""
        return cls("lost_request", method, path, times, probability)

    @classmethod
    def lost_answer(cls, method: str, path: str, *, times: int | None = None, probability: float = 1.0) -> Self:
        """Let the request take effect, then close the connection without an answer."""
        return cls("lost_answer", method, path, times, probability)

    @classmethod
    def cut(cls, method: str, path: str, *, times: int | None = None, probability: float = 1.0) -> Self:
        """Let the request take effect, then break off in the middle of the answer."""
        return cls("cut", method, path, times, probability)

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


class Rules:
    """Hold the rules in force. The dice are seeded, so a run with faults can be repeated.

    ``strikes`` lists what was struck, newest last, as ``("lost_answer", "PUT", "/_matrix/…")``.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.rules: list[Fault] = []
        self.strikes: deque[tuple[Kind, str, str]] = deque(maxlen=_STRIKES_KEPT)

    def seed(self, seed: int) -> None:
        """Start the dice anew."""
        self._random.seed(seed)

    def add(self, fault: Fault) -> Fault:
        """Put a rule in force and return it, so that a test can read its ``hits``."""
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        """Take all rules out of force."""
        self.rules.clear()

    def strike(self, method: str, path: str, *kinds: Kind) -> Fault | None:
        """Return the first rule of these kinds that hits this request, and count the hit."""
        for rule in self.rules:
            if rule.kind in kinds and rule.matches(method, path) and self._random.random() < rule.probability:
                rule.hits += 1
                self.strikes.append((rule.kind, method, path))
                return rule
        return None
