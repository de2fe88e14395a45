"""What is kept of Matrix in memory, and only as much as is of use."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MOST_ORIGINS = 5000
"""Messages of which is known who wrote them: enough for the edits of a busy evening in many rooms."""
MOST_THREADS = 1000


class Bounded(Generic[K, V]):
    """A mapping of at most ``most`` entries: what was put in longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[K, V] = OrderedDict()

    def put(self, key: K, value: V) -> None:
        """Keep a value; a key that is known becomes the newest."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def get(self, key: K) -> V | None:
        """Return what is kept, None for what is not, or not any more."""
        return self._entries.get(key)

    def forget(self, key: K) -> None:
        """Let go of an entry, if there is one."""
        self._entries.pop(key, None)

    def keys(self) -> list[K]:
        """Return the keys, oldest first."""
        return list(self._entries)
