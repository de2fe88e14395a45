"""A Discord message read into the document tree: quotes, headings, small lines, lists, code, paragraphs.

Discord has no description of its markup beyond the help page "Markdown Text 101"; the rules here are what its own
clients do, checked against messages. What is malformed is text, and no text is an error.
"""

from __future__ import annotations

import re

from bridges.markup.discord_inline import BLANK, InlineReader
from bridges.markup.tree import Block, Break, Document, Heading, Inline, Listing, Paragraph, Quote, Subtext, Text

DEEPEST_LIST = 11
"""Lists within lists beyond this are text, on Discord too."""
HIGHEST_NUMBER = 1_000_000_000

_BULLET = r"(?:[*-]|[0-9]+\.)"
_LIST = rf"(?P<indent> *)(?P<bullet>{_BULLET}) +(?=\S)"
_QUOTE = r" *(?P<rest>>>>) | *(?P<quote>>) "
_HEADING = r" *(?P<hashes>\#{1,3})\s++(?!\#{1,3}\s)(?=[^\n])"
_SUBTEXT = r" *(?P<small>-\#) ++(?!-\#)(?=[^\n])"
BORDERS = {
    (quotes, lists): re.compile(
        "|".join((*((_QUOTE,) if quotes else ()), _HEADING, _SUBTEXT, *((_LIST,) if lists else ())))
    )
    for quotes in (True, False)
    for lists in (True, False)
}
"""What begins another block at the start of a line, by whether there may be a quote and a list."""
QUOTED_LINES = re.compile(r" *> [^\n]*(?:\n *> [^\n]*)*\n?")
QUOTE_SIGN = re.compile(r"^ *> ", re.MULTILINE)
LINE = re.compile(r"[^\n]*\n?")
ITEM = re.compile(rf"( *){_BULLET} +")


def read_discord(content: str) -> Document:
    """Read the content of a Discord message into a document; nothing raises, and time grows with the length."""
    return tuple(_Blocks(content.replace("\r\n", "\n").replace("\r", "\n"), quoted=False, level=0).read())


class _Blocks:
    """The blocks of one text: a message, what is in a quote, what is in an item of a list."""

    def __init__(self, text: str, *, quoted: bool, level: int) -> None:
        """Take the text, whether it is inside a quote (none begins there), and how many lists are around it."""
        self._text = text
        self._quoted = quoted
        self._level = level
        self._borders = BORDERS[not quoted, level < DEEPEST_LIST]
        self._inline = InlineReader(text, self._borders)

    def read(self) -> list[Block]:
        text, end = self._text, len(self._text)
        blocks: list[Block] = []
        position, line_start = 0, True
        while position < end:
            if line_start and (blank := BLANK.match(text, position)):
                position = blank.end()
                continue
            if line_start and (border := self._borders.match(text, position)):
                block, position = self._block(border)
                blocks.append(block)
                continue
            children, position, code = self._inline.paragraph(position)
            if trimmed := _trimmed(children):
                blocks.append(Paragraph(trimmed))
            line_start = code is None
            if code is not None:
                blocks.append(code)
                if blank := BLANK.match(text, position):
                    position, line_start = blank.end(), True
        return blocks

    def _block(self, border: re.Match[str]) -> tuple[Block, int]:
        if border["hashes"]:
            return self._heading(border)
        if border["small"]:
            line = LINE.match(self._text, border.end())
            assert line is not None
            children = self._inline.line(border.end(), _right_edge(self._text, border.end(), line.end()))
            return Subtext(children), line.end()
        # a pattern without quotes or lists has no such groups
        groups = border.groupdict()
        if groups.get("rest"):
            return self._quote(self._text[border.end() :], len(self._text))
        if groups.get("quote"):
            lines = QUOTED_LINES.match(self._text, border.start())
            assert lines is not None
            return self._quote(QUOTE_SIGN.sub("", lines[0]), lines.end())
        return self._list(border)

    def _heading(self, border: re.Match[str]) -> tuple[Block, int]:
        start = border.end()
        line = LINE.match(self._text, start)
        assert line is not None
        end = _right_edge(self._text, start, line.end())
        while end > start + 1 and self._text[end - 1] == "#":
            end -= 1
        children = self._inline.line(start, _right_edge(self._text, start, end))
        return Heading(len(border["hashes"]), children), line.end()

    def _quote(self, text: str, end: int) -> tuple[Block, int]:
        return Quote(tuple(_Blocks(text, quoted=True, level=self._level).read())), end

    def _list(self, border: re.Match[str]) -> tuple[Block, int]:
        """Read a list: it goes on while lines begin with a space, or with a bullet as far in as its first one."""
        first, width = len(border["indent"]), border.end() - border.start()
        more = re.compile(rf" |{_BULLET} " if first == 0 else " ")
        items: list[list[str]] = []
        position = border.start()
        while position < len(self._text):
            if items and not more.match(self._text, position):
                break
            line = LINE.match(self._text, position)
            assert line is not None
            item = ITEM.match(line[0])
            if not items or (item is not None and first <= len(item[1]) <= first + 1):
                assert item is not None
                items.append([line[0][item.end() :]])
            else:
                items[-1].append(_less_indented(line[0], width))
            position = line.end()
        level = self._level + 1
        read = tuple(tuple(_Blocks("".join(item), quoted=self._quoted, level=level).read()) for item in items)
        return Listing(read, _number(border["bullet"])), position


def _right_edge(text: str, start: int, end: int) -> int:
    """Return ``end`` without the white space before it."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _less_indented(line: str, width: int) -> str:
    return line[min(width, len(line) - len(line.lstrip(" "))) :]


def _number(bullet: str) -> int | None:
    if not bullet.endswith("."):
        return None
    # no number of so many digits is below the highest one, and Python refuses to read very long ones
    return min(HIGHEST_NUMBER, max(1, int(bullet[:-1][:20]))) if bullet else None


def _trimmed(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Take line breaks off both ends; nothing is left of white space alone."""
    start, end = 0, len(children)
    while start < end and isinstance(children[start], Break):
        start += 1
    while end > start and isinstance(children[end - 1], Break):
        end -= 1
    kept = children[start:end]
    if all(isinstance(child, Break) or (isinstance(child, Text) and child.text.isspace()) for child in kept):
        return ()
    return kept
