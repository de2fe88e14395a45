"""Shortening and counting text as a reader sees it: by grapheme, never between a letter and its marks.

The platforms count code points (Discord) or bytes (Matrix); a reader counts what stands beside each other.
Thai needs both: ผู้จัดการคอมมิวนิตี้ is 20 code points and 13 graphemes (DOMAIN 6.2).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

ZERO_WIDTH_JOINER = "\u200d"
LEADING_VOWELS = "\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4"
"""Thai and Lao vowels written before the consonant they are read after: alone at an end they read as a mistake."""
TRAILING_LETTERS = "\u0e33\u0eb3\uff9e\uff9f"
"""Letters that belong to what stands before them: Thai and Lao SARA AM, the halfwidth voicing marks of kana."""
VIRAMA = 9
"""The combining class of signs that bind the next consonant (Devanagari, Khmer, Myanmar …)."""
MARKS = ("Mn", "Mc", "Me", "Cf")
"""The categories of what is written on, around or invisibly behind a letter."""
PREPENDED = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd"
)
"""Signs that belong to what stands after them: Arabic and Syriac number signs, the Malayalam dot reph …"""


def shorten(text: str, most_characters: int, *, ellipsis: str = "…") -> str:
    """Cut ``text`` to at most ``most_characters`` code points, the ellipsis included; leave a shorter text alone.

    No grapheme is cut, and neither white space nor a Thai leading vowel is left before the ellipsis. Where not
    even the first grapheme fits, the ellipsis is all that remains. Raises ValueError when the ellipsis itself does
    not fit.
    """
    if len(text) <= most_characters:
        return text
    room = most_characters - len(ellipsis)
    if room < 0:
        raise ValueError("the ellipsis alone is longer than the limit")
    cut = max((border for border in _borders(text[: room + 1]) if border <= room), default=0)
    kept = text[:cut]
    while kept and (kept[-1].isspace() or kept[-1] in LEADING_VOWELS):
        kept = kept[:-1]
    return kept + ellipsis


def count_graphemes(text: str) -> int:
    """Count what a reader sees as one (UAX #29, for the scripts and marks that are met in chat)."""
    return sum(1 for _ in _borders(text)) + 1 if text else 0


def clusters(text: str) -> list[str]:
    """Return the text cut at every place where a cut keeps what a reader sees as one whole."""
    borders = [0, *_borders(text), len(text)]
    return [text[start:end] for start, end in pairwise(borders)] if text else []


def graphemes(text: str) -> list[str]:
    """Cut ``text`` into what a reader sees as one, as :func:`count_graphemes` counts."""
    borders = [0, *_borders(text), len(text)]
    return [text[start:end] for start, end in pairwise(borders) if start < end]


def _borders(text: str) -> Iterator[int]:
    """Yield each index inside ``text`` before which a cut keeps every grapheme whole."""
    regional = 0
    for index in range(1, len(text)):
        before, after = text[index - 1], text[index]
        regional = regional + 1 if _is_regional(before) else 0
        if _belongs_together(before, after):
            continue
        if _is_regional(after) and regional % 2:  # a flag is a pair of them
            continue
        yield index


def _belongs_together(before: str, after: str) -> bool:
    if before in "\r\n" or after in "\r\n":
        return (before, after) == ("\r", "\n")
    if after in TRAILING_LETTERS or (after not in PREPENDED and unicodedata.category(after) in MARKS):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":  # skin tones
        return True
    if before == ZERO_WIDTH_JOINER or before in PREPENDED or unicodedata.combining(before) == VIRAMA:
        return True
    return _is_hangul_follower(before, after)


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_hangul_follower(before: str, after: str) -> bool:
    """Say whether both are of one Korean syllable that is written letter by letter (as macOS does)."""
    if "\u1160" <= after <= "\u11ff" or "\ud7b0" <= after <= "\ud7fb":
        return True
    leading = "\u1100" <= before <= "\u115f" or "\ua960" <= before <= "\ua97c"
    return leading and (
        "\u1100" <= after <= "\u115f" or "\ua960" <= after <= "\ua97c" or "\uac00" <= after <= "\ud7a3"
    )
