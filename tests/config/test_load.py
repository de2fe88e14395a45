from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from config import Settings, SettingsError, generate_network_key, load_settings
from config.explain import known_keys, section_of
from config.values import MustBe
from tests.config.conftest import Workplace

WHOLE = """
    [network]
    name = "River and Hill"
    language = "th"
    [database]
    url = "postgresql+asyncpg://bot@db.internal:5432/community"
    relay_map_days = 30
    [discord]
    [matrix]
    homeserver = "https://matrix.example.org/"
    user_id = "@community:example.org"
    [[conversations]]
    key = "garden"
    discord_channels = [1100000000000000001]
    matrix_rooms = ["!abc:example.org"]
    [[conversations]]
    key = "radio"
    matrix_rooms = ["!def:example.org", "!0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"]
    """


def _both_platforms(workplace: Workplace) -> None:
    workplace.toml(WHOLE)
    workplace.secret("discord_token", "first.second.third\n")
    workplace.secret("matrix_password", "correct horse\n")


def test_a_name_and_a_key_are_enough(workplace: Workplace) -> None:
    settings = workplace.load()
    assert settings.network.name == "River and Hill"
    assert (settings.network.language, settings.network.time_zone) == ("en", "Asia/Bangkok")
    assert settings.database.url == "sqlite+aiosqlite:///data/community.db"
    assert settings.database.relay_map_days == 90
    assert settings.discord is None
    assert settings.matrix is None
    assert settings.conversations == ()
    assert (settings.web.host, settings.web.port, settings.web.allow_non_loopback) == ("127.0.0.1", 8080, False)
    assert (settings.logs.level, settings.logs.format) == ("info", "auto")
    assert len(settings.secrets.network_key_bytes()) == 32


def test_every_section_is_read(workplace: Workplace) -> None:
    _both_platforms(workplace)
    settings = workplace.load()
    assert settings.discord is not None
    assert settings.discord.api_base == "https://discord.com/api/v10"
    assert settings.discord.gateway is None
    assert settings.matrix is not None
    assert settings.matrix.homeserver == "https://matrix.example.org"
    assert settings.matrix.device_id == "COMMUNITYBOT"
    assert [conversation.key for conversation in settings.conversations] == ["garden", "radio"]
    assert settings.conversations[0].discord_channels == (1100000000000000001,)
    assert len(settings.conversations[1].matrix_rooms) == 2
    assert settings.secrets.matrix_password is not None
    assert settings.secrets.matrix_password.get_secret_value() == "correct horse"
    assert settings.settings_warnings == ()


def test_the_environment_wins_over_the_file_key_by_key(workplace: Workplace) -> None:
    _both_platforms(workplace)
    settings = workplace.load(
        COMMUNITY_BOT_NETWORK__LANGUAGE="es",
        COMMUNITY_BOT_DATABASE__RELAY_MAP_DAYS="7",
        COMMUNITY_BOT_WEB__PORT="0",
        COMMUNITY_BOT_LOGS__LEVEL="DEBUG",
    )
    assert (settings.network.name, settings.network.language) == ("River and Hill", "es")
    assert (settings.database.relay_map_days, settings.web.port, settings.logs.level) == (7, 0, "debug")


def test_the_environment_wins_over_a_secret_file(workplace: Workplace) -> None:
    workplace.secret("database_password", "from the file")
    settings = workplace.load(
        COMMUNITY_BOT_SECRETS__DATABASE_PASSWORD="from the environment",
        COMMUNITY_BOT_DATABASE__URL="postgresql+asyncpg://bot@db/community",
    )
    assert settings.secrets.database_password is not None
    assert settings.secrets.database_password.get_secret_value() == "from the environment"


def test_lists_and_sections_can_be_json_in_the_environment(workplace: Workplace) -> None:
    workplace.secret("discord_token", "a.b.c")
    settings = workplace.load(
        COMMUNITY_BOT_DISCORD="{}",
        COMMUNITY_BOT_CONVERSATIONS='[{"key": "garden", "discord_channels":'
        ' ["1100000000000000001", 1100000000000000002]}]',
    )
    assert settings.discord is not None
    assert settings.conversations[0].discord_channels == (1100000000000000001, 1100000000000000002)


