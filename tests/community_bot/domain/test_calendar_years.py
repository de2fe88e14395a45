"""Dates are written and read in the years people live in, and no year is ever counted twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args
from zoneinfo import ZoneInfoNotFoundError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from community_bot.domain.calendar_years import (
    AmbiguousYearError,
    CalendarPreference,
    NotADateError,
    read_date,
    show_date,
    show_time,
)
from community_bot.domain.languages import LANGUAGES, Language

TODAY = date(2026, 11, 22)
FRIDAY = date(2026, 11, 20)
DAYS = st.dates(date(1857, 1, 1), date(2399, 12, 31))
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


@pytest.mark.parametrize(
    ("language", "calendar", "written"),
    [
        ("th", "buddhist", "ศ. 20 พ.ย. 2569 (2026)"),
        ("th", "gregorian", "ศ. 20 พ.ย. ค.ศ. 2026"),
        ("en", "gregorian", "Friday 20 November 2026"),
        ("en", "buddhist", "Friday 20 November 2569 BE (2026)"),
        ("es", "gregorian", "viernes 20 de noviembre de 2026"),
        ("es", "buddhist", "viernes 20 de noviembre de 2569 BE (2026)"),
    ],
)
def test_a_day_is_written_as_people_write_it(
    language: Language, calendar: CalendarPreference, written: str
) -> None:
    assert show_date(FRIDAY, language, calendar) == written


def test_a_moment_is_that_of_the_clock_on_the_wall() -> None:
    moment = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
    assert show_time(moment, "Asia/Bangkok", "th", "buddhist") == "ศ. 20 พ.ย. 2569 (2026) 19:05 น."
    assert show_time(moment, "America/Mexico_City", "es", "gregorian") == "viernes 20 de noviembre de 2026, 06:05"
    late = datetime(2026, 12, 31, 18, 0, tzinfo=UTC)
    assert show_time(late, "Asia/Bangkok", "en", "gregorian") == "Friday 1 January 2027, 01:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        show_time(datetime(2026, 11, 20, 12, 5), "Asia/Bangkok", "th", "buddhist")  # noqa: DTZ001 - the point
    with pytest.raises(ZoneInfoNotFoundError):
        show_time(datetime(2026, 11, 20, tzinfo=UTC), "Asia/Atlantis", "th", "buddhist")


@pytest.mark.parametrize(
    "text",
    [
        *("20/11/2569", "20/11/2026", "2026-11-20", "2569-11-20", "20.11.2569", "20-11-2569", " 20/11/2569 "),
        *("20 พ.ย. 2569", "๒๐ พ.ย. ๒๕๖๙", "20พย2569", "20 พฤศจิกายน พ.ศ. 2569", "20 พ.ย. ค.ศ. 2026"),
        *("วันศุกร์ที่ 20 พฤศจิกายน 2569", "ศุกร์ 20 พ.ย. 2569", "20 Nov 2026", "Fri, 20 November 2026"),
    ],
)
def test_a_day_is_read_in_every_way_people_type_it(text: str) -> None:
    assert read_date(text, today=TODAY, language="th") == FRIDAY


def test_spanish_days_are_read_with_and_without_their_little_words() -> None:
    for text in ("20 de noviembre de 2026", "20 nov 2026", "viernes, 20 de noviembre del 2026"):
        assert read_date(text, today=TODAY, language="es") == FRIDAY


@given(DAYS, st.sampled_from(LANGUAGES), st.sampled_from(get_args(CalendarPreference)), st.booleans())
@example(date(2028, 2, 29), "th", "buddhist", True)
@example(date(1857, 1, 1), "th", "buddhist", False)
@example(date(2399, 12, 31), "es", "buddhist", False)
def test_what_is_written_is_read_as_the_same_day(
    day: date, language: Language, calendar: CalendarPreference, thai_digits: bool
) -> None:
    written = show_date(day, language, calendar)
    if thai_digits:
        written = written.translate(THAI_DIGITS)
    assert read_date(written, today=TODAY, language=language) == day


@given(DAYS)
@example(date(2028, 2, 29))
def test_both_eras_lead_to_the_same_day(day: date) -> None:
    for year in (day.year, day.year + 543):
        for text in (f"{day.day}/{day.month}/{year}", f"{year}-{day.month:02}-{day.day:02}"):
            assert read_date(text, today=TODAY, language="th") == day


@given(DAYS, st.sampled_from(LANGUAGES))
def test_saving_again_and_again_never_moves_the_year(day: date, language: Language) -> None:
    """An era that is added on every save compounds: 2563, 3106, 3649."""
    again = day
    for _ in range(3):
        again = read_date(show_date(again, language, "buddhist"), today=TODAY, language=language)
    assert again == day


def test_a_year_converted_twice_is_noticed() -> None:
    with pytest.raises(NotADateError):
        read_date("20/11/3106", today=TODAY, language="th")
    with pytest.raises(ValueError, match="another calendar"):
        show_date(date(2563, 11, 20), "th", "buddhist")


def test_a_year_converted_the_wrong_way_is_noticed() -> None:
    with pytest.raises(NotADateError):
        read_date("20/11/1483", today=TODAY, language="th")
    with pytest.raises(ValueError, match="another calendar"):
        show_date(date(1483, 11, 20), "th", "buddhist")


def test_a_list_and_a_single_date_never_disagree_about_the_calendar() -> None:
    """Whoever chose the Buddhist calendar sees both years in every language; nobody sees one for the other."""
    for language in LANGUAGES:
        assert {"2569", "2026"} <= set(show_date(FRIDAY, language, "buddhist").replace("(", "").rstrip(")").split())
        assert "2569" not in show_date(FRIDAY, language, "gregorian")


def test_the_29th_of_february_follows_the_gregorian_year() -> None:
    assert read_date("29/2/2571", today=TODAY, language="th") == date(2028, 2, 29)
    with pytest.raises(NotADateError):  # 2572 can be divided by four; 2029 cannot
        read_date("29/2/2572", today=TODAY, language="th")


def test_a_year_of_two_digits_is_asked_about_the_nearest_first() -> None:
    with pytest.raises(AmbiguousYearError) as asked:
        read_date("20/11/69", today=TODAY, language="th")
    assert asked.value.readings == (date(2026, 11, 20), date(2069, 11, 20))
    with pytest.raises(AmbiguousYearError) as asked:
        read_date("20 พ.ย. 26", today=TODAY, language="th")
    assert asked.value.readings == (date(2026, 11, 20), date(1983, 11, 20))
    with pytest.raises(AmbiguousYearError) as asked:
        read_date("20 พ.ย. พ.ศ. 69", today=TODAY, language="th")
    assert asked.value.readings == (date(2026, 11, 20),)


@pytest.mark.parametrize(
    "text",
    [
        *("", "tomorrow", "20/11", "20 พ.ย.", "31/2/2569", "29/2/69", "20/13/2569", "0/1/2569", "20/11/026"),
        *("20/11-2569", "20/11/2569/1", "20 xyz 2569", "20 พ.ย. 2569 (2027)", "20 พ.ย. 2569 xyz", "9" * 9000),
        *("จ. 20 พ.ย. 2569", "20 พ.ย. ค.ศ. 2569", "20 พ.ย. พ.ศ. 2026", "20/11/" + "9" * 9000),
    ],
)
def test_what_is_no_day_or_contradicts_itself_is_refused(text: str) -> None:
    with pytest.raises(NotADateError):
        read_date(text, today=TODAY, language="th")


@given(st.text(st.sampled_from("0123456789๒/-. ()พยศ.คnovde,"), max_size=30), st.sampled_from(LANGUAGES))
def test_no_text_makes_it_fail_otherwise(text: str, language: Language) -> None:
    try:
        day = read_date(text, today=TODAY, language=language)
    except (NotADateError, AmbiguousYearError):
        return
    assert 1857 <= day.year <= 2399
