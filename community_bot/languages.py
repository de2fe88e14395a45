"""`community-bot languages check`: every text in every language, looked through before people read it (LNG-1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from community_bot.commands.admin import STEPS
from community_bot.commands.registry import Registry
from community_bot.commands.specification import Kind
from community_bot.composition import compose
from community_bot.domain.agreements import PURPOSES
from community_bot.domain.member import MemberState
from community_bot.domain.roles import Role
from community_bot.locales import catalogues
from community_bot.locales.check import Finding, check_languages
from community_bot.locales.command_texts import CommandTexts, OptionTexts
from community_bot.locales.used_keys import used_keys
from community_bot.services.network import Rules
from db.engine import Database
from db.keys import NetworkKeys


def find_faults() -> list[Finding]:
    """Return what is missing, too long, or worded as it should not be; nothing when all is well."""
    registry = offered()
    return check_languages(command_texts(registry), used_keys(Path(__file__).parent), _families(registry))


def offered() -> Registry:
    """Return everything that people can ask for, on a network that nobody is in."""
    nobody = Database("sqlite+aiosqlite://")
    return compose(nobody, NetworkKeys(bytes(32)), Rules("network"), catalogues()).desk.registry


def command_texts(registry: Registry) -> list[CommandTexts]:
    """Return which texts the commands need."""
    return [
        CommandTexts(
            bound.spec.path,
            tuple(
                OptionTexts(option.name, option.choices if option.choices or option.kind is Kind.CHOICE else ())
                for option in bound.spec.options
            ),
        )
        for bound in registry.commands.values()
    ]


def _families(registry: Registry) -> Mapping[str, Collection[str]]:
    """Return the keys that are put together from values while running."""
    return {
        "health.step.": [f"health.step.{step}" for step in STEPS],
        "menu.": [f"menu.{menu.name}.name" for menu in registry.menus],
        "purpose.": [f"purpose.{each.key}.{part}" for each in PURPOSES for part in ("label", "hint")],
        "role.": [f"role.{role.value}" for role in Role],
        "state.": [f"state.{state.value}" for state in MemberState],
    }
