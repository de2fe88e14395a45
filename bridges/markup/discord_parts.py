"""What is made of the nodes of a line before it is written for Discord: parts that Discord has, side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import UnionType
from typing import TypeAlias

from bridges.markup.tree import Break, Code, Formula, Inline, Link, Mark, Marked, Spoiler, Text

LINE_BREAKS = re.compile(r"\r\n|[\r\n]")


@dataclass(frozen=True, slots=True)
class Raw:
    """What is written as it is; ``address`` is set for a link that needs no brackets unless words follow."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What is around some words: marks, a spoiler, a masked link, a single line."""

    marks: frozenset[Mark] = frozenset()
    spoiler: bool = False
    label: bool = False
    single: bool = False


Part: TypeAlias = Text | Marked | Spoiler | Raw | Break


def text_parts(text: str) -> Iterator[Part]:
    """Yield ``text``; a line break that should not be in it becomes one."""
    if "\n" not in text and "\r" not in text:
        yield Text(text)
        return
    for number, line in enumerate(LINE_BREAKS.split(text)):
        if number:
            yield Break()
        if line:
            yield Text(line)


def merged(parts: Iterable[Part], *, flat: bool) -> list[Part]:
    """Join texts that stand side by side (escaping looks at both); ``flat`` is without line breaks."""
    joined: list[Part] = []
    for found in parts:
        part = Text(" ") if flat and isinstance(found, Break) else found
        if isinstance(part, Text) and joined and isinstance(last := joined[-1], Text):
            joined[-1] = Text(last.text + part.text)
        elif not isinstance(part, Text) or part.text:
            joined.append(part)
    return joined


def spliced(children: Iterable[Inline], marks: frozenset[Mark], around: Around) -> Iterator[Inline]:
    """Yield ``children`` without marks and spoilers that are around them already."""
    for child in children:
        twice = (
            child.mark in marks
            if isinstance(child, Marked)
            else (isinstance(child, Spoiler) and around.spoiler and not child.reason)
            or (isinstance(child, Link) and around.label and bool(child.children))
        )
        if twice and isinstance(child, Marked | Spoiler | Link):
            yield from spliced(child.children, marks, around)
        else:
            yield child


def edged(mark: Mark, children: list[Inline]) -> Iterator[Part]:
    """Yield marked children; white space at the ends of italic goes outside, where Discord wants it."""
    if mark is Mark.ITALIC:
        yield from peeled(children, 0)
        late = peeled(children, -1)
        if children:
            yield Marked(mark, tuple(children))
        yield from reversed(late)
    elif children:
        yield Marked(mark, tuple(children))


def peeled(children: list[Inline], index: int) -> list[Part]:
    """Take white space off one end of ``children``, and return it from the outside inwards."""
    white_space: list[Part] = []
    while children and isinstance(child := children[index], Text | Break):
        if isinstance(child, Text) and (kept := child.text.rstrip() if index else child.text.lstrip()):
            if white := child.text[len(kept) :] if index else child.text[: -len(kept)]:
                white_space.append(Text(white))
                children[index] = Text(kept)
            break
        white_space.append(child)
        children.pop(index)
    return white_space


def holds(child: Inline, sign: str) -> bool:
    """Say whether code in ``child`` holds ``sign``: there is no way to escape it there."""
    if isinstance(child, Code):
        return sign in child.text
    if isinstance(child, Formula):
        return sign in child.tex
    if isinstance(child, Marked | Spoiler | Link):
        return any(holds(grandchild, sign) for grandchild in child.children)
    return False


def has_brackets_in_code(children: tuple[Inline, ...]) -> bool:
    """Say whether code in a label holds what would end it."""
    return any(holds(child, bracket) for child in children for bracket in "[]")


def unwrapped(children: tuple[Inline, ...], kinds: type[Link] | UnionType) -> tuple[Inline, ...]:
    """Return ``children`` with what is inside those of ``kinds`` in their place."""
    kept: list[Inline] = []
    for child in children:
        inside = child.children if isinstance(child, Marked | Spoiler | Link) else ()
        if isinstance(child, kinds):
            bare = (Text(one_line(child.address)),) if isinstance(child, Link) else ()
            kept.extend(unwrapped(inside, kinds) or bare)
        elif isinstance(child, Marked):
            kept.append(Marked(child.mark, unwrapped(inside, kinds)))
        else:
            kept.append(child)
    return tuple(kept)


def one_line(words: str) -> str:
    """Return ``words`` on one line."""
    return " ".join(words.split())
