"""A line hands out what waits in the database and what it is offered: each once, in order, nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from bridges.line import Line, Pending
from bridges.metrics import BridgeMetrics
from bridges.patience import Patience
from db.bridge_rows import Intent
from db.ids import EndId, IntentId, SourceId


class Waiting:
    """What waits in the database; ``during`` is called while it is being read, after it was looked at."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.during: Callable[[], None] = lambda: None

    async def load(self, after: IntentId, limit: int) -> list[Intent]:
        found = [intent(number) for number in self.numbers if number > after][:limit]
        during, self.during = self.during, lambda: None
        during()
        await asyncio.sleep(0)
        return found


def intent(number: int) -> Intent:
    return Intent(
        IntentId(number), EndId("here"), SourceId(number), EndId("there"), f"said-{number}", datetime.now(UTC)
    )


def line_of(waiting: Waiting, window: int) -> tuple[Line, list[int]]:
    done: list[int] = []

    async def do(pending: Pending) -> None:
        waiting.numbers.remove(pending.intent.id)
        done.append(pending.intent.id)

    patience = Patience("test", metrics=BridgeMetrics(CollectorRegistry()))
    return Line(waiting.load, do, patience, window=window), done


async def test_what_is_said_while_a_long_queue_is_read_leaves_nothing_behind() -> None:
    waiting = Waiting(1, 2, 3, 4, 5)
    line, done = line_of(waiting, window=3)

    def hear_another() -> None:
        waiting.numbers.append(6)
        line.offer(intent(6), None)

    waiting.during = hear_another
    await line.begin()
    await line.run(until_idle=True)
    assert done == [1, 2, 3, 4, 5, 6]


async def test_what_the_database_showed_before_its_news_came_is_done_once() -> None:
    waiting = Waiting(1, 2)
    line, done = line_of(waiting, window=3)
    await line.begin()
    # it was committed, and read, before whoever wrote it came to say so
    line.offer(intent(2), None)
    await line.run(until_idle=True)
    assert done == [1, 2]
