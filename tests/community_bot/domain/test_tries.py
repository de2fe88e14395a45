"""Wrong tries are counted for as long as it matters, and for so many as fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from community_bot.domain.tries import Tries

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_after_so_many_wrong_tries_it_is_enough_for_a_while() -> None:
    tries = Tries(3, 10 * MINUTE)
    for minute in range(3):
        assert tries.may("nok", NOON + minute * MINUTE)
        tries.wrong("nok", NOON + minute * MINUTE)
    assert not tries.may("nok", NOON + 3 * MINUTE)
    assert tries.may("nok", NOON + 10 * MINUTE)


def test_one_persons_tries_are_not_anothers() -> None:
    tries = Tries(1, 10 * MINUTE)
    tries.wrong("nok", NOON)
    assert not tries.may("nok", NOON)
    assert tries.may("toño", NOON)


def test_asking_whether_one_may_is_no_try() -> None:
    tries = Tries(1, 10 * MINUTE)
    assert all(tries.may("nok", NOON) for _ in range(100))


def test_no_more_are_remembered_than_fit_and_the_oldest_go_first() -> None:
    tries = Tries(1, 10 * MINUTE, size=2)
    for name in ("first", "second", "first", "third"):
        tries.wrong(name, NOON)
    assert tries.may("second", NOON)
    assert not tries.may("first", NOON)
    assert not tries.may("third", NOON)
