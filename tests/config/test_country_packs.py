"""The packs that come with the program are whole, and a pack that is not says where."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from config import NetworkSettings, SettingsError
from config.country_packs import PACKS, CountryPackFile, countries, load_country_pack

ROOT = Path(__file__).parent.parent.parent

WHOLE = """
country = "xx"
languages = ["en"]
calendar = "gregorian"
zone = "UTC"
law_profile = "pdpa"
capital = "XX-1"
metropolitan = ["XX-1"]
regions = [
  { code = "XX-north", th = "เหนือ", en = "North" },
  { code = "XX-1", parent = "XX-north", th = "หนึ่ง", en = "One", also = ["Uno"] },
  { code = "XX-2", parent = "XX-north", th = "สอง", en = "Two", es = "Dos" },
]
"""


def load(folder: Path, text: str) -> CountryPackFile:
    (folder / "xx.toml").write_text(text, encoding="utf-8")
    return load_country_pack("xx", folder)


def problems(folder: Path, text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(SettingsError) as raised:
        load(folder, text)
    return [(problem.key, problem.expected, problem.where) for problem in raised.value.problems]


def provinces(country: str) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for entry in load_country_pack(country).regions:
        if entry.parent is not None:
            groups.setdefault(entry.parent.partition("-")[2], []).append(entry.code.partition("-")[2])
    return groups


def test_thailand_and_mexico_have_a_pack() -> None:
    assert countries() == ("mx", "th")


def test_the_settings_offer_exactly_the_countries_there_is_a_pack_for() -> None:
    assert sorted(get_args(NetworkSettings.model_fields["country"].annotation)) == list(countries())


def test_the_packs_lie_inside_the_package_that_the_wheel_takes_whole() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert "config" in wheel["targets"]["wheel"]["packages"]
    assert not {"exclude", "include", "only-include"} & (set(wheel) | set(wheel["targets"]["wheel"]))
    assert str(PACKS) == str(ROOT / "config" / "packs")


def test_thailand_counts_in_the_buddhist_era_and_follows_the_pdpa() -> None:
    pack = load_country_pack("th")
    assert (pack.languages[0], pack.calendar, pack.zone, pack.law_profile) == (
        "th",
        "buddhist",
        "Asia/Bangkok",
        "pdpa",
    )


def test_mexico_speaks_spanish_and_has_its_own_law_profile() -> None:
    pack = load_country_pack("mx")
    assert (pack.languages[0], pack.calendar, pack.zone, pack.law_profile) == (
        "es",
        "gregorian",
        "America/Mexico_City",
        "mx",
    )


def test_thailand_has_its_77_provinces_in_six_regions() -> None:
    groups = provinces("th")
    sizes = [(group, len(codes)) for group, codes in groups.items()]
    assert sizes == [("north", 9), ("northeast", 20), ("central", 22), ("east", 7), ("west", 5), ("south", 14)]
    # ISO 3166-2:TH numbers them by old circles, with gaps
    circles = (
        range(10, 28),
        range(30, 50),
        range(50, 59),
        range(60, 68),
        range(70, 78),
        range(80, 87),
        range(90, 97),
    )
    assert Counter(code for codes in groups.values() for code in codes) == Counter(
        str(number) for circle in circles for number in circle
    )


def test_mexico_has_its_32_entities_in_eight_regions() -> None:
    groups = provinces("mx")
    assert {group: " ".join(codes) for group, codes in groups.items()} == {
        "noroeste": "BCN BCS CHH DUR SIN SON",
        "noreste": "COA NLE TAM",
        "occidente": "COL JAL MIC NAY",
        "oriente": "HID PUE TLA VER",
        "centronorte": "AGU GUA QUE SLP ZAC",
        "centrosur": "CMX MEX MOR",
        "suroeste": "CHP GRO OAX",
        "sureste": "CAM ROO TAB YUC",
    }
    assert len({code for codes in groups.values() for code in codes}) == 32


def test_the_metropolitan_provinces_are_those_that_the_measure_names() -> None:
    pack = load_country_pack("th")
    english = {entry.code: entry.en for entry in pack.regions}
    assert pack.capital is not None
    assert english[pack.capital] == "Bangkok"
    assert {english[code] for code in pack.metropolitan} == {
        *("Bangkok", "Nonthaburi", "Pathum Thani", "Samut Prakan", "Samut Sakhon", "Nakhon Pathom")
    }


@pytest.mark.parametrize("country", countries())
def test_each_name_is_in_the_script_of_its_language(country: str) -> None:
    for entry in load_country_pack(country).regions:
        assert re.fullmatch(r"[\u0e01-\u0e4e]+", entry.th), entry.code
        assert re.fullmatch(r"[A-Z][A-Za-záéíóúñ -]+", entry.en), entry.code
        assert re.fullmatch(r"[A-Z][A-Za-záéíóúñ -]+", entry.es), entry.code


@pytest.mark.parametrize("country", countries())
@pytest.mark.parametrize("language", ["th", "en", "es"])
def test_no_two_regions_have_the_same_name(country: str, language: str) -> None:
    names = Counter(getattr(entry, language) for entry in load_country_pack(country).regions)
    assert names.most_common(1)[0][1] == 1


def test_no_name_says_the_word_province() -> None:
    assert not [entry.th for entry in load_country_pack("th").regions if "จังหวัด" in entry.th]


def test_a_name_left_out_in_spanish_is_the_english_one(tmp_path: Path) -> None:
    assert [entry.es for entry in load(tmp_path, WHOLE).regions] == ["North", "One", "Dos"]


@pytest.mark.parametrize("country", ["zz", "", "../network", "TH"])
def test_a_country_without_a_pack_is_told_which_there_are(country: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_country_pack(country)
    [problem] = raised.value.problems
    assert (problem.key, problem.expected) == ("network.country", "one of mx, th")


@pytest.mark.parametrize(
    ("written", "instead", "key", "expected"),
    [
        ('"gregorian"', '"lunar"', "calendar", "one of buddhist, gregorian"),
        ('"UTC"', '"Mars/Olympus"', "zone", "an IANA time zone such as"),
        ('law_profile = "pdpa"\n', "", "law_profile", "one of pdpa, mx"),
        ('["en"]', '["en", "fr"]', "languages[1]", "a list of th, en, es"),
        ('["en"]', '["en", "en"]', "languages", "each language once"),
        ('country = "xx"', 'country = "yy"', "country", "xx, as the file is called"),
        ('capital = "XX-1"', 'capitol = "XX-1"', "capitol", "a known key"),
        ('capital = "XX-1"', 'capital = "XX-north"', "capital", "a province of this pack"),
        (
            'metropolitan = ["XX-1"]',
            'metropolitan = ["XX-1", "XX-9"]',
            "metropolitan[1]",
            "a province of this pack",
        ),
        ('metropolitan = ["XX-1"]', 'metropolitan = ["XX-2"]', "metropolitan", "includes the capital"),
        ('code = "XX-2"', 'code = "XX-1"', "regions[2].code", "listed once"),
        ('code = "XX-2"', 'code = "YY-2"', "regions[2].code", "begins with XX-"),
        ('code = "XX-2"', 'code = "two"', "regions[2].code", "a code such as TH-50"),
        ('"XX-2", parent = "XX-north"', '"XX-2", parent = "XX-1"', "regions[2].parent", "no parent itself"),
        ('"XX-2", parent = "XX-north"', '"XX-2", parent = "XX-9"', "regions[2].parent", "no parent itself"),
        ('en = "Two"', 'en = "UNO"', "regions[2]", "without the name UNO, which means XX-1"),
        ('en = "Two"', 'en = " Two"', "regions[2].en", "without spaces around it"),
        ('th = "สอง", ', "", "regions[2].th", "a name of 1 to 80 characters"),
    ],
)
def test_what_is_wrong_in_a_pack_is_said_with_its_key(
    tmp_path: Path, written: str, instead: str, key: str, expected: str
) -> None:
    assert WHOLE.count(written) == 1
    found = problems(tmp_path, WHOLE.replace(written, instead))
    assert any(each[0] == key and expected in each[1] for each in found), found


def test_a_problem_is_told_with_its_line(tmp_path: Path) -> None:
    [(_, _, where)] = problems(tmp_path, WHOLE.replace('"Two"', "2"))
    assert where == "config/packs/xx.toml, line 12"


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace('"UTC"', '"nowhere"').replace('"gregorian"', '"lunar"')
    assert [key for key, _, _ in problems(tmp_path, text)] == ["calendar", "zone"]


def test_a_pack_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    [(key, expected, where)] = problems(tmp_path, "country = ")
    assert key == "country pack"
    assert expected.startswith("TOML in UTF-8; the parser says: ")
    assert where == "config/packs/xx.toml"
