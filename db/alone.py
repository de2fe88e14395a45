"""One bot at a time on one database: two would greet, say and erase some things twice.

The kernel (SQLite) or the server (PostgreSQL) frees the place when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from db.engine import Database
from db.errors import DatabaseInUseError

PLACE = 7_301_953_362
"""The number of the advisory lock in PostgreSQL; any number that no other program of the same database uses."""


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Hold the one place on a database. Raises :class:`DatabaseInUseError` when somebody has it."""
    if database.is_sqlite:
        async with _file_lock(database):
            yield
        return
    # without a transaction: one that stays open for weeks would keep the server from cleaning up
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        held = await connection.scalar(text("SELECT pg_try_advisory_lock(:place)"), {"place": PLACE})
        if not held:
            raise _in_use(database)
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:place)"), {"place": PLACE})


@asynccontextmanager
async def _file_lock(database: Database) -> AsyncIterator[None]:
    if database.path is None:
        # in memory: nobody else can reach it
        yield
        return
    path = database.path.with_name(database.path.name + ".lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _in_use(database) from error
        yield
    finally:
        os.close(descriptor)


def _in_use(database: Database) -> DatabaseInUseError:
    return DatabaseInUseError(
        f"Another bot is at work on the database {database.describe()}.",
        "Stop the other one first; a bot that was killed frees the place by itself.",
    )
