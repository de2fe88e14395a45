"""Ending a test's database."""

from __future__ import annotations

import asyncio
import threading

from db.engine import Database


async def close(database: Database) -> None:
    """Close it, and wait for aiosqlite's threads: one that a killed task leaves still reports to this loop."""
    await database.close()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)
