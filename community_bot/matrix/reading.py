"""Understanding a line: is it for the bot, and which command is it? (DOMAIN 4.2)

In a private room every line is for the bot. Elsewhere it begins with ``!`` or ``.``, or with the bot's name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from community_bot.commands.specification import CommandSpec
from community_bot.domain.keyboard import COMMAND_PREFIXES, repair_line
from community_bot.matrix.words import PREFIXES, Vocabulary, Words

_PILL = re.compile(r'<a\s[^>]*href="https://matrix\.to/#/([^"?]+)[^"]*"[^>]*>.*?</a>', re.DOTALL | re.IGNORECASE)
_QUOTED = re.compile(r"<mx-reply>.*?</mx-reply>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</p>\s*<p>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Line:
    """What was said, and how plainly it was for the bot: by the ``room`` alone, a ``prefix``, or its ``name``."""

    text: str
    called: str


@dataclass(frozen=True, slots=True)
class Understood:
    """A command and what was typed behind it. ``repaired`` is the line in the layout that was meant, if turned."""

    spec: CommandSpec
    typed: str
    repaired: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No command. ``nearest`` is the path that was probably meant; ``within`` the group that was named."""

    nearest: tuple[str, ...] | None = None
    within: Words | None = None


def body_of(content: Mapping[str, Any]) -> str:
    """Return what somebody typed: without the quotation of a reply, and persons by their id where apps tell it."""
    formatted = content.get("formatted_body")
    if isinstance(formatted, str) and "matrix.to/#/" in formatted:
        unquoted = _QUOTED.sub("", formatted)
        named = _PILL.sub(lambda pill: f" {unquote(pill[1])} ", unquoted)
        return html.unescape(_TAG.sub("", _BREAK.sub("\n", named))).strip()
    body = str(content.get("body", ""))
    if "m.in_reply_to" in content.get("m.relates_to", {}) and body.startswith("> "):
        _, _, body = body.partition("\n\n")
    return body.strip()


def line_for_us(text: str, *, private: bool, names: tuple[str, ...]) -> Line | None:
    """Return the line without prefix or name if it is for the bot. ``names`` are the bot's id and display name."""
    for name in names:
        if name and text.casefold().startswith(name.casefold()):
            rest = text[len(name) :]
            if not rest or not rest[0].isalnum():
                return Line(rest.lstrip(" \t\n:,").removeprefix("."), "name")
    for prefix in PREFIXES if not private else COMMAND_PREFIXES:
        # "..." and "!!!" are no commands
        if text.startswith(prefix) and text[1:2] not in ("", " ", *PREFIXES):
            return Line(text[1:], "prefix")
    return Line(text, "room") if private else None


def understand(line: Line, vocabulary: Vocabulary) -> Understood | Unknown:
    """Find the command of a line, also where it was typed with the other keyboard layout on."""
    found = _follow(line.text, vocabulary.tree)
    if isinstance(found, Understood):
        return found
    repaired = repair_line(line.text, vocabulary.tree.next.keys())
    if repaired is not None:
        turned = _follow(repaired.lstrip("".join(COMMAND_PREFIXES)), vocabulary.tree)
        if isinstance(turned, Understood):
            return Understood(turned.spec, turned.typed, repaired)
    return found


def understand_foreign(text: str, vocabulary: Vocabulary) -> Understood | None:
    """Read a line of a shared room whose prefix too was typed with the other layout on, as ``.`` is ``ใ``.

    Only whole commands count: anything else people may say to each other.
    """
    turned = repair_line(text, vocabulary.prefixed, ())
    found = _follow(turned[1:], vocabulary.tree) if turned is not None else None
    return Understood(found.spec, found.typed, turned) if isinstance(found, Understood) else None


def _follow(text: str, tree: Words) -> Understood | Unknown:
    place, rest = tree, text.strip()
    while True:
        word, _, behind = _first_word(rest)
        following = place.find(word) if word else None
        if following is None:
            if place.spec is not None:
                return Understood(place.spec, rest)
            near = place.nearest(word) if word else None
            return Unknown(None if near is None else near.path, place if place is not tree else None)
        place, rest = following, behind


def _first_word(text: str) -> tuple[str, str, str]:
    match = re.match(r"(\S+)(\s*)", text)
    return (match[1], match[2], text[match.end() :]) if match is not None else ("", "", "")
