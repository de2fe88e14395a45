"""What still hangs on a learning space when it ends, and what goes with it."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import Connection, delete, func, or_, select

from db.tables import cohort, cohort_member, experiment, role_grant, space, space_member, space_request


def open_cohorts(connection: Connection, key: str) -> int:
    """Return how many cohorts are on their way in a space."""
    statement = select(func.count()).select_from(cohort).where(cohort.c.space == key, cohort.c.ended_on.is_(None))
    return connection.execute(statement).scalar_one()


def let_go(connection: Connection, key: str) -> Counter[str]:
    """Delete every row that ties a member to a space that is no more; return how many, by table."""
    cohorts = select(cohort.c.id).where(cohort.c.space == key)
    conditions = {
        cohort_member: cohort_member.c.cohort_id.in_(cohorts),
        space_request: space_request.c.space == key,
        space_member: space_member.c.space == key,
        role_grant: role_grant.c.scope == key,
    }
    removed = {
        table.name: connection.execute(delete(table).where(where)).rowcount for table, where in conditions.items()
    }
    return +Counter(removed)


def purged_with_people(connection: Connection) -> list[str]:
    """Return the spaces that are no more and that rows still tie somebody to."""
    tied = (
        select(cohort.c.space).join(cohort_member, cohort_member.c.cohort_id == cohort.c.id),
        select(space_request.c.space),
        select(space_member.c.space),
        select(role_grant.c.scope),
    )
    statement = select(space.c.key).where(space.c.state == "purged", or_(*(space.c.key.in_(each) for each in tied)))
    return list(connection.execute(statement.order_by(space.c.key)).scalars())


def pilots_over(connection: Connection, today: date) -> list[tuple[str, str]]:
    """Return the pilots whose experiment is past its last day and not decided: space and experiment."""
    statement = (
        select(space.c.key, experiment.c.id)
        .join(experiment, experiment.c.space == space.c.key)
        .where(
            space.c.state == "pilot",
            experiment.c.state.in_(("registered", "running")),
            experiment.c.stops_on < today,
        )
        .order_by(experiment.c.id)
    )
    return [(row[0], row[1]) for row in connection.execute(statement)]
