"""One question of a form as a message, and what somebody answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from community_bot.commands.forms import Field
from community_bot.domain.keyboard import repair_word
from community_bot.locales import LANGUAGES, Catalogues, Markup, Translator, escape, key
from community_bot.matrix.words import plain_word
from community_bot.platforms.matrix_cards import number_sign

WORDS: Final[Mapping[str, str]] = {
    "back": key("matrix.word.back"),
    "stop": key("matrix.word.stop"),
    "all": key("matrix.word.all"),
    "none": key("matrix.word.none"),
    "keep": key("matrix.word.keep"),
}
SKIP: Final = "-"


class NotAnAnswerError(Exception):
    """Something else than the question asks for. ``text`` is the key of the text that says what it is."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


class SmallWords:
    """``back``, ``stop``, ``all`` … in every language."""

    def __init__(self, catalogues: Catalogues) -> None:
        translators = [catalogues.translator(language) for language in LANGUAGES]
        self._meaning = {plain_word(t.plain(text)): meaning for meaning, text in WORDS.items() for t in translators}

    def meaning(self, said: str) -> str | None:
        """Return ``back``, ``stop`` … when that is all that was said, in either keyboard layout."""
        word = plain_word(said.strip().lstrip(".!"))
        return self._meaning.get(word) or self._meaning.get(repair_word(word, self._meaning) or "")


def spell(t: Translator, word: str) -> Markup:
    """Return how a small word is typed."""
    return Markup(f"`{t.plain(WORDS[word])}`")


def write_question(field: Field, t: Translator) -> Markup:
    """Return a question with what can be answered."""
    lines: list[str] = [f"**{escape(field.label)}**"]
    if field.hint:
        lines.append(escape(field.hint))
    for number, choice in enumerate(field.choices, 1):
        detail = f" – {escape(choice.detail)}" if choice.detail else ""
        lines.append(f"{number_sign(number)} {escape(choice.label)}{detail}")
    blocks = [field.intro or "", "\n".join(lines), " ".join(_how(field, t))]
    return Markup("\n\n".join(filter(None, blocks)))


def _how(field: Field, t: Translator) -> list[Markup]:
    said = []
    match field.kind:
        case "choice":
            said.append(t("matrix.ask.choice"))
        case "ticks":
            said.append(t("matrix.ask.ticks", all=spell(t, "all")))
            if field.fewest == 0:
                said.append(t("matrix.ask.none", none=spell(t, "none")))
        case "line" | "paragraph":
            said.append(t("matrix.ask.text", longest=field.longest))
    kept = default_of(field)
    if kept:
        labels = {choice.value: choice.label for choice in field.choices}
        shown = ", ".join(labels.get(value, value) for value in kept)
        said.append(t("matrix.ask.keep", keep=spell(t, "keep"), kept=shown))
    if not field.required and field.kind != "ticks":
        said.append(t("matrix.ask.skip", skip=Markup(f"`{SKIP}`")))
    return said


def default_of(field: Field) -> tuple[str, ...]:
    """Return what is filled in before anybody answers."""
    if field.kind in ("line", "paragraph"):
        return (field.value,) if field.value else ()
    return tuple(choice.value for choice in field.choices if choice.chosen)


def read_answer(field: Field, said: str, words: SmallWords) -> tuple[str, ...]:
    """Return what was answered. Raises :class:`NotAnAnswerError`."""
    said = said.strip()
    meaning = words.meaning(said)
    if meaning == "keep" and (kept := default_of(field)):
        return kept
    if said == SKIP and not field.required and field.kind != "ticks":
        return ()
    if field.kind == "choice":
        chosen = _choice(field, said)
        if chosen is None:
            raise NotAnAnswerError(key("matrix.answer.number"), most=len(field.choices))
        return (chosen,)
    if field.kind == "ticks":
        return _ticks(field, said, meaning)
    return (_text(field, said),)


def _choice(field: Field, said: str) -> str | None:
    if re.fullmatch(r"\d{1,3}[.)]?", said):
        number = int(said.rstrip(".)"))
        return field.choices[number - 1].value if 1 <= number <= len(field.choices) else None
    wanted = plain_word(said)
    return next((each.value for each in field.choices if plain_word(each.label) == wanted), None)


def _ticks(field: Field, said: str, meaning: str | None) -> tuple[str, ...]:
    if meaning == "all":
        return tuple(choice.value for choice in field.choices)
    ticked: tuple[str, ...] = ()
    if not (meaning == "none" or said == SKIP):
        whole = _choice(field, said)
        found = [whole] if whole is not None else [_choice(field, part) for part in re.split(r"[\s,;+]+", said)]
        if None in found:
            raise NotAnAnswerError(key("matrix.answer.numbers"), most=len(field.choices))
        ticked = tuple(each.value for each in field.choices if each.value in found)
    if len(ticked) < field.fewest:
        raise NotAnAnswerError(key("matrix.answer.fewest"), fewest=field.fewest)
    return ticked


def _text(field: Field, said: str) -> str:
    text = " ".join(said.split()) if field.kind == "line" else said
    if len(text) > field.longest:
        raise NotAnAnswerError(key("matrix.answer.long"), longest=field.longest, length=len(text))
    if len(text) < field.shortest or (field.required and not text):
        raise NotAnAnswerError(key("matrix.answer.short"), shortest=max(field.shortest, 1))
    return text
