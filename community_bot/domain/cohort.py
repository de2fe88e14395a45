"""Cohorts: people who go through a learning space together, and on to the next one together (DOMAIN 3.3, 3.8)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

SHORTEST_TITLE, LONGEST_TITLE = 2, 60
LONGEST_REMINDER = 300
INVITES_A_DAY = 40
"""By one facilitator: enough for a cohort, too few to try out who is a member."""
REMINDERS_A_DAY = 2
"""For one cohort."""
INVITE_KEPT = timedelta(days=14)
KEPT_AFTERWARDS = timedelta(days=180)
"""For how long after its end it is known who was in a cohort: as long as participation (PAR-4)."""
FEWEST_COUNTED = 5
"""Fewer people than this are not told apart (PRV-4)."""


class CohortState(StrEnum):
    """Where a cohort is."""

    RUNNING = "running"
    FINISHED = "finished"


class Place(StrEnum):
    """Where a member stands with a cohort. Who declined has no row."""

    INVITED = "invited"
    IN = "in"


def shown_count(total: int) -> int | None:
    """Return a number of people as it may be shown to everybody: None for some, but fewer than five."""
    return total if total == 0 or total >= FEWEST_COUNTED else None
