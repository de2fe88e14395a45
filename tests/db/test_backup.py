"""Backup and restore: whole or not at all, on and between both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from db.backup import back_up, restore
from db.bridge_rows import Copy, Delivery, Place, Platform, Receipt, ReceiptBatch
from db.bridge_store import BridgeStore
from db.engine import Database
from db.errors import BackupError
from db.schema import require_current
from db.tables import metadata

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
HEARD_AT = datetime(2026, 11, 20, 19, 5, 7, 123456, tzinfo=UTC)


async def fill(database: Database, messages: int = 300) -> None:
    store = BridgeStore(database, keep_days=90)
    places = [Place(Platform.DISCORD, "100000000000000001"), Place(Platform.MATRIX, "!วิทยุ:river.example")]
    (conversation,) = await store.settle_conversations({"radio": places})
    channel, room = conversation.ends
    receipts = tuple(Receipt(channel.id, str(n), (room.id,), HEARD_AT) for n in range(messages))
    batch = ReceiptBatch(receipts, {"stream": "s1"})
    intents = await database.transact(lambda connection: store.record_receipts(connection, batch))
    done = [Delivery(intent, (Copy(0, f"${intent.id}"),)) for intent in intents[: messages // 2]]
    await database.transact(lambda connection: store.record_deliveries(connection, done))


async def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    async with database.read() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


async def test_a_restored_database_equals_the_one_that_was_backed_up(
    database: Database, tmp_path: Path, postgres_url: str
) -> None:
    await fill(database)
    report = await back_up(database, tmp_path / "net.backup", KEY)
    target = Database(f"sqlite+aiosqlite:///{tmp_path}/restored.db")
    restored = await restore(target, tmp_path / "net.backup", KEY)
    assert restored.rows == report.rows > 600
    assert await contents(target) == await contents(database)
    await require_current(target)
    await target.close()


async def test_a_backup_goes_into_either_engine_and_counting_goes_on(
    sqlite_database: Database, database_url: str, tmp_path: Path
) -> None:
    await fill(sqlite_database)
    await back_up(sqlite_database, tmp_path / "net.backup", KEY)
    target = Database(database_url)
    await restore(target, tmp_path / "net.backup", KEY)
    assert await contents(target) == await contents(sqlite_database)
    store = BridgeStore(target, keep_days=90)
    (conversation,) = await store.settle_conversations(
        {"radio": [Place(Platform.DISCORD, "100000000000000001"), Place(Platform.MATRIX, "!วิทยุ:river.example")]}
    )
    receipt = Receipt(conversation.ends[0].id, "new", (conversation.ends[1].id,), HEARD_AT)
    batch = ReceiptBatch((receipt,))
    (intent,) = await target.transact(lambda connection: store.record_receipts(connection, batch))
    assert intent.id == 301
    await target.close()


async def test_the_file_shows_nothing_and_belongs_to_its_owner(sqlite_database: Database, tmp_path: Path) -> None:
    await fill(sqlite_database, 10)
    path = tmp_path / "net.backup"
    await back_up(sqlite_database, path, KEY)
    raw = path.read_bytes()
    assert b"100000000000000001" not in raw
    assert b"radio" not in raw
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in tmp_path.glob("net.backup*")] == ["net.backup"]


@pytest.mark.parametrize("harm", ["other key", "one bit", "cut short", "a chunk less", "not ours"])
async def test_a_backup_that_is_not_whole_changes_nothing(
    sqlite_database: Database, tmp_path: Path, harm: str
) -> None:
    await fill(sqlite_database, 20000 if harm == "a chunk less" else 100)
    path = tmp_path / "net.backup"
    await back_up(sqlite_database, path, KEY)
    raw = bytearray(path.read_bytes())
    if harm == "one bit":
        raw[len(raw) // 2] ^= 1
    elif harm == "cut short":
        del raw[-1:]
    elif harm == "a chunk less":
        assert len(raw) > 3 * 65536
        del raw[51 + 2 * (65536 + 16) :]
    elif harm == "not ours":
        raw[:5] = b"hello"
    path.write_bytes(raw)
    target = Database(f"sqlite+aiosqlite:///{tmp_path}/restored.db")
    with pytest.raises(BackupError, match="cannot be opened") as caught:
        await restore(target, path, OTHER_KEY if harm == "other key" else KEY)
    assert caught.value.cure
    async with target.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM sqlite_master"))).scalar_one() == 0
    await target.close()


async def test_a_full_database_is_replaced_only_when_asked(sqlite_database: Database, tmp_path: Path) -> None:
    await fill(sqlite_database, 10)
    await back_up(sqlite_database, tmp_path / "net.backup", KEY)
    before = await contents(sqlite_database)
    await fill(sqlite_database, 20)
    with pytest.raises(BackupError, match="not empty"):
        await restore(sqlite_database, tmp_path / "net.backup", KEY)
    await restore(sqlite_database, tmp_path / "net.backup", KEY, replace=True)
    assert await contents(sqlite_database) == before


async def test_an_empty_database_and_a_missing_file_are_answered_in_words(tmp_path: Path) -> None:
    empty = Database(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    with pytest.raises(BackupError, match="nothing to back up"):
        await back_up(empty, tmp_path / "net.backup", KEY)
    with pytest.raises(BackupError, match="no backup at"):
        await restore(empty, tmp_path / "missing.backup", KEY)
    await empty.close()
