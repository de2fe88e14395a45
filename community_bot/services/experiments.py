"""Pilots as experiments (`/experiment`): registered and frozen before they begin, decided after they end (EXP).

Values of the measures are not computed yet: until they are, nothing is shown in their place. An arm is a cohort;
how many are in it is told from five people on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.cohort import CohortState, Place, shown_count
from community_bot.domain.experiment import (
    LONGEST_ARM,
    LONGEST_HYPOTHESIS,
    LONGEST_NOTE,
    LONGEST_QUESTION,
    OPEN,
    OPENS_A_PILOT,
    SHORTEST,
    Decision,
    Design,
    ExperimentState,
    after_stop,
    check_arms_open,
    check_decision,
    check_design,
    digest_of,
    is_too_few,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.topics import read_words
from community_bot.services.cohorts import cohorts_of
from community_bot.services.directory import SpaceDoor
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.spaces import find_run, run_by
from db.experiment_store import ExperimentRow, ExperimentStore
from db.space_rows import SpaceRow

EVERY_STATE = [each.value for each in ExperimentState]
OPEN_STATES = [each.value for each in OPEN]


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm; ``people`` is None for some, but too few to be told."""

    name: str
    people: int | None


@dataclass(frozen=True, slots=True)
class ExperimentView:
    """An experiment as it may be shown. ``whole``: nothing of what was frozen has changed since.

    ``too_few``: the arms have fewer people together than it takes to say anything.
    """

    id: str
    space: SpaceDoor
    state: ExperimentState
    design: Design
    arms: tuple[Arm, ...]
    too_few: bool
    digest: str | None
    whole: bool
    starts_on: date | None = None
    decision: Decision | None = None
    note: str | None = None
    decided_on: date | None = None

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"ExperimentView({self.state})"


