"""A conversation decides where a message goes. It plans and does nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bridges.message import Message
from db.bridge_rows import ConversationRow, Receipt
from db.ids import EndId


@dataclass(frozen=True, slots=True)
class Conversation:
    """Ends that hear one another, as equals."""

    key: str
    ends: tuple[EndId, ...]

    @classmethod
    def of(cls, row: ConversationRow) -> Conversation:
        return cls(row.key, tuple(end.id for end in row.ends))

    def plan(self, message: Message, received_at: datetime) -> Receipt:
        """Say where ``message`` is to be said: at every end but its own."""
        return Receipt(
            message.end,
            message.ref,
            tuple(end for end in self.ends if end != message.end),
            received_at,
        )
