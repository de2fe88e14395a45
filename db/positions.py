"""Up to where a stream of events was read."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from db.tables import read_position


def position(connection: Connection, stream: str) -> str | None:
    """Return up to where a stream was read, None when it never was."""
    statement = select(read_position.c.position).where(read_position.c.stream == stream)
    return connection.execute(statement).scalar()


def set_position(connection: Connection, stream: str, reached: str) -> None:
    """Note up to where a stream was read."""
    where = read_position.c.stream == stream
    changed = connection.execute(update(read_position).where(where).values(position=reached))
    if not changed.rowcount:
        connection.execute(insert(read_position).values(stream=stream, position=reached))
