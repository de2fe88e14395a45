"""Making learning spaces and keeping them as designed (SPC-1, SPC-5): `/space create`, `edit`, `plan`, `check` …

Nothing is made before it was shown what will be made and what stands in the way. What is made is carried out by
:class:`community_bot.services.building.Building`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.home import Home
from community_bot.domain.languages import Language
from community_bot.domain.layout import Overrides, Step
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import LONGEST_TERM, Power, Role
from community_bot.domain.space_design import Access, SpaceDesign
from community_bot.domain.space_state import STANDS, SpaceState
from community_bot.platforms.port import ImpossibleError, NotNowError
from community_bot.services.directory import SpaceDoor, door_of
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.space_plans import HomePlan, Planner
from db.space_rows import SpaceRow, TitlesRow
from db.space_store import SpaceChangedError
from db.work_store import WorkRow, WorkStore, WorkUnderWayError

SHORTEST, LONGEST = 2, 60
"""Characters of a title: with a room's name it still fits where platforms show it."""
LONGEST_PURPOSE = 300
MOST_OFFERED = 25
"""What Discord offers while somebody types."""
KEY_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done for a space, home by home. ``space`` is None for one that there is not yet."""

    space: SpaceDoor | None
    title: str
    homes: tuple[HomePlan, ...]
    started: bool = False

    @property
    def steps(self) -> int:
        return sum(len(each.steps) for each in self.homes)

    @property
    def blocked(self) -> bool:
        return any(each.obstacles for each in self.homes)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody says a new space is to be. ``access`` None: as the template has it."""

    template: str
    title: str
    where: str = "everywhere"
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """How a space is to be from now on, in the words of one language."""

    title: str
    purpose: str
    access: Access
    bridged: bool


