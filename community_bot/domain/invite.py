"""Invites: for one person, for a few days, with a label that names no person (MEM-5, MEM-6, SAF-13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.domain.short_name import read_short_name

USUAL_DAYS, LONGEST_DAYS = 3, 7
SHORTEST_LABEL, LONGEST_LABEL = 2, 40
"""In code points, as Discord counts."""
LABEL_SIGNS = frozenset("&/,:()#")
MOST_OPEN, MOST_OPEN_ENTRUSTED = 5, 50
USED_KEPT = timedelta(hours=72)
"""How long a used invite stays, as long as the way in that it opened (DOMAIN 3.1)."""
WRONG_CODES, WRONG_CODES_WITHIN = 5, timedelta(hours=1)
FEWEST_SHOWN = 5
"""A count of people below this is shown as "fewer than" (PRV-4)."""


def read_label(text: str) -> str:
    """Return a label in its one spelling. Raises :class:`Refusal` ``invite.label.*`` with ``field`` "label"."""
    return read_short_name(
        text,
        family="invite.label",
        field="label",
        shortest=SHORTEST_LABEL,
        longest=LONGEST_LABEL,
        also=LABEL_SIGNS,
    )


def check_days(days: int) -> timedelta:
    """Return for how long an invite holds. Raises :class:`Refusal` ``invite.days``."""
    if not 1 <= days <= LONGEST_DAYS:
        raise Refusal("invite.days", field="days", longest=LONGEST_DAYS)
    return timedelta(days=days)


def most_open(roles: Iterable[Role]) -> int:
    """Return how many invites somebody with these roles may have open at a time."""
    entrusted = {Role.FACILITATOR, Role.NETWORK_ADMIN} & set(roles)
    return MOST_OPEN_ENTRUSTED if entrusted else MOST_OPEN
