"""What people wrote and how they call themselves, without what no reader is meant to see."""

from __future__ import annotations

import re
import unicodedata

from bridges.split import split

NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""Control characters but tab and line feed, and halves of characters: neither can be written as UTF-8 or read."""
JOINERS = "\u200c\u200d"
"""Persian letters and emoji sequences need them."""
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"
"""Hangul fillers and the empty Braille cell: letters and symbols to Unicode, nothing to the eye."""
NOBODY = "…"


def plain_text(text: str) -> str:
    """Take out what is no text: it would be refused, or grow sixfold when written as JSON."""
    return NO_TEXT.sub("", text)


def plain_name(name: str, limit: int) -> str:
    """Return ``name`` on one line of at most ``limit`` UTF-16 units, or ``…`` when there is nothing to see.

    People choose their names: with a line break somebody could write a line in another's name, with an override of
    direction (U+202E) turn around the line behind it, with a name of fillers seem to be nobody.
    """
    # no name of `limit` units has more characters; this bounds the work on a name as long as an event
    shown = "".join(_shown(character) for character in name[: 4 * limit])
    shown = " ".join(shown.split())
    if not any(unicodedata.category(c)[0] not in "CMZ" and c not in BLANK_LETTERS for c in shown):
        return NOBODY
    return split(shown, limit)[0]


def _shown(character: str) -> str:
    if character.isprintable() or character in JOINERS:
        return character
    return " " if character.isspace() else ""
