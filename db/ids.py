"""Typed ids: a row's id says what it is the id of, and nothing about any platform account."""

import secrets
import time
from collections.abc import Callable
from typing import NewType

from ulid import ULID

DAY_SECONDS = 86_400

ConversationId = NewType("ConversationId", str)
"""One joined conversation (ULID)."""

EndId = NewType("EndId", str)
"""One channel or room in a conversation (ULID)."""

SourceId = NewType("SourceId", int)
"""One message at the place where it was written; counts up in order of receipt."""

IntentId = NewType("IntentId", int)
"""One thing a lane still has to do; counts up, and a lane works in this order."""

MemberId = NewType("MemberId", str)
"""One member (ULID)."""

OrganisationId = NewType("OrganisationId", str)
"""One organisation (ULID)."""

AffiliationId = NewType("AffiliationId", str)
"""One member with one organisation (ULID)."""

InviteId = NewType("InviteId", str)
"""One invite (ULID)."""

DataRequestId = NewType("DataRequestId", str)
"""One request of a member about their data (ULID)."""


def new_id() -> str:
    """Return a new ULID: 48 bits of time, 80 random bits, sortable. For what is about nobody."""
    return str(ULID())


class DayIds:
    """Makes ids that tell the day and nobody's hour (SAF-4): ULIDs with the time at which the day (UTC) began.

    Within a process they rise by random steps, so that rows of one day keep their order.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._day = -1
        self._last = 0

    def __call__(self) -> str:
        """Return a new id."""
        day = int(self._clock() // DAY_SECONDS)
        if day != self._day:
            # the first bit stays free, so that no day runs out of numbers
            self._day, self._last = day, secrets.randbits(79)
        self._last += 1 + secrets.randbits(40)
        return str(ULID((day * DAY_SECONDS * 1000).to_bytes(6, "big") + self._last.to_bytes(10, "big")))


new_person_id = DayIds()
"""Makes the ids of everything that leads to a person (DOMAIN 3, common fields)."""
