"""A town to test in: a network with two spaces, a clock to turn, people who join as people do, and platforms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest

from community_bot.commands.admin import Admin, WelcomeForm
from community_bot.commands.desk import Desk, refusal_text
from community_bot.commands.guide import Guide
from community_bot.commands.me import Me
from community_bot.commands.registry import Registry
from community_bot.commands.request import Incoming, Reply, Request
from community_bot.commands.start import OnboardingForm, Start
from community_bot.domain.account import Account, PlatformName
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.platforms.port import Button, Card, ImpossibleError, PlatformPort, Shown
from community_bot.services.arrivals import Arrivals
from community_bot.services.buddies import Buddies
from community_bot.services.directory import SpaceDoor
from community_bot.services.effects import Effects
from community_bot.services.linking import Claim, Linking, LinkStart
from community_bot.services.members import Members
from community_bot.services.network import Network, Rules, Unit
from community_bot.services.onboarding import Choices, Onboarding, Welcomed
from community_bot.services.retention import Retention
from community_bot.services.roles import Roles
from community_bot.services.standing import Standings
from community_bot.services.welcome import Welcome
from community_bot.services.wellbeing import Health
from db.engine import Database
from db.keys import NetworkKeys
from db.member_rows import MemberRow
from db.outbox import EffectRow
from db.tables import metadata

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
"""Twelve o'clock in Bangkok."""
AGREED = frozenset({"agreements", "membership"})
"""What membership consists of."""
ALL = AGREED | {"reminders"}
"""And that the bot may write to one by itself."""
GARDEN = SpaceDoor(
    "garden",
    {"th": "สวนเมล็ดพันธุ์", "en": "Seed Garden", "es": "Huerto de semillas"},
    {"discord": ("501", "502"), "matrix": ("!garden:example.org",)},
)
RADIO = SpaceDoor("radio", {"en": "Village Radio"}, {"discord": ("601",)})
KEY = b"the town's key, thirty-two bytes"
_numbers = itertools.count(1001)


