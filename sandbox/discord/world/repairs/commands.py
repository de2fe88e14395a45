"""What Discord asks of commands before it takes them: names, languages, lengths, order.

SimCord takes any. The rules are those of application-commands.mdx; the codes are those that people have met.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord
from simcord.backend.errors import BackendError
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, repair

_TYPED, _SUBCOMMAND, _GROUP = 1, 1, 2
_COUNTS = {1: 100, 2: 15, 3: 15}  # commands of each type an application may have
_OPTIONS = _CHOICES = 25
_SIZE = 8000  # characters in one command with everything below it
_LOCALES = frozenset(locale.value for locale in discord.Locale)
# Thai and Devanagari write vowels and tones as marks, which are no letters: these two scripts are allowed whole.
_SCRIPTS = ((0x0E01, 0x0E3A), (0x0E40, 0x0E5B), (0x0900, 0x0950), (0x0955, 0x0963), (0x0966, 0x097F))


@repair("PUT", "/applications/{application_id}/commands")
@repair("PUT", "/applications/{application_id}/guilds/{guild_id}/commands")
def replace_commands(backend: WireBackend, ctx: RequestContext) -> Any:
    """Refuse a list with a command in it that Discord would refuse; SimCord stores what it gets."""
    commands = ctx.json if isinstance(ctx.json, list) else []
    seen: set[tuple[int, str]] = set()
    for number, command in enumerate(commands):
        kind = int(command.get("type") or _TYPED)
        if (kind, command.get("name")) in seen:
            what = "Application command names must be unique"
            raise invalid(str(number), "APPLICATION_COMMANDS_DUPLICATE_NAME", what)
        seen.add((kind, command["name"]))
        _check(command, str(number), typed=kind == _TYPED)
        if _size(command) > _SIZE:
            raise invalid(str(number), "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_SIZE})")
    for kind, most in _COUNTS.items():
        if sum(own == kind for own, _ in seen) > most:
            raise BackendError(400, 30032, f"Maximum number of application commands reached ({most})")
    return NotImplemented


def _check(node: Mapping[str, Any], path: str, *, typed: bool) -> None:
    """Check a command or an option, and what is below it."""
    for where, name in _said(node, "name", path):
        if not 1 <= len(name) <= 32:
            raise invalid(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length.")
        if typed and not _is_name(name):
            raise invalid(where, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    for where, words in _said(node, "description", path):
        if typed and not 1 <= len(words) <= 100:
            raise invalid(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    _check_choices(node.get("choices") or [], path)
    _check_options(node.get("options") or [], path)


def _check_options(options: Sequence[Mapping[str, Any]], path: str) -> None:
    if len(options) > _OPTIONS:
        raise invalid(f"{path}.options", "BASE_TYPE_MAX_LENGTH", f"Must be {_OPTIONS} or fewer in length.")
    names = [option.get("name") for option in options]
    if len(set(names)) < len(names):
        what = "Application command option names must be unique"
        raise invalid(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_USED", what)
    if len({option.get("type") in (_SUBCOMMAND, _GROUP) for option in options}) > 1:
        what = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        raise invalid(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", what)
    optional = False
    for number, option in enumerate(options):
        where = f"{path}.options.{number}"
        if option.get("required") and optional:
            what = "Required options must be placed before non-required options"
            raise invalid(where, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", what)
        optional = optional or not option.get("required")
        _check(option, where, typed=True)


def _check_choices(choices: Sequence[Mapping[str, Any]], path: str) -> None:
    if len(choices) > _CHOICES:
        raise invalid(f"{path}.choices", "BASE_TYPE_MAX_LENGTH", f"Must be {_CHOICES} or fewer in length.")
    for number, choice in enumerate(choices):
        for where, name in _said(choice, "name", f"{path}.choices.{number}"):
            if not 1 <= len(name) <= 100:
                raise invalid(where, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _said(node: Mapping[str, Any], what: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield where and what is said, in every language; refuse languages Discord does not know."""
    yield f"{path}.{what}", str(node.get(what) or "")
    for locale, words in (node.get(f"{what}_localizations") or {}).items():
        where = f"{path}.{what}_localizations.{locale}"
        if locale not in _LOCALES:
            raise invalid(where, "BASE_TYPE_CHOICES", f"Value must be one of {sorted(_LOCALES)}.")
        yield where, str(words)


def _is_name(name: str) -> bool:
    allowed = all(
        character in "-_'"
        or unicodedata.category(character)[0] in "LN"
        or any(first <= ord(character) <= last for first, last in _SCRIPTS)
        for character in name
    )
    return allowed and name == name.lower()


def _size(node: Mapping[str, Any]) -> int:
    """Count names, descriptions and values; of several languages, the longest."""
    size = sum(max(len(words) for _, words in _said(node, what, "")) for what in ("name", "description"))
    below = [*(node.get("options") or []), *(node.get("choices") or [])]
    return size + len(str(node.get("value", ""))) + sum(_size(item) for item in below)
