"""What holds for every text in Matrix's markup, however it was written."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridges.markup.matrix_reading import read_matrix
from bridges.markup.matrix_writing import write_matrix
from bridges.markup.tree import Break, Document, Link, Paragraph, Text, plain
from tests.bridges.markup.matrix_documents import documents, hostile

ALLOWED: dict[str, tuple[str, ...]] = {
    "a": ("href",),
    "code": ("class",),
    "div": ("data-mx-maths",),
    "img": ("data-mx-emoticon", "src", "alt", "title", "height"),
    "ol": ("start",),
    "span": ("data-mx-spoiler", "data-mx-maths"),
    **dict.fromkeys(("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "p", "pre", "ul"), ()),
    **dict.fromkeys(("br", "del", "details", "em", "strong", "sub", "summary", "u"), ()),
}
"""The tags of spec 1.12, "m.room.message msgtypes", that a document needs, with their attributes."""
PIECES = [
    "<b>", "</b>", "<p>", "</p>", "<a href='javascript:alert(1)'>", '<a href="https://e.org/">', "</a>", "<ul>",
    "<li>", "</ul>", "<table>", "<tr>", "<td>", "</table>",
    "<pre>", "<code class='language-x'>", "</code>", "</pre>",
    "<script>", "</script>", "<style>", "<svg/onload=x>", "<img src=x onerror=y>", "<!--", "-->", "<![CDATA[",
    "<img data-mx-emoticon src='mxc://a/b' alt=':x:'>", "<mx-reply>", "</mx-reply>", "<details>", "<summary>",
    "<span data-mx-spoiler>", "</span>", "<div data-mx-maths='x<y'>", "</div>", "<br>", "<hr>", "<blockquote>",
    "</blockquote>",
    "&lt;b&gt;", "&#0;", "&#xD800;", "&nbsp;", "<h1>", "</h1>", "<ol start=-5>", "<sub>", "</sub>",
    "<sup>2</sup>", "mañana ", "น้ำ", " ", "\n", "@room",
    "https://e.org/x). ", "<", ">", '"', "<title>", "<textarea>",
    "<plaintext>", "<template>", "<body>", "</html>", "<a <b>", "<font color=red>", "<u><s>", "\x00", "\ud800",
    '<a href="https://matrix.to/#/@r:e.org">',
]  # fmt: skip
garbage = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


class Tags(HTMLParser):
    """Collects tags and attributes; addresses apart."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, and each of its attributes."""
        self.found.append((tag, ""))
        self.found += [(tag, name) for name, _ in attrs]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]


def read(html: str) -> Document:
    return read_matrix({"body": "", "format": "org.matrix.custom.html", "formatted_body": html})


def back(document: Document) -> Document:
    text = write_matrix(document)
    return read_matrix({"body": text.body, "formatted_body": text.html})


@given(documents)
@settings(max_examples=300)
def test_what_was_written_and_read_once_stays_as_it_is(document: Document) -> None:
    once = back(document)
    assert back(once) == once


@given(garbage)
@settings(max_examples=300)
def test_what_was_read_from_anything_stays_as_it_is_once_it_was_written(html: str) -> None:
    once = back(read(html))
    assert back(once) == once


@given(st.one_of(garbage, hostile, st.text(max_size=60)))
@settings(max_examples=300)
@example("<p>" * 5000)
@example("<b a=1><p>" * 3000)
@example("<ul><li>" * 4000 + "x" + "</i>" * 9000)
@example("<table>" * 3000)
@example("<" * 60_000)
@example("&" * 60_000)
@example('<a x="' * 8000)
@example("https://" * 8000)
@example("http://e.org/" + ")" * 60_000)
@example("<span data-mx-spoiler><details>" * 200)
def test_no_text_raises_and_none_brings_a_tag_of_its_own(html: str) -> None:
    for document in (read(html), read_matrix({"body": html}), plain(html)):
        tags = Tags()
        tags.feed(write_matrix(document).html or "")
        assert {tag for tag, _ in tags.found} <= set(ALLOWED)
        assert {(tag, name) for tag, name in tags.found if name and name not in ALLOWED[tag]} == set()
        for address in tags.addresses:
            assert re.match(r"(https?|mailto|mxc):", address), address


@given(hostile)
@settings(max_examples=300)
def test_words_never_become_markup(text: str) -> None:
    text = "x " + text
    written = write_matrix(plain(text))
    assert written.html is None
    forced = write_matrix((*plain(text), *read("<hr>"))).html or ""
    for document in (read_matrix({"body": written.body}), read(forced)[:-1]):
        for block in document:
            assert isinstance(block, Paragraph)
            for word in block.children:
                assert isinstance(word, (Text, Break)) or (isinstance(word, Link) and not word.children)


@given(documents)
@settings(max_examples=300)
def test_hidden_words_are_not_in_the_body(document: Document) -> None:
    hidden = read("<span data-mx-spoiler>SECRETO<b>SECRETO</b></span>")
    assert "SECRETO" not in write_matrix((*document, *hidden)).body


KEYS = ["body", "formatted_body", "format", "m.relates_to", "m.mentions", "m.per_message_profile"]
VALUES = st.one_of(st.none(), st.integers(), hostile, st.just({"has_fallback": True}), st.just({"room": True}))


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
@settings(max_examples=300)
def test_no_content_raises(content: dict[str, object]) -> None:
    assert isinstance(read_matrix(content), tuple)