class Clock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let some time go by, as ``timedelta`` takes it."""
        self.now += timedelta(**time)


class Porch:
    """A platform in memory that keeps the whole contract of a port, and can be away.

    ``away`` is raised by whatever is asked of it; ``closed`` are people or places that fail by themselves.
    """

    def __init__(self, platform: PlatformName) -> None:
        self.platform: PlatformName = platform
        self.away: Exception | None = None
        self.closed: dict[str, Exception] = {}
        self.told: dict[str, tuple[str, Card]] = {}
        self.doors: dict[tuple[str, str], bool] = {}
        self.gone: list[tuple[str, str]] = []
        self.posted: dict[str, tuple[str, Card]] = {}
        self.roles: set[tuple[str, str, str]] = set()
        self.calls: list[str] = []

    def _open(self, call: str, *names: str) -> None:
        self.calls.append(call)
        for failure in (self.away, *(self.closed.get(name) for name in names)):
            if failure is not None:
                raise failure

    async def tell(self, user_id: str, card: Card, *, key: str) -> Shown:
        self._open("tell", user_id)
        self.told.setdefault(key, (user_id, card))
        return Shown(user_id, key)

    async def post(self, place: str, card: Card, *, key: str) -> Shown:
        self._open("post", place)
        self.posted.setdefault(key, (place, card))
        return Shown(place, key)

    async def revise(self, shown: Shown, card: Card) -> None:
        self._open("revise", shown.place)
        if shown.ref not in self.told:
            raise ImpossibleError("porch.gone")
        self.told[shown.ref] = (shown.place, card)

    async def give_role(self, user_id: str, place: str, role: str) -> None:
        self._open("give_role", user_id, place)
        self.roles.add((user_id, place, role))

    async def take_role(self, user_id: str, place: str, role: str) -> None:
        self._open("take_role", user_id, place)
        self.roles.discard((user_id, place, role))

    async def admit(self, user_id: str, place: str, *, history: bool) -> None:
        self._open("admit", user_id, place)
        self.doors[user_id, place] = history

    async def release(self, user_id: str, place: str) -> None:
        self._open("release", user_id, place)
        self.doors.pop((user_id, place), None)

    async def take_back(self, place: str, ref: str) -> None:
        self._open("take_back", place)
        self.gone.append((place, ref))

    def spell(self, path: str, language: Language) -> str:
        return spell(path, language)

    def inbox(self, account: Account) -> list[str]:
        """Return what somebody was told, in order."""
        return [card.text for user_id, card in self.told.values() if user_id == account.user_id]

    def places(self, account: Account) -> set[str]:
        """Return where somebody may go in."""
        return {place for user_id, place in self.doors if user_id == account.user_id}


def spell(path: str, language: Language) -> str:
    """Spell a command so that the language can be told from it."""
    return f"/{language}:{path.replace(' ', '-')}"


class Town:
    """Everything together, on a test's database. Rules are given by name, as ``Rules`` takes them."""

    def __init__(self, database: Database, **rules: object) -> None:
        self.clock = Clock()
        chosen: dict[str, object] = {"spaces": (GARDEN, RADIO), **rules}
        self.rules = Rules("Seed Town", **chosen)  # type: ignore[arg-type]
        self.network = Network(database, NetworkKeys(KEY), self.rules, self.clock)
        self.arrivals = Arrivals(self.network, catalogues())
        self.onboarding = Onboarding(self.network)
        self.members = Members(self.network)
        self.linking = Linking(self.network, Retention(self.network))
        self.roles = Roles(self.network)
        self.buddies = Buddies(self.network)
        self.welcome = Welcome(self.network)
        self.health = Health(self.network)
        self.discord, self.matrix = Porch("discord"), Porch("matrix")
        ports: dict[PlatformName, PlatformPort] = {"discord": self.discord, "matrix": self.matrix}
        self.effects = Effects(self.network, ports, catalogues())
        self.desk = self._desk()

    def _desk(self) -> Desk:
        registry = Registry()
        for capability in (
            Start(self.onboarding, self.buddies, self.rules),
            Guide(registry),
            Me(self.members, self.linking, self.rules, catalogues()),
            Admin(self.roles, self.health),
        ):
            registry.offer(capability)
        for form in (OnboardingForm(self.onboarding, self.rules), WelcomeForm(self.welcome)):
            registry.offer_form(form)
        return Desk(registry, Standings(self.network), catalogues())

    # ── people

    def stranger(self, platform: PlatformName = "discord") -> Account:
        """Return an account nobody knows."""
        number = next(_numbers)
        return Account(platform, str(number) if platform == "discord" else f"@nok{number}:example.org")

    async def join(
        self,
        alias: str,
        *,
        account: Account | None = None,
        language: Language = "en",
        space: str = "",
        role: Role | None = None,
        scope: str = NETWORK,
        state: MemberState | None = None,
    ) -> Account:
        """Let somebody come all the way in; entrust them with a role, or put them in a state, as a test needs."""
        account = account or self.stranger()
        await self.complete(account, alias, language=language, space=space)
        if role is not None:
            await self.entrust(account, role, scope)
        if state is not None:
            row = await self.record(account)
            await self.network.act(lambda unit: unit.members.set_state(row.id, state, unit.today))
        return account

    async def complete(
        self,
        account: Account,
        alias: str,
        *,
        language: Language = "en",
        space: str = "",
        agreed: Iterable[str] = ALL,
        names: tuple[str, ...] = (),
    ) -> Welcomed:
        """Finish the way in."""
        choices = Choices(language, frozenset(agreed), alias, space)
        return await self.onboarding.complete(account, names, choices)

    async def entrust(self, account: Account, role: Role, scope: str = NETWORK, *, days: int = 30) -> None:
        """Give a role without asking who gives it."""
        row = await self.record(account)

        def work(unit: Unit) -> None:
            until = unit.today + timedelta(days=days)
            unit.grants.give(row.id, role, scope, today=unit.today, until=until, purge_after=unit.end_of(until))

        await self.network.act(work)

    async def link(self, first: Account, second: Account) -> None:
        """Make two accounts one member's, from both sides."""
        started = await self.linking.begin(first)
        assert isinstance(started, LinkStart)
        await self.linking.claim(second, started.code, agreed=True)
        await self.linking.confirm(first, (await self.claim(first)).tag)

    async def claim(self, account: Account) -> Claim:
        """Return who typed somebody's code."""
        found = await self.linking.pending(account)
        assert found is not None
        return found

    # ── what is so

    async def found(self, account: Account) -> MemberRow | None:
        """Return the record of an account, if there is one."""
        return await self.network.look(lambda unit: unit.members.find(account.platform, account.user_id))

    async def record(self, account: Account) -> MemberRow:
        """Return somebody's record."""
        row = await self.found(account)
        assert row is not None
        return row

    async def state(self, account: Account) -> str:
        return (await self.record(account)).state

    async def spaces(self, account: Account) -> set[str]:
        row = await self.record(account)
        return set(await self.network.look(lambda unit: dict(unit.spaces.of(row.id))))

    async def held(self, account: Account) -> set[tuple[str, str]]:
        """Return (role, scope) of what somebody was entrusted with."""
        row = await self.record(account)
        grants = await self.network.look(lambda unit: unit.grants.of(row.id))
        return {(grant.role, grant.scope) for grant in grants}

    async def pending(self, kind: str | None = None) -> list[EffectRow]:
        """Return what is due on the platforms."""
        due = await self.network.look(lambda unit: unit.outbox.due(unit.now, 10_000))
        return [effect for effect in due if kind is None or effect.kind == kind]

    async def funnel(self) -> dict[str, int]:
        return await self.network.look(lambda unit: unit.ledger.counts("way_in", unit.today))

    async def rows(self) -> dict[str, int]:
        """Return how many rows each table has that has any."""

        def work(unit: Unit) -> dict[str, int]:
            found = {t.name: len(unit.connection.execute(t.select()).all()) for t in metadata.sorted_tables}
            return {name: total for name, total in found.items() if total}

        return await self.network.look(work)

    async def run_effects(self) -> None:
        """Carry out everything that is due, until nothing is."""
        for _ in range(100):
            if not await self.effects.run_due():
                return
        raise AssertionError("the same effects are due again and again")

    # ── at the desk

    def incoming(
        self,
        account: Account,
        *,
        names: tuple[str, ...] = (),
        client: Language | None = None,
        room: Language | None = None,
    ) -> Incoming:
        return Incoming(account, names, client, room, None, True, spell)

    async def run(
        self,
        account: Account,
        path: str,
        *,
        client: Language | None = None,
        names: tuple[str, ...] = (),
        **options: object,
    ) -> Reply:
        """Type a command."""
        incoming = self.incoming(account, client=client, names=names)
        return await self.desk.run(incoming, tuple(path.split()), options)

    async def press(self, account: Account, button: Button, *, client: Language | None = None) -> Reply:
        """Press a button."""
        return await self.desk.press(self.incoming(account, client=client), button.action, button.argument)


def button(reply: Reply, action: str) -> Button:
    """Return the button of a reply that does something."""
    return next(each for each in reply.buttons if each.action == action)


def code_in(reply: Reply) -> str:
    """Return the code that a reply shows."""
    return reply.text.split("`")[1]


async def refused(code: str, act: Callable[[], object]) -> Refusal:
    """Expect one kind of "no", and that there is a sentence for it in every language."""
    with pytest.raises(Refusal) as caught:
        await act()  # type: ignore[misc]
    assert caught.value.code == code
    for language in LANGUAGES:
        sentence(caught.value, language)
    return caught.value


def sentence(refusal: Refusal, language: Language) -> str:
    """Return a refusal in a language; a text or a value that is missing raises."""
    incoming = Incoming(Account("discord", "1"), (), language, None, None, True, spell)
    request = Request(incoming, catalogues().translator(language), frozenset(), None, NOON.date())
    return refusal_text(request, refusal)