def test_an_empty_variable_counts_as_not_set(workplace: Workplace) -> None:
    assert workplace.load(COMMUNITY_BOT_LOGS__LEVEL="", COMMUNITY_BOT_OLD_SETTING="").logs.level == "info"


def test_the_file_may_be_missing_when_the_environment_says_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        environment={
            "COMMUNITY_BOT_NETWORK__NAME": "River and Hill",
            "COMMUNITY_BOT_SECRETS__NETWORK_KEY": generate_network_key(),
        }
    )
    assert settings.network.name == "River and Hill"


def test_the_file_can_be_named_by_the_environment_and_by_the_caller(workplace: Workplace, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('network = { name = "Other" }')
    environment = {**workplace.environment, "COMMUNITY_BOT_SETTINGS": str(other)}
    assert load_settings(environment=environment).network.name == "Other"
    assert load_settings(workplace.file, environment=environment).network.name == "River and Hill"


def test_the_process_environment_is_read_when_none_is_given(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("COMMUNITY_BOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COMMUNITY_BOT_SECRETS_DIR", str(workplace.secrets))
    monkeypatch.setenv("COMMUNITY_BOT_NETWORK__LANGUAGE", "th")
    assert load_settings(workplace.file).network.language == "th"
    assert load_settings(workplace.file, environment=workplace.environment).network.language == "en"


def test_a_file_that_was_named_must_exist(workplace: Workplace) -> None:
    workplace.file.unlink()
    problem = workplace.problems()["settings file"]
    assert problem.where.startswith("missing")
    assert "network.example.toml" in problem.expected


def test_settings_built_in_code_read_neither_files_nor_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY_BOT_NETWORK__NAME", "from outside")
    with pytest.raises(ValidationError):
        Settings.model_validate({})
    settings = Settings.model_validate(
        {"network": {"name": "from code"}, "secrets": {"network_key": generate_network_key()}}
    )
    assert settings.network.name == "from code"


def test_settings_built_in_code_obey_the_same_rules() -> None:
    with pytest.raises(ValidationError, match=r"secrets\.discord_token must be"):
        Settings.model_validate(
            {"network": {"name": "x"}, "discord": {}, "secrets": {"network_key": generate_network_key()}}
        )


def test_settings_cannot_be_changed(workplace: Workplace) -> None:
    settings = workplace.load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.web.port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.web = settings.web  # type: ignore[misc]


def test_every_key_can_say_what_it_must_be() -> None:
    for key, known in known_keys(Settings).items():
        assert any(isinstance(mark, MustBe) for mark in known.metadata), key


def test_every_section_is_closed_and_unchangeable() -> None:
    sections = {section for known in known_keys(Settings).values() if (section := section_of(known.annotation))}
    everything: list[type[BaseModel]] = [Settings, *sections]
    for section in everything:
        assert section.model_config.get("frozen") is True, section
        assert section.model_config.get("extra") == "forbid", section


def test_a_bot_on_no_platform_is_pointed_out(workplace: Workplace) -> None:
    (notice,) = workplace.load().settings_warnings
    assert notice.key == "discord, matrix"


def test_the_error_reads_as_a_list_for_the_operator(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace.root)
    workplace.toml(
        """
        [network]
        name = "River and Hill"
        language = "fr"
        [web]
        port = 70000
        """
    )
    with pytest.raises(SettingsError) as raised:
        load_settings(environment=workplace.environment)
    assert str(raised.value) == (
        "The settings have 2 problems:\n"
        "\n"
        "network.language\n"
        "  must be: one of th, en, es\n"
        "  where:   config/network.toml, line 4\n"
        '  got:     "fr"\n'
        "\n"
        "web.port\n"
        "  must be: a port, 1 to 65535, or 0 to choose a free one\n"
        "  where:   config/network.toml, line 6\n"
        "  got:     70000"
    )
