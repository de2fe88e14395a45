"""Reading the catalogues: gettext files with keys as message ids, English one among equals.

The ``.po`` files are read as they are: there is nothing to compile, and what is reviewed is what is said. A
language is read when it is first needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import chain
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from community_bot.domain.languages import Language
from community_bot.locales.plural_rules import PLURAL_FORMS
from community_bot.locales.template import Template, TemplateError
from community_bot.locales.translator import Texts, Translator

DOMAIN: Final = "community_bot"


class CatalogueError(ValueError):
    """A catalogue that cannot be used; names the language and the key."""


def sources_of(language: Language) -> tuple[str, ...]:
    """Return a language's catalogues as they are written: one file for each capability, in alphabetical order."""
    folder = files("community_bot.locales").joinpath(language, "LC_MESSAGES")
    written = sorted((file for file in folder.iterdir() if file.name.endswith(".po")), key=lambda file: file.name)
    return tuple(file.read_text(encoding="utf-8") for file in written)


def read_catalogue(source: str, language: Language) -> Catalog:
    """Read one catalogue as gettext sees it. Raises babel's PoFileError where it is not written well."""
    return read_po(BytesIO(source.encode()), locale=language, domain=DOMAIN, abort_invalid=True)


class Catalogues:
    """The texts of all languages."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._texts_of: dict[Language, Texts] = {}

    @classmethod
    def load(cls) -> Catalogues:
        """Hand out the package's catalogues."""
        return cls()

    def translator(self, language: Language) -> Translator:
        """Return who speaks ``language``. Raises CatalogueError where a text is not written well."""
        return Translator(self._texts(language))

    def keys(self, language: Language) -> frozenset[str]:
        """Return every key that has a text in ``language``."""
        return frozenset(self._texts(language).entries)

    def _texts(self, language: Language) -> Texts:
        if language not in self._texts_of:
            self._texts_of[language] = texts_of(sources_of(language), language)
        return self._texts_of[language]


@cache
def catalogues() -> Catalogues:
    """Return the package's catalogues, read once for the whole process."""
    return Catalogues.load()


def texts_of(sources: Sequence[str], language: Language) -> Texts:
    """Make ready what is whole; the check finds what is not, and asking for it raises MissingTextError.

    Raises CatalogueError for braces that are no place, for a wrong number of plural forms, and for a key that
    stands in two files.
    """
    entries: dict[str, tuple[Template, ...]] = {}
    counted: set[str] = set()
    for message in chain.from_iterable(read_catalogue(source, language) for source in sources):
        key, forms = forms_of(message)
        if not key or message.fuzzy or not all(forms):
            continue
        if key in entries:
            raise CatalogueError(f"{language}: {key}: stands in two files")
        try:
            entries[key] = tuple(Template.read(form) for form in forms)
        except TemplateError as error:
            raise CatalogueError(f"{language}: {key}: {error}") from error
        if message.pluralizable:
            if len(forms) != len(PLURAL_FORMS[language]):
                raise CatalogueError(f"{language}: {key}: {len(forms)} plural forms")
            counted.add(key)
    return Texts(language, entries, frozenset(counted))


def forms_of(message: Message) -> tuple[str, tuple[str, ...]]:
    """Return the key of a message and its forms: one, or for a counted text one for each plural form."""
    key = message.id if isinstance(message.id, str) else message.id[0]
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
    return key, forms
