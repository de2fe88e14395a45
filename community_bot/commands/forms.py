"""Forms: on Discord one modal, on Matrix a short dialogue, from the same description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from community_bot.locales import Language, Markup

if TYPE_CHECKING:
    from community_bot.commands.request import Reply, Request

Answers = Mapping[str, tuple[str, ...]]
"""Field name to what was given: one text, one chosen value, several ticked values, or nothing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; ``label`` and ``detail`` are plain text of at most 100 characters."""

    value: str
    label: str
    detail: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One question. ``choice``: one of ``choices``; ``ticks``: any of them, at least ``fewest``; ``line`` and
    ``paragraph``: text of ``shortest`` to ``longest`` characters.

    ``label`` (45 characters) and ``hint`` (100) are plain text; ``intro`` is read before the question.
    """

    name: str
    kind: Literal["choice", "ticks", "line", "paragraph"]
    label: str
    hint: str = ""
    intro: Markup | None = None
    choices: tuple[Choice, ...] = ()
    fewest: int = 0
    required: bool = True
    shortest: int = 0
    longest: int = 1000
    value: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """At most five fields, intros counted too (Discord's limit for a modal). ``title`` has 45 characters at most.

    ``name`` finds the handler again, ``argument`` is given back to it; together at most 80 characters.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    argument: str = ""


class FormHandler(Protocol):
    """What stands behind a form. ``name`` is its key in the registry."""

    name: str

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form as it is to be shown, with what was answered before filled in.

        Raises :class:`Refusal` when the person cannot fill it in at all.
        """

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass when the answers given so far can stand. Raises :class:`Refusal` with the field to correct."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Act on the whole form. Raises :class:`Refusal`, with nothing changed."""

    def language(self, answers: Answers) -> Language | None:
        """Return the language chosen in the form itself, for what is asked after it."""


def first(answers: Answers, name: str) -> str:
    """Return the one answer to a question, empty when there is none."""
    given = answers.get(name, ())
    return given[0] if given else ""
