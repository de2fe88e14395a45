"""The insides of lines, written as Discord reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from bridges.markup.discord_escapes import APART, apart, code_span, escaped
from bridges.markup.discord_links import (
    SWALLOWED,
    deceives,
    in_brackets,
    personal_address,
    stands_bare,
    web_address,
    within,
)
from bridges.markup.discord_parts import (
    LINE_BREAKS,
    Around,
    Part,
    Raw,
    edged,
    has_brackets_in_code,
    holds,
    merged,
    one_line,
    spliced,
    text_parts,
    unwrapped,
)
from bridges.markup.reading_aloud import mention_words, plain_of_line
from bridges.markup.tree import (
    Break,
    Code,
    Emoji,
    Formula,
    Inline,
    Link,
    Mark,
    Marked,
    Mention,
    Mentioned,
    Moment,
    Spoiler,
    Text,
)

LiveMention: TypeAlias = Callable[[Mention], str | None]
LiveEmoji: TypeAlias = Callable[[Emoji], str | None]

DELIMITERS = {Mark.BOLD: "**", Mark.ITALIC: "*", Mark.UNDERLINE: "__", Mark.STRIKE: "~~"}
STYLES = "tTdDfFRsS"
BACKSLASH = "\\"


class LineWriter:
    """Writes the inside of blocks; ``live`` and ``emoji`` say what may be written so that it lives on Discord.

    A ``loose`` one leaves single signs that nothing completes (``snake_case``, a bracket). What could complete one
    may stand anywhere later in the text, for Discord looks for the end of a mark beyond its line and its block;
    when something did, ``at_stake`` is set, and all is to be written again by one that is not loose.
    """

    def __init__(self, live: LiveMention | None, emoji: LiveEmoji | None, *, loose: bool) -> None:
        """Take what may live; without them, mentions and emoji are written as words."""
        self._live = live
        self._emoji = emoji
        self._loose = loose
        self.at_stake = False

    def write(self, children: tuple[Inline, ...], *, single: bool = False) -> str:
        """Write ``children`` from the start of a line, on a single one where the block has only one."""
        return self._words(children, Around(single=single), True)

    def _words(self, children: tuple[Inline, ...], around: Around, line_start: bool) -> str:
        parts = merged(self._parts(children, around), flat=around.single or around.label)
        out = ""
        before: Part | None = None
        for index, part in enumerate(parts):
            starts = out.endswith("\n") if out else line_start
            piece = self._piece(part, around, starts, parts[index + 1 : index + 3])
            if not piece:
                continue
            if out and before is not None and type(before) is not Text and _would_join(out, piece):
                piece = APART + piece
            out += piece
            before = part
        return out

    def _piece(self, part: Part, around: Around, line_start: bool, after: list[Part]) -> str:
        if isinstance(part, Text):
            italic = Mark.ITALIC in around.marks
            return escaped(
                part.text, line_start=line_start, loose=self._loose, in_italic=italic, in_label=around.label
            )
        if isinstance(part, Break):
            return "\n"
        if isinstance(part, Raw):
            if part.address and after and not _ends_address(after):
                return f"<{part.address}>"
            return part.text
        if isinstance(part, Spoiler):
            inside = self._words(part.children, Around(around.marks, True, around.label, around.single), False)
            return _between("||", inside)
        marks = around.marks | {part.mark}
        inside = self._words(part.children, Around(marks, around.spoiler, around.label, around.single), False)
        return _italic(inside) if part.mark is Mark.ITALIC else _between(DELIMITERS[part.mark], inside)

    def _parts(self, children: Iterable[Inline], around: Around) -> Iterator[Part]:
        """Turn nodes into what Discord has: words, marks that are not there twice, what is written as it is."""
        for child in children:
            kind = type(child)
            if kind is Text:
                yield from text_parts(child.text)  # type: ignore[union-attr]
            elif isinstance(child, Marked):
                yield from self._marked(child, around)
            elif isinstance(child, Break):
                yield child
            elif isinstance(child, Spoiler):
                if child.reason:
                    yield from text_parts(f"({one_line(child.reason)}) ")
                yield from self._parts(child.children, around) if around.spoiler else (Spoiler(child.children),)
            elif isinstance(child, Link):
                yield from self._link(child, around)
            else:
                yield from self._other(child, around)

    def _other(self, child: Inline, around: Around) -> Iterator[Part]:
        if isinstance(child, Code | Formula):
            code = child.text if isinstance(child, Code) else child.tex
            code = LINE_BREAKS.sub(" " if around.single else "\n", code)
            if code:
                self.at_stake = self.at_stake or could_complete(code)
                yield Raw(code_span(apart(code, "|") if around.spoiler else code))
        elif isinstance(child, Mention):
            yield from self._mention(child, around)
        elif isinstance(child, Emoji):
            if self._emoji is not None and (live := self._emoji(child)):
                self.at_stake = True
                yield Raw(live)
            else:
                yield Text(f":{one_line(child.name)}:")
        elif isinstance(child, Moment):
            style = child.style if len(child.style) == 1 and child.style in STYLES else "f"
            yield Raw(f"<t:{int(child.instant.timestamp() // 1)}:{style}>")

    def _mention(self, mention: Mention, around: Around) -> Iterator[Part]:
        if self._live is not None and (live := self._live(mention)):
            self.at_stake = True
            yield Raw(live)
        elif mention.kind is Mentioned.MESSAGE and mention.address and not around.label:
            children = (Text(one_line(mention.name)),) if mention.name.strip() else ()
            yield from self._link(Link(mention.address, children), around)
        else:
            yield Text(one_line(mention_words(mention)))

    def _marked(self, marked: Marked, around: Around) -> Iterator[Part]:
        """Part the words of a mark from what it cannot be around, because that holds the sign that would end it."""
        if marked.mark in around.marks:
            yield from self._parts(marked.children, around)
            return
        inside: list[Inline] = []
        for child in spliced(marked.children, around.marks | {marked.mark}, around):
            if holds(child, DELIMITERS[marked.mark]):
                yield from edged(marked.mark, inside)
                inside = []
                yield from self._parts((child,), around)
            else:
                inside.append(child)
        yield from edged(marked.mark, inside)

    def _link(self, link: Link, around: Around) -> Iterator[Part]:
        words = plain_of_line(unwrapped(link.children, Link | Spoiler)).strip()
        if around.label:
            yield from self._parts(link.children or (Text(one_line(link.address)),), around)
            return
        if personal := personal_address(link.address):
            yield from self._beside(link.children, words, personal, around)
            return
        address = web_address(link.address)
        if address is None:
            yield from self._parts(link.children or (Text(one_line(link.address)),), around)
            return
        address = within(address, around.marks)
        self.at_stake = self.at_stake or "_" in address
        hidden = f"<{address}>"
        label = self._words(link.children, Around(around.marks, around.spoiler, True, True), False)
        if not label.strip() or words in (link.address, address):
            bare = link.preview and stands_bare(address)
            yield Raw(address, address) if bare else Raw(hidden)
            return
        # looked at twice: as it is written, with the reasons of spoilers, and without the signs of marks in between
        shown = f"{words}\n{label.replace(BACKSLASH, '')}"
        if deceives(shown, address) or "://" in shown or has_brackets_in_code(link.children):
            yield from self._beside(link.children, words, address, around)
            return
        self.at_stake = True
        target = in_brackets(address)
        yield Raw(f"[{label}]({target})" if link.preview else f"[{label}](<{target}>)")

    def _beside(self, children: tuple[Inline, ...], words: str, address: str, around: Around) -> Iterator[Part]:
        """Yield the words and the address both, so that everybody sees where it leads."""
        if words and words != address:
            yield from self._parts(unwrapped(children, Link), around)
            yield Text(" (")
            yield Raw(f"<{address}>")
            yield Text(")")
        else:
            yield Raw(f"<{address}>")


def could_complete(raw: str) -> bool:
    """Say whether ``raw`` holds what could pair with an underscore or a bracket that is not escaped."""
    return "_" in raw or "](" in raw


def _between(sign: str, inside: str) -> str:
    if not inside:
        return ""
    # neither of these two minds a backslash
    guard = APART if sign in ("||", "~~") and inside.endswith(sign[0]) else ""
    return f"{sign}{inside}{guard}{sign}"


def _italic(inside: str) -> str:
    core = inside.strip()
    if core == inside or not core:
        return _between("*", core) or inside
    # left over from links that became words: it goes outside, but must not complete a bullet there
    lead, trail = inside[: len(inside) - len(inside.lstrip())], inside[len(inside.rstrip()) :]
    return f"{APART}{lead}{_between('*', core)}{trail}"


def _would_join(out: str, piece: str) -> bool:
    last, first = out[-1], piece[0]
    return (last == first and last in "*_~|`") or (last == "~" and first == "_")


def _ends_address(after: list[Part]) -> bool:
    """Say whether what comes after an address cannot be taken for a part of it."""
    following = after[0]
    if isinstance(following, Break):
        return True
    if not isinstance(following, Text):
        return False
    match = SWALLOWED.match(following.text)
    if match is None:
        return False
    return (
        match.end() < len(following.text)
        or following.text[-1:].isspace()
        or len(after) == 1
        or (isinstance(after[1], Break))
    )
