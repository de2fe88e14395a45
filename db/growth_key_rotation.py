"""Changing the network's key under cohorts, the Growth Cycle and experiments: each word is sealed anew."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from db.cohort_store import title_of
from db.experiment_store import arm_of, words_of
from db.growth_store import note_of, what_of
from db.keys import NetworkKeys
from db.tables import cohort, experiment, experiment_arm, growth_feed, growth_note

HANDLED_IN_GROWTH = {
    "cohort.sealed_title": "sealed anew",
    "growth_feed.sealed_what": "sealed anew",
    "growth_note.sealed_note": "sealed anew",
    "experiment.sealed_words": "sealed anew",
    "experiment_arm.sealed_arm": "sealed anew",
}


def rotate_growth(connection: Connection, old: NetworkKeys, new: NetworkKeys) -> None:
    """Do it, in the transaction of the whole change. Raises :class:`SealedOtherwiseError`."""

    def anew(sealed: bytes, context: str) -> bytes:
        return new.sealing.seal(old.sealing.unseal(sealed, context), context)

    for row in connection.execute(select(cohort)).all():
        sealed = anew(row.sealed_title, title_of(row.id))
        connection.execute(update(cohort).where(cohort.c.id == row.id).values(sealed_title=sealed))
    for row in connection.execute(select(growth_feed)).all():
        sealed = anew(row.sealed_what, what_of(row.id))
        connection.execute(update(growth_feed).where(growth_feed.c.id == row.id).values(sealed_what=sealed))
    for row in connection.execute(select(growth_note)).all():
        sealed = anew(row.sealed_note, note_of(row.round, row.space))
        note = (growth_note.c.round == row.round, growth_note.c.space == row.space)
        connection.execute(update(growth_note).where(*note).values(sealed_note=sealed))
    for row in connection.execute(select(experiment)).all():
        sealed = anew(row.sealed_words, words_of(row.id))
        connection.execute(update(experiment).where(experiment.c.id == row.id).values(sealed_words=sealed))
    for row in connection.execute(select(experiment_arm)).all():
        sealed = anew(row.sealed_arm, arm_of(row.experiment_id, row.cohort_id))
        arm = (
            experiment_arm.c.experiment_id == row.experiment_id,
            experiment_arm.c.cohort_id == row.cohort_id,
        )
        connection.execute(update(experiment_arm).where(*arm).values(sealed_arm=sealed))
