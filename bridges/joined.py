"""Lines of one author in one message, where a platform's limit would otherwise hold up all that waits.

Only under pressure: an end says how long it would have to wait now. What is to be joined is written down before it
is said, so that a crash in between is told from one that said the first line alone. Each line keeps its own row, so
an edit or a deletion is as exact as elsewhere: the message is written anew from the lines that are left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from html import escape

from bridges.commons import Commons
from bridges.ends.port import CopyGoneError, End, Outgoing
from bridges.line import Pending
from bridges.message import Message
from bridges.patience import Patience
from bridges.split import split
from bridges.surroundings import Surroundings
from db.bridge_rows import Copy, Delivery, Intent

MOST = 10
"""Lines in one message: an edit of one reads all of them."""


class Joined:
    """Joins what is said at one end."""

    def __init__(self, end: End, commons: Commons, around: Surroundings) -> None:
        self.end = end
        self._commons = commons
        self._around = around
        # two lines of a lane may write the same copy: the later one reads how things are by then
        self._writing = asyncio.Lock()

    def with_others(
        self, pending: Pending, message: Message, waiting: Sequence[Pending], is_gone: Callable[[Intent], bool]
    ) -> list[Pending]:
        """Return which of those behind ``pending`` are to be said in one message with it.

        None, as long as nothing presses. What an earlier process joined stays joined: it may have been said.
        """
        if pending.intent.bundle is not None:
            return [each for each in waiting if each.intent.bundle == pending.intent.bundle]
        if self.end.joins == 0 or pending.doubtful or self.end.backlog_wait() <= 0 or not self._is_plain(message):
            return []
        found: list[Pending] = []
        for each in waiting[: MOST - 1]:
            other = self._commons.recent.get(each.intent.source_end, each.intent.source_ref)
            belongs = (
                other is not None
                and self._is_plain(other)
                and other.author.account == message.author.account
                and other.end == message.end
                and each.intent.root == pending.intent.root
                and each.intent.bundle is None
                and not each.doubtful
                and not is_gone(each.intent)
            )
            if not belongs:
                break
            found.append(each)
        return found

    def _is_plain(self, message: Message) -> bool:
        return not message.attachments and message.reply_to is None and not message.opens and bool(message.text)

    async def say(self, pending: Sequence[Pending], patience: Patience) -> bool:
        """Say them as one message, as far as they fit; what does not fit waits for its own turn.

        False when nothing was said, because one was deleted in this moment: then each takes its own turn.
        """
        for each in pending:
            # a deletion of any of them waits until it stands there
            each.joined = True
        try:
            return await self._say(pending, patience)
        finally:
            for each in pending:
                each.joined = False

    async def _say(self, pending: Sequence[Pending], patience: Patience) -> bool:
        first = pending[0]
        lines = await self._lines([each.intent for each in pending], patience)
        if not lines or (first.intent.bundle is None and len(lines) < len(pending)):
            return False
        joined = self._as_one(lines)
        chosen = list(pending)
        if first.intent.bundle is None:
            fitting = _fitting(lines, self.end.joins)
            chosen, joined = chosen[:fitting], self._as_one(lines[:fitting])
            await self._commons.journal.join([each.intent.id for each in chosen])

        async def look() -> Copy | None:
            after = await self._commons.store.last_copy(self.end.id, thread=joined.thread)
            found = await self.end.find(
                joined, after=after, since=first.intent.received_at, exact=not first.doubtful
            )
            if found is not None and first.doubtful:
                # lines may have been edited or deleted since it was said
                with suppress(CopyGoneError):
                    await self.end.edit(found, joined, f"{first.intent.id}-j")
            return found

        copy = await patience.with_call(lambda: self.end.send(joined), look=look, doubtful=first.doubtful)
        self._commons.metrics.sent.labels(self.end.label).inc()
        # in one transaction, or a crash in between would leave some to be said once more
        await self._commons.journal.settle_all([Delivery(each.intent, (copy,)) for each in chosen])
        for each in chosen[1:]:
            each.done = True
        return True

    async def written_anew(self, intent: Intent, copy: Copy, patience: Patience) -> bool:
        """Write a copy anew when it holds the lines of several messages; False when it holds one alone.

        A line that is gone, or cannot be read any more, is left out; False when none is left.
        """
        if self.end.joins == 0:
            return False
        async with self._writing:
            store = self._commons.store
            sharing = await self._commons.now(lambda c: store.sharing_in(c, self.end.id, copy.ref, intent))
            if len(sharing) < 2 or all(each.gone for each in sharing):
                return False
            lines = await self._lines([each for each in sharing if not each.gone], patience)
            if not lines:
                return False
            with suppress(CopyGoneError):
                await patience.with_call(lambda: self.end.edit(copy, self._as_one(lines), f"{intent.id}-j"))
            return True

    async def _lines(self, intents: Sequence[Intent], patience: Patience) -> list[Outgoing]:
        """Return each message as it is to read, in order; those that are gone are left out."""
        lines: list[Outgoing] = []
        for intent in intents:
            message = await self._around.message(intent, patience)
            if message is not None:
                lines += (await self._around.render(intent, message, patience))[:1]
        return lines

    def _as_one(self, lines: Sequence[Outgoing]) -> Outgoing:
        """Return the lines as one part."""
        people = tuple(dict.fromkeys(person for line in lines for person in line.people))
        roles = tuple(dict.fromkeys(role for line in lines for role in line.roles))
        text = "\n".join(line.text for line in lines)
        if _units(text) > 2 * self.end.joins:
            # edited beyond what one message holds; rare enough to be cut
            text = split(text, 2 * self.end.joins - 1)[0] + "…"
        return replace(lines[0], text=text, html=_html_of(lines, text), people=people, roles=roles)


def _html_of(lines: Sequence[Outgoing], text: str) -> str | None:
    """Return the lines' HTML, None where none has any."""
    if all(line.html is None for line in lines):
        return None
    return "<br>".join(line.html if line.html is not None else escape(line.text, quote=False) for line in lines)


def _fitting(lines: Sequence[Outgoing], limit: int) -> int:
    """Return how many of the lines, one at least, make up a message of at most ``limit`` UTF-16 units."""
    units = 0
    for number, line in enumerate(lines):
        units += _units(line.text) + 1
        if units > limit and number:
            return number
    return len(lines)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
