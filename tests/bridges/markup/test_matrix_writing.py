# ruff: noqa: E501 - a case is a row
"""What is written for Matrix: HTML for those who see it, plain text for notifications and the others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridges.markup.matrix_writing import MatrixText, write_matrix
from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Details,
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
    plain,
)

NOON = datetime(2026, 11, 22, 16, 0, 5, tzinfo=UTC)


def line(*words: str | Inline) -> Paragraph:
    """Return a paragraph of texts and what else stands in a line."""
    return Paragraph(tuple(Text(word) if isinstance(word, str) else word for word in words))


def mark(kind: Mark, *words: str | Inline) -> Marked:
    return Marked(kind, line(*words).children)


@pytest.mark.parametrize(
    ("words", "body", "html"),
    [
        ([mark(Mark.BOLD, "taller"), " hoy"], "**taller** hoy", "<strong>taller</strong> hoy"),
        ([mark(Mark.ITALIC, "น้ำ")], "_น้ำ_", "<em>น้ำ</em>"),
        ([mark(Mark.UNDERLINE, "a")], "__a__", "<u>a</u>"),
        ([mark(Mark.STRIKE, "mañana")], "~~mañana~~", "<del>mañana</del>"),
        ([Code("a <b> `c`")], "`` a <b> `c` ``", None),
        ([Spoiler((Text("muere"),), 'el "final"')], '[Spoiler for el "final"]', '<span data-mx-spoiler="el &quot;final&quot;">muere</span>'),
        ([Spoiler((Text("ตอนจบ"),))], "[Spoiler]", "<span data-mx-spoiler>ตอนจบ</span>"),
        ([mark(Mark.BOLD, "a"), Break(), "b"], "**a**\nb", "<strong>a</strong><br>b"),
        ([mark(Mark.BOLD, "<b>&amp;")], "**<b>&amp;**", "<strong>&lt;b&gt;&amp;amp;</strong>"),
        ([Link("https://example.org/?a=1&b=2", (Text("plan"),))], "[plan](https://example.org/?a=1&b=2)", '<a href="https://example.org/?a=1&amp;b=2">plan</a>'),
        ([Link("https://example.org/\"x' y"), mark(Mark.BOLD, "b")], "https://example.org/\"x' y**b**", "<a href=\"https://example.org/%22x&#x27;%20y\">https://example.org/\"x' y</a><strong>b</strong>"),
        ([Link("https://evil.example.org/", (Text("https://bank.example.org"),))], "[https://bank.example.org](https://evil.example.org/)", 'https://bank.example.org (<a href="https://evil.example.org/">https://evil.example.org/</a>)'),
        ([Link("tel:+66800000000", (Text("ครู"),)), mark(Mark.BOLD, "b")], "[ครู](tel:+66800000000)**b**", "ครู (tel:+66800000000)<strong>b</strong>"),
        ([Link("javascript:alert(1)", (Text("x"),))], "[x](javascript:alert(1))", "x (javascript:alert(1))"),
        ([Emoji("hoja", "mxc://example.org/a")], ":hoja:", '<img data-mx-emoticon src="mxc://example.org/a" alt=":hoja:" title=":hoja:" height="32">'),
        ([Formula("a < b")], "$a < b$", '<span data-mx-maths="a &lt; b"><code>a &lt; b</code></span>'),
        ([mark(Mark.BOLD, "a  b")], "**a  b**", "<strong>a\u00a0 b</strong>"),
        ([Mention(Mentioned.PERSON, "@rosa:example.org", "Rosa")], "@Rosa", '<a href="https://matrix.to/#/@rosa:example.org">Rosa</a>'),
        ([Mention(Mentioned.PERSON, "@rosa:example.org")], "@rosa:example.org", '<a href="https://matrix.to/#/@rosa:example.org">@rosa:example.org</a>'),
        ([Mention(Mentioned.PLACE, "#pan:example.org", "pan")], "#pan", '<a href="https://matrix.to/#/#pan:example.org">#pan</a>'),
        ([Mention(Mentioned.MESSAGE, "!p:example.org/$e", "el plan")], "el plan", '<a href="https://matrix.to/#/!p:example.org/$e">el plan</a>'),
    ],
)  # fmt: skip
def test_what_stands_in_a_line(words: list[str | Inline], body: str, html: str | None) -> None:
    written = write_matrix((line(*words),))
    assert written.body == body
    assert written.html == (html or "<code>a &lt;b&gt; `c`</code>")


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["<b>hola</b> & **adiós**"], "<b>hola</b> & **adiós**"),
        (["a", Break(), "ข"], "a\nข"),
        ([Link("https://example.org/a")], "https://example.org/a"),
        ([Mention(Mentioned.PERSON, "123456", "Rosa")], "@Rosa"),
        ([Mention(Mentioned.PERSON, "123456")], "@123456"),
        ([Mention(Mentioned.ROLE, "7", "riego")], "@riego"),
        ([Mention(Mentioned.PLACE, "7", "huerta")], "#huerta"),
        ([Mention(Mentioned.COMMAND, "7", "space join")], "/space join"),
        ([Mention(Mentioned.MESSAGE, "7", "", "https://example.org/m")], "https://example.org/m"),
        ([Mention(Mentioned.EVERYONE, "", "everyone")], "@\u200beveryone"),
        ([Mention(Mentioned.EVERYONE, "", "room")], "@\u200broom"),
        ([Emoji("hoja", "123456")], ":hoja:"),
        ([Emoji("hoja", 'mxc://x/"onerror=y')], ":hoja:"),
        ([Moment(NOON)], "2026-11-22 16:00 UTC"),
        ([Moment(NOON, "R")], "2026-11-22 16:00 UTC"),
        ([Moment(NOON, "D")], "2026-11-22"),
        ([Moment(NOON, "t")], "16:00 UTC"),
        ([Moment(NOON, "T")], "16:00:05 UTC"),
    ],
)
def test_what_needs_no_html(words: list[str | Inline], body: str) -> None:
    assert write_matrix((line(*words),)) == MatrixText(body, None)


@pytest.mark.parametrize(
    ("blocks", "body", "html"),
    [
        ([line("uno"), line("dos")], "uno\n\ndos", None),
        ([Heading(2, (Text("Taller"),)), line("a")], "## Taller\na", "<h2>Taller</h2><p>a</p>"),
        ([line("a"), Subtext((Text("หมายเหตุ"),))], "a\nหมายเหตุ", "<p>a</p><p><sub>หมายเหตุ</sub></p>"),
        ([Quote((line("a"), line("b")))], "> a\n>\n> b", "<blockquote><p>a</p><p>b</p></blockquote>"),
        (
            [CodeBlock("si <b>:\n  x", "py")],
            "```py\nsi <b>:\n  x\n```",
            '<pre><code class="language-py">si &lt;b&gt;:\n  x\n</code></pre>',
        ),
        ([CodeBlock("```")], "````\n```\n````", "<pre><code>```\n</code></pre>"),
        (
            [CodeBlock("x", 'a" onclick="b')],
            '```a" onclick="b\nx\n```',
            '<pre><code class="language-aonclickb">x\n</code></pre>',
        ),
        (
            [Listing(((line("a"), Listing(((line("b"),),), 3)), (line("ค"),)))],
            "- a\n  3. b\n- ค",
            '<ul><li>a<ol start="3"><li>b</li></ol></li><li>ค</li></ul>',
        ),
        (
            [Listing(((line("a"), line("b")),), 1)],
            "1. a\n\n   b",
            "<ol><li><p>a</p><p>b</p></li></ol>",
        ),
        (
            [Details((Text("receta"),), (line("pan"),))],
            "▸ receta\n  pan",
            "<details><summary>receta</summary><p>pan</p></details>",
        ),
        (
            [FormulaBlock("1 < 2")],
            "$$1 < 2$$",
            '<div data-mx-maths="1 &lt; 2"><code>1 &lt; 2</code></div>',
        ),
        ([line("a"), Rule(), line("b")], "a\n\n───\n\nb", "<p>a</p><hr><p>b</p>"),
        ([], "", None),
    ],
)
def test_what_takes_lines_of_its_own(blocks: list[Block], body: str, html: str | None) -> None:
    assert write_matrix(tuple(blocks)) == MatrixText(body, html)


def test_a_person_who_is_known_here_is_mentioned_under_the_name_they_have_here() -> None:
    rosa = Mention(Mentioned.PERSON, "123456", "rosa_of_discord")
    here = Mention(Mentioned.PERSON, "@rosa:example.org", "Rosa")
    written = write_matrix((line(rosa, " y ", rosa),), live=lambda mention: here if mention == rosa else None)
    pill = '<a href="https://matrix.to/#/@rosa:example.org">Rosa</a>'
    assert written == MatrixText("@Rosa y @Rosa", f"{pill} y {pill}", ("@rosa:example.org",))


def test_a_person_who_is_not_known_here_is_a_name_alone() -> None:
    rosa = Mention(Mentioned.PERSON, "@rosa:example.org", "Rosa")
    assert write_matrix((line(rosa),), live=lambda mention: None) == MatrixText("@Rosa", None)


def test_a_custom_emoji_of_another_platform_is_shown_where_this_one_has_it() -> None:
    hoja = Emoji("hoja", "123456")
    written = write_matrix((line(hoja),), emoji=lambda emoji: f"mxc://example.org/{emoji.ref}")
    assert written.html is not None
    assert 'src="mxc://example.org/123456"' in written.html
    assert write_matrix((line(hoja),), emoji=lambda emoji: "https://example.org/x.png").html is None


def test_plain_words_are_written_as_they_are() -> None:
    text = "# no\n> es <markup> **aquí**\n\n- ni | esto || `tampoco`"
    assert write_matrix(plain(text)) == MatrixText(text, None)
