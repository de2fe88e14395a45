"""Long documents in parts: none too long, nothing lost, nothing doubled, cut where a reader would."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.markup.discord_writing import write_discord
from bridges.markup.long_code import CodeFile
from bridges.markup.matrix_reading import read_matrix
from bridges.markup.splitting import Split, split_document
from bridges.markup.tree import (
    Break,
    Code,
    CodeBlock,
    Details,
    Document,
    Formula,
    Heading,
    Inline,
    Link,
    Listing,
    Mark,
    Marked,
    Paragraph,
    Quote,
    Spoiler,
    Text,
)
from tests.bridges.markup.matrix_documents import documents, words_in


def measure(document: Document) -> int:
    """Return UTF-16 units of Discord's markup."""
    return len(write_discord(document).encode("utf-16-le")) // 2


def line(*words: str | Inline) -> Paragraph:
    """Return a paragraph of texts and what else stands in a line."""
    return Paragraph(tuple(Text(word) if isinstance(word, str) else word for word in words))


def cut(document: Document, limit: int = 100) -> Split:
    split = split_document(document, limit, measure)
    assert all(measure(part) <= limit for part in split.parts)
    return split


LONG = "Uno dos tres cuatro cinco. "


def test_what_is_short_stays_whole_and_nothing_gives_no_part() -> None:
    document = (line("hola"), Quote((line("sí"),)))
    assert cut(document) == Split((document,))
    assert cut(()) == Split(())


def test_a_cut_falls_between_paragraphs_before_it_falls_in_one() -> None:
    first, second = line("a" * 60), line("b" * 40)
    assert cut((first, second)).parts == ((first,), (second,))


def test_a_cut_in_a_paragraph_falls_between_sentences() -> None:
    three = (LONG * 3).rstrip()
    assert cut((line(f"{three} {three}"),)).parts == ((line(three),), (line(three),))


def test_thai_is_cut_at_a_space_or_else_between_graphemes() -> None:
    spaced = cut((line("ประชุมพรุ่งนี้ตอนเย็น " * 8),)).parts
    assert {words_in(part).replace("ประชุมพรุ่งนี้ตอนเย็น", "") for part in spaced} == {""}
    solid = cut((line("ก่ำ" * 60),)).parts
    assert {words_in(part).replace("ก่ำ", "") for part in solid} == {""}


def test_a_heading_goes_with_what_it_is_the_heading_of() -> None:
    first, heading, second = line("a" * 60), Heading(1, (Text("Taller"),)), line("b" * 45)
    assert cut((first, heading, second)).parts == ((first,), (heading, second))


def test_marks_and_links_that_are_cut_are_closed_and_opened_again() -> None:
    link = Link("https://e.org/a", (Marked(Mark.BOLD, (Text(LONG * 6),)),))
    parts = cut((line(link),)).parts
    assert len(parts) > 1
    for part in parts:
        (paragraph,) = part
        assert isinstance(paragraph, Paragraph)
        (again,) = paragraph.children
        assert isinstance(again, Link)
        assert again.address == link.address
        assert isinstance(again.children[0], Marked)


def test_hidden_words_stay_hidden_in_every_part() -> None:
    parts = cut((line(Spoiler((Text(LONG * 6),), "el final")),)).parts
    assert len(parts) > 1
    assert all(isinstance(part[0], Paragraph) and isinstance(part[0].children[0], Spoiler) for part in parts)


def test_quotes_are_closed_and_opened_again() -> None:
    first, second = line("a" * 60), Quote((line("b" * 40),))
    assert cut((Quote((first, second)),)).parts == ((Quote((first,)),), (Quote((second,)),))


def test_a_list_is_cut_between_items_and_its_numbers_go_on() -> None:
    items = tuple((line(f"tarea número {number}"),) for number in range(12))
    parts = cut((Listing(items, 5),)).parts
    lists = [block for part in parts for block in part if isinstance(block, Listing)]
    assert sum((each.items for each in lists), ()) == items
    assert [each.start for each in lists] == [5, 10, 15]


