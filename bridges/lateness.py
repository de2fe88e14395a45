"""What comes far too late does not come: after a long absence an end is told how much it missed, and gets the rest.

Hundreds of messages hours after they were said would bury what people say now, and a platform's limits would make
it hours more. So beyond a bound the oldest are put aside, and one line tells how many and from when; they stand
where they were written.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from bridges.commons import Commons
from bridges.ends.port import End, EndError
from bridges.line import Line, Pending

log = structlog.get_logger("bridges.lateness")

LATE = timedelta(minutes=30)
"""How old the oldest must be: a lively hour is no absence."""
MOST_LATE = 300
"""How many messages are carried after an absence, the newest."""
TOO_LATE = "bridge.too_late"


class Lateness:
    """Looks after one end's queue."""

    def __init__(self, end: End, commons: Commons, *, late: timedelta = LATE, most: int = MOST_LATE) -> None:
        self.end = end
        self._commons = commons
        self._late = late
        self._most = most

    async def shed(self, line: Line, pending: Pending) -> None:
        """Put aside what is beyond the bound, once it is known here; ``pending`` is at the head and stays.

        It is told first: after a crash in between it may be told twice, but nothing is lost in silence.
        """
        waits_since = pending.intent.received_at
        if datetime.now(UTC) - waits_since < self._late or line.known_depth <= self._most:
            return
        missed = await self._commons.now(
            lambda c: self._commons.store.beyond_in(c, self.end.id, after=pending.intent.id, most=self._most)
        )
        if missed is None:
            return
        place = self._commons.places[self.end.id]
        text = await self._commons.missed(place, missed.count, missed.first, missed.last)
        try:
            await self.end.announce(text, f"missed-{pending.intent.id}-{missed.until}")
        except EndError as error:
            # nothing is put aside in silence: until it can be told, all of it crosses, however late
            log.warning("an absence cannot be told", lane=self.end.label, reason=error.reason)
            return
        await self._commons.journal.put_aside(self.end.id, pending.intent.id, missed.until, TOO_LATE)
        line.pass_over(pending.intent.id, missed.until)
        self._commons.metrics.failed.labels(self.end.label, TOO_LATE).inc(missed.count)
        log.warning("messages were put aside after an absence", lane=self.end.label, count=missed.count)
