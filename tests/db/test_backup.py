"""Backup and restore: whole or not at all, on and between both engines."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from db.backup import back_up, restore
from db.bridge_rows import Copy, Delivery, Place, Platform, Receipt, ReceiptBatch
from db.bridge_store import BridgeStore
from db.engine import Database
from db.errors import BackupError
from db.ids import MemberId
from db.keys import NetworkKeys
from db.member_keys_file import MEMBER_KEYS_NAME, MemberKeysFile
from db.member_rows import Profile
from db.member_store import MemberStore
from db.relay_record import RelayRecord
from db.retention import destroy
from db.schema import require_current
from db.sealed_file import unseal
from db.tables import member, metadata

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
HEARD_AT = datetime(2026, 11, 20, 19, 5, 7, 123456, tzinfo=UTC)


def _record(database: Database) -> RelayRecord:
    return RelayRecord(is_sqlite=database.is_sqlite, keep_days=90)


async def fill(database: Database, messages: int = 300) -> None:
    store = BridgeStore(database)
    places = [Place(Platform.DISCORD, "100000000000000001"), Place(Platform.MATRIX, "!วิทยุ:river.example")]
    (conversation,) = await store.settle_conversations({"radio": places})
    channel, room = conversation.ends
    receipts = tuple(Receipt(channel.id, str(n), (room.id,), HEARD_AT) for n in range(messages))
    batch = ReceiptBatch(receipts, {"stream": "s1"})
    intents = await database.transact(lambda connection: _record(database).hear(connection, batch))
    done = [Delivery(intent, (Copy(0, f"${intent.id}"),)) for intent in intents[: messages // 2]]
    await database.transact(lambda connection: _record(database).deliver(connection, done))


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
    store = BridgeStore(target)
    (conversation,) = await store.settle_conversations(
        {"radio": [Place(Platform.DISCORD, "100000000000000001"), Place(Platform.MATRIX, "!วิทยุ:river.example")]}
    )
    receipt = Receipt(conversation.ends[0].id, "new", (conversation.ends[1].id,), HEARD_AT)
    batch = ReceiptBatch((receipt,))
    (intent,) = await target.transact(lambda connection: _record(target).hear(connection, batch))
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


# ── members: their keys are kept apart, so that erasing them reaches every backup


KEYS = NetworkKeys(KEY)
TODAY = date(2026, 11, 22)
LATER = datetime(2028, 11, 22, tzinfo=UTC)


async def join(database: Database, alias: str, user_id: str) -> MemberId:
    def work(connection: Connection) -> MemberId:
        members = MemberStore(connection, KEYS)
        row = members.add(
            Profile(alias, "en"), alias, state="active", today=TODAY, keep_until=LATER, probation=None
        )
        members.link(row.id, "discord", user_id, TODAY, LATER)
        return row.id

    return await database.transact(work)


async def aliases(database: Database) -> set[str]:
    def work(connection: Connection) -> set[str]:
        members = MemberStore(connection, KEYS)
        rows = [members.get(MemberId(found)) for found in connection.execute(select(member.c.id)).scalars()]
        return {row.profile.alias for row in rows if row is not None}

    return await database.look(work)


async def test_a_backup_holds_no_key_of_any_member(database: Database, tmp_path: Path) -> None:
    await join(database, "Napa", "600000000000000011")
    report = await back_up(database, tmp_path / "net.backup", KEY)
    with report.path.open("rb") as source:
        lines = list(unseal(source, KEY))
    assert any(b'"table":"member"' in line for line in lines)
    assert not any(b"member_key" in line for line in lines)
    keys_file = tmp_path / MEMBER_KEYS_NAME
    assert keys_file.stat().st_mode & 0o077 == 0
    assert len(MemberKeysFile(keys_file, KEY).read()) == 1


async def test_members_come_back_with_their_keys(database: Database, tmp_path: Path) -> None:
    await join(database, "Napa", "600000000000000011")
    await back_up(database, tmp_path / "net.backup", KEY)
    before = await contents(database)
    report = await restore(database, tmp_path / "net.backup", KEY, replace=True)
    assert report.erased == 0
    assert await contents(database) == before
    assert await aliases(database) == {"Napa"}


async def test_who_was_erased_since_does_not_come_back_from_an_older_backup(
    database: Database, tmp_path: Path
) -> None:
    napa = await join(database, "Napa", "600000000000000011")
    await join(database, "Tulio", "600000000000000012")
    await back_up(database, tmp_path / "old.backup", KEY)
    await database.transact(lambda connection: destroy(connection, napa))
    assert await MemberKeysFile.beside(tmp_path / "old.backup", KEY).write_again(database)
    report = await restore(database, tmp_path / "old.backup", KEY, replace=True)
    assert report.erased == 1
    assert await aliases(database) == {"Tulio"}
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            rows = [tuple(row) for row in await connection.execute(select(table))]
            assert napa not in str(rows), table.name
    # and with the network's key, nothing in either file opens what was Napa's
    with (tmp_path / "old.backup").open("rb") as source:
        sealed = [json.loads(line) for line in unseal(source, KEY) if napa.encode() in line]
    assert {entry["table"] for entry in sealed} == {"member", "identity"}
    assert napa not in str(MemberKeysFile.beside(tmp_path / "old.backup", KEY).read())


async def test_who_joined_after_the_backup_is_not_in_it_and_their_key_is_left_alone(
    database: Database, tmp_path: Path
) -> None:
    await join(database, "Napa", "600000000000000011")
    await back_up(database, tmp_path / "old.backup", KEY)
    await join(database, "Tulio", "600000000000000012")
    await back_up(database, tmp_path / "new.backup", KEY)
    report = await restore(database, tmp_path / "old.backup", KEY, replace=True)
    assert report.erased == 0
    assert await aliases(database) == {"Napa"}


async def test_members_without_the_file_of_their_keys_are_not_restored_at_all(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await join(sqlite_database, "Napa", "600000000000000011")
    await back_up(sqlite_database, tmp_path / "net.backup", KEY)
    keys = (tmp_path / MEMBER_KEYS_NAME).rename(tmp_path / "elsewhere.backup")
    before = await contents(sqlite_database)
    with pytest.raises(BackupError, match="no file with their keys") as caught:
        await restore(sqlite_database, tmp_path / "net.backup", KEY, replace=True)
    assert "--keys" in caught.value.cure
    keys.write_bytes(keys.read_bytes()[:-1])
    with pytest.raises(BackupError, match=r"members' keys .* cannot be opened"):
        await restore(sqlite_database, tmp_path / "net.backup", KEY, replace=True, keys=keys)
    assert await contents(sqlite_database) == before


async def test_the_keys_may_lie_elsewhere_and_are_no_backup_themselves(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await join(sqlite_database, "Napa", "600000000000000011")
    await back_up(sqlite_database, tmp_path / "net.backup", KEY)
    keys = (tmp_path / MEMBER_KEYS_NAME).rename(tmp_path / "elsewhere.backup")
    assert (await restore(sqlite_database, tmp_path / "net.backup", KEY, replace=True, keys=keys)).erased == 0
    with pytest.raises(BackupError, match="not a backup"):
        await restore(sqlite_database, keys, KEY, replace=True)
    with pytest.raises(BackupError, match="are not members' keys"):
        await restore(sqlite_database, tmp_path / "net.backup", KEY, replace=True, keys=tmp_path / "net.backup")
    with pytest.raises(BackupError, match="The name member-keys"):
        await back_up(sqlite_database, tmp_path / MEMBER_KEYS_NAME, KEY)
    assert await aliases(sqlite_database) == {"Napa"}


async def test_an_erasure_while_the_keys_are_written_is_in_the_file(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    napa = await join(sqlite_database, "Napa", "600000000000000011")
    await join(sqlite_database, "Tulio", "600000000000000012")
    keys_file = MemberKeysFile(tmp_path / MEMBER_KEYS_NAME, KEY)
    look = sqlite_database.look
    looked = 0

    async def look_and_be_overtaken(work: Callable[[Connection], Any]) -> Any:
        nonlocal looked
        found = await look(work)
        looked += 1
        if looked == 1:
            await sqlite_database.transact(lambda connection: destroy(connection, napa))
        return found

    monkeypatch.setattr(sqlite_database, "look", look_and_be_overtaken)
    assert await keys_file.write(sqlite_database) == 1
    assert napa not in str(keys_file.read())
