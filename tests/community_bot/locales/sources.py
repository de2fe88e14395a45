"""Small catalogues, written as they would be in the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping

from community_bot.locales import Language

PLURAL_RULES: Mapping[Language, str] = {
    "th": "nplurals=1; plural=0;",
    "en": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=3; plural=(n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2);",
}


def source(language: Language, texts: Mapping[str, str | list[str]], *, rule: str | None = None) -> str:
    """Write a catalogue; a list of texts is a counted one."""
    header = f"Content-Type: text/plain; charset=utf-8\nPlural-Forms: {rule or PLURAL_RULES[language]}\n"
    return "\n".join([f'msgid ""\nmsgstr {quoted(header)}\n', *(entry(key, text) for key, text in texts.items())])


def entry(key: str, text: str | list[str]) -> str:
    if isinstance(text, str):
        return f'msgid "{key}"\nmsgstr {quoted(text)}\n'
    forms = "".join(f"msgstr[{index}] {quoted(form)}\n" for index, form in enumerate(text))
    return f'msgid "{key}"\nmsgid_plural "{key}"\n{forms}'


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
