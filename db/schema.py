"""Which version a database is at, and bringing it to the one this code needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from db.engine import Database
from db.errors import DatabaseNewerError, DatabaseOutdatedError
from db.revisions import MIGRATIONS, head, revisions

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["SchemaVersion", "configuration_for", "head", "require_current", "schema_version", "upgrade"]


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


def configuration_for(connection: Connection) -> Config:
    """Return Alembic's configuration for running its commands on ``connection``."""
    from alembic.config import Config  # noqa: PLC0415 - see db.revisions

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration


async def schema_version(database: Database) -> SchemaVersion:
    """Read the database's revision.

    Raises :class:`DatabaseNewerError` when this code has never heard of it, and the errors of ``Database.read``.
    """
    current = await database.look(_current)
    if current is not None:
        _refuse_unknown(database, current)
    return SchemaVersion(current, head())


def _current(connection: Connection) -> str | None:
    """Return the revision that Alembic has left in its table; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _refuse_unknown(database: Database, revision: str) -> None:
    if revision not in revisions():
        raise DatabaseNewerError(
            f"The database {database.describe()} is at version {revision}, which this version of the bot "
            "does not know: a newer one wrote it.",
            "Update the bot, or restore a backup made before that update.",
        )


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
    from alembic import command  # noqa: PLC0415 - see db.revisions

    def _upgrade(connection: Connection) -> None:
        command.upgrade(configuration_for(connection), to)

    async with database.write() as connection:
        await connection.run_sync(_upgrade)
