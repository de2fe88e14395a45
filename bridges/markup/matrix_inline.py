"""What stands within a line of Matrix's HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from bridges.markup.matrix_html import BLOCK_TAGS, Element, Node, text_of
from bridges.markup.matrix_links import bare_addresses, is_mxc, mentioned_at, safe_address, same_address
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
    Spoiler,
    Text,
)

MARK_TAGS = {
    **dict.fromkeys(("b", "strong"), Mark.BOLD),
    **dict.fromkeys(("i", "em", "cite", "var", "dfn"), Mark.ITALIC),
    **dict.fromkeys(("u", "ins"), Mark.UNDERLINE),
    **dict.fromkeys(("s", "del", "strike"), Mark.STRIKE),
}
CODE_TAGS = frozenset(("code", "tt", "kbd", "samp"))
UNREAD_TAGS = frozenset(
    ("mx-reply", "script", "style", "title", "template", "noscript", "noembed", "noframes", "iframe", "object")
)
"""Elements that nobody reads, or that repeat what a reply answers."""
RAISED = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
RAISABLE, LOWERABLE = re.compile(r"[0-9+\-=()ni]{1,16}"), re.compile(r"[0-9+\-=()]{1,16}")
WHITE = re.compile(r"[ \t\r\n\f]+")
SPOILER, MATHS, FALLBACK = "data-mx-spoiler", "data-mx-maths", "data-mx-profile-fallback"

Wrap: TypeAlias = Callable[[tuple[Inline, ...]], Inline]


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of an event while its text is read."""

    calls_room: bool = False
    """The author called everybody in the room (``m.mentions``)."""
    previews: bool = True
    fallback: bool = False
    """Somebody's name stands in front of the text for clients that know no profiles of messages (MSC4144)."""


def text_nodes(text: str, around: Around) -> list[Inline]:
    """Return ``text`` with the addresses in it as links, and the call of the room where there is one."""
    if "://" not in text and "@" not in text:
        return [Text(text)] if text else []
    nodes: list[Inline] = []
    begin = 0
    for start, end in bare_addresses(text):
        if text[start] == "@":
            if not around.calls_room:
                continue
            node: Inline = Mention(Mentioned.EVERYONE, "", "room")
        else:
            address = safe_address(text[start:end]) or text[start:end]
            node = mentioned_at(address) or Link(address, (), around.previews)
        if start > begin:
            nodes.append(Text(text[begin:start]))
        nodes.append(node)
        begin = end
    if begin < len(text):
        nodes.append(Text(text[begin:]))
    return nodes


def wraps_of(element: Element, inside: frozenset[str], around: Around) -> list[tuple[str, Wrap]]:
    """Return what an element lays around its words, outermost first, save what lies around them already."""
    wraps: list[tuple[str, Wrap]] = []
    if (reason := element.attributes.get(SPOILER)) is not None and "spoiler" not in inside:
        wraps.append(("spoiler", partial(Spoiler, reason=_one_line(reason))))
    if (mark := MARK_TAGS.get(element.tag)) is not None and mark not in inside:
        wraps.append((mark, partial(Marked, mark)))
    if element.tag == "a" and "link" not in inside:
        address = safe_address(element.attributes.get("href", ""))
        # what points at a person or a room is a mention, never a link around other words
        if address is not None and mentioned_at(address) is None:
            wraps.append(("link", lambda children: Link(address, children, around.previews)))
    return wraps


