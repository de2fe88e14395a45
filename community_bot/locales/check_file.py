"""Looking at one catalogue as a file: whether it can be read, its order, its plural rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from babel.messages.catalog import Catalog

from community_bot.domain.languages import Language
from community_bot.locales.catalogues import forms_of, read_catalogue
from community_bot.locales.plural_rules import follows_cldr

_QUOTED: Final = re.compile(r'(?:msg[a-z_]+(?:\[\d+\])? +)?"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: a stable code, where it is, and a sentence. ``language`` is None when all are meant."""

    code: str
    language: Language | None
    key: str
    said: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of a catalogue, as it is written."""

    forms: tuple[str, ...]
    counted: bool
    fuzzy: bool


def read(language: Language, source: str) -> Catalog:
    """Read a catalogue. Raises ValueError or babel's PoFileError where a person has to mend the file first."""
    # Babel takes a line with an open quotation mark, and loses its last character
    for number, line in enumerate(source.splitlines(), start=1):
        if line.startswith(('"', "msg")) and not _QUOTED.fullmatch(line):
            raise ValueError(f"line {number}: a quotation mark is missing, or one inside the text has no backslash")
    return read_catalogue(source, language)


def entries_of(catalogue: Catalog) -> dict[str, Entry]:
    """Return each text by its key."""
    found = {}
    for message in catalogue:
        key, forms = forms_of(message)
        if key:
            found[key] = Entry(forms, message.pluralizable, message.fuzzy)
    return found


def order(language: Language, source: str) -> Iterator[Finding]:
    """Find keys that are there twice, or not where one would look for them."""
    keys = [line[7:-1] for line in source.splitlines() if line.startswith('msgid "')][1:]
    for before, after in pairwise(keys):
        if before > after:
            yield Finding("order", language, after, f"stands behind {before}: keys are sorted")
    for key, times in Counter(keys).items():
        if times > 1:
            yield Finding("twice", language, key, f"is there {times} times")


def plural_rule(language: Language, catalogue: Catalog) -> Iterator[Finding]:
    """Find a Plural-Forms line that says something else than CLDR."""
    if not follows_cldr(language, catalogue.num_plurals, catalogue.plural_expr):
        yield Finding("plural", language, "", "its Plural-Forms are not those of CLDR")
