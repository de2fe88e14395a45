"""A document written as the text of a Matrix event: HTML of the tags that the spec names, and plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from bridges.markup.matrix_body import body_of, mention_words, moment_words, named_here, words_of
from bridges.markup.matrix_links import deceives, is_mxc, permalink, safe_address
from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
    Document,
    Emoji,
    Formula,
    FormulaBlock,
    Heading,
    Inline,
    Link,
    Listing,
    Mark,
    Marked,
    Mention,
    Mentioned,
    Moment,
    Paragraph,
    Quote,
    Rule,
    Spoiler,
    Subtext,
    Text,
)

TAGS = {Mark.BOLD: "strong", Mark.ITALIC: "em", Mark.UNDERLINE: "u", Mark.STRIKE: "del"}
WRITABLE = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
"""What the spec lets an ``a`` lead to, of what the tree knows."""
UNSHOWN_SPACE = re.compile(r" (?= )")
"""HTML shows several spaces as one; all but the last become such as do not break."""
NO_LANGUAGE = re.compile(r"[^\w+#.-]")
EMOJI_HEIGHT = 32


@dataclass(frozen=True, slots=True)
class MatrixText:
    """What an event says. ``html`` is None where it would say no more than ``body``.

    ``people`` are the Matrix ids of those who are mentioned by a pill, each once: the sender of the event decides
    whether ``m.mentions`` calls them.
    """

    body: str
    html: str | None
    people: tuple[str, ...] = ()


def write_matrix(
    document: Document,
    *,
    live: Callable[[Mention], Mention | None] | None = None,
    emoji: Callable[[Emoji], str | None] | None = None,
) -> MatrixText:
    """Write ``document`` with nothing but the tags and attributes of spec 1.12, "m.room.message msgtypes".

    ``live`` gives the person, room or message at this end that a mention means, or None; without it a mention is
    live when its reference is Matrix's. ``emoji`` gives the ``mxc://`` address of an emoji of another platform.
    Everybody in a room is never called.
    """
    writer = _Writer(live, emoji)
    html = writer.document(document)
    return MatrixText(body_of(document, live), html if writer.marked else None, tuple(writer.people))


class _Writer:
    def __init__(
        self,
        live: Callable[[Mention], Mention | None] | None,
        emoji: Callable[[Emoji], str | None] | None,
    ) -> None:
        self._live = live
        self._emoji = emoji
        self.marked = False
        """The HTML says more than the body."""
        self.people: dict[str, None] = {}

    def document(self, document: Document) -> str:
        if len(document) == 1 and isinstance(only := document[0], Paragraph):
            return self._inline(only.children)
        return self._blocks(document)

    def _blocks(self, blocks: Sequence[Block]) -> str:
        return "".join([self._block(block) for block in blocks])

    def _block(self, block: Block) -> str:  # noqa: PLR0911 - one answer for each kind of block
        if isinstance(block, Paragraph):
            return f"<p>{self._inline(block.children)}</p>"
        self.marked = True
        match block:
            case Heading(level, children):
                return f"<h{level}>{self._inline(children)}</h{level}>"
            case Subtext(children):
                # the only tag of the spec that clients show as small letters
                return f"<p><sub>{self._inline(children)}</sub></p>"
            case Quote(children):
                return f"<blockquote>{self._blocks(children)}</blockquote>"
            case CodeBlock(text, language):
                language = NO_LANGUAGE.sub("", language)[:32]
                named = f' class="language-{language}"' if language else ""
                return f"<pre><code{named}>{escape(text, quote=False)}\n</code></pre>"
            case Listing(items, start):
                inner = "".join([f"<li>{self._item(item)}</li>" for item in items])
                tag = "ul" if start is None else "ol"
                first = f' start="{start}"' if start not in (None, 1) else ""
                return f"<{tag}{first}>{inner}</{tag}>"
            case Details(summary, children):
                return f"<details><summary>{self._inline(summary)}</summary>{self._blocks(children)}</details>"
            case FormulaBlock(tex):
                return f'<div data-mx-maths="{escape(tex)}"><code>{escape(tex, quote=False)}</code></div>'
            case Rule():
                return "<hr>"

    def _item(self, item: Sequence[Block]) -> str:
        """Write one item of a list; words that stand there alone, or above a list, need no paragraph."""
        if item and isinstance(item[0], Paragraph) and not any(isinstance(block, Paragraph) for block in item[1:]):
            return self._inline(item[0].children) + self._blocks(item[1:])
        return self._blocks(item)

    def _inline(self, words: Sequence[Inline]) -> str:
        return "".join([self._word(word) for word in words])

    def _word(self, word: Inline) -> str:  # noqa: PLR0911 - one answer for each kind of word
        match word:
            case Text(text):
                return escape(UNSHOWN_SPACE.sub("\u00a0", text), quote=False)
            case Break():
                return "<br>"
            case Mention():
                return self._mention(word)
            case Link(address, ()):
                return self._anchor(address, escape(address, quote=False))
            case Moment():
                return moment_words(word)
            case Emoji():
                return self._picture(word)
        self.marked = True
        match word:
            case Marked(mark, children):
                return f"<{TAGS[mark]}>{self._inline(children)}</{TAGS[mark]}>"
            case Spoiler(children, reason):
                said = f'="{escape(reason)}"' if reason else ""
                return f"<span data-mx-spoiler{said}>{self._inline(children)}</span>"
            case Code(text):
                return f"<code>{escape(text, quote=False)}</code>"
            case Formula(tex):
                return f'<span data-mx-maths="{escape(tex)}"><code>{escape(tex, quote=False)}</code></span>'
            case Link(address, children):
                return self._link(address, children)

    def _link(self, address: str, children: Sequence[Inline]) -> str:
        inner = self._inline(children)
        if deceives(words_of(children), address):
            # what is read and where it leads must not differ unseen
            return f"{inner} ({self._anchor(address, escape(address, quote=False))})"
        return self._anchor(address, inner)

    def _anchor(self, address: str, inner: str) -> str:
        safe = safe_address(address)
        if safe is None or WRITABLE.match(safe) is None:
            shown = escape(address, quote=False)
            return inner if inner == shown else f"{inner} ({shown})"
        return f'<a href="{escape(safe)}">{inner}</a>'

    def _mention(self, mention: Mention) -> str:
        if mention.kind is Mentioned.EVERYONE:
            return mention_words(mention)
        named = named_here(mention, self._live)
        address = permalink(named.ref) if self._live is None or named is not mention else None
        if address is None:
            return escape(mention_words(named), quote=False)
        self.marked = True
        if named.kind is Mentioned.PERSON:
            self.people[named.ref] = None
        # a pill shows a person's name alone (spec 1.12, "User and room mentions")
        words = named.name if named.kind is Mentioned.PERSON and named.name else mention_words(named)
        return f'<a href="{escape(address)}">{escape(words, quote=False)}</a>'

    def _picture(self, emoji: Emoji) -> str:
        ref = emoji.ref if is_mxc(emoji.ref) else (self._emoji(emoji) if self._emoji is not None else None)
        name = escape(f":{emoji.name}:")
        if ref is None or not is_mxc(ref):
            return name
        self.marked = True
        return f'<img data-mx-emoticon src="{escape(ref)}" alt="{name}" title="{name}" height="{EMOJI_HEIGHT}">'
