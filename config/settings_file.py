"""Read the settings file, and refuse to take secrets from it."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.positions import line_of, line_of_keys
from config.problems import Problem
from config.rules import Place, dotted

DEFAULT_SETTINGS_FILE = Path("config/network.toml")
EXAMPLE_FILE = Path(__file__).parent / "network.example.toml"

_TOML_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_NAMED_LIKE_A_SECRET = re.compile(r"(?:^|_)(?:tokens?|passwords?|passwd|secrets?|network_key|private_key|api_key)$")


@dataclass(frozen=True)
class SettingsFile:
    """Hold the values of the file, the line of each, and what was wrong with the file itself."""

    shown: str
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    readable: bool = True

    def where(self, place: Place) -> str:
        """Say where a value stands: the file, and the line if it is written there."""
        line = line_of(self.lines, place)
        return self.shown if line is None else f"{self.shown}, line {line}"


def shown_path(path: Path) -> str:
    """Write a path as the operator would: relative when it lies under the working directory."""
    absolute = Path(os.path.abspath(path))
    try:
        return str(absolute.relative_to(Path.cwd()))
    except ValueError:
        return str(absolute)


def read_settings_file(path: Path, *, required: bool, secret_names: Collection[str]) -> SettingsFile:
    """Read a TOML file; everything wrong with it comes back as problems, never as an exception.

    A file that is not ``required`` may be missing: settings can come from the environment alone.
    """
    shown = shown_path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError:
        if not required:
            return SettingsFile(shown)
        expected = "a TOML file; to begin, copy config/network.example.toml there and fill it in"
        return _unreadable(shown, expected, f"missing; there is no file {shown}")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return _unreadable(shown, "text in UTF-8", f"{shown}, line {line}")
    except tomllib.TOMLDecodeError as error:
        return _unreadable(shown, *_syntax(shown, str(error), text))
    except OSError as error:
        return _unreadable(shown, f"a file that can be read ({type(error).__name__})", shown)

    lines = line_of_keys(text)
    problems = []
    for place in list(_secret_places(values, secret_names)):
        problems.append(_secret_in_file(place, f"{shown}, line {line_of(lines, place)}", secret_names))
        _remove(values, place)
    values.pop("secrets", None)
    return SettingsFile(shown, values, lines, tuple(problems))


def _unreadable(shown: str, expected: str, where: str) -> SettingsFile:
    return SettingsFile(shown, problems=(Problem("settings file", expected, where),), readable=False)


def _syntax(shown: str, message: str, text: str) -> tuple[str, str]:
    """Turn the parser's message into words and a place. The line's text stays out: it may hold a secret."""
    match = _TOML_POSITION.search(message)
    reason = _TOML_POSITION.sub("", message)
    expected = f"valid TOML; the parser says: {reason}"
    if match is None:
        return expected, shown
    if match[1] is None:
        return expected, f"{shown}, line {text.count(chr(10)) + 1}, at its end"
    return expected, f"{shown}, line {match[1]}, column {match[2]}"


def _secret_places(values: Mapping[str, Any], secret_names: Collection[str]) -> Iterator[Place]:
    secrets = values.get("secrets")
    if secrets is not None:
        inner = list(secrets) if isinstance(secrets, Mapping) else []
        yield from (("secrets", name) for name in inner)
        if not inner:
            yield ("secrets",)
    for name, value in values.items():
        if name != "secrets":
            yield from _named_like_secrets((name,), value, secret_names)


def _named_like_secrets(place: Place, value: Any, secret_names: Collection[str]) -> Iterator[Place]:
    name = _plain(place[-1])
    if name in secret_names or _NAMED_LIKE_A_SECRET.search(name):
        yield place
    elif isinstance(value, Mapping):
        for inner, inner_value in value.items():
            yield from _named_like_secrets((*place, inner), inner_value, secret_names)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _named_like_secrets((*place, number), item, secret_names)


def _plain(name: str | int) -> str:
    return str(name).lower().replace("-", "_")


def _secret_in_file(place: Place, where: str, secret_names: Collection[str]) -> Problem:
    names = [part for part in place if isinstance(part, str)]
    candidates = [_plain(names[-1]), "_".join(_plain(name) for name in names[-2:])]
    meant = next((name for name in candidates if name in secret_names), None)
    if meant is None:
        close = difflib.get_close_matches(candidates[-1], sorted(secret_names), n=1)
        meant = close[0] if close else None
    advice = f"the file secrets/{meant} (mode 600)" if meant else "its own file in the folder secrets (mode 600)"
    expected = f"left out: secrets are never read from the settings file; put it in {advice}"
    return Problem(dotted(place), expected, where)


def _remove(values: dict[str, Any], place: Place) -> None:
    inner: Any = values
    for part in place[:-1]:
        inner = inner[part]
    del inner[place[-1]]
