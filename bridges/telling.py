"""Telling authors what an earlier process could not: it wrote down that a message will not cross, and ended.

Who tells gathers for a while, then takes a failure over in one transaction with the notice
(:class:`db.untold_store.UntoldStore`). What is left untold at the start is handed on once more; the author is read
again at the source, since the database knows no person. Nobody is told of a message that was deleted meanwhile, nor
after :data:`bridges.commons.TELL_WITHIN`: by then they have seen for themselves, or it is no news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from bridges.commons import TELL_WITHIN, Commons
from bridges.ends.port import EndError
from bridges.journal import JournalClosedError
from bridges.pace import Backoff
from db.ids import EndId
from db.untold_store import Untold, UntoldStore

log = structlog.get_logger("bridges.telling")

FIRST_SECONDS = 1.0


def utc_now() -> datetime:
    return datetime.now(UTC)


class Telling:
    """Hands on what was left. :meth:`run` is its job, which is done when all of it is told or cleared.

    It is made when the bridge begins: what fails from then on is told by whoever wrote it down.
    """

    def __init__(self, commons: Commons, *, now: Callable[[], datetime] = utc_now) -> None:
        self._commons = commons
        self._now = now
        self._begun = now()

    async def run(self) -> None:
        """Look once what was left, and see to it. What cannot be known now is asked again."""
        try:
            found = await self._commons.now(lambda connection: UntoldStore(connection).left())
        except JournalClosedError:
            return  # the bridge stops before it has begun
        left = [each for each in found if each.until - TELL_WITHIN < self._begun]
        late = [each for each in left if each.until <= self._now()]
        await self._clear_late(late)
        by_source: dict[EndId, list[Untold]] = {}
        for each in left:
            if each not in late:
                by_source.setdefault(each.intent.source_end, []).append(each)
        # side by side: a platform that is away holds up nothing that was written elsewhere
        async with asyncio.TaskGroup() as group:
            for some in by_source.values():
                group.create_task(self._see_to(some))

    async def _see_to(self, left: Sequence[Untold]) -> None:
        """See to what was written at one end, one by one."""
        for each in left:
            backoff = Backoff(first=FIRST_SECONDS)
            while not await self._hand_on(each):
                await self._commons.sleep(backoff.next())

    async def _hand_on(self, untold: Untold) -> bool:
        """Tell it, or clear it where nobody is to be told any more; False while that cannot be known."""
        intent = untold.intent
        source = self._commons.ends.get(intent.source_end)
        if source is None or intent.end not in self._commons.ends:
            await self._clear([untold])
            return True
        message = self._commons.recent.get(intent.source_end, intent.source_ref)
        try:
            message = message or await source.read(intent.source_ref, intent.source_thread)
        except EndError:
            if self._now() < untold.until:
                return False
        if self._now() >= untold.until:
            await self._clear_late([untold])
        elif message is None:
            await self._clear([untold])
        else:
            await self._commons.failed(intent, message, untold.reason)
        return True

    async def _clear_late(self, untold: Sequence[Untold]) -> None:
        """Take it that nobody will be told any more, and count it."""
        if untold:
            await self._clear(untold)
            self._commons.metrics.untold.inc(len(untold))
            log.warning("authors were not told in time what did not cross", count=len(untold))

    async def _clear(self, untold: Sequence[Untold]) -> None:
        with suppress(JournalClosedError):  # the bridge stops: the next start finds it as it is
            await self._commons.journal.change(
                lambda connection: UntoldStore(connection).told([each.intent.id for each in untold])
            )
