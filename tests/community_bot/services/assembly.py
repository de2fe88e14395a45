"""A town that asks, proposes and votes: in the whole network, and in an orchard that stands on both platforms."""

from __future__ import annotations

from community_bot.commands.ballots import BallotCommands, BallotForm
from community_bot.commands.desk import Desk
from community_bot.commands.forms import Form
from community_bot.commands.needs import CloseForm, MergeForm, NeedCommands, NeedForm
from community_bot.commands.registry import Registry
from community_bot.commands.request import Reply
from community_bot.commands.topics import DecideForm, ProposeForm, TopicCommands
from community_bot.domain.account import Account
from community_bot.domain.roles import Role
from community_bot.domain.space_design import design_of
from community_bot.domain.space_state import SpaceState
from community_bot.locales import Language, catalogues
from community_bot.services.needs import Needs
from community_bot.services.network import Unit
from community_bot.services.scopes import Scopes
from community_bot.services.standing import Standings
from community_bot.services.topics import Proposals, Topic
from community_bot.services.votes import Ballot, Votes
from db.engine import Database
from tests.community_bot.people import Town

ORCHARD = "orchard"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TITLES = {"th": "สวนผลไม้", "en": "The Orchard", "es": "El huerto"}
_ROOM = {
    "key": "lounge",
    "kind": "talk",
    "names": {"en": "lounge"},
    "purposes": {"en": "Come in"},
    "seen_by": "participants",
    "written_by": "participants",
    "slow_seconds": 0,
    "tags": [],
    "joined": False,
    "platforms": ["discord", "matrix"],
}
_DESIGN = {
    "template": "open circle",
    "titles": TITLES,
    "purposes": {"en": "Growing"},
    "access": "open",
    "rooms": [_ROOM],
    "agreements": {"en": "Be kind"},
    "participants": [],
    "facilitators": [],
    "pilot": False,
    "bridged": False,
}


class Assembly(Town):
    """A town with needs, topics and votes. Five must vote, or so many as the rules say."""

    def __init__(self, database: Database, **rules: object) -> None:
        super().__init__(database, **rules)
        self.scopes, self.needs = Scopes(self.network), Needs(self.network)
        self.proposals, self.votes = Proposals(self.network), Votes(self.network)
        registry = Registry()
        for capability in (
            NeedCommands(self.needs, self.scopes),
            TopicCommands(self.proposals, self.scopes),
            BallotCommands(self.votes, self.scopes, self.rules),
        ):
            registry.offer(capability)
        for form in (
            NeedForm(self.needs),
            MergeForm(self.needs),
            CloseForm(self.needs),
            ProposeForm(self.proposals),
            DecideForm(self.proposals),
            BallotForm(self.votes, self.rules),
        ):
            registry.offer_form(form)
        self.desk = Desk(registry, Standings(self.network), catalogues())

    async def plant(self, state: SpaceState = SpaceState.ACTIVE, *, access: str = "open") -> None:
        """Let the orchard stand: a Thai-speaking channel on Discord, an English-speaking room on Matrix."""

        def work(unit: Unit) -> None:
            design = design_of(_DESIGN).packed()
            store = unit.layouts
            store.add(ORCHARD, design, state=state, access=access, vouchers=0, stage=None, today=unit.today)
            for home, platform, language, ref in (
                ("7001", "discord", "th", "801"),
                ("matrix", "matrix", "en", "!lounge:example.org"),
            ):
                store.settle(ORCHARD, home, platform, language)
                store.begin(ORCHARD, home, "room.lounge", "room", unit.now)
                store.made(ORCHARD, home, "room.lounge", ref)

        await self.network.act(work)

    async def people(
        self, number: int, *, scope: str = "network", language: Language = "en", named: str = "Heron"
    ) -> list[Account]:
        """Let some people join, and be in a space if one is meant."""
        found = []
        for each in range(number):
            account = await self.join(f"{named} {LETTERS[each // 26]}{LETTERS[each % 26]}", language=language)
            if scope != "network":
                await self.enter(account, scope)
            found.append(account)
        return found

    async def enter(self, account: Account, scope: str) -> None:
        """Put somebody into a space."""
        row = await self.record(account)
        await self.network.act(lambda unit: unit.spaces.join(row.id, scope, unit.today, unit.keep_until))

    async def facilitator(
        self, scope: str = "network", *, alias: str = "Fern", language: Language = "en"
    ) -> Account:
        """Let somebody join who facilitates; in a space, they are in it."""
        account = await self.join(alias, role=Role.FACILITATOR, scope=scope, language=language)
        if scope != "network":
            await self.enter(account, scope)
        return account

    async def propose(self, account: Account, title: str, *, scope: str = "network", need: str = "") -> Topic:
        return await self.proposals.propose(account, scope, title, skill="", need_id=need, language="en")

    async def open_vote(
        self, account: Account, titles: list[str], *, scope: str = "network", days: int = 5
    ) -> Ballot:
        """Propose topics and put them to the vote; they stand on the ballot in the order of ``titles``."""
        topics = [await self.propose(account, title, scope=scope) for title in titles]
        ballot = await self.votes.open(account, scope, [each.id for each in topics], days)
        assert [each.title for each in ballot.topics] == titles
        return ballot

    async def end(self, *, days: float = 5) -> None:
        """Let the window go by and the job do its work."""
        self.clock.pass_by(days=days)
        await self.votes.run_due()

    async def form(self, account: Account, name: str, argument: str, **answers: str | tuple[str, ...]) -> Reply:
        """Fill in a form and send it."""
        given = {key: (value,) if isinstance(value, str) else value for key, value in answers.items()}
        return await self.desk.submit(self.incoming(account), name, argument, given)

    async def built(self, account: Account, name: str, argument: str) -> Form:
        """Open a form."""
        form = await self.desk.build(self.incoming(account), name, argument, {})
        assert isinstance(form, Form)
        return form

    def said_at_the_entrances(self) -> dict[str, list[str]]:
        """Return what was posted, by place."""
        found: dict[str, list[str]] = {}
        for porch in (self.discord, self.matrix):
            for place, card in porch.posted.values():
                found.setdefault(place, []).append(card.text)
        return found
