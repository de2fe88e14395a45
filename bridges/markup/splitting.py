"""A long document as parts that a platform takes, cut where a reader would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bridges.markup.long_code import CodeFile, without_long_code
from bridges.markup.plainer import plainer_words, shallow
from bridges.markup.tree import (
    Block,
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
    Subtext,
    Text,
)
from bridges.markup.word_cutting import cut_code, cut_words, is_longer, longest

LEAST_LIMIT = 64
DEPTH_LIMIT = 6
"""Levels of quotes, lists and details that are kept where a document is cut: each is closed and opened again."""
FOLDED_ON = (Text("…"),)
"""The summary of what was folded away and goes on in the next part: what is folded stays so."""


@dataclass(frozen=True, slots=True)
class Split:
    """A document in parts, and the long code that was taken out of it; each leaves a line with its file's name."""

    parts: tuple[Document, ...]
    files: tuple[CodeFile, ...] = ()


def split_document(
    document: Document, limit: int, measure: Callable[[Document], int], *, long_code: int = 1500
) -> Split:
    """Cut ``document`` into parts of which ``measure`` says at most ``limit`` (64 or more).

    ``measure`` is any length that grows with the document, such as UTF-16 units of its markup. Cuts fall between
    blocks, then between lines and items, then between sentences, words and graphemes; marks, quotes, lists and
    links that are cut are closed and opened again. Code of more than ``long_code`` UTF-16 units, or than the limit,
    becomes a file. What cannot be cut and is longer than a part (an address, a formula) is cut as plain words. No
    word is lost or doubled; white space at a cut is lost. No document makes no part.
    """
    if limit < LEAST_LIMIT:
        raise ValueError("a limit under 64 leaves no room for markup")
    if not document:
        return Split(())
    document, files = without_long_code(document, lambda block: _is_long(block, limit, measure, long_code))
    if measure(document) <= limit:
        return Split((document,), files)
    return Split(tuple(_Splitter(limit, measure).parts(shallow(document, DEPTH_LIMIT))), files)


def _is_long(block: CodeBlock, limit: int, measure: Callable[[Document], int], long_code: int) -> bool:
    return len(block.text.encode("utf-16-le", "surrogatepass")) // 2 > long_code or measure((block,)) > limit


class _Splitter:
    def __init__(self, limit: int, measure: Callable[[Document], int]) -> None:
        self._limit = limit
        self._measure = measure

    def parts(self, document: Document) -> list[Document]:
        parts: list[Document] = []
        rest = document
        while rest:
            part, rest = self._cut_blocks(rest, self._is_short)
            if part:
                parts.append(part)
            else:
                rest = self._forced(rest, parts)
        return parts

    def _is_short(self, document: Document) -> bool:
        # to measure what is far too long would take most of the time
        return not is_longer(document, 2 * self._limit) and self._measure(document) <= self._limit

    def _is_large(self, block: Block) -> bool:
        """Say whether ``block`` is worth cutting, where it would else go whole into the next part."""
        if isinstance(block, CodeBlock):
            return False
        most = self._limit // 2
        return is_longer((block,), most) or self._measure((block,)) > most

    def _forced(self, rest: Document, parts: list[Document]) -> Document:
        """Make the first block plainer; when it is as plain as can be, let it be as long as it is."""
        plainer = _plainer(rest[0])
        if plainer == rest[:1]:
            parts.append(rest[:1])
            return rest[1:]
        return (*plainer, *rest[1:])

    def _cut_blocks(self, blocks: Document, fits: Callable[[Document], bool]) -> tuple[Document, Document]:
        """Return as many of ``blocks`` as fit, the last of them perhaps cut, and the others."""
        count = longest(min(len(blocks), self._limit), lambda count: fits(blocks[:count]))
        whole, rest = blocks[:count], blocks[count:]
        if not rest:
            return whole, ()
        if not whole or self._is_large(rest[0]):
            head, tail = self._cut_block(rest[0], lambda block: fits((*whole, block)))
            if head is not None:
                return (*whole, head), ((tail, *rest[1:]) if tail is not None else rest[1:])
        if len(whole) > 1 and isinstance(whole[-1], Heading):
            # a heading goes with what it is the heading of
            return whole[:-1], (whole[-1], *rest)
        return whole, rest

    def _cut_block(  # noqa: PLR0911 - one answer for each kind of block
        self, block: Block, fits: Callable[[Block], bool]
    ) -> tuple[Block | None, Block | None]:
        """Return the beginning of ``block`` that fits, and what is left; no beginning when nothing fits."""
        match block:
            case Paragraph(children) | Heading(_, children) | Subtext(children):
                return self._cut_line(block, children, fits)
            case Quote(children):
                head, tail = self._cut_blocks(children, lambda kept: fits(Quote(kept)))
                return (Quote(head) if head else None), (Quote(tail) if tail else None)
            case Details(summary, children):
                head, tail = self._cut_blocks(children, lambda kept: fits(Details(summary, kept)))
                if not head:
                    return None, block
                return Details(summary, head), (Details(FOLDED_ON, tail) if tail else None)
            case Listing():
                return self._cut_listing(block, fits)
            case CodeBlock(text):
                begin, end = cut_code(text, self._limit, lambda kept: fits(replace(block, text=kept)))
                return (replace(block, text=begin) if begin else None), (replace(block, text=end) if end else None)
            case FormulaBlock() | Rule():
                return None, block

    def _cut_line(
        self,
        block: Paragraph | Heading | Subtext,
        children: Sequence[Inline],
        fits: Callable[[Block], bool],
    ) -> tuple[Block | None, Block | None]:
        head, tail = cut_words(children, self._limit, lambda kept: fits(replace(block, children=kept)))
        return (
            replace(block, children=head) if head else None,
            replace(block, children=tail) if tail else None,
        )

    def _cut_listing(self, block: Listing, fits: Callable[[Block], bool]) -> tuple[Block | None, Block | None]:
        items, start = block.items, block.start
        count = longest(min(len(items), self._limit), lambda count: fits(Listing(items[:count], start)))
        whole, rest = items[:count], items[count:]
        if rest and (not whole or any(map(self._is_large, rest[0]))):
            head, tail = self._cut_blocks(rest[0], lambda kept: fits(Listing((*whole, kept), start)))
            if head:
                whole = (*whole, head)
                # what is left of an item goes on under its number
                rest = (tail, *rest[1:]) if tail else rest[1:]
                count += 0 if tail else 1
        if not whole:
            return None, block
        return Listing(whole, start), Listing(rest, None if start is None else start + count) if rest else None


def _plainer(block: Block) -> Document:  # noqa: PLR0911 - one answer for each kind of block
    """Return blocks that say the same with less around it."""
    match block:
        case Quote(children):
            return children
        case Listing(items, start):
            if start is None:
                return tuple(inner for item in items for inner in item)
            return tuple(
                inner
                for number, item in enumerate(items, start)
                for inner in (Paragraph((Text(f"{number}."),)), *item)
            )
        case Details(summary, children):
            return (Paragraph((Marked(Mark.BOLD, summary),)), *children) if summary else children
        case CodeBlock(text):
            return tuple(Paragraph((Text(line),)) for line in text.split("\n") if line.strip())
        case FormulaBlock(tex):
            return (Paragraph((Text(tex),)),)
        case Heading(_, children) | Subtext(children):
            return (Paragraph(children),)
        case Paragraph(children):
            return (Paragraph(tuple(plainer_words(children))),) if children else ()
        case Rule():
            return (block,)
