"""Words in several languages: what a template or a facilitator wrote, before it is known who reads it."""

from __future__ import annotations

from collections.abc import Mapping

from community_bot.domain.languages import LANGUAGES, Language

Words = Mapping[Language, str]
"""By language; never empty."""


def in_language(words: Words, language: Language) -> str:
    """Return the words in a language, or else in one that they are there in; empty when there are none."""
    return words.get(language) or next((words[each] for each in LANGUAGES if words.get(each)), "")
