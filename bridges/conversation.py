"""A conversation decides where a message goes. It plans and does nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridges.message import Deleted, Edited, Heard, Message, Pinned, Reacted
from bridges.terms import EQUAL, AuthorPolicy, EndTerms, admits, under_own_name
from db.bridge_rows import Change, ConversationRow, Operation, Place, Platform, Receipt
from db.ids import EndId

QUOTING = frozenset({Platform.DISCORD})
"""Platforms on which a copy cannot answer as people do, and so shows in words what it answers."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Ends that hear one another, as equals unless their ``terms`` say otherwise."""

    key: str
    ends: tuple[EndId, ...]
    terms: Mapping[EndId, EndTerms] = field(default_factory=dict)
    quoting: frozenset[EndId] = frozenset()
    policy: AuthorPolicy = under_own_name

    @classmethod
    def of(
        cls,
        row: ConversationRow,
        terms: Mapping[Place, EndTerms] | None = None,
        policy: AuthorPolicy = under_own_name,
    ) -> Conversation:
        known = terms or {}
        return cls(
            row.key,
            tuple(end.id for end in row.ends),
            {end.id: known[end.place] for end in row.ends if end.place in known},
            frozenset(end.id for end in row.ends if end.place.platform in QUOTING),
            policy,
        )

    def terms_of(self, end: EndId) -> EndTerms:
        """Return how an end takes part."""
        return self.terms.get(end, EQUAL)

    def plan(self, heard: Heard, received_at: datetime) -> Receipt | Change | None:
        """Say what is to be written of something heard; None when it is not carried.

        New messages go by the ends' terms. What happens to a message that crossed already reaches every copy of it,
        whatever the terms say by now: nobody may be left with what its author has taken back.
        """
        elsewhere = tuple(end for end in self.ends if end != heard.end)
        match heard:
            case Message():
                return self._receipt(heard, received_at)
            case Edited():
                return Change(
                    heard.end, heard.ref, Operation.EDIT, received_at, elsewhere, self.quoting, heard.mark
                )
            case Deleted():
                return Change(
                    heard.end,
                    heard.ref,
                    Operation.DELETE,
                    received_at,
                    elsewhere,
                    self.quoting,
                    early=heard.early,
                )
            case Reacted():
                return Change(heard.end, heard.ref, Operation.REACT, received_at, elsewhere, mark=heard.mark)
            case Pinned():
                return Change(heard.end, heard.ref, Operation.PIN, received_at, elsewhere, pinned=heard.pinned)

    def destinations(self, message: Message) -> tuple[EndId, ...]:
        """Return where a message is to be said; nowhere when its author or its end keeps it at home."""
        own = self.terms_of(message.end)
        if not own.gives or own.paused or self.policy(self.key, message.author) is None:
            return ()
        return tuple(end for end in self.ends if end != message.end and admits(self.terms_of(end), message))

    def _receipt(self, message: Message, received_at: datetime) -> Receipt | None:
        destinations = self.destinations(message)
        if not destinations:
            return None
        return Receipt(
            message.end,
            message.ref,
            destinations,
            received_at,
            message.thread.handle if message.thread is not None else None,
            message.reply_to,
            message.opens,
        )
