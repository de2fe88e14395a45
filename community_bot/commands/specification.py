"""How a capability says what it offers: commands with typed options, and buttons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.domain.roles import Power

Act = TypeVar("Act", bound=Callable[..., Awaitable[Reply]])
Suggest = Callable[[Any, Request, str], Awaitable[list[Suggestion]]]
"""A method of the capability: ``(self, request, typed so far)``; 25 suggestions are shown at most."""


class Kind(StrEnum):
    """What an option takes. The act receives str, str, int, Account."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. Its name is English and stable; what people see are the texts

    ``command.<path>.option.<name>.name`` and ``….description``, and for choices ``….option.<name>.<value>.choice``.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()
    least: int = 0
    """The smallest number, or the fewest characters."""
    most: int = 400
    """The largest number, or the most characters."""
    suggest: Suggest | None = None


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: ``path`` is ``("me", "alias")`` or ``("start",)``; texts at ``command.<path joined by dots>.``

    ``name``, ``description`` and ``example`` (the options of an example, may be empty).
    """

    path: tuple[str, ...]
    power: Power
    options: tuple[Option, ...]
    method: str
    listed: bool = True
    """Whether help names it; what nearly nobody ever needs is only told to those who do."""

    @property
    def name(self) -> str:
        return " ".join(self.path)

    @property
    def key(self) -> str:
        return "command." + ".".join(self.path)


@dataclass(frozen=True, slots=True)
class PersonMenu:
    """A context menu on a person: text ``menu.<name>.name``; the command ``path`` gets the person as ``option``."""

    name: str
    path: tuple[str, ...]
    option: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a method was marked with."""

    commands: list[CommandSpec] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


def command(path: str, *options: Option, power: Power = Power.MEMBER, listed: bool = True) -> Callable[[Act], Act]:
    """Offer a method ``(self, request, **options)`` as a command; left-out options are not passed.

    ``power`` hides it from help and refuses early; the service checks again, and that check is the one that counts.
    """

    def mark(method: Act) -> Act:
        _offer(method).commands.append(CommandSpec(tuple(path.split()), power, options, method.__name__, listed))
        return method

    return mark


def button(action: str) -> Callable[[Act], Act]:
    """Offer a method ``(self, request, argument)`` under the name of a button's action."""

    def mark(method: Act) -> Act:
        _offer(method).buttons.append(action)
        return method

    return mark


def _offer(method: Callable[..., object]) -> Offer:
    if not hasattr(method, "offer"):
        setattr(method, "offer", Offer())  # noqa: B010 - functions have no such attribute of their own
    found: Offer = method.offer  # type: ignore[attr-defined]
    return found
