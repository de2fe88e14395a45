"""Beginning and ending a test's database."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path

from db.engine import Database
from db.schema import upgrade


async def close(database: Database) -> None:
    """Close it, and wait for aiosqlite's threads: one that a killed task leaves still reports to this loop."""
    await database.close()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)


async def fresh_database(folder: Path, template: Path) -> Database:
    """Return a new database in ``folder``, copied from ``template``, which is made when it is not there yet.

    For tests that need many: migrating takes longer than what they do with it.
    """
    if not template.exists():
        first = Database(f"sqlite+aiosqlite:///{template}")
        await upgrade(first)
        await close(first)
    path = folder / "community.db"
    shutil.copyfile(template, path)
    return Database(f"sqlite+aiosqlite:///{path}")
