"""Looking through the catalogues before people do: what is missing, what nobody says, what Discord would refuse.

``community-bot languages check`` prints what is found here, and CI fails on it (LNG-1, LNG-6).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from babel.messages.pofile import PoFileError

from community_bot.domain.languages import LANGUAGES, Language
from community_bot.locales.catalogues import sources_of
from community_bot.locales.check_file import Entry, Finding, entries_of, order, plural_rule, read
from community_bot.locales.command_texts import CommandTexts, needed_keys, sibling_keys, trees
from community_bot.locales.forbidden_words import forbidden_in
from community_bot.locales.plural_rules import PLURAL_FORMS
from community_bot.locales.template import Template, TemplateError
from community_bot.locales.text_limits import LONGEST_TREE, is_command_name, too_long, unknown_markup

__all__ = ["FAMILIES", "Finding", "check_languages"]

FAMILIES: Final = (
    "building.",
    "command.",
    "health.step.",
    "menu.",
    "purpose.",
    "refusal.",
    "role.",
    "space.access.",
    "space.bridged.",
    "space.facet.",
    "space.obstacle.",
    "space.piece.",
    "space.power.",
    "space.progress.",
    "space.reason.",
    "space.subject.",
    "space.value.",
    "state.",
)
"""Beginnings of keys that are put together while running. Their members come from registries, not from calls."""

Entries = Mapping[Language, Mapping[str, Entry]]


def check_languages(
    commands: Sequence[CommandTexts],
    used: Mapping[str, str],
    members: Mapping[str, Collection[str]] | None = None,
    *,
    sources: Mapping[Language, Sequence[str]] | None = None,
) -> list[Finding]:
    """Return everything that is wrong with the catalogues, in the order of keys; nothing when all is well.

    ``used`` are the keys in the code with their places (``used_keys``). ``members`` are, for each of FAMILIES, the
    whole keys its registry asks for; a family that is not handed in may have any. The commands' keys are known from
    ``commands``. ``sources`` are the catalogues as written, the package's own unless given.
    """
    sources = sources or {language: sources_of(language) for language in LANGUAGES}
    findings: list[Finding] = []
    entries: dict[Language, dict[str, Entry]] = {}
    for language, written in sources.items():
        entries[language] = {}
        for source in written:
            try:
                catalogue = read(language, source)
            except (PoFileError, ValueError) as error:  # the rest would only repeat it
                findings.append(Finding("unreadable", language, "", str(error)))
                entries.pop(language, None)
                break
            findings += [*order(language, source), *plural_rule(language, catalogue)]
            found = entries_of(catalogue)
            findings += [
                Finding("twice", language, key, "stands in two files") for key in found if key in entries[language]
            ]
            entries[language] |= found
    families = {**(members or {}), "command.": needed_keys(commands)}
    findings += _presence(entries, used, families)
    findings += _agreement(entries)
    for language, texts in entries.items():
        for key, entry in texts.items():
            findings += _entry(language, key, entry)
        findings += _siblings(language, texts, commands)
    findings += _trees(entries, commands)
    return sorted(findings, key=lambda finding: (finding.key, finding.language or "", finding.code))


def _presence(
    entries: Entries, used: Mapping[str, str], families: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    """Find what a language lacks, and what nobody asks for."""
    asked = {key: f"needed by {family}" for family, keys in families.items() for key in keys}
    asked |= {key: f"used in {place}" for key, place in used.items()}
    everywhere = {key for texts in entries.values() for key in texts}
    for language, texts in entries.items():
        for key in sorted((everywhere | asked.keys()) - texts.keys()):
            yield Finding("missing", language, key, asked.get(key, "another language has it"))
    for key in sorted(everywhere - asked.keys()):
        family = next((family for family in FAMILIES if key.startswith(family)), None)
        is_example = key.endswith(".example") and f"{key.removesuffix('.example')}.name" in asked
        if not is_example and (family is None or family in families):
            yield Finding("unused", None, key, "nobody says it")


def _agreement(entries: Entries) -> Iterator[Finding]:
    """Find texts whose places, or whose being counted, differ between the languages."""
    for key in sorted({key for texts in entries.values() for key in texts}):
        having = {language: texts[key] for language, texts in entries.items() if key in texts}
        if len({entry.counted for entry in having.values()}) > 1:
            yield Finding("plural", None, key, "counted in one language and not in another")
        places = {language: [_places(form) for form in entry.forms if form] for language, entry in having.items()}
        union = frozenset[str]().union(*(form for forms in places.values() for form in forms))
        # a form for one may say "one", and some languages need no number at all
        expected = union - {"n"} if any(entry.counted for entry in having.values()) else union
        for language, forms in places.items():
            lacking = frozenset[str]().union(*(expected - form for form in forms))
            if lacking:
                names = ", ".join(f"{{{name}}}" for name in sorted(lacking))
                yield Finding("places", language, key, f"lacks {names}")


def _places(form: str) -> frozenset[str]:
    try:
        return Template.read(form).places
    except TemplateError:  # found by itself, as "braces"
        return frozenset()


def _entry(language: Language, key: str, entry: Entry) -> Iterator[Finding]:
    if entry.fuzzy:
        yield Finding("fuzzy", language, key, "marked fuzzy: a person has to look at it")
    if not all(form.strip() for form in entry.forms):
        yield Finding("empty", language, key, "has no text")
    if entry.counted and len(entry.forms) != len(PLURAL_FORMS[language]):
        yield Finding("plural", language, key, f"has {len(entry.forms)} of {len(PLURAL_FORMS[language])} forms")
    for form in filter(None, entry.forms):
        yield from _form(language, key, form)


def _form(language: Language, key: str, form: str) -> Iterator[Finding]:
    try:
        Template.read(form)
    except TemplateError as error:
        yield Finding("braces", language, key, str(error))
    for word in forbidden_in(form, language):
        yield Finding("word", language, key, f"says {word.word}; better: {word.instead}")
    for what in unknown_markup(key, form):
        yield Finding("markup", language, key, f"has {what}")
    for what in too_long(key, form, language):
        yield Finding("long", language, key, what)
    if key.startswith("command.") and key.endswith(".name") and not is_command_name(form):
        yield Finding(
            "name", language, key, "is no name Discord takes: lower case, no space, at most 32 characters"
        )


def _siblings(
    language: Language, texts: Mapping[str, Entry], commands: Sequence[CommandTexts]
) -> Iterator[Finding]:
    for keys in sibling_keys(commands):
        taken: dict[str, str] = {}
        for key in keys:
            if key in texts and (other := taken.setdefault(texts[key].forms[0], key)) != key:
                yield Finding("siblings", language, key, f"is called as {other}")


def _trees(entries: Entries, commands: Sequence[CommandTexts]) -> Iterator[Finding]:
    for top, keys in trees(commands).items():
        total = sum(
            max((len(texts[key].forms[0]) for texts in entries.values() if key in texts), default=0) for key in keys
        )
        if total > LONGEST_TREE:
            yield Finding("tree", None, top, f"{total} characters with all below it, {LONGEST_TREE} at most")
