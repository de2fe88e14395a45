"""Spaces as members see them: what one is for, how one comes in, where it is; never who is in it (SAF-17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from community_bot.domain.account import Account
from community_bot.domain.growth import Stage
from community_bot.domain.member import MemberState, has_access
from community_bot.domain.space_design import SpaceDesign
from community_bot.domain.words import Words
from community_bot.services.directory import SpaceDoor
from community_bot.services.network import Asker, Unit
from community_bot.services.space_finding import requests_of

FEWEST_COUNTED: Final = 5
"""With fewer, how many are in a space could tell who is (PRV-4)."""
HERE: Final = frozenset(each.value for each in MemberState if has_access(each))


class Standing(StrEnum):
    """How somebody stands to a space."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    ASKED = "asked"
    OFFERED = "offered"
    """They were asked whether they want to come in."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A space as people see it who may know of it. ``stage`` is that of the Growth Cycle, None outside of it."""

    door: SpaceDoor
    purposes: Words
    stage: Stage | None
    standing: Standing

    @property
    def words(self) -> Iterable[str]:
        """Return what it can be looked for by, in every language."""
        stages: Words = {} if self.stage is None else self.stage.titles
        return (*self.door.titles.values(), *self.purposes.values(), *stages.values())


@dataclass(frozen=True, slots=True)
class Listing:
    """Spaces, and how many more there are that would fit."""

    spaces: tuple[Seen, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One space in full. ``people`` is None for fewer than five.

    ``places`` are for who is in it, on the platform they ask from; ``elsewhere``: it stands on no platform where
    they have an account.
    """

    seen: Seen
    agreements: Words
    people: int | None
    places: tuple[str, ...] = ()
    elsewhere: bool = False


def seen(unit: Unit, asker: Asker, doors: Sequence[SpaceDoor]) -> list[Seen]:
    """Return how a member sees these spaces."""
    member, now = asker.known, unit.now
    standings: dict[str, Standing] = dict.fromkeys(requests_of(unit).asked(member.id, now), Standing.ASKED)
    standings |= dict.fromkeys(requests_of(unit).offers(member.id, now), Standing.OFFERED)
    standings |= dict.fromkeys(dict(unit.spaces.of(member.id)), Standing.INSIDE)
    rows = {row.key: row for row in unit.layouts.of_keys([door.key for door in doors])}
    stages = {each.key: each for each in unit.rules.stages}
    found: list[Seen] = []
    for door in doors:
        row = rows.get(door.key)
        purposes: Words = {} if row is None else SpaceDesign.unpacked(row.design).purposes
        stage = None if row is None else stages.get(row.stage or "")
        found.append(Seen(door, purposes, stage, standings.get(door.key, Standing.OUTSIDE)))
    return found


def show_in_full(unit: Unit, asker: Asker, door: SpaceDoor) -> Shown:
    """Return one space in full, as a member sees it."""
    (view,) = seen(unit, asker, [door])
    row = unit.layouts.get(door.key)
    agreements: Words = {} if row is None else SpaceDesign.unpacked(row.design).agreements
    inside = unit.spaces.count(door.key, HERE)
    people = inside if inside >= FEWEST_COUNTED else None
    if view.standing is not Standing.INSIDE:
        return Shown(view, agreements, people)
    return Shown(view, agreements, people, places_of(door, asker.account), is_elsewhere(unit, asker, door))


def places_of(door: SpaceDoor, account: Account) -> tuple[str, ...]:
    """Return where somebody who is in a space finds it on the platform of an account."""
    entrances = door.places if door.entrances is None else door.entrances
    return entrances.get(account.platform, ())


def is_elsewhere(unit: Unit, asker: Asker, door: SpaceDoor) -> bool:
    """Say whether a space stands only on platforms where somebody has no account."""
    there = {platform for platform, places in door.places.items() if places}
    return bool(there) and there.isdisjoint(each.platform for each in unit.members.accounts(asker.known.id))
