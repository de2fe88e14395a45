"""A document as it is written for Discord: read back as it was meant, and nobody called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridges.markup.discord_reading import read_discord
from bridges.markup.discord_writing import write_discord
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

APART = "\u200b"


def words(*children: Inline | str) -> tuple[Inline, ...]:
    return tuple(Text(child) if isinstance(child, str) else child for child in children)


def said(*children: Inline | str) -> Paragraph:
    return Paragraph(words(*children))


def bold(*children: Inline | str) -> Marked:
    return Marked(Mark.BOLD, words(*children))


def italic(*children: Inline | str) -> Marked:
    return Marked(Mark.ITALIC, words(*children))


def struck(*children: Inline | str) -> Marked:
    return Marked(Mark.STRIKE, words(*children))


def link(address: str, *label: Inline | str, preview: bool = True) -> Link:
    return Link(address, words(*label), preview)


def written(*children: Inline | str) -> str:
    return write_discord((said(*children),))


PLAIN = [
    # left as it is
    "2 * 3 = 6",
    "snake_case ¿y qué?",
    "ประชุม 12:30 น. (ห้อง 2) [สำรอง] #ข่าว",
    "a - b, ~5, x|y, 1.5, <3, C:\\Users",
    "-sin espacio",
    "usuaria@example.org",
]
ESCAPED = [
    ("**no**", r"\*\*no\*\*"),
    ("_no_ __no__", r"\_no\_ \_\_no\_\_"),
    ("~~no~~ ||no||", r"\~\~no\~\~ \|\|no\|\|"),
    ("`no`", r"\`no\`"),
    ("\\*", r"\\\*"),
    ("# no", r"\# no"),
    ("#", r"\#"),
    ("-# no", r"\-# no"),
    ("- no", r"\- no"),
    ("  * no", r"  \* no"),
    ("12. no", r"12\. no"),
    ("> no", r"\> no"),
    (">>> no", r"\>>> no"),
    ("[ไม่](https://x.example)", r"[ไม่\](https\://x.example)"),
    ("https://x.example", r"https\://x.example"),
    ("<https://x.example>", r"\<https\://x.example>"),
    ("<@12> <@&13> <#14>", r"<\@12> <\@&13> <\#14>"),
    ("<:a:1> <t:1> </a:1> <id:guide>", r"\<:a:1> \<t:1> \</a:1> \<id:guide>"),
    ("<a@x.example> <+66 1234>", r"\<a@x.example> \<+66 1234>"),
    ("@everyone @here @room", f"@{APART}everyone @{APART}here @{APART}room"),
]  # fmt: skip
LINES: list[tuple[tuple[Inline | str, ...], str]] = [
    ((bold("asamblea"), " hoy"), "**asamblea** hoy"),
    ((italic("ประชุม"), "วันนี้"), "*ประชุม*วันนี้"),
    ((Marked(Mark.UNDERLINE, words("a")), struck("b")), "__a__~~b~~"),
    ((italic(bold("x")),), "***x***"),
    ((bold("b ", italic("a")),), "**b *a***"),
    ((bold("a"), italic("b")), f"**a**{APART}*b*"),
    ((struck("a"), Marked(Mark.UNDERLINE, words("b"))), f"~~a~~{APART}__b__"),
    ((italic(" a "), "b"), " *a* b"),
    ((bold(bold("a"), "b"),), "**ab**"),
    ((bold("a*"),), r"**a\***"),
    ((struck("a~"),), f"~~a\\~{APART}~~"),
    ((italic("2 * 3"),), r"*2 \* 3*"),
    ((italic("ve ", Code("a*b")),), "*ve* `a*b`"),
    ((Spoiler(words("fin")),), "||fin||"),
    ((Spoiler(words("fin"), "película"),), "(película) ||fin||"),
    ((Spoiler(words(Code("a||b"))),), f"||`a|{APART}|b`||"),
    (("a", Break(), "- b"), "a\n\\- b"),
    ((Code("a"),), "`a`"),
    ((Code("a`b"),), "``a`b``"),
    ((Code("`"),), "`` ` ``"),
    ((Code("a"), Code("b")), f"`a`{APART}`b`"),
    (("a_b ", Code("c_")), r"a\_b `c_`"),
    ((Formula("x^2"),), "`x^2`"),
    ((Moment(datetime(2026, 11, 20, tzinfo=UTC), "R"),), "<t:1795132800:R>"),
    ((Moment(datetime(2026, 11, 20, tzinfo=UTC), "?"),), "<t:1795132800:f>"),
    # links
    ((link("https://example.org"), " ya"), "https://example.org ya"),
    ((link("https://example.org"), "."), "https://example.org."),
    ((link("https://example.org"), "นะ"), "<https://example.org>นะ"),
    ((link("https://example.org", preview=False),), "<https://example.org>"),
    ((link("https://example.org", "รายงาน"),), "[รายงาน](https://example.org)"),
    ((link("https://example.org", "acta", preview=False),), "[acta](<https://example.org>)"),
    ((link("https://example.org/a_(b)", "acta"),), "[acta](https://example.org/a_%28b%29)"),
    ((link("https://example.org/a b>c"),), "https://example.org/a%20b%3Ec"),
    ((link("https://example.org", "[acta]"),), r"[\[acta\]](https://example.org)"),
    ((link("https://example.org/x", "example.org"),), "[example.org](https://example.org/x)"),
    ((link("https://example.org", "https://example.org"),), "https://example.org"),
    ((link("https://evil.example", "bank.example"),), "bank.example (<https://evil.example>)"),
    ((link("https://evil.example", "bank．example"),), "bank．example (<https://evil.example>)"),
    (
        (link("https://evil.example", "https://bank.example"),),
        r"https\://bank.example (<https://evil.example>)",
    ),
    ((link("mailto:a@example.org", "a@example.org"),), "<a@example.org>"),
    ((link("tel:+6621234567", "โทร"),), "โทร (<+6621234567>)"),
    ((link("matrix:r/rio:example.org", "río"),), "[río](https://matrix.to/#/#rio:example.org)"),
    ((link("javascript:alert(1)", "clic"),), "clic"),
    ((link("javascript://x"),), r"javascript\://x"),
    # mentions and emoji
    ((Mention(Mentioned.PERSON, "12", "ใบเตย"),), "@ใบเตย"),
    ((Mention(Mentioned.ROLE, "12", "*equipo*"),), r"@\*equipo\*"),
    ((Mention(Mentioned.PLACE, "12", "plaza"),), "#plaza"),
    ((Mention(Mentioned.PLACE, "12", "a\n# b"),), "#a # b"),
    ((Mention(Mentioned.COMMAND, "12", "mapa ver"),), "/mapa ver"),
    ((Mention(Mentioned.PERSON, "12"),), "@12"),
    ((Mention(Mentioned.EVERYONE, "", "everyone"),), f"@{APART}everyone"),
    ((Mention(Mentioned.EVERYONE, "", "room"),), f"@{APART}room"),
    ((Emoji("maiz", "mxc://example.org/a"),), ":maiz:"),
]
TEXTS: list[tuple[tuple[Block, ...], str]] = [
    ((said("uno"), said("สอง")), "uno\n\nสอง"),
    ((Heading(1, words("Título")), said("ya")), "# Título\nya"),
    ((Heading(4, words("ข้อ")), said("ya")), "**ข้อ**\n\nya"),
    ((Heading(2, words("C#")),), f"## C#{APART}"),
    ((Heading(2, words("a", Break(), "b")),), "## a b"),
    ((said("a"), Subtext(words("nota"))), "a\n-# nota"),
    ((Quote((said("a"), said("b"))), said("ya")), "> a\n> \n> b\nya"),
    ((Quote((said("a"),)), Quote((said("b"),))), "> a\n\n> b"),
    ((Quote((said("a"), Quote((said("b", Break(), "c"),)))),), "> a\n> \n> │ b\n> │ c"),
    ((CodeBlock("x = 1", "py"),), "```py\nx = 1\n```"),
    ((CodeBlock("a```b"),), f"```\na`{APART}`{APART}`b\n```"),
    ((CodeBlock("x", "no es"),), "```\nx\n```"),
    ((FormulaBlock("x^2"),), "```latex\nx^2\n```"),
    ((said("a"), Rule()), "a\n\n───"),
    (
        (Listing(((said("pan"),), (said("น้ำ"), Listing(((said("b"),),), 1)))), said("ya")),
        "- pan\n- น้ำ\n  1. b\nya",
    ),
    ((Listing(((said("a"),), (said("b", Break(), "c"),)), 9),), "9. a\n10. b\n   c"),
    ((Listing(((said("a"),),)), Listing(((said("b"),),))), "- a\n\n- b"),
    ((Listing(((said("a"), said("b")),)),), "- a\n  \n  b"),
    ((Details(words("Más"), (said("a"),)),), "**Más**\n> a"),
    ((), ""),
]


@pytest.mark.parametrize("text", PLAIN)
def test_words_that_are_no_markup_stay_as_they_are(text: str) -> None:
    assert written(text) == text
    assert read_discord(text) == plain(text)


@pytest.mark.parametrize(("text", "expected"), ESCAPED)
def test_words_that_look_like_markup_stay_words(text: str, expected: str) -> None:
    assert written(text) == expected
    (block,) = read_discord(expected)
    assert isinstance(block, Paragraph)
    (read,) = block.children
    assert isinstance(read, Text)
    assert read.text.replace(APART, "") == text


@pytest.mark.parametrize(("children", "expected"), LINES, ids=[expected for _, expected in LINES])
def test_a_line_is_written(children: tuple[Inline | str, ...], expected: str) -> None:
    assert written(*children) == expected


@pytest.mark.parametrize(("document", "expected"), TEXTS, ids=[expected for _, expected in TEXTS])
def test_a_document_is_written(document: tuple[Block, ...], expected: str) -> None:
    assert write_discord(document) == expected


def test_who_is_known_there_is_mentioned_so_that_it_reaches_them() -> None:
    document = (said(Mention(Mentioned.PERSON, "a", "Ploy"), " ", Mention(Mentioned.PERSON, "b", "Toño")),)
    known = {"a": "<@12>"}
    assert write_discord(document, live=lambda mention: known.get(mention.ref)) == "<@12> @Toño"


def test_an_emoji_that_is_there_is_shown() -> None:
    document = (said(Emoji("maiz", "1"), Emoji("rio", "2")),)
    known = {"1": "<:maiz:12>"}
    assert write_discord(document, emoji=lambda emoji: known.get(emoji.ref)) == "<:maiz:12>:rio:"


def test_a_mention_of_a_message_leads_to_it() -> None:
    address = "https://discord.com/channels/1/2/3"
    assert written(Mention(Mentioned.MESSAGE, "3", "", address)) == address
    assert written(Mention(Mentioned.MESSAGE, "3", "el plan", address)) == f"[el plan]({address})"
