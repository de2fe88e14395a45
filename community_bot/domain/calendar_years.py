"""Writing dates as people write them: years of the Buddhist era in Thailand, and never one calendar silently.

2569 BE is 2026 CE. Data and exports always keep the Gregorian date; an era exists only while a date is shown or
read. No year is both: what we write and accept lies from 1857 to 2399, or 2400 to 2942 in the Buddhist era
(DOMAIN 6.3).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale

from community_bot.domain.languages import Language

CalendarPreference = Literal["buddhist", "gregorian"]

YEARS_BETWEEN: Final = 543
FIRST_BUDDHIST_YEAR: Final = 2400
"""A year from here on is taken for one of the Buddhist era."""
FIRST_YEAR: Final = FIRST_BUDDHIST_YEAR - YEARS_BETWEEN
LAST_YEAR: Final = FIRST_BUDDHIST_YEAR - 1

_ERAS: Final[dict[str, CalendarPreference]] = {
    **dict.fromkeys(("พศ", "be", "eb"), "buddhist"),
    **dict.fromkeys(("คศ", "ce", "ad", "dc", "ec"), "gregorian"),
}
_FILLERS: Final = frozenset({"de", "del", "of"})
_ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_NUMBERS: Final = re.compile(r"(?P<day>\d{1,2})(?P<sign>[/.-])(?P<month>\d{1,2})(?P=sign)(?P<year>\d{1,6})")
_NAMED: Final = re.compile(
    r"(?P<weekday>[^\d()]*)(?P<day>\d{1,2})(?P<month>[^\d()]+)(?P<year>\d{1,6})(?P<era>[^\d()]*)"
    r"(?:\((?P<again>\d{4})(?P<again_era>[^\d()]*)\))?"
)
_LOCALES: Final = {"th": "th", "en": "en", "es": "es_419"}


class NotADateError(ValueError):
    """Nothing we can read as a day, or a text that contradicts itself (a weekday, two years)."""


class AmbiguousYearError(ValueError):
    """A year of two digits: 69 may be 2569 or 2069. ``readings`` are the days it may be, the nearest first."""

    def __init__(self, readings: tuple[date, ...]) -> None:
        super().__init__("a year of two digits")
        self.readings = readings


@cache
def locale_of(language: Language) -> Locale:
    """Return whose names of days and months we use."""
    return Locale.parse(_LOCALES[language])


def show_date(day: date, language: Language, calendar: CalendarPreference) -> str:
    """Write a day with its weekday: ``ศ. 20 พ.ย. 2569 (2026)``, ``Friday 20 November 2026``.

    Whoever chose the Buddhist calendar sees both years in every language. Raises ValueError for a Gregorian year
    outside 1857–2399: such a day was converted twice, and showing it would hide that.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("the year is that of another calendar")
    days, months = locale_of(language).days["format"], locale_of(language).months["format"]
    if language == "th":
        written = f"{days['abbreviated'][day.weekday()]} {day.day} {months['abbreviated'][day.month]}"
    elif language == "en":
        written = f"{days['wide'][day.weekday()]} {day.day} {months['wide'][day.month]}"
    else:
        written = f"{days['wide'][day.weekday()]} {day.day} de {months['wide'][day.month]} de"
    return f"{written} {_years(day.year, language, calendar)}"


def show_time(moment: datetime, zone: str, language: Language, calendar: CalendarPreference) -> str:
    """Write a moment as the clock in ``zone`` (IANA) shows it: ``ศ. 20 พ.ย. 2569 (2026) 19:05 น.``

    Raises ValueError for a moment without a zone of its own, ZoneInfoNotFoundError for a zone nobody knows.
    """
    if moment.tzinfo is None:
        raise ValueError("a naive moment")
    local = moment.astimezone(ZoneInfo(zone))
    day, clock = show_date(local.date(), language, calendar), f"{local:%H:%M}"
    return f"{day} {clock} น." if language == "th" else f"{day}, {clock}"


