"""Which learning spaces there are, and what opens them: those of the settings, and those that the bot built."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from community_bot.domain.account import PlatformName
from community_bot.domain.alias import likeness
from community_bot.domain.home import MATRIX
from community_bot.domain.refusal import Refusal
from community_bot.domain.space_design import Access, Audience, SpaceDesign
from community_bot.domain.space_state import STANDS, TAKES_MEMBERS, SpaceState
from community_bot.domain.words import in_language
from community_bot.locales import Language
from db.space_rows import PieceRow, SpaceRow
from db.space_store import SpaceStore

FACILITATORS_LEVEL = "50"
"""What facilitators may do in Matrix rooms, as a power level."""


@dataclass(frozen=True, slots=True)
class SpaceDoor:
    """A learning space as far as joining it goes: its titles by language, and what opens it on each platform.

    Settings name spaces whose channels somebody made by hand: they have ``places`` only. Spaces that the bot
    builds have more. Roles are (place, role) as :meth:`PlatformPort.give_role` takes them.
    """

    key: str
    titles: Mapping[Language, str]
    places: Mapping[PlatformName, tuple[str, ...]]
    """Channels and rooms that participants are in."""
    vouchers: int = 0
    """How many members must vouch for a newcomer whose first space it is, where the network asks for fewer."""
    access: Access = Access.OPEN
    state: SpaceState = SpaceState.ACTIVE
    entrances: Mapping[PlatformName, tuple[str, ...]] | None = None
    """Which of the places somebody is asked into; the rest is open from there. All of them when None."""
    roles: Mapping[PlatformName, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """What opens all places of a platform at once, to who is not on probation."""
    trusted_places: Mapping[PlatformName, tuple[str, ...]] = field(default_factory=dict)
    """Channels and rooms of facilitators only."""
    trusted_roles: Mapping[PlatformName, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def takes_members(self) -> bool:
        return self.state in TAKES_MEMBERS

    def title(self, language: Language) -> str:
        """Return its title in a language, or in one that it has."""
        return in_language(self.titles, language) or self.key


@dataclass(frozen=True, slots=True)
class Titles:
    """What the spaces that an answer speaks of are called."""

    doors: Mapping[str, SpaceDoor] = field(default_factory=dict)

    def of(self, key: str, language: Language) -> str:
        """Return a space's title; its key where it is gone meanwhile."""
        found = self.doors.get(key)
        return key if found is None else found.title(language)


class Directory:
    """Finds spaces inside one transaction. No method lists them all: there may be thousands."""

    def __init__(self, settled: Iterable[SpaceDoor], store: SpaceStore) -> None:
        self._settled = {each.key: each for each in settled}
        self._store = store

    def get(self, key: str) -> SpaceDoor | None:
        """Find a space; None when there is none (any more)."""
        return self.doors([key]).get(key)

    def find(self, key: str) -> SpaceDoor:
        """Find a space. Raises :class:`Refusal` ``space.unknown``."""
        found = self.get(key)
        if found is None or found.state is SpaceState.PURGED:
            raise Refusal("space.unknown", field="space")
        return found

    def titles(self, keys: Iterable[str]) -> Titles:
        """Return what these spaces are called."""
        return Titles(self.doors(list(dict.fromkeys(keys))))

    def any_asks_for_vouches(self) -> bool:
        """Say whether some space wants its newcomers vouched for."""
        return any(each.vouchers for each in self._settled.values()) or self._store.any_asks_for_vouches()

    def entrances(self, key: str) -> list[tuple[PlatformName, str, Language]]:
        """Return where a built space's people come in: platform, channel or room, and the language spoken there."""
        row = self._store.get(key)
        if row is None:
            return []
        piece = f"room.{SpaceDesign.unpacked(row.design).entrance.key}"
        languages = {each.home: each.language for each in self._store.homes(key)}
        return [
            ("matrix" if each.home == MATRIX else "discord", each.ref, cast("Language", languages[each.home]))
            for each in self._store.pieces(key)
            if each.piece == piece and each.ref is not None
        ]

    def doors(self, keys: Collection[str]) -> dict[str, SpaceDoor]:
        """Return the spaces of these keys that there are, in the order of ``keys``."""
        stored = [key for key in keys if key not in self._settled]
        built = self._built(self._store.of_keys(stored)) if stored else {}
        return {key: door for key in keys if (door := self._settled.get(key) or built.get(key)) is not None}

    def listed(self, *, also: Collection[str] = (), limit: int = 25) -> list[SpaceDoor]:
        """Return what people may know of: spaces that take members and are not unlisted, and those of ``also``."""
        listed = list(self._settled.values())
        states = [each.value for each in TAKES_MEMBERS]
        rows = self._store.first_of_state(
            states, max(0, limit - len(listed)), hidden=Access.UNLISTED.value, also=also
        )
        known = {row.key for row in rows}
        rows += self._store.of_keys([key for key in also if key not in known and key not in self._settled])
        return [*listed, *self._built(rows[: max(0, limit - len(listed))]).values()][:limit]

    def named(self, text: str, *, also: Collection[str] = ()) -> SpaceDoor:
        """Find a space by its key or by its title in any language, among those listed and ``also``.

        Raises :class:`Refusal` ``space.unknown``, also for an unlisted space that the asker is not in.
        """
        wanted, key = likeness(text), text.strip().casefold()
        for each in self._settled.values():
            if key == each.key or wanted in {likeness(title) for title in each.titles.values()}:
                return each
        known = [
            row
            for row in self._store.titles([each.value for each in TAKES_MEMBERS])
            if row.access != Access.UNLISTED.value or row.key in also
        ]
        met = {row.key for row in known}
        if rest := [each for each in also if each not in met and each not in self._settled]:
            known += self._store.titles(list(SpaceState), rest)
        found = next((row.key for row in known if key == row.key or _called(row.titles, wanted)), None)
        door = None if found is None else self.get(found)
        if door is None:
            raise Refusal("space.unknown", field="space")
        return door

    def is_taken(self, title: str, *, apart_from: str | None = None) -> bool:
        """Say whether another space goes by a title, or is being made by it; unlisted ones are not given away."""
        wanted = likeness(title)
        if any(wanted in map(likeness, each.titles.values()) for each in self._settled.values()):
            return True
        return any(
            row.access != Access.UNLISTED.value and row.key != apart_from and _called(row.titles, wanted)
            for row in self._store.titles([each.value for each in STANDS - {SpaceState.ARCHIVED}])
        )

    def _built(self, rows: Iterable[SpaceRow]) -> dict[str, SpaceDoor]:
        rows = list(rows)
        pieces = self._store.pieces_of([row.key for row in rows])
        return {row.key: door_of(row, pieces.get(row.key, [])) for row in rows}


