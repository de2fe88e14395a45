"""A text is shortened and counted as a reader sees it."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import example, given
from hypothesis import strategies as st

from community_bot.domain.graphemes import LEADING_VOWELS, count_graphemes, shorten

PIECES = (
    *("a", "ñ", "e\u0301", "n\u0303\u0301", " ", "`", "^", "\r\n", "\n"),
    *("น้ำ", "ที่", "เก่ง", "ไม้", "ผู้", "เ", "กำ", "ນ້ຳ"),
    *("👩‍👩‍👧", "🧑🏽‍🌾", "🇹🇭", "🇲🇽", "🇪", "1\ufe0f\u20e3", "😀", "👍🏾"),
    *("क्षि", "한", "\u1112\u1161\u11ab", "\u1100\u1100\u1161", "ﾊﾞ", "\u0600" + "1"),
)
CHAT = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(CHAT, st.integers(1, 80))
@example("🇹🇭" * 40, 8)
@example("เ่" * 40, 8)
def test_what_is_shortened_fits_and_no_grapheme_is_cut(text: str, most: int) -> None:
    short = shorten(text, most)
    assert len(short) <= most
    if len(text) <= most:
        assert short == text
        return
    kept = short.removesuffix("…")
    assert text.startswith(kept)
    assert len(kept) in {0, *(match.end() for match in regex.finditer(r"\X", text))} or kept[-1:] in "เแโใไ"
    assert not kept or (not kept[-1].isspace() and kept[-1] not in LEADING_VOWELS)


@given(CHAT)
def test_graphemes_are_counted_as_unicode_defines_them(text: str) -> None:
    assert count_graphemes(text) == len(regex.findall(r"\X", text))


def test_a_thai_title_has_fewer_graphemes_than_code_points() -> None:
    assert len("ผู้จัดการคอมมิวนิตี้") == 20
    assert count_graphemes("ผู้จัดการคอมมิวนิตี้") == 13


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("ผู้จัดการ", 4, "ผู้…"),
        ("ผู้จัดการ", 3, "…"),
        ("วงแบ่งปัน", 4, "วง…"),
        ("two words", 5, "two…"),
        ("👩‍👩‍👧👩‍👩‍👧", 6, "👩‍👩‍👧…"),
        ("exact", 5, "exact"),
    ],
)
def test_the_end_is_clean(text: str, most: int, short: str) -> None:
    assert shorten(text, most) == short


def test_a_limit_below_the_ellipsis_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="ellipsis"):
        shorten("long", 2, ellipsis="...")
