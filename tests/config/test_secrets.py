from __future__ import annotations

import base64
import copy
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from config import SettingsError, generate_network_key
from config.secret_files import secrets_folder
from tests.config.conftest import Workplace

CANARY = "CANARYa1b2c3d4e5f6"


def test_a_secret_in_the_settings_file_is_refused_with_where_it_belongs(workplace: Workplace) -> None:
    workplace.toml(
        f"""
        discord_token = "{CANARY}"
        [network]
        name = "x"
        network-key = "{CANARY}"
        [discord]
        token = "{CANARY}"
        [matrix]
        access_token = "{CANARY}"
        password = "{CANARY}"
        [database]
        password = "{CANARY}"
        [secrets]
        network_key = "{CANARY}"
        [[conversations]]
        key = "a"
        webhook_token = "{CANARY}"
        """
    )
    found = workplace.problems()
    belongs = {
        "discord_token": ("secrets/discord_token", "line 2"),
        "network.network-key": ("secrets/network_key", "line 5"),
        "discord.token": ("secrets/discord_token", "line 7"),
        "matrix.access_token": ("secrets/matrix_access_token", "line 9"),
        "matrix.password": ("secrets/matrix_password", "line 10"),
        "database.password": ("secrets/database_password", "line 12"),
        "secrets.network_key": ("secrets/network_key", "line 14"),
        "conversations[0].webhook_token": ("folder secrets", "line 17"),
    }
    for key, (folder, line) in belongs.items():
        assert "never read from the settings file" in found[key].expected
        assert folder in found[key].expected
        assert found[key].where.endswith(line)
    assert CANARY not in "".join(map(str, found.values()))


@pytest.mark.parametrize("text", ["[secrets]\n", "secrets = 5\n"])
def test_even_an_empty_table_of_secrets_is_refused(workplace: Workplace, text: str) -> None:
    workplace.toml(text + "network = { name = 'x' }\n" if text.startswith("secrets") else text)
    assert "never read" in workplace.problems(COMMUNITY_BOT_NETWORK__NAME="x")["secrets"].expected


def test_no_wrong_value_brings_a_secret_into_the_error(workplace: Workplace) -> None:
    workplace.toml(
        f"""
        [network]
        name = "x"
        tokn = "{CANARY}"
        [database]
        url = "postgresql+asyncpg://bot:{CANARY}@db/community"
        [discord]
        api_base = "https://bot:{CANARY}@discord.com"
        gateway = "{CANARY}.GAbcde.0123456789abcdefghijklmnopqrstuvwxyz"
        [matrix]
        homeserver = "syt_{CANARY}"
        user_id = "@bot:example.org"
        """
    )
    workplace.secret("discord_token", f"Bot {CANARY}")
    workplace.secret("network_key", CANARY)
    with pytest.raises(SettingsError) as raised:
        workplace.load(
            COMMUNITY_BOT_SECRETS__MATRIX_ACCESS_TOKEN=f"two {CANARY}",
            COMMUNITY_BOT_DATABASE_PASSWORD=CANARY,
            COMMUNITY_BOT_SECRETS__MATRX_PASSWORD=CANARY,
        )
    keys = {problem.key for problem in raised.value.problems}
    assert keys == {
        "network.tokn",
        "database.url",
        "discord.api_base",
        "discord.gateway",
        "matrix.homeserver",
        "secrets.discord_token",
        "secrets.network_key",
        "secrets.matrix_access_token",
        "secrets.matrx_password",
        "COMMUNITY_BOT_DATABASE_PASSWORD",
    }
    told = "".join([str(raised.value), repr(raised.value), *traceback.format_exception(raised.value)])
    assert CANARY not in told
    # the error that held the values does not travel along either
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_password_in_the_database_address_is_refused_however_it_is_written(workplace: Workplace) -> None:
    for url in (
        f"postgresql+asyncpg://bot:{CANARY}@db/community",
        f"postgresql+asyncpg://bot@db/community?password={CANARY}",
        "postgresql+asyncpg://bot:@db/community",
    ):
        problem = workplace.problems(COMMUNITY_BOT_DATABASE__URL=url)["database.url"]
        assert "secrets/database_password" in problem.expected
        assert CANARY not in str(problem)


