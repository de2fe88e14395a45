"""What every service stands on: the network's rules, its database and keys, the clock, and one unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from community_bot.domain.account import Account
from community_bot.domain.growth import Stage
from community_bot.domain.home import Home
from community_bot.domain.member import MemberEvent, MemberState, after
from community_bot.domain.refusal import Refusal
from community_bot.domain.regions import NO_COUNTRY, CountryPack
from community_bot.domain.roles import NETWORK, Grant, Power, Role, powers
from community_bot.domain.space_design import SpaceDesign
from community_bot.locales import Language
from community_bot.services.directory import Directory, SpaceDoor
from db.arrival_store import ArrivalStore
from db.buddy_store import BuddyStore
from db.consent_store import ConsentStore
from db.engine import Database
from db.grant_store import GrantStore
from db.invite_store import InviteStore
from db.keys import NetworkKeys
from db.ledger import Ledger
from db.link_code_store import LinkCodeStore
from db.member_rows import MemberRow
from db.member_store import MemberStore
from db.office_code_store import OfficeCodeStore
from db.organisation_store import OrganisationStore
from db.outbox import Outbox
from db.space_member_store import SpaceMemberStore
from db.space_store import SpaceStore
from db.untold_store import UntoldStore
from db.vouch_store import VouchStore
from db.wording_store import WordingStore

T = TypeVar("T")
Action = TypeVar("Action", bound=Callable[..., object])


def action(method: Action) -> Action:
    """Mark a service's method as something people do: a test holds both faces to offering it."""
    setattr(method, "is_action", True)  # noqa: B010 - functions have no such attribute of their own
    return method


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator decided (settings ``network``, ``members``, ``spaces``), as values."""

    name: str
    language: Language = "en"
    zone: str = "Asia/Bangkok"
    country_pack: CountryPack = NO_COUNTRY
    vouchers: int = 0
    """How many members must vouch for a newcomer; 0 asks for none (MEM-4)."""
    invite_only: bool = False
    probation_days: int = 14
    erase_hours: int = 72
    keep_days: int = 730
    """For how long a member is kept after their last act."""
    spaces: tuple[SpaceDoor, ...] = ()
    """Spaces that the settings name; those that the bot built are in the database (``Unit.directory``)."""
    homes: tuple[Home, ...] = ()
    """Where spaces can be built."""
    templates: Mapping[str, SpaceDesign] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    """The stages of the Growth Cycle, in their order (GRW-1)."""
    vote_days: int = 5
    quorum_least: int = 5
    quorum_percent: int = 15
    purge_notice_days: int = 14
    """For how long it is announced that an archived space's channels are deleted."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as the database knows them at this moment; ``member`` is None for somebody without a record."""

    account: Account
    member: MemberRow | None
    grants: tuple[Grant, ...]
    today: date

    def may(self, power: Power, scope: str = NETWORK) -> bool:
        """Say whether they may do a kind of thing."""
        return power in powers(self.grants, scope, self.today)

    @property
    def known(self) -> MemberRow:
        """Return the member. Raises :class:`Refusal` ``authority.not_member``."""
        if self.member is None:
            raise Refusal("authority.not_member")
        return self.member

    @property
    def role(self) -> str:
        """Return the weightiest role they hold today, for the audit, which names no person (DOMAIN 3.15)."""
        held = {grant.role for grant in self.grants if grant.holds(grant.scope, self.today)}
        return next((role.value for role in reversed(Role) if role in held), "nobody")


