"""The burglar finds what is there, however it is written: otherwise finding nothing would prove nothing."""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from config import generate_network_key
from db.keys import NetworkKeys, SealingKey, new_member_key
from sandbox.burglar import Burglar, spellings

WORD = "ดอกแก้วริมน้ำ"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "network_key"
    path.write_text(generate_network_key(), encoding="ascii")
    (tmp_path / "data").mkdir()
    return path


@pytest.mark.parametrize(
    "written",
    [
        WORD.encode(),
        WORD.encode("utf-16-le"),
        WORD.encode("utf-16-be"),
        json.dumps({"alias": WORD}).encode(),
        base64.b64encode(WORD.encode()),
        base64.b64encode(f"a{WORD}b".encode()),
        base64.urlsafe_b64encode(f"ab{WORD}".encode()),
    ],
    ids=["utf-8", "utf-16-le", "utf-16-be", "json", "base64", "base64 behind one", "base64 behind two"],
)
def test_a_word_is_found_however_it_is_written(tmp_path: Path, key_file: Path, written: bytes) -> None:
    (tmp_path / "data" / "community.db").write_bytes(b"\x00before" + written + b"after\x00")
    assert Burglar(tmp_path, key_file).finds([WORD, "ใบบัว"]) == [f"community.db: {WORD}"]


def test_an_account_is_found_as_a_number_too(tmp_path: Path, key_file: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "community.db")) as database:
        database.execute("CREATE TABLE seen (who INTEGER)")
        database.execute("INSERT INTO seen VALUES (1574116985728401408)")
        database.commit()
    assert Burglar(tmp_path, key_file).finds(["1574116985728401408"]) == ["community.db: 1574116985728401408"]


def test_the_log_and_the_backups_are_searched_too(tmp_path: Path, key_file: Path) -> None:
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "old.backup").write_text(WORD, encoding="utf-8")
    (tmp_path / "bot.log").write_text(WORD, encoding="utf-8")
    assert Burglar(tmp_path, key_file).finds([WORD]) == [f"old.backup: {WORD}", f"bot.log: {WORD}"]


def test_no_spelling_is_so_short_that_chance_would_find_it() -> None:
    assert min(map(len, spellings("mali"))) >= 4


def test_it_reads_with_the_key_what_the_bot_has_sealed_with_it(tmp_path: Path, key_file: Path) -> None:
    text = key_file.read_text(encoding="ascii")
    keys = NetworkKeys(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    own = new_member_key()
    wrapped = keys.wrap(own, "m1")
    profile = SealingKey(own).seal(json.dumps({"alias": WORD, "language": "th"}).encode(), "profile of m1")
    account = SealingKey(own).seal(b"@mali:river.localhost", "account i1")
    path = tmp_path / "data" / "community.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE member (id, sealed_profile); CREATE TABLE member_key (member_id, wrapped);"
            "CREATE TABLE identity (id, member_id, platform, sealed_account); CREATE TABLE effect (sealed_target);"
        )
        database.execute("INSERT INTO member VALUES ('m1', ?)", (profile,))
        database.execute("INSERT INTO member_key VALUES ('m1', ?)", (wrapped,))
        database.execute("INSERT INTO identity VALUES ('i1', 'm1', 'matrix', ?)", (account,))
        database.commit()
    burglar = Burglar(tmp_path, key_file)
    loot = burglar.opens(path)
    assert loot.aliases == {WORD}
    assert loot.accounts == {("matrix", "@mali:river.localhost")}
    assert burglar.finds_bytes(loot.keys) == ["community.db"]
    assert burglar.hash_of("account", "matrix", "@a:b") == keys.lookup("account", "matrix", "@a:b")

    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM member_key")
        database.commit()
    assert burglar.opens(path).aliases == frozenset()


def test_a_key_that_is_another_one_is_not_taken_for_a_house_with_nothing_in_it(
    tmp_path: Path, key_file: Path
) -> None:
    path = tmp_path / "data" / "community.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE member (id, sealed_profile); CREATE TABLE member_key (member_id, wrapped);"
            "CREATE TABLE identity (id, member_id, platform, sealed_account); CREATE TABLE effect (sealed_target);"
        )
        wrapped = NetworkKeys(bytes(range(32))).wrap(new_member_key(), "m1")
        database.execute("INSERT INTO member_key VALUES ('m1', ?)", (wrapped,))
        database.commit()
    with pytest.raises(ValueError, match="key of m1 does not open"):
        Burglar(tmp_path, key_file).opens(path)
