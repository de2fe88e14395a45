"""Who a document names is found and replaced; and it is read aloud in plain words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridges.markup.discord_reading import read_discord
from bridges.markup.naming import emoji_of, mentions_of, with_emoji, with_mentions
from bridges.markup.reading_aloud import plain_of, snippet
from bridges.markup.tree import (
    Details,
    Emoji,
    Formula,
    FormulaBlock,
    Heading,
    Link,
    Mention,
    Mentioned,
    Moment,
    Paragraph,
    Rule,
    Spoiler,
    Text,
)

EVERYWHERE = "# <@1>\n-# <@2>\n> <@3>\n- <@4>\n  - **<@5>**\n\n||<@6>|| [<@7>](https://example.org) <:a:8>\n`<@9>`"


def test_mentions_are_found_wherever_they_stand() -> None:
    assert [mention.ref for mention in mentions_of(read_discord(EVERYWHERE))] == list("1234567")


def test_mentions_in_what_is_folded_away_are_found() -> None:
    person = Mention(Mentioned.PERSON, "1")
    document = (Details((person,), (Paragraph((Spoiler((person,)),)),)),)
    named = with_mentions(document, lambda mention: replace(mention, name="Ploy"))
    assert [mention.name for mention in mentions_of(named)] == ["Ploy", "Ploy"]


def test_a_mention_becomes_what_is_known_of_it() -> None:
    names = {"1": "ใบเตย", "3": "Toño"}

    def named(mention: Mention) -> Mention | Text:
        name = names.get(mention.ref)
        return replace(mention, name=name) if name else Text("…")

    named_document = with_mentions(read_discord(EVERYWHERE), named)
    assert [mention.name for mention in mentions_of(named_document)] == ["ใบเตย", "Toño"]
    assert plain_of(named_document).startswith("@ใบเตย\n…\n> @Toño")


def test_an_emoji_becomes_what_is_known_of_it() -> None:
    document = read_discord("hola ||<:maiz:1>|| <a:rio:2>")
    assert [emoji.name for emoji in emoji_of(document)] == ["maiz", "rio"]
    shown = with_emoji(document, lambda emoji: replace(emoji, ref=f"mxc://example.org/{emoji.ref}"))
    assert [emoji.ref for emoji in emoji_of(shown)] == ["mxc://example.org/1", "mxc://example.org/2"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("**hola** `x*y`", "hola x*y"),
        ("# ประกาศ\nวันนี้ ||ไม่มี ประชุม||", "ประกาศ\nวันนี้ █ █"),
        ("[acta](https://example.org) https://example.org", "acta (https://example.org) https://example.org"),
        ("<a@example.org> <+66 2 123>", "a@example.org +66 2 123"),
        ("<@1> <#2> </mapa ver:3> @here", "@1 #2 /mapa ver @here"),
        ("<:maiz:1> <t:0:R>", ":maiz: 1970-01-01 00:00 UTC"),
        ("> a\n> b", "> a\n> b"),
        ("- a\n  - b\n- c", "• a\n  • b\n• c"),
        ("9. a\n10. b\n   c", "9. a\n10. b\n    c"),
        ("```py\na\n  b\n```\nya", "a\n  b\nya"),
        ("uno\n\ndos", "uno\ndos"),
    ],
)
def test_a_text_is_read_aloud(content: str, expected: str) -> None:
    assert plain_of(read_discord(content)) == expected


def test_what_only_matrix_has_is_read_aloud_too() -> None:
    document = (
        Heading(5, (Formula("x^2"),)),
        FormulaBlock("y"),
        Rule(),
        Details((Text("Más"),), (Paragraph((Spoiler((Text("fin"),), "película"),)),)),
        Paragraph((Emoji("a", "mxc://example.org/a"), Moment(datetime(2026, 11, 20, 12, 5, tzinfo=UTC)))),
        Paragraph((Mention(Mentioned.MESSAGE, "$1", "", "https://example.org/1"), Link("matrix:r/a:example.org"))),
    )
    expected = (
        "x^2\ny\n───\nMás\n  (película) █\n:a:2026-11-20 12:05 UTC\nhttps://example.org/1matrix:r/a:example.org"
    )
    assert plain_of(document) == expected


def test_a_snippet_is_one_line_and_ends_where_a_reader_would_end_it() -> None:
    document = read_discord("# สวัสดี\n" + "น้ำท่วมทุกปี " * 20)
    short = snippet(document, 80)
    assert short.startswith("สวัสดี น้ำท่วม")
    assert short.endswith("ปี…")
    assert len(short) <= 80
    assert snippet(read_discord("corto\n**y ya**"), 80) == "corto y ya"
