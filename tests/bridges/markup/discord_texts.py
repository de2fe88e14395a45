"""Texts and documents for the properties of Discord's markup: most of what they are made of looks like markup."""

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

PIECES = (
    *("*", "**", "***", "_", "__", "~~", "~", "||", "|", "`", "``", "```", "py\n", "\\", "¯\\_(ツ)_/¯"),
    *("> ", ">>> ", "# ", "## ", "#", "-# ", "- ", "* ", "1. ", "-", "1.", "\n", "\n\n", " ", "  ", "\t"),
    *("[", "](", "]", ")", "(", "(x)", "[a](https://b.example)", "<", ">", "://", ":", "."),
    *("<@1>", "<@&2>", "<#3>", "<:n:4>", "<a:n_b:4>", "<t:5:R>", "<t:9>", "</a b:5>", "<id:guide>"),
    *("@everyone", "@here", "@room", "http://a.example", "https://x.example/a_b", "<https://y.example>"),
    *("mailto:", "<+66812345678>", "<a@b.example>", "a", "b", "snake_case", "ไทย", "น้ำ", "ñ", "\u200b"),
)
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
TEXTS = HOSTILE | st.text(max_size=60)
LINES = TEXTS.map(lambda text: " ".join(text.split("\n")).replace("\r", " ")).filter(bool)
ADDRESSES = (
    st.sampled_from(
        (
            *("https://x.example", "http://a.example/c_d", "https://x.example/a(b)", "https://x.example/*a*~~||"),
            *("https://x.example/)", "https://x.example/a b>", "https://a_", "https://x.", "matrix:u/a:b.example"),
            *("mailto:a@b.example", "tel:+66812345678", "javascript:x"),
        )
    )
    | LINES
    | LINES.map("https://x.example/".__add__)
)
LEAVES: st.SearchStrategy[Inline] = st.one_of(
    LINES.map(Text),
    LINES.map(Code),
    LINES.map(Formula),
    st.just(Break()),
    st.builds(Mention, st.sampled_from(list(Mentioned)), LINES, st.just("") | LINES),
    st.builds(Emoji, LINES, LINES),
    st.builds(Moment, st.just(datetime(2026, 11, 20, tzinfo=UTC)), st.sampled_from("tTdDfFRsS?")),
    st.builds(Link, ADDRESSES, st.just(()), st.booleans()),
)


def _around(inside: st.SearchStrategy[Inline]) -> st.SearchStrategy[Inline]:
    several = st.lists(inside, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Marked, st.sampled_from(list(Mark)), several),
        st.builds(Spoiler, several, st.just("") | LINES),
        st.builds(Link, ADDRESSES, several, st.booleans()),
    )


CHILDREN = st.lists(st.recursive(LEAVES, _around, max_leaves=8), min_size=1, max_size=4).map(tuple)
SIMPLE: st.SearchStrategy[Block] = st.one_of(
    CHILDREN.map(Paragraph),
    st.builds(Heading, st.integers(1, 6), CHILDREN),
    CHILDREN.map(Subtext),
    st.builds(CodeBlock, TEXTS, st.sampled_from(("", "py", "c++", "a b"))),
    TEXTS.map(FormulaBlock),
    st.just(Rule()),
)


def _holding(inside: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inside, max_size=3).map(tuple)
    items = st.lists(several, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(Quote),
        st.builds(Listing, items, st.none() | st.integers(0, 12)),
        st.builds(Details, CHILDREN, several),
    )


DOCUMENTS: st.SearchStrategy[Document] = st.lists(st.recursive(SIMPLE, _holding, max_leaves=5), max_size=3).map(
    tuple
)

UNMARKED: st.SearchStrategy[Inline] = st.one_of(
    LINES.map(Text), LINES.map(Text), LINES.map(Code), st.just(Break()), st.builds(Emoji, LINES, LINES)
)
UNMARKED_DOCUMENTS: st.SearchStrategy[Document] = st.lists(
    st.one_of(
        st.lists(UNMARKED, min_size=1, max_size=6).map(tuple).map(Paragraph),
        st.builds(CodeBlock, TEXTS, st.just("")),
    ),
    max_size=3,
).map(tuple)
"""Words beside code and emoji, and nothing that is marked, hidden or linked."""
