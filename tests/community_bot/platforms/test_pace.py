"""A pace is kept whoever asks: a few at once, then one after the other, and never more than a second's share."""

from __future__ import annotations

import asyncio

from community_bot.platforms.pace import Pace


class Time:
    """Stands still but for who sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))


async def _taken(pace: Pace, times: int, acts: int = 1) -> None:
    for _ in range(times):
        await pace.take(acts)


async def test_after_a_pause_some_go_at_once_and_then_each_waits_its_turn() -> None:
    time = Time()
    pace = Pace(10, 5, clock=time, sleep=time.sleep)
    await _taken(pace, 8)
    assert time.slept == [0.1, 0.2, 0.3]


async def test_what_is_many_acts_waits_for_all_of_them() -> None:
    time = Time()
    pace = Pace(10, 5, clock=time, sleep=time.sleep)
    await _taken(pace, 2, acts=5)
    assert time.slept == [0.5]


async def test_time_that_was_not_used_is_not_saved_up_beyond_a_few() -> None:
    time = Time()
    pace = Pace(10, 5, clock=time, sleep=time.sleep)
    await _taken(pace, 6)
    time.now += 3600
    await _taken(pace, 6)
    assert time.slept == [0.1, 0.1]


async def test_all_who_wait_together_keep_the_pace() -> None:
    time = Time()
    pace = Pace(10, 1, clock=time, sleep=time.sleep)
    await asyncio.gather(*(pace.take() for _ in range(4)))
    assert time.slept == [0.1, 0.2, 0.3]
