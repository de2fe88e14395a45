"""What the platforms let a text be: its length by the last part of its key, its markup, a command's name.

Discord counts code points. A text with ``{places}`` is measured without them: whoever fills one shortens the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from community_bot.domain.graphemes import count_graphemes
from community_bot.domain.languages import Language

LONGEST: Final = {"button": 80, "title": 45, "label": 45, "hint": 100, "choice": 100}
LONGEST_THAI_BUTTON: Final = 20
"""In graphemes: five buttons in a row of a phone (DOMAIN 6.6)."""
LONGEST_NAME: Final = 32
LONGEST_DESCRIPTION: Final = 100
LONGEST_TREE: Final = 8000
"""Of a command with everything below it, where each field counts with its longest localisation."""

PLACE: Final = re.compile(r"\{[a-z][a-z0-9_]*\}")
_CODE_OR_ESCAPED: Final = re.compile(r"\\[!-/:-@\[-`{-~]|`[^`\n]+`")
_UNKNOWN: Final = (
    ("an italic or a list with *", re.compile(r"(?<!\*)\*(?:\*\*)*(?!\*)")),
    ("an underscore", re.compile("_")),
    ("~~", re.compile("~~")),
    ("||", re.compile(r"\|\|")),
    ("a quotation", re.compile(r"^\s*>", re.MULTILINE)),
    ("a heading or small text", re.compile(r"^\s*-?#", re.MULTILINE)),
    ("a numbered list", re.compile(r"^\s*\d+\. ", re.MULTILINE)),
    ("an indented list", re.compile(r"^\s+- ", re.MULTILINE)),
    ("a link", re.compile(r"\]\(")),
    ("a mention, a tag or a link in <>", re.compile("[<>]")),
    ("a mention of everyone", re.compile("@(?:everyone|here)")),
    ("an emoji by name", re.compile(r":[A-Za-z0-9_]+:")),
    ("a backtick without its partner", re.compile("`")),
    ("a backslash", re.compile(r"\\")),
)


def is_plain(key: str) -> bool:
    """Say whether the text of this key is shown where no markup is read."""
    part = key.rpartition(".")[2]
    return part in LONGEST or (key.startswith(("command.", "menu.")) and part in ("name", "description"))


def unknown_markup(key: str, text: str) -> Iterator[str]:
    """Yield what in ``text`` is no light markup, or any markup at all where none is read."""
    text = PLACE.sub("x", text)
    if is_plain(key):
        if re.search(r"\*\*|`|\\|\n", text):
            yield "markup where none is read"
        return
    bare = _CODE_OR_ESCAPED.sub("x", text)
    yield from (what for what, pattern in _UNKNOWN if pattern.search(bare))
    if any(line.count("**") % 2 for line in bare.split("\n")):
        yield "** without its partner on the same line"


def too_long(key: str, text: str, language: Language) -> Iterator[str]:
    """Yield each limit that ``text`` breaks, with its measure."""
    part = key.rpartition(".")[2]
    limit = LONGEST.get(part)
    if key.startswith("command.") and part == "description":
        limit = LONGEST_DESCRIPTION
    if key.startswith("menu.") and part == "name":
        limit = LONGEST_NAME
    text = PLACE.sub("", text)
    if limit is not None and len(text) > limit:
        yield f"{len(text)} characters, {limit} at most"
    if part == "button" and language == "th" and (seen := count_graphemes(text)) > LONGEST_THAI_BUTTON:
        yield f"{seen} graphemes, {LONGEST_THAI_BUTTON} at most"


def is_command_name(name: str) -> bool:
    r"""Say whether Discord takes it: ``^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$``, in lower case.

    From Discord's page on application commands (DOMAIN 4.1); the marks of Devanagari, which we do not speak, are
    left out.
    """
    return 1 <= len(name) <= LONGEST_NAME and name == name.lower() and all(map(_may_name, name))


def _may_name(character: str) -> bool:
    if character in "-_'" or unicodedata.category(character)[0] in "LN":
        return True
    # beside the letters Discord takes Thai marks and signs, but not the baht, which is of no script
    return "\u0e01" <= character <= "\u0e5b" and character != "฿"
