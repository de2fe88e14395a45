"""The life of a learning space up to its end: opening, pausing, closing, and back (DOMAIN 3.3).

How it ends is :mod:`community_bot.services.space_endings`; what happens by itself,
:mod:`community_bot.services.space_upkeep`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.layout import Overrides
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.space_design import SpaceDesign
from community_bot.domain.space_state import (
    Check,
    Readiness,
    SpaceMove,
    SpaceState,
    after_move,
    closing_checks,
    missing_to,
    organisations_of,
    states_before,
)
from community_bot.domain.words import Words
from community_bot.locales import key
from community_bot.services.directory import SpaceDoor, door_of
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.space_people import announce, facilitators_of, organisations_of_member
from community_bot.services.spaces import find_run, run_by, works
from db.second_look_store import SecondLookStore
from db.space_end import open_cohorts
from db.space_rows import SpaceRow
from db.space_store import SpaceChangedError

LONGEST_REASON = 300
MOST_OFFERED = 25


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of opening, resuming or reopening. ``door`` says where the space is now.

    ``missing`` are the codes of :func:`missing_to`, and ``under_way`` beside ``built`` while something is being
    built. When something is missing, nothing was changed. ``agreements`` are what its facilitators work by.
    """

    door: SpaceDoor
    missing: tuple[str, ...]
    agreements: Words
    was: SpaceState


@dataclass(frozen=True, slots=True)
class Closing:
    """A space that closes, and how its checklist stands."""

    door: SpaceDoor
    checks: Mapping[str, Check]


class Life:
    """Moving a space through its life. Who runs it may; what must be so is looked at anew on every way.

    ``has_experiment`` says whether an experiment is registered for a space, ``start_experiment`` starts it: both
    are the experiments', which know the rest.
    """

    def __init__(
        self,
        network: Network,
        has_experiment: Callable[[Unit, str], bool],
        start_experiment: Callable[[Unit, str], None],
    ) -> None:
        self._network = network
        self._has_experiment = has_experiment
        self._start_experiment = start_experiment

    async def runnable(self, account: Account, typed: str, states: Collection[SpaceState]) -> list[SpaceDoor]:
        """Return the spaces in some states that somebody runs, for offering while they type."""

        def work(unit: Unit) -> list[SpaceDoor]:
            return [each for each in run_by(unit, account, typed) if each.state in states][:MOST_OFFERED]

        return await self._network.look(work)

    @action
    async def open(self, account: Account, space: str, *, agreed: bool) -> Opening:
        """Open a draft, or let a pilot go on as a space like others; say what is missing when it cannot be.

        ``agreed``: its facilitators work by its agreements, and say so now. Raises :class:`Refusal`
        ``space.unknown``, ``space.move.*``, ``space.changed`` or ``authority.*``.
        """
        return await self._network.act(lambda unit: self._let_in(unit, account, space, SpaceMove.OPEN, agreed))

    @action
    async def pause(self, account: Account, space: str, reason: str = "") -> SpaceDoor:
        """Let nobody new in for a time; those who are in go on. Raises as :meth:`open`, and ``space.reason``."""
        reason = " ".join(reason.split())
        if len(reason) > LONGEST_REASON:
            raise Refusal("space.reason", field="reason", most=LONGEST_REASON)

        def work(unit: Unit) -> SpaceDoor:
            row, asker = run(unit, account, space, states_before(SpaceMove.PAUSE))
            changed = moved(unit, row, after_move(SpaceState(row.state), SpaceMove.PAUSE))
            unit.ledger.record(unit.today, asker.role, "space.paused", "space")
            if reason:
                announce(unit, row.key, key("space_life.post_paused_reason"), words={"reason": reason})
            else:
                announce(unit, row.key, key("space_life.post_paused"))
            return door_of(changed, [])

        return await self._network.act(work)

    @action
    async def resume(self, account: Account, space: str) -> Opening:
        """End a pause. Returns and raises as :meth:`open`."""
        return await self._network.act(lambda unit: self._let_in(unit, account, space, SpaceMove.RESUME, False))

    @action
    async def close(self, account: Account, space: str) -> Closing:
        """Begin to end a space: nobody new comes in, what is to be kept can be saved. Raises as :meth:`open`."""

        def work(unit: Unit) -> Closing:
            row, asker = run(unit, account, space, states_before(SpaceMove.CLOSE))
            changed = moved(unit, row, after_move(SpaceState(row.state), SpaceMove.CLOSE))
            unit.ledger.record(unit.today, asker.role, "space.closing", "space")
            announce(unit, row.key, key("space_life.post_closing"))
            return Closing(door_of(changed, []), checks_of(unit, changed))

        return await self._network.act(work)

    @action
    async def reopen(self, account: Account, space: str) -> Opening:
        """Take closing back. Returns and raises as :meth:`open`, and ``space.busy`` while it is being archived."""
        return await self._network.act(lambda unit: self._let_in(unit, account, space, SpaceMove.REOPEN, False))

    def _let_in(self, unit: Unit, account: Account, space: str, move: SpaceMove, agreed: bool) -> Opening:
        """Move a space to where people can come in, when nothing is missing for that."""
        row, asker = run(unit, account, space, states_before(move))
        design, was = SpaceDesign.unpacked(row.design), SpaceState(row.state)
        following = after_move(was, move, pilot=design.pilot)
        under_way = works(unit).open_of(row.key)
        if move is SpaceMove.REOPEN and under_way is not None and under_way.kind == "archive":
            raise Refusal("space.busy")
        ready = self._readiness(unit, row, design, agreed=agreed)
        missing = missing_to(move, following, ready)
        if "built" in missing and under_way is not None:
            missing = ("under_way", *(each for each in missing if each != "built"))
        if missing:
            return Opening(door_of(row, []), missing, design.agreements, was)
        values: dict[str, object] = {"alone_since": None}
        if row.agreed_on is None:
            values["agreed_on"] = unit.today
        if following is SpaceState.ACTIVE and design.pilot:
            # from here on it is no experiment, wherever a pause or closing may lead it back to
            values["design"] = replace(design, pilot=False).packed()
        changed = moved(unit, row, following, **values)
        # whoever lets people in does not want what was asked for before
        looks = SecondLookStore(unit.connection, unit.keys)
        asked = looks.find("archive", row.key, unit.now)
        if asked is not None:
            looks.end(asked.id)
        if move is SpaceMove.OPEN and following is SpaceState.PILOT:
            self._start_experiment(unit, row.key)
        if move is not SpaceMove.OPEN:
            announce(unit, row.key, key("space_life.post_open_again"))
        unit.ledger.record(unit.today, asker.role, _SAID[move], "space", following.value)
        return Opening(door_of(changed, []), (), design.agreements, was)

    def _readiness(self, unit: Unit, row: SpaceRow, design: SpaceDesign, *, agreed: bool) -> Readiness:
        facilitators = facilitators_of(unit, row.key)
        return Readiness(
            len(facilitators),
            organisations_of(organisations_of_member(unit, each) for each in facilitators),
            agreed or row.agreed_on is not None,
            self._has_experiment(unit, row.key),
            is_built(unit, row, design),
        )


