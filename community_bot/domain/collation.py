"""Putting texts in the order in which people of a language look for them.

Code points would put เก่ง and ไก่ after ขา, because a Thai leading vowel is written before the consonant under which
a dictionary has the word (DOMAIN 6.2), and Ñandú after Zapata.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from community_bot.domain.languages import Language

_LEADING_VOWEL: Final = re.compile("([เ-ไ])([ก-ฮ])")
_THAI_MARKS: Final = frozenset("็่้๊๋์ํ๎ฺ")
"""Marks that decide only between words that are otherwise the same."""

_Key = tuple[tuple[tuple[int, str], ...], tuple[str, ...], str]


def in_order(texts: Iterable[str], language: Language) -> list[str]:
    """Sort ``texts`` for a reader of ``language``: digits, then the language's own script, then the others.

    Upper and lower case, accents and Thai tone marks decide only where nothing else does; ñ is a letter of its own
    in Spanish.
    """
    return sorted(texts, key=lambda text: _key(text, language))


def _key(text: str, language: Language) -> _Key:
    folded = unicodedata.normalize("NFC", text.casefold())
    letters: list[str] = []
    marks: list[str] = []
    for character in _LEADING_VOWEL.sub(r"\2\1", folded):
        base, mark = _without_mark(character, language)
        if base or not letters:
            letters.append(base)
            marks.append(mark)
        else:
            marks[-1] += mark
    return tuple(_weight(letter, language) for letter in letters), tuple(marks), text


def _without_mark(character: str, language: Language) -> tuple[str, str]:
    """Split one character into the letter that is sorted first and what is added to it."""
    if character in _THAI_MARKS or (unicodedata.category(character) == "Mn" and not _is_thai(character)):
        return "", character
    if character == "ñ" and language == "es":
        return character, ""
    decomposed = unicodedata.normalize("NFD", character)
    return (decomposed[0], decomposed[1:]) if len(decomposed) > 1 else (character, "")


def _weight(letter: str, language: Language) -> tuple[int, str]:
    if letter == "ñ":
        return _script("n", language), "n\U0010ffff"
    digit = unicodedata.digit(letter, None) if letter else None
    if digit is not None:
        return 1, str(digit)
    return _script(letter, language), letter


def _script(letter: str, language: Language) -> int:
    if not letter[:1].isalpha() and not _is_thai(letter):
        return 0
    return 2 if _is_thai(letter) is (language == "th") else 3


def _is_thai(letter: str) -> bool:
    return "\u0e00" < letter < "\u0e80"
