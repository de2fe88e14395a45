"""A document as the plain text of a Matrix event: for notifications, and for clients that show no HTML.

It reads like the Markdown that people type. Hidden words are not in it: it is shown on lock screens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bridges.markup.matrix_links import same_address
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
    Heading,
    Inline,
    Link,
    Listing,
    Mark,
    Marked,
    Mention,
    Mentioned,
    Moment,
    Paragraph,
    Quote,
    Rule,
    Spoiler,
    Subtext,
    Text,
)

AROUND = {Mark.BOLD: "**", Mark.ITALIC: "_", Mark.UNDERLINE: "__", Mark.STRIKE: "~~"}
SIGILS = {
    Mentioned.PERSON: "@",
    Mentioned.ROLE: "@",
    Mentioned.PLACE: "#",
    Mentioned.COMMAND: "/",
    Mentioned.MESSAGE: "",
}
SILENT_AT = "@\u200b"
"""An at sign that no client takes for the beginning of a call: a space without width stands behind it."""
RULE = "───"
BACKTICKS = re.compile("`+")
MOMENTS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}
"""How much of an instant Discord's letters ask for; the others want the day and the time."""

Live: TypeAlias = Callable[[Mention], Mention | None]
"""Gives who, or what, a mention means at this end; None when that is nobody."""


def body_of(document: Document, live: Live | None = None) -> str:
    """Return the text of ``document`` with the signs people know from Markdown.

    ``live`` gives the names that those who are mentioned have at this end.
    """
    return "\n".join(_Body(live, marks=True).lines(document))


def words_of(words: Sequence[Inline]) -> str:
    """Return the words of one line, without signs for marks."""
    return _Body(None, marks=False).line(words)


class _Body:
    def __init__(self, live: Live | None, *, marks: bool) -> None:
        self._live = live
        self._marks = marks

    def lines(self, blocks: Sequence[Block]) -> list[str]:
        lines: list[str] = []
        before: Block | None = None
        for block in blocks:
            if before is not None and not (isinstance(block, Subtext) or isinstance(before, Heading)):
                lines.append("")
            lines += self._block(block)
            before = block
        return lines

    def _block(self, block: Block) -> list[str]:  # noqa: PLR0911 - one answer for each kind of block
        match block:
            case Paragraph(children) | Subtext(children):
                return self.line(children).split("\n")
            case Heading(level, children):
                return [f"{'#' * level} {self.line(children)}"]
            case Quote(children):
                return [f"> {line}".rstrip() for line in self.lines(children)]
            case CodeBlock(text, language):
                fence = "`" * max(3, _longest_fence(text) + 1)
                return [fence + language, *text.split("\n"), fence]
            case Listing(items, start):
                return self._items(items, start)
            case Details(summary, children):
                inner = [f"  {line}".rstrip() for line in self.lines(children)]
                return [f"▸ {self.line(summary)}", *inner]
            case FormulaBlock(tex):
                return [f"$${tex}$$"]
            case Rule():
                return [RULE]

    def _items(self, items: Sequence[Sequence[Block]], start: int | None) -> list[str]:
        lines: list[str] = []
        for number, item in enumerate(items):
            sign = "- " if start is None else f"{start + number}. "
            inner = self._item_lines(item) or [""]
            lines.append(f"{sign}{inner[0]}".rstrip())
            lines += [(" " * len(sign) + line).rstrip() for line in inner[1:]]
        return lines

    def _item_lines(self, item: Sequence[Block]) -> list[str]:
        """Return the lines of one item: a list below its words follows without an empty line."""
        lines: list[str] = []
        for number, block in enumerate(item):
            if number and not isinstance(block, Listing):
                lines.append("")
            lines += self._block(block)
        return lines

    def line(self, words: Sequence[Inline]) -> str:
        return "".join([self._word(word) for word in words])

    def _word(self, word: Inline) -> str:  # noqa: PLR0911 - one answer for each kind of word
        match word:
            case Text(text):
                return text
            case Break():
                return "\n"
            case Marked(mark, children):
                sign = AROUND[mark] if self._marks else ""
                return f"{sign}{self.line(children)}{sign}"
            case Spoiler(_, reason):
                return spoiler_sign(reason)
            case Code(text):
                return code_sign(text) if self._marks else text
            case Link(address, children):
                return self._link(address, self.line(children))
            case Mention():
                return mention_words(named_here(word, self._live))
            case Emoji(name, _):
                return f":{name}:"
            case Moment():
                return moment_words(word)
            case Formula(tex):
                return f"${tex}$"

    def _link(self, address: str, words: str) -> str:
        if not words.strip() or same_address(words, address):
            return address
        return f"[{words}]({address})" if self._marks else f"{words} ({address})"


def named_here(mention: Mention, live: Live | None) -> Mention:
    """Return what ``mention`` means at this end, under the name it has there; itself when nobody knows."""
    here = None if live is None else live(mention)
    if here is None:
        return mention
    return here if here.name or not mention.name else replace(here, name=mention.name)


def _longest_fence(text: str) -> int:
    return max(map(len, BACKTICKS.findall(text)), default=0)


def spoiler_sign(reason: str) -> str:
    """Return what stands for hidden words (spec 1.12, "Spoiler messages")."""
    return f"[Spoiler for {reason}]" if reason else "[Spoiler]"


def code_sign(text: str) -> str:
    """Return ``text`` between as many backticks as tell it from those inside."""
    fence = "`" * (_longest_fence(text) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def mention_words(mention: Mention) -> str:
    """Return how a mention reads where nobody is called by it."""
    if mention.kind is Mentioned.EVERYONE:
        return SILENT_AT + (mention.name or "everyone")
    name = mention.name or mention.ref
    if mention.kind is Mentioned.MESSAGE:
        return mention.name or mention.address or "message"
    sigil = SIGILS[mention.kind]
    # a Matrix id has its sigil already, or another one
    return name if not mention.name and name[:1] in "@#!" else sigil + name


def moment_words(moment: Moment) -> str:
    """Return an instant in UTC, as much of it as its style asks for: 2026-11-22 16:00 UTC."""
    pattern = MOMENTS.get(moment.style, "%Y-%m-%d %H:%M:%S" if moment.style == "S" else "%Y-%m-%d %H:%M")
    return moment.instant.strftime(pattern) + (" UTC" if "%H" in pattern else "")
