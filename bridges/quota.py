"""How many messages go out from a place in a minute, where its terms set a bound: none is to drown the others."""

from __future__ import annotations

from datetime import datetime

from db.ids import EndId

OVER_QUOTA = "bridge.over_quota"
SECONDS = 60.0


class Quotas:
    """Counts by the time at which messages were sent, so that what is caught up on is not taken for a flood."""

    def __init__(self) -> None:
        self._left: dict[EndId, tuple[float, float]] = {}
        """Messages that may go out at once, and the moment for which that holds."""

    def take(self, end: EndId, sent_at: datetime, a_minute: int) -> bool:
        """Say whether one more message may go out, and count it; ``a_minute`` 0 is no bound."""
        if a_minute <= 0:
            return True
        at = sent_at.timestamp()
        left, before = self._left.get(end, (float(a_minute), at))
        left = min(float(a_minute), left + max(0.0, at - before) * a_minute / SECONDS)
        if left < 1.0:
            self._left[end] = left, max(at, before)
            return False
        self._left[end] = left - 1.0, max(at, before)
        return True

    def forget(self, end: EndId) -> None:
        """Let go of a place that is served no more."""
        self._left.pop(end, None)
