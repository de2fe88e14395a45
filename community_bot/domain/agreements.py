"""What a member is asked to agree to, purpose by purpose (PRV-1), and when the wording changed last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purpose:
    """One thing that data is used for, worded as the text ``purpose.<key>``; ``version`` is the day it changed.

    A ``required`` one is what membership consists of: withdrawing it means leaving.
    """

    key: str
    version: str
    required: bool


REMINDERS = "reminders"
PURPOSES: tuple[Purpose, ...] = (
    Purpose("agreements", "2026-11-22", required=True),
    Purpose("membership", "2026-11-22", required=True),
    Purpose(REMINDERS, "2026-11-22", required=False),
)
"""The community's agreements; keeping alias and accounts sealed; private messages the bot begins by itself."""


def purpose(key: str) -> Purpose:
    """Find a purpose. Raises KeyError."""
    return {each.key: each for each in PURPOSES}[key]
