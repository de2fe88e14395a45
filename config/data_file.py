"""TOML files that hold data and no settings (country packs, templates): read them, and say what is wrong where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.explain import words_for, words_for_unknown
from config.positions import line_of, line_of_keys
from config.problems import Problem, SettingsError
from config.rules import BrokenRule, Place, dotted
from config.shown import shown_value


@dataclass(frozen=True, slots=True)
class DataFile:
    """Hold what a file says, and on which line. ``shown`` is how an operator calls the file."""

    shown: str
    values: Mapping[str, Any]
    lines: dict[Place, int]

    def where(self, place: Place) -> str:
        """Say where a value stands: the file, and the line if it is written there."""
        line = line_of(self.lines, place)
        return self.shown if line is None else f"{self.shown}, line {line}"

    def refused(self, model: type[BaseModel], error: ValidationError) -> list[Problem]:
        """Explain what pydantic refused, value by value."""
        return [self._one(model, detail) for detail in error.errors(include_url=False)]

    def broken(self, rules: Iterable[BrokenRule]) -> list[Problem]:
        """Explain rules that several values break together."""
        return [Problem(rule.key, rule.expected, self.where(rule.place)) for rule in rules]

    def _one(self, model: type[BaseModel], detail: ErrorDetails) -> Problem:
        place, where = detail["loc"], self.where(detail["loc"])
        if detail["type"] == "extra_forbidden":
            return Problem(dotted(place), words_for_unknown(model, place), where)
        if detail["type"] == "missing":
            return Problem(dotted(place), words_for(model, place), f"missing; {where}")
        words = detail["ctx"]["words"] if detail["type"] == "must_be" else words_for(model, place)
        return Problem(dotted(place), words, where, shown_value(place, detail["input"]))


def read_data_file(file: Traversable, shown: str, *, called: str) -> DataFile:
    """Read a TOML file. Raises ``SettingsError``, with ``called`` as the key, when it cannot be read as one."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        values = tomllib.loads(text)
    except OSError as error:
        expected = f"a file that can be read ({type(error).__name__})"
        raise SettingsError([Problem(called, expected, shown)]) from None
    except ValueError as error:
        # not UTF-8, not TOML, or a number that Python finds too long to read
        raise SettingsError([Problem(called, f"TOML in UTF-8; the parser says: {error}", shown)]) from None
    return DataFile(shown, values, line_of_keys(text))
