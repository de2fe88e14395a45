"""Lists are in the order in which people look for a word."""

from __future__ import annotations

import random

import pytest

from community_bot.domain.collation import in_order
from community_bot.domain.languages import Language

ORDERS: list[tuple[Language, str]] = [
    ("th", "กา กาง ก้าว เก่ง เกลือ แก ไก่ ขา"),
    ("th", "กา ก่า ก้า กาง"),
    ("th", "7 ๘ 9 กลุ่ม หมู abc Zoé"),
    ("es", "ábaco abeja nino Nube ñandú oro óscar zapata"),
    ("en", "ábaco Abena bela Zoé กา"),
    ("es", "Zoé กา ไก่ ขา"),
]


@pytest.mark.parametrize(("language", "words"), ORDERS)
def test_the_order_is_that_of_a_dictionary(language: Language, words: str) -> None:
    expected = words.split()
    for seed in range(5):
        shuffled = random.Random(seed).sample(expected, len(expected))
        assert in_order(shuffled, language) == expected


def test_code_points_alone_would_have_it_wrong() -> None:
    assert sorted(["ขา", "ไก่"]) == ["ขา", "ไก่"]
    assert in_order(["ขา", "ไก่"], "th") == ["ไก่", "ขา"]


def test_what_differs_only_in_case_has_one_order() -> None:
    assert in_order(["oro", "Oro"], "es") == in_order(["Oro", "oro"], "es")
