"""What somebody answered so far is sealed and does not stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from db.dialogue_store import DialogueStore
from db.engine import Database
from db.keys import NetworkKeys


async def test_an_unfinished_form_is_forgotten_after_three_days(database: Database) -> None:
    now = [datetime(2026, 11, 20, 9, 0, tzinfo=UTC)]
    store = DialogueStore(database, NetworkKeys(b"thirty-two bytes of a made up key"), lambda: now[0])
    await store.put("matrix", "@som:river.localhost", "naming", "คำตอบ".encode())
    assert await store.get("matrix", "@som:river.localhost") == "คำตอบ".encode()
    assert await store.get("discord", "@som:river.localhost") is None
    other = DialogueStore(database, NetworkKeys(b"another key of thirty-two letters"), lambda: now[0])
    assert await other.get("matrix", "@som:river.localhost") is None
    now[0] += timedelta(hours=73)
    assert await store.get("matrix", "@som:river.localhost") is None
