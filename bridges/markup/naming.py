"""Who and what a document names: found, and replaced by what somebody knows about them.

Reading a message needs nobody to be looked up; whoever knows the names puts them in afterwards, with these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from bridges.markup.tree import (
    Block,
    Details,
    Document,
    Emoji,
    Heading,
    Inline,
    Link,
    Listing,
    Marked,
    Mention,
    Paragraph,
    Quote,
    Spoiler,
    Subtext,
)

Named = TypeVar("Named", Mention, Emoji, Link)


def mentions_of(document: Document) -> Iterator[Mention]:
    """Yield every mention of ``document``, in the order of reading."""
    return (child for child in _inlines(document) if isinstance(child, Mention))


def emoji_of(document: Document) -> Iterator[Emoji]:
    """Yield every custom emoji of ``document``, in the order of reading."""
    return (child for child in _inlines(document) if isinstance(child, Emoji))


def with_mentions(document: Document, resolve: Callable[[Mention], Mention | Inline]) -> Document:
    """Return ``document`` with ``resolve(mention)`` in the place of each mention."""
    return _document(document, Mention, resolve)


def with_emoji(document: Document, resolve: Callable[[Emoji], Emoji | Inline]) -> Document:
    """Return ``document`` with ``resolve(emoji)`` in the place of each custom emoji."""
    return _document(document, Emoji, resolve)


def with_links(document: Document, resolve: Callable[[Link], Link | Inline]) -> Document:
    """Return ``document`` with ``resolve(link)`` in the place of each link."""
    return _document(document, Link, resolve)


def _inlines(blocks: Iterable[Block]) -> Iterator[Inline]:
    for block in blocks:
        if isinstance(block, Paragraph | Heading | Subtext):
            yield from _within(block.children)
        elif isinstance(block, Quote):
            yield from _inlines(block.children)
        elif isinstance(block, Details):
            yield from _within(block.summary)
            yield from _inlines(block.children)
        elif isinstance(block, Listing):
            for item in block.items:
                yield from _inlines(item)


def _within(children: Iterable[Inline]) -> Iterator[Inline]:
    for child in children:
        yield child
        if isinstance(child, Marked | Spoiler | Link):
            yield from _within(child.children)


def _document(blocks: tuple[Block, ...], kind: type[Named], resolve: Callable[[Named], Inline]) -> Document:
    def line(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
        return tuple(map(node, children))

    def node(child: Inline) -> Inline:
        if isinstance(child, kind):
            return resolve(child)
        if isinstance(child, Marked | Spoiler | Link):
            return replace(child, children=line(child.children))
        return child

    def block(found: Block) -> Block:
        if isinstance(found, Paragraph | Heading | Subtext):
            return replace(found, children=line(found.children))
        if isinstance(found, Quote):
            return replace(found, children=tuple(map(block, found.children)))
        if isinstance(found, Details):
            return replace(found, summary=line(found.summary), children=tuple(map(block, found.children)))
        if isinstance(found, Listing):
            return replace(found, items=tuple(tuple(map(block, item)) for item in found.items))
        return found

    return tuple(map(block, blocks))
