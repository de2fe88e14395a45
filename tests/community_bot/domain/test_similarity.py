"""How alike needs are, measured; and what of Thai must not be folded away."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community_bot.domain.similarity import (
    CLOSE,
    SIMILAR,
    features,
    groups,
    most_similar,
    similar_pairs,
    similarity,
)
from tests.community_bot.domain.pairs_of_needs import DIFFERENT, SAME

THRESHOLDS = [(SIMILAR, 0.85, 0.8), (CLOSE, 0.75, 0.95)]
"""Threshold, and the recall and precision that it must have over all languages."""


def measured(threshold: float, languages: list[str], start: int) -> tuple[float, float]:
    """Return recall and precision over every other pair from ``start`` on."""
    same = [pair for language in languages for pair in SAME[language][start::2]]
    different = [pair for language in languages for pair in DIFFERENT[language][start::2]]
    found = sum(similarity(*pair) >= threshold for pair in same)
    wrong = sum(similarity(*pair) >= threshold for pair in different)
    return found / len(same), found / (found + wrong)


@pytest.mark.parametrize(("threshold", "recall", "precision"), THRESHOLDS)
@pytest.mark.parametrize("half", ["tuned", "unseen"])
def test_what_is_the_same_is_found_and_what_is_not_is_not(
    threshold: float, recall: float, precision: float, half: str
) -> None:
    found, right = measured(threshold, list(SAME), 0 if half == "tuned" else 1)
    assert found >= recall
    assert right >= precision


@pytest.mark.parametrize("language", SAME)
def test_no_language_is_left_behind(language: str) -> None:
    """Shown to a person, near words are found nearly always, in Thai as in the others."""
    pairs = [measured(SIMILAR, [language], start) for start in (0, 1)]
    assert min(recall for recall, _ in pairs) >= 0.75
    assert min(precision for _, precision in pairs) >= 0.7


def test_the_test_set_is_large_enough_to_say_something() -> None:
    assert sum(map(len, SAME.values())) + sum(map(len, DIFFERENT.values())) >= 60
    assert all(len(SAME[language]) == len(DIFFERENT[language]) >= 16 for language in SAME)


@pytest.mark.parametrize(
    ("one", "other"),
    [("มา", "หมา"), ("มา", "ม้า"), ("เสือ", "เสื้อ"), ("ใกล้บ้าน", "ไกลบ้าน"), ("ข่าว", "ข้าว")],
)
def test_a_tone_mark_makes_another_word(one: str, other: str) -> None:
    assert similarity(one, other) < SIMILAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("จัดทำบัญชี\u200bกลุ่ม", "จัดทำบัญชีกลุ่ม"),
        ("น้ําสะอาดในหมู่บ้าน", "น้ำสะอาดในหมู่บ้าน"),
        ("เเผนที่ชุมชน", "แผนที่ชุมชน"),
        ("Edición de vídeo", unicodedata.normalize("NFD", "edicion de VÍDEO")),
        ("ปี ๒๕๖๙ ทำงบประมาณ", "ปี 2569 ทำงบประมาณ"),
    ],
)
def test_the_same_written_in_another_way_is_the_same(one: str, other: str) -> None:
    assert similarity(one, other) == pytest.approx(1)


def test_words_that_only_ask_make_nothing_alike() -> None:
    assert similarity("I want to learn how to sew", "I want to learn how to weld") < SIMILAR
    assert similarity("อยากเรียนรู้วิธีเย็บผ้า", "อยากเรียนรู้วิธีเชื่อมเหล็ก") < SIMILAR
    assert similarity("Quiero aprender a coser", "Quiero aprender a soldar") < SIMILAR


def test_nothing_is_like_nothing() -> None:
    assert similarity("", "") == similarity("อยากรู้", "อยากรู้") == similarity("!!", "!!") == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_mutual_and_a_share(one: str, other: str) -> None:
    score = similarity(one, other)
    assert -1e-9 <= score <= 1 + 1e-9
    assert score == pytest.approx(similarity(other, one))
    if features(one):
        assert similarity(one, one) == pytest.approx(1)


def test_the_most_alike_comes_first_and_the_rest_is_left_out() -> None:
    others = {"a": "เขียนข่าวประชาสัมพันธ์ให้สื่อสนใจ", "b": "สวนผักหลังบ้าน", "c": "เขียนข่าวลงเว็บ"}
    assert most_similar("อยากเขียนข่าวประชาสัมพันธ์", others, limit=1) == ["a"]
    assert "b" not in most_similar("อยากเขียนข่าวประชาสัมพันธ์", others, limit=3)


def test_texts_are_gathered_around_those_that_come_first() -> None:
    texts = {
        "1": "Writing grant proposals",
        "2": "Mediating conflicts in a team",
        "3": "I need help to write a grant proposal",
        "4": "Conflict mediation for our team",
        "5": "A seed bank",
    }
    assert groups(texts) == [("1", "3"), ("2", "4"), ("5",)]
    assert set(map(frozenset, similar_pairs(texts))) == {frozenset("13"), frozenset("24")}
