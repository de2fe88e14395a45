"""What stands inside the lines of a Discord message: marks, code, links, mentions, emoji, times."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import TypeAlias

from bridges.markup.discord_tokens import read_angle, read_bare_link, read_masked_link
from bridges.markup.tree import Break, Code, CodeBlock, Inline, Mark, Marked, Mention, Mentioned, Spoiler, Text

DEEPEST = 24
"""Marks within marks beyond this are text: nobody reads so many, and a hostile message could ask for thousands."""

SPECIAL = re.compile(r"[\\*_~|`<\[@:\n]")
ESCAPED = re.compile(r"\\[^0-9A-Za-z\s]")
# Each of these has one way only to match (possessive), so that garbage costs no more than its length.
STAR = re.compile(r"\*(?=\S)((?:[^\s*\\]++|\\.|\*\*|\s++(?=[^\s*]|\*\*))++)\*(?!\*)", re.DOTALL)
UNDERSCORE = re.compile(r"_((?:[^\\_]++|\\.|__)++)_(?![0-9A-Za-z_])", re.DOTALL)
TWO_STARS = re.compile(r"\*\*((?:\\.|[^\\])(?:[^\\*]++|\\.|\*(?!\*(?!\*)))*+)\*\*(?!\*)", re.DOTALL)
TWO_UNDERSCORES = re.compile(r"__((?:\\.|[^\\])(?:[^\\_]++|\\.|_(?!_(?!_)))*+)__(?!_)", re.DOTALL)
TICKS = re.compile(r"`+")
FENCE = re.compile(r"```(?:([A-Za-z0-9_+\-.#]+)\n)?\n*")
BLANK = re.compile(r"[ \t]*(?:\n|\Z)")
SHRUG = r"¯\_(ツ)_/¯"
"""The one face whose backslash Discord keeps."""

Token: TypeAlias = tuple[Inline | CodeBlock | None, int]
"""What was read, and where it ends. ``None`` is text up to there."""


class InlineReader:
    """Reads the lines of one text, in the order in which Discord's own clients try their rules.

    A mark is looked for as far as the text goes, and what is between its ends is read by itself; so a quote or a
    list that begins inside a mark is text. ``borders`` says where, at the start of a line, another block begins.
    """

    def __init__(self, text: str, borders: re.Pattern[str]) -> None:
        """Prepare to read ``text``, whose line breaks are ``\\n``."""
        self._text = text
        self._borders = borders
        self._ticks: dict[int, list[int]] | None = None
        # up to where a mark is known to have no end: to look again at each of its beginnings would cost a square
        self._unclosed: dict[str, int] = {}

    def line(self, start: int, end: int) -> tuple[Inline, ...]:
        """Read from ``start`` to ``end``, where no block can begin."""
        nodes, _, _ = self._read(start, end, 0, links=True, top=False)
        return tuple(nodes)

    def paragraph(self, start: int) -> tuple[tuple[Inline, ...], int, CodeBlock | None]:
        """Read from ``start`` to a blank line, another block or a block of code, which is returned as well."""
        nodes, position, block = self._read(start, len(self._text), 0, links=True, top=True)
        return tuple(nodes), position, block

    def _read(
        self, start: int, end: int, depth: int, *, links: bool, top: bool
    ) -> tuple[list[Inline], int, CodeBlock | None]:
        text = self._text
        nodes: list[Inline] = []
        pieces: list[str] = []
        at = start
        while found := SPECIAL.search(text, at, end):
            here = found.start()
            if text[here] == "\\":
                at, shown = self._backslash(start, here, end)
                if shown:
                    pieces.append(text[start:here])
                    start = shown
                continue
            if text[here] == "\n":
                _flush(nodes, pieces, text[start:here], line_end=True)
                start = at = here + 1
                if top and (BLANK.match(text, at) or self._borders.match(text, at)):
                    return nodes, at, None
                nodes.append(Break())
                continue
            begins, token = self._token(start, here, end, depth, links)
            at = here + 1 if token is None else token[1]
            if token is None or (node := token[0]) is None:
                continue
            block = node if isinstance(node, CodeBlock) else None
            _flush(nodes, pieces, text[start:begins], line_end=top and block is not None)
            start = at
            if top and block is not None:
                return nodes, at, block
            # the tree has no block inside a mark; code keeps its lines, so it can stand in for one
            nodes.append(Code(node.text) if isinstance(node, CodeBlock) else node)
        _flush(nodes, pieces, text[start:end], line_end=top)
        return nodes, end, None

    def _backslash(self, start: int, here: int, end: int) -> tuple[int, int]:
        """Return where to go on, and where the words after an escape begin: 0 when the backslash is one of them."""
        if self._text.startswith(SHRUG, max(here - 1, start), end):
            return here - 1 + len(SHRUG), 0
        return (here + 2, here + 1) if ESCAPED.match(self._text, here, end) else (here + 1, 0)

    def _token(self, start: int, here: int, end: int, depth: int, links: bool) -> tuple[int, Token | None]:
        """Read what the sign at ``here`` begins, or is in the midst of; return where that begins, and it."""
        character = self._text[here]
        if character == ":":
            if links and self._text.startswith("//", here + 1):
                return read_bare_link(self._text, start, here, end)
            return here, None
        if character == "<":
            return here, read_angle(self._text, here, end, links=links)
        return here, READERS[character](self, here, end, depth, links)

    def _children(self, start: int, end: int, depth: int, links: bool) -> tuple[Inline, ...]:
        nodes, _, _ = self._read(start, end, depth + 1, links=links, top=False)
        return tuple(nodes)

    def _star_or_underscore(self, here: int, end: int, depth: int, links: bool) -> Token | None:
        """Read italic, or bold or underline: the longer one, and italic of two that are equally long."""
        if depth >= DEEPEST:
            return None
        character = self._text[here]
        single, double, mark = (
            (STAR, TWO_STARS, Mark.BOLD) if character == "*" else (UNDERSCORE, TWO_UNDERSCORES, Mark.UNDERLINE)
        )
        match = single.match(self._text, here, end)
        found = Mark.ITALIC
        if self._text.startswith(character * 2, here) and self._unclosed.get(character, -1) < end:
            wider = double.match(self._text, here, end)
            if wider is None:
                self._unclosed[character] = end
            elif match is None or wider.end() > match.end():
                match, found = wider, mark
        if match is None:
            return None
        if not match[1].strip(character):
            return None, _run_end(self._text, match.end(), end)
        return Marked(found, self._children(match.start(1), match.end(1), depth, links)), match.end()

    def _tilde(self, here: int, end: int, depth: int, links: bool) -> Token | None:
        close = self._closing("~~", here, end)
        # Discord does not end a strike before an underscore
        while close != -1 and self._text.startswith("_", close + 2, end):
            close = self._text.find("~~", close + 1, end)
        if close == -1 or depth >= DEEPEST:
            return None
        if not self._text[here:close].strip("~"):
            return None, _run_end(self._text, close, end)
        return Marked(Mark.STRIKE, self._children(here + 2, close, depth, links)), close + 2

    def _pipe(self, here: int, end: int, depth: int, links: bool) -> Token | None:
        close = self._closing("||", here, end)
        if close == -1 or depth >= DEEPEST:
            return None
        if not self._text[here:close].strip("|"):
            return None, _run_end(self._text, close, end)
        return Spoiler(self._children(here + 2, close, depth, links)), close + 2

    def _closing(self, mark: str, here: int, end: int) -> int:
        """Return where the mark that begins at ``here`` ends, -1 when none begins or it has no end."""
        if self._unclosed.get(mark, -1) >= end or not self._text.startswith(mark, here, end):
            return -1
        close = self._text.find(mark, here + 3, end)
        if close == -1:
            self._unclosed[mark] = end
        return close

    def _tick(self, here: int, end: int, _depth: int, _links: bool) -> Token | None:
        if self._text.startswith("```", here, end) and (block := self._fence(here, end)):
            return block
        if self._ticks is None:
            self._ticks = {}
            for run in TICKS.finditer(self._text):
                self._ticks.setdefault(run.end() - run.start(), []).append(run.start())
        after = here
        while after < end and self._text[after] == "`":
            after += 1
        for length in range(after - here, 0, -1):
            closings = self._ticks.get(length, ())
            index = bisect_right(closings, after)
            if index < len(closings) and closings[index] + length <= end:
                return Code(_without_padding(self._text[here + length : closings[index]])), closings[index] + length
        return None, after

    def _fence(self, here: int, end: int) -> Token | None:
        if self._unclosed.get("```", -1) >= end or not (opening := FENCE.match(self._text, here, end)):
            return None
        for start, language in ((opening.end(), opening[1] or ""), (here + 3, "")):
            close = self._text.find("```", start + 1, end)
            if close != -1 and self._text[start:close].strip("\n"):
                return CodeBlock(self._text[start:close].strip("\n"), language), close + 3
        if self._text.find("```", here + 3, end) == -1:
            self._unclosed["```"] = end
        return None

    def _at(self, here: int, end: int, _depth: int, _links: bool) -> Token | None:
        for name in ("everyone", "here"):
            if self._text.startswith(name, here + 1, end):
                return Mention(Mentioned.EVERYONE, "", name), here + 1 + len(name)
        return None

    def _bracket(self, here: int, end: int, depth: int, links: bool) -> Token | None:
        if not links or depth >= DEEPEST or not (found := read_masked_link(self._text, here, end)):
            return None
        label, link, after = found
        children = self._children(*label, depth, False)
        return type(link)(link.address, children, link.preview), after


Reader: TypeAlias = Callable[[InlineReader, int, int, int, bool], Token | None]
READERS: dict[str, Reader] = {
    "*": InlineReader._star_or_underscore,
    "_": InlineReader._star_or_underscore,
    "~": InlineReader._tilde,
    "|": InlineReader._pipe,
    "`": InlineReader._tick,
    "@": InlineReader._at,
    "[": InlineReader._bracket,
}


def _flush(nodes: list[Inline], pieces: list[str], rest: str, *, line_end: bool) -> None:
    """Add what was gathered as one text; white space at the end of a line is not said."""
    if pieces:
        rest = "".join((*pieces, rest))
        pieces.clear()
    if line_end:
        rest = rest.rstrip(" \t")
    if rest:
        nodes.append(Text(rest))


def _run_end(text: str, here: int, end: int) -> int:
    """Return where the run of the character before ``here`` ends: a row of stars alone is text, and whole."""
    while here < end and text[here] == text[here - 1]:
        here += 1
    return here


def _without_padding(code: str) -> str:
    """Take off the one space that keeps a backtick of the code apart from those around it."""
    if code.startswith(" ") and code.lstrip(" ").startswith("`"):
        code = code[1:]
    if code.endswith(" ") and code.rstrip(" ").endswith("`"):
        code = code[:-1]
    return code
