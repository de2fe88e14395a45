"""Which texts a command needs, and how they stand beside each other on Discord.

``command.me.alias.name``, ``….description``, ``….option.alias.name``, ``….option.alias.description``, for choices
``….option.calendar.buddhist.choice``; an ``….example`` may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptionTexts:
    """One option of a command, and the values of its choices."""

    name: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandTexts:
    """One command that can be called: ``("me", "alias")``. The groups above it are known from its path."""

    path: tuple[str, ...]
    options: tuple[OptionTexts, ...] = ()

    @property
    def key(self) -> str:
        """Where its texts begin."""
        return _key(self.path)

    def groups(self) -> Iterator[str]:
        """Yield where the texts of each group above it begin."""
        return (_key(self.path[:depth]) for depth in range(1, len(self.path)))

    def option_keys(self) -> Iterator[str]:
        """Yield where the texts of each option begin."""
        return (f"{self.key}.option.{option.name}" for option in self.options)

    def choice_keys(self) -> Iterator[tuple[str, ...]]:
        """Yield for each option the texts of its choices."""
        return (
            tuple(f"{self.key}.option.{option.name}.{value}.choice" for value in option.choices)
            for option in self.options
        )


def needed_keys(commands: Sequence[CommandTexts]) -> frozenset[str]:
    """Return every text that these commands must have in each language."""
    described = {
        place for command in commands for place in (*command.groups(), command.key, *command.option_keys())
    }
    chosen = {key for command in commands for keys in command.choice_keys() for key in keys}
    return frozenset(chosen | {f"{place}.{part}" for place in described for part in ("name", "description")})


def sibling_keys(commands: Sequence[CommandTexts]) -> list[tuple[str, ...]]:
    """Return the sets of texts that must differ from each other within a language."""
    beside: dict[str, dict[str, None]] = {}
    for command in commands:
        places = [*command.groups(), command.key]
        for above, place in zip(["", *places], places, strict=False):
            beside.setdefault(above, {})[f"{place}.name"] = None
    options = (tuple(f"{key}.name" for key in command.option_keys()) for command in commands)
    choices = (keys for command in commands for keys in command.choice_keys())
    return [*map(tuple, beside.values()), *filter(None, options), *filter(None, choices)]


def trees(commands: Sequence[CommandTexts]) -> dict[str, frozenset[str]]:
    """Return for each command at the top the texts of its whole tree, whose lengths Discord adds up."""
    tops: dict[str, list[CommandTexts]] = {}
    for command in commands:
        tops.setdefault(_key(command.path[:1]), []).append(command)
    return {top: needed_keys(below) for top, below in tops.items()}


def _key(path: tuple[str, ...]) -> str:
    return ".".join(("command", *path))
