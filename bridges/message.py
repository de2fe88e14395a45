"""What crosses a bridge, free of any platform's way of writing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from bridges.markup.tree import Document
from bridges.media.file import Attachment
from db.bridge_rows import Place
from db.ids import EndId


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message. ``account`` is the platform's id: it stays in memory and is never stored or logged.

    ``avatar`` is where their picture lies, as :attr:`Attachment.location`; empty where they share none.
    ``moderates``: they may take away what others say there.
    """

    account: str = field(repr=False)
    name: str = field(repr=False)
    avatar: str = field(default="", repr=False)
    moderates: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread at the end where something stands; ``name`` is empty where the platform gives it none."""

    handle: str
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was read at its source.

    ``text`` holds names in place of ids wherever they are known. ``reply_to`` is the message it answers, by its id
    at the same end. ``opens``: a thread of the same id hangs from it (``title`` is how that is called).
    ``version`` grows with every edit (milliseconds of the last one, 0 for none). ``repr`` shows no words, no names.
    """

    end: EndId
    place: Place
    ref: str
    author: Author
    text: Document = field(repr=False)
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()
    thread: Thread | None = None
    reply_to: str | None = None
    opens: bool = False
    title: str = field(default="", repr=False)
    version: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self.text and not self.attachments


@dataclass(frozen=True, slots=True)
class Edited:
    """Words were changed. ``message`` is how it reads now; None when that is to be read at the source.

    ``mark`` is the event that changed it, where the platform has one.
    """

    end: EndId
    ref: str
    message: Message | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message, a copy, or an event that changed one was deleted.

    ``early``: what it was may still be heard of, over a slower road.
    """

    end: EndId
    ref: str
    early: bool = False


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody reacted to what stands there as ``ref``, or took a reaction back. Who and how stays at the end."""

    end: EndId
    ref: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """Something was pinned, or is pinned no more."""

    end: EndId
    ref: str
    pinned: bool


Heard: TypeAlias = Message | Edited | Deleted | Reacted | Pinned
"""Whatever an end may hear that concerns the others."""
