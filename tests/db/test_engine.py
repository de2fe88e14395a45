"""Where work is done on an SQLite file: on a thread, or at once when it is brief and nobody is in the way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from db.engine import QUICK_SECONDS, Database
from tests.databases import close

LOOP = "MainThread"
WRITER = "database-writer_0"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/engine.db")
    table = text("CREATE TABLE done (what TEXT, thread TEXT)")
    await database.transact(lambda connection: connection.execute(table))
    # a machine may be slow while the file is made: that is no part of what is asked here
    database._last_took = 0.0
    yield database
    await close(database)


def doing(what: str, *, also: Callable[[], object] = lambda: None) -> Callable[[Connection], str]:
    """Return a write that notes the thread it is done on, and returns its name."""

    def work(connection: Connection) -> str:
        name = threading.current_thread().name
        connection.execute(text("INSERT INTO done VALUES (:what, :name)"), {"what": what, "name": name})
        also()
        return name

    return work


async def done(database: Database) -> list[str]:
    return await database.look(lambda connection: list(connection.execute(text("SELECT what FROM done")).scalars()))


async def test_only_what_is_brief_is_done_at_once(database: Database) -> None:
    assert await database.transact(doing("brief"), brief=True) == LOOP
    assert await database.transact(doing("long")) == WRITER
    assert await done(database) == ["brief", "long"]


async def test_while_another_program_holds_the_file_a_thread_waits_and_not_the_loop(database: Database) -> None:
    assert database.path is not None
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(database.transact(doing("waited"), brief=True))
        await asyncio.sleep(0)
        assert database._in_hand == 1
        other.execute("ROLLBACK")
    assert await writing == WRITER
    assert await done(database) == ["waited"]


async def test_what_is_brief_stays_behind_what_is_on_the_thread(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait()

    first = asyncio.create_task(database.transact(doing("first", also=wait)))
    await asyncio.to_thread(begun.wait)
    second = asyncio.create_task(database.transact(doing("second"), brief=True))
    await asyncio.sleep(0)
    go_on.set()
    assert [await first, await second] == [WRITER, WRITER]
    assert await done(database) == ["first", "second"]


async def test_on_a_slow_disk_the_loop_waits_once_at_most(database: Database) -> None:
    slowly = doing("slow", also=lambda: time.sleep(2 * QUICK_SECONDS))
    assert await database.transact(slowly, brief=True) == LOOP
    assert await database.transact(slowly, brief=True) == WRITER
    assert await database.transact(slowly, brief=True) == WRITER
    names = [await database.transact(doing("quick"), brief=True) for _ in range(100)]
    assert names[0] == WRITER
    assert LOOP in names, "one that was quick lets the next be done at once"


async def test_what_fails_at_once_is_wholly_undone(database: Database) -> None:
    def fall_over() -> None:
        raise RuntimeError("it fell over")

    with pytest.raises(RuntimeError, match="it fell over"):
        await database.transact(doing("half", also=fall_over), brief=True)
    assert await done(database) == []