class Spaces:
    """Making spaces, and looking after how they stand on the platforms."""

    def __init__(self, network: Network, planner: Planner) -> None:
        self._network = network
        self._planner = planner

    @property
    def templates(self) -> Mapping[str, SpaceDesign]:
        """Return the templates there are, by key."""
        return self._network.rules.templates

    async def runnable(self, account: Account, typed: str = "") -> list[SpaceDoor]:
        """Return the spaces that somebody runs, those with ``typed`` in their title; 25 at most."""
        return await self._network.look(lambda unit: run_by(unit, account, typed))

    # ── making

    @action
    async def create(self, account: Account, language: Language, wishes: Wishes, *, dry_run: bool) -> Plan:
        """Found a space and begin to build it, unless something stands in the way or it is only a dry run.

        The one who founds it facilitates it. Raises :class:`Refusal` ``space.template``, ``space.wrong_title``,
        ``space.title_taken``, ``space.title_names``, ``space.no_home``, ``space.platform`` or ``authority.*``.
        """
        title = " ".join(wishes.title.split())
        key = _new_key()

        def foresee(unit: Unit) -> tuple[SpaceDesign, tuple[Home, ...]]:
            unit.asker(account, Power.CREATE_SPACE)
            return _design(unit, wishes, title, language), _homes(unit, wishes.where)

        design, homes = await self._network.look(foresee)
        plan = Plan(None, title, tuple(await self._plans_of_new(key, design, homes)))
        if dry_run or plan.blocked:
            return plan

        def found(unit: Unit) -> SpaceDoor:
            asker = unit.asker(account, Power.CREATE_SPACE)
            _require_free_title(unit, title)
            unit.layouts.add(
                key,
                design.packed(),
                state=SpaceState.DRAFT.value,
                access=design.access.value,
                vouchers=0,
                stage=unit.rules.stages[0].key if unit.rules.stages else None,
                today=unit.today,
            )
            for home in homes:
                unit.layouts.settle(key, home.key, home.platform, home.language)
            until = unit.today + LONGEST_TERM[Role.FACILITATOR]
            unit.grants.give(
                asker.known.id,
                Role.FACILITATOR,
                key,
                today=unit.today,
                until=until,
                purge_after=unit.end_of(until),
            )
            unit.spaces.join(asker.known.id, key, unit.today, unit.keep_until)
            unit.outbox.add("admit", {"space": key}, now=unit.now, member_id=asker.known.id)
            self._begin(unit, key, "apply", account)
            unit.ledger.record(unit.today, asker.role, "space.created", "space", wishes.template)
            row = unit.layouts.get(key)
            assert row is not None
            return door_of(row, [])

        door = await self._network.act(found)
        return replace(plan, space=door, started=True)

    async def _plans_of_new(self, key: str, design: SpaceDesign, homes: Sequence[Home]) -> list[HomePlan]:
        try:
            return await self._planner.of_new(key, design, homes)
        except (NotNowError, ImpossibleError) as error:
            raise Refusal("space.platform", reason=error.reason) from error

    def _begin(
        self, unit: Unit, key: str, kind: str, account: Account, only: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        member = unit.asker(account, Power.RUN_SPACE, key).known
        try:
            works(unit).add(key, kind, now=unit.now, member_id=member.id, platform=account.platform, only=only)
        except WorkUnderWayError:
            raise Refusal("space.busy") from None

    # ── changing

    @action
    async def design(self, account: Account, space: str) -> tuple[SpaceDoor, SpaceDesign]:
        """Return how a space is to be, for who runs it. Raises :class:`Refusal`."""

        def work(unit: Unit) -> tuple[SpaceDoor, SpaceDesign]:
            row = _run(unit, account, space)
            return door_of(row, unit.layouts.pieces(row.key)), SpaceDesign.unpacked(row.design)

        return await self._network.look(work)

    @action
    async def edit(self, account: Account, space: str, language: Language, edit: Edit) -> Plan:
        """Say how a space is to be from now on; what that would change is returned, and applied by :meth:`apply`.

        Raises :class:`Refusal` ``space.wrong_title``, ``space.title_taken``, ``space.purpose``, ``space.archived``.
        """
        title, purpose = " ".join(edit.title.split()), " ".join(edit.purpose.split())

        def work(unit: Unit) -> None:
            row = _run(unit, account, space)
            design = SpaceDesign.unpacked(row.design)
            if design.read_only:
                raise Refusal("space.archived")
            if title != design.titles.get(language):
                _require_title(unit, title)
                _require_free_title(unit, title, apart_from=row.key)
            if len(purpose) > LONGEST_PURPOSE:
                raise Refusal("space.purpose", field="purpose", most=LONGEST_PURPOSE)
            titles = {**design.titles, language: title}
            if len(set(design.titles.values())) == 1:
                # it had one title so far, whatever the language
                titles = dict.fromkeys(design.titles, title)
            purposes = {**design.purposes, language: purpose} if purpose else design.purposes
            changed = replace(design, titles=titles, purposes=purposes, access=edit.access, bridged=edit.bridged)
            try:
                unit.layouts.change(row, design=changed.packed(), access=edit.access.value)
            except SpaceChangedError:
                raise Refusal("space.changed") from None
            role = unit.asker(account, Power.RUN_SPACE, row.key).role
            unit.ledger.record(unit.today, role, "space.edited", "space")

        await self._network.act(work)
        return await self.plan(account, space)

    # ── plan, apply, verify

    @action
    async def plan(self, account: Account, space: str) -> Plan:
        """Return what would be done to make a space stand as it is to. Raises :class:`Refusal`."""
        row, door = await self._network.look(lambda unit: _row_and_door(unit, account, space))
        try:
            plans = await self._planner.of(row)
        except (NotNowError, ImpossibleError) as error:
            raise Refusal("space.platform", reason=error.reason) from error
        return Plan(door, "", tuple(plans))

    @action
    async def apply(self, account: Account, space: str) -> Plan:
        """Begin to make a space stand as it is to, unless something stands in the way. Raises :class:`Refusal`."""
        plan = await self.plan(account, space)
        if plan.blocked or not plan.steps:
            return plan
        await self._network.act(lambda unit: self._start(unit, account, space, "apply", None))
        return replace(plan, started=True)

    @action
    async def repair(self, account: Account, space: str, home: str | None, piece: str | None) -> Plan:
        """Put right what was changed by hand: one piece, or everything. Raises :class:`Refusal`."""
        plan = await self.plan(account, space)
        chosen = _chosen(plan, home, piece)
        if plan.blocked or not chosen:
            return plan
        only = {each: [step.key for step in steps] for each, steps in chosen.items()}
        await self._network.act(lambda unit: self._start(unit, account, space, "repair", only))
        return replace(plan, started=True)

    @action
    async def adopt(self, account: Account, space: str, home: str | None, piece: str | None) -> Plan:
        """Take what was changed by hand for right from now on: one piece, or everything that can be.

        What one person was given by hand is not adopted, nor is the loss of what the rest hangs on: both can be put
        right only. Returns what is still different. Raises :class:`Refusal` ``space.adopt_person`` or
        ``space.adopt_needed`` when nothing can be.
        """
        plan = await self.plan(account, space)
        chosen = _chosen(plan, home, piece)

        def work(unit: Unit) -> None:
            row = _run(unit, account, space)
            adopted = 0
            needed = False
            for settled in unit.layouts.homes(row.key):
                overrides = Overrides.unpacked(settled.overrides)
                for step in chosen.get(settled.home, ()):
                    try:
                        overrides = overrides.adopting(step)
                    except ValueError:
                        needed = needed or not step.of_a_person
                        continue
                    adopted += 1
                unit.layouts.override(row.key, settled.home, overrides.packed())
            if chosen and not adopted:
                raise Refusal("space.adopt_needed") if needed else Refusal("space.adopt_person")
            role = unit.asker(account, Power.RUN_SPACE, row.key).role
            unit.ledger.record(unit.today, role, "space.adopted", "space")

        await self._network.act(work)
        return await self.plan(account, space)

    def _start(
        self, unit: Unit, account: Account, space: str, kind: str, only: Mapping[str, Sequence[str]] | None
    ) -> None:
        row = _run(unit, account, space)
        self._begin(unit, row.key, kind, account, only)
        role = unit.asker(account, Power.RUN_SPACE, row.key).role
        unit.ledger.record(unit.today, role, f"space.{kind}_begun", "space")

    @action
    async def state_of_work(self, account: Account, space: str) -> tuple[SpaceDoor, WorkRow | None, int]:
        """Return a space's newest undertaking and how many of its steps are done. Raises :class:`Refusal`."""

        def work(unit: Unit) -> tuple[SpaceDoor, WorkRow | None, int]:
            _, door = _row_and_door(unit, account, space)
            last = works(unit).last_of(door.key)
            done = 0 if last is None else works(unit).done_steps([last.id]).get(last.id, 0)
            return door, last, done

        return await self._network.look(work)


def works(unit: Unit) -> WorkStore:
    """Return the undertakings."""
    return WorkStore(unit.connection, unit.keys)


def run_by(unit: Unit, account: Account, typed: str = "") -> list[SpaceDoor]:
    """Return the built spaces that somebody runs, those with ``typed`` in their title; 25 at most."""
    wanted = likeness(typed)
    fitting = (
        row for row in _titles_run_by(unit, unit.who(account)) if any(wanted in likeness(t) for t in row.titles)
    )
    keys = [row.key for row in islice(fitting, MOST_OFFERED)]
    return [door_of(row, []) for row in unit.layouts.of_keys(keys)] if keys else []


def _titles_run_by(unit: Unit, asker: Asker) -> list[TitlesRow]:
    """Return what the built spaces that somebody runs are called, the oldest first."""
    standing = [each.value for each in STANDS]
    if asker.may(Power.RUN_SPACE):
        return unit.layouts.titles(standing)
    scopes = {grant.scope for grant in asker.grants if asker.may(Power.RUN_SPACE, grant.scope)}
    return unit.layouts.titles(standing, scopes) if scopes else []


def find_run(unit: Unit, account: Account, space: str) -> SpaceRow:
    """Return a built space that somebody runs, by its key or its title.

    Raises :class:`Refusal` ``space.unknown``: also for one that there is, and that is not theirs to run.
    """
    asker = unit.who(account)
    if not any(asker.may(Power.RUN_SPACE, grant.scope) for grant in asker.grants):
        unit.asker(account, Power.RUN_SPACE)
    row = unit.layouts.get(space)
    if row is None:
        same = likeness(space)
        run = _titles_run_by(unit, asker)
        found = next((each.key for each in run if any(likeness(title) == same for title in each.titles)), None)
        row = None if found is None else unit.layouts.get(found)
    if row is None or row.state == SpaceState.PURGED.value or not asker.may(Power.RUN_SPACE, row.key):
        raise Refusal("space.unknown", field="space")
    return row


def _run(unit: Unit, account: Account, space: str) -> SpaceRow:
    row = find_run(unit, account, space)
    unit.asker(account, Power.RUN_SPACE, row.key)
    return row


def _row_and_door(unit: Unit, account: Account, space: str) -> tuple[SpaceRow, SpaceDoor]:
    row = _run(unit, account, space)
    return row, door_of(row, unit.layouts.pieces(row.key))


def _chosen(plan: Plan, home: str | None, piece: str | None) -> dict[str, list[Step]]:
    found = {
        each.home.key: [step for step in each.steps if piece in (None, step.key)]
        for each in plan.homes
        if home in (None, each.home.key)
    }
    return {key: steps for key, steps in found.items() if steps}


def _new_key() -> str:
    # it stands on the platforms, in buttons: random, so that it says nothing
    return "s-" + "".join(secrets.choice(KEY_SIGNS) for _ in range(8))


def _design(unit: Unit, wishes: Wishes, title: str, language: Language) -> SpaceDesign:
    template = unit.rules.templates.get(wishes.template)
    if template is None:
        raise Refusal("space.template", field="template", known=", ".join(unit.rules.templates))
    _require_title(unit, title)
    _require_free_title(unit, title)
    languages: set[Language] = {language, *(home.language for home in unit.rules.homes)}
    access = template.access if wishes.access is None else wishes.access
    return replace(template, titles=dict.fromkeys(sorted(languages), title), access=access)


def _require_title(unit: Unit, title: str) -> None:
    if not SHORTEST <= len(title) <= LONGEST or "@" in title or not any(each.isalpha() for each in title):
        raise Refusal("space.wrong_title", field="title", least=SHORTEST, most=LONGEST)
    if unit.organisations.find(likeness(title)) or unit.members.find_by_alias(likeness(title)):
        # names of channels are seen by people who must not learn who is here (DOMAIN 3.3, invariants)
        raise Refusal("space.title_names", field="title")


def _require_free_title(unit: Unit, title: str, *, apart_from: str | None = None) -> None:
    if unit.directory.is_taken(title, apart_from=apart_from):
        raise Refusal("space.title_taken", field="title")


def _homes(unit: Unit, where: str) -> tuple[Home, ...]:
    chosen: tuple[Home, ...] = tuple(
        home for home in unit.rules.homes if where in ("everywhere", home.platform, home.key)
    )
    if not chosen:
        raise Refusal("space.no_home", field="where")
    return chosen
