"""Break the simulated Discord on purpose: its answers, by the rules both sides share, and its gateway's events."""

import re
from collections import Counter
from dataclasses import dataclass

from sandbox.faults import Fault, Kind, Rules

EVENTS = r"(?:MESSAGE|THREAD)_.*"
"""Messages with their edits, deletions, reactions and votes; threads."""


@dataclass(frozen=True, slots=True)
class _EventFault:
    probability: float
    events: re.Pattern[str]
    seconds: float = 0.0


class Faults(Rules):
    """Hold the rules in force for requests and for events.

    ``duplicated`` and ``delayed`` count the events struck, by their names. ``orderly``: new messages of one channel
    do not overtake one another.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self._duplicate: _EventFault | None = None
        self._delay: _EventFault | None = None
        self.duplicated: Counter[str] = Counter()
        self.delayed: Counter[str] = Counter()
        self.orderly = False

    def duplicate_events(self, probability: float, *, events: str = EVENTS) -> None:
        """Send gateway events whose name matches ``events`` twice, with this probability."""
        self._duplicate = _EventFault(probability, re.compile(events))

    def delay_events(
        self, probability: float, seconds: float, *, events: str = EVENTS, orderly: bool = False
    ) -> None:
        """Send matching gateway events ``seconds`` late, so that later ones overtake them.

        With ``orderly``, a new message waits for one that is late in its channel: nothing in it tells that one
        before it is still to come, so whoever hears them in the wrong order cannot put them right.
        """
        self._delay = _EventFault(probability, re.compile(events), seconds)
        self.orderly = orderly

    def clear(self) -> None:
        """Take all rules out of force."""
        super().clear()
        self._duplicate = self._delay = None

    def duplicates(self, event: str) -> bool:
        """Throw the dice: is this event sent twice?"""
        falls = self._falls(self._duplicate, event)
        self.duplicated[event] += falls
        return falls

    def lateness(self, event: str) -> float:
        """Throw the dice: by how many seconds is this event late?"""
        if self._delay is None or not self._falls(self._delay, event):
            return 0.0
        self.delayed[event] += 1
        return self._delay.seconds

    def _falls(self, fault: _EventFault | None, event: str) -> bool:
        return (
            fault is not None
            and fault.events.fullmatch(event) is not None
            and self._random.random() < fault.probability
        )


__all__ = ["Fault", "Faults", "Kind"]
