"""The schema: migrations make what the tables say, on both engines, and forbidden columns cannot slip in."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, text

from db.columns import NaiveDatetimeError, UtcDateTime
from db.engine import Database
from db.errors import DatabaseLockedError, DatabaseNewerError, DatabaseOutdatedError, DatabaseUnreachableError
from db.schema import head, require_current, schema_version, upgrade
from db.tables import metadata

NOT_PERSON_LINKED = {"conversation", "bridge_end", "bridge_webhook", "read_position"}
"""Tables about places and accounts of the bot itself; every other one needs an expiry."""
FORBIDDEN = re.compile(
    r"name|mail|phone|address|birth|photo|avatar|body|content|text|token|password|presence|ip$|^ip|opinion",
    re.IGNORECASE,
)
"""What may never be kept (SAF-1): a column whose name says so would be found here before a reviewer does."""


async def test_migrations_make_exactly_what_the_tables_say(database: Database) -> None:
    async with database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    assert differences == []


async def test_an_empty_database_is_recognised_and_a_migrated_one_passes(database_url: str) -> None:
    database = Database(database_url)
    assert (await schema_version(database)).is_empty
    with pytest.raises(DatabaseOutdatedError, match="version none") as caught:
        await require_current(database)
    assert "community-bot migrate" in caught.value.cure
    await upgrade(database)
    await require_current(database)
    assert (await schema_version(database)).current == head()
    await database.close()


async def test_a_database_of_a_newer_version_is_refused_in_words(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewerError, match="a newer one wrote it"):
        await require_current(database)


async def test_a_migration_that_fails_leaves_the_database_as_it_was(database_url: str) -> None:
    database = Database(database_url)
    async with database.write() as connection:
        # stands in the way of the first migration's third table
        await connection.execute(text("CREATE TABLE bridge_webhook (other INTEGER)"))
    with pytest.raises(Exception, match="bridge_webhook"):
        await upgrade(database)
    assert (await schema_version(database)).is_empty
    async with database.read() as connection:
        tables = await connection.run_sync(lambda sync: set(sync.dialect.get_table_names(sync)))
    assert "conversation" not in tables
    await database.close()


async def test_a_locked_sqlite_file_is_named_as_locked(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/community.db"
    holder, other = Database(url), Database(url, busy_seconds=0.05)
    await upgrade(holder)
    async with holder.write():
        with pytest.raises(DatabaseLockedError, match="held by another process"):
            async with other.write():
                pass
    await holder.close()
    await other.close()


async def test_a_file_that_cannot_be_opened_is_named_as_unreachable(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/missing/community.db")
    with pytest.raises(DatabaseUnreachableError, match="cannot be opened"):
        await database.ping()
    await database.close()


@pytest.mark.postgres
async def test_a_refused_postgres_login_is_named_without_the_password(postgres_url: str) -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", password="hunter2")
    with pytest.raises(DatabaseUnreachableError) as caught:
        await database.ping()
    assert "hunter2" not in str(caught.value)
    await database.close()


def test_every_person_linked_table_has_an_expiry_that_cannot_be_left_out() -> None:
    for table in metadata.sorted_tables:
        if table.name not in NOT_PERSON_LINKED:
            assert not table.c.purge_after.nullable, table.name


def test_no_column_could_hold_what_must_never_be_stored() -> None:
    found = [str(column) for table in metadata.sorted_tables for column in table.c if FORBIDDEN.search(column.name)]
    assert found == []


async def test_a_time_without_a_zone_is_refused(sqlite_database: Database) -> None:
    table = Table("moment", MetaData(), Column("at", UtcDateTime()))
    async with sqlite_database.write() as connection:
        await connection.run_sync(table.create)
    with pytest.raises(Exception, match="must carry its zone") as caught:
        async with sqlite_database.write() as connection:
            await connection.execute(table.insert().values(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the point
    assert isinstance(caught.value.__cause__ or caught.value, NaiveDatetimeError | Exception)
