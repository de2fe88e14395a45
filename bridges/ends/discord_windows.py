"""How one limit of Discord counts: a window that its headers describe, and a sliding one that nobody describes.

Both are plain bookkeeping: times are monotonic seconds and handed in, nothing here waits.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

LEAST_TRIED = 5
"""What is tried per window however much others seem to use: else nobody would notice when they stop."""
RESERVED_WINDOWS = 5
"""For how many windows we leave room for others who were seen to speak in a channel."""
LONGEST_RESET = 3600.0
"""Seconds. No header makes a webhook wait longer without being asked again."""
ROUNDING = 0.001
"""Seconds. Discord tells times in whole milliseconds, which may be half a one too few."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many ``requests`` in every ``seconds``."""

    requests: int
    seconds: float


@dataclass(slots=True)
class HeaderWindow:
    """A window that opens with its first call and is described by the headers of every answer.

    Until an answer came, ``allowance`` is an assumption.
    """

    allowance: Allowance
    left: int = 0
    resets_at: float = -math.inf
    under_way: int = 0

    def wait(self, now: float) -> float:
        """Return the seconds until another call has room."""
        return 0.0 if self.left > 0 or now >= self.resets_at else self.resets_at - now

    def room(self, now: float) -> int:
        """Return how many calls have room now."""
        return self.allowance.requests if now >= self.resets_at else self.left

    def take(self, now: float) -> None:
        """Count a call that leaves now."""
        if now >= self.resets_at:
            self.left, self.resets_at = self.allowance.requests, now + self.allowance.seconds
        self.left -= 1
        self.under_way += 1

    def learn(self, now: float, headers: Mapping[str, str]) -> None:
        """End a call, and take its headers for the truth as far as answers that overtook each other allow."""
        self.under_way -= 1
        limit, left = _header(headers, "Limit"), _header(headers, "Remaining")
        reset_after = _header(headers, "Reset-After")
        if limit is None or limit < 1 or left is None or reset_after is None:
            # nobody tells when Discord opened the window: at the latest now
            self.resets_at = max(self.resets_at, now + self.allowance.seconds)
            return
        self.allowance = Allowance(int(limit), self.allowance.seconds)
        resets_at = now + min(reset_after, LONGEST_RESET) + ROUNDING
        # calls that are under way may be counted in it or not; taken as not, nothing is ever said too early
        told = max(0, int(left) - self.under_way)
        anew = resets_at > self.resets_at + self.allowance.seconds / 4
        self.left = told if anew else min(self.left, told)
        self.resets_at = resets_at

    def close(self, now: float, seconds: float) -> None:
        """End a call that was refused: nothing goes out for ``seconds``."""
        self.under_way -= 1
        self.left, self.resets_at = 0, now + seconds + ROUNDING

    def dismiss(self) -> None:
        """End a call that says nothing about this window."""
        self.under_way -= 1

    def idle(self, now: float) -> bool:
        """Say whether forgetting it loses nothing."""
        return self.under_way == 0 and now >= self.resets_at


class SlidingWindow:
    """A limit on any stretch of its length, which no header announces; others may use it up, too.

    A call is dated with its answer: Discord counted it somewhat earlier, so its room comes back no later than
    we believe.
    """

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._ours: deque[float] = deque()
        self._others: deque[float] = deque()
        self._under_way = 0
        self._closed_until = -math.inf
        self._reserved = 0
        self._reserved_until = -math.inf

    def wait(self, now: float, *, spare: int = 0) -> float:
        """Return the seconds until a call has room with ``spare`` places left; ask again after them."""
        self._drop_old(now)
        closed = max(0.0, self._closed_until - now)
        kept = max(0, self._reserved - len(self._others)) if now < self._reserved_until else 0
        most = max(1, self._allowance.requests - spare - kept)
        excess = self._under_way + len(self._ours) + len(self._others) - most
        if excess < 0:
            return closed
        leaving = sorted([*self._ours, *self._others])
        if excess < len(leaving):
            return max(closed, leaving[excess] + self._allowance.seconds - now)
        # whatever is under way leaves a window after its answer, whenever that comes
        return max(closed, self._allowance.seconds)

    def take(self) -> None:
        """Count a call that leaves now."""
        self._under_way += 1

    def settle(self, now: float, *, counted: bool) -> None:
        """Note that a call has ended; ``counted`` says whether Discord counts it."""
        self._under_way -= 1
        if counted:
            self._ours.append(now)

    def close(self, now: float, seconds: float, *, watched: bool = False) -> None:
        """Let nothing out for ``seconds``, which Discord asked for although by our count there was room.

        What we did not say, others did: an earlier process of ours, or other people's webhooks. When each of
        their calls leaves the window is not told; they are spread over the time in which they must have come.
        ``watched`` says that we have looked on for a whole window: then it was no process of ours, and room is
        left for them for a while.
        """
        self._drop_old(now)
        self._closed_until = now + seconds + ROUNDING
        foreign = max(0, self._allowance.requests - len(self._ours) - self._under_way)
        first = min(now, now + seconds - self._allowance.seconds)
        step = (now - first) / max(1, foreign - 1)
        self._others = deque(first + step * number for number in range(foreign))
        if watched and foreign:
            self._reserved = min(foreign, self._allowance.requests - LEAST_TRIED)
            self._reserved_until = now + RESERVED_WINDOWS * self._allowance.seconds

    def idle(self, now: float) -> bool:
        """Say whether forgetting it loses nothing."""
        self._drop_old(now)
        return not (self._ours or self._others or self._under_way) and now >= max(
            self._closed_until, self._reserved_until
        )

    def _drop_old(self, now: float) -> None:
        for taken in (self._ours, self._others):
            while taken and now >= taken[0] + self._allowance.seconds:
                taken.popleft()


def seconds_in(value: object) -> float | None:
    """Read a time that an answer gives, in seconds; None where it gives none that could be one."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _header(headers: Mapping[str, str], name: str) -> float | None:
    return seconds_in(headers.get(f"X-RateLimit-{name}"))
