# ruff: noqa: E501 - a case is a row
"""What Matrix clients send, and what is read in it."""

from __future__ import annotations

from typing import Any

import pytest

from bridges.markup.matrix_reading import read_matrix
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
    Paragraph,
    Quote,
    Rule,
    Spoiler,
    Subtext,
    Text,
)

BREAK = Break()
TO = "https://matrix.to/#/"


def line(*words: str | Inline) -> Paragraph:
    """Return a paragraph of texts and what else stands in a line."""
    return Paragraph(tuple(Text(word) if isinstance(word, str) else word for word in words))


def bold(*words: str | Inline) -> Marked:
    return Marked(Mark.BOLD, line(*words).children)


def italic(*words: str | Inline) -> Marked:
    return Marked(Mark.ITALIC, line(*words).children)


def items(*each: str, start: int | None = None) -> Listing:
    return Listing(tuple((line(item),) for item in each), start)


def read(html: str, **more: Any) -> Document:
    return read_matrix({"body": "unread", "format": "org.matrix.custom.html", "formatted_body": html, **more})


@pytest.mark.parametrize(
    ("html", "words"),
    [
        # marks, by every tag that clients use for them
        ("<b>taller</b> <strong>de pan</strong>", [bold("taller"), " ", bold("de pan")]),
        ("<i>น้ำ</i> <em>ใส</em>", [italic("น้ำ"), " ", italic("ใส")]),
        ("<u>a</u><ins>b</ins>", [Marked(Mark.UNDERLINE, (Text("a"),)), Marked(Mark.UNDERLINE, (Text("b"),))]),
        ("<del>a</del> <s>b</s>", [Marked(Mark.STRIKE, (Text("a"),)), " ", Marked(Mark.STRIKE, (Text("b"),))]),
        ("<strike>mañana</strike>", [Marked(Mark.STRIKE, (Text("mañana"),))]),
        ("<b><i>a</i></b>", [bold(italic("a"))]),
        ("<b>a <b>b</b></b>", [bold("a b")]),
        ("<b>a<i>b</b>c</i>", [bold("a", italic("b")), "c"]),
        ("<i> a </i>b", [italic("a"), " b"]),
        ("a<b> </b>b", ["a b"]),
        # white space is what HTML makes of it
        ("a\n  b\t c", ["a b c"]),
        (" a <br> b ", ["a", BREAK, "b"]),
        ("a<br/>b<br />c", ["a", BREAK, "b", BREAK, "c"]),
        ("a&nbsp; b", ["a\u00a0 b"]),
        # characters written by name or number
        ("&lt;b&gt; &amp;amp; &#3609;&#x0E49;&ntilde;", ["<b> &amp; น้ñ"]),
        ("5 < 6 & 7 > 3", ["5 < 6 & 7 > 3"]),
        # code
        ("<code>a  &lt;b&gt;</code>", [Code("a  <b>")]),
        ("<code>a<b>b</b></code>", [Code("ab")]),
        # hidden words, with and without a reason
        ("<span data-mx-spoiler>fin</span>", [Spoiler((Text("fin"),))]),
        ('<span data-mx-spoiler="el final">muere</span>', [Spoiler((Text("muere"),), "el final")]),
        ("<span data-mx-spoiler><b>ตอนจบ</b></span>", [Spoiler((bold("ตอนจบ"),))]),
        # colours are not carried, their words are
        ('<span data-mx-color="#ff0000">rojo</span> <font color="red">แดง</font>', ["rojo แดง"]),
        # links
        ('<a href="https://example.org/a">el plan</a>', [Link("https://example.org/a", (Text("el plan"),))]),
        ('<a href="https://example.org/a"><b>x</b></a>', [Link("https://example.org/a", (bold("x"),))]),
        ('<a href="https://example.org/">https://example.org</a>', [Link("https://example.org/")]),
        ('<a href="https://example.org/">example.org</a>', [Link("https://example.org/")]),
        ("mira https://example.org/a(1).", ["mira ", Link("https://example.org/a(1)"), "."]),
        ("(https://example.org/a?b=1&amp;c=2)", ["(", Link("https://example.org/a?b=1&c=2"), ")"]),
        ("<b>ดู https://example.org</b>", [bold("ดู ", Link("https://example.org"))]),
        ('<a href="mailto:rosa@example.org">correo</a>', [Link("mailto:rosa@example.org", (Text("correo"),))]),
        ('<a href="https://example.org/a b&quot;">x</a>', [Link("https://example.org/a%20b%22", (Text("x"),))]),
        ('<a href="javascript:alert(1)">x</a>', ["x"]),
        ('<a href="java&#10;script:alert(1)">x</a>', ["x"]),
        ('<a href=" data:text/html,x">x</a> <a href="/a">y</a> <a>z</a>', ["x y z"]),
        # people, rooms, messages
        (f'<a href="{TO}@rosa:example.org">Rosa</a>:', [Mention(Mentioned.PERSON, "@rosa:example.org", "Rosa", f"{TO}@rosa:example.org"), ":"]),
        (f'<a href="{TO}%40rosa%3Aexample.org">@Rosa</a>', [Mention(Mentioned.PERSON, "@rosa:example.org", "Rosa", f"{TO}%40rosa%3Aexample.org")]),
        (f'<a href="{TO}#pan:example.org">#pan:example.org</a>', [Mention(Mentioned.PLACE, "#pan:example.org", "pan:example.org", f"{TO}#pan:example.org")]),
        (f'<a href="{TO}!p:example.org?via=example.org">Pan</a>', [Mention(Mentioned.PLACE, "!p:example.org", "Pan", f"{TO}!p:example.org?via=example.org")]),
        (f'<a href="{TO}!p:example.org/$e1">el plan</a>', [Mention(Mentioned.MESSAGE, "!p:example.org/$e1", "el plan", f"{TO}!p:example.org/$e1")]),
        (f'<a href="{TO}!p:example.org/$e1">{TO}!p:example.org/$e1</a>', [Mention(Mentioned.MESSAGE, "!p:example.org/$e1", "", f"{TO}!p:example.org/$e1")]),
        ('<a href="matrix:u/rosa:example.org?action=chat">Rosa</a>', [Mention(Mentioned.PERSON, "@rosa:example.org", "Rosa", "matrix:u/rosa:example.org?action=chat")]),
        ('<a href="matrix:r/pan:example.org">Pan</a>', [Mention(Mentioned.PLACE, "#pan:example.org", "Pan", "matrix:r/pan:example.org")]),
        ('<a href="matrix:roomid/p:example.org/e/e1">x</a>', [Mention(Mentioned.MESSAGE, "!p:example.org/$e1", "x", "matrix:roomid/p:example.org/e/e1")]),
        (f'<a href="{TO}@rosa:example.org">{TO}@rosa:example.org</a>', [Mention(Mentioned.PERSON, "@rosa:example.org", "rosa:example.org", f"{TO}@rosa:example.org")]),
        (f"mira {TO}!p:example.org/$e1.", ["mira ", Mention(Mentioned.MESSAGE, "!p:example.org/$e1", "", f"{TO}!p:example.org/$e1"), "."]),
        (f'<a href="{TO}@rosa:example.org"><p>x</p></a>', ["x"]),
        (f'<a href="{TO}#/x">x</a>', [Link(f"{TO}#/x", (Text("x"),))]),
        # a call that nobody confirmed is no call
        ("@room ven", ["@room ven"]),
        # pictures in a line
        ('<img data-mx-emoticon src="mxc://example.org/a" alt=":hoja:" title=":hoja:" height="32">', [Emoji("hoja", "mxc://example.org/a")]),
        ('a <img src="mxc://example.org/a" alt="una hoja"> b', ["a una hoja b"]),
        ('a<img src="https://tracker.example.org/x.png">', ["a"]),
        # mathematics
        ('<span data-mx-maths="a &lt; b"><code>a &lt; b</code></span>', [Formula("a < b")]),
        # raised and lowered
        ("x<sup>2</sup>, H<sub>2</sub>O, 1<sup>er</sup>", ["x², H₂O, 1er"]),
        # what nobody reads, and what nobody knows
        ("a<!-- nota --><script>x()</script><style>p{}</style>b", ["ab"]),
        ("<blink>a</blink> <x-y z=1>b</x-y>", ["a b"]),
        ("<mx-reply><blockquote><a href='x'>In reply to</a> ครู</blockquote></mx-reply>sí", ["sí"]),
    ],
)  # fmt: skip
def test_what_stands_in_a_line(html: str, words: list[str | Inline]) -> None:
    assert read(html) == (line(*words),)
    assert read(f"<p>{html}</p>") == (line(*words),)


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>uno</p>\n<p>dos</p>", [line("uno"), line("dos")]),
        ("<p>หนึ่ง<p>สอง", [line("หนึ่ง"), line("สอง")]),
        ("<div>a</div><div>b</div>c", [line("a"), line("b"), line("c")]),
        ("a<br><br>b<br>c", [line("a"), line("b", BREAK, "c")]),
        ("<p></p><p>&nbsp;</p><p>a</p>", [line("a")]),
        ("<h1>Taller</h1>texto", [Heading(1, (Text("Taller"),)), line("texto")]),
        ("<h6>a<br>b</h6>", [Heading(6, (Text("a b"),))]),
        ("<sub>al margen</sub>", [Subtext((Text("al margen"),))]),
        ("<p><sub>หมายเหตุ <b>a</b></sub></p>", [Subtext((Text("หมายเหตุ "), bold("a")))]),
        ("<blockquote>\n<p>hola</p>\n</blockquote>\n<p>sí</p>", [Quote((line("hola"),)), line("sí")]),
        ("<blockquote>a<blockquote>ข</blockquote></blockquote>", [Quote((line("a"), Quote((line("ข"),))))]),
        ("<ul>\n<li>pan</li>\n<li>น้ำ</li>\n</ul>", [items("pan", "น้ำ")]),
        ("<ol><li>a</li><li>b</li></ol>", [items("a", "b", start=1)]),
        ('<ol start="7"><li><p>a</p></li></ol>', [items("a", start=7)]),
        ('<ol start="-2"><li>a</ol>', [items("a", start=1)]),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", [Listing(((line("a"), items("b")),))]),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", [Listing(((line("a"), items("b")),))]),
        ("<ul><li><p>a</p><p>b</p></li></ul>", [Listing(((line("a"), line("b")),))]),
        (
            '<pre><code class="language-python">def f():\n    return 1\n</code></pre>',
            [CodeBlock("def f():\n    return 1", "python")],
        ),
        ("<pre>\n a\n  <b>b</b>\n</pre>", [CodeBlock(" a\n  b")]),
        ("<pre><code>a&lt;b<br>น้ำ</code></pre>", [CodeBlock("a<b\nน้ำ")]),
        ("a<hr>b", [line("a"), Rule(), line("b")]),
        ('<div data-mx-maths="\\frac 1 2"><code>x</code></div>', [FormulaBlock("\\frac 1 2")]),
        (
            "<details><summary>La <b>receta</b></summary><p>pan</p><p>agua</p></details>",
            [Details((Text("La "), bold("receta")), (line("pan"), line("agua")))],
        ),
        ("<details>sin título</details>", [Details((Text("…"),), (line("sin título"),))]),
        # marks that were opened outside
        ("<del><p>a</p><ul><li>b</li></ul></del>", [
            line(Marked(Mark.STRIKE, (Text("a"),))), Listing(((line(Marked(Mark.STRIKE, (Text("b"),))),),)),
        ]),
        # nothing hidden shows because it is code
        ("<span data-mx-spoiler><p>a</p><pre>b\nc</pre></span>", [
            line(Spoiler((Text("a"),))), line(Spoiler((Code("b"), BREAK, Code("c")))),
        ]),
        # tables are drawn
        (
            "<table><caption>Riego</caption><thead><tr><th>día</th><th>quién</th></tr></thead>"
            "<tbody><tr><td>lunes</td><td><b>Rosa</b></td></tr><tr><td>miércoles</td><td>น้ำ</td></tr></tbody></table>",
            [CodeBlock("Riego\ndía       | quién\n----------+------\nlunes     | Rosa\nmiércoles | น้ำ")],
        ),
        (
            "<table><tr><td>日本語</td><td>a</td></tr><tr><td>กำลัง</td><td>b</td></tr><tr><td>x</td></tr></table>",
            [CodeBlock("日本語 | a\nกำลัง   | b\nx")],
        ),
        (
            "<table><tr><td><span data-mx-spoiler>fin</span></td><td>a<br>b</td></tr></table>",
            [CodeBlock("[Spoiler] | a b")],
        ),
        ("<h1>a<p>b</p></h1>", [Heading(1, (Text("a"),)), line("b")]),
        ("<ul></ul><blockquote></blockquote><pre></pre><table></table>a", [line("a")]),
    ],
)  # fmt: skip
def test_what_takes_lines_of_its_own(html: str, blocks: list[Block]) -> None:
    assert read(html) == tuple(blocks)


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("hola", [line("hola")]),
        ("**a** <b>b</b> &amp;", [line("**a** <b>b</b> &amp;")]),
        ("หนึ่ง\nสอง\n\nสาม", [line("หนึ่ง", BREAK, "สอง"), line("สาม")]),
        ("ver https://example.org/a, ¿no?", [line("ver ", Link("https://example.org/a"), ", ¿no?")]),
        ("(http://example.org)", [line("(", Link("http://example.org"), ")")]),
        ("https:// y http://.", [line("https:// y http://.")]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_plain_body(body: str, blocks: list[Block]) -> None:
    assert read_matrix({"msgtype": "m.text", "body": body}) == tuple(blocks)


def test_the_call_of_a_room_counts_when_the_event_says_so() -> None:
    called = {"m.mentions": {"room": True}}
    everyone = Mention(Mentioned.EVERYONE, "", "room")
    assert read("<b>@room</b> ven", **called) == (line(bold(everyone), " ven"),)
    assert read(f'<a href="{TO}!p:example.org">@room</a>', **called) == (line(everyone),)
    assert read(f'<a href="{TO}!p:example.org">@room</a>') == (line("@room"),)
    assert read_matrix({"body": "¡@room!", **called}) == (line("¡", everyone, "!"),)
    assert read_matrix({"body": "rosa@room.org @roomies", **called}) == (line("rosa@room.org @roomies"),)
    assert read_matrix({"body": "@room", "m.mentions": {"room": "yes"}}) == (line("@room"),)
    assert read("<code>@room</code>", **called) == (line(Code("@room")),)


def test_the_quoted_lines_of_a_reply_are_left_out_of_a_reply_alone() -> None:
    body = "> <@rosa:example.org> hola\n> ¿qué tal?\n\nbien"
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": "$e"}}}
    assert read_matrix({"body": body, **reply}) == (line("bien"),)
    assert len(read_matrix({"body": body})) == 2
    assert read_matrix({"body": "> cita\nbien", **reply}) == (line("> cita", BREAK, "bien"),)


@pytest.mark.parametrize("key", ["m.per_message_profile", "com.beeper.per_message_profile"])
def test_the_name_before_the_text_of_a_profile_is_left_out(key: str) -> None:
    profile = {key: {"id": "r", "displayname": "ครูแดง", "has_fallback": True}}
    html = "<strong data-mx-profile-fallback>ครูแดง: </strong>hola"
    assert read(html, **profile) == (line("hola"),)
    assert read_matrix({"body": "ครูแดง: hola", **profile}) == (line("hola"),)
    without = {key: {"id": "r", "displayname": "ครูแดง"}}
    assert read(html, **without) == (line(bold("ครูแดง:"), " hola"),)
    assert read_matrix({"body": "ครูแดง: hola", **without}) == (line("ครูแดง: hola"),)


def test_links_have_no_preview_where_the_author_wants_none() -> None:
    content = {"body": "https://example.org", "com.beeper.linkpreviews": []}
    assert read_matrix(content) == (line(Link("https://example.org", (), preview=False)),)


def test_what_is_no_text_is_as_if_it_were_absent() -> None:
    assert read_matrix({"body": 5, "formatted_body": ["x"]}) == ()
    assert read_matrix({"body": "a", "formatted_body": {"x": 1}}) == (line("a"),)
    assert read_matrix({"body": "a", "formatted_body": "<b>b</b>", "format": "org.example.other"}) == (line("a"),)
    assert read_matrix({"body": "a", "formatted_body": "<p></p>"}) == (line("a"),)


@pytest.mark.parametrize("levels", [30, 150])
def test_what_lies_deeper_than_anybody_quotes_keeps_its_words(levels: int) -> None:
    document = read("<blockquote>" * levels + "hondo" + "</blockquote>" * levels)
    depth, blocks = 0, document
    while isinstance(blocks[0], Quote):
        depth, blocks = depth + 1, blocks[0].children
    assert (depth, blocks) == (10, (line("hondo"),))


def test_words_behind_more_open_tags_than_anybody_writes_are_not_lost() -> None:
    html = "".join(f"<b>{number} " for number in range(9000)) + "fin"
    written = repr(read(html))
    assert "8999" in written
    assert "fin" in written
