"""What holds for any text and any document between Discord's markup and the tree."""

from __future__ import annotations

from hypothesis import example, given, settings

from bridges.markup.discord_inline import DEEPEST
from bridges.markup.discord_reading import read_discord
from bridges.markup.discord_writing import write_discord
from bridges.markup.naming import emoji_of, mentions_of
from bridges.markup.reading_aloud import plain_of
from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Document,
    Inline,
    Link,
    Mark,
    Marked,
    Paragraph,
    Quote,
    Spoiler,
    Text,
    plain,
)
from tests.bridges.markup.discord_texts import DOCUMENTS, TEXTS, UNMARKED_DOCUMENTS

APART = "\u200b"
OFTEN = settings(max_examples=300, deadline=None)


def words(text: str) -> list[str]:
    return text.replace(APART, "").split()


def depth(children: tuple[Inline, ...]) -> int:
    return max((1 + depth(c.children) for c in children if isinstance(c, Marked | Spoiler | Link)), default=0)


def depth_of(block: Block) -> int:
    if isinstance(block, Quote):
        return max(map(depth_of, block.children), default=0)
    return depth(block.children) if isinstance(block, Paragraph) else 0


@OFTEN
@given(TEXTS)
@example("**[@\\*](https://x.example)**")
@example("#\n# #")
@example("http://a.example]")
def test_what_was_read_and_written_once_stays_as_it_is(content: str) -> None:
    once = write_discord(read_discord(content))
    twice = write_discord(read_discord(once))
    assert write_discord(read_discord(twice)) == twice
    assert all(depth_of(block) <= DEEPEST for block in read_discord(content))


@OFTEN
@given(DOCUMENTS)
@example((Paragraph((Text("["), Spoiler((Text(" "),)), Text("](https://x.example)"))),))
@example((Paragraph((Link("https://x.example", (Text("@*"), Link("mailto:a@b.example")), preview=False),)),))
@example((Paragraph((Link("https://x.example", (Spoiler((Text("b"),), "http://a.example"),)),)),))
@example((Paragraph((Text("a_b"),)), CodeBlock("_")))
@example(
    (
        Paragraph(
            (Marked(Mark.ITALIC, (Link("https://x.example", (Break(), Link("http://b.example"))),)), Code("*"))
        ),
    )
)
@example((Paragraph((Marked(Mark.BOLD, (Marked(Mark.ITALIC, (Marked(Mark.BOLD, (Break(),)),)), Code("*"))),)),))
@example((Paragraph((Text("[a"),)), CodeBlock("](https://x.example)")))
def test_a_document_that_discord_can_hold_comes_back_the_same(document: Document) -> None:
    read = read_discord(write_discord(document))
    assert read_discord(write_discord(read)) == read


@OFTEN
@given(TEXTS)
@example("<@everyone")
@example("a_b _c_ __d__")
def test_words_come_back_as_words(text: str) -> None:
    read = read_discord(write_discord(plain(text)))
    for block in read:
        assert isinstance(block, Paragraph)
        assert all(isinstance(child, Text | Break) for child in block.children)
    assert words(plain_of(read)) == words(text)


@OFTEN
@given(UNMARKED_DOCUMENTS)
@example((Paragraph((Text("a_b "), Code("c_"))),))
@example((Paragraph((Text("`"), Code("`"), Code("**"))),))
def test_words_beside_code_stay_words(document: Document) -> None:
    for block in read_discord(write_discord(document)):
        assert isinstance(block, Paragraph | CodeBlock)
        if isinstance(block, Paragraph):
            assert all(isinstance(child, Text | Break | Code) for child in block.children)


@OFTEN
@given(DOCUMENTS)
def test_nothing_that_is_written_calls_anybody(document: Document) -> None:
    written = write_discord(document)
    read = read_discord(written)
    assert not list(mentions_of(read))
    assert not list(emoji_of(read))