def test_an_item_that_is_cut_goes_on_under_its_number() -> None:
    parts = cut((Listing(((line("a"),), (line(LONG * 8),)), 1),)).parts
    lists = [part[0] for part in parts]
    assert [each.start for each in lists if isinstance(each, Listing)] == [1, 2, 2]


def test_what_is_folded_away_stays_so() -> None:
    parts = cut((Details((Text("receta"),), tuple(line("a" * 50) for _ in range(4))),)).parts
    assert len(parts) > 1
    assert all(isinstance(block, Details) for part in parts for block in part)


def test_long_code_becomes_a_file() -> None:
    code = "print('น้ำ')\n" * 300
    split = split_document((line("mira"), Quote((CodeBlock(code, "python"),)), CodeBlock(code)), 4000, measure)
    assert split.parts == ((line("mira"), Quote((line("📎 code.py"),)), line("📎 code-2.txt")),)
    assert split.files == (CodeFile("code.py", code), CodeFile("code-2.txt", code))


def test_code_that_is_longer_than_the_limit_becomes_a_file_and_short_code_does_not() -> None:
    short, long = CodeBlock("a" * 40), CodeBlock("a" * 200, 'x"/../y')
    split = cut((short, long))
    assert split.parts == ((short, line("📎 code.txt")),)


@pytest.mark.parametrize(
    "words",
    [
        Link("https://example.org/" + "a" * 500),
        Link("https://example.org/" + "a" * 500, (Text("plan"),)),
        Formula("x" * 500),
        Code("x" * 500),
        Spoiler((Text("fin"),), "r" * 500),
        Marked(Mark.BOLD, (Text("x" * 500),)),
        Marked(Mark.BOLD, (Break(),) * 200),
        Text("👩🏽‍🌾" * 100),
        Text("a" + "\u0301" * 500),
    ],
)
def test_what_cannot_be_cut_is_cut_all_the_same(words: Inline) -> None:
    document = (line("uno ", words, " dos"),)
    split = cut(document)
    assert len(split.parts) > 1 or isinstance(words, Marked)
    assert "".join(map(words_in, split.parts)).replace("(", "").replace(")", "") == words_in(document)


@given(documents, st.integers(64, 200))
@settings(max_examples=300, deadline=None)
def test_no_part_is_too_long_and_no_word_is_lost_or_doubled(document: Document, limit: int) -> None:
    split = split_document((*document, *document), limit, measure)
    assert all(measure(part) <= limit for part in split.parts)
    if not split.files:
        expected, found = words_in((*document, *document)), "".join(map(words_in, split.parts))
        # an address is repeated where its words are cut, what goes on being folded away has a sign, and the number
        # of an item is a word where there is no room for the list around it
        assert set(expected) <= set(found)
        if "http" not in expected and "mailto" not in expected:
            assert re.sub(r"[…\d.]", "", found) == re.sub(r"[…\d.]", "", expected)


@pytest.mark.parametrize(
    "html",
    [
        "<b>" + "hola que tal. " * 4500 + "</b>",
        "<blockquote>" * 90 + "<p>hola</p>" * 5000,
        "<ul>" + "<li>hola <i>x</i></li>" * 2500 + "</ul>",
        "<ul><li>" * 45 + "x " * 20_000,
        "a<br>" * 12_000,
        "<p>a" * 12_000,
        "<span data-mx-spoiler>" + "<code>a</code> " * 4000 + "</span>",
    ],
)
def test_the_longest_event_is_measured_a_few_times_for_each_part(html: str) -> None:
    document = read_matrix({"body": "", "formatted_body": html})
    measured: list[int] = []

    def counted(part: Document) -> int:
        measured.append(measure(part))
        return measured[-1]

    parts = split_document(document, 2000, counted).parts
    assert len(parts) > 5
    assert all(measure(part) <= 2000 for part in parts)
    # each time it is about one part that is measured, or the work would grow with the square of the length
    assert len(measured) < 40 * len(parts)
    assert sum(measured) - max(measured) < 40 * 4000 * len(parts)


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="under 64"):
        split_document((line("a"),), 63, measure)
