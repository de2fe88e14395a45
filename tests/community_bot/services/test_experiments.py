"""A pilot is an experiment that is held to what was said before it began."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, select, update

from community_bot.domain.experiment import Decision, Design, ExperimentState
from community_bot.domain.roles import Role
from community_bot.domain.space_state import SpaceState
from community_bot.services.cohorts import Cohorts
from community_bot.services.experiments import Experiments, registered_for, start_for
from db.engine import Database
from db.tables import experiment, metadata
from tests.community_bot.services.growing_network import GrowingNetwork
from tests.community_bot.services.test_growth import refused

DESIGN = Design("Do evenings suit people more?", "More of them come back", "MET-10", 5, date(2027, 3, 31))


class Trial:
    """A space that is not open yet, run by Moss; Fern is in it."""

    def __init__(self, database: Database) -> None:
        self.net = GrowingNetwork(database)
        self.experiments = Experiments(self.net.network)
        self.cohorts = Cohorts(self.net.network)

    async def prepare(self) -> Trial:
        await self.net.space("s-radio", "Community radio", state=SpaceState.DRAFT)
        self.moss = await self.net.join("Moss", role=Role.FACILITATOR, scope="s-radio")
        self.fern = await self.net.join("Fern")
        await self.net.enter(self.fern, "s-radio")
        return self

    async def register(self, design: Design = DESIGN) -> str:
        draft = await self.experiments.draft(self.moss, "Community radio", design)
        view = await self.experiments.register(self.moss, draft.id)
        return view.digest or ""

    async def open(self) -> None:
        """Open the pilot as the space's life cycle does."""
        await self.net.move("s-radio", SpaceState.PILOT)
        await self.net.network.act(lambda unit: start_for(unit, "s-radio"))

    async def is_registered(self) -> bool:
        return await self.net.network.look(lambda unit: registered_for(unit, "s-radio"))


@pytest.fixture
async def trial(database: Database) -> Trial:
    return await Trial(database).prepare()


async def test_a_pilot_may_open_once_its_experiment_is_registered(trial: Trial) -> None:
    assert not await trial.is_registered()
    draft = await trial.experiments.draft(trial.moss, "Community radio", DESIGN)
    assert draft.state is ExperimentState.DRAFT
    assert not await trial.is_registered(), "a draft is none"
    view = await trial.experiments.register(trial.moss, draft.id)
    assert (view.state, view.whole, len(view.digest or "")) == (ExperimentState.REGISTERED, True, 64)
    assert await trial.is_registered()


async def test_opening_the_pilot_begins_it_once(trial: Trial) -> None:
    await trial.register()
    await trial.open()
    (view,) = await trial.experiments.show(trial.moss, "Community radio")
    assert (view.state, view.starts_on) == (ExperimentState.RUNNING, trial.net.clock().date())
    trial.net.clock.pass_by(days=3)
    await trial.open()
    (view,) = await trial.experiments.show(trial.moss, "Community radio")
    assert view.starts_on == trial.net.clock().date() - timedelta(days=3)


async def test_what_is_registered_cannot_be_changed_or_doubled(trial: Trial) -> None:
    await trial.register()
    await refused("experiment.open", trial.experiments.draft(trial.moss, "Community radio", DESIGN))
    await refused("experiment.open", trial.experiments.draft_of(trial.moss, "Community radio"))
    (view,) = await trial.experiments.show(trial.moss, "s-radio")
    await refused("experiment.gone", trial.experiments.register(trial.moss, view.id))


async def test_a_new_draft_takes_the_place_of_the_one_before(trial: Trial) -> None:
    first = await trial.experiments.draft(trial.moss, "Community radio", DESIGN)
    second = await trial.experiments.draft(trial.moss, "Community radio", DESIGN)
    await refused("experiment.gone", trial.experiments.register(trial.moss, first.id))
    await trial.experiments.register(trial.moss, second.id)


async def test_a_draft_is_checked_again_when_it_is_frozen(trial: Trial) -> None:
    draft = await trial.experiments.draft(trial.moss, "Community radio", DESIGN)
    trial.net.clock.pass_by(days=200)
    await refused("experiment.stops_on", trial.experiments.register(trial.moss, draft.id))


async def test_whoever_changes_it_in_the_database_is_seen_to_have_done_so(trial: Trial) -> None:
    mark = await trial.register()

    def tamper(connection: Connection) -> None:
        connection.execute(update(experiment).values(least=4999))

    await trial.net.network.database.transact(tamper)
    (view,) = await trial.experiments.show(trial.moss, "s-radio")
    assert (view.whole, view.digest) == (False, mark)


