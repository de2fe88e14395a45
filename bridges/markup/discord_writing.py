"""The document tree written as Discord reads it."""

from __future__ import annotations

from collections.abc import Iterator

from bridges.markup.discord_escapes import APART, code_block
from bridges.markup.discord_lines import LineWriter, LiveEmoji, LiveMention, could_complete
from bridges.markup.tree import (
    Block,
    Break,
    CodeBlock,
    Details,
    Document,
    FormulaBlock,
    Heading,
    Inline,
    Listing,
    Mark,
    Marked,
    Paragraph,
    Quote,
    Rule,
    Spoiler,
    Subtext,
    Text,
)

DEEPEST_HEADING = 3
RULE = "───"
QUOTED_AGAIN = "│ "
"""Discord has no quote within a quote; this stands before its lines."""


def write_discord(document: Document, *, live: LiveMention | None = None, emoji: LiveEmoji | None = None) -> str:
    """Write ``document`` so that Discord reads it back as nearly as its markup allows.

    Nothing that is text becomes markup, and nobody is pinged: a mention is a readable name unless ``live`` returns
    what may be written for it (``<@id>``), an emoji ``:name:`` unless ``emoji`` does. Whoever sends it still says
    which mentions are allowed.
    """
    writer = _Writer(LineWriter(live, emoji, loose=True))
    written = writer.blocks(document, quoted=False)
    if writer.line.at_stake and ("_" in written or "[" in written):
        return _Writer(LineWriter(live, emoji, loose=False)).blocks(document, quoted=False)
    return written


class _Writer:
    def __init__(self, line: LineWriter) -> None:
        self.line = line

    def blocks(self, blocks: tuple[Block, ...], *, quoted: bool) -> str:
        out = ""
        before: Block | None = None
        for block in _lowered(blocks, quoted):
            written = self._block(block, quoted)
            if not written:
                continue
            if before is not None:
                out += _between(before, block, written)
            out += written
            before = block
        return out

    def _block(self, block: Block, quoted: bool) -> str:
        if isinstance(block, Paragraph):
            return self._paragraph(block)
        if isinstance(block, CodeBlock):
            text = block.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
            self.line.at_stake = self.line.at_stake or could_complete(text) or "_" in block.language
            return code_block(text, block.language) if text else ""
        if isinstance(block, Heading):
            words = self.line.write(block.children, single=True).strip()
            # Discord takes off the hashes at the end, and sees no backslash there
            words += APART if words.endswith("#") and isinstance(block.children[-1], Text) else ""
            return f"{'#' * block.level} {words}" if words else ""
        if isinstance(block, Subtext):
            words = self.line.write(block.children, single=True).strip()
            return f"-# {words}" if words else ""
        if isinstance(block, Quote):
            inside = self.blocks(block.children, quoted=True)
            return _each_line("> ", inside) if inside else ""
        assert isinstance(block, Listing)
        return self._list(block, quoted)

    def _paragraph(self, block: Paragraph) -> str:
        written = self.line.write(block.children)
        lines = [line.rstrip(" \t") for line in written.split("\n")]
        return "\n".join(lines).strip("\n")

    def _list(self, block: Listing, quoted: bool) -> str:
        first = "- " if block.start is None else f"{max(1, block.start)}. "
        # every item's lines are as far in as the first one's: that is how Discord reads them
        indent = " " * len(first)
        items: list[str] = []
        for number, item in enumerate(block.items):
            sign = first if block.start is None else f"{max(1, block.start) + number}. "
            inside = self.blocks(item, quoted=quoted).lstrip(" ") or APART
            items.append(sign + _each_line(indent, inside)[len(indent) :])
        return "\n".join(items)


def _lowered(blocks: tuple[Block, ...], quoted: bool) -> Iterator[Block]:
    """Yield what Discord has in the place of what it has not."""
    for block in blocks:
        if isinstance(block, Heading) and block.level > DEEPEST_HEADING:
            yield Paragraph(_bold(block.children))
        elif isinstance(block, Details):
            yield Paragraph(_bold(block.summary))
            yield from _lowered((Quote(block.children),), quoted)
        elif isinstance(block, FormulaBlock):
            yield CodeBlock(block.tex, "latex")
        elif isinstance(block, Rule):
            yield Paragraph((Text(RULE),))
        elif isinstance(block, Quote) and quoted:
            for child in _lowered(block.children, quoted):
                yield Paragraph(_quoted_again(child.children)) if isinstance(child, Paragraph) else child
        else:
            yield block


def _bold(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    return (Marked(Mark.BOLD, children),) if children else ()


def _quoted_again(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    return (Text(QUOTED_AGAIN), *_after_breaks(children))


def _after_breaks(children: tuple[Inline, ...]) -> Iterator[Inline]:
    for child in children:
        if isinstance(child, Marked):
            yield Marked(child.mark, tuple(_after_breaks(child.children)))
        elif isinstance(child, Spoiler):
            yield Spoiler(tuple(_after_breaks(child.children)), child.reason)
        else:
            yield child
            if isinstance(child, Break):
                yield Text(QUOTED_AGAIN)


def _between(before: Block, block: Block, written: str) -> str:
    """Return what parts two blocks: a blank line where one would go on in the other, else the end of the line."""
    if isinstance(before, Paragraph) and isinstance(block, Paragraph):
        return "\n\n"
    if type(before) is type(block) and isinstance(block, Listing | Quote):
        return "\n\n"
    if isinstance(before, Listing) and written.startswith(" "):
        return "\n\n"
    return "\n"


def _each_line(lead: str, text: str) -> str:
    return "\n".join(lead + line for line in text.split("\n"))
