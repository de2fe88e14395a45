"""The document tree: what a text means, free of any platform's way of writing it.

Values only. ``repr`` of a node that holds words shows them, so documents are never logged; the message around one
hides it (:class:`bridges.message.Message`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

# ── inside a line


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they are read: no markup, no escapes, no line breaks. Never empty."""

    text: str


class Mark(StrEnum):
    """How words are set off from those around them."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"


@dataclass(frozen=True, slots=True)
class Marked:
    """Words set off by a mark. Never without children."""

    mark: Mark
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Words hidden until somebody asks for them; ``reason`` says what they are about, where the author said."""

    children: tuple[Inline, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Words set as code within a line. Never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to ``address`` (http, https, mailto, tel, matrix, or a platform's own; never a script).

    ``children`` are what is read; for an address that was written as it is they are empty. ``preview`` is False
    where the author asked that none be shown.
    """

    address: str
    children: tuple[Inline, ...] = ()
    preview: bool = True


class Mentioned(StrEnum):
    """Who or what a mention means."""

    PERSON = "person"
    ROLE = "role"
    PLACE = "place"
    """A channel, a thread, a room."""
    MESSAGE = "message"
    COMMAND = "command"
    EVERYONE = "everyone"
    """All who are in a place: Discord's everyone and here, Matrix's room."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention. ``ref`` is the platform's id, ``name`` what people read, without ``@``, ``#`` or ``/``.

    ``name`` is empty while nobody has said how it is called. ``ref`` is empty for :attr:`Mentioned.EVERYONE`, whose
    name is ``everyone``, ``here`` or ``room``. ``address`` is a link to it, where the author's platform gave one.
    """

    kind: Mentioned
    ref: str
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Emoji:
    """A custom emoji: ``name`` without colons; ``ref`` is a Discord emoji id or an ``mxc://`` address."""

    name: str
    ref: str
    animated: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that every reader sees in their own time. ``style`` is one of Discord's letters ``tTdDfFRsS``."""

    instant: datetime
    style: str = "f"


@dataclass(frozen=True, slots=True)
class Formula:
    """Mathematics in TeX, within a line."""

    tex: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line break inside a paragraph."""


Inline: TypeAlias = Text | Marked | Spoiler | Code | Link | Mention | Emoji | Moment | Formula | Break

# ── lines and more


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together. Never without children."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` 1 (largest) to 6."""

    level: int
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Subtext:
    """A small line beside the matter."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines set as code, without the line break at the end; ``language`` is empty where none was named."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; ``start`` is the first number of an ordered one, None for bullets. An item is blocks."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks folded away behind a summary."""

    summary: tuple[Inline, ...]
    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class FormulaBlock:
    """Mathematics in TeX, set by itself."""

    tex: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block: TypeAlias = Paragraph | Heading | Subtext | Quote | CodeBlock | Listing | Details | FormulaBlock | Rule

Document: TypeAlias = tuple[Block, ...]
"""A whole text. Empty when there is nothing to read."""


def plain(text: str) -> Document:
    """Return ``text`` as a document without any markup: a blank line parts paragraphs, a line break stays one."""
    paragraphs = []
    for part in text.replace("\r\n", "\n").split("\n\n"):
        children: list[Inline] = []
        for number, line in enumerate(part.strip("\n").split("\n")):
            if number:
                children.append(Break())
            if line:
                children.append(Text(line))
        if any(isinstance(child, Text) for child in children):
            paragraphs.append(Paragraph(tuple(children)))
    return tuple(paragraphs)