async def test_arms_are_cohorts_named_before_the_start_and_shown_from_five_people_on(trial: Trial) -> None:
    for title in ("First rains", "Second rains"):
        await trial.cohorts.create(trial.moss, "Community radio", title)
    await refused("experiment.none", trial.experiments.arm(trial.moss, "First rains", "Evening"))
    await trial.register()
    await trial.experiments.arm(trial.moss, "First rains", "In the morning")
    await trial.experiments.arm(trial.moss, "first rains", "Evening")
    await trial.experiments.arm(trial.moss, "Second rains", "Morning")
    await trial.open()
    await refused("experiment.arms_fixed", trial.experiments.arm(trial.moss, "First rains", "Noon"))
    await fill(trial, "First rains", 5)
    await fill(trial, "Second rains", 2)
    (view,) = await trial.experiments.show(trial.fern, "Community radio")
    assert [(arm.name, arm.people) for arm in view.arms] == [("Evening", 5), ("Morning", None)]
    assert not view.too_few


async def fill(trial: Trial, cohort: str, people: int) -> None:
    for number in range(people):
        alias = f"Reader {cohort[0]} {number}"
        account = await trial.net.join(alias)
        await trial.cohorts.invite(trial.moss, cohort, alias)
        await trial.cohorts.join(account, (await trial.cohorts.show(account)).views[0].id)


async def test_it_is_decided_after_its_date_and_says_when_there_were_too_few(trial: Trial) -> None:
    await trial.register()
    await refused(
        "experiment.not_begun", trial.experiments.decide(trial.moss, "s-radio", Decision.KEEP, "It went well")
    )
    await trial.open()
    refusal = await refused(
        "experiment.too_early", trial.experiments.decide(trial.moss, "s-radio", Decision.KEEP, "It went well")
    )
    assert refusal.values["day"] == DESIGN.stops_on
    trial.net.clock.pass_by(days=140)
    view = await trial.experiments.decide(trial.moss, "s-radio", Decision.ADAPT, "Nearly nobody came to it")
    assert (view.decision, view.note, view.too_few) == (Decision.ADAPT, "Nearly nobody came to it", True)
    await refused("experiment.none", trial.experiments.decide(trial.moss, "s-radio", Decision.KEEP, "It went well"))
    await trial.register(replace(DESIGN, stops_on=date(2027, 12, 1)))
    states = [each.state for each in await trial.experiments.show(trial.moss, "s-radio")]
    assert states == [ExperimentState.REGISTERED, ExperimentState.DECIDED]


async def test_it_can_be_stopped_before_and_is_decided_then(trial: Trial) -> None:
    await trial.register()
    await trial.open()
    assert (await trial.experiments.stop(trial.moss, "Community radio")).state is ExperimentState.STOPPED
    await refused("experiment.not_running", trial.experiments.stop(trial.moss, "Community radio"))
    view = await trial.experiments.decide(trial.moss, "s-radio", Decision.STOP, "The rains came early")
    assert view.state is ExperimentState.DECIDED
    assert not await trial.is_registered()


async def test_who_is_in_the_space_sees_what_is_tried_on_them_and_others_do_not(trial: Trial) -> None:
    await trial.experiments.draft(trial.moss, "s-radio", DESIGN)
    await refused("experiment.none", trial.experiments.show(trial.fern, "Community radio"))
    await trial.register()
    assert len(await trial.experiments.show(trial.fern, "Community radio")) == 1
    await trial.net.move("s-radio", SpaceState.PILOT)
    stranger = await trial.net.join("Reed")
    await refused("experiment.not_yours", trial.experiments.show(stranger, "Community radio"))


async def test_only_who_runs_the_space_registers_stops_and_decides(trial: Trial) -> None:
    draft = await trial.experiments.draft(trial.moss, "s-radio", DESIGN)
    other = await trial.net.join("Reed", role=Role.FACILITATOR, scope="s-seeds")
    await refused("authority.lacks", trial.experiments.draft(trial.fern, "s-radio", DESIGN))
    await refused("space.unknown", trial.experiments.draft(other, "s-radio", DESIGN))
    await refused("experiment.gone", trial.experiments.register(other, draft.id))
    await refused("space.unknown", trial.experiments.stop(other, "s-radio"))


async def test_no_word_of_it_can_be_read_in_the_database(trial: Trial) -> None:
    await trial.cohorts.create(trial.moss, "s-radio", "First rains")
    await trial.register()
    await trial.experiments.arm(trial.moss, "First rains", "In the evening")

    def everything(connection: Connection) -> str:
        return repr([row for table in metadata.sorted_tables for row in connection.execute(select(table)).all()])

    kept = await trial.net.network.database.look(everything)
    for word in ("evenings suit", "come back", "First rains", "In the evening"):
        assert word not in kept
