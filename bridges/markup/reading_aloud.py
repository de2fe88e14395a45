"""A document in plain words: for a body without markup, a quoted line, a notification."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC

from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
    Document,
    Emoji,
    Formula,
    FormulaBlock,
    Inline,
    Link,
    Listing,
    Marked,
    Mention,
    Mentioned,
    Moment,
    Quote,
    Rule,
    Spoiler,
    Text,
)
from bridges.split import split

HIDDEN = "█"
ELLIPSIS = "…"
SIGNS = {
    Mentioned.PERSON: "@",
    Mentioned.ROLE: "@",
    Mentioned.EVERYONE: "@",
    Mentioned.PLACE: "#",
    Mentioned.COMMAND: "/",
}
RULE = "───"


def plain_of(document: Document) -> str:
    """Return ``document`` as readable plain text: the hidden stays hidden, a link is followed by its address."""
    return "\n".join(line for block in document for line in _lines(block)).strip("\n")


def snippet(document: Document, limit: int) -> str:
    """Return the beginning of ``document`` on one line of at most ``limit`` UTF-16 units, 65 or more.

    What does not fit is left off between words, or at least between graphemes, and ``…`` says so.
    """
    line = " ".join(plain_of(document).split())
    if len(line.encode("utf-16-le")) <= 2 * limit:
        return line
    return split(line, limit - 1)[0].rstrip() + ELLIPSIS


def plain_of_line(children: Iterable[Inline]) -> str:
    """Return the inside of a line in plain words."""
    return "".join(map(_words, children))


def mention_words(mention: Mention) -> str:
    """Return what people read for ``mention``: its name, or else its id, with the sign of its kind."""
    return SIGNS.get(mention.kind, "") + (" ".join(mention.name.split()) or mention.ref)


def _words(child: Inline) -> str:  # noqa: PLR0911 one line for each kind
    if isinstance(child, Text | Code):
        return child.text
    if isinstance(child, Marked):
        return plain_of_line(child.children)
    if isinstance(child, Spoiler):
        hidden = re.sub(r"\S+", HIDDEN, plain_of_line(child.children)) or HIDDEN
        return f"({child.reason}) {hidden}" if child.reason else hidden
    if isinstance(child, Link):
        return _link_words(child)
    if isinstance(child, Mention):
        if child.kind is Mentioned.MESSAGE and not child.name and child.address:
            return child.address
        return mention_words(child)
    if isinstance(child, Emoji):
        return f":{child.name}:"
    if isinstance(child, Moment):
        return child.instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(child, Formula):
        return child.tex
    assert isinstance(child, Break)
    return "\n"


def _link_words(link: Link) -> str:
    words = plain_of_line(link.children)
    bare = link.address.removeprefix("mailto:").removeprefix("tel:")
    if not words.strip() or words in (link.address, bare):
        return words.strip() or bare
    return words if link.address.startswith("tel:") else f"{words} ({bare})"


def _lines(block: Block) -> list[str]:  # noqa: PLR0911 one line for each kind
    if isinstance(block, CodeBlock):
        return block.text.split("\n")
    if isinstance(block, FormulaBlock):
        return block.tex.split("\n")
    if isinstance(block, Rule):
        return [RULE]
    if isinstance(block, Quote):
        return [f"> {line}" for child in block.children for line in _lines(child)]
    if isinstance(block, Details):
        return [plain_of_line(block.summary), *(f"  {line}" for child in block.children for line in _lines(child))]
    if isinstance(block, Listing):
        return [line for number, item in enumerate(block.items) for line in _item_lines(block.start, number, item)]
    return plain_of_line(block.children).split("\n")


def _item_lines(start: int | None, number: int, item: tuple[Block, ...]) -> list[str]:
    sign = "• " if start is None else f"{start + number}. "
    lines = [line for block in item for line in _lines(block)] or [""]
    return [sign + lines[0], *(" " * len(sign) + line for line in lines[1:])]
