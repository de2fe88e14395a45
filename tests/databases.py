"""Beginning and ending a test's database."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from db.engine import Database
from db.schema import upgrade

MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 1 << 30
"""Bytes that are to be free in memory, of which PostgreSQL's files take a tenth."""


def folder_for_many_files(otherwise: Path) -> Path:
    """Return a new folder in memory where the machine has one, else ``otherwise``.

    A PostgreSQL database is 300 files: on some disks it takes six times as long to make one as to use it.
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_IN_MEMORY:
        return otherwise
    return Path(tempfile.mkdtemp(prefix="community-bot-tests-", dir=MEMORY))


async def close(database: Database) -> None:
    """Close it, and wait for aiosqlite's threads: one that a killed task leaves still reports to this loop."""
    await database.close()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)


class Templates:
    """Databases at the current version, each made once and then copied: migrating takes longer than most tests.

    ``folder`` is where the SQLite one is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "current.db"
        self._name: str | None = None

    async def sqlite(self, path: Path) -> Database:
        """Return a new database in the file ``path``."""
        if not self._file.exists():
            first = Database(f"sqlite+aiosqlite:///{self._file}")
            await upgrade(first)
            await close(first)
        shutil.copyfile(self._file, path)
        return Database(f"sqlite+aiosqlite:///{path}")

    @asynccontextmanager
    async def postgres(self, server_url: str) -> AsyncIterator[Database]:
        """Open a new database on a server; it is closed and dropped at the end."""
        if self._name is None:
            self._name = await _create(server_url)
            first = Database(_address(server_url, self._name))
            await upgrade(first)
            await close(first)
        name = await _create(server_url, template=self._name)
        opened = Database(_address(server_url, name))
        try:
            yield opened
        finally:
            await close(opened)
            await _drop(server_url, name)


@contextmanager
def new_postgres_database(server_url: str) -> Iterator[str]:
    """Return the address of an empty database, which is dropped at the end."""
    name = asyncio.run(_create(server_url))
    try:
        yield _address(server_url, name)
    finally:
        asyncio.run(_drop(server_url, name))


def _address(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


async def _create(server_url: str, *, template: str = "template1") -> str:
    name = f"test_{secrets.token_hex(6)}"
    # copied file by file: through the log, as is usual, takes three times as long
    await _tell(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return name


async def _drop(server_url: str, name: str) -> None:
    # a few thousand of them would be a million files, and minutes to delete at the end
    await _tell(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _tell(server_url: str, statement: str) -> None:
    server = Database(server_url)
    autocommit = server.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        await connection.execute(text(statement))
    await server.close()
