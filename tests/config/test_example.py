"""The example file is documentation that must not drift from the settings it documents."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from pydantic_core import PydanticUndefined

from config import EXAMPLE_FILE, Settings
from config.explain import known_keys, section_of
from tests.config.conftest import Workplace

TEXT = EXAMPLE_FILE.read_text(encoding="utf-8")
_SWITCHED_OFF = re.compile(r"^#(?=\S)", re.MULTILINE)
EVERYTHING_ON = _SWITCHED_OFF.sub("", TEXT)

SAMPLES = {
    ("discord", "gateway"): "the default is to ask Discord",
    ("matrix", "appservice_url"): "the default is to have none",
    ("matrix", "encrypted_rooms"): "the default is to refuse every one",
    ("learning", "templates"): "the default is to have the shipped ones only",
    ("web", "public_url"): "the default is that nothing is public",
}


def _value_at(document: Any, key: tuple[str, ...]) -> Any:
    for number, part in enumerate(key, 1):
        if isinstance(document, list):
            # a key may stand in any of the sections that are listed
            return next((found for each in document if (found := each.get(part)) is not None), None)
        document = document[part]
        if number == len(key):
            return document
    return document


def test_the_example_loads_as_it_is(workplace: Workplace) -> None:
    workplace.file.write_text(TEXT, encoding="utf-8")
    settings = workplace.load()
    assert settings.network.name
    assert settings.discord is None
    assert settings.conversations == ()


def test_the_example_loads_with_every_setting_switched_on(workplace: Workplace) -> None:
    workplace.file.write_text(EVERYTHING_ON, encoding="utf-8")
    workplace.secret("discord_token", "sample")
    workplace.secret("matrix_access_token", "sample")
    settings = workplace.load()
    assert settings.discord is not None
    assert settings.matrix is not None
    assert len(settings.conversations) == 1
    assert len(settings.ends) == 1
    assert settings.settings_warnings == ()


def test_every_setting_is_in_the_example() -> None:
    document = tomllib.loads(EVERYTHING_ON)
    for key in known_keys(Settings):
        if key[0] != "secrets":
            assert _value_at(document, key) is not None, key


def test_every_secret_is_explained_in_the_example_and_none_is_set() -> None:
    for key in known_keys(Settings):
        if key[0] == "secrets" and len(key) > 1:
            assert re.search(rf"^#   {key[1]} ", TEXT, re.MULTILINE), key
    assert "secrets" not in tomllib.loads(EVERYTHING_ON)


def test_what_the_example_shows_as_default_is_the_default() -> None:
    document = tomllib.loads(EVERYTHING_ON)
    for key, known in known_keys(Settings).items():
        is_section = section_of(known.annotation) is not None
        has_default = known.default is not PydanticUndefined
        is_listed = key[0] in {"secrets", "conversations", "ends", "homes", "spaces", "stages"}
        if is_listed or is_section or not has_default or key in SAMPLES:
            continue
        assert _value_at(document, key) == known.default, key


def test_every_setting_in_the_example_is_explained_above_it() -> None:
    lines = TEXT.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"^#?[a-z_]+ = ", line):
            above = number - 1
            while re.match(r"^#?[a-z_]+ = ", lines[above]):
                above -= 1
            assert lines[above].startswith("# "), line
