"""Reading as the bot's reader does: which language a text is in, and what is shown of it."""

from __future__ import annotations

import pytest

from sandbox.cast import Language
from sandbox.chapters.reading import is_in, one_line
from sandbox.transcript import DidNotHappenError


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("th", "ยินดีต้อนรับสู่ **River and Hill** พื้นที่ที่เราเรียนรู้จากกันและกัน"),
        ("es", "¿En qué idioma hablamos?\n1️⃣ ไทย\n2️⃣ English\n3️⃣ Español"),
        ("en", "You are known as Paper Kite."),
    ],
)
def test_a_text_is_known_by_the_letters_only_its_language_has(language: Language, text: str) -> None:
    assert is_in(language, text) == text
    others: tuple[Language, ...] = ("th", "en", "es")
    for other in others:
        if other != language:
            with pytest.raises(DidNotHappenError):
                is_in(other, text)


def test_an_escaped_sign_is_read_without_its_backslash() -> None:
    assert is_in("en", r"Your account: \@mali\:river") == "Your account: @mali:river"


def test_a_long_text_becomes_one_line_with_its_end_cut() -> None:
    line = one_line("word\n" * 100)
    assert len(line) == 160
    assert line.endswith("…")
