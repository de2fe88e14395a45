"""The INSERT of each engine that knows what to do about a conflict; an engine's own dialect is loaded with it."""

from __future__ import annotations

from typing import Any


def insert_of(*, is_sqlite: bool) -> Any:
    """Return SQLAlchemy's ``insert`` with ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if is_sqlite:
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a megabyte that a bot on SQLite has no use for

    return postgresql.insert
