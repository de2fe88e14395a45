"""Who may take away what others say in a room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USUAL_REDACT = 50
CREATORS_ABOVE_ALL = 12
"""The room version from which on creators stand above all levels (room version 12, "Room creators")."""


@dataclass(slots=True)
class Powers:
    """What is known of the power levels of one room; not :attr:`known` until its state was heard of."""

    moderators: frozenset[str] = frozenset()
    creators: frozenset[str] = frozenset()
    everybody: bool = False
    known: bool = False

    def learn_levels(self, content: Mapping[str, Any]) -> None:
        """Take in ``m.room.power_levels`` (client-server API, "m.room.power_levels": the defaults)."""
        needed = _level(content.get("redact"), USUAL_REDACT)
        users = content.get("users")
        self.moderators = frozenset(
            user for user, level in (users if isinstance(users, dict) else {}).items() if _level(level, 0) >= needed
        )
        self.everybody = _level(content.get("users_default"), 0) >= needed
        self.known = True

    def learn_creation(self, event: Mapping[str, Any]) -> None:
        """Take in ``m.room.create``."""
        content = event.get("content")
        if not isinstance(content, dict):
            return
        version, others = content.get("room_version"), content.get("additional_creators")
        number = version.rpartition(".")[2] if isinstance(version, str) else ""
        if number.isdecimal() and int(number) >= CREATORS_ABOVE_ALL:
            named = others if isinstance(others, list) else []
            self.creators = frozenset(each for each in (event.get("sender"), *named) if isinstance(each, str))

    def moderates(self, user: str) -> bool:
        """Say whether somebody may take away what others say."""
        return self.everybody or user in self.moderators or user in self.creators


def _level(value: object, default: int) -> int:
    """Return a level; before room version 10 it may be written as a text."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal() and len(value) < 20:
        return int(value)
    return default
