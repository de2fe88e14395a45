"""How long is waited before something is done again, and how much is done at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridges.ends.matrix_events import echoes_in
from bridges.pace import ECHO_SECONDS, LONGEST_ECHO_SECONDS, Echoes, Turns

BOT = "@bot:river.example"


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 100.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def test_turns_begin_no_faster_than_they_may() -> None:
    time = Time()
    turns = Turns(5, a_second=10, sleep=time.sleep, clock=lambda: time.now)
    began: list[float] = []
    for _ in range(6):
        async with turns:
            began.append(round(time.now - 100, 3))
    assert began == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


async def test_no_more_have_their_turn_at_a_time_than_may() -> None:
    time = Time()
    turns = Turns(2, a_second=1000, sleep=time.sleep, clock=lambda: time.now)
    inside, most, go = 0, 0, asyncio.Event()

    async def one() -> None:
        nonlocal inside, most
        async with turns:
            inside += 1
            most = max(most, inside)
            await go.wait()
            inside -= 1

    tasks = [asyncio.create_task(one()) for _ in range(5)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert most == 2
    go.set()
    await asyncio.gather(*tasks)
    assert most == 2


async def test_a_turn_that_is_given_up_while_it_waits_is_free_for_others() -> None:
    forever = asyncio.Event()
    turns = Turns(1, a_second=1, sleep=lambda _: forever.wait(), clock=lambda: 0.0)  # type: ignore[arg-type,return-value]
    async with turns:
        pass
    given_up = asyncio.create_task(turns.__aenter__())
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert not turns._places.locked()


def test_one_echo_is_waited_for_by_nobody_and_a_flood_by_a_little_more_each() -> None:
    echoes = Echoes()
    assert echoes.wait(1) == 0
    waits = [echoes.wait(1), *(echoes.wait(9) for _ in range(8))]
    assert waits[0] == ECHO_SECONDS
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_ECHO_SECONDS
    assert echoes.wait(0) == 0
    assert echoes.wait(9) == 0


def test_where_we_speak_now_and_then_others_are_kept_waiting_no_longer_than_once() -> None:
    echoes = Echoes()
    assert {echoes.wait(1) for _ in range(100)} == {0, ECHO_SECONDS}
    for _ in range(8):
        echoes.wait(9)
    assert [echoes.wait(1) for _ in range(2)] == [LONGEST_ECHO_SECONDS / 2, LONGEST_ECHO_SECONDS / 4]


def said(*senders: object, **rooms: Any) -> dict[str, Any]:
    events = [{"type": "m.room.message", "sender": sender} for sender in senders]
    return {"rooms": {"join": {"!garden:river.example": {"timeline": {"events": events}}}, **rooms}}


@pytest.mark.parametrize(
    ("batch", "echoes"),
    [
        (said(BOT), 1),
        (said(BOT, BOT), 2),
        (said(BOT, "@tono:river.example"), 0),
        (said("@tono:river.example"), 0),
        (said(), 0),
        (said(BOT, invite={"!new:river.example": {}}), 0),
        (said(BOT, leave={"!old:river.example": {}}), 0),
        (said(None), 0),
        ({}, 0),
        ({"rooms": {"join": {"!a:b": None, "!c:d": {"timeline": {"events": "none"}}}}}, 0),
    ],
)
def test_an_echo_is_what_tells_of_us_and_of_nobody_else(batch: dict[str, Any], echoes: int) -> None:
    assert echoes_in(batch, lambda sender: sender == BOT) == echoes
