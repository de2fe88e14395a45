"""The commands as Discord is told of them, and how what it sends back is understood.

The name that Discord hands back is the English one, whatever the person saw. Sources: application-commands.mdx,
DOMAIN 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from community_bot.commands.registry import Registry
from community_bot.commands.specification import CommandSpec, Kind, Option, PersonMenu
from community_bot.locales import Catalogues, Language

Payload = dict[str, Any]
"""A command or an option, as Discord's API writes it."""

LOCALES: Final[Mapping[str, Language]] = {"th": "th", "es-419": "es", "es-ES": "es"}
"""Discord's languages to ours; English needs none, it stands where no other does."""
IN_PRIVATE: Final = frozenset({"start", "help", "me", "privacy"})
"""What can be asked in the private conversation too (DOMAIN 4.3)."""
FOR_OFFICES: Final = frozenset({"admin", "mod", "safety"})
"""Hidden until a server's own settings show them. Who may do what is decided by the services alone."""

_TYPED, _PERSON = 1, 2
_SUBCOMMAND, _GROUP = 1, 2
_OPTION_TYPES: Final = {Kind.TEXT: 3, Kind.CHOICE: 3, Kind.NUMBER: 4, Kind.PERSON: 6}
_GUILD, _BOT_DM = 0, 1


@dataclass(frozen=True, slots=True)
class Tree:
    """All commands: as Discord takes them, and by the names it sends."""

    payloads: tuple[Payload, ...]
    commands: Mapping[tuple[str, ...], CommandSpec]
    options: Mapping[tuple[tuple[str, ...], str], Option]
    """An option by the path of its command and its English name."""
    menus: Mapping[str, PersonMenu]


def build_tree(registry: Registry, catalogues: Catalogues) -> Tree:
    """Return everything on offer.

    Raises MissingTextError for a text nobody wrote, ValueError for a command that is also a group.
    """
    words = _Words(catalogues)
    commands: dict[tuple[str, ...], CommandSpec] = {}
    options: dict[tuple[tuple[str, ...], str], Option] = {}
    payloads: dict[str, Payload] = {}
    for bound in registry.commands.values():
        spec = bound.spec
        names = tuple(
            words.english(f"command.{'.'.join(spec.path[: depth + 1])}.name") for depth in range(len(spec.path))
        )
        commands[names] = spec
        for option in spec.options:
            options[spec.path, words.english(f"{spec.key}.option.{option.name}.name")] = option
        _place(payloads, spec, words)
    menus = {words.english(f"menu.{menu.name}.name"): menu for menu in registry.menus}
    people = [_menu(menu, words) for menu in registry.menus]
    return Tree((*payloads.values(), *people), commands, options, menus)


class _Words:
    """The texts of commands in every language."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._english = catalogues.translator("en")
        self._others = {locale: catalogues.translator(language) for locale, language in LOCALES.items()}

    def english(self, key: str) -> str:
        return self._english.plain(key)

    def said(self, what: str, key: str) -> Payload:
        """Return a name or description with its translations."""
        others = {locale: t.plain(key) for locale, t in self._others.items()}
        return {what: self.english(key), f"{what}_localizations": others}

    def head(self, key: str) -> Payload:
        return self.said("name", f"{key}.name") | self.said("description", f"{key}.description")


def _place(payloads: dict[str, Payload], spec: CommandSpec, words: _Words) -> None:
    """Put a command where it belongs, below its groups, which are made when they are missing."""
    top, *below = spec.path
    if not below:
        _once(payloads, top)
        payloads[top] = {"type": _TYPED, **words.head(spec.key), "options": _options(spec, words), **_reach(top)}
        return
    if top not in payloads:
        payloads[top] = {"type": _TYPED, **words.head(f"command.{top}"), "options": [], **_reach(top)}
    into: list[Payload] = payloads[top]["options"]
    if len(below) > 1:
        group = f"command.{top}.{below[0]}"
        found = next((each for each in into if each["name"] == words.english(f"{group}.name")), None)
        if found is None:
            found = {"type": _GROUP, **words.head(group), "options": []}
            into.append(found)
        into = found["options"]
    into.append({"type": _SUBCOMMAND, **words.head(spec.key), "options": _options(spec, words)})


def _once(payloads: Mapping[str, Payload], top: str) -> None:
    if top in payloads:
        raise ValueError(f"{top} is a command and a group of commands, which Discord does not allow")


def _reach(top: str) -> Payload:
    """Return where a command is offered, and to whom it is shown at first."""
    return {
        "contexts": [_GUILD, _BOT_DM] if top in IN_PRIVATE else [_GUILD],
        "default_member_permissions": "0" if top in FOR_OFFICES else None,
    }


def _options(spec: CommandSpec, words: _Words) -> list[Payload]:
    """Return a command's options, the required ones first, as Discord wants them."""
    ordered = sorted(spec.options, key=lambda option: not option.required)
    return [_option(spec, option, words) for option in ordered]


def _option(spec: CommandSpec, option: Option, words: _Words) -> Payload:
    key = f"{spec.key}.option.{option.name}"
    made: Payload = {"type": _OPTION_TYPES[option.kind], **words.head(key), "required": option.required}
    if option.choices:
        made["choices"] = [
            words.said("name", f"{key}.{value}.choice") | {"value": value} for value in option.choices
        ]
    elif option.kind is Kind.NUMBER:
        made |= {"min_value": option.least, "max_value": option.most}
    elif option.kind is Kind.TEXT:
        made["max_length"] = option.most
        if option.least:
            made["min_length"] = option.least
    if option.suggest is not None:
        made["autocomplete"] = True
    return made


def _menu(menu: PersonMenu, words: _Words) -> Payload:
    named = words.said("name", f"menu.{menu.name}.name")
    return {"type": _PERSON, **named, "contexts": [_GUILD], "default_member_permissions": None}


def leaf_of(data: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Mapping[str, Any]]]:
    """Return the names down to the command that was called, and what was filled in."""
    names, node = [str(data["name"])], data
    while (inner := next(_nested(node), None)) is not None:
        names.append(str(inner["name"]))
        node = inner
    return tuple(names), list(node.get("options") or ())


def _nested(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (option for option in node.get("options") or () if option["type"] in (_SUBCOMMAND, _GROUP))
