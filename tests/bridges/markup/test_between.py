"""The same words on both platforms: what is written on one, and how it reads on the other."""
# ruff: noqa: E501 - a case is a row

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.markup.discord_reading import read_discord
from bridges.markup.discord_writing import write_discord
from bridges.markup.matrix_reading import read_matrix
from bridges.markup.matrix_writing import write_matrix
from bridges.markup.reading_aloud import plain_of
from bridges.markup.tree import Document

TO = "https://matrix.to/#/"


def html_of(document: Document) -> str:
    """Return the HTML of ``document``, or its body where it needs none."""
    text = write_matrix(document)
    return text.body if text.html is None else text.html


def read(html: str) -> Document:
    return read_matrix({"body": "", "format": "org.matrix.custom.html", "formatted_body": html})


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("hola", "hola"),
        ("**taller** *hoy* __a__ ~~b~~", "<strong>taller</strong> <em>hoy</em> <u>a</u> <del>b</del>"),
        ("***น้ำใส***", "<em><strong>น้ำใส</strong></em>"),
        ("||muere **ella**||", "<span data-mx-spoiler>muere <strong>ella</strong></span>"),
        ("`a < b` y ``c ` d``", "<code>a &lt; b</code> y <code>c ` d</code>"),
        ("```py\nif a < b:\n  สวัสดี\n```", '<pre><code class="language-py">if a &lt; b:\n  สวัสดี\n</code></pre>'),
        ("> cita\n> dos\nsí", "<blockquote><p>cita<br>dos</p></blockquote><p>sí</p>"),
        ("# Uno\n## สอง\n### Tres", "<h1>Uno</h1><h2>สอง</h2><h3>Tres</h3>"),
        ("-# al margen", "<p><sub>al margen</sub></p>"),
        ("- pan\n  - ข้าว\n- agua", "<ul><li>pan<ul><li>ข้าว</li></ul></li><li>agua</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("[el plan](https://example.org/a)", '<a href="https://example.org/a">el plan</a>'),
        ("https://example.org/a <https://example.org/b>", "https://example.org/a https://example.org/b"),
        (
            "<t:1795363200:f> <t:1795363200:R> <t:1795363200:t>",
            "2026-11-22 16:00 UTC 2026-11-22 16:00 UTC 16:00 UTC",
        ),
        ("<@123> <@&4> <#5> </space join:6>", "@123 @4 #5 /space join"),
        ("@everyone y @here", "@\u200beveryone y @\u200bhere"),
        ("<:hoja:7> <a:ola:8>", ":hoja: :ola:"),
        (r"\*no\* \<@1> 1\. a", "*no* &lt;@1&gt; 1. a".replace("&lt;", "<").replace("&gt;", ">")),
        ("<b>no</b> & <script>", "<b>no</b> & <script>"),
        ("**<b>&**", "<strong>&lt;b&gt;&amp;</strong>"),
        ("uno\ndos\n\ntres", "uno\ndos\n\ntres"),
    ],
)
def test_from_discord_to_matrix(content: str, html: str) -> None:
    assert html_of(read_discord(content)) == html


@pytest.mark.parametrize(
    ("html", "content"),
    [
        ("<b>taller</b> <i>hoy</i> <u>a</u> <del>b</del>", "**taller** *hoy* __a__ ~~b~~"),
        ("<strong><em>น้ำใส</em></strong>", "***น้ำใส***"),
        ("<span data-mx-spoiler>fin</span>", "||fin||"),
        ('<span data-mx-spoiler="el final">muere</span>', "(el final) ||muere||"),
        ("<code>a &lt; b</code>", "`a < b`"),
        ('<pre><code class="language-py">a\n  ข\n</code></pre>', "```py\na\n  ข\n```"),
        ("<blockquote><p>cita</p></blockquote><p>sí</p>", "> cita\nsí"),
        ("<h1>Uno</h1><h3>สาม</h3><p>a</p>", "# Uno\n### สาม\na"),
        ("<sub>al margen</sub>", "-# al margen"),
        ("<ul><li>pan<ul><li>ข้าว</li></ul></li><li>agua</li></ul>", "- pan\n  - ข้าว\n- agua"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ('<a href="https://example.org/a">el plan</a>', "[el plan](https://example.org/a)"),
        ("ver https://example.org/a", "ver https://example.org/a"),
        (f'<a href="{TO}@rosa:example.org">Rosa</a>: hola', "@Rosa: hola"),
        (f'<a href="{TO}#pan:example.org">Pan</a>', "#Pan"),
        (
            '<img data-mx-emoticon src="mxc://example.org/a" alt=":hoja:"> <img src="mxc://x/y" alt="una foto">',
            ":hoja: una foto",
        ),
        ("x<sup>2</sup>", "x²"),
        ('<span data-mx-maths="a^2">x</span>', "`a^2`"),
        ('<div data-mx-maths="a^2">x</div>', "```latex\na^2\n```"),
        (
            "<table><tr><th>día</th><th>quién</th></tr><tr><td>lunes</td><td>น้ำ</td></tr></table>",
            "```\ndía   | quién\n------+------\nlunes | น้ำ\n```",
        ),
        ("<mx-reply><blockquote>x</blockquote></mx-reply>**no**", r"\*\*no\*\*"),
        ("&lt;@1&gt; @everyone", r"<\@1> " + "@\u200beveryone"),
        ("<script>x</script><a href='javascript:x'>hola</a>", "hola"),
        ("<p>uno</p><p>dos<br>tres</p>", "uno\n\ndos\ntres"),
    ],
)
def test_from_matrix_to_discord(html: str, content: str) -> None:
    assert write_discord(read(html)) == content


def test_what_is_folded_away_on_matrix_is_readable_on_discord() -> None:
    content = write_discord(read("<details><summary>La receta</summary><p>pan</p></details>"))
    assert "**La receta**" in content
    assert "pan" in content


SIGNS = ["hola ", "น้ำ ", "mañana", "**", "*", "__", "~~", "||", "`", "```", "\n", "> ", "# ", "- ", "1. ", "[a](https://e.org/b)", "\\", "<@1>", "<", "&amp;", "https://e.org/x "]  # fmt: skip


def words(document: Document) -> str:
    return "".join(letter for letter in unquote(plain_of(document)) if letter.isalnum())


@given(st.lists(st.sampled_from(SIGNS), max_size=30).map("".join))
@settings(max_examples=300)
def test_what_goes_to_matrix_and_back_keeps_its_words(content: str) -> None:
    document = read_discord(content)
    text = write_matrix(document)
    again = read_matrix({"body": text.body, "formatted_body": text.html})
    assert words(read_discord(write_discord(again))) == words(document)


@pytest.mark.parametrize(
    "piece",
    [
        "<blockquote>",
        "<ul><li>",
        "<details>x",
        "<b><i>",
        "<span data-mx-spoiler><u>",
        "<a href='https://e.org'><b>",
    ],
)
def test_however_deep_it_is_on_matrix_discord_gets_it(piece: str) -> None:
    assert "fin" in write_discord(read(piece * 200 + "fin"))
