"""Jobs that come and go, each with a name and an owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from community_bot.crew import Crew
from community_bot.errors import OperatorError
from tests.bridges.test_lanes import until

given_up: list[OperatorError] = []


@pytest.fixture
async def crew() -> AsyncIterator[Crew]:
    given_up.clear()
    crew = Crew(given_up.append)
    yield crew
    await crew.close()


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_released_job_ends_and_its_name_is_free(crew: Crew) -> None:
    for _ in range(2):
        crew.keep("lane:garden:discord1", forever)
        assert list(crew.names) == ["lane:garden:discord1"]
        await crew.release("lane:garden:discord1")
        assert list(crew.names) == []
        assert crew.report() == []


async def test_a_job_gets_the_time_to_end_by_itself(crew: Crew) -> None:
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        await may_end.wait()
        ended.set()

    crew.keep("lane:garden:discord1", slowly)
    released = asyncio.create_task(crew.release("lane:garden:discord1", seconds=60))
    await asyncio.sleep(0)
    may_end.set()
    await released
    assert ended.is_set()


async def test_a_job_that_does_not_end_in_time_is_ended(crew: Crew) -> None:
    crew.keep("lane:garden:discord1", forever)
    async with asyncio.timeout(5):
        await crew.release("lane:garden:discord1", seconds=0.01)
    assert list(crew.names) == []


async def test_releasing_what_is_not_there_is_fine(crew: Crew) -> None:
    await crew.release("lane:garden:discord1", seconds=60)


async def test_what_only_the_operator_can_mend_is_told_and_not_tried_again(crew: Crew) -> None:
    async def refused() -> None:
        raise OperatorError("discord.token", "Discord refuses the bot's token.", "Reset it.")

    crew.keep("discord-connection", refused)
    await until(lambda: len(given_up) == 1)
    assert not any(report.troubled for report in crew.report())


async def test_one_that_fails_is_started_again(crew: Crew) -> None:
    starts = 0

    async def failing() -> None:
        nonlocal starts
        starts += 1
        raise RuntimeError

    crew.keep("journal", failing)
    await until(lambda: starts == 2)
