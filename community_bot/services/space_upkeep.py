"""What happens to spaces by itself, once a day: nobody is left to run one, a pilot's time is over, notice is over.

Every step may be repeated, and each space has a transaction of its own: one that cannot be moved holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Protocol

from community_bot.domain.space_state import ALONE_FOR, TAKES_MEMBERS, SpaceMove, SpaceState, after_move
from community_bot.locales import key
from community_bot.logs import get_logger
from community_bot.services.network import Network, Unit
from community_bot.services.space_people import admins, facilitators_of, let_everybody_go, tell
from community_bot.services.spaces import works
from db.space_end import pilots_over, purged_with_people
from db.space_store import SpaceChangedError
from db.work_store import WorkUnderWayError

log = get_logger(__name__)

BOT = "bot"
"""Whose acts these are, in the audit: nobody's."""
PILOT_OVER = "pilot_over"
"""The kind of tally that remembers, by experiment, that its end was told."""
EVER = date.min


class Step(Protocol):
    """Looks after one space, in a transaction of its own."""

    def __call__(self, unit: Unit, space: str) -> None: ...


async def run_daily(network: Network) -> None:
    """Do everything that is due today; at any time, twice, or after a crash: what is done is no longer due."""
    looked_after = [each.value for each in (*sorted(TAKES_MEMBERS), SpaceState.PAUSED)]
    await _each(network, lambda unit: [row.key for row in unit.layouts.of_state(looked_after)], _see_who_is_there)
    await _each(network, _due_to_purge, _begin_purging)
    await _each(network, lambda unit: purged_with_people(unit.connection), _let_people_go)
    await _each(network, _pilots_to_decide, _ask_to_decide)


async def _each(network: Network, due: Callable[[Unit], list[str]], step: Step) -> None:
    for space in await network.look(due):
        try:
            await network.act(partial(step, space=space))
        except (SpaceChangedError, WorkUnderWayError) as error:
            # somebody is at it just now: tomorrow is another day
            log.info("a space is looked after tomorrow", error_type=type(error).__name__)


def _see_who_is_there(unit: Unit, space: str) -> None:
    """Note that a space has nobody to run it; after two weeks let nobody new in. Its members are not pinged."""
    row = unit.layouts.get(space)
    if row is None:
        return
    if facilitators_of(unit, space):
        if row.alone_since is not None:
            unit.layouts.change(row, alone_since=None)
        return
    state = SpaceState(row.state)
    if state not in TAKES_MEMBERS:
        return
    if row.alone_since is None:
        unit.layouts.change(row, alone_since=unit.today)
        pauses_on = unit.today + ALONE_FOR
        tell(unit, admins(unit), key("space_life.alone"), space=space, day=pauses_on.isoformat())
    elif unit.today >= row.alone_since + ALONE_FOR:
        following = after_move(state, SpaceMove.PAUSE)
        unit.layouts.change(row, state=following.value, state_since=unit.today)
        unit.ledger.record(unit.today, BOT, "space.paused", "space", "alone")
        tell(unit, admins(unit), key("space_life.paused_alone"), space=space)


def _due_to_purge(unit: Unit) -> list[str]:
    rows = unit.layouts.of_state([SpaceState.ARCHIVED.value])
    return [row.key for row in rows if row.purge_on is not None and row.purge_on <= unit.today]


def _begin_purging(unit: Unit, space: str) -> None:
    """Begin to delete what stands, when the notice is over; again, should it have got stuck."""
    row = unit.layouts.get(space)
    if row is None or row.purge_on is None or row.purge_on > unit.today or works(unit).open_of(space) is not None:
        return
    unit.layouts.change(row)
    works(unit).add(space, "purge", now=unit.now)
    unit.ledger.record(unit.today, BOT, "space.purge_begun", "space")


def _let_people_go(unit: Unit, space: str) -> None:
    """Forget who was in a space that is no more, and who ran it."""
    let_everybody_go(unit, space)


def _pilots_to_decide(unit: Unit) -> list[str]:
    told = unit.ledger.counts(PILOT_OVER, EVER)
    return [space for space, experiment in pilots_over(unit.connection, unit.today) if experiment not in told]


def _ask_to_decide(unit: Unit, space: str) -> None:
    """Tell a pilot's facilitators, once, that it is time to decide what comes of it."""
    told = unit.ledger.counts(PILOT_OVER, EVER)
    for each, experiment in pilots_over(unit.connection, unit.today):
        if each != space or experiment in told:
            continue
        if tell(unit, facilitators_of(unit, space), key("space_life.pilot_over"), space=space):
            unit.ledger.count(PILOT_OVER, experiment, unit.today)
