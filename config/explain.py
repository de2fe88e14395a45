"""Turn what pydantic refuses, and what the rules find, into problems an operator can act on."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.problems import Problem
from config.rules import BrokenRule, Place, dotted
from config.secret_files import SecretFiles
from config.settings_file import SettingsFile
from config.shown import shown_value
from config.sources import ENVIRONMENT_PREFIX, OTHER_VARIABLES, Reading
from config.values import MustBe


def section_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model an annotation stands for: ``Model``, ``Model | None`` or ``tuple[Model, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {tuple, Union, types.UnionType}:
        return next((found for part in get_args(annotation) if (found := section_of(part))), None)
    return None


def known_keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], FieldInfo]:
    """Return every key below a model with its field, sections included: ``("logs", "level")``."""
    keys: dict[tuple[str, ...], FieldInfo] = {}
    for name, known in model.model_fields.items():
        keys[(*above, name)] = known
        inner = section_of(known.annotation)
        if inner is not None:
            keys.update(known_keys(inner, (*above, name)))
    return keys


def words_for(model: type[BaseModel], place: Place) -> str:
    """Return what the value at a place must be; an item of a list is described by the words of its list."""
    names = tuple(part for part in place if isinstance(part, str))
    return next(mark.words for mark in known_keys(model)[names].metadata if isinstance(mark, MustBe))


def words_for_unknown(model: type[BaseModel], place: Place) -> str:
    """Return what to write instead of a key that nobody knows."""
    *above, name = (part for part in place if isinstance(part, str))
    keys = known_keys(model)
    siblings = {key[-1]: key for key in keys if key[:-1] == tuple(above)}
    close = difflib.get_close_matches(name, siblings, n=1)
    if close:
        return f"a known key; did you mean {close[0]}?"
    elsewhere = [key for key in keys if key[-1] == name and len(key) > 1]
    if elsewhere:
        return f"a known key; {name} belongs under [{'.'.join(elsewhere[0][:-1])}]"
    return f"a known key; here these are known: {', '.join(siblings)}"


def environment_name(place: Place) -> str:
    """Return the variable of a key: ``COMMUNITY_BOT_LOGS__LEVEL``; for a list, the variable of the whole list."""
    names: list[str] = []
    for part in place:
        if isinstance(part, int):
            break
        names.append(part.upper())
    return ENVIRONMENT_PREFIX + "__".join(names)


@dataclass(frozen=True)
class Explainer:
    """Know where every value came from, and say so."""

    model: type[BaseModel]
    read: Reading
    file: SettingsFile
    secrets: SecretFiles

    def refused(self, error: ValidationError) -> Iterator[Problem]:
        """Explain what pydantic refused, value by value."""
        for detail in error.errors(include_url=False):
            # what the values break together is told by ``broken``, with its place
            if detail["type"] != "rules":
                yield self._one(detail)

    def broken(self, rule: BrokenRule) -> Problem:
        """Explain a rule that several values break together."""
        where = self._missing(rule.place) if rule.missing else self._where(rule.place)
        return Problem(rule.key, rule.expected, where)

    def unknown_variables(self) -> Iterator[Problem]:
        """Find variables with our prefix that name no section; inside a section pydantic finds them."""
        for name, value in sorted(self.read.environment.items()):
            upper = name.upper()
            if not upper.startswith(ENVIRONMENT_PREFIX) or upper in OTHER_VARIABLES or not value:
                continue
            section = upper.removeprefix(ENVIRONMENT_PREFIX).split("__")[0].lower()
            if section not in self.model.model_fields:
                meant = self._meant_variable(upper)
                advice = f"; did you mean {meant}?" if meant else ""
                yield Problem(name, f"a known setting{advice}", f"environment variable {name}")

    def _meant_variable(self, upper: str) -> str | None:
        names = [*(environment_name(key) for key in known_keys(self.model)), *sorted(OTHER_VARIABLES)]
        # one underscore for two, or the section left out, are likelier than a wrong letter
        for name in names:
            if upper in {name.replace("__", "_"), ENVIRONMENT_PREFIX + name.split("__")[-1]}:
                return name
        return next(iter(difflib.get_close_matches(upper, names, n=1)), None)

    def _one(self, detail: ErrorDetails) -> Problem:
        place: Place = tuple(detail["loc"])
        kind = detail["type"]
        if kind == "extra_forbidden":
            return Problem(dotted(place), words_for_unknown(self.model, place), self._where(place))
        if kind == "missing":
            return Problem(dotted(place), words_for(self.model, place), self._missing(place))
        words = detail["ctx"]["words"] if kind == "must_be" else words_for(self.model, place)
        return Problem(dotted(place), words, self._where(place), shown_value(place, detail["input"]))

    def _where(self, place: Place) -> str:
        variable = self._variable(place)
        if variable is not None:
            return f"environment variable {variable}"
        if place[0] == "secrets" and len(place) > 1:
            return self.secrets.where(str(place[1]))
        return self.file.where(place)

    def _missing(self, place: Place) -> str:
        if place[0] == "secrets":
            return f"missing; put it in the {self.secrets.where(str(place[-1]))} (mode 600)"
        if self._variable(place[:-1]) is not None and place[:-1] not in self.file.lines:
            return f"missing; set it in the environment variable {environment_name(place)}"
        section = ".".join(part for part in place[:-1] if isinstance(part, str))
        header = f"[[{section}]]" if isinstance(place[-2], int) else f"[{section}]"
        line = self.file.lines.get(place[:-1])
        below = header if line is None else f"{header} (line {line})"
        also = "" if isinstance(place[-2], int) else f", or in {environment_name(place)}"
        return f"missing; set it in {self.file.shown} under {below}{also}"

    def _variable(self, place: Place) -> str | None:
        """Return the variable that holds the place, looking from the most exact name to the section's."""
        if not place or not _holds(self.read.from_environment, place):
            return None
        present = {name.upper(): name for name, value in self.read.environment.items() if value}
        for length in range(len(place), 0, -1):
            name = present.get(environment_name(place[:length]))
            if name is not None:
                return name
        return next((name for name in present if name.startswith(environment_name(place) + "__")), None)


def _holds(values: Any, place: Place) -> bool:
    for part in place:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