def test_secrets_are_in_no_form_the_settings_can_be_shown_in(
    workplace: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    workplace.secret("discord_token", CANARY)
    workplace.toml("[network]\nname = 'x'\n[discord]\n")
    with caplog.at_level(logging.DEBUG):
        settings = workplace.load(COMMUNITY_BOT_SECRETS__DATABASE_PASSWORD=CANARY)
    shown = [
        repr(settings),
        str(settings),
        f"{settings.secrets}",
        str(settings.model_dump()),
        str(settings.model_dump(mode="json")),
        settings.model_dump_json(),
        "".join(map(str, settings.settings_warnings)),
        repr(copy.deepcopy(settings)),
        caplog.text,
    ]
    assert not [text for text in shown if CANARY in text]
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert settings.secrets.discord_token is not None
    assert settings.secrets.discord_token.get_secret_value() == CANARY


def test_the_line_break_at_the_end_of_a_secret_file_is_no_part_of_the_secret(workplace: Workplace) -> None:
    workplace.secret("database_password", " with spaces \r\n")
    password = workplace.load(COMMUNITY_BOT_DATABASE__URL="postgresql+asyncpg://b@h/d").secrets.database_password
    assert password is not None
    assert password.get_secret_value() == " with spaces "


def test_a_missing_network_key_is_answered_with_how_to_make_one(workplace: Workplace) -> None:
    (workplace.secrets / "network_key").unlink()
    problem = workplace.problems()["secrets.network_key"]
    assert "community-bot new-key > secrets/network_key" in problem.expected
    assert problem.where.startswith("missing")


@pytest.mark.parametrize(
    "key",
    [
        "not base64!",
        base64.b64encode(bytes(range(31))).decode(),
        base64.b64encode(b"a" * 32).decode(),
    ],
)
def test_a_network_key_that_protects_nothing_is_refused(workplace: Workplace, key: str) -> None:
    workplace.secret("network_key", key)
    problem = workplace.problems()["secrets.network_key"]
    assert "new-key" in problem.expected
    assert problem.got is None


def test_a_network_key_is_taken_in_either_base64_alphabet(workplace: Workplace) -> None:
    raw = bytes(range(222, 256))
    for text in (base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.urlsafe_b64encode(raw).rstrip(b"=")):
        workplace.secret("network_key", text.decode())
        assert workplace.load().secrets.network_key_bytes() == raw


def test_new_network_keys_are_long_enough_and_never_the_same() -> None:
    keys = {generate_network_key() for _ in range(20)}
    assert len(keys) == 20
    assert {len(base64.b64decode(key)) for key in keys} == {32}


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"\n", "empty"), (b"\xff\xfe", "UTF-8"), (b"x" * 20_000, "at most")]
)
def test_a_secret_file_that_holds_no_secret_is_told(workplace: Workplace, content: bytes, words: str) -> None:
    path = workplace.secret("discord_token", "")
    path.write_bytes(content)
    problem = workplace.problems()["secrets.discord_token"]
    assert words in problem.expected
    assert problem.where == f"secret file {path}"


def test_a_secret_that_is_a_folder_is_told(workplace: Workplace) -> None:
    (workplace.secrets / "discord_token").mkdir()
    assert "can read" in workplace.problems()["secrets.discord_token"].expected


def test_a_secret_file_others_can_read_is_pointed_out(workplace: Workplace) -> None:
    path = workplace.secret("network_key", generate_network_key(), mode=0o640)
    (notice,) = [each for each in workplace.load().settings_warnings if each.key == "secrets.network_key"]
    assert notice.expected == f"closed to other users of this machine; run: chmod 600 {path}"
    assert notice.where.endswith("(mode 640)")


def test_a_file_nearly_named_like_a_secret_is_pointed_out(workplace: Workplace) -> None:
    workplace.secret("discord_token.txt", CANARY)
    workplace.secret("database-password", CANARY)
    workplace.secret(".gitkeep", "")
    workplace.secret("notes", "")
    notices = {each.key: each for each in workplace.load().settings_warnings}
    assert "named discord_token" in notices["secrets.discord_token.txt"].expected
    assert "named database_password" in notices["secrets.database-password"].expected
    assert not {"secrets.notes", "secrets..gitkeep"} & set(notices)


def test_a_secret_nothing_uses_is_pointed_out(workplace: Workplace) -> None:
    workplace.secret("discord_token", CANARY)
    assert (
        "nothing uses" in {n.key: n.expected for n in workplace.load().settings_warnings}["secrets.discord_token"]
    )


def test_a_folder_of_secrets_that_was_named_must_exist(workplace: Workplace) -> None:
    found = workplace.problems(COMMUNITY_BOT_SECRETS_DIR=str(workplace.root / "nowhere"))
    assert set(found) == {"secrets folder", "secrets.network_key"}


def test_the_folder_is_the_named_one_then_the_containers_then_the_one_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config" / "network.toml"
    named = {"COMMUNITY_BOT_SECRETS_DIR": str(tmp_path / "named")}
    run = tmp_path / "run"
    assert secrets_folder(file, named, run_secrets=run) == tmp_path / "named"
    assert secrets_folder(file, {}, run_secrets=run) == tmp_path / "secrets"
    run.mkdir()
    assert secrets_folder(file, {}, run_secrets=run) == run


def test_a_file_named_without_a_folder_has_its_secrets_beside_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert secrets_folder(Path("network.toml"), {}, run_secrets=tmp_path / "none") == tmp_path / "secrets"
