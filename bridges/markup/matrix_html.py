"""HTML as a tree of plain elements: the only module that knows the library which parses it.

libxml2 reads HTML5's tokens but does not reopen formatting that was left open, as HTML5's tree builders must: with
those, one event of 65 kB (``<p><b a=1><p><b a=2>…``) becomes ten million elements. Here the time and the number of
elements grow with the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from lxml import etree

from bridges.plain_text import plain_text

DEPTH_LIMIT = 100
"""Levels that are read (spec 1.12, "m.room.message msgtypes"). What lies deeper gives its words and no more."""
WRAPPING = 3
"""The levels that are always there: html, body, and the div that is put around everything."""
PIECE = 4096
"""Characters handed to the library at once."""
ABANDONED_DEPTH = 400
"""Levels at which the library is begun anew: it walks through them at each closing tag that closes nothing."""

BLOCK_TAGS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody td
    tfoot th thead tr ul
    """.split()  # noqa: SIM905 - as a list it would take fifty lines
)
"""Elements that begin a line of their own."""


class Element:
    """One element; ``holds_blocks`` says that one of those inside it begins a line of its own."""

    __slots__ = ("attributes", "children", "holds_blocks", "tag")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Node] = []
        self.holds_blocks = False

    def __repr__(self) -> str:
        """Show the tag alone: words are never shown."""
        return f"<Element {self.tag}>"


Node: TypeAlias = Element | str


class _Builder:
    """Builds elements from what the library reports; used again and again, as making a parser costs most."""

    def __init__(self) -> None:
        self._stack = [Element("", {})]
        self.depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth <= DEPTH_LIMIT + WRAPPING:
            element = Element(tag, attributes)
            self._stack[-1].children.append(element)
            self._stack.append(element)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if self.depth < DEPTH_LIMIT + WRAPPING:
            element = self._stack.pop()
            if element.holds_blocks or tag in BLOCK_TAGS:
                self._stack[-1].holds_blocks = True

    def data(self, text: str) -> None:
        self._stack[-1].children.append(text)

    def close(self) -> Element:
        root = self._stack[0]
        self._stack, self.depth = [Element("", {})], 0
        return root


class _Reader:
    """A parser with its builder."""

    def __init__(self) -> None:
        self._builder = _Builder()
        self._parser = etree.HTMLParser(target=self._builder, encoding="utf-8")

    def read(self, html: str) -> list[Node]:
        nodes: list[Node] = []
        open_ = False
        for piece in _pieces(html):
            # inside a div the library wraps nothing in paragraphs of its own
            self._parser.feed(piece.encode() if open_ else b"<div>" + piece.encode())
            open_ = self._builder.depth < ABANDONED_DEPTH
            if not open_:
                nodes += self._parser.close().children
        if open_:
            nodes += self._parser.close().children
        return nodes


_idle: list[_Reader] = []
"""Readers that nobody uses at the moment: one, unless several threads read at once."""


def parse(html: str) -> list[Node]:
    """Return the elements and texts of ``html``. Any text is taken; none raises."""
    reader = _idle.pop() if _idle else _Reader()
    nodes = reader.read(plain_text(html))
    _idle.append(reader)
    return nodes


def _pieces(html: str) -> Iterator[str]:
    """Cut before tags, so that neither a tag nor a character reference is cut."""
    begin = 0
    while len(html) - begin > PIECE:
        cut = html.rfind("<", begin + 1, begin + PIECE)
        if cut == -1:
            cut = html.find("<", begin + PIECE)
        if cut == -1:
            break
        yield html[begin:cut]
        begin = cut
    yield html[begin:]


def text_of(nodes: list[Node]) -> str:
    """Return the words of ``nodes`` as they stand there: line breaks, spaces and all."""
    words: list[str] = []
    _gather(nodes, words)
    return "".join(words)


def _gather(nodes: list[Node], words: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            words.append(node)
        elif node.tag == "br":
            words.append("\n")
        elif node.tag == "img":
            words.append(node.attributes.get("alt", ""))
        else:
            _gather(node.children, words)