class Line:
    """Reads nodes into what stands within one paragraph; white space that HTML shows as one space is one."""

    def __init__(self, around: Around, inside: frozenset[str], *, single: bool = False) -> None:
        self._around = around
        self._inside = inside
        self._single = single
        """A break is read as a space."""
        self._fresh = True
        """Nothing but white space stands before, on this line."""

    def read(self, nodes: Sequence[Node]) -> list[Inline]:
        """Return what ``nodes`` say, without white space at either end."""
        return trimmed(self._read(nodes, self._inside))

    def _read(self, nodes: Iterable[Node], inside: frozenset[str]) -> list[Inline]:
        out: list[Inline] = []
        words: list[str] = []
        for node in nodes:
            if isinstance(node, str):
                words.append(node)
                continue
            if words:
                self._say("".join(words), out, inside)
                words.clear()
            if node.tag not in UNREAD_TAGS:
                self._element(node, out, inside)
        if words:
            self._say("".join(words), out, inside)
        return merged(out)

    def _say(self, words: str, out: list[Inline], inside: frozenset[str]) -> None:
        words = WHITE.sub(" ", words)
        if self._fresh and words.startswith(" "):
            words = words[1:]
        if words:
            self._fresh = words.endswith(" ")
            out.extend([Text(words)] if "link" in inside else text_nodes(words, self._around))

    def _put(self, node: Inline, out: list[Inline]) -> None:
        self._fresh = isinstance(node, Break)
        out.append(node)

    def _break(self, out: list[Inline], inside: frozenset[str]) -> None:
        if self._single:
            self._say(" ", out, inside)
        else:
            self._put(Break(), out)

    def _element(self, node: Element, out: list[Inline], inside: frozenset[str]) -> None:
        tag, attributes = node.tag, node.attributes
        if FALLBACK in attributes and self._around.fallback:
            return
        if (tex := attributes.get(MATHS)) is not None and (tex := _one_line(tex)):
            self._formula(node, tex, out, inside)
        elif tag == "br":
            self._break(out, inside)
        elif tag == "img":
            self._image(node, out)
        elif tag in CODE_TAGS:
            self._wrapped(node, out, inside)
        elif tag == "a" and (mention := self._mention(node)) is not None:
            self._put(mention, out)
        elif tag in ("sup", "sub"):
            self._shifted(node, out, inside)
        elif tag in BLOCK_TAGS:
            # a block where only words may stand: its words, on a line of their own
            self._break(out, inside)
            out.extend(self._read(node.children, inside))
            self._break(out, inside)
        else:
            self._wrapped(node, out, inside)

    def _formula(self, node: Element, tex: str, out: list[Inline], inside: frozenset[str]) -> None:
        spoiler = [wrap for key, wrap in wraps_of(node, inside, self._around) if key == "spoiler"]
        self._put(spoiler[0]((Formula(tex),)) if spoiler else Formula(tex), out)

    def _wrapped(self, node: Element, out: list[Inline], inside: frozenset[str]) -> None:
        wraps = wraps_of(node, inside, self._around)
        if node.tag in CODE_TAGS:
            code = re.sub(r"[\r\n]+", " ", text_of(node.children))
            children: list[Inline] = [Code(code)] if code.strip() else []
            self._fresh = self._fresh and not children
        else:
            children = self._read(node.children, inside | {key for key, _ in wraps} if wraps else inside)
        for _, wrap in reversed(wraps):
            children = _wrap(wrap, children)
        out.extend(children)

    def _image(self, node: Element, out: list[Inline]) -> None:
        attributes = node.attributes
        source = attributes.get("src", "")
        words = _one_line(attributes.get("alt") or attributes.get("title") or "")
        if "data-mx-emoticon" in attributes and is_mxc(source):
            self._put(Emoji(emoji_name(words), source), out)
        elif words:
            self._put(Text(words), out)

    def _mention(self, node: Element) -> Mention | Text | None:
        address = safe_address(node.attributes.get("href", ""))
        mention = None if address is None else mentioned_at(address)
        if mention is None or address is None:
            return None
        words = _one_line(text_of(node.children))
        if words.lower() == "@room" and mention.kind is Mentioned.PLACE:
            return Mention(Mentioned.EVERYONE, "", "room") if self._around.calls_room else Text(words)
        if not words or "://" in words:
            # the address itself, or another one that would be taken for where this leads
            return mention
        if mention.kind is Mentioned.PERSON:
            words = words.removeprefix("@")
        elif mention.kind is Mentioned.PLACE:
            words = words.removeprefix("#")
        return replace(mention, name=words) if words else mention

    def _shifted(self, node: Element, out: list[Inline], inside: frozenset[str]) -> None:
        """Write ``x<sup>2</sup>`` as ``x²`` where letters for it exist: as ``x2`` it would say something else."""
        words = text_of(node.children)
        able, letters = (RAISABLE, RAISED) if node.tag == "sup" else (LOWERABLE, LOWERED)
        if able.fullmatch(words):
            self._put(Text(words.translate(letters)), out)
        else:
            self._wrapped(node, out, inside)


def _wrap(wrap: Wrap, children: list[Inline]) -> list[Inline]:
    """Lay ``wrap`` around ``children``; white space at their ends stays outside, where every markup can bear it."""
    begin, end = 0, len(children)
    while begin < end and _is_white(children[begin]):
        begin += 1
    while end > begin and _is_white(children[end - 1]):
        end -= 1
    before, inner, after = children[:begin], children[begin:end], children[end:]
    if not inner:
        return children
    if isinstance(first := inner[0], Text) and first.text[0] == " ":
        before.append(Text(" "))
        inner[0] = Text(first.text[1:])
    if isinstance(last := inner[-1], Text) and last.text[-1] == " ":
        after.insert(0, Text(" "))
        inner[-1] = Text(last.text[:-1])
    whole = wrap(tuple(inner))
    return [*before, as_written(whole) if isinstance(whole, Link) else whole, *after]


def _is_white(node: Inline) -> bool:
    return isinstance(node, Break) or (isinstance(node, Text) and node.text == " ")


def as_written(link: Link) -> Link:
    """Leave out the words of a link that are only its address."""
    if len(link.children) == 1 and isinstance(only := link.children[0], Text):
        return Link(link.address, (), link.preview) if same_address(only.text, link.address) else link
    return link


def merged(nodes: list[Inline]) -> list[Inline]:
    """Make one text of those that follow one another."""
    out: list[Inline] = []
    texts: list[str] = []
    for node in nodes:
        if isinstance(node, Text):
            texts.append(node.text)
            continue
        if texts:
            out.append(Text("".join(texts)))
            texts.clear()
        out.append(node)
    if texts:
        out.append(Text("".join(texts)))
    return out


def trimmed(nodes: list[Inline]) -> list[Inline]:
    """Take off breaks at the ends, and spaces at the ends of lines."""
    out: list[Inline] = []
    for node in nodes:
        if isinstance(node, Break) and (not out or _drop_space(out)):
            continue
        if not (isinstance(node, Text) and node.text == " " and (not out or isinstance(out[-1], Break))):
            out.append(node)
    _drop_space(out)
    while out and isinstance(out[-1], Break):
        out.pop()
        _drop_space(out)
    return out


def _drop_space(out: list[Inline]) -> bool:
    """Take a space off the end of ``out``; say whether nothing is left."""
    if out and isinstance(last := out[-1], Text) and last.text.endswith(" "):
        out.pop()
        if rest := last.text.rstrip(" "):
            out.append(Text(rest))
    return not out


def emoji_name(words: str) -> str:
    """Return the name of a custom emoji without its colons, as one word."""
    return re.sub(r"[\s:]+", "_", words.strip(": ")) or "emoji"


def _one_line(text: str) -> str:
    return " ".join(text.split())
