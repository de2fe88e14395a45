"""Gives the Matrix connection keys for the encrypted rooms that the settings name; imports nothing for it without.

The keys stand in a folder beside the database, sealed with the network key, and not in the backups: a ratchet that
was set back gives keys away.
"""

from __future__ import annotations

import sqlite3
from hashlib import sha256
from pathlib import Path

from community_bot.errors import OperatorError
from community_bot.platforms.matrix import MatrixConnection
from config import Settings
from db.engine import Database
from db.keys import SealedOtherwiseError
from db.sealed_shelf import SealedShelf

FOLDER = "matrix_keys"


def keys_path(settings: Settings, database: Database) -> Path:
    """Return the file of the account's device; another device has another."""
    matrix = settings.matrix
    assert matrix is not None
    folder = database.path.parent if database.path is not None else Path("data")
    name = sha256(f"{matrix.user_id}|{matrix.device_id}".encode()).hexdigest()[:16]
    return folder / FOLDER / f"{name}.db"


def give_keys(connection: MatrixConnection, settings: Settings, database: Database) -> None:
    """Let a connection read the encrypted rooms that are named. Raises :class:`OperatorError`."""
    matrix = settings.matrix
    if matrix is None or not matrix.encrypted_rooms:
        return
    try:
        from bridges.ends.matrix_secrecy import secrecy_of  # noqa: PLC0415 - the extra e2e
        from bridges.ends.matrix_secret_client import SecretClient  # noqa: PLC0415
    except ImportError as error:
        raise OperatorError(
            "matrix.no_keys",
            "The settings name encrypted rooms, and what reads them is not installed.",
            "Install community-bot with the extra e2e, or take matrix.encrypted_rooms out.",
        ) from error
    shelf = _open_shelf(keys_path(settings, database), settings.secrets.network_key_bytes())
    keep_days = settings.database.relay_map_days
    secrecy = secrecy_of(connection.client, shelf, matrix.encrypted_rooms, keep_days=keep_days)
    connection.keys = secrecy
    connection.road = SecretClient(connection.client, secrecy)
    connection.bridge_road = SecretClient(connection.client, secrecy, is_patient=True)


def _open_shelf(path: Path, network_key: bytes) -> SealedShelf:
    try:
        return SealedShelf(path, network_key, use="matrix keys")
    except SealedOtherwiseError as error:
        raise OperatorError(
            "matrix.keys_sealed",
            f"The keys of the encrypted rooms in {path} were sealed with another network key.",
            "Use that key; or remove the file, and log in as a new device with: community-bot matrix-login.",
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise OperatorError(
            "matrix.keys_file",
            f"The keys of the encrypted rooms cannot be kept in {path}: {type(error).__name__}.",
            "Look whether its folder exists and may be written, and whether the disk is full.",
        ) from error
