"""The shelf for keys: nothing on it can be read, moved or opened with another key."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from db.keys import SealedOtherwiseError
from db.sealed_shelf import SealedShelf

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "device.db"


def test_what_was_kept_is_there_after_a_restart(path: Path) -> None:
    shelf = SealedShelf(path, KEY, use="test")
    shelf.put("room", "!garden", b"1", day=1)
    shelf.put("room", "!garden", b"2", day=1)
    shelf.close()
    again = SealedShelf(path, KEY, use="test")
    assert again.get("room", "!garden") == b"2"
    assert again.get("room", "!radio") is None
    assert again.all("room") == [b"2"]
    again.close()


def test_nothing_in_the_file_says_anything(path: Path) -> None:
    shelf = SealedShelf(path, KEY, use="test")
    shelf.put("session", "@toño:river.example", b"a secret of the garden", day=1)
    shelf.close()
    assert b"river" not in path.read_bytes()
    assert b"garden" not in path.read_bytes()


def test_folder_and_file_are_their_owners_alone(path: Path) -> None:
    SealedShelf(path, KEY, use="test").close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("key", "use"), [(OTHER, "test"), (KEY, "something else")])
def test_a_shelf_opens_with_its_own_key_only(path: Path, key: bytes, use: str) -> None:
    SealedShelf(path, KEY, use="test").close()
    with pytest.raises(SealedOtherwiseError):
        SealedShelf(path, key, use=use)


def test_what_was_put_into_another_place_does_not_open(path: Path) -> None:
    shelf = SealedShelf(path, KEY, use="test")
    shelf.put("session", "mine", b"1", day=1)
    shelf.put("session", "yours", b"2", day=1)
    shelf.close()
    with sqlite3.connect(path) as database:
        (one, sealed), (other, _) = database.execute("SELECT place, sealed FROM thing WHERE kind = 'session'")
        database.execute("UPDATE thing SET sealed = ? WHERE place = ?", (sealed, other))
    database.close()
    assert one != other
    again = SealedShelf(path, KEY, use="test")
    with pytest.raises(SealedOtherwiseError):
        again.all("session")
    again.close()


def test_what_is_old_goes_by_its_kind(path: Path) -> None:
    shelf = SealedShelf(path, KEY, use="test")
    for kind in ("session", "road"):
        shelf.put(kind, "old", b"old", day=9)
        shelf.put(kind, "new", b"new", day=10)
    shelf.forget_before("session", 10)
    assert (shelf.all("session"), len(shelf.all("road"))) == ([b"new"], 2)
    shelf.close()
