"""Tables drawn as lines of a code block, since neither platform's other clients show one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Protocol

from bridges.markup.matrix_body import words_of
from bridges.markup.matrix_html import Element, Node
from bridges.markup.tree import Inline

COLUMN_LIMIT = 40
"""Columns of a terminal that are filled up with spaces; a wider cell pushes its row out and no other."""
JOINED_VOWELS = "\u0e33\u0eb3"
"""Thai and Lao SARA AM: letters to Unicode, and they take a column."""


class ReadsLine(Protocol):
    """What reads the words of one cell."""

    def line(self, nodes: Sequence[Node]) -> list[Inline]:
        """Return what ``nodes`` say on a single line."""


def table_lines(table: Element, reads: ReadsLine) -> list[str]:
    """Return the lines of ``table``: its caption, then a row each, a rule under the row of headings."""
    captions: list[str] = []
    rows: list[tuple[bool, list[str]]] = []
    _gather(table, reads, captions, rows)
    widths: list[int] = []
    for _, cells in rows:
        for column, cell in enumerate(cells):
            width = min(display_width(cell), COLUMN_LIMIT)
            if column == len(widths):
                widths.append(width)
            widths[column] = max(widths[column], width)
    lines = [caption for caption in captions if caption]
    for number, (heading, cells) in enumerate(rows):
        lines.append(" | ".join(_filled(cells, widths)).rstrip())
        if heading and number + 1 < len(rows) and not rows[number + 1][0]:
            lines.append("-+-".join("-" * width for width in widths[: len(cells)]))
    return lines


def _gather(element: Element, reads: ReadsLine, captions: list[str], rows: list[tuple[bool, list[str]]]) -> None:
    for child in element.children:
        if isinstance(child, str):
            continue
        if child.tag == "caption":
            captions.append(words_of(reads.line(child.children)))
        elif child.tag == "tr":
            cells = [cell for cell in child.children if isinstance(cell, Element)]
            words = [words_of(reads.line([*cell.children])) for cell in cells]
            if any(words):
                rows.append((all(cell.tag == "th" for cell in cells), words))
        else:
            _gather(child, reads, captions, rows)


def _filled(cells: list[str], widths: list[int]) -> Iterator[str]:
    for cell, width in zip(cells, widths, strict=False):
        yield cell + " " * (width - display_width(cell))


def display_width(text: str) -> int:
    """Return the columns a terminal gives ``text``: two for wide letters (UAX #11), none for marks on others."""
    return sum(map(_columns, text)) if not text.isascii() else len(text)


def _columns(character: str) -> int:
    if character in JOINED_VOWELS:
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
