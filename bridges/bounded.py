"""A memory that never holds more than it may."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """A mapping of at most ``most`` entries: what was put in longest ago goes first.

    A plain dict beneath: an empty one takes a fifth of what an ``OrderedDict`` takes, and most of a thousand
    channels' are empty.
    """

    __slots__ = ("_entries", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: dict[K, V] = {}

    def put(self, key: K, value: V) -> None:
        """Keep a value; a key that is known becomes the newest."""
        self._entries.pop(key, None)
        self._entries[key] = value
        if len(self._entries) > self._most:
            del self._entries[next(iter(self._entries))]

    def get(self, key: K) -> V | None:
        """Return what is kept, None for what is not, or not any more."""
        return self._entries.get(key)

    def forget(self, key: K) -> None:
        """Let go of an entry, if there is one."""
        self._entries.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def keys(self) -> list[K]:
        """Return the keys, oldest first."""
        return list(self._entries)
