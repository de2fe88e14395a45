from __future__ import annotations

import pytest

from tests.config.conftest import Workplace

NETWORK = """
    [network]
    name = "River and Hill"
    """


def test_all_problems_are_told_at_once_whatever_their_kind(workplace: Workplace) -> None:
    workplace.toml(
        """
        [network]
        nam = "x"
        time_zone = "Asia/Bankok"
        [discord]
        api_base = "http://discord.com"
        [matrix]
        homeserver = "http://matrix.example.org"
        user_id = "community"
        [[conversations]]
        key = "Garden"
        discord_channels = [
            1100000000000000001,
            12,
        ]
        [[conversations]]
        key = "radio"
        matrix_rooms = ["#radio:example.org", "!abc:example.org"]
        [web]
        host = "0.0.0.0"
        """
    )
    workplace.secret("network_key", "")
    found = workplace.problems(COMMUNITY_BOT_WEB__PORT="99999", COMMUNITY_BOT_LOGZ__LEVEL="info")
    lines = {key: problem.where.rsplit(", ", 1)[-1] for key, problem in found.items()}
    assert lines.pop("network.name").startswith("or in COMMUNITY_BOT_NETWORK__NAME")
    secret = str(workplace.secrets)
    assert lines == {
        "network.nam": "line 3",
        "network.time_zone": "line 4",
        "discord.api_base": "line 6",
        "matrix.homeserver": "line 8",
        "matrix.user_id": "line 9",
        "conversations[0].key": "line 11",
        "conversations[0].discord_channels[1]": "line 14",
        "conversations[1].matrix_rooms[0]": "line 18",
        "web.host": "line 20",
        "web.port": "environment variable COMMUNITY_BOT_WEB__PORT",
        "COMMUNITY_BOT_LOGZ__LEVEL": "environment variable COMMUNITY_BOT_LOGZ__LEVEL",
        "secrets.network_key": f"secret file {secret}/network_key",
        "secrets.discord_token": f"missing; put it in the secret file {secret}/discord_token (mode 600)",
        "secrets.matrix_access_token": (
            f"missing; put it in the secret file {secret}/matrix_access_token (mode 600)"
        ),
    }


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("language = 'fr'", "network.language", "one of th, en, es"),
        ("time_zone = 'Bangkok'", "network.time_zone", "IANA"),
        ("time_zone = '../../etc/passwd'", "network.time_zone", "IANA"),
        ("[database]\nurl = 'mysql://db/community'", "database.url", "sqlite+aiosqlite:///"),
        ("[database]\nurl = 'sqlite+aiosqlite://data/community.db'", "database.url", "three slashes"),
        ("[database]\nurl = 'postgresql+asyncpg://bot@/community'", "database.url", "both the host"),
        ("[database]\nurl = 'postgresql+asyncpg://bot@db:port/community'", "database.url", "complete address"),
        ("[database]\nrelay_map_days = 0", "database.relay_map_days", "1 to 365"),
        ("[database]\nrelay_map_days = 366", "database.relay_map_days", "1 to 365"),
        ("[database]\nrelay_map_days = true", "database.relay_map_days", "not true or false"),
        ("[database]\nrelay_map_days = 'soon'", "database.relay_map_days", "whole number"),
        ("[logs]\nlevel = 'loud'", "logs.level", "debug, info, warning, error"),
        ("[logs]\nformat = 'xml'", "logs.format", "console, json, auto"),
        ("[web]\nport = -1", "web.port", "a port"),
        ("[web]\nhost = '192.0.2.1'", "web.host", "allow_non_loopback = true"),
        ("[web]\npublic_url = 'http://bridge.example.org'", "web.public_url", "https://"),
        ("[web]\nmedia_port = 70000", "web.media_port", "a port"),
        ("[web]\npublic_url = 'https://bridge.example.org'\nmedia_port = 8080", "web.media_port", "another port"),
        ("[web]\nhost = 'http://localhost'", "web.host", "without a port"),
        ("[discord]\ngateway = 'https://gateway.example.org'", "discord.gateway", "wss://"),
        ("[discord]\ncdn_base = 'ftp://files.example.org'", "discord.cdn_base", "https://"),
        ("[discord]\nhurry = 30", "discord.hurry", "simulated on this machine"),
        ("[discord]\napi_base = 'http://127.0.0.1:9/api'\nhurry = 0", "discord.hurry", "1 to 1000"),
        ("[matrix]\nhomeserver = 'matrix.example.org'", "matrix.homeserver", "https://"),
        ("[matrix]\nhomeserver = 'https://matrix.example.org?x=1'", "matrix.homeserver", "without"),
        ("[matrix]\nuser_id = '@Community:example.org'", "matrix.user_id", "lower case"),
        ("[matrix]\ndevice_id = 'my device'", "matrix.device_id", "letters, digits"),
    ],
)
def test_a_wrong_value_is_answered_with_what_it_must_be(
    workplace: Workplace, line: str, key: str, words: str
) -> None:
    workplace.toml(f"[network]\nname = 'River and Hill'\n{line}\n")
    problem = workplace.problems()[key]
    assert words in problem.expected
    assert problem.where.endswith(f"line {3 + line.count(chr(10))}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "[::1]"])
def test_plain_http_is_accepted_on_this_machine(workplace: Workplace, host: str) -> None:
    workplace.secret("matrix_access_token", "sample")
    workplace.toml(
        NETWORK
        + f"[matrix]\nhomeserver = 'http://{host}:8008'\nuser_id = '@bot:localhost:8008'\n".replace("\n", "\n    ")
    )
    settings = workplace.load()
    assert settings.matrix is not None
    assert settings.matrix.homeserver == f"http://{host}:8008"


def test_other_machines_are_let_in_only_on_purpose(workplace: Workplace) -> None:
    workplace.toml(NETWORK + "[web]\n    host = '0.0.0.0'\n    allow_non_loopback = true\n")
    assert workplace.load().web.host == "0.0.0.0"
    assert "web.host" in workplace.problems(COMMUNITY_BOT_WEB__ALLOW_NON_LOOPBACK="false")


def test_a_section_that_is_no_section_is_told(workplace: Workplace) -> None:
    workplace.toml("logs = 5\nconversations = 'garden'\n" + "[network]\nname = 'x'\n")
    found = workplace.problems()
    assert found["logs"].expected == "a section, [logs]"
    assert "[[conversations]]" in found["conversations"].expected
    assert found["conversations"].where.endswith("line 2")


def test_broken_json_in_the_environment_is_told_like_any_wrong_value(workplace: Workplace) -> None:
    found = workplace.problems(COMMUNITY_BOT_CONVERSATIONS="[{", COMMUNITY_BOT_LOGS__LEVEL="loud")
    assert found["conversations"].where == "environment variable COMMUNITY_BOT_CONVERSATIONS"
    assert found["logs.level"].got == '"loud"'


def test_a_missing_key_inside_json_is_told_with_its_variable(workplace: Workplace) -> None:
    found = workplace.problems(COMMUNITY_BOT_CONVERSATIONS='[{"matrix_rooms": []}]')
    assert found["conversations[0].key"].where == (
        "missing; set it in the environment variable COMMUNITY_BOT_CONVERSATIONS"
    )


@pytest.mark.parametrize(
    ("text", "words", "where"),
    [
        ("[network]\nname = \n", "Invalid value", "line 2, column 8"),
        ("[network]\nname = 'x'\nname = 'y'\n", "Cannot overwrite a value", "line 3, column 11"),
        ("[network\n", "Expected ']'", "line 1, column 9"),
        ("[network]\nname = [1, 2", "Unclosed array", "line 2, at its end"),
    ],
)
def test_broken_toml_is_told_with_line_and_column(workplace: Workplace, text: str, words: str, where: str) -> None:
    workplace.toml(text)
    problem = workplace.problems()["settings file"]
    assert words in problem.expected
    assert problem.where.endswith(where)


def test_broken_toml_does_not_hide_what_is_wrong_elsewhere(workplace: Workplace) -> None:
    workplace.toml("[network")
    workplace.secret("discord_token", "\n")
    found = workplace.problems(COMMUNITY_BOT_LEVEL="info")
    assert set(found) == {"settings file", "secrets.discord_token", "COMMUNITY_BOT_LEVEL"}


def test_a_file_in_another_encoding_is_told_with_its_line(workplace: Workplace) -> None:
    workplace.file.write_bytes("[network]\nname = 'café'\n".encode("latin-1"))
    problem = workplace.problems()["settings file"]
    assert problem.expected == "text in UTF-8"
    assert problem.where.endswith("line 2")


def test_the_mark_some_editors_put_first_is_no_problem(workplace: Workplace) -> None:
    workplace.file.write_bytes(b"\xef\xbb\xbf[network]\r\nname = 'River'\r\n")
    assert workplace.load().network.name == "River"


def test_a_settings_file_that_is_a_folder_is_told(workplace: Workplace) -> None:
    workplace.file.unlink()
    workplace.file.mkdir()
    assert "can be read" in workplace.problems()["settings file"].expected


@pytest.mark.parametrize(
    ("line", "key", "advice"),
    [
        ("[logs]\nlevl = 'info'", "logs.levl", "did you mean level?"),
        ("[log]\nlevel = 'info'", "log", "did you mean logs?"),
        ("level = 'info'", "network.level", "level belongs under [logs]"),
        ("hue = 'green'", "network.hue", "here these are known: name, language, time_zone"),
        ("[[conversations]]\nkey = 'a'\nmatrix_room = ['!a:b']", "conversations[0].matrix_room", "matrix_rooms?"),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(
    workplace: Workplace, line: str, key: str, advice: str
) -> None:
    workplace.toml(f"[network]\nname = 'x'\n{line}\n")
    problem = workplace.problems()[key]
    assert advice in problem.expected
    assert problem.got is None


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("COMMUNITY_BOT_LOGS_LEVEL", "COMMUNITY_BOT_LOGS__LEVEL"),
        ("COMMUNITY_BOT_DISCORD_TOKEN", "COMMUNITY_BOT_SECRETS__DISCORD_TOKEN"),
        ("COMMUNITY_BOT_NETWROK__NAME", "COMMUNITY_BOT_NETWORK__NAME"),
        ("COMMUNITY_BOT_SECRET_DIR", "COMMUNITY_BOT_SECRETS_DIR"),
        ("community_bot_webhost", "COMMUNITY_BOT_WEB__HOST"),
    ],
)
def test_an_unknown_variable_is_answered_with_the_nearest_known_one(
    workplace: Workplace, variable: str, meant: str
) -> None:
    problem = workplace.problems(**{variable: "value"})[variable]
    assert problem.expected == f"a known setting; did you mean {meant}?"
    assert problem.got is None


def test_a_conversation_needs_two_ends_and_its_platforms(workplace: Workplace) -> None:
    workplace.toml(NETWORK + "[[conversations]]\n    key = 'garden'\n    matrix_rooms = ['!a:b']\n")
    found = workplace.problems()
    assert "at least two" in found["conversations[0]"].expected
    assert found["conversations[0]"].where.endswith("line 4")
    assert "[matrix]" in found["conversations[0].matrix_rooms"].expected


def test_keys_and_ends_are_used_once(workplace: Workplace) -> None:
    workplace.secret("discord_token", "a.b.c")
    workplace.toml(
        """
        [network]
        name = "River and Hill"
        [discord]
        [[conversations]]
        key = "garden"
        discord_channels = [1100000000000000001, 1100000000000000001]
        [[conversations]]
        key = "garden"
        discord_channels = [1100000000000000001, 1100000000000000002]
        """
    )
    found = workplace.problems()
    assert "conversations[0]" in found["conversations[1].key"].expected
    assert set(found) == {
        "conversations[1].key",
        "conversations[0].discord_channels[1]",
        "conversations[1].discord_channels[0]",
    }
    assert found["conversations[1].discord_channels[0]"].where.endswith("line 10")


def test_an_alias_is_refused_with_where_to_find_the_room_id(workplace: Workplace) -> None:
    workplace.toml(NETWORK + "[[conversations]]\n    key = 'a'\n    matrix_rooms = ['#garden:example.org']\n")
    problem = workplace.problems()["conversations[0].matrix_rooms[0]"]
    assert "Internal room ID" in problem.expected
    assert problem.got == '"#garden:example.org"'


def test_only_one_way_into_the_matrix_account_is_accepted(workplace: Workplace) -> None:
    workplace.secret("matrix_access_token", "sample")
    workplace.secret("matrix_password", "sample")
    workplace.toml(NETWORK + "[matrix]\n    homeserver = 'https://example.org'\n    user_id = '@bot:example.org'\n")
    assert "left out" in workplace.problems()["secrets.matrix_password"].expected


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////srv/community.db",
        "sqlite+aiosqlite:///:memory:",
        "postgresql+asyncpg://bot@db/community",
        "postgresql+asyncpg://bot@/community?host=/run/postgresql",
    ],
)
def test_both_databases_are_accepted(workplace: Workplace, url: str) -> None:
    assert workplace.load(COMMUNITY_BOT_DATABASE__URL=url).database.url == url
