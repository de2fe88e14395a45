"""Codes can be read aloud, copied by hand, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.codes import (
    ALPHABET,
    INVITE_CODE,
    LINK_CODE,
    OFFICE_CODE,
    RECOVERY_WORD,
    new_code,
    read_code,
)

LENGTHS = (LINK_CODE, INVITE_CODE, RECOVERY_WORD, OFFICE_CODE)


@pytest.mark.parametrize("length", LENGTHS)
def test_a_code_is_as_long_as_asked_in_groups_of_four(length: int) -> None:
    code = new_code(length)
    assert len(read_code(code)) == length
    assert all(1 <= len(group) <= 4 and set(group) <= set(ALPHABET) for group in code.split("-"))


def test_codes_do_not_come_twice() -> None:
    assert len({new_code(LINK_CODE) for _ in range(1000)}) == 1000


def test_no_sign_is_taken_for_another() -> None:
    assert not set("IOSZ0125") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 28


@given(st.sampled_from(LENGTHS))
def test_a_code_is_read_however_it_was_typed(length: int) -> None:
    code = new_code(length)
    plain = read_code(code)
    full_width = "".join(chr(ord(sign) + 0xFEE0) if sign != "-" else "－" for sign in code)
    for typed in (code.lower(), f"  {code}\n", " ".join(plain), code.replace("-", "–"), full_width, f"`{code}`"):
        assert read_code(typed) == plain


@given(st.text(max_size=200))
def test_nothing_typed_is_too_much(text: str) -> None:
    assert set(read_code(text)) <= set(ALPHABET)


def test_a_long_text_is_not_read_to_its_end() -> None:
    assert len(read_code("A" * 10_000)) == 80
