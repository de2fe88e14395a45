"""A lane does what is meant for one end, and never waits for another lane.

The queue is the database: a lane holds a window of it in memory, and references only. What a message says is read
when its turn comes, from memory or from its source; one that was deleted meanwhile is simply not said (SAF-2: no
words at rest). Where nothing waits, a lane is no more than its name: most of a thousand lanes are silent most of
the time.
"""

from __future__ import annotations

from collections.abc import Callable

from bridges.commons import Commons
from bridges.ends.port import End
from bridges.line import WINDOW
from bridges.patience import LaneState
from bridges.shift import Shift
from db.bridge_rows import Intent


class Lane:
    """Has one end's intents worked off. :meth:`offer` hands it news, and ``call`` is told to have :meth:`run` run.

    ``idle``: nothing waits in the database, so there is nothing to look for at the start.
    """

    __slots__ = ("_call", "_called", "_commons", "_finishing", "_shift", "_window", "end")

    def __init__(
        self,
        end: End,
        commons: Commons,
        *,
        call: Callable[[], None],
        window: int = WINDOW,
        idle: bool = False,
    ) -> None:
        self.end = end
        self._commons = commons
        self._call = call
        self._window = window
        self._shift = None if idle else Shift(end, commons, window=window, idle=False)
        self._called = self._finishing = False
        commons.metrics.watch(self)

    # ── state

    @property
    def state(self) -> LaneState:
        """What the lane is at: trouble first, wherever it is."""
        return self._shift.state if self._shift is not None else LaneState.IDLE

    @property
    def reason(self) -> str:
        """Why it waits or is blocked: a stable code."""
        return self._shift.reason if self._shift is not None else ""

    @property
    def depth(self) -> int:
        """How much waits here, what is beyond the window not counted."""
        return self._shift.depth if self._shift is not None else 0

    @property
    def oldest_seconds(self) -> float:
        """The age of what waits longest, 0 when nothing does."""
        return self._shift.oldest_seconds if self._shift is not None else 0.0

    # ── news

    def start(self) -> None:
        """Begin: with what an earlier process left, where it left something."""
        if self._shift is not None and not self._called and not self._finishing:
            self._called = True
            self._call()

    def offer(self, intent: Intent, heard_at: float | None) -> None:
        """Take news. Must be called in the order of the intents' ids."""
        if self._shift is None:
            self._shift = Shift(self.end, self._commons, window=self._window, idle=True)
        self._shift.offer(intent, heard_at)
        self.start()

    def look_again(self) -> None:
        """Try at once if it is blocked: what a person had to mend may be mended."""
        if self._shift is not None:
            self._shift.look_again()

    def finish(self) -> None:
        """End :meth:`run` after the calls under way, at once where it waits; the rest is for the next start."""
        self._finishing = True
        if self._shift is not None:
            self._shift.finish()

    async def run(self) -> None:
        """Work until nothing is left, until cancelled or told to finish; run again whenever it was called again."""
        shift = self._shift
        if shift is not None:
            await shift.run()
            if shift.is_idle:
                # nothing is awaited since that is so
                self._shift = None
        self._called = False
