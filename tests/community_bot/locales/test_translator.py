"""Each language says its texts, with its numbers and its dates; what is missing is heard at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from gettext import c2py

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from community_bot.locales import (
    LANGUAGES,
    Language,
    Markup,
    MissingTextError,
    MissingValueError,
    Translator,
    catalogues,
)
from community_bot.locales.catalogues import CatalogueError, read_catalogue, sources_of, texts_of
from tests.community_bot.locales.sources import source

FRIDAY = date(2026, 11, 20)


def translator(language: Language, **texts: str | list[str]) -> Translator:
    return Translator(texts_of([source(language, texts)], language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_packages_own_catalogues_speak(language: Language) -> None:
    t = catalogues().translator(language)
    assert t.plain("role.host") == {"th": "ผู้นำวง", "en": "host", "es": "persona anfitriona"}[language]
    assert "role.host" in catalogues().keys(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_cldr(language: Language) -> None:
    catalogue = read_catalogue(sources_of(language)[0], language)
    rule = Locale.parse({"es": "es_419"}.get(language, language)).plural_form
    tags = {"th": ["other"], "en": ["one", "other"], "es": ["one", "many", "other"]}[language]
    assert catalogue.num_plurals == len(tags)
    chosen = c2py(catalogue.plural_expr)
    for n in (*range(2100), *range(999_990, 1_000_020), 1_500_000, 2_000_000, 10**9, 10**9 + 1):
        assert tags[chosen(n)] == rule(n), n


def test_a_counted_text_takes_the_form_and_the_number_of_its_language() -> None:
    t = translator("es", members=["{n} integrante", "{n} de integrantes", "{n} integrantes"])
    assert [t.count("members", n) for n in (0, 1, 2, 1000, 1_000_000)] == [
        "0 integrantes",
        "1 integrante",
        "2 integrantes",
        "1,000 integrantes",
        "1,000,000 de integrantes",
    ]
    assert translator("th", members=["{n} คน"]).count("members", 12345) == "12,345 คน"


def test_values_are_escaped_unless_they_are_markup_already() -> None:
    t = translator("en", hello="Hello **{name}**, see {what}", number="{n} left")
    assert t("hello", name="*Noor*", what=Markup("`.help`")) == r"Hello **\*Noor\***, see `.help`"
    assert t.plain("hello", name="*Noor*", what=Markup("`.help`")) == "Hello ***Noor***, see .help"
    assert t("number", n=-3) == r"\-3 left"


def test_a_value_in_code_is_shown_as_it_is() -> None:
    t = translator("en", say="Say `{line}`")
    assert t("say", line=".space show_all") == "Say `.space show_all`"
    assert t("say", line="a`b\nc") == "Say `aˋb c`"


def test_a_translated_text_can_stand_in_another() -> None:
    t = translator("en", inner="**{name}**", outer="Welcome {who}!")
    assert t("outer", who=t("inner", name="Ana_Luz")) == r"Welcome **Ana\_Luz**!"


def test_dates_are_written_in_the_language_and_the_chosen_calendar() -> None:
    thai = translator("th", on="วันที่ {day}")
    assert thai.plain("on", day=FRIDAY) == "วันที่ ศ. 20 พ.ย. 2569 (2026)"
    assert thai.with_calendar("gregorian").plain("on", day=FRIDAY) == "วันที่ ศ. 20 พ.ย. ค.ศ. 2026"
    english = translator("en", on="On {day}")
    assert english.plain("on", day=FRIDAY) == "On Friday 20 November 2026"
    assert english.with_calendar("buddhist").plain("on", day=FRIDAY) == "On Friday 20 November 2569 BE (2026)"


def test_a_moment_without_its_place_on_earth_is_refused() -> None:
    with pytest.raises(TypeError, match="time zone"):
        translator("en", at="At {moment}")("at", moment=datetime(2026, 11, 20, tzinfo=UTC))


def test_what_is_missing_is_no_silent_fallback() -> None:
    t = translator("en", single="one {name}", counted=["{n}", "{n}"], untranslated="")
    for missing in ("nowhere", "counted", "untranslated"):
        with pytest.raises(MissingTextError):
            t(missing)
        with pytest.raises(MissingTextError):
            t.plain(missing)
    with pytest.raises(MissingTextError):
        t.count("single", 1)
    with pytest.raises(MissingValueError):
        t("single")
    assert "single" in t
    assert "nowhere" not in t


@pytest.mark.parametrize("text", ["{}", "{0}", "{name!r}", "{name:>3}", "{a.b}", "{Name}", "{{name}}", "a } b"])
def test_only_named_places_are_understood(text: str) -> None:
    with pytest.raises(CatalogueError, match="broken"):
        translator("en", broken=text)


@given(st.text(max_size=30))
def test_a_value_never_opens_a_place(value: str) -> None:
    assert translator("en", say="{a}{b}").plain("say", a=value, b="{a}") == value + "{a}"