_SAID = {SpaceMove.OPEN: "space.opened", SpaceMove.RESUME: "space.resumed", SpaceMove.REOPEN: "space.reopened"}


def run(unit: Unit, account: Account, space: str, fitting: Collection[SpaceState]) -> tuple[SpaceRow, Asker]:
    """Return a space that somebody runs, by its key or its title, and who asks.

    Of two with one title (a draft and an old one, say) the one in a ``fitting`` state is meant. Raises
    :class:`Refusal` ``space.unknown`` or ``authority.*``.
    """
    row = find_run(unit, account, space)
    if row.key != space and row.state not in fitting:
        same = likeness(space)
        for each in run_by(unit, account, space):
            if each.state in fitting and same in map(likeness, each.titles.values()):
                row = unit.layouts.get(each.key) or row
                break
    return row, unit.asker(account, Power.RUN_SPACE, row.key)


def moved(unit: Unit, row: SpaceRow, state: SpaceState, **values: object) -> SpaceRow:
    """Bring a space into a state; whether it may is decided. Raises :class:`Refusal` ``space.changed``."""
    return changed(unit, row, state=state.value, state_since=unit.today, **values)


def changed(unit: Unit, row: SpaceRow, **values: object) -> SpaceRow:
    """Change a space, and hold it until the unit of work is done. Raises :class:`Refusal` ``space.changed``."""
    try:
        return unit.layouts.change(row, **values)
    except SpaceChangedError:
        raise Refusal("space.changed") from None


def checks_of(unit: Unit, row: SpaceRow) -> Mapping[str, Check]:
    """Return how the checklist of closing stands."""
    design = SpaceDesign.unpacked(row.design)
    return closing_checks(bridged=design.bridged, open_cohorts=open_cohorts(unit.connection, row.key))


def is_built(unit: Unit, row: SpaceRow, design: SpaceDesign) -> bool:
    """Say whether every room that is wanted stands in every home, and nothing is being built."""
    if works(unit).open_of(row.key) is not None:
        return False
    stands = {(each.home, each.piece) for each in unit.layouts.pieces(row.key) if each.ref is not None}
    homes = unit.layouts.homes(row.key)
    return bool(homes) and all(
        (home.home, f"room.{room.key}") in stands
        for home in homes
        for room in design.rooms
        if home.platform in room.platforms and f"room.{room.key}" not in _unwanted(home.overrides)
    )


def _unwanted(overrides: str) -> frozenset[str]:
    return Overrides.unpacked(overrides).without