def _called(titles: Iterable[str], wanted: str) -> bool:
    return any(likeness(title) == wanted for title in titles)


def door_of(row: SpaceRow, pieces: Iterable[PieceRow]) -> SpaceDoor:
    """Return a built space as a door: what of it stands, by who is to be let in where."""
    design = SpaceDesign.unpacked(row.design)
    seen_by = {f"room.{room.key}": room.seen_by for room in design.rooms}
    places: dict[PlatformName, list[str]] = {}
    trusted: dict[PlatformName, list[str]] = {}
    roles: dict[PlatformName, list[tuple[str, str]]] = {}
    trusted_roles: dict[PlatformName, list[tuple[str, str]]] = {}
    entrances: dict[PlatformName, list[str]] = {}
    for piece in pieces:
        if piece.ref is None:
            continue
        platform: PlatformName = "matrix" if piece.home == MATRIX else "discord"
        if piece.piece == "role.participants":
            roles.setdefault(platform, []).append((piece.home, piece.ref))
        elif piece.piece == "role.facilitators":
            trusted_roles.setdefault(platform, []).append((piece.home, piece.ref))
        elif piece.piece == "container" and platform == "matrix":
            places.setdefault(platform, []).append(piece.ref)
            entrances.setdefault(platform, []).append(piece.ref)
            trusted_roles.setdefault(platform, []).append((piece.ref, FACILITATORS_LEVEL))
        elif piece.piece in seen_by:
            if seen_by[piece.piece] is Audience.PARTICIPANTS:
                places.setdefault(platform, []).append(piece.ref)
                if platform == "discord":
                    entrances.setdefault(platform, []).append(piece.ref)
            else:
                trusted.setdefault(platform, []).append(piece.ref)
            if platform == "matrix":
                trusted_roles.setdefault(platform, []).append((piece.ref, FACILITATORS_LEVEL))
    return SpaceDoor(
        key=row.key,
        titles=design.titles,
        places=_frozen(places),
        vouchers=row.vouchers,
        access=Access(row.access),
        state=SpaceState(row.state),
        entrances=_frozen(entrances),
        roles=_frozen(roles),
        trusted_places=_frozen(trusted),
        trusted_roles=_frozen(trusted_roles),
    )


Thing = TypeVar("Thing")


def _frozen(found: Mapping[PlatformName, list[Thing]]) -> dict[PlatformName, tuple[Thing, ...]]:
    return {platform: tuple(each) for platform, each in found.items()}
