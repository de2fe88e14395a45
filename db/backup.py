"""Backup and restore: every row as a line of JSON in a sealed file, the same for SQLite and PostgreSQL.

So a network can move from one to the other, and a backup can be restored by a later version of the software: the
schema is first made as it was, filled, and then migrated.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData, Table, inspect, select, text

from db.engine import Database
from db.errors import BackupError
from db.schema import configuration_for, schema_version
from db.sealed_file import SealError, seal, unseal

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class BackupReport:
    """How many rows were written or read, and the schema version they belong to."""

    path: Path
    rows: int
    schema: str


async def back_up(database: Database, path: Path, key: bytes) -> BackupReport:
    """Write the whole database, as it is at one moment, to ``path``.

    The file appears under its name only when it is complete, readable by its owner only. Raises
    :class:`BackupError` when there is nothing to back up or the file cannot be written.
    """
    version = await schema_version(database)
    if version.current is None:
        raise BackupError("The database is empty: there is nothing to back up.", "Run: community-bot migrate")
    schema = version.current

    def _write(connection: Connection) -> int:
        counter = _Counter()
        partial = path.with_name(path.name + ".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            seal(_lines(connection, schema, counter), out, key)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(path)
        return counter.rows

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        async with database.read() as connection:
            rows = await connection.run_sync(_write)
    except PermissionError as error:
        raise BackupError(
            f"The backup {path} cannot be written.", "Choose a folder that may be written."
        ) from error
    return BackupReport(path, rows, schema)


@dataclass(slots=True)
class _Counter:
    rows: int = 0


def _tables(connection: Connection) -> list[Table]:
    """Return the tables as they are in the database, parents first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def _lines(connection: Connection, schema: str, counter: _Counter) -> Iterator[bytes]:
    yield _line({"backup": 1, "schema": schema, "made_on": datetime.now(UTC).date().isoformat()})
    for table in _tables(connection):
        keys = list(table.primary_key.columns)
        for row in connection.execute(select(table).order_by(*keys)).mappings():
            counter.rows += 1
            yield _line({"table": table.name, "row": {name: _encode(value) for name, value in row.items()}})
    yield _line({"end": counter.rows})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"time": (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return value


def _decode(value: Any, *, aware: bool) -> Any:
    if isinstance(value, dict) and "time" in value:
        instant = datetime.fromisoformat(value["time"])
        return instant if aware else instant.replace(tzinfo=None)
    if isinstance(value, dict) and "bytes" in value:
        return base64.b64decode(value["bytes"])
    return value


async def restore(database: Database, path: Path, key: bytes, *, replace: bool = False) -> BackupReport:
    """Fill the database from a backup and bring it to this code's version, all in one transaction.

    Raises :class:`BackupError`, with nothing changed, when the file is not whole, the key is another one, the
    database is not empty (unless ``replace``), or the backup comes from a newer version.
    """

    def _restore(connection: Connection) -> BackupReport:
        if inspect(connection).get_table_names():
            if not replace:
                raise BackupError(
                    f"The database {database.describe()} is not empty.",
                    "Restore into an empty one, or repeat with --replace to throw away what is there.",
                )
            existing = MetaData()
            existing.reflect(connection)
            existing.drop_all(connection)
        with path.open("rb") as source:
            return _fill(connection, path, unseal(source, key), aware=not database.is_sqlite)

    try:
        database.prepare_folder()
        async with database.write() as connection:
            return await connection.run_sync(_restore)
    except FileNotFoundError as error:
        raise BackupError(f"There is no backup at {path}.", "Check the path.") from error
    except SealError as error:
        raise BackupError(
            f"The backup {path} cannot be opened: {error}.",
            "Use the network key that was in use when it was made, or another backup.",
        ) from error


def _fill(connection: Connection, path: Path, lines: Iterator[bytes], *, aware: bool) -> BackupReport:
    header = json.loads(next(lines))
    configuration = configuration_for(connection)
    try:
        command.upgrade(configuration, header["schema"])
    except Exception as error:
        raise BackupError(
            f"The backup {path} was made by a newer version of the bot (schema {header['schema']}).",
            "Update the bot first.",
        ) from error
    tables = {table.name: table for table in _tables(connection)}
    rows = 0
    batch: list[dict[str, Any]] = []
    name: str | None = None
    complete = False
    for line in lines:
        entry = json.loads(line)
        if "end" in entry:
            complete = entry["end"] == rows
            continue
        if name is not None and (entry["table"] != name or len(batch) == ROWS_AT_ONCE):
            connection.execute(tables[name].insert(), batch)
            batch = []
        name = entry["table"]
        batch.append({column: _decode(value, aware=aware) for column, value in entry["row"].items()})
        rows += 1
    if name is not None and batch:
        connection.execute(tables[name].insert(), batch)
    if not complete:
        raise SealError("its last line is missing")
    if connection.dialect.name == "postgresql":
        _count_on(connection, tables)
    command.upgrade(configuration, "head")
    return BackupReport(path, rows, header["schema"])


def _count_on(connection: Connection, tables: dict[str, Table]) -> None:
    """Let PostgreSQL's counters go on behind the rows that came with their numbers."""
    for table in tables.values():
        if "id" not in table.c:
            continue
        sequence = connection.execute(
            text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}
        ).scalar_one()
        if sequence is not None:
            highest = connection.execute(select(table.c.id).order_by(table.c.id.desc()).limit(1)).scalar()
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :value, :used)"),
                {"sequence": sequence, "value": highest or 1, "used": highest is not None},
            )
