"""Spaces to live through: a town, yards to build in, facilitators with and without organisations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from community_bot.commands.space_endings import EndingCommands
from community_bot.commands.space_life import LifeCommands
from community_bot.domain.account import Account
from community_bot.domain.experiment import Design
from community_bot.domain.home import MATRIX, Home
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access, Audience, Liberty, RoomDesign, RoomKind, SpaceDesign
from community_bot.domain.space_state import SpaceState
from community_bot.services.building import Building
from community_bot.services.experiments import Experiments, registered_for, start_for
from community_bot.services.network import Unit
from community_bot.services.space_endings import Endings
from community_bot.services.space_life import Life, Opening
from community_bot.services.space_outlook import Ending
from community_bot.services.space_plans import Planner
from community_bot.services.space_upkeep import run_daily
from community_bot.services.spaces import Spaces, Wishes, works
from db.engine import Database
from db.outbox import EffectRow
from db.space_rows import SpaceRow
from tests.community_bot.people import Town
from tests.community_bot.services.yard import Yard

HOMES = (Home("100", "discord", "en"), Home("200", "discord", "th"), Home(MATRIX, "matrix", "es"))
CIRCLE = SpaceDesign(
    template="circle",
    titles={"en": "Circle"},
    purposes={"en": "To learn together."},
    access=Access.OPEN,
    rooms=(
        RoomDesign("plaza", RoomKind.TALK, {"en": "plaza"}, {"en": "Come in"}, joined=True),
        RoomDesign("table", RoomKind.TALK, {"en": "table"}, {}, seen_by=Audience.FACILITATORS),
        RoomDesign("threads", RoomKind.TALK, {"en": "threads"}, {}, platforms=("matrix",)),
    ),
    agreements={"en": "**We listen.**", "th": "**เราฟังกัน**", "es": "**Escuchamos.**"},
    participants=frozenset({Liberty.WRITE}),
    facilitators=frozenset({Liberty.WRITE, Liberty.PIN}),
)
PILOT = replace(CIRCLE, template="pilot", pilot=True)
BIRDS = ("Heron", "Lark", "Swift", "Finch", "Kite", "Wren", "Teal", "Owl")
TEMPLATES = {"circle": CIRCLE, "pilot": PILOT}


class LivingSpaces:
    """The services under test on one database, and what they do in a few words."""

    def __init__(self, database: Database, **rules: object) -> None:
        self.town = Town(database, homes=HOMES, templates=TEMPLATES, **rules)
        self.network = self.town.network
        self._aliases = (f"{bird} of the {place}" for place in ("north", "south") for bird in BIRDS)
        self.discord, self.matrix = Yard("discord", self.town.clock), Yard("matrix", self.town.clock)
        planner = Planner(self.network, {"discord": self.discord, "matrix": self.matrix})
        self.spaces = Spaces(self.network, planner)
        self.building = Building(self.network, planner)
        self.life = Life(self.network, registered_for, start_for)
        self.endings = Endings(self.network)
        self.experiments = Experiments(self.network)
        for each in (LifeCommands(self.life), EndingCommands(self.endings, self.life)):
            self.town.desk.registry.offer(each)

    # ── people

    async def founder(self, alias: str = "Fern") -> Account:
        """Return somebody who may found spaces: a facilitator of the whole network."""
        return await self.town.join(alias, role=Role.FACILITATOR)

    async def admin(self) -> Account:
        """Return somebody who looks after the whole network."""
        return await self.town.join(next(self._aliases), role=Role.NETWORK_ADMIN)

    async def facilitator(self, alias: str, space: str, *organisations: str) -> Account:
        """Return somebody who facilitates one space, and belongs to these organisations."""
        account = await self.town.join(alias, role=Role.FACILITATOR, scope=space)
        await self.belong(account, *organisations)
        return account

    async def belong(self, account: Account, *organisations: str, state: str = "confirmed") -> None:
        """Let somebody belong to organisations, which are registered as they are needed."""
        row = await self.town.record(account)

        def work(unit: Unit) -> None:
            for title in organisations:
                found = unit.organisations.find(title) or unit.organisations.add(
                    title, title, None, state=state, visibility="hidden", today=unit.today
                )
                unit.organisations.affiliate(
                    row.id,
                    found.id,
                    state="confirmed",
                    steward=False,
                    today=unit.today,
                    purge_after=unit.keep_until,
                )

        await self.network.act(work)

    async def end_role(self, account: Account, space: str, role: Role = Role.FACILITATOR) -> None:
        """Take a role back without asking who takes it."""
        row = await self.town.record(account)
        await self.network.act(lambda unit: unit.grants.end(row.id, role, space))

    async def end_everybody(self, space: str) -> None:
        """Take back every role that somebody holds in a space."""
        await self.network.act(
            lambda unit: [
                unit.grants.end(each.member_id, each.role, space)
                for each in unit.grants.holders(Role.FACILITATOR)
                if each.scope == space
            ]
        )

    async def enter(self, account: Account, space: str) -> None:
        """Let somebody into a space without asking."""
        row = await self.town.record(account)
        await self.network.act(lambda unit: unit.spaces.join(row.id, space, unit.today, unit.keep_until))

    # ── spaces

    async def draft(self, founder: Account, title: str = "Riverside Radio", template: str = "circle") -> str:
        """Found a space, and build nothing yet; return its key."""
        plan = await self.spaces.create(founder, "en", Wishes(template, title), dry_run=False)
        assert plan.space is not None
        return plan.space.key

    async def built(self, founder: Account, title: str = "Riverside Radio", template: str = "circle") -> str:
        """Found a space and build it; return its key."""
        key = await self.draft(founder, title, template)
        await self.building.run_due()
        return key

    async def opened(self, founder: Account, title: str = "Riverside Radio") -> str:
        """Found a space, with everything that it takes to open it, and open it."""
        key = await self.built(founder, title)
        await self.belong(founder, "river circle")
        await self.facilitator(next(self._aliases), key, "hill circle")
        await self.open(founder, key)
        assert await self.state(key) is SpaceState.ACTIVE
        return key

    async def open(self, account: Account, key: str, *, agreed: bool = True) -> Opening:
        return await self.life.open(account, key, agreed=agreed)

    async def archived(self, founder: Account, title: str = "Riverside Radio") -> str:
        """Let a space go all the way to where it can only be read."""
        key = await self.opened(founder, title)
        await self.life.close(founder, key)
        await self.end(founder, key)
        await self.building.run_due()
        assert await self.state(key) is SpaceState.ARCHIVED
        return key

    async def end(self, founder: Account, key: str, second: Account | None = None) -> Ending:
        """Have a space archived, or its deletion announced, by two people."""
        second = second or await self.admin()
        act = self.endings.purge if await self.state(key) is SpaceState.ARCHIVED else self.endings.archive
        asked = await act(founder, key)
        assert asked.question is not None
        return await self.endings.confirm(second, asked.act, asked.question.id)

    async def experiment(self, founder: Account, key: str, days: int = 30) -> None:
        """Register an experiment for a space."""
        stops_on = self.town.clock.now.date() + timedelta(days=days)
        design = Design("Do short evenings help?", "More people come again.", "MET-3", 5, stops_on)
        drafted = await self.experiments.draft(founder, key, design)
        await self.experiments.register(founder, drafted.id)

    # ── what is so

    async def row(self, key: str) -> SpaceRow:
        found = await self.network.look(lambda unit: unit.layouts.get(key))
        assert found is not None
        return found

    async def state(self, key: str) -> SpaceState:
        return SpaceState((await self.row(key)).state)

    async def under_way(self, key: str) -> str | None:
        """Return the kind of what is being built at a space."""
        found = await self.network.look(lambda unit: works(unit).open_of(key))
        return None if found is None else found.kind

    async def posts(self, text: str) -> list[EffectRow]:
        """Return what is to be said in rooms under a text."""
        return [each for each in await self.town.pending("post") if each.details["text"] == text]

    async def told(self, account: Account) -> list[str]:
        """Return the texts somebody is to be told privately."""
        row = await self.town.record(account)
        return [each.details["text"] for each in await self.town.pending("tell") if each.member_id == row.id]

    async def audit(self) -> list[tuple[str, str, str | None]]:
        """Return role, action and reason of what was written down about spaces, the newest first."""
        entries = await self.network.look(lambda unit: unit.ledger.audit(500))
        return [(role, act, reason) for _, role, act, kind, reason in entries if kind == "space"]

    async def days(self, number: int) -> None:
        """Let days pass, with what happens by itself on each."""
        for _ in range(number):
            self.town.clock.pass_by(days=1)
            await run_daily(self.network)
