"""Coming into a space and leaving it (SPC-3): `/space list`, `show`, `join`, `leave`.

Nobody is put in without their own yes, nobody is shown who else is in, and a space that is unlisted is, for whoever
is not in it, no different from one that there is not. What somebody joins on one platform opens on every account
they have linked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role
from community_bot.domain.space_design import Access as SpaceAccess
from community_bot.domain.space_state import SpaceState
from community_bot.services.coming_in import Way, come_in, note_asked
from community_bot.services.directory import SpaceDoor
from community_bot.services.letting_in import let_out_now, require_taking
from community_bot.services.members import own_held
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.space_finding import find_own, find_space, known_spaces, requests_of
from community_bot.services.space_people import facilitators_of
from community_bot.services.space_views import Listing, Shown, is_elsewhere, places_of, seen, show_in_full
from db.holding import hold_space
from db.ids import MemberId

__all__ = ["Access", "GivingUp", "Joined", "Leaving", "Way"]

MOST_LISTED = 25
EVERYTHING = 10_000


class GivingUp(StrEnum):
    """What somebody who leaves has been told that they give up with it."""

    NOTHING = "nothing"
    WAY_BACK = "way_back"
    """They could not come in again by themselves."""
    OFFICE = "office"
    LAST_OFFICE = "last"
    """The space has no other facilitator."""

    @property
    def covered_by(self) -> frozenset[GivingUp]:
        """Return what they may have said yes to, for this to be among it."""
        return frozenset(list(GivingUp)[list(GivingUp).index(self) :])


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of wanting to come in. ``places`` and ``elsewhere`` as in :class:`Shown`."""

    door: SpaceDoor
    way: Way
    places: tuple[str, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """What came of wanting to leave: ``left``, or what they would give up with it and have not said yes to."""

    door: SpaceDoor
    left: bool
    giving_up: GivingUp = GivingUp.NOTHING


class Access:
    """Members' ways in and out."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def listed(self, account: Account, text: str = "") -> Listing:
        """Return the spaces the asker may know of, those with ``text`` in their words; 25 at most."""

        def work(unit: Unit) -> Listing:
            asker = unit.asker(account, Power.MEMBER)
            doors = unit.directory.listed(also=known_spaces(unit, asker), limit=EVERYTHING)
            found = seen(unit, asker, [door for door in doors if door.state is not SpaceState.PURGED])
            wanted = likeness(text)
            fitting = [each for each in found if any(wanted in likeness(words) for words in each.words)]
            return Listing(tuple(fitting[:MOST_LISTED]), max(0, len(fitting) - MOST_LISTED))

        return await self._network.look(work)

    @action
    async def show(self, account: Account, space: str) -> Shown:
        """Return one space in full, and never who is in it. Raises :class:`Refusal` ``space.unknown``."""

        def work(unit: Unit) -> Shown:
            asker = unit.asker(account, Power.MEMBER)
            return show_in_full(unit, asker, find_space(unit, asker, space))

        return await self._network.look(work)

    @action
    async def join(self, account: Account, space: str) -> Joined:
        """Come into a space: at once, or by asking those who facilitate it.

        Raises :class:`Refusal` ``space.unknown``, ``access.resting.*``, ``access.asked_lately``.
        """

        def work(unit: Unit) -> tuple[Joined, MemberId]:
            asker = unit.asker(account, Power.MEMBER)
            door = find_space(unit, asker, space)
            return _joined(unit, asker, door, come_in(unit, asker, door)), asker.known.id

        joined, member_id = await self._network.act(work)
        if joined.way is Way.ASKED:
            note_asked(self._network.keys, member_id, joined.door.key, self._network.clock())
        return joined

    @action
    async def come(self, account: Account, ticket: str) -> Joined:
        """Say yes to having been asked into a space. Raises :class:`Refusal` ``access.no_offer`` or as join."""

        def work(unit: Unit) -> Joined:
            asker = unit.asker(account, Power.MEMBER)
            offer = requests_of(unit).find(ticket, unit.now)
            if offer is None or not offer.offered or offer.member_id != asker.known.id:
                raise Refusal("access.no_offer")
            door = unit.directory.find(offer.space)
            require_taking(door)
            return _joined(unit, asker, door, come_in(unit, asker, door))

        return await self._network.act(work)

    @action
    async def leave(self, account: Account, space: str, giving_up: GivingUp = GivingUp.NOTHING) -> Leaving:
        """Leave a space, everywhere at once, and every office in it.

        What cannot be undone by oneself is shown first: that one would have to ask again, that an office ends, that
        a space is left without a facilitator. So nobody has to wait for somebody else's yes, and nobody does it by
        mistake. Raises :class:`Refusal` ``access.not_in``.
        """

        def work(unit: Unit) -> Leaving:
            own_held(unit, account)
            asker = unit.asker(account, Power.MEMBER)
            door = find_own(unit, asker, space)
            # two who leave at once would each count the other
            hold_space(unit.connection, door.key)
            needed = _given_up(unit, asker, door)
            if giving_up not in needed.covered_by:
                return Leaving(door, left=False, giving_up=needed)
            let_out_now(unit, asker.known.id, door.key, by=asker.role)
            return Leaving(door, left=True, giving_up=needed)

        return await self._network.act(work)


def _joined(unit: Unit, asker: Asker, door: SpaceDoor, way: Way) -> Joined:
    if way in (Way.ASKED, Way.ASKED_ALREADY):
        return Joined(door, way)
    return Joined(door, way, places_of(door, asker.account), is_elsewhere(unit, asker, door))


def _given_up(unit: Unit, asker: Asker, door: SpaceDoor) -> GivingUp:
    """Return what leaving ends for somebody beside being in the space."""
    office = (Role.FACILITATOR, door.key)
    if not any((each.role, each.scope) == office and each.holds(door.key, unit.today) for each in asker.grants):
        return GivingUp.NOTHING if door.access is SpaceAccess.OPEN and door.takes_members else GivingUp.WAY_BACK
    others = [each for each in facilitators_of(unit, door.key) if each != asker.known.id]
    return GivingUp.OFFICE if others else GivingUp.LAST_OFFICE
