"""What an operator does with the database: open it, bring it up to date, save it, bring it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from community_bot.domain.alias import likeness
from community_bot.services.network import Network, Rules
from community_bot.services.roles import make_office_code
from config import Settings
from config.values import decode_network_key
from db.alone import alone
from db.backup import back_up, restore
from db.engine import Database
from db.errors import BackupError, DatabaseError
from db.key_rotation import is_sealed_with, require_key, rotate
from db.keys import NetworkKeys
from db.member_keys_file import MEMBER_KEYS_NAME, MemberKeysFile
from db.schema import head, require_current, schema_version, upgrade

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


def member_keys_file(settings: Settings) -> MemberKeysFile:
    """Return the members' keys beside the running bot's backups; an erasure goes there too."""
    path = Path(settings.database.backups) / MEMBER_KEYS_NAME
    return MemberKeysFile(path, settings.secrets.network_key_bytes())


async def _save(database: Database, path: Path, settings: Settings, tell: Tell) -> None:
    await _save_with(database, path, settings.secrets.network_key_bytes(), tell)


async def _save_with(database: Database, path: Path, key: bytes, tell: Tell) -> None:
    try:
        report = await back_up(database, path, key)
    except OSError as error:
        raise BackupError(
            f"The backup {path} cannot be written: {error.strerror}.",
            "Choose a folder that may be written and has room.",
        ) from error
    tell(f"Backup written: {report.path} ({report.rows} rows, version {report.schema}).")
    if report.keys:
        tell(f"The members' keys are beside it, in {MEMBER_KEYS_NAME}. Keep one copy of that file, the newest.")


async def bring_back(
    settings: Settings, path: Path, tell: Tell, *, replace: bool, keys: Path | None = None
) -> None:
    """Fill the database from the backup ``path``, wholly or not at all; ``keys``: the members' keys, if elsewhere.

    Raises :class:`db.errors.DatabaseError`.
    """
    database = open_database(settings)
    try:
        async with alone(database):
            report = await restore(database, path, settings.secrets.network_key_bytes(), replace=replace, keys=keys)
    except OSError as error:
        raise BackupError(
            f"The backup {path} cannot be read: {error.strerror}.", "Check the path and who may read it."
        ) from error
    finally:
        await database.close()
    tell(f"Restored {report.rows} rows from {report.path}.")
    if report.erased:
        tell(f"Left out: {report.erased} members who were erased since, with all that was theirs.")


async def change_key(settings: Settings, new_key_file: Path, tell: Tell) -> None:
    """Close everything with the key in ``new_key_file`` instead of the network's key in use. The bot must not run.

    May be repeated when it was cut off: it goes on where it was. Raises :class:`db.errors.DatabaseError`.
    """
    new_key = _read_key(new_key_file)
    old, new = NetworkKeys(settings.secrets.network_key_bytes()), NetworkKeys(new_key)
    if old.fingerprint == new.fingerprint:
        raise DatabaseError(
            f"The key in {new_key_file} is the one in use.", f"Run: community-bot new-key > {new_key_file}"
        )
    database = open_database(settings)
    try:
        await require_current(database)
        if await is_sealed_with(database, new):
            tell("The database is sealed with the new key already.")
        else:
            await require_key(database, old)
            await _save_with(database, new_backup_path(settings, "before-key-change-"), _key_of(settings), tell)
            async with alone(database):
                report = await rotate(database, old, new, likeness)
            tell(f"Sealed with the new key: {report.members} members and all that belongs to the network.")
            for table, rows in sorted(report.dropped.items()):
                tell(f"Ended: {rows} x {table.replace('_', ' ')}; people ask for a new one.")
            if report.recovery_words:
                tell(f"{report.recovery_words} waiting erasures can no longer be taken back with their word.")
        # from here on the members' keys beside the backups are sealed with the new key
        await _save_with(database, new_backup_path(settings, "after-key-change-"), new_key, tell)
    finally:
        await database.close()
    tell(f"Now put the new key in its place: cp {new_key_file} secrets/network_key. Then start the bot.")
    tell("Backups made before open with the old key only, and without the members: destroy them and the old key.")


def _key_of(settings: Settings) -> bytes:
    return settings.secrets.network_key_bytes()


def _read_key(path: Path) -> bytes:
    cure = f"Run: community-bot new-key > {path}"
    try:
        return decode_network_key(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise DatabaseError(f"The file {path} cannot be read: {error.strerror}.", cure) from error
    except ValueError as error:
        raise DatabaseError(f"There is no network key in {path}.", cure) from error


async def new_admin_code(settings: Settings) -> str:
    """Return a code with which a member becomes network admin: for whoever runs the machine, and nobody else."""
    database = open_database(settings)
    try:
        await require_current(database)
        keys = NetworkKeys(settings.secrets.network_key_bytes())
        return await make_office_code(Network(database, keys, Rules(settings.network.name)))
    finally:
        await database.close()
