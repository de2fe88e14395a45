"""What leads a member into a space: an open door, being asked in, or asking those who facilitate it (SPC-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from weakref import WeakKeyDictionary

from community_bot.domain.agreements import REMINDERS
from community_bot.domain.member import MemberState, has_access, is_reachable
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power, Role
from community_bot.domain.space_design import Access
from community_bot.domain.tries import Tries
from community_bot.locales import key
from community_bot.services.directory import SpaceDoor
from community_bot.services.letting_in import let_in_now, require_taking
from community_bot.services.network import Asker, Unit
from community_bot.services.space_finding import requests_of
from community_bot.services.space_people import admins, facilitators_of
from db.holding import hold_member
from db.ids import MemberId
from db.keys import NetworkKeys
from db.member_rows import MemberRow

REQUEST_HOLDS: Final = timedelta(days=14)
ASK_AGAIN: Final = timedelta(days=1)

_asked: WeakKeyDictionary[NetworkKeys, Tries] = WeakKeyDictionary()
"""Who asked which space lately, for each network of this process, however they asked. In memory only."""


class Way(StrEnum):
    """What came of wanting to come in."""

    IN = "in"
    IN_ALREADY = "in_already"
    ASKED = "asked"
    ASKED_ALREADY = "asked_already"


def come_in(unit: Unit, asker: Asker, door: SpaceDoor) -> Way:
    """Do what leads somebody into a space: at once, or by asking those who facilitate it.

    That a space wants newcomers vouched for counts on the way into the network only; whoever is a member has been
    admitted already. Raises :class:`Refusal` ``space.unknown``, ``access.resting.*``, ``access.asked_lately`` for
    who was answered within the last day: see :func:`note_asked`.
    """
    hold_member(unit.connection, asker.known.id)
    asker = unit.asker(asker.account, Power.MEMBER)
    member = asker.known
    if door.key in dict(unit.spaces.of(member.id)):
        # whoever asks anew may have left a room there, or not have got through
        unit.outbox.add("admit", {"space": door.key}, now=unit.now, member_id=member.id)
        return Way.IN_ALREADY
    runs = asker.may(Power.RUN_SPACE, door.key)
    require_taking(door, runs=runs)
    standing = requests_of(unit).between(door.key, member.id, unit.now)
    offered = standing is not None and standing.offered
    if door.access is Access.OPEN or runs or offered:
        let_in_now(unit, member, door.key, by=asker.role if runs else Role.MEMBER)
        return Way.IN
    if door.access is Access.UNLISTED:
        raise Refusal("space.unknown", field="space")
    if standing is not None:
        return Way.ASKED_ALREADY
    if not _asks(unit.keys).may((member.id, door.key), unit.now):
        raise Refusal("access.asked_lately")
    _ask(unit, member, door)
    return Way.ASKED


def note_asked(keys: NetworkKeys, member_id: MemberId, space: str, now: datetime) -> None:
    """Remember that somebody asked, once that is written: whoever is told no does not ask on and on."""
    _asks(keys).wrong((member_id, space), now)


def _asks(keys: NetworkKeys) -> Tries:
    return _asked.setdefault(keys, Tries(1, ASK_AGAIN))


def _ask(unit: Unit, member: MemberRow, door: SpaceDoor) -> None:
    ticket = requests_of(unit).add(
        door.key,
        member.id,
        offered=False,
        today=unit.today,
        purge_after=unit.end_of(unit.today + REQUEST_HOLDS),
    )
    for facilitator in _who_decides(unit, door.key, member.id):
        unit.outbox.add(
            "tell",
            {
                "text": key("access.asked_notice"),
                "space": door.key,
                "button": "space.approve",
                "label": key("access.approve.button"),
                "button_2": "space.decline",
                "label_2": key("access.decline.button"),
            },
            words={"alias": member.profile.alias, "argument": ticket},
            now=unit.now,
            member_id=facilitator,
        )
    unit.ledger.record(unit.today, Role.MEMBER, "space.asked", "space")


def _who_decides(unit: Unit, space: str, apart_from: MemberId) -> list[MemberId]:
    """Return who is told of a request: the space's facilitators, or where none can be told, the network's."""
    network = [*facilitators_of(unit, NETWORK), *admins(unit)]
    for circle in (facilitators_of(unit, space), network):
        found = [each for each in dict.fromkeys(circle) if each != apart_from and _can_be_told(unit, each)]
        if found:
            return found
    return []


def _can_be_told(unit: Unit, member_id: MemberId) -> bool:
    row = unit.members.get(member_id)
    reachable = row is not None and is_reachable(MemberState(row.state))
    return reachable and REMINDERS in unit.consents.holding(member_id)


def tell_answer(unit: Unit, member: MemberRow, text: str, space: str) -> None:
    """Tell somebody what came of what they asked for; not while they pause: then it waits in what they see."""
    details = {"text": text, "space": space}
    if member.state != MemberState.PAUSED:
        # they asked, so it is no message they did not ask for
        details["always"] = "yes"
    unit.outbox.add("tell", details, now=unit.now, member_id=member.id)


def end_unanswered(unit: Unit) -> int:
    """Tell whoever got no answer in time, before their request is purged; return how many that are."""
    found = requests_of(unit).unanswered(unit.now)
    for row in found:
        member = unit.members.get(row.member_id)
        if member is None or not has_access(MemberState(member.state)):
            continue
        # a knock that still stands is taken off
        unit.outbox.add("release", {"space": row.space}, now=unit.now, member_id=row.member_id)
        tell_answer(unit, member, key("access.unanswered_notice"), row.space)
    return len(found)
