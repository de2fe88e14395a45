"""What people write on Discord, as the document that it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridges.markup.discord_reading import read_discord
from bridges.markup.tree import (
    Block,
    Break,
    Code,
    CodeBlock,
    Emoji,
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
    Spoiler,
    Subtext,
    Text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def said(*children: Inline | str) -> Paragraph:
    return Paragraph(tuple(Text(child) if isinstance(child, str) else child for child in children))


def marked(mark: Mark, *children: Inline | str) -> Marked:
    return Marked(mark, said(*children).children)


def bold(*children: Inline | str) -> Marked:
    return marked(Mark.BOLD, *children)


def italic(*children: Inline | str) -> Marked:
    return marked(Mark.ITALIC, *children)


def underlined(*children: Inline | str) -> Marked:
    return marked(Mark.UNDERLINE, *children)


def struck(*children: Inline | str) -> Marked:
    return marked(Mark.STRIKE, *children)


def hidden(*children: Inline | str) -> Spoiler:
    return Spoiler(said(*children).children)


def listing(*items: Block | tuple[Block, ...], start: int | None = None) -> Listing:
    return Listing(tuple(item if isinstance(item, tuple) else (item,) for item in items), start)


LINES: list[tuple[str, Paragraph]] = [
    # marks
    ("**asamblea** hoy", said(bold("asamblea"), " hoy")),
    ("*ประชุม* วันนี้", said(italic("ประชุม"), " วันนี้")),
    ("_mañana_ no", said(italic("mañana"), " no")),
    ("ไป__ตลาด__กัน", said("ไป", underlined("ตลาด"), "กัน")),
    ("~~jueves~~ viernes", said(struck("jueves"), " viernes")),
    ("||ความลับ||", said(hidden("ความลับ"))),
    ("***x***", said(italic(bold("x")))),
    ("**__x__**", said(bold(underlined("x")))),
    ("__**x**__", said(underlined(bold("x")))),
    ("___x___", said(italic(underlined("x")))),
    ("||**x** y||", said(hidden(bold("x"), " y"))),
    ("~~*a* b~~", said(struck(italic("a"), " b"))),
    ("**b *a***", said(bold("b ", italic("a")))),
    ("***a* b**", said(bold(italic("a"), " b"))),
    ("**dos\nlíneas**", said(bold("dos", Break(), "líneas"))),
    ("**a\n\n- b**", said(bold("a", Break(), Break(), "- b"))),
    # what looks like a mark and is none
    ("2 * 3 * 4", said("2 * 3 * 4")),
    ("snake_case_name", said("snake_case_name")),
    ("¿a quién le toca? ____", said("¿a quién le toca? ____")),
    ("que **** frío", said("que **** frío")),
    ("**sin cerrar", said("**sin cerrar")),
    ("a * suelto*", said("a * suelto*")),
    ("~uno~ |dos|", said("~uno~ |dos|")),
    # escapes
    (r"\*no\* \_tampoco\_", said("*no* _tampoco_")),
    (r"C:\Users \\ \#", said(r"C:\Users \ #")),
    (r"¯\_(ツ)_/¯", said(r"¯\_(ツ)_/¯")),
    (r"\<@12> \`a\`", said("<@12> `a`")),
    # code
    ("`a*b*`", said(Code("a*b*"))),
    ("``a`b``", said(Code("a`b"))),
    ("`` `a` ``", said(Code("`a`"))),
    ("`` a", said("`` a")),
    ("||```\nx\n```||", said(hidden(Code("x")))),
    # links
    ("ve https://example.org/a_b_c.", said("ve ", Link("https://example.org/a_b_c"), ".")),
    ("(https://example.org/x)", said("(", Link("https://example.org/x"), ")")),
    ("https://example.org/x_(y)", said(Link("https://example.org/x_(y)"))),
    ("ดูที่https://example.org/ก นะ", said("ดูที่", Link("https://example.org/ก"), " นะ")),
    ("<https://example.org>", said(Link("https://example.org", (), preview=False))),
    ("[el **acta**](https://example.org)", said(Link("https://example.org", said("el ", bold("acta")).children))),
    ('[รายงาน](https://example.org "ปี ๖๙")', said(Link("https://example.org", (Text("รายงาน"),)))),
    ("[acta](<https://example.org>)", said(Link("https://example.org", (Text("acta"),), preview=False))),
    (
        "[https://bank.example](https://evil.example)",
        said("[", Link("https://bank.example"), "](", Link("https://evil.example"), ")"),
    ),
    ("[x](javascript:alert)", said("[x](javascript:alert)")),
    ("[x] (y)", said("[x] (y)")),
    ("<a@example.org>", said(Link("mailto:a@example.org", (Text("a@example.org"),)))),
    ("<+66 2 123 4567>", said(Link("tel:+6621234567", (Text("+66 2 123 4567"),)))),
    (
        "https://discord.com/channels/1/2/3",
        said(Link("https://discord.com/channels/1/2/3")),
    ),
    # mentions, emoji, times
    ("<@12> <@!13>", said(Mention(Mentioned.PERSON, "12"), " ", Mention(Mentioned.PERSON, "13"))),
    ("<@&14><#15>", said(Mention(Mentioned.ROLE, "14"), Mention(Mentioned.PLACE, "15"))),
    ("</mapa ver:16>", said(Mention(Mentioned.COMMAND, "16", "mapa ver"))),
    ("</แผนที่:16>", said(Mention(Mentioned.COMMAND, "16", "แผนที่"))),
    ("<id:browse>", said(Mention(Mentioned.PLACE, "id:browse", "Browse Channels"))),
    ("<id:customize>", said(Mention(Mentioned.PLACE, "id:customize", "Channels & Roles"))),
    ("<id:guide>", said(Mention(Mentioned.PLACE, "id:guide", "Server Guide"))),
    ("<id:linked-roles>", said(Mention(Mentioned.PLACE, "id:linked-roles", "Linked Roles"))),
    (
        "@everyone @here",
        said(Mention(Mentioned.EVERYONE, "", "everyone"), " ", Mention(Mentioned.EVERYONE, "", "here")),
    ),
    ("<:maiz:17><a:rio_2:18>", said(Emoji("maiz", "17"), Emoji("rio_2", "18", animated=True))),
    ("<t:60>", said(Moment(EPOCH.replace(minute=1), "f"))),
    *((f"<t:0:{style}>", said(Moment(EPOCH, style))) for style in "tTdDfFRsS"),
    ("<t:99999999999999999:R> <t:x>", said("<t:99999999999999999:R> <t:x>")),
    ("<@> <@x> <#> <:a:> </>", said("<@> <@x> <#> <:a:> </>")),
]

TEXTS: list[tuple[str, tuple[Block, ...]]] = [
    ("uno\ndos", (said("uno", Break(), "dos"),)),
    ("หนึ่ง\n\nสอง", (said("หนึ่ง"), said("สอง"))),
    ("uno  \r\ndos", (said("uno", Break(), "dos"),)),
    ("# Título\n## ข้อสอง\nya", (Heading(1, (Text("Título"),)), Heading(2, (Text("ข้อสอง"),)), said("ya"))),
    (" ###  c", (Heading(3, (Text("c"),)),)),
    ("# **a** #", (Heading(1, (bold("a"),)),)),
    ("#### a", (said("#### a"),)),
    ("#a", (said("#a"),)),
    ("a # b", (said("a # b"),)),
    ("-# nota *chica*\nya", (Subtext((Text("nota "), italic("chica"))), said("ya"))),
    ("> cita\n> **dos**\nya", (Quote((said("cita", Break(), bold("dos")),)), said("ya"))),
    ("> a\n\n> b", (Quote((said("a"),)), Quote((said("b"),)))),
    ("> > a", (Quote((said("> a"),)),)),
    (">a", (said(">a"),)),
    ("ya\n>>> อ้าง\n\n- b", (said("ya"), Quote((said("อ้าง"), listing(said("b")))))),
    ("> ```\n> a\n> ```", (Quote((CodeBlock("a"),)),)),
    ("- pan\n- maíz", (listing(said("pan"), said("maíz")),)),
    ("* ข้าว\n* น้ำ", (listing(said("ข้าว"), said("น้ำ")),)),
    ("3. a\n4. b", (listing(said("a"), said("b"), start=3),)),
    ("- a\n  - b\n    1. c", (listing((said("a"), listing((said("b"), listing(said("c"), start=1))))),)),
    ("- a\n  - b\n- c", (listing((said("a"), listing(said("b"))), said("c")),)),
    ("- a\n  sigue\nya", (listing(said("a", Break(), "sigue")), said("ya"))),
    ("- a\n\n- b", (listing(said("a")), listing(said("b")))),
    ("- # a\n- > b", (listing(Heading(1, (Text("a"),)), Quote((said("b"),))),)),
    ("- ```\n  a\n    b\n  ```", (listing(CodeBlock("a\n  b")),)),
    ("-a", (said("-a"),)),
    ("1.a", (said("1.a"),)),
    ("99999999999999999999999. a", (listing(said("a"), start=1_000_000_000),)),
    ("```py\nx = '**a**'\n\n# y\n```", (CodeBlock("x = '**a**'\n\n# y", "py"),)),
    ("```x y```", (CodeBlock("x y"),)),
    ("```py```", (CodeBlock("py"),)),
    ("mira ```a``` ya", (said("mira"), CodeBlock("a"), said(" ya"))),
    ("```\nsin cerrar", (said("```", Break(), "sin cerrar"),)),
    ("", ()),
    (" \n\n ", ()),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), LINES, ids=[content for content, _ in LINES])
def test_a_line_of_discord_means(content: str, expected: Paragraph) -> None:
    assert read_discord(content) == (expected,)


@pytest.mark.parametrize(("content", "expected"), TEXTS, ids=[content for content, _ in TEXTS])
def test_a_text_of_discord_means(content: str, expected: tuple[Block, ...]) -> None:
    assert read_discord(content) == expected
