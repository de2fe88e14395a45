"""What a template would make is told before it is made; and what the operator decided reaches the services."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from community_bot import cli
from community_bot.arrangements import rules_of
from community_bot.check import check_everything
from community_bot.cli import app
from community_bot.domain.home import Home
from community_bot.domain.space_design import Access
from community_bot.templates import check_templates, gaps
from config import NetworkSettings, Settings, SettingsError, generate_network_key
from config.models import DiscordSettings, HomeSettings, LearningSettings, MatrixSettings, Secrets, StageSettings
from config.space_templates import TEMPLATES

OURS = """
key = "ours"
titles = { en = "Ours [draft]" }
purposes = { en = "A place of our own." }
access = "unlisted"
agreements = { en = "Be kind." }
participants = ["write"]
facilitators = ["write", "pin"]

[[rooms]]
key = "hearth"
names = { th = "เตาไฟ", en = "hearth" }
purposes = { th = "ที่นั่งคุย", en = "Where we sit." }
slow_seconds = 30

[[rooms]]
key = "notes"
kind = "forum"
names = { en = "notes" }
purposes = { en = "What we keep." }
tags = [{ en = "new" }]
platforms = ["discord"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder with one template, and no settings yet."""
    monkeypatch.chdir(tmp_path)
    # as wide whatever was imported first: the program's console measures its terminal once
    monkeypatch.setattr(cli, "out", Console(highlight=False, emoji=False, width=200))
    monkeypatch.delenv("COMMUNITY_BOT_SETTINGS", raising=False)
    own = tmp_path / "templates"
    own.mkdir()
    (own / "ours.toml").write_text(OURS, encoding="utf-8")
    return own


def check(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["templates", "check", *map(str, words)])


def settings(**given: object) -> Settings:
    network, secrets = NetworkSettings(name="River and Hill"), Secrets(network_key=generate_network_key())
    return Settings.model_validate({"network": network, "secrets": secrets, **given})


# ── community-bot templates check


def test_a_template_in_order_is_shown_as_what_it_would_make(folder: Path) -> None:
    result = check(folder / "ours.toml")
    assert result.exit_code == 0
    assert "Ours [draft]" in result.output
    assert "Access: unlisted; opens without an experiment; nothing is bridged" in result.output
    assert "Participants: read, write\n" in result.output
    assert "Facilitators: read, write, pin\n" in result.output
    assert "the agreements pinned, in hearth." in result.output
    rows = [line for line in result.output.splitlines() if "│" in line]
    assert len(rows) == 2
    for cell in ("hearth", "talk", "เตาไฟ · hearth", "participants", "30 s between messages"):
        assert cell in rows[0]
    for cell in ("notes", "forum", "tags: 1", "discord only"):
        assert cell in rows[1]


def test_a_language_that_is_missing_somewhere_is_pointed_out(folder: Path) -> None:
    [checked] = check_templates([folder / "ours.toml"])
    assert checked.design is not None
    assert gaps(checked.design) == {
        "th": ["titles", "purposes", "agreements", "notes.names", "notes.purposes", "notes.tags[0]"],
        "es": [
            *("titles", "purposes", "agreements", "hearth.names", "hearth.purposes"),
            *("notes.names", "notes.purposes", "notes.tags[0]"),
        ],
    }
    assert "Not in th, people read another language: titles, purposes" in check(folder / "ours.toml").output


def test_what_is_wrong_is_said_with_line_and_key_and_the_exit_code_is_one(folder: Path) -> None:
    (folder / "ours.toml").write_text(OURS.replace('"unlisted"', '"hidden"').replace('"new"', '""'), "utf-8")
    result = check(folder / "ours.toml", folder / "nothing.toml", str(TEMPLATES / "pilot.toml"))
    assert result.exit_code == 1
    assert (
        f"access\n  must be: one of open, request, unlisted\n  where:   {folder}/ours.toml, line 5" in result.output
    )
    assert "rooms[1].tags[0].en" in result.output
    assert "a file that can be read" in result.output
    assert "2 of 3 templates need you." in result.output


def test_without_a_file_all_templates_are_looked_at_even_before_there_are_settings(folder: Path) -> None:
    result = check()
    assert result.exit_code == 0
    assert [line for line in result.output.splitlines() if line.startswith("✓")] == [
        f"✓ config/templates/{name}.toml" for name in ("coalition-practice", "course", "open-circle", "pilot")
    ]


def test_with_settings_the_networks_own_are_among_them(folder: Path) -> None:
    (folder.parent / "secrets").mkdir()
    (folder.parent / "secrets" / "network_key").write_text(generate_network_key())
    (folder.parent / "secrets" / "network_key").chmod(0o600)
    (folder.parent / "config").mkdir()
    file = folder.parent / "config" / "network.toml"
    file.write_text('[network]\nname = "River and Hill"\n[learning]\ntemplates = "templates"\n')
    result = check("--settings", file)
    assert (result.exit_code, "✓ templates/ours.toml" in result.output) == (0, True)
    assert "✓ templates/ours.toml" in check().output


# ── what the services are told


def test_the_rules_hold_every_template_as_a_design(folder: Path) -> None:
    rules = rules_of(settings(learning=LearningSettings(templates=str(folder))))
    assert list(rules.templates) == ["coalition-practice", "course", "open-circle", "ours", "pilot"]
    assert rules.templates["ours"].template == "ours"
    assert rules.templates["ours"].access is Access.UNLISTED


def test_the_bot_does_not_start_with_a_template_that_is_wrong(folder: Path) -> None:
    (folder / "ours.toml").write_text(OURS.replace('"unlisted"', '"hidden"'), encoding="utf-8")
    with pytest.raises(SettingsError, match="one of open, request, unlisted"):
        rules_of(settings(learning=LearningSettings(templates=str(folder))))


async def test_check_has_a_red_line_for_a_template_that_is_wrong(folder: Path) -> None:
    (folder / "ours.toml").write_text(OURS.replace('"unlisted"', '"hidden"'), encoding="utf-8")
    found = await check_everything(settings(learning=LearningSettings(templates=str(folder))))
    [line] = [each for each in found if each.what == "Templates"]
    assert (line.ok, line.said) == (False, "access must be: one of open, request, unlisted")
    assert line.cure == "It stands in templates/ours.toml, line 5."
    found = await check_everything(settings())
    [line] = [each for each in found if each.what == "Templates"]
    assert (line.ok, line.said) == (True, "coalition-practice, course, open-circle, pilot")


def test_the_rules_hold_how_topics_are_voted_on_and_the_stages() -> None:
    learning = LearningSettings(vote_days=7, quorum_least=9, quorum_percent=33, purge_notice_days=30)
    rules = rules_of(settings(learning=learning, stages=(StageSettings(key="sow", title_en="Sow"),)))
    assert (rules.vote_days, rules.quorum_least, rules.quorum_percent, rules.purge_notice_days) == (7, 9, 33, 30)
    assert [(stage.key, dict(stage.titles)) for stage in rules.stages] == [("sow", {"en": "Sow"})]
    usual = rules_of(settings()).stages
    assert [stage.titles["en"] for stage in usual] == [
        "Listen",
        "Choose",
        "Learn",
        "Practise",
        "Reflect",
        "Pass on",
    ]


def test_spaces_can_stand_on_each_server_and_on_the_homeserver() -> None:
    secrets = Secrets.model_validate(
        {"network_key": generate_network_key(), "discord_token": "sample", "matrix_access_token": "sample"}
    )
    matrix = MatrixSettings(homeserver="https://matrix.example.org", user_id="@community:example.org")
    servers = tuple(
        HomeSettings(language=language, discord_server=10**17 + number, discord_channel=10**17 + 10 + number)
        for number, language in enumerate(("th", "es"))
    )
    lobby = HomeSettings(language="es", matrix_room="!abcdefghij:example.org")
    both = {"secrets": secrets, "discord": DiscordSettings(), "matrix": matrix}
    assert rules_of(settings(**both, homes=(*servers, lobby))).homes == (
        Home("100000000000000000", "discord", "th"),
        Home("100000000000000001", "discord", "es"),
        Home("matrix", "matrix", "es"),
    )
    # a homeserver where nobody is greeted speaks the network's language
    assert rules_of(settings(**both)).homes == (Home("matrix", "matrix", "en"),)
    assert rules_of(settings()).homes == ()
