"""Changing the network's key: cohorts, the Growth Cycle and experiments open with the new one, and only with it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection

from db.cohort_store import CohortStore
from db.engine import Database
from db.experiment_store import ExperimentStore
from db.growth_key_rotation import rotate_growth
from db.growth_store import GrowthStore
from db.keys import NetworkKeys, SealedOtherwiseError
from db.space_store import SpaceStore

OLD, NEW = NetworkKeys(b"o" * 32), NetworkKeys(b"n" * 32)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


def fill(connection: Connection) -> tuple[str, str]:
    spaces = SpaceStore(connection)
    for space in ("s-radio", "s-seeds"):
        spaces.add(space, "{}", state="active", access="open", vouchers=0, stage=None, today=TODAY)
    growth = GrowthStore(connection, OLD)
    growth.begin(1, "planning", TODAY, TODAY)
    growth.feed(1, "s-radio", "s-seeds", "Ten recordings")
    growth.write_note(1, "s-seeds", "Waits for the rains")
    cohort = CohortStore(connection, OLD).add("s-radio", "First rains", state="running", today=TODAY)
    experiments = ExperimentStore(connection, OLD)
    experiment = experiments.draft(
        "s-radio", ("Do evenings suit?", "They do"), measure="MET-10", least=5, stops_on=TODAY
    )
    experiments.set_arm(experiment, cohort.id, "Evening")
    return cohort.id, experiment


def read(connection: Connection, keys: NetworkKeys, cohort: str, experiment: str) -> list[str]:
    growth, experiments = GrowthStore(connection, keys), ExperimentStore(connection, keys)
    found_cohort, found_experiment = CohortStore(connection, keys).get(cohort), experiments.get(experiment)
    assert found_cohort is not None
    assert found_experiment is not None
    return [
        *(each.what for each in growth.feeds(1)),
        *growth.notes(1).values(),
        found_cohort.title,
        found_experiment.question,
        found_experiment.hypothesis,
        *experiments.arms(experiment).values(),
    ]


async def test_every_word_opens_with_the_new_key_and_none_with_the_old(database: Database) -> None:
    cohort, experiment = await database.transact(fill)
    await database.transact(lambda connection: rotate_growth(connection, OLD, NEW))
    said = await database.look(lambda connection: read(connection, NEW, cohort, experiment))
    assert said == [
        "Ten recordings",
        "Waits for the rains",
        "First rains",
        "Do evenings suit?",
        "They do",
        "Evening",
    ]
    with pytest.raises(SealedOtherwiseError):
        await database.look(lambda connection: read(connection, OLD, cohort, experiment))


async def test_a_wrong_old_key_changes_nothing(database: Database) -> None:
    cohort, experiment = await database.transact(fill)
    with pytest.raises(SealedOtherwiseError):
        await database.transact(lambda connection: rotate_growth(connection, NEW, OLD))
    assert await database.look(lambda connection: read(connection, OLD, cohort, experiment))
