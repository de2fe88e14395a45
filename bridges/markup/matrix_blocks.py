"""Paragraphs, quotes, lists and what else takes lines of its own in Matrix's HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridges.markup.matrix_html import BLOCK_TAGS, Element, Node, text_of
from bridges.markup.matrix_inline import (
    FALLBACK,
    MATHS,
    UNREAD_TAGS,
    Around,
    Line,
    Wrap,
    wraps_of,
)
from bridges.markup.matrix_tables import table_lines
from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
    Formula,
    FormulaBlock,
    Heading,
    Inline,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Subtext,
    Text,
)

DEPTH_LIMIT = 10
"""Levels of quotes, lists and details; what lies deeper is read as if it lay there."""
HEADINGS = {f"h{level}": level for level in range(1, 7)}
CONTAINERS = frozenset(("blockquote", "details", "dir", "menu", "ol", "ul"))
LANGUAGE = re.compile(r"language-([\w+#.-]{1,32})")
NUMBER = re.compile(r"\d{1,9}")
NO_SUMMARY = "…"


class Blocks:
    """Reads nodes into blocks.

    ``wraps`` are what lies around all of them: a mark, a link or a spoiler that was opened outside.
    """

    def __init__(
        self,
        around: Around,
        inside: frozenset[str] = frozenset(),
        wraps: tuple[tuple[str, Wrap], ...] = (),
        depth: int = 0,
    ) -> None:
        self._around = around
        self._inside = inside
        self._wraps = wraps
        self._depth = depth

    def read(self, nodes: Sequence[Node]) -> list[Block]:
        """Return what ``nodes`` say; nodes within a line make paragraphs."""
        blocks: list[Block] = []
        line: list[Node] = []
        for node in nodes:
            if isinstance(node, str) or not (node.holds_blocks or node.tag in BLOCK_TAGS):
                line.append(node)
                continue
            self._paragraphs(line, blocks)
            line.clear()
            if node.tag not in UNREAD_TAGS and not (self._around.fallback and FALLBACK in node.attributes):
                self._within(node)._block(node, blocks)
        self._paragraphs(line, blocks)
        return blocks

    def _within(self, node: Element) -> Blocks:
        wraps = wraps_of(node, self._inside, self._around)
        if not wraps:
            return self
        inside = self._inside | {key for key, _ in wraps}
        return Blocks(self._around, inside, (*self._wraps, *wraps), self._depth)

    def _deeper(self) -> Blocks:
        return Blocks(self._around, self._inside, self._wraps, self._depth + 1)

    def _block(self, node: Element, blocks: list[Block]) -> None:
        tag = node.tag
        if (tex := " ".join(node.attributes.get(MATHS, "").split())) and tag == "div":
            blocks.append(self._hidden([Formula(tex)]) if "spoiler" in self._inside else FormulaBlock(tex))
        elif tag in CONTAINERS and self._depth < DEPTH_LIMIT:
            self._deeper()._container(node, blocks)
        elif tag in HEADINGS:
            if words := self.line(node.children):
                blocks.append(Heading(HEADINGS[tag], tuple(words)))
        elif tag == "pre":
            self._pre(node, blocks)
        elif tag == "table":
            self._code("\n".join(table_lines(node, self)), "", blocks)
        elif tag == "hr":
            blocks.append(Rule())
        else:
            blocks.extend(self.read(node.children))

    def _container(self, node: Element, blocks: list[Block]) -> None:
        if node.tag == "details":
            self._details(node, blocks)
        elif node.tag != "blockquote":
            self._listing(node, blocks)
        elif children := self.read(node.children):
            blocks.append(Quote(tuple(children)))

    def line(self, nodes: Sequence[Node]) -> list[Inline]:
        """Return what ``nodes`` say on a single line."""
        return self._wrapped(Line(self._around, self._inside, single=True).read(nodes))

    def _wrapped(self, words: list[Inline]) -> list[Inline]:
        for _, wrap in reversed(self._wraps):
            words = [wrap(tuple(words))] if words else words
        return words

    def _paragraphs(self, nodes: list[Node], blocks: list[Block]) -> None:
        """Add the paragraphs that ``nodes`` make: an empty line parts them."""
        spoken = [node for node in nodes if not isinstance(node, str) or not node.isspace()]
        if not spoken:
            return
        if len(spoken) == 1 and isinstance(only := spoken[0], Element) and only.tag == "sub":
            if words := self.line(only.children):
                blocks.append(Subtext(tuple(words)))
            return
        words = Line(self._around, self._inside).read(nodes)
        begin = 0
        for index in range(1, len(words)):
            if isinstance(words[index], Break) and isinstance(words[index - 1], Break):
                self._paragraph(words[begin : index - 1], blocks)
                begin = index + 1
        self._paragraph(words[begin:], blocks)

    def _paragraph(self, words: list[Inline], blocks: list[Block]) -> None:
        if any(not isinstance(word, Break) and not (isinstance(word, Text) and _blank(word)) for word in words):
            blocks.append(Paragraph(tuple(self._wrapped(words))))

    def _listing(self, node: Element, blocks: list[Block]) -> None:
        items: list[list[Block]] = []
        for child in node.children:
            if isinstance(child, str):
                if child.isspace():
                    continue
                read = self.read([child])
            elif child.tag == "li":
                items.append(self._within(child).read(child.children))
                continue
            else:
                read = self.read([child])
            # a list that stands in a list without an item around it belongs to the item before it
            if read and items:
                items[-1] += read
            elif read:
                items.append(read)
        start = node.attributes.get("start", "").strip()
        first = (int(start) if NUMBER.fullmatch(start) else 1) if node.tag == "ol" else None
        if items:
            blocks.append(Listing(tuple(map(tuple, items)), first))

    def _pre(self, node: Element, blocks: list[Block]) -> None:
        spoken = [child for child in node.children if not isinstance(child, str) or not child.isspace()]
        language = ""
        if len(spoken) == 1 and isinstance(code := spoken[0], Element) and code.tag == "code":
            found = LANGUAGE.search(code.attributes.get("class", ""))
            language = found[1] if found else ""
            text = text_of(spoken)
        else:
            # HTML drops a line break right behind the tag
            text = text_of(node.children).removeprefix("\n")
        self._code(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n"), language, blocks)

    def _code(self, text: str, language: str, blocks: list[Block]) -> None:
        if not text.strip():
            return
        if "spoiler" not in self._inside:
            blocks.append(CodeBlock(text, language))
            return
        # no code block can be hidden: its lines are
        lines: list[Inline] = []
        for line in text.split("\n"):
            lines += [Break()] if lines else []
            lines += [Code(line)] if line.strip() else []
        blocks.append(self._hidden(lines))

    def _hidden(self, words: list[Inline]) -> Paragraph:
        return Paragraph(tuple(self._wrapped(words)))

    def _details(self, node: Element, blocks: list[Block]) -> None:
        summary: list[Inline] = []
        rest: list[Node] = []
        for child in node.children:
            if isinstance(child, Element) and child.tag == "summary" and not summary:
                summary = self.line(child.children)
            else:
                rest.append(child)
        children = self.read(rest)
        if summary or children:
            blocks.append(Details(tuple(summary or [Text(NO_SUMMARY)]), tuple(children)))


def _blank(text: Text) -> bool:
    return not text.text.strip()
