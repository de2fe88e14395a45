"""The Compose file is valid, closed to the outside, and says only what the bot understands."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from config import load_settings
from config.models import Secrets
from config.sources import ENVIRONMENT_PREFIX

SERVICES = ("bot", "postgres", "synapse")
SECRET_WORDS = re.compile("TOKEN|PASSWORD|SECRET|KEY", re.IGNORECASE)


def test_it_follows_the_compose_specification(root: Path) -> None:
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(root / "docker-compose.yml")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_runs_the_bot_its_database_and_a_homeserver_only_on_request(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == set(SERVICES)
    assert compose["services"]["synapse"]["profiles"] == ["synapse"]
    assert [name for name, service in compose["services"].items() if "profiles" in service] == ["synapse"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_privilege_and_cannot_change_its_own_files(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "a numeric user that is not root"
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & set(service)
    assert not [volume for volume in service.get("volumes", []) if "docker.sock" in volume]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded_restarted_watched_and_ended_in_order(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]

    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD", "no shell in between"
    assert service["stop_grace_period"] == "30s"
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_port_is_published_beyond_this_machine(compose: dict[str, Any], name: str) -> None:
    for port in compose["services"][name].get("ports", []):
        assert isinstance(port, str)
        assert port.startswith("127.0.0.1:")


def test_the_database_is_reached_by_the_bot_only(compose: dict[str, Any]) -> None:
    assert compose["services"]["postgres"]["networks"] == ["database"]
    assert "ports" not in compose["services"]["postgres"]
    assert compose["networks"]["database"]["internal"] is True
    assert [name for name in SERVICES if "database" in compose["services"][name]["networks"]] == ["bot", "postgres"]


def test_the_bot_waits_for_a_healthy_database(bot: dict[str, Any]) -> None:
    assert bot["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert bot["healthcheck"]["test"] == ["CMD", "community-bot", "health"]


@pytest.mark.parametrize("name", ["postgres", "synapse"])
def test_an_image_from_elsewhere_is_fixed_to_a_version(compose: dict[str, Any], name: str) -> None:
    tag = compose["services"][name]["image"].rpartition(":")[2]

    assert re.fullmatch(r"v?\d+(\.\d+)*", tag)


def test_what_the_bot_keeps_is_in_a_named_volume(compose: dict[str, Any], bot: dict[str, Any]) -> None:
    assert bot["volumes"] == ["bot-data:/data"]
    used = {volume.partition(":")[0] for service in compose["services"].values() for volume in service["volumes"]}
    assert used == set(compose["volumes"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_an_environment_variable(compose: dict[str, Any], name: str) -> None:
    for variable, value in compose["services"][name].get("environment", {}).items():
        if SECRET_WORDS.search(variable):
            assert str(value).startswith("/run/secrets"), f"{variable} may only name a file"
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), f"{variable} holds a password in an address"


def test_every_secret_is_a_file_that_git_ignores_and_somebody_reads(compose: dict[str, Any], root: Path) -> None:
    files = {name: secret["file"] for name, secret in compose["secrets"].items()}
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}

    assert files == {name: f"./secrets/{name}" for name in files}
    assert used == set(files)
    assert "/secrets/" in (root / ".gitignore").read_text().splitlines()


def test_every_configuration_file_is_there_or_has_an_example(compose: dict[str, Any], root: Path) -> None:
    for configuration in compose["configs"].values():
        path = root / configuration["file"]
        assert path.exists() or path.with_suffix(f".example{path.suffix}").exists()


def test_the_bot_understands_every_variable_and_every_secret(
    bot: dict[str, Any], root: Path, tmp_path: Path
) -> None:
    """Load the settings just as the container does, with the example file and a value in every secret file."""
    assert set(bot["secrets"]) <= set(Secrets.model_fields)
    for name in bot["secrets"]:
        value = b64encode(secrets.token_bytes(32)).decode()
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    environment = {name: value for name, value in bot["environment"].items() if name.startswith(ENVIRONMENT_PREFIX)}
    assert environment == bot["environment"], "nothing else is handed in"
    environment["COMMUNITY_BOT_SECRETS_DIR"] = str(tmp_path)

    settings = load_settings(root / "config" / "network.example.toml", environment=environment)

    assert settings.database.url == "postgresql+asyncpg://community_bot@postgres/community_bot"
    assert settings.logs.format == "json"
    for name in bot["secrets"]:
        assert getattr(settings.secrets, name) is not None


def test_bot_and_database_agree_on_who_logs_in(compose: dict[str, Any], bot: dict[str, Any]) -> None:
    postgres = compose["services"]["postgres"]
    environment = postgres["environment"]

    assert bot["environment"]["COMMUNITY_BOT_DATABASE__URL"].endswith(
        f"://{environment['POSTGRES_USER']}@postgres/{environment['POSTGRES_DB']}"
    )
    assert environment["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database_password"
    assert postgres["secrets"] == ["database_password"]
    assert "database_password" in bot["secrets"]


def test_the_bot_finds_its_settings_where_they_are_mounted(compose: dict[str, Any], bot: dict[str, Any]) -> None:
    assert bot["configs"] == [{"source": "network", "target": bot["environment"]["COMMUNITY_BOT_SETTINGS"]}]
    assert compose["configs"]["network"] == {"file": "./config/network.toml"}
