"""Quiet hours: over midnight, over a change of clocks, and always ending in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from community_bot.domain.quiet import quiet_until

BANGKOK, BERLIN = ZoneInfo("Asia/Bangkok"), ZoneInfo("Europe/Berlin")
TIMES = st.times().map(lambda time: f"{time:%H:%M}")
ZONES = st.sampled_from(["Asia/Bangkok", "America/Mexico_City", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def at(hour: int, minute: int = 0, *, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BANGKOK)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (at(21, 59), None),
        (at(22), at(7, day=23)),
        (at(23, 59), at(7, day=23)),
        (at(0), at(7)),
        (at(6, 59), at(7)),
        (at(7), None),
        (at(12), None),
    ],
)
def test_a_quiet_time_over_midnight(now: datetime, ends: datetime | None) -> None:
    assert quiet_until("22:00", "07:00", now) == ends


@pytest.mark.parametrize(
    ("now", "ends"), [(at(12, 59), None), (at(13), at(14, 30)), (at(14, 29), at(14, 30)), (at(14, 30), None)]
)
def test_a_quiet_time_within_one_day(now: datetime, ends: datetime | None) -> None:
    assert quiet_until("13:00", "14:30", now) == ends


@pytest.mark.parametrize(("since", "until"), [(None, None), ("22:00", None), (None, "07:00"), ("07:00", "07:00")])
def test_without_two_different_times_it_is_never_quiet(since: str | None, until: str | None) -> None:
    assert quiet_until(since, until, at(23)) is None


def test_the_end_is_told_in_utc() -> None:
    assert quiet_until("22:00", "07:00", at(22)) == datetime(2026, 11, 23, 0, tzinfo=UTC)
    ends = quiet_until("22:00", "07:00", at(22))
    assert ends is not None
    assert ends.tzinfo is UTC


def test_an_hour_that_comes_twice_is_waited_for_to_its_end() -> None:
    second_time = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert quiet_until("22:00", "02:30", second_time) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(TIMES, TIMES, MOMENTS, ZONES)
@example("22:00", "02:30", datetime(2026, 10, 25, 1, 10, tzinfo=UTC), "Europe/Berlin")
@example("22:00", "02:30", datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Europe/Berlin")
def test_a_quiet_time_always_ends_and_within_a_day_or_so(
    since: str, until: str, moment: datetime, zone: str
) -> None:
    ends = quiet_until(since, until, moment.astimezone(ZoneInfo(zone)))
    if ends is not None:
        assert moment < ends <= moment + timedelta(hours=25)
