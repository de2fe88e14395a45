"""Carrying files from one end to the others: fetched once, cleaned, held in memory while they are needed.

Five destinations of one message fetch its files once: what was carried is kept for a short while after the last of
them let go. All files in memory together stay within a budget; who needs more waits for its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridges.media.budget import Turns
from bridges.media.cleaning import clean
from bridges.media.file import Attachment, Carried, Failed, File, MediaError, Reason, TooLarge
from db.bridge_rows import Platform

MEBIBYTE = 1024 * 1024

Fetch = Callable[[Attachment, int], Awaitable[bytes]]
"""Fetches a file of one platform, of at most that many bytes: it stops reading there.

Raises :class:`MediaError`: ``TOO_LARGE`` beyond the limit, ``GONE`` for what is deleted or refused, ``UNREACHABLE``
for what may come later.
"""


@dataclass(slots=True)
class _Held:
    """One file in memory, or on its way there. ``cost`` in bytes is what it may come to."""

    attachment: Attachment
    cost: int
    task: asyncio.Task[Carried] | None = None
    users: int = 0
    forgetting: asyncio.TimerHandle | None = None


_Key = tuple[str, str, int]


class Carrier:
    """Brings files. ``fetches`` are the platforms'; all sizes are in bytes.

    ``budget`` bounds everything in memory, ``at_once`` how many are being fetched and cleaned, ``kept_seconds``
    how long a file stays after its last use. ``cleaned`` is for tests.
    """

    def __init__(
        self,
        fetches: Mapping[Platform, Fetch],
        *,
        budget: int = 64 * MEBIBYTE,
        at_once: int = 4,
        kept_seconds: float = 30.0,
        cleaned: Callable[[Attachment, bytes], Awaitable[File]] = clean,
    ) -> None:
        self._fetches = dict(fetches)
        self._budget = budget
        self._busy = asyncio.Semaphore(at_once)
        self._kept_seconds = kept_seconds
        self._cleaned = cleaned
        self._held: dict[_Key, _Held] = {}
        self._turns = Turns()

    @property
    def in_memory(self) -> int:
        """How many bytes are held or promised, in this moment."""
        return sum(held.cost for held in self._held.values())

    @property
    def waiting(self) -> int:
        """How many wait for room in memory."""
        return self._turns.length

    @asynccontextmanager
    async def carry(self, attachments: Sequence[Attachment], limit: int) -> AsyncIterator[tuple[Carried, ...]]:
        """Bring the files of one message, in their order, for as long as the block runs.

        ``limit`` is what the destination takes for one file. One that does not come is a value beside those that
        do (:class:`TooLarge`, :class:`Failed`) and holds up no other. Cancelled, it stops what nobody else waits
        for. Within one block there is room for the budget; what goes beyond it is too large.
        """
        keys = self._within_budget(attachments, limit)
        wanted = {key: attachment for key, attachment in zip(keys, attachments, strict=True) if key is not None}
        await self._turns.wait(lambda: self._take(wanted), lambda: self._let_go(wanted))
        try:
            carried = [
                TooLarge(attachment) if key is None else await self._come(key, attachment, limit)
                for key, attachment in zip(keys, attachments, strict=True)
            ]
            yield tuple(carried)
        finally:
            self._let_go(wanted)

    async def close(self) -> None:
        """Stop what is under way and forget what is held."""
        tasks = [held.task for held in self._held.values() if held.task is not None]
        for key in list(self._held):
            self._forget(key)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _within_budget(self, attachments: Sequence[Attachment], limit: int) -> list[_Key | None]:
        keys: list[_Key | None] = []
        seen: dict[_Key, int] = {}
        for attachment in attachments:
            cap = limit if attachment.size is None else attachment.size
            # Discord's addresses end, and are signed anew, behind the question mark
            key = (attachment.location.partition("?")[0], attachment.mime, cap)
            if cap > limit or sum({**seen, key: cap}.values()) > self._budget:
                keys.append(None)
            else:
                seen[key] = cap
                keys.append(key)
        return keys

    def _take(self, wanted: Mapping[_Key, Attachment]) -> bool:
        """Take every file of a message, or none: make room from what is only kept, if that is enough."""
        missing = sum(cap for (_, _, cap) in wanted.keys() - self._held.keys())
        unused = [key for key, held in self._held.items() if not held.users and key not in wanted]
        could_go = sum(self._held[key].cost for key in unused)
        over = self.in_memory + missing - self._budget
        if over > could_go:
            return False
        for key in unused:
            if over <= 0:
                break
            over -= self._held[key].cost
            self._forget(key)
        for key, attachment in wanted.items():
            held = self._held.setdefault(key, _Held(attachment, key[2]))
            held.users += 1
            if held.forgetting is not None:
                held.forgetting.cancel()
                held.forgetting = None
            if held.task is None:
                held.task = asyncio.get_running_loop().create_task(self._bring(key, held), name="media:carry")
                held.task.add_done_callback(_seen)
        return True

    def _let_go(self, wanted: Mapping[_Key, Attachment]) -> None:
        for key in wanted:
            held = self._held.get(key)
            if held is None:
                continue
            held.users -= 1
            if held.users:
                continue
            if held.task is None or not held.task.done() or not _is_whole(held.task) or not self._kept_seconds:
                self._forget(key)
            else:
                loop = asyncio.get_running_loop()
                held.forgetting = loop.call_later(self._kept_seconds, self._forget_and_look, key)
        self._turns.look()

    def _forget(self, key: _Key) -> None:
        held = self._held.pop(key, None)
        if held is None:
            return
        if held.forgetting is not None:
            held.forgetting.cancel()
        if held.task is not None:
            held.task.cancel()

    def _forget_and_look(self, key: _Key) -> None:
        self._forget(key)
        self._turns.look()

    async def _come(self, key: _Key, attachment: Attachment, limit: int) -> Carried:
        held = self._held.get(key)
        if held is None or held.task is None:
            return Failed(attachment, Reason.UNREACHABLE)
        try:
            # shielded: another destination may be waiting for the same file
            carried = await asyncio.shield(held.task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if held.task.cancelled() and (current is None or not current.cancelling()):
                # it was closed under us: we ourselves go on
                return Failed(attachment, Reason.UNREACHABLE)
            raise
        if isinstance(carried, Failed):
            return Failed(attachment, carried.reason)
        if isinstance(carried, TooLarge):
            return TooLarge(attachment)
        return carried.of(attachment) if carried.size <= limit else TooLarge(attachment)

    async def _bring(self, key: _Key, held: _Held) -> Carried:
        attachment = held.attachment
        try:
            async with self._busy:
                data = await self._fetches[attachment.platform](attachment, key[2])
                if len(data) > key[2]:
                    return TooLarge(attachment)
                file = await self._cleaned(attachment, data)
        except MediaError as error:
            if error.reason is Reason.TOO_LARGE:
                return TooLarge(attachment)
            return Failed(attachment, error.reason)
        # an unknown size was counted as the most it could be
        held.cost = file.size
        self._turns.look()
        return file


def _is_whole(task: asyncio.Task[Carried]) -> bool:
    """Say whether it brought a file; what failed is fetched anew the next time."""
    return not task.cancelled() and task.exception() is None and isinstance(task.result(), File)


def _seen(task: asyncio.Task[Carried]) -> None:
    # every waiter has the exception; when all of them were cancelled, nobody would ask for it
    if not task.cancelled():
        task.exception()
