"""An id of somebody's row tells the day and not the hour."""

from __future__ import annotations

from ulid import ULID

from db.ids import DAY_SECONDS, DayIds

NOON = 20_000 * DAY_SECONDS + 43_200.0


def test_an_id_tells_the_day_and_not_the_hour() -> None:
    morning, evening = DayIds(lambda: NOON - 20_000), DayIds(lambda: NOON + 20_000)
    assert {ULID.from_str(ids()).timestamp for ids in (morning, evening)} == {NOON - 43_200}


def test_ids_of_one_day_rise_and_differ() -> None:
    ids = DayIds(lambda: NOON)
    made = [ids() for _ in range(1000)]
    assert made == sorted(set(made))
    assert all(len(each) == 26 for each in made)


def test_ids_of_a_later_day_come_after() -> None:
    now = NOON
    ids = DayIds(lambda: now)
    first = ids()
    now += DAY_SECONDS
    assert ids() > first


def test_two_processes_do_not_make_the_same() -> None:
    assert DayIds(lambda: NOON)() != DayIds(lambda: NOON)()
