"""What would come of ending a space, looked at anew each time that somebody asks, sees or confirms it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from community_bot.domain.account import PlatformName
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role, powers
from community_bot.domain.space_state import (
    Check,
    SpaceMove,
    SpaceState,
    after_move,
    missing_to_archive,
    needs_second_person,
)
from community_bot.services.directory import SpaceDoor, door_of
from community_bot.services.network import Asker, Unit
from community_bot.services.space_life import checks_of
from community_bot.services.spaces import works
from db.ids import MemberId
from db.second_look_store import SecondLookRow, SecondLookStore
from db.space_rows import SpaceRow

Act = Literal["archive", "purge"]
MOVE: Mapping[Act, SpaceMove] = {"archive": SpaceMove.ARCHIVE, "purge": SpaceMove.PURGE}


@dataclass(frozen=True, slots=True)
class Question:
    """An ending that waits for a second person. ``mine``: whoever looks asked for it. ``until``: its last day."""

    id: str
    mine: bool
    until: date
    told: bool = True
    """Whether there was anybody to be told."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What would come of an ending, or what came of it.

    ``homes``: in how many places the space stands, by platform. ``alone``: it takes no second person. ``done``: it
    is decided: archiving has begun, or deleting is announced for ``purge_on``.
    """

    act: Act
    door: SpaceDoor
    homes: Mapping[PlatformName, int]
    checks: Mapping[str, Check]
    alone: bool
    purge_on: date
    question: Question | None = None
    done: bool = False


def questions(unit: Unit) -> SecondLookStore:
    """Return the questions that wait for a second person."""
    return SecondLookStore(unit.connection, unit.keys)


def foreseen(unit: Unit, row: SpaceRow, asker: Asker, act: Act, question: Question | None = None) -> Ending:
    """Return what an ending would do. Raises :class:`Refusal` where it cannot be."""
    state = SpaceState(row.state)
    after_move(state, MOVE[act])
    if works(unit).open_of(row.key) is not None:
        raise Refusal("space.busy")
    checks: Mapping[str, Check] = {}
    if act == "purge" and row.purge_on is not None:
        raise Refusal("space.purge_announced", day=row.purge_on)
    if act == "archive" and state is SpaceState.DRAFT and not unit.layouts.pieces(row.key):
        # archiving makes what is wanted and read-only: of a draft that would be everything
        raise Refusal("space.nothing_stands")
    if act == "archive" and state is SpaceState.CLOSING:
        checks = checks_of(unit, row)
        if missing_to_archive(checks):
            raise Refusal("space.cohorts")
    others = set(unit.spaces.members_of(row.key)) - {asker.known.id}
    if question is None:
        found = questions(unit).find(act, row.key, unit.now)
        if found is not None and asker_still_runs(unit, row.key, found):
            mine = questions(unit).is_askers(found, asker.known.id)
            question = Question(found.id, mine, last_day(unit, found))
    alone = not needs_second_person(state, MOVE[act], others)
    return Ending(act, door_of(row, []), homes_of(unit, row.key), checks, alone, purge_day(unit), question)


def asker_still_runs(unit: Unit, space: str, question: SecondLookRow) -> bool:
    """Say whether who asked may still ask: somebody whose role ended is no second person."""
    holders: set[MemberId] = {
        row.member_id
        for role in Role
        for row in unit.grants.holders(role)
        if questions(unit).is_askers(question, row.member_id)
    }
    for member_id in holders:
        member = unit.members.get(member_id)
        if member is not None:
            grants = unit.grants_of(member)
            return Power.RUN_SPACE in powers(grants, space, unit.today)
    return False


def homes_of(unit: Unit, space: str) -> Mapping[PlatformName, int]:
    """Return in how many places a space stands, or is to, by platform."""
    return Counter(cast("PlatformName", each.platform) for each in unit.layouts.homes(space))


def purge_day(unit: Unit) -> date:
    """Return the day for which deleting would be announced today."""
    return unit.today + timedelta(days=unit.rules.purge_notice_days)


def last_day(unit: Unit, question: SecondLookRow) -> date:
    """Return the last day on which somebody can say yes, in the network's zone."""
    return question.until.astimezone(ZoneInfo(unit.rules.zone)).date()
