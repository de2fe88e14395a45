"""What is to stand of a space in one home, what stands there, and the steps between: the plan, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from community_bot.domain.account import PlatformName
from community_bot.domain.home import Home
from community_bot.domain.languages import Language
from community_bot.domain.layout import Overrides, Piece, Step, steps_between
from community_bot.domain.member import MemberState, has_access
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access, SpaceDesign
from community_bot.platforms.builder import Builder, Obstacle, People, Stranger, Survey
from community_bot.services.network import Network, Unit
from db.ids import MemberId
from db.space_rows import SpaceHomeRow, SpaceRow

GUEST = "access:person:"


@dataclass(frozen=True, slots=True)
class HomePlan:
    """What would be done in one home. ``refs``: what is believed to stand, by piece."""

    home: Home
    steps: tuple[Step, ...]
    obstacles: tuple[Obstacle, ...]
    strangers: tuple[Stranger, ...]
    refs: Mapping[str, str]
    wanted: tuple[Piece, ...]
    found: frozenset[str] = frozenset()
    """The pieces that stand."""
    name: str = ""
    """What the home is called on its platform."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan starts from: how a space is to be in one home, for whom, and what is believed to stand there."""

    design: SpaceDesign
    overrides: Overrides
    people: People
    refs: Mapping[str, str]


class Planner:
    """Computes plans. It changes nothing."""

    def __init__(self, network: Network, builders: Mapping[PlatformName, Builder]) -> None:
        self._network = network
        self._builders = builders

    def builder(self, platform: PlatformName) -> Builder | None:
        """Return what builds on a platform; None where the bot is not on it."""
        return self._builders.get(platform)

    async def of_new(self, space: str, design: SpaceDesign, homes: Sequence[Home]) -> list[HomePlan]:
        """Return the plans of a space that there is not yet. Raises the port's two errors."""
        basis = Basis(design, Overrides(), People(), {})
        return [await self._plan(space, home, basis) for home in homes]

    async def of(self, row: SpaceRow, *, purpose: str = "apply") -> list[HomePlan]:
        """Return the plans of a space in all its homes, for an undertaking's kind. Raises the port's two errors."""
        homes = await self._network.look(lambda unit: unit.layouts.homes(row.key))
        return [await self.in_home(row, home_of(each), purpose=purpose) for each in homes]

    async def in_home(self, row: SpaceRow, home: Home, *, purpose: str = "apply") -> HomePlan:
        """Return the plan of a space in one home. Raises the port's two errors."""
        basis = await self._network.look(lambda unit: basis_of(unit, row, home, purpose))
        return await self._plan(row.key, home, basis, nothing=purpose == "purge")

    async def _plan(self, space: str, home: Home, basis: Basis, *, nothing: bool = False) -> HomePlan:
        builder = self._builders.get(home.platform)
        if builder is None:
            gone = Obstacle("home", {"home": home.key})
            return HomePlan(home, (), (gone,), (), basis.refs, ())
        survey = await builder.survey(home.key, basis.refs)
        wanted: tuple[Piece, ...] = ()
        if not nothing:
            wanted = basis.overrides.applied(builder.layout(space, basis.design, home, basis.people))
            wanted = tuple(_without_absent_guests(piece, survey) for piece in wanted)
        steps = steps_between(wanted, survey.found)
        obstacles = builder.obstacles(survey, steps)
        found = frozenset(survey.found)
        return HomePlan(home, steps, obstacles, survey.strangers, basis.refs, wanted, found, survey.name)


def _without_absent_guests(piece: Piece, survey: Survey) -> Piece:
    """Leave out guests whose door is not open: opening it is their admission's business, not the layout's."""
    found = survey.found.get(piece.key)
    facets = {
        name: value
        for name, value in piece.facets.items()
        if not name.startswith(GUEST) or (found is not None and name in found.facets)
    }
    return replace(piece, facets=facets)


def home_of(row: SpaceHomeRow) -> Home:
    """Return a row's home."""
    platform: PlatformName = "matrix" if row.platform == "matrix" else "discord"
    return Home(row.home, platform, cast("Language", row.language))


def basis_of(unit: Unit, row: SpaceRow, home: Home, purpose: str) -> Basis:
    """Return what a plan for an undertaking's kind starts from."""
    design = SpaceDesign.unpacked(row.design)
    if purpose == "archive":
        design = design.archived()
    overrides = next((each.overrides for each in unit.layouts.homes(row.key) if each.home == home.key), None)
    refs = {each.piece: each.ref for each in unit.layouts.pieces(row.key, home.key) if each.ref is not None}
    return Basis(
        design,
        Overrides() if overrides is None else Overrides.unpacked(overrides),
        people_of(unit, row, home.platform),
        refs,
    )


def people_of(unit: Unit, row: SpaceRow, platform: PlatformName) -> People:
    """Return whom a space's layout names on a platform, as they are entitled now."""
    facilitators: set[str] = set()
    for grant in unit.grants.holders(Role.FACILITATOR, row.key):
        if grant.until is None or unit.today <= grant.until:
            member = unit.members.get(grant.member_id)
            if member is not None and has_access(MemberState(member.state)):
                facilitators |= _accounts(unit, grant.member_id, platform)
    guests: dict[str, bool] = {}
    unlisted = row.access == Access.UNLISTED.value
    for member_id in unit.spaces.members_of(row.key):
        member = unit.members.get(member_id)
        if member is None or not has_access(MemberState(member.state)):
            continue
        if unlisted or member.probation_until is not None:
            history = member.probation_until is None
            guests |= dict.fromkeys(_accounts(unit, member_id, platform), history)
    if not unlisted:
        guests = {user_id: history for user_id, history in guests.items() if user_id not in facilitators}
    return People(frozenset(facilitators), guests)


def _accounts(unit: Unit, member_id: MemberId, platform: PlatformName) -> set[str]:
    return {each.user_id for each in unit.members.accounts(member_id) if each.platform == platform}
