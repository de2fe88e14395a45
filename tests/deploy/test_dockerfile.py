"""The image is built from checked packages only, holds nothing private, and runs without privilege."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def instructions(root: Path) -> list[str]:
    """Each instruction as one line, without comments."""
    text = (root / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def last_stage(instructions: list[str]) -> list[str]:
    begins = max(number for number, line in enumerate(instructions) if line.startswith("FROM "))
    return instructions[begins:]


def test_it_ends_as_a_numeric_user_that_is_not_root_and_is_the_one_of_compose(
    last_stage: list[str], bot: dict[str, Any]
) -> None:
    users = [line.removeprefix("USER ") for line in last_stage if line.startswith("USER ")]

    assert users == [bot["user"]]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[0])
    after = last_stage[last_stage.index(f"USER {users[0]}") :]
    assert not [line for line in after if line.startswith(("RUN ", "COPY ", "ADD "))]


def test_it_starts_the_bot_and_says_how_it_is(last_stage: list[str], bot: dict[str, Any]) -> None:
    assert 'ENTRYPOINT ["community-bot"]' in last_stage
    assert 'CMD ["run"]' in last_stage
    health = next(line for line in last_stage if line.startswith("HEALTHCHECK "))
    assert json.loads(health.partition(" CMD ")[2]) == bot["healthcheck"]["test"][1:]


def test_every_base_image_is_the_same_and_has_a_version(instructions: list[str]) -> None:
    bases = {line.split()[1] for line in instructions if line.startswith("FROM ")}

    assert bases == {"python:3.12-slim"}


def test_nothing_is_installed_without_its_hash(instructions: list[str]) -> None:
    installs = [
        command
        for line in instructions
        for command in re.split(r"&&|;", line)
        if re.search(r"\bpip install\b", command)
    ]

    assert len(installs) == 2
    for command in installs:
        assert "--require-hashes" in command
        assert "--only-binary :all:" in command


def test_it_names_no_place_to_download_from(root: Path) -> None:
    text = (root / "Dockerfile").read_text(encoding="utf-8")

    assert not re.search(r"https?://|--(extra-)?index|--find|ADD ", text)


def test_the_tools_it_picks_from_the_constraints_are_all_there_and_complete(
    instructions: list[str], root: Path
) -> None:
    line = next(line for line in instructions if line.startswith("RUN awk"))
    picked = re.search(r"\^\(([a-z|-]+)\)==", line)
    assert picked is not None
    tools = set(picked[1].split("|"))

    constraints = (root / "constraints.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)==", constraints, flags=re.MULTILINE))
    assert tools <= pinned
    assert tools == {"uv"} | _needed_by("hatchling")


def _needed_by(name: str) -> set[str]:
    """Follow what a package needs on the Python of the image."""
    needed = {name}
    for text in requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"python_version": "3.12", "extra": ""}):
            needed |= _needed_by(canonicalize_name(requirement.name))
    return needed


def test_only_what_is_named_enters_the_build(root: Path) -> None:
    rules = [
        line
        for line in (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    admitted = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

    assert rules[0] == "*", "everything is kept out first"
    assert admitted == packages | {"LICENSE", "README.md", "constraints.txt", "pyproject.toml"}
    assert "config/network.toml" in rules, "an operator's own settings stay outside"
    assert all((root / name).exists() for name in admitted)
