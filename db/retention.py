"""Removing what has expired: every table with ``purge_after`` takes part by having that column."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from db.engine import Database
from db.tables import metadata


async def purge_expired(database: Database, now: datetime) -> dict[str, int]:
    """Delete every row whose ``purge_after`` has come; return how many went, by table.

    Children go before parents, so that a count is never hidden by a cascade.
    """
    removed: dict[str, int] = {}
    async with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if "purge_after" in table.c:
                result = await connection.execute(delete(table).where(table.c.purge_after <= now))
                removed[table.name] = result.rowcount
    return removed
