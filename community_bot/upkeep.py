"""What an operator does with the database: open it, bring it up to date, save it, bring it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from config import Settings
from db.backup import back_up, restore
from db.engine import Database
from db.errors import BackupError
from db.schema import head, schema_version, upgrade

Tell = Callable[[str], None]
"""Shows one line to whoever typed the command."""


def open_database(settings: Settings) -> Database:
    """Return the database of the settings, its SQLite folder made. Raises :class:`DatabaseUnreachableError`."""
    url, secret = settings.database.url, settings.secrets.database_password
    # a password left over from PostgreSQL is no use to a file, and SQLAlchemy refuses it there
    password = secret.get_secret_value() if secret is not None and not url.startswith("sqlite") else None
    database = Database(url, password=password)
    database.prepare_folder()
    return database


def new_backup_path(settings: Settings, prefix: str = "") -> Path:
    """Return a file for a backup made now, in the folder of the settings."""
    return Path(settings.database.backups) / f"{prefix}{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"


async def bring_up_to_date(settings: Settings, tell: Tell) -> bool:
    """Bring the database to the version this software needs, after a backup; return whether it was behind.

    Raises :class:`db.errors.DatabaseError`.
    """
    database = open_database(settings)
    try:
        version = await schema_version(database)
        if version.is_current:
            return False
        if not version.is_empty:
            await _save(database, new_backup_path(settings, f"before-{version.head}-"), settings, tell)
        await upgrade(database)
    finally:
        await database.close()
    tell(f"The database is now at version {head()}.")
    return True


async def save(settings: Settings, path: Path, tell: Tell) -> None:
    """Write the whole database to the new file ``path``. Raises :class:`db.errors.DatabaseError`."""
    database = open_database(settings)
    try:
        await _save(database, path, settings, tell)
    finally:
        await database.close()


async def _save(database: Database, path: Path, settings: Settings, tell: Tell) -> None:
    try:
        report = await back_up(database, path, settings.secrets.network_key_bytes())
    except OSError as error:
        raise BackupError(
            f"The backup {path} cannot be written: {error.strerror}.",
            "Choose a folder that may be written and has room.",
        ) from error
    tell(f"Backup written: {report.path} ({report.rows} rows, version {report.schema}).")


async def bring_back(settings: Settings, path: Path, tell: Tell, *, replace: bool) -> None:
    """Fill the database from the backup ``path``, wholly or not at all. Raises :class:`db.errors.DatabaseError`."""
    database = open_database(settings)
    try:
        report = await restore(database, path, settings.secrets.network_key_bytes(), replace=replace)
    except OSError as error:
        raise BackupError(
            f"The backup {path} cannot be read: {error.strerror}.", "Check the path and who may read it."
        ) from error
    finally:
        await database.close()
    tell(f"Restored {report.rows} rows from {report.path}.")
