"""Column types that refuse what must not be stored."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SequenceNumber = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit counter; SQLite counts by itself only for a column declared INTEGER."""


class NaiveDatetimeError(ValueError):
    """A time without a zone reached the database border."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware going in, aware UTC coming out, on SQLite too, which forgets zones.

    Raises :class:`NaiveDatetimeError` for a naive value: a guess about its zone would be a silent lie.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveDatetimeError("a time must carry its zone before it is stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)
