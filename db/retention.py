"""Removing what has expired, and whoever is to be forgotten; how many rows went is counted, never whose they were.

Every table with ``purge_after`` takes part by having that column, every table that leads to a member by its key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Column, Connection, Table, delete, func, or_, select, text, update
from sqlalchemy.exc import DBAPIError

from db.engine import Database
from db.errors import DatabaseError
from db.ids import MemberId
from db.tables import arrival, dialogue, identity, link_code, member, metadata, role_grant, space_work, vouch

Removed = Counter[str]
"""How many rows went, by table."""


async def purge_expired(database: Database, now: datetime) -> dict[str, int]:
    """Delete every row whose ``purge_after`` has come, in a transaction of its own; as :func:`purge`."""
    return dict(+await database.transact(lambda connection: purge(connection, now)))


def purge(connection: Connection, now: datetime) -> Removed:
    """Delete every row whose ``purge_after`` has come; return how many went, by table, those with none too.

    Children go before parents, so that a count is never hidden by a cascade.
    """
    removed: Removed = Counter()
    for each in expired_members(connection, now):
        removed += destroy(connection, each)
    for table in reversed(metadata.sorted_tables):
        if "purge_after" in table.c:
            removed[table.name] += connection.execute(delete(table).where(table.c.purge_after <= now)).rowcount
    return removed


def destroy(connection: Connection, member_id: MemberId) -> Removed:
    """Destroy a member's key and every row that leads to them (invariant I4); return how many, by table.

    What their accounts left without being a member goes too: a greeting, an unfinished form, a claim on a code.
    """
    removed: Removed = Counter()
    lookups = select(identity.c.account_lookup).where(identity.c.member_id == member_id)
    for lookup in connection.execute(lookups).scalars().all():
        removed += forget_account(connection, lookup)
    # what they had built goes on being built; nobody is told of it any more
    theirs = update(space_work).where(space_work.c.member_id == member_id)
    connection.execute(theirs.values(member_id=None, sealed_progress=None))
    for table in reversed(metadata.sorted_tables):
        leading = leads_to_member(table)
        if leading:
            condition = or_(*(column == member_id for column in leading))
            removed[table.name] += connection.execute(delete(table).where(condition)).rowcount
    removed[member.name] += connection.execute(delete(member).where(member.c.id == member_id)).rowcount
    return removed


def forget_account(connection: Connection, lookup: str) -> Removed:
    """Delete what an account left that leads to no member; return how many rows that were, by table."""
    removed: Removed = Counter()
    for table, column in (
        (arrival, arrival.c.account_lookup),
        (dialogue, dialogue.c.account_lookup),
        (link_code, link_code.c.claim_lookup),
    ):
        removed[table.name] = connection.execute(delete(table).where(column == lookup)).rowcount
    return +removed


def leads_to_member(table: Table) -> Sequence[Column[str]]:
    """Return the columns of a table that hold a member's id."""
    return [column for column in table.c if any(key.column is member.c.id for key in column.foreign_keys)]


def expired_members(connection: Connection, now: datetime) -> list[MemberId]:
    """Return members who have not been heard of for as long as they are kept."""
    return [
        MemberId(found)
        for found in connection.execute(select(member.c.id).where(member.c.purge_after <= now)).scalars()
    ]


def rows_of(connection: Connection, member_id: MemberId) -> Removed:
    """Return how many rows lead to a member, by table."""
    found: Removed = Counter()
    for table in metadata.sorted_tables:
        leading = leads_to_member(table)
        if leading:
            condition = or_(*(column == member_id for column in leading))
            counted = select(func.count()).select_from(table).where(condition)
            found[table.name] = connection.execute(counted).scalar_one()
    return found


def end_expired_roles(connection: Connection, today: date) -> int:
    """Delete roles whose last day is over; return how many."""
    return connection.execute(delete(role_grant).where(role_grant.c.until < today)).rowcount


def forget_vouches(connection: Connection, before: date) -> int:
    """Delete who vouched for whom, for newcomers admitted on that day or earlier; return how many.

    A newcomer who has paused or left since was admitted before that, so what counts is also the day of the vouch.
    """
    admitted = select(member.c.id).where(
        member.c.state != "vouching", or_(member.c.state_since <= before, vouch.c.vouched_on <= before)
    )
    return connection.execute(delete(vouch).where(vouch.c.newcomer_id.in_(admitted.correlate(vouch)))).rowcount


def next_erasure(connection: Connection) -> datetime | None:
    """Return when the next member is to be erased, None when nobody asked for it."""
    waiting = select(member.c.erase_at).where(member.c.erase_at.is_not(None))
    return connection.execute(waiting.order_by(member.c.erase_at).limit(1)).scalar()


async def leave_no_trace(database: Database) -> bool:
    """Have what was deleted overwritten on the disk as well; return False when somebody stood in the way.

    SQLite overwrites freed pages (``secure_delete``), but its write-ahead log still has them as they were: it is
    cut off. PostgreSQL keeps deleted rows in the file until it is written anew, which for keys and ballots, small
    and few, takes a moment. Its own log goes with the server's next checkpoints.
    """
    try:
        if database.is_sqlite:
            return await database.cut_log()
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM (FULL) member_key, vote, ballot"))
            return True
    except (DatabaseError, DBAPIError, OSError):
        # the rows are gone already; a reader or a server that is away only puts the overwriting off
        return False
