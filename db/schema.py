"""Which version a database is at, and bringing it to the one this code needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from db.engine import Database
from db.errors import DatabaseNewerError, DatabaseOutdatedError

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """``current`` is None for an empty database; ``head`` is what this code needs."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        return self.current == self.head

    @property
    def is_empty(self) -> bool:
        return self.current is None


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return configuration


def configuration_for(connection: Connection) -> Config:
    """Return Alembic's configuration for running its commands on ``connection``."""
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    return configuration


def head() -> str:
    """Return the newest revision this code knows."""
    found = ScriptDirectory.from_config(_configuration()).get_current_head()
    assert found is not None
    return found


async def schema_version(database: Database) -> SchemaVersion:
    """Read the database's revision.

    Raises :class:`DatabaseNewerError` when this code has never heard of it, and the errors of ``Database.read``.
    """
    async with database.read() as connection:
        current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    if current is not None:
        _refuse_unknown(database, current)
    return SchemaVersion(current, head())


def _refuse_unknown(database: Database, revision: str) -> None:
    try:
        ScriptDirectory.from_config(_configuration()).get_revision(revision)
    except CommandError as error:
        raise DatabaseNewerError(
            f"The database {database.describe()} is at version {revision}, which this version of the bot "
            "does not know: a newer one wrote it.",
            "Update the bot, or restore a backup made before that update.",
        ) from error


async def require_current(database: Database) -> None:
    """Pass only when the database is at this code's version.

    Raises :class:`DatabaseOutdatedError` or :class:`DatabaseNewerError`, and the errors of ``Database.read``.
    """
    version = await schema_version(database)
    if not version.is_current:
        raise DatabaseOutdatedError(
            f"The database {database.describe()} is at version {version.current or 'none'}, "
            f"this version of the bot needs {version.head}.",
            "Run: community-bot migrate",
        )


async def upgrade(database: Database, to: str = "head") -> None:
    """Bring the database to revision ``to``, all steps in one transaction."""

    def _upgrade(connection: Connection) -> None:
        command.upgrade(configuration_for(connection), to)

    async with database.write() as connection:
        await connection.run_sync(_upgrade)
