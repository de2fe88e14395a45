"""Quiet hours: when the bot does not begin to speak by itself (COM-1)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta


def quiet_until(since: str | None, until: str | None, now: datetime) -> datetime | None:
    """Return when somebody's quiet time ends, in UTC; None when it is not quiet now.

    ``since`` and ``until`` are ``HH:MM`` on the person's clock, ``now`` is on that clock too (aware). A quiet time
    over midnight is as good as any; one that begins when it ends is none.
    """
    if since is None or until is None or since == until:
        return None
    start, end, clock = time.fromisoformat(since), time.fromisoformat(until), now.time()
    over_midnight = start > end
    quiet = clock >= start or clock < end if over_midnight else start <= clock < end
    if not quiet:
        return None
    day = now.date() + timedelta(days=1) if over_midnight and clock >= start else now.date()
    ends = datetime.combine(day, end, now.tzinfo)
    if ends.astimezone(UTC) <= now.astimezone(UTC):
        # the clock was put back an hour meanwhile and shows this time twice
        ends = ends.replace(fold=1)
    return ends.astimezone(UTC)
