"""An alias is a name that can be said, in any script, and nothing else: no trick, no number, no office, no link."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from community_bot.domain.alias import LONGEST, likeness, read_alias
from community_bot.domain.refusal import Refusal
from community_bot.locales import LANGUAGES
from tests.community_bot.people import sentence

ANYTHING = st.text(max_size=60)
NAME_LIKE = st.text(
    st.characters(categories=("L", "M", "Nd"), include_characters=" -'’.·\u200d\u202e\u3164"), max_size=40
)


def refusal_of(text: str, *names: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_alias(text, account_names=names)
    assert caught.value.field == "alias"
    assert all(sentence(caught.value, language) for language in LANGUAGES)
    return caught.value


def accepted(text: str) -> str | None:
    """Return the alias, None where it is refused; anything else raises."""
    try:
        return read_alias(text)
    except Refusal:
        return None


@pytest.mark.parametrize(
    "alias",
    [
        *("นกกระสา", "ใบเตย", "ผู้เฒ่า", "น้ำหวาน", "๒ ใบไม้"),
        *("Garza Blanca", "Ñandú", "D'Ávila", "Nube·Gris"),
        *("ليلى", "نور الهدى", "نور محمد", "ميڤا", "ڠوچيل", "שירה"),
        *("白鹭", "さくら", "백로", "ကြိုးကြာ", "ក្រៀល", "नीलकंठ", "Цапля", "Ερωδιός"),
        *("Heron 7", "Jo", "Heron-Reed", "Mary Ann Reed"),
    ],
)
def test_names_of_every_script_are_welcome(alias: str) -> None:
    assert read_alias(alias) == unicodedata.normalize("NFC", alias)


def test_spaces_around_and_between_do_not_matter() -> None:
    assert read_alias("  Blue\t \u3000Heron\n") == "Blue Heron"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "alias.empty"),
        (" \t\n\u3000", "alias.empty"),
        ("🌱", "alias.no_letters"),
        ("👩‍🌾🌱", "alias.invisible"),
        ("🌱🌱🌱", "alias.no_letters"),
        ("Heron 🌱", "alias.characters"),
        ("12345", "alias.no_letters"),
        ("x", "alias.too_short"),
        ("น", "alias.too_short"),
        ("a" * (LONGEST + 1), "alias.too_long"),
        ("ก" * 10_000, "alias.too_long"),
        ("Heron\u202enimda", "alias.invisible"),
        ("\u2067Heron\u2069", "alias.invisible"),
        ("He\u200bron", "alias.invisible"),
        ("He\u00adron", "alias.invisible"),
        ("\u3164\u3164", "alias.invisible"),
        ("\u115f\u1160", "alias.invisible"),
        ("Heron\ufe0f", "alias.invisible"),
        ("Heron\u034f", "alias.invisible"),
        ("Heron\U000e0101", "alias.invisible"),
        ("Heron\x00", "alias.invisible"),
        ("Heron\ud800", "alias.invisible"),
        ("**Heron**", "alias.characters"),
        ("`Heron`", "alias.characters"),
        ("<b>Heron</b>", "alias.characters"),
        ("[Heron](https://example.org)", "alias.characters"),
        ("@everyone", "alias.characters"),
        ("<@1234>", "alias.no_letters"),
        ("<@Nok>", "alias.characters"),
        ("#garden", "alias.characters"),
        ("nok@example.org", "alias.characters"),
        ("https://example.org", "alias.characters"),
        ("river.example", "alias.address"),
        ("www.river.example", "alias.address"),
        ("แม่น้ำ.example", "alias.address"),
        ("Heron_Reed", "alias.characters"),
        ("Heron {start}", "alias.characters"),
        ("Nok 0812345678", "alias.number"),
        ("Nok 081-234-5678", "alias.number"),
        ("Nok 08 1234 5678", "alias.number"),
        ("นก ๐๘๑๒๓๔๕๖๗๘", "alias.number"),
        ("a" + "\u0301" * 7, "alias.marks"),
        ("ก" + "\u0e48" * 6, "alias.marks"),
        ("- Heron", "alias.joiners"),
        ("Heron--Reed", "alias.joiners"),
        ("\u0e48ก", "alias.joiners"),
        ("Admin", "alias.office"),
        ("A d m i n", "alias.office"),
        ("ＡＤＭＩＮ", "alias.office"),
        ("Аdmin", "alias.office"),
        ("ADMİN", "alias.office"),
        ("admın", "alias.office"),
        ("moderación", "alias.office"),
        ("ผู้ดูแล พื้นที่", "alias.office"),
        ("Safety-Lead", "alias.office"),
        ("อดีตสมาชิก", "alias.office"),
    ],
)
def test_what_is_no_alias_is_refused_for_a_reason(text: str, code: str) -> None:
    assert refusal_of(text).code == code


@pytest.mark.parametrize("sign", ["a", "ก", "ﷺ", "\u0301", "🌱", " ", "\u202e"])
def test_ten_thousand_characters_are_refused_for_their_number_alone(sign: str) -> None:
    assert refusal_of(sign * 10_000).code == "alias.too_long"


@pytest.mark.parametrize("name", ["Nok Somsri", "nok_somsri", "NOK-SOMSRI", "Ｎｏｋ Somsri"])
def test_the_name_of_ones_own_account_protects_nothing(name: str) -> None:
    assert refusal_of("nok somsri", name.replace("_", " ")).code == "alias.account_name"


def test_another_name_than_the_accounts_is_fine() -> None:
    assert read_alias("Heron", account_names=["Nok Somsri", "", "🌱"]) == "Heron"


def test_strange_characters_are_named_five_at_most() -> None:
    assert refusal_of("H" + "!#$%&*+/<=>").values["strange"] == "! # $ % &"


@given(ANYTHING | NAME_LIKE)
@example("\ud800")
@example("ﬀ")
@example("\u1680a")
@example("ß" * 32)
@example("ΐ" * 32)
def test_no_input_raises_anything_but_a_refusal_and_what_is_accepted_is_accepted_again(text: str) -> None:
    alias = accepted(text)
    if alias is None:
        assert refusal_of(text).code.startswith("alias.")
        return
    assert read_alias(alias) == alias
    assert 2 <= len(alias) <= LONGEST
    assert alias == alias.strip()
    assert not any(unicodedata.category(character)[0] == "C" for character in alias)


@given(NAME_LIKE, NAME_LIKE)
@example("Heron", "hErOn")
@example("Ñandú", "N\u0303andu\u0301")
def test_likeness_is_the_same_from_both_sides_and_for_what_it_gives(one: str, other: str) -> None:
    assert (likeness(one) == likeness(other)) is (likeness(other) == likeness(one))
    assert likeness(likeness(one)) == likeness(one)
    assert likeness(f" {one}-") == likeness(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Heron", "HERON"),
        ("Heron", "H e r o n"),
        ("Heron", "Ｈｅｒｏｎ"),
        ("Heron", "Неrоn"),
        ("Heron", "Ηeron".replace("Η", "H")),
        ("D'Ávila", "D’Ávila"),
        ("น้ำ", "น\u0e49\u0e4d\u0e32"),
        ("Straße", "STRASSE"),
    ],
)
def test_people_would_take_one_for_the_other(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(("one", "other"), [("Heron", "Herón"), ("ใบเตย", "ใบตาล"), ("Ana", "Anna")])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert likeness(one) != likeness(other)
