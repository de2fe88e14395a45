"""Where people are, roughly: the provinces of a country and the groups they lie in (NET-4, ORG-4, I5)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

from community_bot.domain.calendar_years import CalendarPreference
from community_bot.domain.collation import in_order
from community_bot.domain.languages import LANGUAGES, Language

MOST_FOUND: Final = 25
"""Discord offers no more choices than this while somebody types."""

_WORD_BEFORE: Final = re.compile(r"\s*(?:จังหวัด|จ\.)")
"""Thai people write "province" before the name, in full or as one letter with a full stop."""
_UNSURE_MARKS: Final = frozenset("็่้๊๋์๎ฺ")
"""Tone marks and their like: left out or mistaken where people type in a hurry."""


@dataclass(frozen=True, slots=True)
class Region:
    """Name one province, or one group of provinces: then it has no parent.

    ``code`` is from ISO 3166-2 for a province (``TH-50``) and ours for a group (``TH-north``). ``also`` are other
    names by which people look for it; they are never shown.
    """

    code: str
    parent: str | None
    titles: Mapping[Language, str] = field(hash=False)
    also: tuple[str, ...] = ()

    def title(self, language: Language) -> str:
        """Return the name as it is shown to a reader of ``language``."""
        return self.titles[language]

    def names(self) -> Iterator[str]:
        """Yield every name by which it can be found."""
        yield from self.titles.values()
        yield from self.also


@dataclass(frozen=True, slots=True)
class CountryPack:
    """Hold what differs from country to country (NET-4, LNG-7).

    The first of ``languages`` is that of a network which has not chosen one. MET-5 sets ``capital`` apart, and the
    provinces in ``metropolitan``, which include it.
    """

    country: str
    languages: tuple[Language, ...]
    calendar: CalendarPreference
    zone: str
    law_profile: str
    regions: tuple[Region, ...]
    capital: str | None = None
    metropolitan: frozenset[str] = frozenset()

    def region(self, code: str) -> Region | None:
        """Return the region with exactly this code."""
        return next((region for region in self.regions if region.code == code), None)

    def find(self, text: str) -> Region | None:
        """Return the region that somebody named: by its whole name in any language, or by its code."""
        code = text.strip().casefold()
        typed = _typed(text)
        if not typed:
            return None
        for region in self.regions:
            if region.code.casefold() == code or any(_folded(name) == typed for name in region.names()):
                return region
        return None

    def search(self, text: str, language: Language) -> list[Region]:
        """Return at most 25 regions for what somebody has typed so far, in any language.

        Those whose title in ``language`` begins with it come first, then those with another name that does, then
        those that contain it; each in the order of ``language``. For nothing typed, the groups come first: whoever
        picks one says less about where they are.
        """
        typed = _typed(text)
        places = self._places(language)
        found: list[tuple[int, int, Region]] = []
        for region in self.regions:
            distance = _distance(region, typed, language)
            if distance is not None:
                found.append((distance, places[region.title(language)], region))
        return [region for _, _, region in sorted(found, key=itemgetter(0, 1))[:MOST_FOUND]]

    def _places(self, language: Language) -> dict[str, int]:
        titles = in_order((region.title(language) for region in self.regions), language)
        return {title: place for place, title in enumerate(titles)}


def country_pack_of(values: Mapping[str, Any]) -> CountryPack:
    """Make a country pack from plain values, as ``config.load_country_pack(…).model_dump()`` gives them.

    They have been checked there; a missing one raises KeyError.
    """
    return CountryPack(
        country=values["country"],
        languages=tuple(values["languages"]),
        calendar=values["calendar"],
        zone=values["zone"],
        law_profile=values["law_profile"],
        regions=tuple(
            Region(
                code=region["code"],
                parent=region["parent"],
                titles={language: region[language] for language in LANGUAGES},
                also=tuple(region["also"]),
            )
            for region in values["regions"]
        ),
        capital=values["capital"],
        metropolitan=frozenset(values["metropolitan"]),
    )


def _distance(region: Region, typed: str, language: Language) -> int | None:
    """Say how far a region is from what was typed: 0 is nearest, None is not meant at all."""
    if not typed:
        return 0 if region.parent is None else 1
    if _folded(region.title(language)).startswith(typed):
        return 0
    names = [_folded(name) for name in region.names()]
    if any(name.startswith(typed) for name in names):
        return 1
    return 2 if any(typed in name for name in names) else None


def _typed(text: str) -> str:
    """Fold what somebody typed, without the word "province" before it."""
    word = _WORD_BEFORE.match(text)
    return _folded(text[word.end() :] if word else text)


def _folded(text: str) -> str:
    """Reduce a name to what it is compared by: no case, accents, tone marks, spaces or signs (DOMAIN 6.2)."""
    # one sign for SARA AM written in two, and for SARA AE typed as twice SARA E
    plain = unicodedata.normalize("NFKD", text).casefold().replace("เเ", "แ")
    return "".join(filter(_is_compared, plain))


def _is_compared(character: str) -> bool:
    is_thai_mark = "\u0e31" <= character <= "\u0e4e" and character not in _UNSURE_MARKS
    return character.isalnum() or is_thai_mark


NO_COUNTRY: Final = CountryPack("", ("en",), "gregorian", "UTC", "", ())
"""For a network that has not said where it is: nobody can name a region."""