@dataclass(frozen=True)
class Unit:
    """One unit of work: every store on one connection, one moment. It lives for one transaction."""

    connection: Connection
    keys: NetworkKeys
    rules: Rules
    now: datetime
    writes: bool = False
    """Whether something can be written; a unit that only looks leaves no trace of who looked."""

    @property
    def today(self) -> date:
        """Return the day in the network's zone."""
        return self.now.astimezone(ZoneInfo(self.rules.zone)).date()

    @property
    def keep_until(self) -> datetime:
        """Return until when a member who did something today is kept."""
        return self.end_of(self.today + timedelta(days=self.rules.keep_days))

    def end_of(self, day: date) -> datetime:
        """Return when a day is over, to the day: rows about people tell no time of day (SAF-4)."""
        return datetime.combine(day + timedelta(days=1), time.min, UTC)

    def vouchers_for(self, spaces: Iterable[str]) -> int:
        """Return how many must vouch for a newcomer on the way into these spaces (MEM-4)."""
        doors = self.directory.doors([key for key in spaces if key])
        return max([self.rules.vouchers, *(each.vouchers for each in doors.values())])

    @property
    def asks_for_vouches(self) -> bool:
        """Say whether the network, or any space, wants newcomers vouched for."""
        return self.rules.vouchers > 0 or self.directory.any_asks_for_vouches()

    @cached_property
    def members(self) -> MemberStore:
        return MemberStore(self.connection, self.keys)

    @cached_property
    def consents(self) -> ConsentStore:
        return ConsentStore(self.connection)

    @cached_property
    def grants(self) -> GrantStore:
        return GrantStore(self.connection)

    @cached_property
    def arrivals(self) -> ArrivalStore:
        return ArrivalStore(self.connection, self.keys)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.connection, self.keys)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.connection)

    @cached_property
    def buddies(self) -> BuddyStore:
        return BuddyStore(self.connection, self.keys)

    @cached_property
    def link_codes(self) -> LinkCodeStore:
        return LinkCodeStore(self.connection, self.keys)

    @cached_property
    def offices(self) -> OfficeCodeStore:
        return OfficeCodeStore(self.connection, self.keys)

    @cached_property
    def spaces(self) -> SpaceMemberStore:
        return SpaceMemberStore(self.connection)

    @cached_property
    def layouts(self) -> SpaceStore:
        return SpaceStore(self.connection)

    @cached_property
    def directory(self) -> Directory:
        return Directory(self.rules.spaces, self.layouts)

    @cached_property
    def wordings(self) -> WordingStore:
        return WordingStore(self.connection)

    @cached_property
    def invites(self) -> InviteStore:
        return InviteStore(self.connection, self.keys)

    @cached_property
    def untold(self) -> UntoldStore:
        return UntoldStore(self.connection)

    @cached_property
    def vouches(self) -> VouchStore:
        return VouchStore(self.connection)

    @cached_property
    def organisations(self) -> OrganisationStore:
        return OrganisationStore(self.connection, self.keys)

    def asker(self, account: Account, power: Power, scope: str = NETWORK) -> Asker:
        """Return who asks, when they may; the one gate that every action passes.

        Raises :class:`Refusal`: ``authority.not_member``, ``authority.erasing`` (only the way back is open then),
        ``authority.vouching`` (admission is not decided yet), ``authority.left`` or ``authority.lacks``.
        """
        asker = self.who(account)
        if asker.may(power, scope):
            return asker
        if asker.member is None:
            raise Refusal("authority.not_member")
        if asker.member.state == MemberState.ERASING:
            raise Refusal("authority.erasing")
        if asker.member.state == MemberState.VOUCHING:
            raise Refusal("authority.vouching")
        if asker.member.state == MemberState.ALUMNI:
            raise Refusal("authority.left")
        raise Refusal("authority.lacks")

    def who(self, account: Account) -> Asker:
        """Return who an account is, allowed or not.

        A member who does something is there: what is theirs is kept for as long again, and they are not dormant.
        """
        found = self.members.find(account.platform, account.user_id)
        if found is None:
            return Asker(account, None, (), self.today)
        if self.writes:
            found = self._noted(found)
        return Asker(account, found, self.grants_of(found), self.today)

    def _noted(self, found: MemberRow) -> MemberRow:
        """Note the day, for those of whom something may be noted: not while they pause, have left or are erased."""
        if found.state not in (MemberState.VOUCHING, MemberState.ACTIVE, MemberState.DORMANT):
            return found
        self.members.touch(found.id, self.today, self.keep_until)
        if found.state == MemberState.DORMANT:
            self.members.set_state(found.id, after(MemberState.DORMANT, MemberEvent.ACT), self.today)
        return self.members.get(found.id) or found

    def grants_of(self, row: MemberRow) -> tuple[Grant, ...]:
        """Return what a member holds: being a member, while they are one, and what they were entrusted with."""
        if row.state in (MemberState.ERASING, MemberState.VOUCHING, MemberState.ALUMNI):
            return ()
        membership = Grant(Role.MEMBER, NETWORK, None)
        return (membership, *(Grant(Role(each.role), each.scope, each.until) for each in self.grants.of(row.id)))


@dataclass(frozen=True)
class Network:
    """The network as services see it. ``clock`` returns aware UTC."""

    database: Database
    keys: NetworkKeys
    rules: Rules
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    bells: dict[str, asyncio.Event] = field(default_factory=dict)

    async def act(self, work: Callable[[Unit], T]) -> T:
        """Run ``work`` as one unit: wholly, or, when anything is raised, not at all."""
        done = await self.database.transact(lambda connection: work(self._unit(connection, writes=True)))
        for bell in self.bells.values():
            bell.set()
        return done

    def bell(self, listener: str) -> asyncio.Event:
        """Return a job's own bell: rung whenever something was done that may be its business."""
        return self.bells.setdefault(listener, asyncio.Event())

    async def look(self, work: Callable[[Unit], T]) -> T:
        """Run ``work`` on one consistent view for reading."""
        return await self.database.look(lambda connection: work(self._unit(connection)))

    def _unit(self, connection: Connection, *, writes: bool = False) -> Unit:
        return Unit(connection, self.keys, self.rules, self.clock(), writes)
