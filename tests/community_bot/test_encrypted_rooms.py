"""Keys for encrypted rooms: there when the operator names rooms, and otherwise not even loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from community_bot.app import matrix_connection
from community_bot.encrypted_rooms import give_keys, keys_path
from community_bot.errors import OperatorError
from config import Settings, generate_network_key
from config.models import MatrixSettings, NetworkSettings, Secrets
from db.engine import Database

ROOM = "!garden:river.example"


def settings(*rooms: str, key: str | None = None) -> Settings:
    matrix = MatrixSettings(
        homeserver="https://river.example", user_id="@community:river.example", encrypted_rooms=rooms
    )
    secrets = Secrets(network_key=key or generate_network_key(), matrix_access_token="syt_token")
    return Settings(network=NetworkSettings(name="River"), matrix=matrix, secrets=secrets)


async def test_with_rooms_named_the_community_and_the_bridge_share_one_deviceskeys(
    sqlite_database: Database,
) -> None:
    wanted = settings(ROOM)
    connection = matrix_connection(wanted)
    give_keys(connection, wanted, sqlite_database)
    assert connection.road.opens(ROOM)
    assert connection.bridge_road.opens(ROOM)
    assert not connection.bridge_road.opens("!other:river.example")
    assert keys_path(wanted, sqlite_database).exists()
    await connection.close()


async def test_without_any_every_encrypted_room_is_refused_and_no_file_is_made(sqlite_database: Database) -> None:
    connection = matrix_connection(settings())
    give_keys(connection, settings(), sqlite_database)
    assert not connection.bridge_road.opens(ROOM)
    assert not keys_path(settings(), sqlite_database).parent.exists()
    await connection.close()


def test_without_any_nothing_for_it_is_loaded() -> None:
    code = (
        "import sys, community_bot.app, community_bot.bridgework;"
        "print([name for name in sys.modules if 'secrecy' in name or 'matrix_key_store' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_another_network_key_ends_in_one_clear_line(sqlite_database: Database) -> None:
    connection = matrix_connection(settings(ROOM))
    give_keys(connection, settings(ROOM), sqlite_database)
    await connection.close()
    with pytest.raises(OperatorError, match="another network key") as raised:
        give_keys(matrix_connection(settings(ROOM)), settings(ROOM), sqlite_database)
    assert raised.value.code == "matrix.keys_sealed"


async def test_a_missing_extra_ends_in_one_clear_line(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what Python does for a module that is not installed
    monkeypatch.setitem(sys.modules, "bridges.ends.matrix_secrecy", None)
    with pytest.raises(OperatorError) as raised:
        give_keys(matrix_connection(settings(ROOM)), settings(ROOM), sqlite_database)
    assert "extra e2e" in raised.value.cure


async def test_a_folder_that_cannot_be_written_ends_in_one_clear_line(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (tmp_path / "matrix_keys").write_text("a file in its place")
    with pytest.raises(OperatorError) as raised:
        give_keys(matrix_connection(settings(ROOM)), settings(ROOM), sqlite_database)
    assert raised.value.code == "matrix.keys_file"
