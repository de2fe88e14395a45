"""People find where they are however they write it, and nothing else."""

from __future__ import annotations

import unicodedata

import pytest

from community_bot.domain.languages import LANGUAGES, Language
from community_bot.domain.regions import MOST_FOUND, CountryPack, country_pack_of
from config.country_packs import countries, load_country_pack

PACKS = {country: country_pack_of(load_country_pack(country).model_dump()) for country in countries()}
THAILAND, MEXICO = PACKS["th"], PACKS["mx"]


def titles(pack: CountryPack, typed: str, language: Language) -> list[str]:
    return [region.title(language) for region in pack.search(typed, language)]


@pytest.mark.parametrize("country", PACKS)
def test_every_name_and_every_code_finds_its_own_region(country: str) -> None:
    for region in PACKS[country].regions:
        for name in (*region.names(), region.code):
            for written in (name, name.upper(), name.lower(), f"  {name} ", unicodedata.normalize("NFD", name)):
                assert PACKS[country].find(written) == region, written


@pytest.mark.parametrize("country", PACKS)
def test_every_parent_is_a_region_without_one(country: str) -> None:
    for region in PACKS[country].regions:
        if region.parent is not None:
            parent = PACKS[country].region(region.parent)
            assert parent is not None
            assert parent.parent is None


def test_a_code_leads_to_its_region_in_three_languages() -> None:
    city = MEXICO.region("MX-CMX")
    assert city is not None
    assert [city.title(language) for language in LANGUAGES] == ["เม็กซิโกซิตี", "Mexico City", "Ciudad de México"]
    assert THAILAND.region("MX-CMX") is None


@pytest.mark.parametrize(
    ("pack", "typed", "code"),
    [
        *((THAILAND, "จังหวัดเชียงใหม่", "TH-50"), (THAILAND, "จ. เชียงใหม่", "TH-50"), (THAILAND, "chiangmai", "TH-50")),
        *((THAILAND, "จันทบุรี", "TH-22"), (THAILAND, "กทม", "TH-10"), (THAILAND, "Lopburi", "TH-16")),
        *((THAILAND, "กํ\u0e32แพงเพชร", "TH-62"), (THAILAND, "เเพร่", "TH-54"), (THAILAND, "ภูเกต", "TH-83")),
        *((THAILAND, "อีสาน", "TH-northeast"), (THAILAND, "th-northeast", "TH-northeast")),
        *((MEXICO, "michoacan", "MX-MIC"), (MEXICO, "CDMX", "MX-CMX"), (MEXICO, "nuevo leon", "MX-NLE")),
        *((MEXICO, "Estado de México", "MX-MEX"), (MEXICO, "Baja California", "MX-BCN")),
    ],
)
def test_a_region_is_found_as_people_write_it(pack: CountryPack, typed: str, code: str) -> None:
    found = pack.find(typed)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("typed", ["", "   ", "!!!", "จังหวัด", "Chiang", "Nowhere", "TH-S", "TH", "10"])
def test_half_a_name_or_none_finds_nothing(typed: str) -> None:
    assert THAILAND.find(typed) is None


def test_names_that_begin_with_what_was_typed_come_first() -> None:
    assert titles(THAILAND, "lam", "en") == ["Lampang", "Lamphun", "Nong Bua Lam Phu"]
    assert titles(MEXICO, "california", "es") == ["Baja California", "Baja California Sur"]


def test_what_is_found_is_in_the_order_of_the_language() -> None:
    # a leading vowel is written first and looked up second: ใต้ under ต, เหนือ under ห
    assert titles(THAILAND, "", "th")[:6] == [
        *("ภาคกลาง", "ภาคตะวันตก", "ภาคตะวันออก", "ภาคตะวันออกเฉียงเหนือ", "ภาคใต้", "ภาคเหนือ"),
    ]
    assert titles(THAILAND, "เ", "th")[:5] == ["เชียงราย", "เชียงใหม่", "เพชรบุรี", "เพชรบูรณ์", "เลย"]
    assert titles(MEXICO, "mo", "es")[0] == "Morelos"


def test_what_the_reader_sees_counts_before_other_names() -> None:
    # Korat is another name of Nakhon Ratchasima, Krung Thep one of Bangkok
    assert titles(THAILAND, "k", "en")[:7] == [
        *("Kalasin", "Kamphaeng Phet", "Kanchanaburi", "Khon Kaen", "Krabi"),
        *("Bangkok", "Nakhon Ratchasima"),
    ]


def test_a_search_takes_no_notice_of_case_accents_or_the_word_for_province() -> None:
    assert titles(MEXICO, "YUCATAN", "es") == titles(MEXICO, "yucatán", "es") == ["Yucatán"]
    assert titles(THAILAND, "จังหวัดเชียง", "th") == titles(THAILAND, "เชียง", "th")
    assert titles(THAILAND, "แพร", "th") == ["แพร่"]


def test_a_search_in_another_language_answers_in_the_readers_own() -> None:
    assert titles(THAILAND, "phuk", "th") == ["ภูเก็ต"]
    assert titles(THAILAND, "ภูเก", "es") == ["Phuket"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_for_nothing_typed_the_groups_come_first(language: Language) -> None:
    found = THAILAND.search("", language)
    assert len(found) == MOST_FOUND
    assert {region.code for region in found[:6]} == {
        region.code for region in THAILAND.regions if region.parent is None
    }
    assert all(region.parent is not None for region in found[6:])


def test_never_more_is_found_than_can_be_offered() -> None:
    assert len(titles(THAILAND, "a", "en")) == MOST_FOUND == 25
    assert titles(THAILAND, "xyz", "en") == []


def test_a_pack_keeps_what_the_file_says() -> None:
    assert (THAILAND.country, THAILAND.languages[0], THAILAND.calendar, THAILAND.zone, THAILAND.law_profile) == (
        *("th", "th", "buddhist", "Asia/Bangkok", "pdpa"),
    )
    assert THAILAND.capital == "TH-10"
    assert len(THAILAND.metropolitan) == 6
    assert len({hash(region) for region in THAILAND.regions}) == 83
