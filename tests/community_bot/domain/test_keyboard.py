"""A command typed with the wrong layout on is understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.keyboard import repair_line, repair_word

KNOWN = {"help", "space", "me", "ช่วยเหลือ", "พื้นที่", "ฉัน"}


@pytest.mark.parametrize(("typed", "meant"), [("=j;pgs]nv", "ช่วยเหลือ"), ("้ำสย", "help"), ("็ำสย", "help")])
def test_a_word_is_turned_into_the_one_whose_keys_were_pressed(typed: str, meant: str) -> None:
    assert repair_word(typed, KNOWN) == meant


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        pytest.param("ฝ้ำสย", "/help", id="a slash on the Thai layout"),
        pytest.param('"=j;pgs]nv', ".ช่วยเหลือ", id="prefix and word on the Latin layout"),
        pytest.param(".=j;pgs]nv", ".ช่วยเหลือ", id="the prefix was right"),
        pytest.param("=j;pgs]nv", "ช่วยเหลือ", id="no prefix"),
        pytest.param("ใหยฟแำ ่นรื", ".space join", id="the words after it are turned too"),
    ],
)
def test_a_line_is_turned_where_it_then_begins_with_a_command(line: str, meant: str) -> None:
    assert repair_line(line, KNOWN) == meant


@pytest.mark.parametrize("line", [".help", ".ช่วยเหลือ", "Help", "hello there", "สวัสดี", "", " ", ".", "12:30"])
def test_what_is_right_or_no_command_is_let_be(line: str) -> None:
    assert repair_line(line, KNOWN) is None


@given(st.text())
def test_no_line_makes_it_fail_and_every_repair_begins_with_a_command(line: str) -> None:
    repaired = repair_line(line, KNOWN)
    assert repaired is None or repaired.lstrip("./!-").split()[0].lower() in KNOWN
