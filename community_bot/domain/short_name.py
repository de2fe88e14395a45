"""What a short name may consist of, whoever or whatever bears it: letters of every script and little else.

Letters with their marks and digits, joined by single signs: so a name is never markup, a link, an address, a
picture, or a trick with the direction of writing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from community_bot.domain.refusal import Refusal

JOINERS = frozenset(" -'’.·")
MOST_MARKS = 5
"""Marks on one letter; Thai needs two, Burmese four (``ကြိုး``) and at times one more."""
MOST_SIGNS = 2
"""Further signs beside each other, as in ``(Oaxaca),``; joiners stand alone."""
MOST_DIGITS = 5
"""A longer number, also in groups, is a telephone, a birth date or an identity number."""
BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks that show nothing (Unicode's default ignorables): a name of them looks like no name."""

_ADDRESS = re.compile(r"\w\.\w{2}")
"""What apps turn into a link by themselves: ``river.example``, but neither ``J.R`` nor a last full stop."""


def read_short_name(
    text: str, *, family: str, field: str, shortest: int, longest: int, also: frozenset[str] = frozenset()
) -> str:
    """Return the name in its one spelling. Raises :class:`Refusal` ``<family>.*`` for ``field``.

    ``also`` are further signs that may stand in it. Lengths are in code points, as Discord counts. The reasons:
    ``too_long``, ``empty``, ``invisible``, ``no_letters``, ``characters``, ``too_short``, ``number``, ``marks``,
    ``joiners``, ``address``.
    """

    def refusal(reason: str, **values: object) -> Refusal:
        return Refusal(f"{family}.{reason}", field=field, **values)

    if len(text) > 4 * longest:
        # said before anything is computed over it: ten thousand characters are refused at once
        raise refusal("too_long", longest=longest)
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise refusal("empty")
    if any(_is_invisible(character) for character in name):
        raise refusal("invisible")
    if not any(unicodedata.category(character).startswith("L") for character in name):
        raise refusal("no_letters")
    strange = {character for character in name if not _may_stand(character, also)}
    if strange:
        raise refusal("characters", strange=" ".join(sorted(strange)[:5]))
    if len(name) > longest:
        raise refusal("too_long", longest=longest)
    if len(name) < shortest:
        raise refusal("too_short", shortest=shortest)
    digits = "".join(character for character in name if character not in JOINERS)
    if _has_run(digits, lambda character: unicodedata.category(character) == "Nd", MOST_DIGITS + 1):
        raise refusal("number")
    if _has_run(name, lambda character: unicodedata.category(character).startswith("M"), MOST_MARKS + 1):
        raise refusal("marks")
    joined = _has_run(name, JOINERS.__contains__, 2) or _has_run(name, also.__contains__, MOST_SIGNS + 1)
    if joined or not unicodedata.category(name[0]).startswith(("L", "N")):
        raise refusal("joiners")
    if _ADDRESS.search(unicodedata.normalize("NFKC", name)):
        raise refusal("address")
    return name


def _is_invisible(character: str) -> bool:
    if unicodedata.category(character) in ("Cf", "Cc", "Co", "Cn", "Cs") or character in BLANKS:
        return True
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _may_stand(character: str, also: frozenset[str]) -> bool:
    category = unicodedata.category(character)
    return character in JOINERS or character in also or category[0] in "LM" or category == "Nd"


def _has_run(text: str, belongs: Callable[[str], bool], length: int) -> bool:
    run = 0
    for character in text:
        run = run + 1 if belongs(character) else 0
        if run >= length:
            return True
    return False
