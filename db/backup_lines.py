"""How rows stand in a backup: one line of JSON each, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table

from db.sealed_file import seal

VERSION_TABLE = "alembic_version"


def tables_in(connection: Connection) -> list[Table]:
    """Return the tables as they are in the database, parents first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def line(value: dict[str, Any]) -> bytes:
    """Return one line, without its end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def encode_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with values that JSON has."""
    return {name: _encode(value) for name, value in row.items()}


def decode_row(row: dict[str, Any], *, aware: bool) -> dict[str, Any]:
    """Return the row again; ``aware`` keeps the zone of moments, which SQLite's own columns do not take."""
    return {name: _decode(value, aware=aware) for name, value in row.items()}


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"time": (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return value


def _decode(value: Any, *, aware: bool) -> Any:
    if not isinstance(value, dict):
        return value
    if "time" in value:
        instant = datetime.fromisoformat(value["time"])
        return instant if aware else instant.replace(tzinfo=None)
    if "day" in value:
        return date.fromisoformat(value["day"])
    return base64.b64decode(value["bytes"])


def write_partial(lines: Iterable[bytes], path: Path, key: bytes) -> Path:
    """Seal lines into a file beside ``path`` that only its owner reads, safely on the disk; return it.

    It replaces ``path`` when the caller is sure. Raises OSError.
    """
    partial = path.with_name(path.name + ".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        seal(lines, out, key)
        out.flush()
        os.fsync(out.fileno())
    return partial
