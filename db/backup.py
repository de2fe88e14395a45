"""Backup and restore: every row as a line of JSON in a sealed file, the same for SQLite and PostgreSQL.

So a network can move from one to the other, and a backup can be restored by a later version of the software: the
schema is first made as it was, filled, and then migrated. The members' keys are not in it: ``db.member_keys_file``.
Nor are ballots and the keys of votes: a vote that was open when a backup was made is void once restored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, delete, inspect, select, text

from db.backup_lines import decode_row, encode_row, line, tables_in, write_partial
from db.engine import Database
from db.errors import BackupError
from db.member_keys_file import MemberKeysFile
from db.schema import configuration_for, schema_version
from db.sealed_file import SealError, unseal
from db.tables import ballot, member, member_key, vote

ROWS_AT_ONCE = 200
LEFT_OUT = frozenset({member_key.name, ballot.name})
"""What outlives nobody's wish to be forgotten and no vote: no copy of it is made."""
BLANKED = {vote.name: (vote.c.wrapped_secret.name,)}
"""Columns of which the same is true."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """How many rows were written or read, and the schema version they belong to.

    ``keys`` were written beside it. ``erased`` members were in the backup and have no key any more: they were left
    out, with all that was theirs.
    """

    path: Path
    rows: int
    schema: str
    keys: int = 0
    erased: int = 0


async def back_up(database: Database, path: Path, key: bytes) -> BackupReport:
    """Write the database, as it is at one moment, to ``path``, and the members' keys beside it.

    The file appears under its name only when it is complete, readable by its owner only. The keys are written after
    it was and before it appears: no backup is ever beside keys that are older than itself, so nobody who is in it
    lacks a key but who was erased. Raises :class:`BackupError` when there is nothing to back up or a file cannot be
    written.
    """
    keys = MemberKeysFile.beside(path, key)
    if path.name == keys.path.name:
        raise BackupError(f"The name {path.name} is the members' keys'.", "Choose another name for the backup.")
    version = await schema_version(database)
    if version.current is None:
        raise BackupError("The database is empty: there is nothing to back up.", "Run: community-bot migrate")
    schema = version.current
    counter = _Counter()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = await database.look(
            lambda connection: write_partial(_lines(connection, schema, counter), path, key)
        )
        held = await keys.write(database)
        partial.replace(path)
    except PermissionError as error:
        raise BackupError(
            f"The backup {path} cannot be written.", "Choose a folder that may be written."
        ) from error
    return BackupReport(path, counter.rows, schema, keys=held)


@dataclass(slots=True)
class _Counter:
    rows: int = 0


def _lines(connection: Connection, schema: str, counter: _Counter) -> Iterator[bytes]:
    yield line({"backup": 1, "schema": schema, "made_on": datetime.now(UTC).date().isoformat()})
    for table in tables_in(connection):
        if table.name in LEFT_OUT:
            continue
        blank = dict.fromkeys(BLANKED.get(table.name, ()))
        keys = list(table.primary_key.columns)
        for row in connection.execute(select(table).order_by(*keys)).mappings():
            counter.rows += 1
            yield line({"table": table.name, "row": encode_row({**row, **blank})})
    yield line({"end": counter.rows})


async def restore(
    database: Database, path: Path, key: bytes, *, replace: bool = False, keys: Path | None = None
) -> BackupReport:
    """Fill the database from a backup and bring it to this code's version, all in one transaction.

    ``keys`` is the file with the members' keys, the one beside the backup when left out. Who has no key in it was
    erased, and stays so. Raises :class:`BackupError`, with nothing changed, when a file is not whole, the key is
    another one, the database is not empty (unless ``replace``), or the backup comes from a newer version.
    """
    keys_file = MemberKeysFile.beside(path, key) if keys is None else MemberKeysFile(keys, key)

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
            schema, rows = _fill(connection, path, unseal(source, key), aware=not database.is_sqlite)
        return BackupReport(path, rows, schema, erased=_give_keys(connection, keys_file))

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


def _fill(connection: Connection, path: Path, lines: Iterator[bytes], *, aware: bool) -> tuple[str, int]:
    """Put the backup's rows in; return its schema version and how many there were."""
    from alembic import command  # noqa: PLC0415 - see db.revisions

    header = json.loads(next(lines))
    if "backup" not in header:
        raise SealError("these are members' keys, not a backup")
    configuration = configuration_for(connection)
    try:
        command.upgrade(configuration, header["schema"])
    except Exception as error:
        raise BackupError(
            f"The backup {path} was made by a newer version of the bot (schema {header['schema']}).",
            "Update the bot first.",
        ) from error
    tables = {table.name: table for table in tables_in(connection)}
    rows = 0
    batch: list[dict[str, Any]] = []
    name: str | None = None
    complete = False
    for text_line in lines:
        entry = json.loads(text_line)
        if "end" in entry:
            complete = entry["end"] == rows
            continue
        if name is not None and (entry["table"] != name or len(batch) == ROWS_AT_ONCE):
            connection.execute(tables[name].insert(), batch)
            batch = []
        name = entry["table"]
        batch.append(decode_row(entry["row"], aware=aware))
        rows += 1
    if name is not None and batch:
        connection.execute(tables[name].insert(), batch)
    if not complete:
        raise SealError("its last line is missing")
    if connection.dialect.name == "postgresql":
        _count_on(connection, tables)
    command.upgrade(configuration, "head")
    return header["schema"], rows


def _give_keys(connection: Connection, keys_file: MemberKeysFile) -> int:
    """Give each member the key they have today, and leave out who has none; return how many those were."""
    members = set(connection.execute(select(member.c.id)).scalars())
    if not members:
        return 0
    try:
        rows = keys_file.read()
    except FileNotFoundError as error:
        raise BackupError(
            f"There are members in the backup, and no file with their keys at {keys_file.path}.",
            "Put the newest member-keys.backup beside the backup, or name it with --keys.",
        ) from error
    except SealError as error:
        raise BackupError(
            f"The members' keys {keys_file.path} cannot be opened: {error}.",
            "Use the network key that is in use, and the newest member-keys.backup.",
        ) from error
    # the keys may be older or newer than the backup, so only what both versions know is taken
    held = [
        {name: value for name, value in decode_row(row, aware=True).items() if name in member_key.c}
        for row in rows
        if row["member_id"] in members
    ]
    if held:
        connection.execute(member_key.insert(), held)
    left_out = delete(member).where(member.c.id.not_in(select(member_key.c.member_id)))
    return connection.execute(left_out).rowcount


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
