"""The same words with less around them, for parts in which what lies around them has no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridges.markup.tree import (
    Block,
    Code,
    Details,
    Document,
    Emoji,
    Formula,
    Inline,
    Link,
    Listing,
    Marked,
    Mention,
    Quote,
    Spoiler,
    Text,
)


def plainer_words(words: Sequence[Inline]) -> Iterator[Inline]:
    """Take one layer off each of ``words``; what hides words stays around them, whatever it costs."""
    for word in words:
        match word:
            case Marked(_, children):
                yield from children
            case Link(address, children):
                yield from children
                yield Text(f" ({address})" if children else address)
            case Spoiler(children, reason) if reason:
                yield Text(f"({reason}) ")
                yield Spoiler(children)
            case Spoiler(children):
                plainer = tuple(plainer_words(children))
                yield Spoiler(plainer) if plainer else word
            case Formula(tex) | Code(tex):
                yield Text(tex)
            case Mention(_, ref, name) if ref:
                yield Text(f"@{name or ref}")
            case Emoji(name, _):
                yield Text(f":{name}:")
            case _:
                yield word


def shallow(document: Document, depth: int) -> Document:
    """Return ``document`` with at most ``depth`` levels of quotes, lists and details; deeper ones open up."""
    blocks: list[Block] = []
    for block in document:
        match block:
            case Quote(children):
                inner = shallow(children, max(depth - 1, 0))
                blocks += [Quote(inner)] if depth else inner
            case Details(summary, children):
                # what is folded away stays so at any depth
                blocks.append(Details(summary, shallow(children, max(depth - 1, 0))))
            case Listing(items, start):
                inside = tuple(shallow(item, max(depth - 1, 0)) for item in items)
                blocks += [Listing(inside, start)] if depth else [inner for item in inside for inner in item]
            case _:
                blocks.append(block)
    return tuple(blocks)
