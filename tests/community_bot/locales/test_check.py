"""Whatever is wrong with a catalogue is found before people meet it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import pytest
import regex  # type: ignore[import-untyped]

from community_bot.locales import LANGUAGES, Language, escape
from community_bot.locales.check import Finding, check_languages
from community_bot.locales.command_texts import CommandTexts, OptionTexts
from community_bot.locales.text_limits import is_command_name, unknown_markup
from tests.community_bot.locales.sources import entry, source

Texts = Mapping[str, str | list[str]]
HELLO: dict[Language, str] = {"th": "สวัสดี {name}", "en": "Hello {name}", "es": "Hola {name}"}
ALIAS = CommandTexts(("me", "alias"), (OptionTexts("alias"),))
SHOW = CommandTexts(("me", "show"))


def check(
    texts: Mapping[Language, Texts],
    *,
    used: Mapping[str, str] | None = None,
    commands: list[CommandTexts] | None = None,
    members: Mapping[str, list[str]] | None = None,
) -> list[tuple[str, Language | None, str]]:
    """Return (code, language, key) of each finding; every key counts as used unless ``used`` is given."""
    if used is None:
        used = {key: "test.py:1" for of_one in texts.values() for key in of_one}
    sources = {language: [source(language, of_one)] for language, of_one in texts.items()}
    found = check_languages(commands or [], used, members, sources=sources)
    return [(finding.code, finding.language, finding.key) for finding in found]


def three(key: str, thai: str, english: str = "text", spanish: str = "texto") -> dict[Language, Texts]:
    return {"th": {key: thai}, "en": {key: english}, "es": {key: spanish}}


def test_whole_catalogues_are_in_order() -> None:
    assert check({language: {"a": text} for language, text in HELLO.items()}) == []


def test_a_text_that_one_language_lacks_is_missing_there() -> None:
    assert check({"th": {}, "en": {"a": "A"}, "es": {"a": "A"}}) == [("missing", "th", "a")]


def test_a_text_the_code_asks_for_is_missing_everywhere() -> None:
    sources = {language: [source(language, {})] for language in LANGUAGES}
    found = check_languages([], {"me.alias.changed": "services/members.py:12"}, sources=sources)
    assert found == [
        Finding("missing", language, "me.alias.changed", "used in services/members.py:12")
        for language in sorted(LANGUAGES)
    ]


def test_a_text_nobody_says_is_found() -> None:
    assert check(three("a", "ก"), used={}) == [("unused", None, "a")]


def test_a_family_has_the_members_its_registry_knows() -> None:
    texts = three("purpose.old", "ก")
    assert check(texts, used={}) == []
    assert check(texts, used={}, members={"purpose.": ["purpose.new"]}) == [
        *(("missing", language, "purpose.new") for language in sorted(LANGUAGES)),
        ("unused", None, "purpose.old"),
    ]


def test_places_must_be_the_same_in_every_language() -> None:
    found = check({"th": {"a": "สวัสดี"}, "en": {"a": "Hello {name}"}, "es": {"a": "Hola {nombre}"}})
    assert found == [("places", "en", "a"), ("places", "es", "a"), ("places", "th", "a")]


def test_a_counted_text_may_leave_out_the_number_and_nothing_else() -> None:
    counted: dict[Language, Texts] = {
        "th": {"a": ["{n} คนใน {space}"]},
        "en": {"a": ["one in {space}", "{n} in {space}"]},
        "es": {"a": ["una en {space}", "{n} de integrantes", "{n} en {space}"]},
    }
    assert check(counted) == [("places", "es", "a")]


def test_a_text_is_counted_in_every_language_or_in_none() -> None:
    found = check({"th": {"a": ["{n} คน"]}, "en": {"a": "{n} people"}, "es": {"a": "{n} personas"}})
    assert found == [("plural", None, "a")]


def test_every_plural_form_is_there() -> None:
    found = check({"th": {"a": ["{n}"]}, "en": {"a": ["{n}", "{n}"]}, "es": {"a": ["{n}", "{n}"]}})
    assert found == [("empty", "es", "a")]


def test_a_plural_rule_that_is_not_cldrs_is_found() -> None:
    wrong = source("es", {"a": "A"}, rule="nplurals=2; plural=(n != 1);")
    found = check_languages([], {"a": ""}, sources={"es": [wrong]})
    assert [(finding.code, finding.language) for finding in found] == [("plural", "es")]
    subtle = source("en", {"a": "A"}, rule="nplurals=2; plural=(n > 1);")
    assert [finding.code for finding in check_languages([], {"a": ""}, sources={"en": [subtle]})] == ["plural"]


def test_what_is_empty_or_fuzzy_waits_for_a_person() -> None:
    assert check(three("a", "")) == [("empty", "th", "a")]
    fuzzy = source("en", {}) + "\n#, fuzzy\n" + entry("a", "A")
    found = check_languages([], {"a": ""}, sources={"en": [fuzzy]})
    assert [finding.code for finding in found] == ["fuzzy"]


def test_keys_are_sorted_and_there_once() -> None:
    assert check({"en": {"b": "B", "a": "A"}}) == [("order", "en", "a")]
    twice = source("en", {"a": "A"}) + "\n" + entry("a", "B")
    assert "twice" in [finding.code for finding in check_languages([], {"a": ""}, sources={"en": [twice]})]


@pytest.mark.parametrize(
    "line",
    ['msgid "b\nmsgstr "B"', 'msgid "b"\nmsgstr "say "B""', "what", 'msgid "b"\nmsgid_plural "b"\nmsgstr[2] "B"'],
)
def test_a_file_gettext_cannot_read_is_one_finding(line: str) -> None:
    broken = source("en", {"a": "A"}) + f"\n{line}\n"
    found = check_languages([], {"a": ""}, sources={"en": [broken]})
    assert [(finding.code, finding.language) for finding in found] == [("unreadable", "en")]


def test_braces_that_are_no_place_are_found() -> None:
    assert check(three("a", "{0}")) == [("braces", "th", "a")]


@pytest.mark.parametrize(
    "text",
    ["แกนนำของกลุ่ม", "แนวร่วม", "ขบวนการนักศึกษา", "สายลับ", "ถูกแบนแล้ว", "ยินดีครับ", "ขอบคุณค่ะ", "ไหมคะ", "ได้ไหมคะ นะ"],
)
def test_a_word_of_the_list_is_found(text: str) -> None:
    assert check(three("a", text)) == [("word", "th", "a")]


@pytest.mark.parametrize(
    "text",
    [
        "ขบวนการเคลื่อนไหว",
        "ขบวนการทางสังคม",
        "คะแนน",
        "แบนเนอร์",
        "แบนด์วิดท์",
        "นำออกจากพื้นที่",
        "เครือข่ายความร่วมมือ",
        "คะน้า",
        "ขอบคุณนะ",
    ],
)
def test_a_word_that_only_looks_like_one_is_let_be(text: str) -> None:
    assert check(three("a", text)) == []


def test_the_thai_list_is_for_thai_only() -> None:
    assert check(three("a", "ก", "ครับ means yes", "ครับ")) == []


@pytest.mark.parametrize(
    "text",
    [
        *("*a*", "a_b_", "~~a~~", "||a||", "> a", "# a", "-# a", "1. a", "  - a", "* a", "[a](b)", "<b>", "<@1>"),
        *("@everyone", ":smile:", "**a", "**a\nb**", "`a", "***a***", "a\\b", "```a```"),
    ],
)
def test_markup_that_is_not_ours_is_found(text: str) -> None:
    assert check(three("a", "ก", text)) == [("markup", "en", "a")] * len({*unknown_markup("a", text)}) != []


@pytest.mark.parametrize(
    "text",
    [
        "**a** b",
        "`a_b *c*`",
        "- a\n- **b**\n\nc",
        r"2 \* 3",
        "a (b): c - d",
        "{some_name}",
        "2 + 2",
        "a@b",
        "**{a_b}**",
    ],
)
def test_our_light_markup_is_fine(text: str) -> None:
    assert list(unknown_markup("a", text)) == []


def test_what_is_escaped_is_no_markup() -> None:
    assert list(unknown_markup("a", escape("*a* _b_ [c](d) <e> :f: `g` > # - 1."))) == []


def test_a_label_is_read_without_markup() -> None:
    assert check(three("a.button", "ก", "**Join**")) == [("markup", "en", "a.button")]
    assert check(three("a.button", "ก", "Join_now *")) == []


@pytest.mark.parametrize(
    ("part", "limit"), [("button", 80), ("title", 45), ("label", 45), ("hint", 100), ("choice", 100)]
)
def test_a_text_is_as_long_as_its_place_allows(part: str, limit: int) -> None:
    assert check(three(f"a.{part}", "ก", "x" * limit)) == []
    assert check(three(f"a.{part}", "ก", "x" * (limit + 1))) == [("long", "en", f"a.{part}")]


def test_a_thai_button_is_measured_as_it_is_seen() -> None:
    assert check(three("a.button", "ที่" * 20)) == []
    assert check(three("a.button", "ที่" * 21)) == [("long", "th", "a.button")]


def command_texts(language: Language, **changes: str) -> Texts:
    names = {"th": ("ฉัน", "นามแฝง", "ดู"), "en": ("me", "alias", "show"), "es": ("yo", "alias", "ver")}[language]
    texts = {
        "command.me.alias.description": "x",
        "command.me.alias.name": names[1],
        "command.me.alias.option.alias.description": "x",
        "command.me.alias.option.alias.name": names[1],
        "command.me.description": "x",
        "command.me.name": names[0],
        "command.me.show.description": "x",
        "command.me.show.name": names[2],
    }
    return texts | {key.replace("__", "."): text for key, text in changes.items()}


def check_commands(**changes: str) -> list[tuple[str, Language | None, str]]:
    texts: dict[Language, Texts] = {language: command_texts(language) for language in LANGUAGES}
    texts["th"] = command_texts("th", **changes)
    return check(texts, used={}, commands=[ALIAS, SHOW])


def test_a_command_with_all_its_texts_is_in_order() -> None:
    assert check_commands() == []


def test_each_text_of_a_command_is_needed() -> None:
    texts: dict[Language, Texts] = {language: command_texts(language) for language in LANGUAGES}
    more = CommandTexts(("me", "calendar"), (OptionTexts("years", ("buddhist",)),))
    found = check(texts, used={}, commands=[ALIAS, SHOW, more])
    assert {key for code, _, key in found if code == "missing"} == {
        "command.me.calendar.name",
        "command.me.calendar.description",
        "command.me.calendar.option.years.name",
        "command.me.calendar.option.years.description",
        "command.me.calendar.option.years.buddhist.choice",
    }


def test_a_command_that_is_gone_leaves_no_texts() -> None:
    texts: dict[Language, Texts] = {language: command_texts(language) for language in LANGUAGES}
    found = check(texts, used={}, commands=[ALIAS])
    assert found == [("unused", None, f"command.me.show.{part}") for part in ("description", "name")]


def test_an_example_may_be_left_out_but_not_in_one_language_only() -> None:
    def with_example(language: Language) -> Texts:
        return dict(sorted({**command_texts(language), "command.me.show.example": "x"}.items()))

    assert (
        check({language: with_example(language) for language in LANGUAGES}, used={}, commands=[ALIAS, SHOW]) == []
    )
    texts: dict[Language, Texts] = {language: command_texts(language) for language in LANGUAGES}
    texts["en"] = with_example("en")
    found = check(texts, used={}, commands=[ALIAS, SHOW])
    assert found == [("missing", language, "command.me.show.example") for language in ("es", "th")]


@pytest.mark.parametrize("name", ["Show", "two words", "ดู!", "x" * 33, "฿"])
def test_a_name_discord_refuses_is_found(name: str) -> None:
    assert check_commands(command__me__show__name=name) == [("name", "th", "command.me.show.name")]


def test_a_description_has_a_hundred_characters_at_most() -> None:
    assert check_commands(command__me__show__description="ก" * 100) == []
    found = check_commands(command__me__show__description="ก" * 101)
    assert found == [("long", "th", "command.me.show.description")]


def test_siblings_are_called_differently_in_each_language() -> None:
    assert check_commands(command__me__show__name="นามแฝง") == [("siblings", "th", "command.me.show.name")]
    assert check_commands(command__me__name="ดู") == []


def test_a_tree_counts_the_longest_localisation_of_each_field() -> None:
    options = tuple(OptionTexts(f"option{number}") for number in range(25))
    commands = [CommandTexts(("big", f"part{part}"), options) for part in range(3)]
    places = ["command.big", *(command.key for command in commands)]
    places += [key for command in commands for key in command.option_keys()]

    def texts(length: int) -> Texts:
        # the last part of the place keeps the names apart
        found = {f"{place}.name": place.rpartition(".")[2] for place in places}
        return dict(sorted((found | {f"{place}.description": "x" * length for place in places}).items()))

    assert check({"en": texts(90), "th": texts(10)}, used={}, commands=commands) == []
    assert check({"en": texts(10), "th": texts(100)}, used={}, commands=commands) == [("tree", None, "command.big")]


def test_names_are_those_that_discords_own_expression_takes() -> None:
    """The one difference is marks and signs of Devanagari, which we do not need."""
    discords = regex.compile(r"[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]")
    for point in range(0x3000):
        character = chr(point)
        if character == character.lower() and unicodedata.category(character) != "Cn":
            ours, theirs = is_command_name(character), discords.match(character) is not None
            assert ours is theirs or (theirs and regex.match(r"\p{sc=Deva}", character)), hex(point)


def test_the_packages_own_catalogues_are_written_well() -> None:
    """Whether each text is used is for ``community-bot languages check``, which knows the commands."""
    found = [finding for finding in check_languages([], {}) if finding.code not in ("missing", "unused")]
    assert found == []
