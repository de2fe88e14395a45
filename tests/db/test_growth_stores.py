"""The stores of rounds, cohorts and experiments: what they keep, what goes with what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, func, select

from db.cohort_store import CohortStore
from db.engine import Database
from db.experiment_store import ExperimentStore
from db.growth_store import GrowthStore
from db.ids import MemberId
from db.keys import NetworkKeys
from db.member_rows import Profile
from db.member_store import MemberStore
from db.retention import destroy, purge
from db.space_store import SpaceStore
from db.tables import cohort_member, experiment_arm, growth_feed, growth_note

KEYS = NetworkKeys(b"k" * 32)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=700)


def found(connection: Connection) -> tuple[GrowthStore, CohortStore, ExperimentStore]:
    spaces = SpaceStore(connection)
    for space in ("s-radio", "s-seeds"):
        spaces.add(space, "{}", state="active", access="open", vouchers=0, stage=None, today=TODAY)
    return GrowthStore(connection, KEYS), CohortStore(connection, KEYS), ExperimentStore(connection, KEYS)


def join(connection: Connection, alias: str) -> MemberId:
    members = MemberStore(connection, KEYS)
    return members.add(
        Profile(alias, "th"), alias.lower(), state="active", today=TODAY, keep_until=LATER, probation=None
    ).id


def rows(connection: Connection, *tables: object) -> list[int]:
    return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]  # type: ignore[arg-type]


async def test_rounds_are_numbered_and_the_newest_is_the_one_that_counts(database: Database) -> None:
    def work(connection: Connection) -> None:
        growth, _, _ = found(connection)
        assert growth.last() is None
        growth.begin(1, "closed", TODAY, TODAY)
        growth.begin(2, "planning", TODAY, TODAY + timedelta(days=90))
        growth.set_state(2, "running")
        last = growth.last()
        assert last is not None
        assert (last.number, last.state) == (2, "running")

    await database.transact(work)


async def test_what_hangs_on_a_space_goes_with_it(database: Database) -> None:
    def work(connection: Connection) -> None:
        growth, cohorts, experiments = found(connection)
        growth.begin(1, "planning", TODAY, TODAY)
        growth.feed(1, "s-radio", "s-seeds", "Ten recordings")
        growth.write_note(1, "s-radio", "Waits")
        cohort = cohorts.add("s-radio", "First rains", state="running", today=TODAY)
        cohorts.put(cohort.id, join(connection, "Fern"), "in", TODAY, LATER)
        experiment = experiments.draft("s-radio", ("a", "b"), measure="MET-3", least=5, stops_on=TODAY)
        experiments.set_arm(experiment, cohort.id, "Evening")
        SpaceStore(connection).forget("s-radio")
        assert rows(connection, growth_feed, growth_note, cohort_member, experiment_arm) == [0, 0, 0, 0]

    await database.transact(work)


async def test_who_is_forgotten_is_in_no_cohort_and_the_others_stay(database: Database) -> None:
    def work(connection: Connection) -> None:
        _, cohorts, _ = found(connection)
        cohort = cohorts.add("s-radio", "First rains", state="running", today=TODAY)
        fern, moss = join(connection, "Fern"), join(connection, "Moss")
        for member in (fern, moss):
            cohorts.put(cohort.id, member, "in", TODAY, LATER)
        destroy(connection, fern)
        assert cohorts.members(cohort.id, "in") == [moss]

    await database.transact(work)


async def test_a_question_that_nobody_answered_is_purged(database: Database) -> None:
    def work(connection: Connection) -> None:
        _, cohorts, _ = found(connection)
        cohort = cohorts.add("s-radio", "First rains", state="running", today=TODAY)
        cohorts.put(cohort.id, join(connection, "Fern"), "invited", TODAY, NOW)
        assert purge(connection, NOW)["cohort_member"] == 1

    await database.transact(work)


async def test_one_row_says_where_somebody_stands(database: Database) -> None:
    def work(connection: Connection) -> None:
        _, cohorts, _ = found(connection)
        cohort = cohorts.add("s-radio", "First rains", state="running", today=TODAY)
        fern = join(connection, "Fern")
        for state in ("invited", "in"):
            cohorts.put(cohort.id, fern, state, TODAY, LATER)
        assert cohorts.of_member(fern) == {cohort.id: "in"}
        assert (cohorts.count(cohort.id, "in"), cohorts.count(cohort.id, "invited")) == (1, 0)
        assert cohorts.remove(cohort.id, fern)
        assert not cohorts.remove(cohort.id, fern)

    await database.transact(work)


async def test_words_stay_out_of_tracebacks(database: Database) -> None:
    def work(connection: Connection) -> str:
        growth, cohorts, experiments = found(connection)
        growth.begin(1, "planning", TODAY, TODAY)
        growth.feed(1, "s-radio", "s-seeds", "Ten recordings")
        cohort = cohorts.add("s-radio", "First rains", state="running", today=TODAY)
        experiment = experiments.draft("s-radio", ("Evenings", "b"), measure="MET-3", least=5, stops_on=TODAY)
        return repr([growth.feeds(1), cohort, experiments.get(experiment)])

    said = await database.transact(work)
    assert not any(word in said for word in ("recordings", "rains", "Evenings"))
