"""The words by which commands, options and choices can be called: every name, in every language at once.

Somebody may write in another language than the one they chose, or than the room's; nobody is told off for it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from community_bot.commands.registry import Registry
from community_bot.commands.specification import CommandSpec, Option
from community_bot.locales import LANGUAGES, Catalogues, Language

PREFIXES: Final = (".", "!")
"""What a command begins with in a shared room (DOMAIN 4.2)."""
CLOSE: Final = 0.7
"""How alike a word must be to be suggested, from 0 to 1 (difflib)."""


def plain_word(word: str) -> str:
    """Return a word as it is compared: without capitals and accents; Thai vowels and tone marks stay.

    So ``Organización`` is found as ``organizacion``.
    """
    apart = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f"))


@dataclass(slots=True)
class Words:
    """What may follow at one place of the tree of commands."""

    path: tuple[str, ...] = ()
    spec: CommandSpec | None = None
    next: dict[str, Words] = field(default_factory=dict)

    def find(self, word: str) -> Words | None:
        """Return what a word leads to."""
        return self.next.get(plain_word(word))

    def nearest(self, word: str) -> Words | None:
        """Return what was probably meant."""
        near = get_close_matches(plain_word(word), self.next, n=1, cutoff=CLOSE)
        return self.next[near[0]] if near else None


class Vocabulary:
    """All words of a registry. ``tree`` is where every command begins."""

    def __init__(self, registry: Registry, catalogues: Catalogues) -> None:
        self._translators = {language: catalogues.translator(language) for language in LANGUAGES}
        self.tree = Words()
        for bound in registry.commands.values():
            self._add(bound.spec)
        self.prefixed = frozenset(f"{prefix}{word}" for prefix in PREFIXES for word in self.tree.next)

    def _add(self, spec: CommandSpec) -> None:
        place = self.tree
        for depth, word in enumerate(spec.path, 1):
            path = spec.path[:depth]
            following = place.next.get(plain_word(word)) or Words(path)
            for name in (word, *self.names(".".join(("command", *path, "name")))):
                # a name that two commands share, each in its own language, belongs to the first
                place.next.setdefault(plain_word(name), following)
            place = following
        place.spec = spec

    def names(self, key: str) -> Iterator[str]:
        """Yield a text in every language that has it."""
        yield from (t.plain(key) for t in self._translators.values() if key in t)

    def name(self, key: str, language: Language, otherwise: str) -> str:
        """Return a text in one language."""
        t = self._translators[language]
        return t.plain(key) if key in t else otherwise

    def option(self, spec: CommandSpec, word: str) -> Option | None:
        """Find an option by any of its names."""
        wanted = plain_word(word)
        for option in spec.options:
            names = (option.name, *self.names(f"{spec.key}.option.{option.name}.name"))
            if wanted in map(plain_word, names):
                return option
        return None

    def choice(self, spec: CommandSpec, option: Option, said: str) -> str | None:
        """Find a choice by its value or by its label in any language."""
        wanted = plain_word(said.strip())
        for value in option.choices:
            labels = (value, *self.names(f"{spec.key}.option.{option.name}.{value}.choice"))
            if wanted in map(plain_word, labels):
                return value
        return None
