"""The schema: migrations make what the tables say, on both engines, and forbidden columns cannot slip in."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    text,
)

from db.columns import NaiveDatetimeError, UtcDateTime
from db.engine import Database
from db.errors import DatabaseLockedError, DatabaseNewerError, DatabaseOutdatedError, DatabaseUnreachableError
from db.retention import leads_to_member
from db.schema import head, require_current, schema_version, upgrade
from db.tables import member, metadata

NOT_PERSON_LINKED = {
    "conversation": "a place",
    "bridge_end": "a place",
    "bridge_webhook": "an account of the bot itself",
    "read_position": "how far the bot has read a place",
    "organisation": "a group: nobody's name is in it, who belongs to it stands elsewhere",
    "audit_entry": "a role did something on a day (DOMAIN 3.15)",
    "tally": "counts by week",
    "welcome_wording": "written for everybody who arrives",
    "key_mark": "about the network's key",
    "space": "a place, as it is to be",
    "space_home": "a place",
    "space_piece": "a place, or a message of the bot's own",
    "space_step": "of an undertaking, and gone with it; sealed, as it can name an account given something by hand",
    "cohort": "a group: who is in it stands elsewhere",
    "growth_round": "weeks in the network's calendar",
    "growth_feed": "what one space passes on to another",
    "growth_note": "about a space",
    "round_topic": "a topic in a round",
    "experiment": "a question about a space",
    "experiment_arm": "a cohort in an experiment",
    "vote_option": "a topic in a vote",
}
"""Tables that lead to no person, with the reason; every other one needs an expiry."""
FORBIDDEN = re.compile(
    # who somebody is elsewhere, and how to reach them
    r"name|passport|citizen|identity_number|mail|phone|address|street|postal|employer|birth|^age$|gender|device|^ip|ip$|"
    # likenesses and traces of a day
    r"photo|avatar|face|image|picture|voice|exif|presence|online|seen|login|latitude|longitude|location|travel|minutes|"
    # what was said, and what was done with it
    r"body|content|text|message|comment|remark|note|reaction|like|opinion|vote|poll|"
    # what is dangerous to have known
    r"issue|party|religion|monarch|belief|union|health|arrest|case|protest|donat|fund|bank|"
    # who knows whom
    r"inviter|invited_by|friend|contact|introduc|reporter|"
    r"token|password|secret",
    re.IGNORECASE,
)
"""What may never be kept (SAF-1, DOMAIN 7.3): a column whose name says so is found here before a reviewer does."""
ALLOWED_ALL_THE_SAME = {
    "data_request.sealed_note": "the member's own words to whoever answers them, sealed with the member's key",
    "growth_note.sealed_note": "why a space is fed by none, sealed; nobody's",
    "need.voices": "how many said it",
    "ballot.vote_id": "which vote",
    "ballot.voter_lookup": "a hash with the vote's own key, which is destroyed at its end",
    "vote.wrapped_secret": "that key, wrapped with the network's, until then",
    "vote_option.vote_id": "which vote",
}
LONG_OR_FREE = {
    "effect.details": "codes and places; what names somebody is in its sealed columns",
    "welcome_wording.wording": "written for everybody who arrives",
    "tally.what": "a code, or an invite's label sealed",
    "bridge_end.place": "a channel or room",
    "bridge_end.joined_at_ref": "a point in a channel or room",
    "bridge_end.moved_to": "a room",
    "bridge_past.place": "a room",
    "read_position.stream": "a place",
    "read_position.position": "a point in a place",
    "relay_source.ref": "a message's id, for as long as the map is kept",
    "relay_source.thread": "a thread's id, for as long as the map is kept",
    "relay_copy.ref": "a message's id, for as long as the map is kept",
    "relay_copy.thread": "a thread's id, for as long as the map is kept",
    "relay_thread.handle": "a thread's id, for as long as the map is kept",
    "relay_mark.ref": "an event's id, for as long as the map is kept; never what it says",
    "arrival.home": "a server or room",
    "arrival.greeting_ref": "the bot's own message",
    "space.design": "names of rooms and what is pinned there, written for everybody who comes in",
    "space_home.overrides": "the same, where it was changed by hand",
    "space_piece.piece": "a code",
    "space_piece.ref": "a channel, a room, or the bot's own message",
    "space_work.only": "codes",
    "space_work.reason": "a code",
    "space_work.failed_piece": "a code",
    "space_step.piece": "a code",
    "second_look.object": "a space's key",
    "vote.result": "counts, after the end",
    "experiment.frozen": "a digest",
}
"""Columns into which a sentence would fit, each with what it is for."""
MOMENTS = {
    "purge_after",
    "expires_at",
    "erase_at",
    "not_before",
    "tell_until",
    "received_at",
    "begun_at",
    "opened_at",
    "closes_at",
}
"""Times of day: when something ends or is to be done, when the bot began to build or a vote opened for everybody;
never what a person did by themselves (SAF-4: those are days)."""
LONGEST_CODE = 43


def faults(table: Table) -> list[str]:
    """Return every column of a table that could hold what must never be stored, and why."""
    found = []
    for column in table.c:
        place, kind = f"{table.name}.{column.name}", column.type
        if FORBIDDEN.search(column.name) and place not in ALLOWED_ALL_THE_SAME:
            found.append(f"{place}: by its name")
        if isinstance(kind, LargeBinary) and not column.name.startswith(("sealed_", "wrapped")):
            found.append(f"{place}: bytes that are not sealed")
        is_free = isinstance(kind, Text) or (isinstance(kind, String) and (kind.length or 999) > LONGEST_CODE)
        if is_free and place not in LONG_OR_FREE and column.name != "digest":
            found.append(f"{place}: a sentence would fit")
        if isinstance(kind, UtcDateTime | DateTime) and column.name not in MOMENTS:
            found.append(f"{place}: a time of day")
        if isinstance(kind, Float | Numeric | JSON):
            found.append(f"{place}: of a kind that nothing here needs")
    leading = leads_to_member(table)
    if len(leading) > 1 and table.name != "vouch":
        found.append(f"{table.name}: who knows whom")
    if table.name not in NOT_PERSON_LINKED and ("purge_after" not in table.c or table.c.purge_after.nullable):
        found.append(f"{table.name}: no expiry")
    if table.name in NOT_PERSON_LINKED and (leading or "account_lookup" in table.c):
        found.append(f"{table.name}: leads to a person after all")
    return found


async def test_migrations_make_exactly_what_the_tables_say(database: Database) -> None:
    async with database.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    assert differences == []


async def test_an_empty_database_is_recognised_and_a_migrated_one_passes(database_url: str) -> None:
    database = Database(database_url)
    assert (await schema_version(database)).is_empty
    with pytest.raises(DatabaseOutdatedError, match="version none") as caught:
        await require_current(database)
    assert "community-bot migrate" in caught.value.cure
    await upgrade(database)
    await require_current(database)
    assert (await schema_version(database)).current == head()
    await database.close()


async def test_a_database_of_a_newer_version_is_refused_in_words(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewerError, match="a newer one wrote it"):
        await require_current(database)


async def test_a_migration_that_fails_leaves_the_database_as_it_was(database_url: str) -> None:
    database = Database(database_url)
    async with database.write() as connection:
        # stands in the way of the first migration's third table
        await connection.execute(text("CREATE TABLE bridge_webhook (other INTEGER)"))
    with pytest.raises(Exception, match="bridge_webhook"):
        await upgrade(database)
    assert (await schema_version(database)).is_empty
    async with database.read() as connection:
        tables = await connection.run_sync(lambda sync: set(sync.dialect.get_table_names(sync)))
    assert "conversation" not in tables
    await database.close()


async def test_a_locked_sqlite_file_is_named_as_locked(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/community.db"
    holder, other = Database(url), Database(url, busy_seconds=0.05)
    await upgrade(holder)
    async with holder.write():
        with pytest.raises(DatabaseLockedError, match="held by another process"):
            async with other.write():
                pass
    await holder.close()
    await other.close()


async def test_a_file_that_cannot_be_opened_is_named_as_unreachable(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/missing/community.db")
    with pytest.raises(DatabaseUnreachableError, match="cannot be opened"):
        await database.ping()
    await database.close()


@pytest.mark.postgres
async def test_a_refused_postgres_login_is_named_without_the_password(postgres_url: str) -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", password="hunter2")
    with pytest.raises(DatabaseUnreachableError) as caught:
        await database.ping()
    assert "hunter2" not in str(caught.value)
    await database.close()


def test_no_table_could_hold_what_must_never_be_stored_or_keep_a_person_for_ever() -> None:
    assert [fault for table in metadata.sorted_tables for fault in faults(table)] == []


def test_exceptions_are_about_columns_that_exist() -> None:
    columns = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c}
    assert ALLOWED_ALL_THE_SAME.keys() | LONG_OR_FREE.keys() <= columns
    assert NOT_PERSON_LINKED.keys() <= metadata.tables.keys()


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (Column("real_name", String(40)), "by its name"),
        (Column("phone", String(20)), "by its name"),
        (Column("invited_by", String(26)), "by its name"),
        (Column("religion", Integer), "by its name"),
        (Column("sealed_photo", LargeBinary), "by its name"),
        (Column("portrait", LargeBinary), "bytes that are not sealed"),
        (Column("about", Text), "a sentence would fit"),
        (Column("about", String(200)), "a sentence would fit"),
        (Column("about", String), "a sentence would fit"),
        (Column("acted_at", UtcDateTime()), "a time of day"),
        (Column("acted_at", DateTime()), "a time of day"),
        (Column("extra", JSON), "of a kind that nothing here needs"),
        (Column("height", Float), "of a kind that nothing here needs"),
    ],
)
def test_a_column_that_should_not_be_is_noticed(column: Column[object], why: str) -> None:
    purge: Column[datetime] = Column("purge_after", UtcDateTime(), nullable=False)
    assert faults(Table("anything", MetaData(), purge, column)) == [f"anything.{column.name}: {why}"]


def test_a_table_about_people_without_an_end_or_about_two_of_them_is_noticed() -> None:
    assert faults(Table("anything", MetaData(), Column("day", Date))) == ["anything: no expiry"]
    open_end: Column[datetime] = Column("purge_after", UtcDateTime(), nullable=True)
    assert faults(Table("anything", MetaData(), open_end)) == ["anything: no expiry"]
    one, two = (Column(each, String(26), ForeignKey(member.c.id)) for each in ("one", "two"))
    pair = Table("pair", MetaData(), one, two, Column("purge_after", UtcDateTime(), nullable=False))
    assert faults(pair) == ["pair: who knows whom"]


async def test_a_time_without_a_zone_is_refused(sqlite_database: Database) -> None:
    table = Table("moment", MetaData(), Column("at", UtcDateTime()))
    async with sqlite_database.write() as connection:
        await connection.run_sync(table.create)
    with pytest.raises(Exception, match="must carry its zone") as caught:
        async with sqlite_database.write() as connection:
            await connection.execute(table.insert().values(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - the point
    assert isinstance(caught.value.__cause__ or caught.value, NaiveDatetimeError | Exception)
