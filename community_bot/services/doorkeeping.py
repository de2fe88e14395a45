"""Who is let into a space: what those decide who facilitate it (`/space bring`, `requests`, and the two buttons).

Whoever asks is known to those who decide by alias, and to nobody else. Whom a facilitator names is asked, never put
in; and the facilitator is not told whether there is such a member (SAF-17).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.member import MemberState, has_access
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import STANDS, SpaceState
from community_bot.domain.tries import Tries
from community_bot.locales import key
from community_bot.services.coming_in import REQUEST_HOLDS, tell_answer
from community_bot.services.directory import SpaceDoor
from community_bot.services.letting_in import let_in_now, require_taking
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.space_finding import find_space, known_spaces, requests_of
from community_bot.services.space_views import HERE
from db.holding import hold_member
from db.member_rows import MemberRow
from db.space_rows import SpaceRequestRow

OFFERS_A_DAY: Final = 20
"""So many aliases can be named for one space in a day: nobody is to find out by trying who answers."""
MOST_SHOWN: Final = 5
VIEWS_KEPT: Final = timedelta(days=180)
"""How long it is remembered which role saw that somebody asks (SAF-26)."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A member who asks to come in, since how many days. ``ticket`` is for the buttons of the answer."""

    alias: str
    days: int
    ticket: str

    def __repr__(self) -> str:
        """Keep alias and ticket out of tracebacks."""
        return "Asking(…)"


