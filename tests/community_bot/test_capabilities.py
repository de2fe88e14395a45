"""Both faces offer the same, and everything a service lets people do is offered somewhere (HOUSE: capabilities)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from community_bot.cogs.tree import build_tree
from community_bot.commands.registry import Registry
from community_bot.commands.specification import CommandSpec, Kind
from community_bot.composition import compose
from community_bot.languages import find_faults, offered
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.matrix.words import Vocabulary, plain_word
from community_bot.platforms.port import PlatformPort
from community_bot.services.network import Rules
from db.engine import Database
from db.keys import NetworkKeys

COMMANDS = Path(__file__).parent.parent.parent / "community_bot" / "commands"

ON_ONE_FACE: dict[tuple[str, ...], str] = {}
"""Commands that only one platform has, with the reason."""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return offered()


def _actions() -> Iterator[str]:
    """Give every public action of every service as ``Service.action``."""
    nobody = Database("sqlite+aiosqlite://")
    capabilities = compose(nobody, NetworkKeys(bytes(32)), Rules("network"), catalogues())
    for service in capabilities.services:
        for name, method in vars(type(service)).items():
            if getattr(method, "is_action", False):
                yield f"{type(service).__name__}.{name}"


def _used() -> set[str]:
    """Return the names of all methods that the commands use of something of their own."""
    return {
        node.attr
        for path in COMMANDS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "self"
    }


def test_everything_a_service_lets_people_do_is_offered_to_them() -> None:
    actions, used = list(_actions()), _used()
    assert len(actions) > 30
    assert [action for action in actions if action.split(".")[1] not in used] == []


def test_every_command_is_on_discord(registry: Registry) -> None:
    tree = build_tree(registry, catalogues())
    on_discord = {spec.path for spec in tree.commands.values()}
    assert on_discord ^ registry.commands.keys() == {path for path in ON_ONE_FACE if path not in on_discord}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_can_be_typed_on_matrix_in_every_language(registry: Registry, language: Language) -> None:
    vocabulary, t = Vocabulary(registry, catalogues()), catalogues().translator(language)
    wrong = []
    for bound in registry.commands.values():
        place = vocabulary.tree
        for depth in range(1, len(bound.spec.path) + 1):
            word = t.plain("command." + ".".join(bound.spec.path[:depth]) + ".name")
            place = place.next[plain_word(word)]
        if place.spec is not bound.spec:
            wrong.append(bound.spec.name)
    assert wrong == [], "another command answers to these words"


def test_a_person_is_chosen_from_a_menu_only_where_words_do_too(registry: Registry) -> None:
    """A menu on a person has no equal on Matrix but the command behind it."""
    for menu in registry.menus:
        assert menu.path in registry.commands
        assert menu.option in {option.name for option in registry.commands[menu.path].spec.options}


def test_both_platforms_are_spoken_to_through_one_contract() -> None:
    from community_bot.platforms.discord_port import DiscordPort  # noqa: PLC0415
    from community_bot.platforms.matrix_port import MatrixPort  # noqa: PLC0415

    wanted = {name for name in vars(PlatformPort) if not name.startswith("_")}
    assert wanted - set(dir(DiscordPort)) <= {"platform"}
    assert wanted - set(dir(MatrixPort)) <= {"platform"}


def test_required_options_come_first(registry: Registry) -> None:
    def order(spec: CommandSpec) -> list[bool]:
        return [option.required for option in spec.options]

    assert [b.spec.name for b in registry.commands.values() if order(b.spec) != sorted(order(b.spec))[::-1]] == []


def test_nobody_is_listed_while_somebody_types(registry: Registry) -> None:
    """SAF-17: an option that names a person by alias offers nothing."""
    options = [
        option for bound in registry.commands.values() for option in bound.spec.options if option.name == "alias"
    ]
    assert options
    assert [option for option in options if option.suggest is not None and option.kind is not Kind.PERSON] == []


def test_every_text_is_there_in_every_language_and_short_enough() -> None:
    assert [f"{fault.language}: {fault.key}: {fault.said}" for fault in find_faults()] == []
