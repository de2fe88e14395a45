"""Finding the space that somebody means, among those they may know of: listed, or their own (SPC-3, SAF-17)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from community_bot.domain.alias import likeness
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import STANDS, SpaceState
from community_bot.services.directory import SpaceDoor
from community_bot.services.network import Asker, Unit
from db.space_request_store import SpaceRequestStore

RESTING: Final = (SpaceState.PAUSED, SpaceState.CLOSING, SpaceState.ARCHIVED)
"""Spaces that were known and take nobody in: whoever knew of one is told why."""


def requests_of(unit: Unit) -> SpaceRequestStore:
    """Return who asks, and is asked, to come in."""
    return SpaceRequestStore(unit.connection, unit.keys)


def known_spaces(unit: Unit, asker: Asker) -> set[str]:
    """Return the spaces somebody knows of, listed or not: those they are in, look after, or were asked into."""
    if asker.member is None:
        return set()
    inside = {space for space, _ in unit.spaces.of(asker.member.id)}
    entrusted = {grant.scope for grant in asker.grants if grant.holds(grant.scope, unit.today)} - {NETWORK}
    return inside | entrusted | set(requests_of(unit).offers(asker.member.id, unit.now))


def find_space(unit: Unit, asker: Asker, text: str) -> SpaceDoor:
    """Return the space that somebody means, by its key or its title.

    Raises :class:`Refusal` ``space.unknown``, the same for an unlisted one as for one that there is not.
    """
    known = known_spaces(unit, asker)
    resting = unit.layouts.of_state([each.value for each in RESTING])
    known |= {row.key for row in resting if row.access != Access.UNLISTED.value}
    if asker.may(Power.RUN_SPACE):
        known |= {row.key for row in unit.layouts.of_state([each.value for each in STANDS])}
    door = unit.directory.named(text, also=known)
    if door.state is SpaceState.PURGED:
        raise Refusal("space.unknown", field="space")
    return door


def find_own(unit: Unit, asker: Asker, text: str) -> SpaceDoor:
    """Return the one of somebody's own spaces that they mean. Raises :class:`Refusal` ``access.not_in``."""
    own = unit.directory.doors([space for space, _ in unit.spaces.of(asker.known.id)])
    found = _meant(own.values(), text)
    if found is None:
        raise Refusal("access.not_in", field="space")
    return found


def _meant(doors: Iterable[SpaceDoor], text: str) -> SpaceDoor | None:
    wanted = likeness(text)
    for each in doors:
        if text.strip() == each.key or wanted in {likeness(title) for title in each.titles.values()}:
            return each
    return None
