"""Only one bot works on a database, and a dead one is in nobody's way."""

from __future__ import annotations

import pytest

from db.alone import alone
from db.engine import Database
from db.errors import DatabaseInUseError
from tests.databases import close


async def test_a_second_bot_is_told_that_there_is_one(database: Database) -> None:
    other = Database(database.url.render_as_string(hide_password=False))
    async with alone(database):
        with pytest.raises(DatabaseInUseError, match="Another bot is at work") as caught:
            async with alone(other):
                raise AssertionError("two at once")
    assert caught.value.code == "database.in_use"
    async with alone(other):
        await other.ping()
    await close(other)


async def test_the_place_is_free_again_after_a_failure(database: Database) -> None:
    with pytest.raises(RuntimeError, match="fell over"):
        async with alone(database):
            raise RuntimeError("it fell over")
    async with alone(database):
        await database.ping()


async def test_a_database_in_memory_is_nobody_elses() -> None:
    first, second = Database("sqlite+aiosqlite://"), Database("sqlite+aiosqlite://")
    async with alone(first), alone(second):
        await first.ping()
    await close(first)
    await close(second)