class Experiments:
    """Trying something, and being held to what was said before."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def spaces_run(self, account: Account, typed: str = "") -> list[SpaceDoor]:
        """Return the spaces that somebody runs, those with ``typed`` in their title."""
        return await self._network.look(lambda unit: run_by(unit, account, typed))

    async def draft_of(self, account: Account, space: str) -> tuple[SpaceDoor, Design | None]:
        """Return a space that somebody runs, and what was typed for it before. Raises :class:`Refusal`."""

        def work(unit: Unit) -> tuple[SpaceDoor, Design | None]:
            row = self._free(unit, account, space)
            found = experiments_of(unit).of_space(row.key, [ExperimentState.DRAFT.value])
            return unit.directory.find(row.key), _design(found[0]) if found else None

        return await self._network.look(work)

    # ── before the start

    @action
    async def draft(self, account: Account, space: str, design: Design) -> ExperimentView:
        """Write down what is to be registered, to be read once more before it is frozen.

        Raises :class:`Refusal` ``experiment.open`` where one is registered already, ``experiment.measure``,
        ``.least``, ``.stops_on``, ``.too_short`` and the like.
        """
        question = _read(design.question, "question", LONGEST_QUESTION)
        hypothesis = _read(design.hypothesis, "hypothesis", LONGEST_HYPOTHESIS)

        def work(unit: Unit) -> ExperimentView:
            row = self._free(unit, account, space)
            check_design(design, unit.today)
            drafted = experiments_of(unit).draft(
                row.key,
                (question, hypothesis),
                measure=design.measure,
                least=design.least,
                stops_on=design.stops_on,
            )
            return self._view_of(unit, drafted)

        return await self._network.act(work)

    def _free(self, unit: Unit, account: Account, space: str) -> SpaceRow:
        """Return a space that somebody runs, and that has no experiment under way."""
        row = find_run(unit, account, space)
        unit.asker(account, Power.RUN_SPACE, row.key)
        busy = [each for each in OPEN_STATES if each != ExperimentState.DRAFT.value]
        if experiments_of(unit).of_space(row.key, busy):
            raise Refusal("experiment.open", field="space")
        return row

    @action
    async def register(self, account: Account, draft: str) -> ExperimentView:
        """Freeze a draft: from now on nothing of it can be changed. Raises :class:`Refusal` ``experiment.gone``."""

        def work(unit: Unit) -> ExperimentView:
            asker, row = self._held(unit, account, draft)
            if row.state != ExperimentState.DRAFT.value:
                raise Refusal("experiment.gone")
            self._free(unit, account, row.space)
            design = _design(row)
            # the form may have lain there overnight
            check_design(design, unit.today)
            experiments_of(unit).register(row.id, unit.today, digest_of(row.space, design, unit.today))
            unit.ledger.record(
                unit.today, asker.role, "experiment.registered", "experiment", design.measure.lower()
            )
            return self._view_of(unit, row.id)

        return await self._network.act(work)

    @action
    async def arm(self, account: Account, cohort: str, name: str) -> ExperimentView:
        """Make a cohort an arm of its space's experiment, before that begins.

        Raises :class:`Refusal` ``cohort.unknown``, ``experiment.none``, ``experiment.arms_fixed``.
        """
        words = read_words(name, family="experiment", field="name", shortest=1, longest=LONGEST_ARM)

        def work(unit: Unit) -> ExperimentView:
            asker = unit.asker(account, Power.MEMBER)
            spaces = [each.key for each in run_by(unit, account)]
            if not spaces:
                raise Refusal("authority.lacks")
            cohorts = cohorts_of(unit).of_spaces(spaces, [CohortState.RUNNING.value])
            same = likeness(cohort)
            found = next((each for each in cohorts if likeness(each.title) == same), None)
            if found is None:
                raise Refusal("cohort.unknown", field="cohort")
            row = self._current(unit, found.space)
            asker, row = self._held(unit, account, row.id)
            check_arms_open(ExperimentState(row.state))
            experiments_of(unit).set_arm(row.id, found.id, words)
            unit.ledger.record(unit.today, asker.role, "experiment.arm_named", "experiment")
            return self._view_of(unit, row.id)

        return await self._network.act(work)

    # ── looking, stopping, deciding

    @action
    async def show(self, account: Account, space: str) -> list[ExperimentView]:
        """Return a space's experiments, the newest first, for who is in it or runs it: it is about them.

        Raises :class:`Refusal` ``space.unknown``, ``experiment.not_yours``, ``experiment.none``.
        """

        def work(unit: Unit) -> list[ExperimentView]:
            asker = unit.asker(account, Power.MEMBER)
            own = {each for each, _ in unit.spaces.of(asker.known.id)}
            row = unit.layouts.get(space)
            run = {each.key for each in run_by(unit, account, space)}
            key = unit.directory.named(space, also=own | run).key if row is None else row.key
            if key not in own and not asker.may(Power.RUN_SPACE, key):
                raise Refusal("experiment.not_yours", field="space")
            rows = experiments_of(unit).of_space(key, EVERY_STATE)
            if not asker.may(Power.RUN_SPACE, key):
                rows = [each for each in rows if each.state != ExperimentState.DRAFT.value]
            if not rows:
                raise Refusal("experiment.none", field="space")
            return [_view(unit, each) for each in rows]

        return await self._network.look(work)

    @action
    async def stop(self, account: Account, space: str) -> ExperimentView:
        """Stop trying before the date; what was frozen stays as it is. Raises ``experiment.not_running``."""

        def work(unit: Unit) -> ExperimentView:
            asker, row = self._held(unit, account, self._current(unit, find_run(unit, account, space).key).id)
            after_stop(ExperimentState(row.state))
            experiments_of(unit).stop(row.id)
            unit.ledger.record(unit.today, asker.role, "experiment.stopped", "experiment")
            return self._view_of(unit, row.id)

        return await self._network.act(work)

    @action
    async def decide(self, account: Account, space: str, decision: Decision, note: str) -> ExperimentView:
        """Decide what becomes of what was tried, and say why.

        Raises :class:`Refusal` ``experiment.too_early``, ``experiment.not_begun``, ``experiment.none``.
        """
        words = _read(note, "note", LONGEST_NOTE)

        def work(unit: Unit) -> ExperimentView:
            asker, row = self._held(unit, account, self._current(unit, find_run(unit, account, space).key).id)
            check_decision(ExperimentState(row.state), row.stops_on, unit.today)
            experiments_of(unit).decide(row, decision.value, words, unit.today)
            unit.ledger.record(unit.today, asker.role, "experiment.decided", "experiment", decision.value)
            return self._view_of(unit, row.id)

        return await self._network.act(work)

    def _current(self, unit: Unit, space: str) -> ExperimentRow:
        found = experiments_of(unit).of_space(space, OPEN_STATES)
        if not found:
            raise Refusal("experiment.none", field="space")
        return found[0]

    def _held(self, unit: Unit, account: Account, experiment_id: str) -> tuple[Asker, ExperimentRow]:
        """Return who asks and an experiment of a space that they run, held. Raises :class:`Refusal`."""
        asker = unit.asker(account, Power.MEMBER)
        row = experiments_of(unit).held(experiment_id)
        if row is None or not asker.may(Power.RUN_SPACE, row.space):
            raise Refusal("experiment.gone")
        return unit.asker(account, Power.RUN_SPACE, row.space), row

    def _view_of(self, unit: Unit, experiment_id: str) -> ExperimentView:
        row = experiments_of(unit).get(experiment_id)
        assert row is not None
        return _view(unit, row)


def experiments_of(unit: Unit) -> ExperimentStore:
    """Return the experiments."""
    return ExperimentStore(unit.connection, unit.keys)


def registered_for(unit: Unit, space: str) -> bool:
    """Say whether a pilot may open as far as its experiment goes: one is registered (SPC-2, EXP-1)."""
    return bool(experiments_of(unit).of_space(space, [each.value for each in OPENS_A_PILOT]))


def start_for(unit: Unit, space: str) -> None:
    """Begin what is registered for a space, as its pilot opens; nothing happens when it runs already."""
    for row in experiments_of(unit).of_space(space, [ExperimentState.REGISTERED.value]):
        experiments_of(unit).start(row.id, unit.today)


def _read(text: str, field: str, longest: int) -> str:
    return read_words(text, family="experiment", field=field, shortest=SHORTEST, longest=longest)


def _design(row: ExperimentRow) -> Design:
    return Design(row.question, row.hypothesis, row.measure, row.least, row.stops_on)


def _view(unit: Unit, row: ExperimentRow) -> ExperimentView:
    store, design = cohorts_of(unit), _design(row)
    people: dict[str, int] = {}
    for cohort_id, name in experiments_of(unit).arms(row.id).items():
        people[name] = people.get(name, 0) + store.count(cohort_id, Place.IN.value)
    whole = row.registered_on is None or row.frozen == digest_of(row.space, design, row.registered_on)
    return ExperimentView(
        row.id,
        unit.directory.find(row.space),
        ExperimentState(row.state),
        design,
        tuple(Arm(name, shown_count(total)) for name, total in sorted(people.items())),
        is_too_few(sum(people.values()), row.least),
        row.frozen,
        whole,
        row.starts_on,
        None if row.decision is None else Decision(row.decision),
        row.note,
        row.decided_on,
    )
