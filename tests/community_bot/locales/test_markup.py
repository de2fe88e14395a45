"""What people write is shown as they wrote it; what our texts mark is bold, code or a list, on both platforms."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from community_bot.locales import Markup, escape, light_html
from community_bot.locales.markup import LINE_BREAKS
from community_bot.locales.template import Template

SIGNS = st.text(st.sampled_from(" \n\r\u2028-*`_~|>#[]()<:@&\\.1a{}น้ำ"), max_size=40)
ANYTHING = SIGNS | st.text(max_size=60)


def on_one_line(text: str) -> str:
    return LINE_BREAKS.sub(" ", text)


@given(ANYTHING)
@example("1. a")
@example("- a")
@example("**a** `b`\r\n<b>")
@example("\\")
def test_an_escaped_text_is_shown_as_it_was_written_and_marks_nothing(text: str) -> None:
    body, written = light_html(escape(text))
    assert body == on_one_line(text)
    assert html.unescape(written) == html.unescape(html.escape(on_one_line(text)))
    assert "<" not in written
    assert ">" not in written


@given(ANYTHING)
def test_no_sign_that_discord_reads_stays_without_its_backslash(text: str) -> None:
    assert not re.search(r"[*_`~|>#\-\[\]()<:@]", re.sub(r"\\.", "", escape(text)))
    assert not re.match(r"\s*\d+\. ", escape(text), re.ASCII)
    assert not LINE_BREAKS.search(escape(text))


@given(ANYTHING)
def test_no_text_makes_it_fail_and_only_our_tags_come_out(text: str) -> None:
    _, written = light_html(Markup(text))
    tags = re.findall(r"<[^>]*>", written)
    assert set(tags) <= {
        f"<{slash}{tag}>" for tag in ("strong", "code", "ul", "li", "p") for slash in ("", "/")
    } | {"<br>"}
    for tag in ("strong", "code", "ul", "li", "p"):
        assert tags.count(f"<{tag}>") == tags.count(f"</{tag}>")


@given(ANYTHING, ANYTHING)
def test_a_value_between_the_signs_of_a_text_stays_inside_them(bold: str, code: str) -> None:
    text = Template.read("**x{bold}x** and `x{code}x`").fill({"bold": bold, "code": code})
    body, written = light_html(text)
    shown_code = on_one_line(code).replace("`", "\u02cb")
    assert body == f"x{on_one_line(bold)}x and x{shown_code}x"
    strong = html.escape(on_one_line(bold), quote=False)
    assert written == f"<strong>x{strong}x</strong> and <code>x{html.escape(shown_code, quote=False)}x</code>"


@pytest.mark.parametrize(
    ("text", "body", "written"),
    [
        pytest.param("a **b** c", "a b c", "a <strong>b</strong> c", id="bold"),
        pytest.param("`.help <b>`", ".help <b>", "<code>.help &lt;b&gt;</code>", id="code"),
        pytest.param(r"`a\b`", r"a\b", r"<code>a\b</code>", id="a backslash escapes nothing in code"),
        pytest.param("**a `**` b**", "a ** b", "<strong>a <code>**</code> b</strong>", id="code in bold"),
        pytest.param("a\nb", "a\nb", "a<br>b", id="lines"),
        pytest.param("a\n\nb", "a\n\nb", "<p>a</p><p>b</p>", id="paragraphs"),
        pytest.param("a\n- b\n- c", "a\n- b\n- c", "<p>a</p><ul><li>b</li><li>c</li></ul>", id="a list"),
        pytest.param("- b\n\n- c", "- b\n\n- c", "<ul><li>b</li></ul><ul><li>c</li></ul>", id="two lists"),
        pytest.param("- **b**\nc", "- b\nc", "<ul><li><strong>b</strong></li></ul><p>c</p>", id="bold in a list"),
        pytest.param("2 ** 3", "2 ** 3", "2 ** 3", id="a sign without its partner"),
        pytest.param("****", "****", "****", id="nothing in bold"),
        pytest.param("**a\nb**", "**a\nb**", "**a<br>b**", id="bold ends with its line"),
        pytest.param("a -b", "a -b", "a -b", id="a dash in a line"),
        pytest.param(r"\- a \*\*", "- a **", "- a **", id="escaped signs"),
        pytest.param(r"a\b", r"a\b", r"a\b", id="a backslash before a letter"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_light_markup_becomes_a_body_and_html(text: str, body: str, written: str) -> None:
    assert light_html(Markup(text)) == (body, written)
