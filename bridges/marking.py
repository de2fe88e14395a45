"""Reactions and pins: what hangs from a message is made to agree at one end with how it is at the others."""

from __future__ import annotations

from hashlib import sha256

import structlog

from bridges.commons import Commons
from bridges.ends.port import (
    BlockedError,
    CopyGoneError,
    End,
    EndError,
    NotSentError,
    Reactions,
    RefusedError,
    UnsureError,
)
from bridges.line import NotYetError
from bridges.patience import Patience
from db.bridge_rows import Delivery, Intent, Standing
from db.ids import IntentId

log = structlog.get_logger("bridges.marking")

FIRST_SECONDS, LONGEST_SECONDS, MOST_TRIES = 0.5, 60.0, 60
"""How soon, and how often, an end is asked again what people gave there: for about an hour."""


class Marking:
    """Works for one end. Its methods raise :class:`NotYetError` while the message still waits to be said there."""

    def __init__(self, end: End, commons: Commons) -> None:
        self.end = end
        self._commons = commons
        self._unanswered: dict[IntentId, int] = {}
        """Reactions about which not every end could be asked yet, with how often it was tried."""

    async def react(self, intent: Intent, patience: Patience) -> None:
        """Let the bot's reactions here be those that people gave elsewhere, each once."""
        at = await self._standing_here(intent)
        if at is None:
            await self._commons.journal.settle(Delivery(intent))
            return
        given, certain, later = await self._given_elsewhere(intent, at)
        try:
            here = await patience.with_call(lambda: self.end.reactions(at))
            await self._agree(intent, at, here, given, patience, certain=certain)
        except (CopyGoneError, RefusedError) as error:
            log.info("reactions stay as they are", lane=self.end.label, reason=error.reason)
            later = False
        if later and (tries := self._unanswered.get(intent.id, 0)) < MOST_TRIES:
            # an end did not answer: what was given there may be just what this is about
            self._unanswered[intent.id] = tries + 1
            raise NotYetError(min(FIRST_SECONDS * 2**tries, LONGEST_SECONDS))
        self._unanswered.pop(intent.id, None)
        await self._commons.journal.settle(Delivery(intent))

    async def _given_elsewhere(self, intent: Intent, at: Standing) -> tuple[set[str], bool, bool]:
        """Return what people gave at the other ends, whether all of them answered, whether one may answer later."""
        store = self._commons.store
        sources = [intent.source]
        if at.ours and self.end.joins:
            # lines of several messages in one copy share its reactions
            sharing = await self._commons.now(lambda c: store.sharing_in(c, self.end.id, at.ref, intent))
            sources = [each.source for each in sharing]
        given: set[str] = set()
        certain, later = True, False
        for source in sources:
            places = await self._commons.now(lambda c, source=source: store.places_in(c, source))  # type: ignore[misc]
            for end_id, standing in places.items():
                if end_id == self.end.id or (other := self._commons.ends.get(end_id)) is None:
                    continue
                for each in standing:
                    try:
                        given |= (await other.reactions(each)).given
                    except CopyGoneError:
                        continue
                    except EndError as error:
                        # it cannot be asked now: what was given there may still stand, so nothing is taken back
                        certain = False
                        later = later or isinstance(error, NotSentError | UnsureError | BlockedError)
        return given, certain, later

    async def _agree(
        self,
        intent: Intent,
        at: Standing,
        here: Reactions,
        given: set[str],
        patience: Patience,
        *,
        certain: bool,
    ) -> None:
        wanted = {_plain(reaction): reaction for reaction in sorted(given)}
        standing = {_plain(reaction): reaction for reaction in here.ours}
        missing = [reaction for plain, reaction in wanted.items() if plain not in standing]
        for reaction in missing:
            try:
                await patience.with_call(
                    lambda r=reaction: self.end.react(at, r, _key(intent, r))  # type: ignore[misc]
                )
            except RefusedError as error:
                # this platform has no such emoji; the others may be known
                log.info("a reaction cannot cross", lane=self.end.label, reason=error.reason)
        if certain:
            needless = [reaction for plain, reaction in standing.items() if plain not in wanted]
            for reaction in needless:
                ref = here.ours[reaction]
                await patience.with_call(
                    lambda r=reaction, ref=ref: self.end.unreact(at, r, ref, _key(intent, ref))  # type: ignore[misc]
                )

    async def pin(self, intent: Intent, patience: Patience) -> None:
        """Pin the first part here, or let it go, as the message is."""
        at = await self._standing_here(intent, last=False)
        row = await self._commons.now(lambda c: self._commons.store.source_in(c, intent.source))
        if at is not None and row is not None:
            try:
                await patience.with_call(lambda: self.end.pin(at, pinned=row.pinned))
            except (CopyGoneError, RefusedError) as error:
                log.info("a pin cannot cross", lane=self.end.label, reason=error.reason)
        await self._commons.journal.settle(Delivery(intent))

    async def _standing_here(self, intent: Intent, *, last: bool = True) -> Standing | None:
        """Return what reactions (the last part) and pins (the first) hang from here.

        Raises :class:`NotYetError` while it still waits to be said.
        """
        store = self._commons.store
        standing = await self._commons.now(lambda c: store.standing_to_mark_in(c, intent.source, self.end.id))
        if standing is None:
            raise NotYetError
        return standing[-1 if last else 0] if standing else None


def _key(intent: Intent, what: str) -> str:
    """Return a key for one deed of an intent.

    By what it is about, not by a number: tried again after a crash, others may be missing, and a homeserver takes
    a key that it knows for the deed that it knows.
    """
    return f"{intent.id}-{sha256(what.encode()).hexdigest()[:12]}"


def _plain(reaction: str) -> str:
    """Return a reaction without what only says how it is drawn: platforms leave that out, or put it in."""
    return reaction.replace("\ufe0f", "").replace("\ufe0e", "")
