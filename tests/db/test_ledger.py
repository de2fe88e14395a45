"""The ledger: a chain that shows every change, counts that belong to nobody, who looked by role and day."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, delete, update

from db.engine import Database
from db.keys import NetworkKeys
from db.ledger import Ledger
from db.member_rows import Profile
from db.member_store import MemberStore
from db.tables import audit_entry

MONDAY = date(2026, 11, 16)
T = TypeVar("T")


class Books:
    """A ledger for each call, in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[Ledger], T]) -> T:
        return await self.database.transact(lambda connection: work(Ledger(connection)))

    async def record(self, action: str, reason: str | None = None) -> None:
        await self.do(lambda ledger: ledger.record(MONDAY, "member", action, "member", reason))

    async def change(self, statement: Any) -> None:
        def work(connection: Connection) -> None:
            connection.execute(statement)

        await self.database.transact(work)

    async def broken(self) -> int | None:
        return await self.do(lambda ledger: ledger.first_broken_entry())


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


async def test_an_empty_audit_and_one_nobody_touched_are_whole(books: Books) -> None:
    assert await books.broken() is None
    for action in ("member.joined", "role.granted", "member.left"):
        await books.record(action)
    assert await books.broken() is None
    assert [entry[2] for entry in await books.do(lambda ledger: ledger.audit())] == [
        "member.left",
        "role.granted",
        "member.joined",
    ]
    assert await books.do(lambda ledger: ledger.audit(1)) == [(MONDAY, "member", "member.left", "member", None)]


@pytest.mark.parametrize(
    "values",
    [
        {"action": "member.joined"},
        {"actor_role": "network_admin"},
        {"reason": "another"},
        {"day": MONDAY - timedelta(days=1)},
        {"digest": "0" * 64},
    ],
)
async def test_a_changed_entry_is_found(books: Books, values: dict[str, object]) -> None:
    for action in ("one", "two", "three"):
        await books.record(action)
    await books.change(update(audit_entry).where(audit_entry.c.action == "two").values(**values))
    assert await books.broken() == 2


async def test_an_entry_that_was_taken_out_is_missed(books: Books) -> None:
    for action in ("one", "two", "three"):
        await books.record(action)
    await books.change(delete(audit_entry).where(audit_entry.c.action == "two"))
    assert await books.broken() == 3


async def test_entries_made_at_the_same_moment_make_one_chain(books: Books) -> None:
    await asyncio.gather(*(books.record(f"act.{number}") for number in range(12)))
    assert await books.broken() is None
    assert len(await books.do(lambda ledger: ledger.audit())) == 12


async def test_counts_add_up_by_week_and_are_told_since_a_week(books: Books) -> None:
    for day in (MONDAY, MONDAY + timedelta(days=6), MONDAY + timedelta(days=7)):
        await books.do(lambda ledger, day=day: ledger.count("way_in", "arrived", day))  # type: ignore[misc]
    await books.do(lambda ledger: ledger.count("way_in", "left", MONDAY, 3))
    await books.do(lambda ledger: ledger.count("region", "arrived", MONDAY))
    counts = await books.do(lambda ledger: ledger.counts("way_in", MONDAY + timedelta(days=3)))
    assert counts == {"arrived": 3, "left": 3}
    assert await books.do(lambda ledger: ledger.counts("way_in", MONDAY + timedelta(days=7))) == {"arrived": 1}
    assert await books.do(lambda ledger: ledger.counts("region", date.min)) == {"arrived": 1}


async def test_counts_made_at_the_same_moment_are_all_counted(books: Books) -> None:
    await asyncio.gather(*(books.do(lambda ledger: ledger.count("way_in", "arrived", MONDAY)) for _ in range(12)))
    assert await books.do(lambda ledger: ledger.counts("way_in", MONDAY)) == {"arrived": 12}


async def test_two_units_that_count_the_other_way_round_both_get_through(books: Books) -> None:
    for what in ("one", "other"):
        await books.do(lambda ledger, what=what: ledger.count("way_in", what, MONDAY))  # type: ignore[misc]

    def both(first: str, second: str) -> Callable[[Ledger], None]:
        def work(ledger: Ledger) -> None:
            ledger.count("way_in", first, MONDAY)
            ledger.record(MONDAY, "member", "counted", "member")
            ledger.count("way_in", second, MONDAY)

        return work

    pairs = [("one", "other"), ("other", "one")] * 3
    await asyncio.gather(*(books.do(both(first, second)) for first, second in pairs))
    assert await books.do(lambda ledger: ledger.counts("way_in", MONDAY)) == {"one": 7, "other": 7}
    assert await books.broken() is None


async def test_who_looked_at_a_record_is_told_by_role_and_day(books: Books) -> None:
    keep = datetime(2028, 11, 22, tzinfo=UTC)

    def add(connection: Connection) -> Any:
        store = MemberStore(connection, NetworkKeys(b"k" * 32))
        return store.add(
            Profile("Heron", "en"), "heron", state="active", today=MONDAY, keep_until=keep, probation=None
        ).id

    nok = await books.database.transact(add)
    for role in ("safety_lead", "moderator", "moderator"):
        await books.do(lambda ledger, role=role: ledger.viewed(nok, role, MONDAY, keep))  # type: ignore[misc]
    assert await books.do(lambda ledger: ledger.viewers(nok)) == [
        (MONDAY, "moderator", 2),
        (MONDAY, "safety_lead", 1),
    ]