@dataclass(frozen=True, slots=True)
class Queue:
    """Who has asked a space the longest ago, and how many more there are."""

    door: SpaceDoor
    asking: tuple[Asking, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What was answered to whom."""

    alias: str
    door: SpaceDoor
    let_in: bool

    def __repr__(self) -> str:
        """Keep the alias out of tracebacks."""
        return "Decided(…)"


class Doorkeeping:
    """Answering who asks, and asking who might want to come."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._offers = Tries(OFFERS_A_DAY, timedelta(days=1))

    async def runnable(self, account: Account, typed: str = "") -> list[SpaceDoor]:
        """Return the spaces whose door somebody keeps, those with ``typed`` in their title; 25 at most."""

        def work(unit: Unit) -> list[SpaceDoor]:
            asker = unit.who(account)
            known = known_spaces(unit, asker)
            if asker.may(Power.RUN_SPACE):
                known |= {row.key for row in unit.layouts.of_state([each.value for each in STANDS])}
            wanted = likeness(typed)
            doors = unit.directory.listed(also=known, limit=10_000)
            kept = (each for each in doors if asker.may(Power.RUN_SPACE, each.key))
            return [
                each
                for each in kept
                if each.state is not SpaceState.PURGED
                and any(wanted in likeness(title) for title in each.titles.values())
            ][:25]

        return await self._network.look(work)

    @action
    async def bring(self, account: Account, space: str, alias: str) -> SpaceDoor:
        """Ask a member, known by alias, whether they want to come in; let in who has asked themselves.

        The same happens, to be seen, whoever the alias is, or is not. Raises :class:`Refusal` ``space.unknown``,
        ``access.resting.*``, ``access.oneself``, ``access.offers`` after 20 in a day.
        """

        def work(unit: Unit) -> SpaceDoor:
            asker, door = _keeper(unit, account, space)
            require_taking(door)
            if not self._offers.may(door.key, unit.now):
                raise Refusal("access.offers", most=OFFERS_A_DAY)
            member = unit.members.find_by_alias(likeness(alias))
            if member is not None and member.id == asker.known.id:
                raise Refusal("access.oneself", field="alias")
            if member is not None:
                hold_member(unit.connection, member.id)
                member = unit.members.get(member.id)
            if member is not None and member.state == MemberState.ACTIVE:
                _offer(unit, asker, door, member)
            unit.ledger.record(unit.today, asker.role, "space.offered", "space")
            return door

        door = await self._network.act(work)
        self._offers.wrong(door.key, self._network.clock())
        return door

    @action
    async def requests(self, account: Account, space: str) -> Queue:
        """Return who asks to come in; each of them can see that a role looked. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Queue:
            asker, door = _keeper(unit, account, space)
            rows = requests_of(unit).waiting(door.key, HERE, unit.now)
            shown: list[Asking] = []
            for row in rows[:MOST_SHOWN]:
                member = unit.members.get(row.member_id)
                if member is not None:
                    shown.append(Asking(member.profile.alias, (unit.today - row.asked_on).days, row.ticket))
                    unit.ledger.viewed(row.member_id, asker.role, unit.today, unit.end_of(unit.today + VIEWS_KEPT))
            return Queue(door, tuple(shown), len(rows) - len(shown))

        return await self._network.act(work)

    @action
    async def decide(self, account: Account, ticket: str, *, let_in: bool) -> Decided:
        """Answer a request; the first answer stands. Raises :class:`Refusal` ``access.answered`` for a later one.

        Also where nobody asks any more: it was too long ago, or whoever asked has gone.
        """

        def work(unit: Unit) -> Decided:
            unit.asker(account, Power.MEMBER)
            row = requests_of(unit).find(ticket, unit.now)
            if row is None or row.offered:
                raise Refusal("access.answered")
            asker = unit.asker(account, Power.RUN_SPACE, row.space)
            if row.member_id == asker.known.id:
                raise Refusal("access.own_request")
            door = unit.directory.find(row.space)
            if let_in:
                require_taking(door)
            member = _take(unit, row)
            if let_in:
                let_in_now(unit, member, door.key, by=asker.role)
                tell_answer(unit, member, key("access.let_in_notice"), door.key)
            else:
                # on Matrix they may stand there knocking
                unit.outbox.add("release", {"space": door.key}, now=unit.now, member_id=member.id)
                tell_answer(unit, member, key("access.declined_notice"), door.key)
                unit.ledger.record(unit.today, asker.role, "space.declined", "space")
            return Decided(member.profile.alias, door, let_in)

        return await self._network.act(work)


def _keeper(unit: Unit, account: Account, space: str) -> tuple[Asker, SpaceDoor]:
    """Return who asks and the space whose door they keep. Raises :class:`Refusal`."""
    door = find_space(unit, unit.asker(account, Power.MEMBER), space)
    return unit.asker(account, Power.RUN_SPACE, door.key), door


def _take(unit: Unit, row: SpaceRequestRow) -> MemberRow:
    """Return whoever asked, their request taken by nobody else. Raises :class:`Refusal` ``access.answered``."""
    hold_member(unit.connection, row.member_id)
    member = unit.members.get(row.member_id)
    gone = member is None or not has_access(MemberState(member.state))
    if gone or not requests_of(unit).forget(row.space, row.member_id):
        raise Refusal("access.answered")
    assert member is not None
    return member


def _offer(unit: Unit, asker: Asker, door: SpaceDoor, member: MemberRow) -> None:
    """Ask a member whether they want to come in, once; who has asked is let in, as both have said yes."""
    if door.key in dict(unit.spaces.of(member.id)):
        return
    details = {"text": key("access.offered_notice"), "space": door.key, "label": key("access.come.button")}
    if door.access is Access.OPEN:
        # the door is open: a way to it is all that they need
        details["text"] = key("access.offered_open_notice")
        words = {"argument": door.key}
        unit.outbox.add("tell", details | {"button": "space.join"}, words=words, now=unit.now, member_id=member.id)
        return
    standing = requests_of(unit).between(door.key, member.id, unit.now)
    if standing is None:
        until = unit.end_of(unit.today + REQUEST_HOLDS)
        ticket = requests_of(unit).add(door.key, member.id, offered=True, today=unit.today, purge_after=until)
        words = {"argument": ticket}
        unit.outbox.add("tell", details | {"button": "space.come"}, words=words, now=unit.now, member_id=member.id)
    elif not standing.offered:
        let_in_now(unit, member, door.key, by=asker.role)
        tell_answer(unit, member, key("access.let_in_notice"), door.key)
