"""A long text is cut where a reader would cut it, and never inside what is read as one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from bridges.split import split

FAMILY = "👩‍👩‍👧"
SKIN = "🧑🏽‍🌾"
FLAG = "🇹🇭"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
KEYCAP = "1\ufe0f\u20e3"
WATER = "น้ำ"  # consonant, tone mark, and a vowel that stands behind and belongs to it
SCHOOL = "โรงเรียน"  # begins with a vowel that belongs to the consonant after it

PIECES = (
    *("a", "ñ", "¿Cómo", "e\u0301", "n\u0303\u0301", "ß", "I\u0307"),
    *(WATER, SCHOOL, "ที่", "เก่ง", "ป๊", "ฤๅ", "เ", "ไ", "กำ", "ເຮົາ", "ນ້ຳ"),
    *(FAMILY, SKIN, FLAG, "🇲🇽", ENGLAND, KEYCAP, "😀", "🇪", "👍🏾", "❤️‍🔥"),
    *("שָׁלוֹם", "مَرْحَبًا", "क्षि", "ស្រី", "한", "\u1112\u1161\u11ab", "ﾊﾞ"),
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u202e", "\u2066", "\ufeff", "\u0301", "\ufe0f"),
    *(" ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u3000", "\r\n"),
    *(". ", "! ", "? ", "… ", "。", "^", "`"),
)
CHAT = st.lists(st.sampled_from(PIECES), max_size=200).map("".join)
ANYTHING = CHAT | st.text(max_size=300)
LIMITS = st.integers(64, 200)


def units(text: str) -> int:
    """Count UTF-16 units by writing them."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def seams(text: str, parts: list[str]) -> list[tuple[int, int]]:
    """Find each part in the text and return where they stand; only white space may lie around them."""
    found, at = [], 0
    for part in parts:
        while not text.startswith(part, at):
            assert text[at].isspace(), f"lost: {text[at]!r} before {part[:10]!r}"
            at += 1
        found.append((at, at + len(part)))
        at += len(part)
    assert not text[at:].strip(), "the end is missing"
    return found


@given(ANYTHING, LIMITS)
@example(" \u0301" * 80, 64)
@example("เ่" * 99, 65)
@example("กa\u0301" * 64 + " \u0301" * 64, 64)
def test_no_part_is_too_long_or_empty_and_only_white_space_is_lost(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(part.strip() == part != "" for part in parts)
    assert all(units(part) <= limit for part in parts)
    seams(text, parts)


@given(CHAT, LIMITS)
@example("🇹🇭" * 60, 67)
@example("x" + FAMILY * 30, 64)
@example("เ่" * 99, 65)
@example("x" * 63 + "\u1112\u1161\u11ab", 64)
@example("x" * 61 + "क्षि", 64)
def test_no_cut_falls_inside_a_grapheme(text: str, limit: int) -> None:
    """The regex library's ``\\X`` is a second opinion on what a grapheme is; one of only white space may go."""
    cuts = {at for (_, end), (start, _) in pairwise(seams(text, split(text, limit))) for at in (end, start)}
    for match in regex.finditer(r"\X", text):
        fits = units(match.group()) <= limit
        if fits and not match.group()[0].isspace():
            inside = {at for at in cuts if match.start() < at < match.end()}
            assert not inside, f"{match.group()!r} is cut"


@given(st.lists(st.sampled_from([WATER, SCHOOL, "เก่ง", "ไม้", "แม่"]), min_size=40, max_size=120), LIMITS)
def test_a_thai_leading_vowel_stays_with_its_consonant(words: list[str], limit: int) -> None:
    for part in split("".join(words), limit):
        assert part[-1] not in "เแโใไ"
        assert part[0] not in "่้๊๋ะาำิีึืุู็"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=64), LIMITS)
