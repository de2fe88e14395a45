"""Changing the network's key as an operator does: cut off anywhere, it is finished by doing it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from community_bot.domain.alias import likeness
from community_bot.upkeep import bring_back, change_key, member_keys_file, open_database, save
from config import Settings, generate_network_key, load_settings
from db.errors import DatabaseError
from db.key_rotation import WrongKeyError, is_sealed_with, require_key, rotate
from db.keys import NetworkKeys
from db.schema import upgrade
from tests.community_bot.services.river_network import NAPA, RiverNetwork


class Workplace:
    """A folder with settings, a key in use, and another one waiting."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "secrets").mkdir()
        (folder / "network.toml").write_text('[network]\nname = "River"\n', encoding="utf-8")
        self.next_key = folder / "next_key"
        for path in (folder / "secrets" / "network_key", self.next_key):
            path.write_text(generate_network_key() + "\n", encoding="utf-8")
            path.chmod(0o600)
        self.told: list[str] = []

    def settings(self) -> Settings:
        environment = {
            "COMMUNITY_BOT_SECRETS_DIR": str(self.folder / "secrets"),
            "COMMUNITY_BOT_DATABASE__URL": f"sqlite+aiosqlite:///{self.folder}/community.db",
            "COMMUNITY_BOT_DATABASE__BACKUPS": str(self.folder / "backups"),
        }
        return load_settings(self.folder / "network.toml", environment=environment)

    def take_new_key(self) -> None:
        (self.folder / "secrets" / "network_key").write_bytes(self.next_key.read_bytes())

    async def join(self) -> None:
        """Make a database with one member."""
        database = open_database(self.settings())
        await upgrade(database)
        keys = NetworkKeys(self.settings().secrets.network_key_bytes())
        await require_key(database, keys)
        river = RiverNetwork(database)
        object.__setattr__(river.network, "keys", keys)
        await river.join("Napa", NAPA)
        await database.close()

    async def alias(self) -> str | None:
        """Return who is found with the key in use."""
        database = open_database(self.settings())
        keys = NetworkKeys(self.settings().secrets.network_key_bytes())
        river = RiverNetwork(database)
        object.__setattr__(river.network, "keys", keys)
        member = await river.network.look(lambda unit: unit.who(NAPA).member)
        await database.close()
        return None if member is None else member.profile.alias

    async def change_key(self) -> None:
        await change_key(self.settings(), self.next_key, self.told.append)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


async def test_after_a_change_the_new_key_opens_everything_and_a_backup_of_it_is_there(place: Workplace) -> None:
    await place.join()
    await place.change_key()
    assert any("cp" in line and "secrets/network_key" in line for line in place.told)
    assert await place.alias() is None
    place.take_new_key()
    assert await place.alias() == "Napa"
    (backup,) = (place.folder / "backups").glob("after-key-change-*.backup")
    await bring_back(place.settings(), backup, place.told.append, replace=True)
    assert await place.alias() == "Napa"
    assert len(member_keys_file(place.settings()).read()) == 1


async def test_a_change_that_was_cut_off_is_finished_by_the_next(place: Workplace) -> None:
    await place.join()
    settings = place.settings()
    await save(settings, place.folder / "backups" / "first.backup", place.told.append)
    # everything is sealed anew, and the power goes before the backup
    database = open_database(settings)
    new_key = NetworkKeys(_bytes(place))
    await rotate(database, NetworkKeys(settings.secrets.network_key_bytes()), new_key, likeness)
    await database.close()
    await place.change_key()
    assert "The database is sealed with the new key already." in place.told
    place.take_new_key()
    assert await place.alias() == "Napa"
    assert len(member_keys_file(place.settings()).read()) == 1


def _bytes(place: Workplace) -> bytes:
    """Return the waiting key as the settings would read it."""
    kept = (place.folder / "secrets" / "network_key").read_bytes()
    place.take_new_key()
    key = place.settings().secrets.network_key_bytes()
    (place.folder / "secrets" / "network_key").write_bytes(kept)
    return key


async def test_a_start_with_another_key_is_refused(place: Workplace) -> None:
    await place.join()
    place.take_new_key()
    database = open_database(place.settings())
    keys = NetworkKeys(place.settings().secrets.network_key_bytes())
    with pytest.raises(WrongKeyError):
        await require_key(database, keys)
    assert not await is_sealed_with(database, keys)
    await database.close()


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), ("no key", "no network key"), ("", "no network key")]
)
async def test_a_file_without_a_key_is_answered_in_words_and_changes_nothing(
    place: Workplace, content: str | None, said: str
) -> None:
    await place.join()
    place.next_key.unlink()
    if content is not None:
        place.next_key.write_text(content, encoding="utf-8")
    with pytest.raises(DatabaseError, match=said) as caught:
        await place.change_key()
    assert "new-key" in caught.value.cure
    assert await place.alias() == "Napa"


async def test_the_key_in_use_is_no_new_key(place: Workplace) -> None:
    await place.join()
    place.next_key.write_bytes((place.folder / "secrets" / "network_key").read_bytes())
    with pytest.raises(DatabaseError, match="is the one in use"):
        await place.change_key()