def _years(year: int, language: Language, calendar: CalendarPreference) -> str:
    if calendar == "gregorian":
        return f"ค.ศ. {year}" if language == "th" else str(year)
    buddhist = year + YEARS_BETWEEN
    # the year that was chosen stands first
    return f"{buddhist} ({year})" if language == "th" else f"{buddhist} BE ({year})"


def read_date(text: str, *, today: date, language: Language) -> date:
    """Read a day as people type it: ``20/11/2569``, ``2026-11-20``, ``20 พ.ย. ๒๕๖๙``, and all that we write.

    The day comes before the month; names of months may be the language's or English. A year from 2400 on is of the
    Buddhist era. Raises AmbiguousYearError for a year of two digits, its readings ordered by how near ``today``
    they are, and NotADateError for anything else. Show the answer with its weekday before acting on it.
    """
    folded = " ".join(unicodedata.normalize("NFC", text).lower().split())
    match = _ISO.fullmatch(folded) or _NUMBERS.fullmatch(folded)
    if match is not None:
        return _day(match["year"], None, int(match["month"]), int(match["day"]), today)
    match = _NAMED.fullmatch(folded)
    if match is None:
        raise NotADateError("no date")
    month, era = _month_and_era(match["month"], match["era"], language)
    day = _day(match["year"], era, month, int(match["day"]), today)
    if match["again"] and _day(match["again"], _era(match["again_era"]), month, day.day, today) != day:
        raise NotADateError("two years that differ")
    if (weekday := _letters(match["weekday"])) and _weekdays(language).get(weekday) != day.weekday():
        raise NotADateError("another weekday")
    return day


def _day(year: str, era: CalendarPreference | None, month: int, day: int, today: date) -> date:
    number = int(year)
    if len(year) == 2:
        readings = {_date(of + number, era, month, day) for of in (2000, 2500)} - {None}
        nearest = sorted((reading for reading in readings if reading), key=lambda reading: abs(reading - today))
        if nearest:
            raise AmbiguousYearError(tuple(nearest))
    found = _date(number, era, month, day)
    if found is None:
        raise NotADateError("no such day")
    return found


def _date(year: int, era: CalendarPreference | None, month: int, day: int) -> date | None:
    """Return the Gregorian date, or None where there is no such day or the era is not the year's."""
    calendar: CalendarPreference = "buddhist" if year >= FIRST_BUDDHIST_YEAR else "gregorian"
    gregorian = year - YEARS_BETWEEN if calendar == "buddhist" else year
    if era not in (None, calendar) or not FIRST_YEAR <= gregorian <= LAST_YEAR:
        return None
    try:
        return date(gregorian, month, day)
    except ValueError:  # 29 February in a common year, a thirteenth month
        return None


def _month_and_era(between: str, behind: str, language: Language) -> tuple[int, CalendarPreference | None]:
    words = [_letters(word) for word in re.split(r"[\s,]+", between)]
    words = [word for word in words if word and word not in _FILLERS]
    before = _ERAS.get(words[-1]) if words else None
    if before is not None:
        words.pop()
    month = _months(language).get("".join(words))
    if month is None:
        raise NotADateError("no month of that name")
    return month, before or _era(behind)


def _era(text: str) -> CalendarPreference | None:
    word = _letters(text)
    if word and word not in _ERAS:
        raise NotADateError("no era of that name")
    return _ERAS.get(word)


def _letters(text: str) -> str:
    """Return the text without white space, dots and commas, which people leave out or add in abbreviations."""
    return re.sub(r"[\s.,]", "", text)


@cache
def _months(language: Language) -> dict[str, int]:
    return _names(language, "months")


@cache
def _weekdays(language: Language) -> dict[str, int]:
    names = _names(language, "days")
    thai = {name.removeprefix("วัน"): number for name, number in names.items()}
    return names | thai | {f"{name}ที่": number for name, number in (names | thai).items()}


def _names(language: Language, kind: Literal["days", "months"]) -> dict[str, int]:
    return {
        _letters(name.lower()): number
        for locale in (locale_of("en"), locale_of(language))
        for width in ("wide", "abbreviated")
        for number, name in getattr(locale, kind)["format"][width].items()
    }
