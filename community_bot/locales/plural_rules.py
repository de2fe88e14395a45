"""Whose numbers and plural rules we follow: CLDR's, through Babel, and never ``if n == 1``."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import c2py
from typing import Final

from babel import Locale

from community_bot.domain.languages import Language

LOCALES: Final[Mapping[Language, Locale]] = {
    "th": Locale.parse("th"),
    "en": Locale.parse("en"),
    "es": Locale.parse("es_419"),
}
"""Spanish is Latin America's (DOMAIN 6.5)."""

PLURAL_FORMS: Final[Mapping[Language, tuple[str, ...]]] = {
    "th": ("other",),
    "en": ("one", "other"),
    "es": ("one", "many", "other"),
}
"""The forms of each language, in the order in which a catalogue gives them."""

_SAMPLES: Final = (*range(1002), 10**6, 10**6 + 1, 15 * 10**5, 2 * 10**6, 10**9)


def form_of(n: int, language: Language) -> int:
    """Return which form of a counted text ``n`` wants, from 0."""
    return PLURAL_FORMS[language].index(LOCALES[language].plural_form(n))


def follows_cldr(language: Language, forms: int, expression: str) -> bool:
    """Say whether the Plural-Forms of a catalogue give every number the form that CLDR gives it.

    Other gettext tools go by that line; it must not say anything else than we do. Raises ValueError for an
    expression gettext cannot read.
    """
    if forms != len(PLURAL_FORMS[language]):
        return False
    chosen = c2py(expression)
    return all(chosen(n) == form_of(n, language) for n in _SAMPLES)
