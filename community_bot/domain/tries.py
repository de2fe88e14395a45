"""Counting wrong tries, so that codes cannot be guessed: in memory, and only for as long as it matters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta


class Tries:
    """Allow ``most`` wrong tries per key within ``within``. Holds ``size`` keys at most, the oldest go first."""

    def __init__(self, most: int, within: timedelta, size: int = 10_000) -> None:
        self._most = most
        self._within = within
        self._size = size
        self._wrong: OrderedDict[Hashable, list[datetime]] = OrderedDict()

    def may(self, key: Hashable, now: datetime) -> bool:
        """Say whether another try is allowed."""
        return len(self._recent(key, now)) < self._most

    def wrong(self, key: Hashable, now: datetime) -> None:
        """Count a wrong try."""
        self._wrong[key] = [*self._recent(key, now), now]
        self._wrong.move_to_end(key)
        if len(self._wrong) > self._size:
            self._wrong.popitem(last=False)

    def _recent(self, key: Hashable, now: datetime) -> list[datetime]:
        return [moment for moment in self._wrong.get(key, []) if now - moment < self._within]
