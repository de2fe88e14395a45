"""Days that pass in the sandbox in a moment.

The bot offers no way to end a vote before its time, and no clock that could be set: that would be a way to cheat.
So it is not the clock that moves here but what the bot remembers: while it is stopped, the dates of votes in its
database are set back. Only whoever has the database in their hands can do that.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from sandbox.network import SandboxNetwork


async def days_pass(network: SandboxNetwork, days: int) -> None:
    """Stop the bot, let every open vote be so many days older, and start it again."""
    await network.bot.stop()
    with closing(sqlite3.connect(network.database_file)) as database, database:
        rows = database.execute("SELECT id, opened_at, closes_at FROM vote WHERE state = 'open'").fetchall()
        for vote, opened_at, closes_at in rows:
            earlier = (_earlier(opened_at, days), _earlier(closes_at, days), vote)
            database.execute("UPDATE vote SET opened_at = ?, closes_at = ? WHERE id = ?", earlier)
    await network.bot.start()
    await network.bot.ready()


def _earlier(written: str, days: int) -> str:
    return (datetime.fromisoformat(written) - timedelta(days=days)).isoformat(sep=" ", timespec="microseconds")
