"""One text of a catalogue with its ``{named}`` places, ready to be filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from community_bot.locales.markup import Markup, escape, for_code
from community_bot.locales.markup_html import plain_text

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_STRAY = re.compile(r"[{}]")
_CODE = re.compile(r"`[^`\n]+`")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


class TemplateError(ValueError):
    """A text with braces that are no ``{name}``; formats, numbers and conversions are not offered."""


class MissingValueError(KeyError):
    """A text has a place for which no value was given."""


@dataclass(frozen=True, slots=True)
class Template:
    """Pieces in order: a fixed text, or the name of a place and whether it stands between backticks."""

    pieces: tuple[str | tuple[str, bool], ...]

    @classmethod
    def read(cls, text: str) -> Template:
        """Find the places of ``text``. Raises TemplateError for any other brace."""
        # an escaped backtick opens no code; blanking keeps the positions
        codes = [match.span() for match in _CODE.finditer(_ESCAPED.sub("  ", text))]
        pieces: list[str | tuple[str, bool]] = []
        at = 0
        for place in _PLACE.finditer(text):
            pieces += [text[at : place.start()], (place[1], any(a < place.start() < b for a, b in codes))]
            at = place.end()
        pieces.append(text[at:])
        if any(isinstance(piece, str) and _STRAY.search(piece) for piece in pieces):
            raise TemplateError("a brace that is no {name}")
        return cls(tuple(piece for piece in pieces if piece))

    @property
    def places(self) -> frozenset[str]:
        """The names that want a value."""
        return frozenset(piece[0] for piece in self.pieces if isinstance(piece, tuple))

    def fill(self, values: Mapping[str, str]) -> Markup:
        """Put the values in: markup as it is, anything else escaped, in code without markup at all."""
        return Markup("".join(self._written(piece, values) for piece in self.pieces))

    def fill_plain(self, values: Mapping[str, str]) -> str:
        """Put the values in as they are, for where no markup is read."""
        return "".join(
            piece if isinstance(piece, str) else _plain(_value(values, piece[0])) for piece in self.pieces
        )

    def _written(self, piece: str | tuple[str, bool], values: Mapping[str, str]) -> str:
        if isinstance(piece, str):
            return piece
        name, in_code = piece
        value = _value(values, name)
        if in_code:
            return for_code(_plain(value))
        return value if isinstance(value, Markup) else escape(value)


def _value(values: Mapping[str, str], name: str) -> str:
    try:
        return values[name]
    except KeyError:
        raise MissingValueError(name) from None


def _plain(value: str) -> str:
    return plain_text(value) if isinstance(value, Markup) else value
