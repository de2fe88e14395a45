"""Experiments: what was asked, what was frozen, which cohorts were the arms, what was decided."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from db.ids import new_person_id
from db.keys import NetworkKeys
from db.tables import experiment, experiment_arm


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """One experiment, its words unsealed. ``note`` goes with the decision."""

    id: str
    space: str
    state: str
    question: str
    hypothesis: str
    note: str | None
    measure: str
    least: int
    starts_on: date | None
    stops_on: date
    registered_on: date | None
    frozen: str | None
    decision: str | None
    decided_on: date | None

    def __repr__(self) -> str:
        """Keep the words out of tracebacks."""
        return f"ExperimentRow({self.state})"


class ExperimentStore:
    """Reads and writes experiments inside one transaction."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    def draft(self, space: str, words: tuple[str, str], *, measure: str, least: int, stops_on: date) -> str:
        """Write a draft down in place of the one there was; return its id. ``words``: question and hypothesis."""
        self._connection.execute(
            delete(experiment).where(experiment.c.space == space, experiment.c.state == "draft")
        )
        experiment_id = new_person_id()
        question, hypothesis = words
        self._connection.execute(
            insert(experiment).values(
                id=experiment_id,
                space=space,
                state="draft",
                sealed_words=self._sealed(experiment_id, question, hypothesis, None),
                measure=measure,
                least=least,
                stops_on=stops_on,
            )
        )
        return experiment_id

    def _sealed(self, experiment_id: str, question: str, hypothesis: str, note: str | None) -> bytes:
        words = {"question": question, "hypothesis": hypothesis, "note": note}
        return self._keys.sealing.seal(json.dumps(words, ensure_ascii=False).encode(), words_of(experiment_id))

    def register(self, experiment_id: str, today: date, frozen: str) -> None:
        """Freeze a draft."""
        self._change(experiment_id, state="registered", registered_on=today, frozen=frozen)

    def start(self, experiment_id: str, today: date) -> None:
        """Note that what is tried began."""
        self._change(experiment_id, state="running", starts_on=today)

    def stop(self, experiment_id: str) -> None:
        """Note that it was stopped before its date."""
        self._change(experiment_id, state="stopped")

    def decide(self, row: ExperimentRow, decision: str, note: str, today: date) -> None:
        """Write down what was decided, and why."""
        sealed = self._sealed(row.id, row.question, row.hypothesis, note)
        self._change(row.id, state="decided", decision=decision, decided_on=today, sealed_words=sealed)

    def _change(self, experiment_id: str, **values: object) -> None:
        self._connection.execute(update(experiment).where(experiment.c.id == experiment_id).values(**values))

    def get(self, experiment_id: str) -> ExperimentRow | None:
        """Find an experiment."""
        return next(iter(self._read(experiment.c.id == experiment_id)), None)

    def held(self, experiment_id: str) -> ExperimentRow | None:
        """Return an experiment as it is, and let nobody move it before this unit of work is done."""
        self._connection.execute(select(experiment.c.id).where(experiment.c.id == experiment_id).with_for_update())
        return self.get(experiment_id)

    def of_space(self, space: str, states: Collection[str]) -> list[ExperimentRow]:
        """Return a space's experiments, the newest first."""
        return self._read(experiment.c.space == space, experiment.c.state.in_(states))

    def _read(self, *conditions: ColumnElement[bool]) -> list[ExperimentRow]:
        rows = self._connection.execute(select(experiment).where(*conditions).order_by(experiment.c.id.desc()))
        return [self._row(row) for row in rows]

    def _row(self, row: Row[Any]) -> ExperimentRow:
        words = json.loads(self._keys.sealing.unseal(row.sealed_words, words_of(row.id)))
        return ExperimentRow(
            row.id,
            row.space,
            row.state,
            words["question"],
            words["hypothesis"],
            words["note"],
            row.measure,
            row.least,
            row.starts_on,
            row.stops_on,
            row.registered_on,
            row.frozen,
            row.decision,
            row.decided_on,
        )

    # ── arms

    def arms(self, experiment_id: str) -> dict[str, str]:
        """Return what each cohort's arm is called, by the cohort's id."""
        statement = select(experiment_arm).where(experiment_arm.c.experiment_id == experiment_id)
        rows = self._connection.execute(statement.order_by(experiment_arm.c.cohort_id))
        return {
            row.cohort_id: self._keys.sealing.unseal(row.sealed_arm, arm_of(experiment_id, row.cohort_id)).decode()
            for row in rows
        }

    def set_arm(self, experiment_id: str, cohort_id: str, arm: str) -> None:
        """Make a cohort an arm, or call it otherwise."""
        where = (experiment_arm.c.experiment_id == experiment_id, experiment_arm.c.cohort_id == cohort_id)
        self._connection.execute(delete(experiment_arm).where(*where))
        sealed = self._keys.sealing.seal(arm.encode(), arm_of(experiment_id, cohort_id))
        values = {"experiment_id": experiment_id, "cohort_id": cohort_id, "sealed_arm": sealed}
        self._connection.execute(insert(experiment_arm).values(**values))


def words_of(experiment_id: str) -> str:
    """Return the context in which an experiment's words are sealed."""
    return f"words of experiment {experiment_id}"


def arm_of(experiment_id: str, cohort_id: str) -> str:
    """Return the context in which the name of an arm is sealed."""
    return f"arm {cohort_id} of experiment {experiment_id}"
