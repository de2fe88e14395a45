"""Cutting a line of words, and lines of code, at the best place before a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain

from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
    FormulaBlock,
    Heading,
    Inline,
    Link,
    Listing,
    Marked,
    Paragraph,
    Quote,
    Rule,
    Spoiler,
    Subtext,
    Text,
)
from bridges.split import best_cut

ATOM = "\ufffc"
"""Stands for what cannot be cut: a mention, an emoji, an address (U+FFFC, object replacement character)."""


def longest(most: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number up to ``most`` of which ``fits`` is true, 0 when there is none.

    Small numbers are tried first: to try a number costs as much time as it is large.
    """
    low, high = 0, 1
    while high <= most and fits(high):
        low, high = high, most if high < most < 2 * high else 2 * high
    high = min(high, most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def is_longer(blocks: Iterable[Block], most: int) -> bool:
    """Say whether ``blocks`` have more letters than ``most``, each block counted as one more; looks no further."""
    return any(letters > most for letters in accumulate(_lengths(blocks)))


def _lengths(blocks: Iterable[Block]) -> Iterator[int]:
    for block in blocks:
        yield 1
        match block:
            case Quote(children) | Details(_, children):
                yield from _lengths(children)
            case Listing(items):
                yield from _lengths(chain.from_iterable(items))
            case Paragraph(children) | Heading(_, children) | Subtext(children):
                yield len(_flat(children))
            case CodeBlock(text) | FormulaBlock(text):
                yield len(text)
            case Rule():
                pass


def cut_words(
    words: Sequence[Inline], limit: int, fits: Callable[[tuple[Inline, ...]], bool]
) -> tuple[tuple[Inline, ...], tuple[Inline, ...]]:
    """Return the beginning of ``words`` that fits and the rest, without the white space between them.

    ``limit`` bounds the search: no more characters than that are tried.
    """
    words = _without_begin(tuple(words))
    flat = _flat(words)
    window = longest(min(len(flat), limit), lambda count: fits(_divided(words, count)[0]))
    if window == len(flat):
        return words, ()
    wished = window
    while wished:
        head, tail = _divided(words, best_cut(flat, wished))
        head = _without_end(head)
        if head and fits(head):
            return head, _without_begin(tail)
        wished = wished * 3 // 4
    head, tail = _divided(words, window)
    return head, tail if head else words


def cut_code(text: str, limit: int, fits: Callable[[str], bool]) -> tuple[str, str]:
    """Return the lines at the beginning of ``text`` that fit, or a piece of its first line, and the rest."""
    window = longest(min(len(text), limit), lambda count: fits(text[:count]))
    if window in (0, len(text)):
        return text[:window], text[window:]
    cut = text.rfind("\n", 0, window + 1)
    if cut > 0:
        return text[:cut], text[cut + 1 :]
    return text[:window], text[window:]


def _flat(words: Sequence[Inline]) -> str:
    """Return the letters of ``words``, one for each thing that cannot be cut."""
    letters: list[str] = []
    for word in words:
        match word:
            case Text(text) | Code(text):
                letters.append(text)
            case Break():
                letters.append("\n")
            case Marked(_, children) | Spoiler(children) | Link(_, children) if children:
                letters.append(_flat(children))
            case _:
                letters.append(ATOM)
    return "".join(letters)


def _divided(words: Sequence[Inline], position: int) -> tuple[tuple[Inline, ...], tuple[Inline, ...]]:
    """Divide ``words`` before the letter at ``position`` of :func:`_flat`; what is divided is opened again."""
    left: list[Inline] = []
    for number, word in enumerate(words):
        if position <= 0:
            return tuple(left), tuple(words[number:])
        length = len(_flat((word,)))
        if length <= position:
            left.append(word)
            position -= length
            continue
        begin, end = _halves(word, position)
        return (*left, begin), (end, *words[number + 1 :])
    return tuple(left), ()


def _halves(word: Inline, position: int) -> tuple[Inline, Inline]:
    match word:
        case Text(text):
            return Text(text[:position]), Text(text[position:])
        case Code(text):
            return Code(text[:position]), Code(text[position:])
        case Marked(mark, children):
            begin, end = _divided(children, position)
            return Marked(mark, begin), Marked(mark, end)
        case Spoiler(children, reason):
            begin, end = _divided(children, position)
            # white space at a cut is dropped, and a reason would be with it
            spoken = bool(_flat(begin).strip())
            return Spoiler(begin, reason if spoken else ""), Spoiler(end, "" if spoken else reason)
        case Link(address, children, preview):
            begin, end = _divided(children, position)
            return Link(address, begin, preview), Link(address, end, preview)
        case _:
            raise AssertionError("one letter cannot be divided")


def _without_end(words: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Take white space off the end."""
    while words:
        stripped = _stripped(words[-1], end=True)
        if stripped == words[-1]:
            return words
        words = words[:-1] if stripped is None else (*words[:-1], stripped)
        if stripped is not None:
            return words
    return words


def _without_begin(words: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Take white space off the beginning."""
    while words:
        stripped = _stripped(words[0], end=False)
        if stripped == words[0]:
            return words
        words = words[1:] if stripped is None else (stripped, *words[1:])
        if stripped is not None:
            return words
    return words


def _stripped(word: Inline, *, end: bool) -> Inline | None:  # noqa: PLR0911 - one answer for each kind of word
    match word:
        case Text(text) | Code(text):
            rest = text.rstrip() if end else text.lstrip()
            if not rest:
                return None
            return Text(rest) if isinstance(word, Text) else Code(rest)
        case Break():
            return None
        case Marked(mark, children):
            inner = _without_end(children) if end else _without_begin(children)
            return Marked(mark, inner) if inner else None
        case Spoiler(children, reason):
            inner = _without_end(children) if end else _without_begin(children)
            return Spoiler(inner, reason) if inner else None
        case Link(address, children, preview) if children:
            inner = _without_end(children) if end else _without_begin(children)
            return Link(address, inner, preview) if inner else None
        case _:
            return word
