"""Cutting a long text where a reader would: between paragraphs, lines, sentences, words, then graphemes."""

from __future__ import annotations

import unicodedata

ZERO_WIDTH_JOINER = "\u200d"
SEPARATORS = ("\n\n", "\n", ". ", "! ", "? ", "… ", "。", " ")
"""Tried in this order. Thai ends a sentence with a space, so the last one is a sentence's end there."""
LEADING_VOWELS = "\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4"
"""Thai and Lao vowels that stand before the consonant they belong to."""
TRAILING_LETTERS = "\u0e33\u0eb3\uff9e\uff9f"
"""Letters that belong to what stands before them: Thai and Lao SARA AM, the halfwidth voicing marks of kana."""
VIRAMA = 9
"""The combining class of signs that bind the next consonant (Devanagari, Khmer, Myanmar …)."""


def split(text: str, limit: int) -> list[str]:
    """Cut ``text`` into parts of at most ``limit`` UTF-16 units (``limit`` of 64 or more).

    UTF-16 units are the strictest way in which a platform may count characters. Joined again the parts give the
    text, save the white space at the cuts. No cut falls inside a grapheme (UAX #29, for the scripts and marks that
    are met in chat): a Thai vowel or tone mark stays with its consonant, an emoji sequence stays whole, unless one
    grapheme alone is longer than the limit.
    """
    if limit < 64:
        raise ValueError("a limit under 64 leaves no room for a grapheme")
    rest = text.strip()
    parts: list[str] = []
    while (window := _prefix(rest, limit)) < len(rest):
        cut = best_cut(rest, window)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def first_grapheme(text: str) -> str:
    """Return what is read first, whole: a Thai leading vowel with its consonant; "" of an empty text."""
    return text[: next((index for index in range(1, len(text)) if _is_border(text, index)), len(text))]


def _prefix(text: str, limit: int) -> int:
    """Return how many characters from the start fit in ``limit`` units."""
    if 2 * len(text) <= limit:
        return len(text)
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return index
    return len(text)


def best_cut(text: str, window: int) -> int:
    """Return where a reader would cut ``text`` so that at most ``window`` characters stand before the cut.

    White space that is taken off at the cut may stand beyond the window. ``window`` is 1 or more, and less than the
    text's length.
    """
    # a separator in the first half would leave a stump of a part; then the next kind of separator is better
    for separator in SEPARATORS:
        # its white space is taken off the part, so that may already stand beyond the window
        beyond = len(separator) - len(separator.rstrip())
        found = text.rfind(separator, window // 2, window + beyond)
        if found != -1 and (cut := found + len(separator)) < len(text) and _is_border(text, cut):
            return cut
    for is_border in (_is_border, _is_grapheme_border):
        cut = window
        while cut > 0 and not is_border(text, cut):
            cut -= 1
        if cut:
            return cut
    return window


def _is_border(text: str, index: int) -> bool:
    """Say whether a cut before ``text[index]`` splits nothing that is read as one."""
    return text[index - 1] not in LEADING_VOWELS and _is_grapheme_border(text, index)


def _is_grapheme_border(text: str, index: int) -> bool:
    """Say whether a cut before ``text[index]`` keeps every grapheme whole."""
    before, after = text[index - 1], text[index]
    if unicodedata.category(after) in ("Mn", "Mc", "Me", "Sk", "Cf") or after in TRAILING_LETTERS:
        return False
    if before == ZERO_WIDTH_JOINER or unicodedata.combining(before) == VIRAMA:
        return False
    if _is_later_jamo(after):
        return False
    both_regional = all(0x1F1E6 <= ord(character) <= 0x1F1FF for character in (before, after))
    return not (both_regional and _regional_run(text, index) % 2)


def _is_later_jamo(character: str) -> bool:
    """Say whether it is a vowel or final of a Korean syllable that is written letter by letter (as macOS does)."""
    return "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"


def _regional_run(text: str, index: int) -> int:
    """Count the regional indicators that end before ``index``: a flag is a pair of them."""
    count = 0
    while index - count > 0 and 0x1F1E6 <= ord(text[index - count - 1]) <= 0x1F1FF:
        count += 1
    return count
