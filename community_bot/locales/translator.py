"""Who speaks one language: finds a text by its key, chooses the plural form, puts the values in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from babel.numbers import format_decimal

from community_bot.domain.calendar_years import CalendarPreference, show_date
from community_bot.domain.languages import Language
from community_bot.locales.markup import Markup
from community_bot.locales.plural_rules import LOCALES, form_of
from community_bot.locales.template import Template

USUAL_CALENDAR: Final[Mapping[Language, CalendarPreference]] = {
    "th": "buddhist",
    "en": "gregorian",
    "es": "gregorian",
}


class MissingTextError(KeyError):
    """The catalogue of this language has no such text, or one of the other kind (counted, not counted)."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language; each with as many templates as it has forms, one when it is not counted."""

    language: Language
    entries: Mapping[str, tuple[Template, ...]]
    counted: frozenset[str]


class Translator:
    """Speaks one language, with the years of one calendar. Costs nothing to make; texts are shared."""

    __slots__ = ("_texts", "calendar")

    def __init__(self, texts: Texts, calendar: CalendarPreference | None = None) -> None:
        """Begin with the calendar that is usual in the language, unless one is given."""
        self._texts = texts
        self.calendar: Final = calendar or USUAL_CALENDAR[texts.language]

    @property
    def language(self) -> Language:
        """The language spoken."""
        return self._texts.language

    def with_calendar(self, calendar: CalendarPreference) -> Translator:
        """Return one who speaks the same language and writes years of ``calendar``."""
        return Translator(self._texts, calendar)

    def __call__(self, key: str, /, **values: object) -> Markup:
        """Return the text with its values, as light markup.

        A ``Markup`` goes in as it is, a ``date`` as people write it, anything else as ``str`` and escaped. Values
        without a place are let be. Raises MissingTextError, MissingValueError, and TypeError for a ``datetime``,
        which means nothing without a time zone: see ``show_time``.
        """
        return self._single(key).fill(self._shown(values))

    def count(self, key: str, n: int, /, **values: object) -> Markup:
        """Return the form of a counted text that ``n`` wants; ``{n}`` is the number as the language writes it.

        Raises as calling does.
        """
        return self._form(key, n).fill(self._shown(values) | {"n": self._number(n)})

    def plain(self, key: str, /, **values: object) -> str:
        """Return the text where no markup is read: a label, a title, a command's name. Nothing is escaped.

        Raises as calling does.
        """
        return self._single(key).fill_plain(self._shown(values))

    def __contains__(self, key: object) -> bool:
        """Say whether there is such a text, for the few that may be left out."""
        return key in self._texts.entries

    def _single(self, key: str) -> Template:
        if key not in self._texts.entries or key in self._texts.counted:
            raise MissingTextError(f"{self.language}: {key}")
        return self._texts.entries[key][0]

    def _form(self, key: str, n: int) -> Template:
        if key not in self._texts.counted:
            raise MissingTextError(f"{self.language}: {key} (counted)")
        return self._texts.entries[key][form_of(n, self.language)]

    def _number(self, n: int) -> str:
        return str(format_decimal(n, locale=LOCALES[self.language]))

    def _shown(self, values: Mapping[str, object]) -> dict[str, str]:
        return {name: self._show(value) for name, value in values.items()}

    def _show(self, value: object) -> str:
        if isinstance(value, datetime):
            raise TypeError("a moment has no date without a time zone: give what show_time returns")
        if isinstance(value, date):
            return show_date(value, self.language, self.calendar)
        return value if isinstance(value, str) else str(value)
