"""Breaking lines: nothing is lost, no line is too wide, no mark loses its letter, and Thai reads as Thai."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.graphemes import LEADING_VOWELS, clusters
from community_bot.domain.line_breaks import wrap

THAI = st.text(alphabet="กขคงจชญฐดตทนบปผพมยรลวสหอะาำเแโใไิีึืุูั็่้๊๋์ๆฯ ", max_size=60)
MIXED = st.one_of(THAI, st.text(max_size=60), st.text(alphabet="abcñé -/", max_size=60))


def letters(text: str) -> float:
    return float(len(clusters(text)))


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("พื้นที่การเรียนรู้ของชุมชน", 10, ["พื้นที่", "การเรียนรู้", "ของชุมชน"]),
        ("ความปลอดภัยดิจิทัลสำหรับผู้จัดการ", 15, ["ความปลอดภัย", "ดิจิทัลสำหรับผู้จัดการ"]),
        ("Radio comunitaria en la costa", 12, ["Radio", "comunitaria", "en la costa"]),
        ("Antidisestablishment", 8, ["Antidise", "stablish", "ment"]),
        ("เล่าเรื่องด้วย Podcast", 12, ["เล่าเรื่องด้วย", "Podcast"]),
    ],
)
def test_lines_end_where_a_reader_would_end_them(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, letters, width, most_lines=9) == lines


def test_what_does_not_fit_is_stood_for_by_an_ellipsis() -> None:
    assert wrap("พื้นที่การเรียนรู้ของชุมชน", letters, 9, most_lines=2) == ["พื้นที่", "การเรียนรู้…"]
    assert wrap("one two three four", letters, 8, most_lines=2) == ["one two", "three…"]


@given(MIXED, st.integers(2, 30))
def test_nothing_is_lost_but_white_space(text: str, width: int) -> None:
    lines = wrap(text, letters, width, most_lines=1000)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(MIXED, st.integers(3, 30), st.integers(1, 4))
def test_no_line_is_wider_than_it_may_be_and_there_are_no_more_than_may_be(
    text: str, width: int, most: int
) -> None:
    lines = wrap(text, letters, width, most_lines=most)
    assert len(lines) <= most
    assert all(letters(line) <= width or len(clusters(line)) == 1 for line in lines)


SYLLABLES = st.lists(
    st.sampled_from(["ที่", "ปี่", "ป้ำ", "น้ำ", "กี๋", "ญู", "ฐู", "ฤๅ", "ไม่", "ได้", "ผู้", "ใหญ่", "เก่ง", "สัตว์", "แล้ว", " "]),
    max_size=30,
)


@given(SYLLABLES, st.integers(5, 20))
def test_no_line_begins_with_a_mark_or_ends_with_a_leading_vowel(syllables: list[str], width: int) -> None:
    for line in wrap("".join(syllables), letters, width, most_lines=1000):
        assert unicodedata.category(line[0]) not in ("Mn", "Mc")
        assert not line.startswith(("ะ", "า", "ำ", "ๆ"))
        assert line[-1] not in LEADING_VOWELS


@pytest.mark.parametrize("width", range(4, 20))
def test_a_leading_vowel_stays_with_its_consonant(width: int) -> None:
    for text in ("แบ่งปันไปให้เพื่อนไกลใกล้", "ผู้ใหญ่ไม่ได้เล่าเรื่องเก่าแก่โบราณ"):
        for line in wrap(text, letters, width, most_lines=99):
            assert line[-1] not in LEADING_VOWELS
            assert not line.startswith(("ะ", "า", "ำ", "ๆ"))
