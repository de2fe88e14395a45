"""Reading what stands behind a command: values in order, ``name:value``, quotes; the last text takes the rest."""

from __future__ import annotations

import re

from community_bot.commands.specification import CommandSpec, Kind, Option
from community_bot.domain.account import Account
from community_bot.locales import key
from community_bot.matrix.words import Vocabulary

_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“"}
_PERSON = re.compile(r"@[^\s:]+:[^\s]+")
_NAMED = re.compile(r"([^\s:\"“«]{1,32}):(?!//)\s?")


class OptionError(Exception):
    """What was typed cannot be read. ``text`` is the key of the text that says why; ``values`` what it needs."""

    def __init__(self, text: str, option: Option | None = None, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.option = option
        self.values = values


def read_options(spec: CommandSpec, typed: str, vocabulary: Vocabulary) -> dict[str, object]:
    """Return the options of a command as its method takes them.

    Raises :class:`OptionError` for the first thing that is missing, too much, or no such value.
    """
    said = _assign(spec, typed.strip(), vocabulary)
    values = {}
    for option in spec.options:
        if option.name in said:
            values[option.name] = _value(spec, option, said[option.name], vocabulary)
        elif option.required:
            raise OptionError(key("matrix.option.missing"), option)
    return values


def _assign(spec: CommandSpec, typed: str, vocabulary: Vocabulary) -> dict[str, str]:
    """Say which words belong to which option."""
    said: dict[str, str] = {}
    at = 0
    while at < len(typed):
        named = _named(spec, typed, at, vocabulary)
        if named is not None:
            option, at = named
            # the next name ends a value that is not in quotes, so a text may hold spaces
            read = _until_next_name if option.kind is Kind.TEXT else _one_piece
            said[option.name], at = read(spec, typed, at, vocabulary)
            continue
        open_options = [option for option in spec.options if option.name not in said]
        if not open_options:
            raise OptionError(key("matrix.option.too_many"))
        option = open_options[0]
        behind = open_options[1:]
        if option.kind is Kind.TEXT and not any(each.required or each.kind is Kind.TEXT for each in behind):
            value, at = _until_next_name(spec, typed, at, vocabulary)
        else:
            value, at = _piece(typed, at)
        said[option.name] = value
    return said


def _named(spec: CommandSpec, typed: str, at: int, vocabulary: Vocabulary) -> tuple[Option, int] | None:
    match = _NAMED.match(typed, at)
    option = vocabulary.option(spec, match[1]) if match is not None else None
    return None if match is None or option is None else (option, match.end())


def _until_next_name(spec: CommandSpec, typed: str, at: int, vocabulary: Vocabulary) -> tuple[str, int]:
    if typed[at : at + 1] in _QUOTES:
        value, after = _piece(typed, at)
        if after >= len(typed) or _named(spec, typed, after, vocabulary) is not None:
            return value, after
    for space in re.finditer(r"\s+", typed[at:]):
        if _named(spec, typed, at + space.end(), vocabulary) is not None:
            return typed[at : at + space.start()], at + space.end()
    return typed[at:], len(typed)


def _one_piece(spec: CommandSpec, typed: str, at: int, vocabulary: Vocabulary) -> tuple[str, int]:
    return _piece(typed, at) if at < len(typed) else ("", at)


def _piece(typed: str, at: int) -> tuple[str, int]:
    """Return the word or the quotation that begins at ``at``, and where the next begins."""
    closing = _QUOTES.get(typed[at])
    if closing is not None and (end := typed.find(closing, at + 1)) > 0:
        text, after = typed[at + 1 : end], end + 1
    else:
        match = re.compile(r"\S+").match(typed, at)
        assert match is not None, "pieces begin at what is no space"
        text, after = match[0], match.end()
    while after < len(typed) and typed[after].isspace():
        after += 1
    return text, after


def _value(spec: CommandSpec, option: Option, said: str, vocabulary: Vocabulary) -> object:
    match option.kind:
        case Kind.CHOICE:
            chosen = vocabulary.choice(spec, option, said)
            if chosen is None:
                raise OptionError(key("matrix.option.one_of"), option)
            return chosen
        case Kind.NUMBER:
            try:
                number = int(said)  # reads ๑๒ too
            except ValueError:
                raise OptionError(
                    key("matrix.option.number"), option, least=option.least, most=option.most
                ) from None
            if not option.least <= number <= option.most:
                raise OptionError(key("matrix.option.number"), option, least=option.least, most=option.most)
            return number
        case Kind.PERSON:
            if not _PERSON.fullmatch(said):
                raise OptionError(key("matrix.option.person"), option)
            return Account("matrix", said)
        case Kind.TEXT:
            if len(said) > option.most:
                raise OptionError(key("matrix.option.long"), option, most=option.most)
            if len(said) < option.least:
                raise OptionError(key("matrix.option.short"), option, least=option.least)
            return said
