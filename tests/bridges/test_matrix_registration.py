"""The registration: what the homeserver is told, and the command that writes it for the operator."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bridges.ends.matrix_registration import GhostNames, Registration, new_token
from community_bot.cli import app
from community_bot.errors import OperatorError
from config import generate_network_key, load_settings
from sandbox.matrix import RealSynapse
from tests.bridges.test_matrix_client import client_of

SETTINGS = """
[network]
name = "River and Hill"

[matrix]
homeserver = "https://matrix.river.example"
user_id = "@community:river.example"
"""
URL = 'appservice_url = "http://bot:9009"\n'
NAMES = GhostNames("_community_", "river.example")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's folder, with settings that say where the homeserver reaches the bot."""
    (tmp_path / "config").mkdir()
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "config" / "network.toml").write_text(SETTINGS + URL, encoding="utf-8")
    keep(tmp_path, "network_key", generate_network_key())
    keep(tmp_path, "matrix_access_token", "syt_token")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMMUNITY_BOT_SETTINGS", raising=False)
    monkeypatch.setenv("COMMUNITY_BOT_SECRETS_DIR", str(tmp_path / "secrets"))
    return tmp_path


def keep(place: Path, name: str, text: str) -> None:
    path = place / "secrets" / name
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["matrix", "registration", *words])


def refused(result: Result) -> str:
    assert isinstance(result.exception, OperatorError), result.output
    return result.exception.code


def test_the_file_and_its_tokens_are_written_for_the_operator_alone(place: Path) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    written = place / "secrets" / "registration.yaml"
    content = yaml.safe_load(written.read_text(encoding="utf-8"))
    kept = {name: (place / "secrets" / name).read_text().strip() for name in ("matrix_as_token", "matrix_hs_token")}
    assert (content["as_token"], content["hs_token"]) == (kept["matrix_as_token"], kept["matrix_hs_token"])
    assert content["as_token"] != content["hs_token"]
    assert min(len(token) for token in kept.values()) >= 43
    for path in (written, *(place / "secrets" / name for name in kept)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(token in result.output for token in kept.values())
    assert (content["url"], content["sender_localpart"]) == ("http://bot:9009", "_community_keeper")
    assert content["rate_limited"] is False
    ghosts, bot = content["namespaces"]["users"]
    assert (ghosts["exclusive"], bot["exclusive"]) == (True, False)
    assert re.match(ghosts["regex"], NAMES.user_of("0123456789abcdef"))
    assert not re.match(ghosts["regex"], "@community:river.example")
    assert re.match(bot["regex"], "@community:river.example")
    assert not re.match(bot["regex"], "@community:river.example.hill.example")


def test_with_what_it_wrote_the_mode_can_be_changed(place: Path) -> None:
    run()
    (place / "config" / "network.toml").write_text(SETTINGS + URL + 'mode = "appservice"\n', encoding="utf-8")
    settings = load_settings()
    assert settings.settings_warnings == ()
    assert settings.secrets.matrix_as_token is not None


def test_nothing_is_written_over_and_the_tokens_stay(place: Path) -> None:
    run()
    before = {path.name: path.read_bytes() for path in (place / "secrets").iterdir()}
    assert refused(run()) == "registration.taken"
    assert {path.name: path.read_bytes() for path in (place / "secrets").iterdir()} == before
    again = place / "again.yaml"
    assert run(str(again)).exit_code == 0
    assert again.read_bytes() == before["registration.yaml"]


def test_without_an_address_nothing_is_written(place: Path) -> None:
    (place / "config" / "network.toml").write_text(SETTINGS, encoding="utf-8")
    assert refused(run()) == "registration.settings"
    assert not (place / "secrets" / "matrix_as_token").exists()


def test_where_nothing_can_be_written_it_says_so(place: Path) -> None:
    assert refused(run(str(place / "config" / "network.toml" / "registration.yaml"))) == "registration.not_written"


@pytest.mark.parametrize("prefix", ["_community_", "a.b=c/d-"])
def test_the_namespace_is_our_names_and_no_others(prefix: str) -> None:
    names = GhostNames(prefix, "river.example:8448")
    ghost = names.user_of("0123456789abcdef")
    assert re.match(names.pattern, ghost)
    assert names.opaque_of(ghost) == "0123456789abcdef"
    for other in (
        f"{ghost}.hill.example",
        ghost.replace("river.", "riverx"),
        f"@x{ghost[1:]}",
        "@tono:river.example:8448",
    ):
        assert not re.match(names.pattern, other), other
        assert not names.is_ours(other), other


@pytest.mark.parametrize("opaque", ["", "short", "UPPER0123456789", "with:colon0123", "ก" * 12, "0" * 300])
def test_a_ghost_is_named_by_nothing_but_a_digest(opaque: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        NAMES.user_of(opaque)


def test_a_name_is_never_longer_than_matrix_allows() -> None:
    with pytest.raises(ValueError, match="digest"):
        GhostNames("_community_", "r" * 230).user_of("0" * 24)


def test_what_stands_in_the_file_is_what_synapse_is_told() -> None:
    registration = Registration("http://bot:9009", new_token(), new_token(), "@com'mu: #nity", NAMES, typing=True)
    assert yaml.safe_load(registration.yaml()) == registration.content()
    assert registration.content()["receive_ephemeral"] is True
    assert registration.as_token not in repr(registration)
    assert registration.hs_token not in repr(registration)


@pytest.mark.network
async def test_an_account_that_was_there_before_keeps_its_login_and_its_rooms() -> None:
    """An operator who comes from one bot account to ghosts changes the homeserver's configuration, and no more."""
    async with RealSynapse() as synapse:
        bot = await synapse.person("community", display_name="Community")
        room = await bot.create_room("Garden")
        names = GhostNames("_community_", synapse.server_name)
        registration = Registration(None, new_token(), new_token(), bot.user_id, names)
        synapse.appservices.append(registration.content())
        await synapse.stop()
        await synapse.start()
        event = await bot.say(room, "by its own login")
        async with client_of(synapse.url, bot.user_id, registration.as_token) as client:
            seen = await client.get("rooms", room, "event", event, as_user=bot.user_id)
            assert seen["sender"] == bot.user_id
        # Synapse answers no sync of an account that a service calls its own
        async with client_of(synapse.url, bot.user_id, bot.access_token) as own:
            assert room in (await own.get("sync", query={"timeout": "0"}))["rooms"]["join"]
