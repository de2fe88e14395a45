"""Cohorts and who is in them. Who was asked and said no, or nothing for two weeks, has no row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from db.ids import MemberId, new_person_id
from db.keys import NetworkKeys
from db.tables import cohort, cohort_member


@dataclass(frozen=True, slots=True)
class CohortRow:
    """One cohort, its title unsealed."""

    id: str
    space: str
    title: str
    state: str
    begun_on: date
    ended_on: date | None

    def __repr__(self) -> str:
        """Keep the title out of tracebacks."""
        return f"CohortRow({self.state})"


class CohortStore:
    """Reads and writes cohorts inside one transaction. Members are returned to do something for them only."""

    def __init__(self, connection: Connection, keys: NetworkKeys) -> None:
        self._connection = connection
        self._keys = keys

    # ── cohorts

    def add(self, space: str, title: str, *, state: str, today: date) -> CohortRow:
        """Begin a cohort."""
        cohort_id = new_person_id()
        sealed = self._keys.sealing.seal(title.encode(), title_of(cohort_id))
        values = {"id": cohort_id, "space": space, "sealed_title": sealed, "state": state, "begun_on": today}
        self._connection.execute(insert(cohort).values(**values))
        return CohortRow(cohort_id, space, title, state, today, None)

    def get(self, cohort_id: str) -> CohortRow | None:
        """Find a cohort."""
        return next(iter(self._read(cohort.c.id == cohort_id)), None)

    def held(self, cohort_id: str) -> CohortRow | None:
        """Return a cohort, and let nobody join or finish it before this unit of work is done."""
        self._connection.execute(select(cohort.c.id).where(cohort.c.id == cohort_id).with_for_update())
        return self.get(cohort_id)

    def of_spaces(self, spaces: Collection[str], states: Collection[str]) -> list[CohortRow]:
        """Return the cohorts of some spaces, the newest first."""
        return self._read(cohort.c.space.in_(spaces), cohort.c.state.in_(states))

    def of_ids(self, ids: Collection[str]) -> list[CohortRow]:
        """Return the cohorts of these ids."""
        return self._read(cohort.c.id.in_(ids))

    def _read(self, *conditions: ColumnElement[bool]) -> list[CohortRow]:
        statement = select(cohort).where(*conditions).order_by(cohort.c.begun_on.desc(), cohort.c.id.desc())
        return [self._row(row) for row in self._connection.execute(statement)]

    def _row(self, row: Row[Any]) -> CohortRow:
        title = self._keys.sealing.unseal(row.sealed_title, title_of(row.id)).decode()
        return CohortRow(row.id, row.space, title, row.state, row.begun_on, row.ended_on)

    def finish(self, cohort_id: str, state: str, today: date, purge_after: datetime) -> None:
        """End a cohort: questions not yet answered go, who was in it is kept until then."""
        self._connection.execute(update(cohort).where(cohort.c.id == cohort_id).values(state=state, ended_on=today))
        where = cohort_member.c.cohort_id == cohort_id
        self._connection.execute(delete(cohort_member).where(where, cohort_member.c.state != "in"))
        self._connection.execute(update(cohort_member).where(where).values(purge_after=purge_after))

    # ── who is in them

    def place(self, cohort_id: str, member_id: MemberId) -> str | None:
        """Return where a member stands with a cohort."""
        where = (cohort_member.c.cohort_id == cohort_id, cohort_member.c.member_id == member_id)
        return self._connection.execute(select(cohort_member.c.state).where(*where)).scalar()

    def put(self, cohort_id: str, member_id: MemberId, state: str, today: date, purge_after: datetime) -> None:
        """Write down where a member stands, in place of where they stood."""
        self.remove(cohort_id, member_id)
        self._connection.execute(
            insert(cohort_member).values(
                cohort_id=cohort_id, member_id=member_id, state=state, since=today, purge_after=purge_after
            )
        )

    def remove(self, cohort_id: str, member_id: MemberId) -> bool:
        """Take a member out; return whether they stood there."""
        where = (cohort_member.c.cohort_id == cohort_id, cohort_member.c.member_id == member_id)
        return bool(self._connection.execute(delete(cohort_member).where(*where)).rowcount)

    def members(self, cohort_id: str, state: str) -> list[MemberId]:
        """Return who stands so with a cohort."""
        where = (cohort_member.c.cohort_id == cohort_id, cohort_member.c.state == state)
        statement = select(cohort_member.c.member_id).where(*where).order_by(cohort_member.c.member_id)
        return [MemberId(each) for each in self._connection.execute(statement).scalars()]

    def count(self, cohort_id: str, state: str) -> int:
        """Return how many stand so with a cohort."""
        where = (cohort_member.c.cohort_id == cohort_id, cohort_member.c.state == state)
        return self._connection.execute(select(func.count()).select_from(cohort_member).where(*where)).scalar_one()

    def of_member(self, member_id: MemberId) -> dict[str, str]:
        """Return a member's own cohorts and where they stand with each."""
        columns = (cohort_member.c.cohort_id, cohort_member.c.state)
        rows = self._connection.execute(select(*columns).where(cohort_member.c.member_id == member_id))
        return {row[0]: row[1] for row in rows}

    def move_member(self, source: MemberId, target: MemberId) -> None:
        """Let a record's cohorts be another's of the same person; being in one weighs more than being asked."""
        own = self.of_member(target)
        statement = select(cohort_member).where(cohort_member.c.member_id == source)
        for row in self._connection.execute(statement).all():
            self.remove(row.cohort_id, source)
            if own.get(row.cohort_id) != "in":
                self.put(row.cohort_id, target, row.state, row.since, row.purge_after)


def title_of(cohort_id: str) -> str:
    """Return the context in which a cohort's title is sealed."""
    return f"title of cohort {cohort_id}"
