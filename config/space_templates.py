"""Templates of learning spaces: those that come with the program, and a network's own (SPC-1).

A template is one TOML file, named after its key. A network's own stand in the folder that ``learning.templates``
names; one that is named like a shipped one replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from config.data_file import read_data_file
from config.problems import Problem, SettingsError
from config.settings_file import shown_path
from config.shown import shown_value
from config.template_rules import Sound, broken_rules
from config.template_values import RoomEntry, TemplateFile

TEMPLATES = files("config") / "templates"

Value = TypeVar("Value")


def load_templates(folder: Path | None = None) -> Mapping[str, dict[str, Any]]:
    """Read every template, shipped ones and those of ``folder``, by key in alphabetical order.

    What comes back are plain values, as ``community_bot.domain.space_design.design_of`` takes them. Raises
    ``SettingsError`` with every problem of every file.
    """
    found: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    try:
        places = template_files(folder)
    except SettingsError as error:
        places, problems = template_files(None), list(error.problems)
    for file, shown in places:
        try:
            template = load_template(file, shown)
        except SettingsError as error:
            problems += error.problems
        else:
            found[template["template"]] = template
    if problems:
        raise SettingsError(problems)
    return found


def template_files(folder: Path | None = None) -> list[tuple[Traversable, str]]:
    """Return each template's file and how it is called, in the order of their keys.

    Raises ``SettingsError`` when there is a folder and it cannot be read.
    """
    found = {file.name: (file, f"config/templates/{file.name}") for file in _toml_files(TEMPLATES)}
    if folder is not None:
        try:
            own = _toml_files(folder)
        except OSError as error:
            expected = f"a folder that is there and can be read ({type(error).__name__})"
            shown = shown_value(("learning",), str(folder))
            raise SettingsError([Problem("learning.templates", expected, "settings", shown)]) from None
        found |= {file.name: (file, shown_path(folder / file.name)) for file in own}
    return [found[name] for name in sorted(found)]


def load_template(file: Traversable, shown: str) -> dict[str, Any]:
    """Read and check one template; return its plain values.

    Raises ``SettingsError`` with every problem found, each with its key and line.
    """
    read = read_data_file(file, shown, called="template")
    problems: list[Problem] = []
    template: TemplateFile | None = None
    try:
        template = TemplateFile.model_validate(read.values)
    except ValidationError as error:
        problems = read.refused(TemplateFile, error)
    problems += read.broken(broken_rules(_sound(read.values, template), file.name.removesuffix(".toml")))
    if template is None or problems:
        raise SettingsError(problems)
    return _plain(template)


def _toml_files(folder: Traversable) -> list[Traversable]:
    return [each for each in folder.iterdir() if each.name.endswith(".toml") and not each.name.startswith(".")]


def _sound(values: Mapping[str, Any], template: TemplateFile | None) -> Sound:
    """Keep what is right by itself, so that rules can be tried on it."""
    listed = values.get("rooms")
    raw = listed if isinstance(listed, list) else []
    rooms = {number: room for number, each in enumerate(raw) if (room := _valid(RoomEntry, each)) is not None}
    return Sound(
        key=_field("key", values),
        bridged=_field("bridged", values),
        participants=_set("participants", values),
        facilitators=_set("facilitators", values),
        rooms=rooms,
        whole=template is not None or 0 < len(rooms) == len(raw),
    )


def _valid(model: type[BaseModel], value: object) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError:
        # already among the problems of the whole template
        return None


def _field(name: str, values: Mapping[str, Any]) -> Any:
    known = TemplateFile.model_fields[name]
    try:
        return TypeAdapter(known.rebuild_annotation()).validate_python(values.get(name, known.default))
    except ValidationError:
        # already among the problems of the whole template
        return None


def _set(name: str, values: Mapping[str, Any]) -> frozenset[str] | None:
    listed = _field(name, values)
    return None if listed is None else frozenset(listed)


def _plain(template: TemplateFile) -> dict[str, Any]:
    return {
        "template": template.key,
        "titles": template.titles.words(),
        "purposes": template.purposes.words(),
        "access": template.access,
        "rooms": [_plain_room(room) for room in template.rooms],
        "agreements": template.agreements.words(),
        "participants": sorted(template.participants),
        "facilitators": sorted(template.facilitators),
        "pilot": template.pilot,
        "bridged": template.bridged,
    }


def _plain_room(room: RoomEntry) -> dict[str, Any]:
    return {
        "key": room.key,
        "kind": room.kind,
        "names": room.names.words(),
        "purposes": room.purposes.words(),
        "seen_by": room.seen_by,
        "written_by": room.written_by,
        "slow_seconds": room.slow_seconds,
        "tags": [tag.words() for tag in room.tags],
        "joined": room.joined,
        "welcome": None if room.welcome is None else room.welcome.words(),
        "platforms": list(room.platforms),
    }
