"""The Matrix side as an application service: what the operator decides, and what has to fit together."""

from __future__ import annotations

import pytest

from tests.config.conftest import Workplace

MATRIX = """
    [network]
    name = "River and Hill"
    [matrix]
    homeserver = "https://matrix.example.org"
    user_id = "@community:example.org"
"""


@pytest.fixture
def matrix(workplace: Workplace) -> Workplace:
    workplace.toml(MATRIX)
    workplace.secret("matrix_access_token", "syt_token")
    return workplace


def test_unasked_one_account_speaks_for_all(matrix: Workplace) -> None:
    settings = matrix.load().matrix
    assert settings is not None
    assert (settings.mode, settings.appservice_url) == ("bot", None)
    assert (settings.appservice_host, settings.appservice_port) == ("127.0.0.1", 9009)
    assert (settings.ghost_prefix, settings.ghost_suffix) == ("_community_", "")
    assert settings.server_name == "example.org"


def test_an_application_service_needs_its_address_and_both_tokens(matrix: Workplace) -> None:
    matrix.toml(MATRIX + 'mode = "appservice"\n')
    found = matrix.problems()
    assert set(found) == {"matrix.appservice_url", "secrets.matrix_as_token", "secrets.matrix_hs_token"}
    assert "community-bot matrix registration" in found["secrets.matrix_as_token"].expected
    assert "matrix_as_token" in found["secrets.matrix_as_token"].where


def test_an_application_service_is_whole_with_them(matrix: Workplace) -> None:
    matrix.toml(MATRIX + 'mode = "appservice"\nappservice_url = "http://bot:9009/"\nghost_suffix = " (Discord)"\n')
    matrix.secret("matrix_as_token", "a")
    matrix.secret("matrix_hs_token", "h")
    settings = matrix.load()
    assert settings.matrix is not None
    assert (settings.matrix.appservice_url, settings.matrix.ghost_suffix) == ("http://bot:9009", " (Discord)")
    assert settings.settings_warnings == ()


def test_the_tokens_wait_for_the_day_the_mode_changes(matrix: Workplace) -> None:
    matrix.secret("matrix_as_token", "a")
    matrix.secret("matrix_hs_token", "h")
    assert matrix.load().settings_warnings == ()
    matrix.toml('[network]\nname = "River and Hill"\n[discord]\n')
    matrix.secret("discord_token", "x")
    unused = {warning.key for warning in matrix.load().settings_warnings}
    assert {"secrets.matrix_as_token", "secrets.matrix_hs_token"} <= unused


@pytest.mark.parametrize(
    "url",
    [
        "http://bot:9009",
        "http://127.0.0.1:9009",
        "http://localhost:9009",
        "http://10.0.0.7:9009",
        "http://[fd00::7]:9009",
        "https://bot.example.org/matrix",
    ],
)
def test_the_homeserver_reaches_the_bot_safely(matrix: Workplace, url: str) -> None:
    settings = matrix.load(COMMUNITY_BOT_MATRIX__APPSERVICE_URL=url).matrix
    assert settings is not None
    assert settings.appservice_url == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://bot.example.org:9009", "https://"),
        ("http://8.8.8.8:9009", "https://"),
        ("ws://bot:9009", "begins with http"),
        ("http://:9009", "begins with http"),
        ("http://bot:9009/?token=x", "without a name, password"),
        ("http://me@bot:9009", "without a name, password"),
    ],
)
def test_an_address_over_which_anybody_could_listen_is_refused(matrix: Workplace, url: str, expected: str) -> None:
    found = matrix.problems(COMMUNITY_BOT_MATRIX__APPSERVICE_URL=url)
    assert expected in found["matrix.appservice_url"].expected


@pytest.mark.parametrize("line", ['ghost_prefix = "comm"', 'ghost_prefix = "community"'])
def test_the_bot_itself_is_no_ghost(matrix: Workplace, line: str) -> None:
    matrix.toml(MATRIX + line + "\n")
    assert "the bot's own account" in matrix.problems()["matrix.ghost_prefix"].expected


def test_the_bot_is_no_ghost_of_the_usual_prefix_either(matrix: Workplace) -> None:
    found = matrix.problems(COMMUNITY_BOT_MATRIX__USER_ID="@_community_bot:example.org")
    assert set(found) == {"matrix.ghost_prefix"}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('mode = "ghosts"', "mode"),
        ('ghost_prefix = ""', "ghost_prefix"),
        ('ghost_prefix = "Upper_"', "ghost_prefix"),
        ('ghost_prefix = "with:colon"', "ghost_prefix"),
        (f'ghost_suffix = "{"x" * 41}"', "ghost_suffix"),
        ("appservice_port = 0", "appservice_port"),
        ('appservice_host = "a b"', "appservice_host"),
    ],
)
def test_what_cannot_be_is_refused_with_what_it_must_be(matrix: Workplace, line: str, key: str) -> None:
    matrix.toml(MATRIX + line + "\n")
    assert f"matrix.{key}" in matrix.problems()
