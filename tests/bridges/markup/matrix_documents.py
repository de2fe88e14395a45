"""Documents and hostile texts for the property tests of Matrix's markup."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

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

WORDS = [
    "taller", "mañana", "¿quién?", "ครับ", "น้ำ", "เพื่อน", "tea", "at five", "<b>", "&amp;", "</p>", "javascript:",
    "x&y", '"', "'", "👩🏽‍🌾", "a  b", " ", "@room", "**", "`", "[x](y)", "#", "> ", "\u00a0",
    "<!--", "-->", "]]>", "1.",
]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join)
SIGNS = [*"<>&;\"'/=! \n\t-#[]()*_`~|@:.x\x00\ufffe", "<b", "</", "&lt;", "http://x"]
hostile = st.lists(st.sampled_from(SIGNS), max_size=60).map("".join)
addresses = st.sampled_from(
    [
        "https://example.org/taller",
        "http://example.org/?a=1&b=2",
        "mailto:rosa@example.org",
        "https://example.org/สวัสดี",
    ]
)
people = st.sampled_from(["@rosa:example.org", "123"])
rooms = st.sampled_from(["#huerta:example.org", "!h:example.org"])
mentions = st.one_of(
    st.builds(Mention, st.just(Mentioned.PERSON), people, st.sampled_from(["Rosa", "น้ำ", ""])),
    st.builds(Mention, st.just(Mentioned.PLACE), rooms, st.sampled_from(["huerta", ""])),
    st.builds(Mention, st.just(Mentioned.MESSAGE), st.just("!h:example.org/$e"), st.sampled_from(["el plan", ""])),
    st.just(Mention(Mentioned.EVERYONE, "", "everyone")),
    st.just(Mention(Mentioned.ROLE, "7", "riego")),
)
leaves: st.SearchStrategy[Inline] = st.one_of(
    texts.map(Text),
    texts.map(Code),
    st.builds(Link, addresses),
    mentions,
    st.sampled_from([Emoji("hoja", "mxc://example.org/a"), Emoji("hoja", "123")]),
    st.just(Moment(datetime(2026, 11, 22, 16, tzinfo=UTC), "f")),
    st.just(Formula("a^2 < b")),
    st.just(Break()),
)
unlinked: st.SearchStrategy[Inline] = st.one_of(
    texts.map(Text),
    texts.map(Code),
    st.builds(Marked, st.sampled_from(Mark), texts.map(lambda text: (Text(text),))),
)
inlines: st.SearchStrategy[Inline] = st.recursive(
    leaves | st.builds(Link, addresses, st.lists(unlinked, min_size=1, max_size=3).map(tuple)),
    lambda inner: st.one_of(
        st.builds(Marked, st.sampled_from(Mark), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        # nothing hidden has no reason
        st.builds(
            Spoiler,
            st.lists(inner, max_size=2).map(lambda words: (Text("fin"), *words)),
            st.sampled_from(["", 'el "final"']),
        ),
    ),
    max_leaves=6,
)
lines = st.lists(inlines, min_size=1, max_size=4).map(tuple)
simple_blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, lines),
    st.builds(Heading, st.integers(1, 6), lines),
    st.builds(Subtext, lines),
    st.builds(CodeBlock, texts, st.sampled_from(["", "py", 'x" onclick="y'])),
    st.just(FormulaBlock("\\frac{1}{2} < 1")),
    st.just(Rule()),
)
blocks: st.SearchStrategy[Block] = st.recursive(
    simple_blocks,
    lambda inner: st.one_of(
        st.builds(Quote, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(
            Listing,
            st.lists(st.lists(inner, min_size=1, max_size=2).map(tuple), min_size=1, max_size=3).map(tuple),
            st.sampled_from([None, 1, 7]),
        ),
        st.builds(Details, lines, st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=6,
)
documents: st.SearchStrategy[Document] = st.lists(blocks, max_size=4).map(tuple)


def words_in(document: Document) -> str:
    """Return everything a reader may see in ``document``, the hidden words too, without white space."""
    return "".join("".join(_block(block) for block in document).split())


def _block(block: Block) -> str:
    match block:
        case Paragraph(children) | Heading(_, children) | Subtext(children):
            return _line(children)
        case Quote(children):
            return words_in(children)
        case Listing(items):
            return "".join(words_in(item) for item in items)
        case Details(summary, children):
            return _line(summary) + words_in(children)
        case CodeBlock(text) | FormulaBlock(text):
            return text
        case Rule():
            return ""


def _line(children: tuple[Inline, ...]) -> str:
    return "".join(map(_word, children))


def _word(word: Inline) -> str:  # noqa: PLR0911 - one line for each kind
    match word:
        case Text(text) | Code(text) | Formula(text):
            return text
        case Marked(_, children):
            return _line(children)
        case Spoiler(children, reason):
            return reason + _line(children)
        case Link(address, children):
            return _line(children) + address
        case Mention(_, ref, name):
            return name or ref
        case Emoji(name, _):
            return name
        case Moment(instant):
            return instant.isoformat()
        case Break():
            return ""
