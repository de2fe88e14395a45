"""Every word the network says, in Thai, English and Spanish: catalogues in a light markup."""

from community_bot.domain.languages import LANGUAGES, Language, language_of
from community_bot.locales.catalogues import Catalogues, catalogues
from community_bot.locales.markup import Markup, escape
from community_bot.locales.markup_html import light_html
from community_bot.locales.template import MissingValueError
from community_bot.locales.translator import MissingTextError, Translator
from community_bot.locales.used_keys import key

__all__ = [
    "LANGUAGES",
    "Catalogues",
    "Language",
    "Markup",
    "MissingTextError",
    "MissingValueError",
    "Translator",
    "catalogues",
    "escape",
    "key",
    "language_of",
    "light_html",
]
