"""A network of a few fictional members on a real database, for the tests of privacy and retention."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from community_bot.domain.account import Account
from community_bot.domain.agreements import PURPOSES
from community_bot.domain.alias import likeness
from community_bot.domain.member import MemberState
from community_bot.domain.roles import NETWORK, Role
from community_bot.services.data_requests import DataRequests
from community_bot.services.directory import SpaceDoor
from community_bot.services.erasing import Erasing
from community_bot.services.network import Network, Rules, Unit
from community_bot.services.privacy import Privacy
from community_bot.services.retention import Retention
from db.engine import Database
from db.ids import MemberId
from db.keys import NetworkKeys
from db.member_keys_file import MemberKeysFile
from db.member_rows import Profile
from db.outbox import EffectRow

KEY = b"a network's key, 32 random bytes"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NAPA = Account("discord", "600000000000000011")
NAPA_ON_MATRIX = Account("matrix", "@napa:river.example")
TULIO = Account("matrix", "@tulio:hill.example")
STRANGER = Account("discord", "600000000000000099")
RADIO = SpaceDoor(
    "radio", {"en": "Community radio", "th": "วิทยุชุมชน"}, {"discord": ("71",), "matrix": ("!radio:river.example",)}
)
GARDEN = SpaceDoor("garden", {"en": "Seed saving"}, {"discord": ("72",)})


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, days: int = 0, hours: int = 0) -> None:
        self.now += timedelta(days=days, hours=hours)


@dataclass
class RiverNetwork:
    """The services under test on one database."""

    database: Database
    keys_file: MemberKeysFile | None = None
    rules: Rules = field(default_factory=lambda: Rules("River Network", spaces=(RADIO, GARDEN)))
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.network = Network(self.database, NetworkKeys(KEY), self.rules, self.clock)
        self.retention = Retention(self.network, self.keys_file)
        self.privacy = Privacy(self.network)
        self.erasing = Erasing(self.network, self.retention)
        self.requests = DataRequests(self.network)

    async def join(
        self,
        alias: str,
        *accounts: Account,
        state: MemberState = MemberState.ACTIVE,
        spaces: tuple[str, ...] = ("radio",),
        role: Role | None = None,
        probation_days: int = 14,
    ) -> MemberId:
        """Make a member as onboarding would."""

        def work(unit: Unit) -> MemberId:
            member = unit.members.add(
                Profile(alias, "en", region="TH-50"),
                likeness(alias),
                state=state,
                today=unit.today,
                keep_until=unit.keep_until,
                probation=unit.today + timedelta(days=probation_days),
            )
            for account in accounts:
                unit.members.link(member.id, account.platform, account.user_id, unit.today, unit.keep_until)
            for each in PURPOSES:
                unit.consents.give(
                    member.id, each.key, each.version, "en", today=unit.today, keep_until=unit.keep_until
                )
            for space in spaces:
                unit.spaces.join(member.id, space, unit.today, unit.keep_until)
            if role is not None:
                until = unit.today + timedelta(days=100)
                unit.grants.give(
                    member.id, role, NETWORK, today=unit.today, until=until, purge_after=unit.end_of(until)
                )
            return member.id

        return await self.network.act(work)

    async def state(self, member_id: MemberId) -> MemberState | None:
        """Return where a member is, None when they are gone."""
        row = await self.network.look(lambda unit: unit.members.get(member_id))
        return None if row is None else MemberState(row.state)

    async def effects(self, kind: str) -> list[EffectRow]:
        """Return what is to be done on the platforms."""
        due = await self.network.look(lambda unit: unit.outbox.due(unit.now, 1000))
        return [effect for effect in due if effect.kind == kind]