def test_what_fits_is_left_as_it_is(text: str, limit: int) -> None:
    if units(text) <= limit:
        assert split(text, limit) == ([text.strip()] if text.strip() else [])


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        pytest.param("one two", 64, ["one two"], id="short: as it is"),
        pytest.param(
            "A first paragraph about the river.\n\nA second one.\nWith a line.",
            48,
            None,
            id="a limit below 64 is a mistake of ours",
        ),
        pytest.param(
            "Primero una línea. Otra frase aquí.\n\nSegundo párrafo, que ya no cabe entero en la parte.",
            64,
            ["Primero una línea. Otra frase aquí.", "Segundo párrafo, que ya no cabe entero en la parte."],
            id="a paragraph before a line or a sentence",
        ),
        pytest.param(
            "Primera frase del mensaje. Y su línea\nSegunda línea. Más palabras hasta el fin de esto.",
            64,
            ["Primera frase del mensaje. Y su línea", "Segunda línea. Más palabras hasta el fin de esto."],
            id="a line before a sentence",
        ),
        pytest.param(
            "¿Vienes mañana al taller de radio? Traigo micrófonos y una grabadora vieja.",
            64,
            ["¿Vienes mañana al taller de radio?", "Traigo micrófonos y una grabadora vieja."],
            id="a sentence before a word",
        ),
        pytest.param(
            "palabra " * 12,
            64,
            ["palabra palabra palabra palabra palabra palabra palabra palabra", "palabra palabra palabra palabra"],
            id="a word that ends exactly at the limit stays",
        ),
        pytest.param(
            "พรุ่งนี้เรียนอัดเสียงริมแม่น้ำกัน ใครมีไมค์เอามาด้วยนะ แล้วเจอกันตอนเช้า",
            64,
            ["พรุ่งนี้เรียนอัดเสียงริมแม่น้ำกัน ใครมีไมค์เอามาด้วยนะ", "แล้วเจอกันตอนเช้า"],
            id="a Thai sentence ends with a space",
        ),
        pytest.param(
            "กลุ่มเรียนรู้เรื่องน้ำดื่มของหมู่บ้านริมแม่น้ำที่ผู้ใหญ่บ้านดูแลไว้",
            64,
            ["กลุ่มเรียนรู้เรื่องน้ำดื่มของหมู่บ้านริมแม่น้ำที่ผู้ใหญ่บ้านดูแล", "ไว้"],
            id="Thai without a space: between graphemes",
        ),
        pytest.param(
            "A. " + "b" * 80,
            64,
            ["A. " + "b" * 61, "b" * 19],
            id="a separator near the beginning would leave a stump",
        ),
        pytest.param(
            "川の音を録ります。" * 9,
            64,
            ["川の音を録ります。" * 7, "川の音を録ります。" * 2],
            id="Japanese sentences",
        ),
        pytest.param(FLAG * 20, 66, [FLAG * 16, FLAG * 4], id="flags are pairs"),
        pytest.param("", 64, [], id="nothing"),
        pytest.param(" \n\t\u3000 ", 64, [], id="only white space is nothing"),
    ],
)
def test_where_a_reader_would_cut(text: str, limit: int, parts: list[str] | None) -> None:
    if parts is None:
        with pytest.raises(ValueError, match="limit under 64"):
            split(text, limit)
    else:
        assert split(text, limit) == parts


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("e" + "\u0301" * 4999, id="one grapheme of 5000 characters"),
        pytest.param("เ่" * 2500, id="Thai leading vowels and tone marks without a consonant"),
        pytest.param("\u200b" * 5000, id="zero-width spaces"),
        pytest.param("\u200d" * 5000, id="joiners"),
        pytest.param(("\u202e" + "שלום ") * 900, id="right-to-left overrides"),
        pytest.param("🇹" * 5001, id="an odd run of regional indicators"),
        pytest.param((FAMILY + "\u200d") * 700, id="a family without end"),
        pytest.param("\x00\x1b[31m\x07" * 700, id="control characters"),
        pytest.param("\ud800" * 5000, id="halves of characters"),
    ],
)
def test_hostile_text_is_cut_too_and_nothing_of_it_is_lost(text: str) -> None:
    parts = split(text, 2000)
    assert all(units(part) <= 2000 for part in parts)
    seams(text, parts)
    assert len(parts) <= units(text) // 1000 + 1, "no part is a stump"


@pytest.mark.parametrize("text", ["y ", "\u0301", "🇹", "x"])
def test_the_work_grows_with_the_length_and_not_with_its_square(text: str) -> None:
    """Lines are counted and not seconds, so that it says the same on a busy machine."""
    assert lines_run(lambda: split(text * 20_000, 80)) < 15 * lines_run(lambda: split(text * 2_000, 80))


def lines_run(work: Callable[[], object]) -> int:
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
