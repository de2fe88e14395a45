"""Does at one end what an intent asks for: says, edits, deletes; what hangs from a message is :mod:`marking`'s.

Saying is the one thing that must not happen twice. Everything else makes the end agree with how things are, read
at the moment it is done, so that it can be repeated and a later word makes an earlier one needless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic

from bridges.commons import Commons
from bridges.ends.port import FIRST_FILE_PART, CopyGoneError, End, Outgoing, RefusedError, source_key
from bridges.joined import Joined
from bridges.line import NotYetError, Pending
from bridges.marking import Marking
from bridges.message import Message
from bridges.patience import NoNeedError, Patience
from bridges.surroundings import Surroundings
from db.bridge_rows import Copy, Delivery, Intent, Operation
from db.ids import SourceId

LEFT_BEHIND = "bridge.left_behind"
"""It stands in a place that its end has left for the one that replaced it."""


class Speaker:
    """Works for one end. The lane in front of it decides what is next, and stops it when that is not wanted."""

    def __init__(self, end: End, commons: Commons) -> None:
        self.end = end
        self.marking = Marking(end, commons)
        self._commons = commons
        self._around = Surroundings(end, commons)
        self._joined = Joined(end, commons, self._around)
        self._gone: set[SourceId] = set()

    def let_go(self, source: SourceId) -> None:
        """Take in that a message was deleted: nothing more of it is to be said."""
        self._gone.add(source)

    def is_gone(self, intent: Intent) -> bool:
        """Whether nothing more of a message is to be said."""
        return intent.gone or intent.source in self._gone

    async def do(self, pending: Pending, patience: Patience) -> None:
        """Do what is asked of what stands here already. Raises :class:`NotYetError` while it does not yet."""
        match pending.intent.operation:
            case Operation.EDIT:
                await self.edit(pending, patience)
            case Operation.REACT:
                await self.marking.react(pending.intent, patience)
            case _:
                await self.marking.pin(pending.intent, patience)

    # ── saying

    async def say(self, pending: Pending, patience: Patience, waiting: Sequence[Pending]) -> None:
        """Say a message. ``waiting`` are those behind it: some may be said together with it, and are then done."""
        intent = pending.intent
        message = await self._around.message(intent, patience)
        if message is None or self.is_gone(intent):
            # one that may be repeated is not written down before the next is begun: any that was left by an earlier
            # process may stand here, not only the first
            left_over = pending.heard_at is None and self._may_repeat(intent)
            if pending.doubtful or left_over:
                await self._clear_all_away(intent, patience)
            self._commons.metrics.gone.labels(self.end.label).inc()
            await self._settle(Delivery(intent))
            self._gone.discard(intent.source)
            return
        try:
            if together := self._joined.with_others(pending, message, waiting, self.is_gone):
                if not await self._joined.say([pending, *together], patience):
                    # all were deleted in this moment: each takes its own turn
                    await self.say(pending, patience, [])
                return
            parts = await self._around.render(intent, message, patience)
            said = await self._commons.store.copies(intent.source, self.end.id) if pending.doubtful else []
            await self._say_parts(pending, parts, {copy.part for copy in said}, patience, alone=not waiting)
        except NoNeedError:
            await self._settle(Delivery(intent))
        except RefusedError as error:
            await self._commons.put_aside(self.end, intent, message, error.reason)

    async def _say_parts(
        self, pending: Pending, parts: Sequence[Outgoing], said: set[int], patience: Patience, *, alone: bool
    ) -> None:
        intent = pending.intent
        left = [part for part in parts if part.part not in said]
        if not left:
            await self._settle(Delivery(intent))
            return
        for part in left:
            doubtful = pending.doubtful and part is left[0]
            copy = await self._say_part(pending, part, patience, inherited=doubtful, alone=alone)
            delivery = Delivery(intent, (copy,), finished=part is left[-1])
            if self._may_repeat(intent):
                # nobody waits: a repeat is harmless here, so a crash before the commit is too
                self._commons.journal.settle_unheeded(delivery, self.end.label)
            else:
                # one unwritten copy at most: after a crash there is exactly one to look for
                await self._settle(delivery)

    async def _say_part(
        self, pending: Pending, part: Outgoing, patience: Patience, *, inherited: bool, alone: bool = False
    ) -> Copy:
        """Say one part; look first whenever it may already stand there. ``inherited``: by an earlier process."""
        intent = pending.intent
        wanted = self._is_wanted(intent)

        async def look() -> Copy | None:
            # what the platform is known to pass over need not be looked for, unless it is not to be said again
            if self._may_repeat(intent) and wanted():
                return None
            after = await self._commons.store.last_copy(self.end.id, thread=part.thread)
            return await self.end.find(part, after=after, since=intent.received_at, exact=not inherited)

        return await patience.with_call(
            lambda: self._send(pending, part, alone=alone), look=look, doubtful=inherited, wanted=wanted
        )

    async def _send(self, pending: Pending, part: Outgoing, *, alone: bool) -> Copy:
        """Send a part. Where nothing else waits, how long it takes is the bridge's doing, and is measured."""
        metrics = self._commons.metrics
        direction = None
        if pending.heard_at is not None and alone and part.part == 0:
            direction = f"to_{self.end.platform}"
            metrics.added.labels(direction).observe(monotonic() - pending.heard_at)
        copy = await self.end.send(part)
        metrics.sent.labels(self.end.label).inc()
        if direction is not None and pending.heard_at is not None:
            metrics.total.labels(direction).observe(monotonic() - pending.heard_at)
        return copy

    async def _clear_all_away(self, intent: Intent, patience: Patience) -> None:
        try:
            await self._clear_away(intent, patience)
        except RefusedError as error:
            # a part that was said before its end moved, and nobody may take away there
            self._commons.metrics.failed.labels(self.end.label, error.reason).inc()

    async def _clear_away(self, intent: Intent, patience: Patience) -> None:
        """Take away what an earlier process may have said of a message that is gone, written down or not."""
        thread = await self._thread_of(intent)
        after = await self._commons.store.last_copy(self.end.id, thread=thread)
        place = self._commons.places.get(intent.source_end)
        if place is not None:
            # where it was said is part of a key: its end may have moved since
            for each in (place, *self._commons.past.get(intent.source_end, ())):
                of = source_key(each, intent.source_ref, self._commons.places[self.end.id])
                strays = await patience.with_call(
                    lambda of=of: self.end.strays(  # type: ignore[misc]
                        of, after=after, since=intent.received_at, thread=thread
                    )
                )
                for copy in strays:
                    await patience.with_call(
                        lambda copy=copy: self.end.remove(copy, f"{intent.id}-s{copy.part}")  # type: ignore[misc]
                    )
        await self._take_away(intent, await self._commons.store.copies(intent.source, self.end.id), patience)

    async def _thread_of(self, intent: Intent) -> str | None:
        store, root = self._commons.store, intent.root
        if root is None:
            return None
        return await self._commons.now(lambda c: store.thread_in(c, root, self.end.id))

    def _is_wanted(self, intent: Intent) -> Callable[[], bool]:
        """Return what is asked before every try: whether the message is still to be said."""
        return lambda: not self.is_gone(intent)

    def _may_repeat(self, intent: Intent) -> bool:
        return datetime.now(UTC) - intent.received_at < self.end.repeatable_for

    # ── making copies agree

    async def edit(self, pending: Pending, patience: Patience) -> None:
        """Let every copy here read as its message does now: replace parts, take away parts, add parts."""
        intent = pending.intent
        copies = await self._standing_copies(intent)
        message = await self._around.message(intent, patience) if copies and not self.is_gone(intent) else None
        if message is None:
            await self._settle(Delivery(intent))
            return
        try:
            if copies[0].behind or not await self._joined.written_anew(intent, copies[0], patience):
                await self._edit_parts(pending, message, copies, patience)
        except NoNeedError:
            pass  # deleted meanwhile: the line beside this one clears it away
        except RefusedError as error:
            await self._commons.put_aside(self.end, intent, message, error.reason)
            return
        await self._settle(Delivery(intent))

    async def _edit_parts(
        self, pending: Pending, message: Message, copies: Sequence[Copy], patience: Patience
    ) -> None:
        intent = pending.intent
        here = {copy.part: copy for copy in copies}
        standing = [copy for copy in copies if not copy.behind]
        if not standing:
            raise RefusedError(LEFT_BEHIND)
        parts = await self._around.render(intent, message, patience, beside=standing[0])
        for part in parts:
            if (copy := here.get(part.part)) is None:
                new = await self._say_part(pending, part, patience, inherited=pending.doubtful)
                await self._settle(Delivery(intent, (new,), finished=False))
            elif not copy.removed and not copy.behind and part.part < FIRST_FILE_PART:
                await self._edit_part(intent, copy, part, patience)
        wanted = {part.part for part in parts}
        await self._take_away(intent, [copy for copy in copies if copy.part not in wanted], patience)

    async def _edit_part(self, intent: Intent, copy: Copy, part: Outgoing, patience: Patience) -> None:
        with suppress(CopyGoneError):  # somebody took it away there, and it stays away
            await patience.with_call(
                lambda: self.end.edit(copy, part, f"{intent.id}-{part.part}"), wanted=self._is_wanted(intent)
            )
        self._commons.metrics.edited.labels(self.end.label).inc()

    async def delete(self, intent: Intent, patience: Patience) -> None:
        """Take every copy of a message away."""
        store, source = self._commons.store, intent.source
        copies = await self._commons.now(lambda c: store.copies_in(c, source, self.end.id))
        await self._take_away(intent, copies, patience)
        await self._settle(Delivery(intent))
        if not await self._commons.now(lambda c: store.is_to_be_said_in(c, source, self.end.id)):
            # else it is passed over when its turn comes
            self._gone.discard(source)
        self._commons.metrics.deleted.labels(self.end.label).inc()

    async def _take_away(self, intent: Intent, copies: Sequence[Copy], patience: Patience) -> None:
        refused: RefusedError | None = None
        for copy in copies:
            try:
                await self._take_one_away(intent, copy, patience)
            except RefusedError as error:
                if not copy.behind:
                    raise
                # the parts that stand in the end's own place are not held up by it
                refused = error
            else:
                await self._settle(Delivery(intent, finished=False, parted=(copy.part,)))
        if refused is not None:
            raise refused

    async def _take_one_away(self, intent: Intent, copy: Copy, patience: Patience) -> None:
        if copy.removed:
            return
        # where others' lines are in the same copy, those stay; what was left behind cannot be written anew
        if copy.behind or not await self._joined.written_anew(intent, copy, patience):
            await patience.with_call(lambda: self.end.remove(copy, f"{intent.id}-{copy.part}"))

    async def _standing_copies(self, intent: Intent) -> list[Copy]:
        """Return the copies here. Raises :class:`NotYetError` while the message still waits to be said."""
        store = self._commons.store
        copies = await self._commons.now(lambda c: store.copies_to_amend_in(c, intent.source, self.end.id))
        if copies is None:
            raise NotYetError
        return copies

    async def _settle(self, delivery: Delivery) -> None:
        await self._commons.journal.settle(delivery)
