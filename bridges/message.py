"""What crosses a bridge, free of any platform's way of writing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from db.bridge_rows import Place
from db.ids import EndId


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message. ``account`` is the platform's id: it stays in memory and is never stored or logged."""

    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was read at its source.

    ``text`` is what people see, with names in place of mentions. ``notes`` are short lines for what cannot cross
    yet (a file's name), so that nobody answers a message that seems empty. ``repr`` shows no words and no names.
    """

    end: EndId
    place: Place
    ref: str
    author: Author = field(repr=False)
    text: str = field(repr=False)
    sent_at: datetime
    notes: tuple[str, ...] = field(default=(), repr=False)

    def full_text(self) -> str:
        """Return the text with its notes, one to a line."""
        return "\n".join(part for part in (self.text, *self.notes) if part.strip())
