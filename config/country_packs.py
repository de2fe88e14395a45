"""Country packs: what differs from country to country, as data files beside the settings (NET-4, LNG-7).

They come with the program, in ``config/packs``; a new country is one more file there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from config.data_file import read_data_file
from config.models import Section
from config.problems import Problem, SettingsError
from config.rules import BrokenRule
from config.shown import shown_value
from config.values import MustBe, TimeZone, refusal

PACKS = files("config") / "packs"

LanguageCode = Literal["th", "en", "es"]


def _written_once(text: str) -> str:
    if text != unicodedata.normalize("NFC", " ".join(text.split())):
        raise refusal("a name in Unicode form NFC, without spaces around it or doubled inside")
    return text


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_written_once)]
Code = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Za-z0-9]{1,20}$")]
_CODE = MustBe("a code such as TH-50 (ISO 3166-2) or, for a group of provinces, TH-north")
_NAME = MustBe("a name of 1 to 80 characters")


class RegionEntry(Section):
    """Name a province, or a group of provinces: then it has no ``parent``."""

    code: Annotated[Code, _CODE]
    parent: Annotated[Code | None, _CODE] = None
    th: Annotated[Name, _NAME]
    en: Annotated[Name, _NAME]
    es: Annotated[Name, _NAME]
    also: Annotated[tuple[Name, ...], MustBe("a list of names, each of 1 to 80 characters")] = ()

    @model_validator(mode="before")
    @classmethod
    def _spanish_as_in_english(cls, values: Any) -> Any:
        return {"es": values["en"], **values} if isinstance(values, Mapping) and "en" in values else values


class CountryPackFile(Section):
    """Hold one country pack as its file has it."""

    country: Annotated[str, Field(pattern=r"^[a-z]{2}$"), MustBe("the two letters of ISO 3166-1, such as th")]
    languages: Annotated[
        tuple[LanguageCode, ...], Field(min_length=1), MustBe("a list of th, en, es; the usual one first")
    ]
    calendar: Annotated[Literal["buddhist", "gregorian"], MustBe("one of buddhist, gregorian")]
    zone: Annotated[TimeZone, MustBe("an IANA time zone such as Asia/Bangkok")]
    law_profile: Annotated[Literal["pdpa", "mx"], MustBe("one of pdpa, mx")]
    capital: Annotated[Code | None, _CODE] = None
    metropolitan: Annotated[tuple[Code, ...], MustBe("a list of codes such as TH-10")] = ()
    regions: Annotated[
        tuple[RegionEntry, ...], Field(min_length=1), MustBe("a list of regions, each with code, th and en")
    ]


def countries(packs: Traversable = PACKS) -> tuple[str, ...]:
    """Return the countries there is a pack for, in alphabetical order."""
    return tuple(sorted(each.name.removesuffix(".toml") for each in packs.iterdir() if each.name.endswith(".toml")))


def load_country_pack(country: str, packs: Traversable = PACKS) -> CountryPackFile:
    """Read and check the pack of a country such as ``th``.

    Raises ``SettingsError`` with every problem found: with key ``network.country`` when there is no such pack, and
    otherwise with the key and line inside the pack.
    """
    known = countries(packs)
    # compared with the list before it becomes part of a path
    if country not in known:
        expected = f"one of {', '.join(known)}"
        raise SettingsError([Problem("network.country", expected, "settings", shown_value(("network",), country))])
    shown = f"config/packs/{country}.toml"
    file = read_data_file(packs / f"{country}.toml", shown, called="country pack")
    try:
        pack = CountryPackFile.model_validate(file.values)
    except ValidationError as error:
        raise SettingsError(file.refused(CountryPackFile, error)) from None
    broken = file.broken(_broken_rules(pack, country))
    if broken:
        raise SettingsError(broken)
    return pack


def _broken_rules(pack: CountryPackFile, country: str) -> Iterator[BrokenRule]:
    """Say what each value alone does not show: codes that fit together, and names that mean one region."""
    if pack.country != country:
        yield BrokenRule(("country",), f"{country}, as the file is called")
    if len(set(pack.languages)) < len(pack.languages):
        yield BrokenRule(("languages",), "a list that names each language once")
    parents = {entry.code: entry.parent for entry in pack.regions}
    codes: set[str] = set()
    names: dict[str, str] = {}
    for number, entry in enumerate(pack.regions):
        if not entry.code.startswith(f"{country.upper()}-"):
            yield BrokenRule(("regions", number, "code"), f"a code that begins with {country.upper()}-")
        if entry.code in codes:
            yield BrokenRule(("regions", number, "code"), f"listed once; {entry.code} is there already")
        codes.add(entry.code)
        if entry.parent is not None and parents.get(entry.parent, entry.parent) is not None:
            yield BrokenRule(("regions", number, "parent"), "the code of a region that has no parent itself")
        for name in dict.fromkeys((entry.th, entry.en, entry.es, *entry.also)):
            if names.setdefault(name.casefold(), entry.code) != entry.code:
                yield BrokenRule(
                    ("regions", number), f"without the name {name}, which means {names[name.casefold()]}"
                )
    yield from _set_apart(pack, {code for code, parent in parents.items() if parent is not None})


def _set_apart(pack: CountryPackFile, provinces: set[str]) -> Iterator[BrokenRule]:
    """Check what MET-5 sets apart: provinces, and the capital among the metropolitan ones."""
    if pack.capital is not None and pack.capital not in provinces:
        yield BrokenRule(("capital",), "the code of a province of this pack")
    for number, code in enumerate(pack.metropolitan):
        if code not in provinces or code in pack.metropolitan[:number]:
            yield BrokenRule(("metropolitan", number), "the code of a province of this pack, listed once")
    if pack.metropolitan and pack.capital not in pack.metropolitan:
        yield BrokenRule(("metropolitan",), "a list that includes the capital")
