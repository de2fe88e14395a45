"""Cutting a long text where a reader would: between paragraphs, lines, sentences, words, then graphemes."""

from __future__ import annotations

import unicodedata

ZERO_WIDTH_JOINER = "\u200d"
SEPARATORS = ("\n\n", "\n", ". ", "! ", "? ", "… ", "。", " ")
"""Tried in this order. Thai ends a sentence with a space, so the last one is a sentence's end there."""


def length(text: str) -> int:
    """Return the length in UTF-16 units, the strictest way a platform may count characters."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def split(text: str, limit: int) -> list[str]:
    """Cut ``text`` into parts of at most ``limit`` UTF-16 units (``limit`` of 64 or more).

    Joined again the parts give the text, save the white space at the cuts. No cut falls inside a grapheme: a
    Thai vowel or tone mark stays with its consonant, an emoji sequence stays whole, unless one grapheme alone
    is longer than the limit.
    """
    if limit < 64:
        raise ValueError("a limit under 64 leaves no room for a grapheme")
    rest = text.strip()
    parts: list[str] = []
    while length(rest) > limit:
        window = _prefix(rest, limit)
        cut = _cut(rest, window)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        parts.append(rest)
    return [part for part in parts if part]


def _prefix(text: str, limit: int) -> int:
    """Return how many characters from the start fit in ``limit`` units."""
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return index
    return len(text)


def _cut(text: str, window: int) -> int:
    # a separator in the first half would leave a stump of a part; then the next kind of separator is better
    for separator in SEPARATORS:
        found = text.rfind(separator, window // 2, window)
        if found != -1:
            return found + len(separator)
    cut = window
    while cut > 0 and not _is_border(text, cut):
        cut -= 1
    return cut or window


def _is_border(text: str, index: int) -> bool:
    """Say whether a cut before ``text[index]`` keeps every grapheme whole (the marks that matter in chat)."""
    before, after = text[index - 1], text[index]
    if unicodedata.category(after) in ("Mn", "Mc", "Me", "Sk", "Cf"):
        return False
    if ZERO_WIDTH_JOINER in (before, after):
        return False
    # Thai and Lao SARA AM stand after their consonant but belong to it; leading vowels belong to the next one
    if after in "\u0e33\u0eb3" or before in "\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4":
        return False
    both_regional = all(0x1F1E6 <= ord(character) <= 0x1F1FF for character in (before, after))
    return not (both_regional and _regional_run(text, index) % 2)


def _regional_run(text: str, index: int) -> int:
    """Count the regional indicators that end before ``index``: a flag is a pair of them."""
    count = 0
    while index - count > 0 and 0x1F1E6 <= ord(text[index - count - 1]) <= 0x1F1FF:
        count += 1
    return count
