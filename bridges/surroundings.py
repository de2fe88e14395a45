"""What a message says, and what it meets at the end it goes to: read in the moment at which it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bridges.commons import Commons
from bridges.ends.port import (
    Answered,
    Around,
    CopyGoneError,
    End,
    EndError,
    NotSentError,
    Outgoing,
    RefusedError,
    UnsureError,
)
from bridges.markup.naming import mentions_of
from bridges.markup.reading_aloud import snippet
from bridges.markup.tree import Mentioned
from bridges.message import Message
from bridges.patience import Patience
from bridges.terms import as_admitted
from db.bridge_rows import Copy, Intent, SourceRow
from db.ids import SourceId

log = structlog.get_logger("bridges.surroundings")

THREAD_NAME_LIMIT = 80
READ_AGAIN_SECONDS = (0.2, 0.6)
"""After how long it is asked again what is answered, where the platform did not say."""


class Surroundings:
    """Looks around for one end."""

    def __init__(self, end: End, commons: Commons) -> None:
        self.end = end
        self._commons = commons

    async def message(self, intent: Intent, patience: Patience) -> Message | None:
        """Return how a message reads, as it may come in here; None when it is gone or stays at home."""
        message = self._commons.recent.get(intent.source_end, intent.source_ref)
        if message is None:
            message = await self._read_again(intent, patience)
        conversation = self._commons.conversation_of(self.end.id)
        if message is None or conversation is None:
            return None
        author = conversation.policy(conversation.key, message.author)
        if author is None:
            return None
        own, origin = conversation.terms_of(self.end.id), conversation.terms_of(intent.source_end)
        if own.origins and origin.title:
            author = replace(author, name=f"{author.name} · {origin.title}")
        return as_admitted(own, replace(message, author=author))

    async def _read_again(self, intent: Intent, patience: Patience) -> Message | None:
        source = self._commons.ends.get(intent.source_end)
        if source is None:
            return None  # an end that was taken out: what was said there is no longer ours to carry

        async def read() -> Message | None:
            # what is heard of it while it is read may be newer than what comes back
            since = self._commons.recent.mark()
            message = await source.read(intent.source_ref, intent.source_thread)
            if message is not None:
                self._commons.recent.learn(message, since=since)
            return message

        return await patience.with_call(read)

    async def render(
        self, intent: Intent, message: Message, patience: Patience, *, beside: Copy | None = None
    ) -> list[Outgoing]:
        """Return the parts of a message as they are to be here; ``beside`` is one that stands here already."""
        around = Around(
            thread=beside.thread if beside is not None else await self._thread(intent, message, patience),
            answers=await self._answered(intent.reply_to) if intent.reply_to is not None else None,
            people=await self._people(message),
            everyone=self._everyone(),
        )
        return await patience.with_call(lambda: self._rendered(message, around))

    async def _rendered(self, message: Message, around: Around) -> list[Outgoing]:
        try:
            return await self.end.render(message, around)
        except EndError:
            raise
        except Exception as error:
            # a fault of ours about one message: told and counted, and the others behind it are not held up by it
            log.exception("a message could not be rendered", lane=self.end.label)
            raise RefusedError("bridge.not_rendered") from error

    def _everyone(self) -> str | None:
        conversation = self._commons.conversation_of(self.end.id)
        return conversation.terms_of(self.end.id).everyone if conversation is not None else None

    async def _people(self, message: Message) -> Mapping[str, str]:
        mentions = [m for m in mentions_of(message.text) if m.kind is Mentioned.PERSON]
        if not mentions:
            return {}
        return await self._commons.people(message.place.platform, mentions, self.end.platform)

    async def _thread(self, intent: Intent, message: Message, patience: Patience) -> str | None:
        """Return the thread here in which a message belongs, opened where there is none; None where none can be."""
        store, root = self._commons.store, intent.root
        if root is None:
            return None
        known = await self._commons.now(lambda c: store.thread_in(c, root, self.end.id))
        if known is not None:
            return known
        standing = await self._commons.now(lambda c: store.standing_in(c, root, self.end.id))
        if not standing:
            return None
        name = (message.thread.name if message.thread is not None else "") or await self._title(root)
        try:
            handle = await patience.with_call(lambda: self.end.open_thread(standing[0], name))
        except (RefusedError, CopyGoneError) as error:
            log.info("a thread cannot be opened", lane=self.end.label, reason=error.reason)
            return None
        await self._commons.journal.remember_thread(root, self.end.id, handle)
        return handle

    async def _title(self, root: SourceId) -> str:
        row = await self._commons.now(lambda c: self._commons.store.source_in(c, root))
        message = self._commons.recent.get(row.end, row.ref) if row is not None else None
        if message is None:
            return "🧵"
        return message.title or snippet(message.text, THREAD_NAME_LIMIT) or "🧵"

    async def _answered(self, answered: SourceId) -> Answered | None:
        """Return what a message answers; None when nothing is known of it."""
        store = self._commons.store
        found = await self._commons.now(lambda c: store.answered_in(c, answered, self.end.id))
        if found is None:
            return None
        row, standing = found
        message = self._commons.recent.get(row.end, row.ref)
        if message is None and (source := self._commons.ends.get(row.end)) is not None:
            message = await self._read_answered(source, row)
        conversation = self._commons.conversation_of(self.end.id)
        if message is not None and conversation is not None:
            author = conversation.policy(conversation.key, message.author)
            message = replace(message, author=author) if author is not None else None
        return Answered(standing[0] if standing else None, message)

    async def _read_answered(self, source: End, row: SourceRow) -> Message | None:
        """Read what is answered. None where that is not to be had soon: its answer is rather said without the quote
        than late."""
        for seconds in (*READ_AGAIN_SECONDS, None):
            try:
                return await source.read(row.ref, row.thread)
            except (NotSentError, UnsureError):
                if seconds is not None:
                    await self._commons.sleep(seconds)
            except EndError:
                break
        return None
