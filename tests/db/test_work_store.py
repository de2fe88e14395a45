"""The store of undertakings and of their journal, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select

from db.engine import Database
from db.ids import MemberId
from db.keys import NetworkKeys
from db.member_rows import Profile
from db.member_store import MemberStore
from db.space_store import SpaceStore
from db.tables import space_step, space_work
from db.work_store import WorkRow, WorkStore, WorkUnderWayError

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
KEYS = NetworkKeys(b"k" * 32)
T = TypeVar("T")


class Yard:
    """A store on one database; each ``do`` is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[WorkStore], T]) -> T:
        return await self.database.transact(lambda connection: work(WorkStore(connection, KEYS)))

    async def space(self, key: str = "s-1") -> None:
        def add(connection: Connection) -> None:
            values = {"state": "draft", "access": "open", "vouchers": 0, "stage": None}
            SpaceStore(connection).add(key, "{}", today=TODAY, **values)  # type: ignore[arg-type]

        await self.database.transact(add)

    async def member(self, alias: str = "Fern") -> MemberId:
        def add(connection: Connection) -> MemberId:
            store = MemberStore(connection, KEYS)
            kept = NOW + timedelta(days=730)
            profile = Profile(alias, "en")
            return store.add(profile, alias, state="active", today=TODAY, keep_until=kept, probation=None).id

        return await self.database.transact(add)

    async def begin(self, key: str = "s-1", **values: object) -> str:
        return await self.do(lambda store: store.add(key, "apply", now=NOW, **values))  # type: ignore[arg-type]

    async def work(self, work_id: str) -> WorkRow:
        found = await self.do(lambda store: store.get(work_id))
        assert found is not None
        return found


@pytest.fixture
async def yard(database: Database) -> Yard:
    made = Yard(database)
    await made.space()
    return made


async def test_each_space_has_one_undertaking_at_a_time(yard: Yard) -> None:
    work = await yard.begin()
    with pytest.raises(WorkUnderWayError):
        await yard.begin()
    await yard.do(lambda store: store.over(work, "done"))
    again = await yard.begin()
    assert (await yard.do(lambda store: store.open_of("s-1"))) == await yard.work(again)


async def test_of_two_begun_at_the_same_moment_one_is_refused(yard: Yard) -> None:
    for _ in range(5):
        tries = await asyncio.gather(*(yard.begin() for _ in range(4)), return_exceptions=True)
        begun = [each for each in tries if isinstance(each, str)]
        assert len(begun) == 1
        assert all(isinstance(each, WorkUnderWayError) for each in tries if not isinstance(each, str))
        await yard.do(lambda store, work=begun[0]: store.over(work, "done"))  # type: ignore[misc]


async def test_who_begins_while_another_is_about_to_waits_to_see_what_came_of_it(yard: Yard) -> None:
    async with yard.database.write() as connection:
        await connection.run_sync(lambda on: WorkStore(on, KEYS).add("s-1", "apply", now=NOW))
        second = asyncio.create_task(yard.begin())
        await asyncio.wait({second}, timeout=0.5)
        assert not second.done()
    with pytest.raises(WorkUnderWayError):
        await second


async def test_the_newest_is_the_last(yard: Yard) -> None:
    assert await yard.do(lambda store: store.last_of("s-1")) is None
    first = await yard.begin()
    await yard.do(lambda store: store.over(first, "done"))
    second = await yard.do(lambda store: store.add("s-1", "repair", now=LATER, only={"100": ["room.b", "room.a"]}))
    last = await yard.do(lambda store: store.last_of("s-1"))
    assert last is not None
    assert (last.id, last.kind, last.only) == (second, "repair", {"100": ["room.a", "room.b"]})


async def test_what_waits_is_due_when_its_time_comes_the_oldest_first(yard: Yard) -> None:
    await yard.space("s-2")
    first = await yard.begin()
    second = await yard.do(lambda store: store.add("s-2", "apply", now=LATER))
    assert [each.id for each in await yard.do(lambda store: store.due(NOW, 9))] == [first]
    assert await yard.do(lambda store: store.next_due(NOW)) == LATER
    assert [each.id for each in await yard.do(lambda store: store.due(LATER, 9))] == [first, second]
    assert len(await yard.do(lambda store: store.due(LATER, 1))) == 1
    await yard.do(lambda store: store.over(first, "done"))
    await yard.do(lambda store: store.turned(second, "discord.forbidden", "room.a", LATER))
    assert [each.state for each in await yard.do(lambda store: store.due(LATER, 9))] == ["undoing"]


async def test_a_wait_is_noted_and_forgotten_when_it_goes_on(yard: Yard) -> None:
    work = await yard.begin()
    await yard.do(lambda store: store.again(work, LATER, "matrix.unreachable"))
    await yard.do(lambda store: store.again(work, LATER, "matrix.unreachable"))
    waiting = await yard.work(work)
    assert (waiting.attempts, waiting.reason, waiting.not_before) == (2, "matrix.unreachable", LATER)
    await yard.do(lambda store: store.gets_on(work))
    assert ((await yard.work(work)).attempts, (await yard.work(work)).reason) == (0, None)


async def test_what_is_taken_back_keeps_why_whatever_it_waits_for(yard: Yard) -> None:
    work = await yard.begin()
    await yard.do(lambda store: store.turned(work, "discord.forbidden", "room.a", NOW))
    await yard.do(lambda store: store.again(work, LATER, "matrix.unreachable"))
    await yard.do(lambda store: store.gets_on(work))
    await yard.do(lambda store: store.over(work, "undone"))
    over = await yard.work(work)
    assert (over.state, over.reason, over.failed_piece) == ("undone", "discord.forbidden", "room.a")


async def test_steps_of_a_home_are_counted_before_it_is_begun_and_not_again(yard: Yard) -> None:
    work = await yard.begin()
    await yard.do(lambda store: store.planned(work, "100", 4))
    await yard.do(lambda store: store.planned(work, "matrix", 3))
    await yard.do(lambda store: store.intend(work, "100", "room.a", "a step"))
    await yard.do(lambda store: store.planned(work, "100", 3))
    assert (await yard.work(work)).total == 7


async def test_the_journal_has_what_was_begun_the_newest_first_and_ends_with_the_undertaking(yard: Yard) -> None:
    work = await yard.begin()
    first = await yard.do(lambda store: store.intend(work, "100", "room.a", "one"))
    assert await yard.do(lambda store: store.intend(work, "100", "room.a", "one")) == first
    second = await yard.do(lambda store: store.intend(work, "100", "room.a", "two"))
    await yard.do(lambda store: store.mark(first, "done"))
    assert await yard.do(lambda store: store.intend(work, "100", "room.a", "one")) not in (first, second)
    assert await yard.do(lambda store: store.done_steps([work])) == {work: 1}
    journal = await yard.do(lambda store: store.journal(work))
    assert [(each.step, each.state) for each in journal] == [
        ("one", "intended"),
        ("two", "intended"),
        ("one", "done"),
    ]
    await yard.do(lambda store: store.mark(second, "undone"))
    assert [each.step for each in await yard.do(lambda store: store.journal(work))] == ["one", "one"]
    await yard.do(lambda store: store.over(work, "done"))
    assert await yard.do(lambda store: store.journal(work)) == []


async def test_neither_what_a_step_changed_nor_where_somebody_is_told_can_be_read_from_the_tables(
    yard: Yard,
) -> None:
    member = await yard.member()
    work = await yard.begin(member_id=member, platform="matrix")
    await yard.do(lambda store: store.intend(work, "100", "room.a", "access:person:4242"))
    await yard.do(
        lambda store: store.told_at([work], {"platform": "matrix", "place": "!x:example.org", "ref": "$y"})
    )
    assert (await yard.work(work)).shown["place"] == "!x:example.org"

    def raw(connection: Connection) -> str:
        return repr([connection.execute(select(each)).all() for each in (space_work, space_step)])

    stored = await yard.database.transact(raw)
    assert "4242" not in stored
    assert "example.org" not in stored
    shown = repr(await yard.work(work)) + repr(await yard.do(lambda store: store.journal(work)))
    assert "4242" not in shown
    assert "example.org" not in shown


async def test_whom_to_tell_is_known_until_they_were_told(yard: Yard) -> None:
    await yard.space("s-2")
    member = await yard.member()
    first = await yard.begin(member_id=member, platform="discord")
    second = await yard.begin("s-2", member_id=member, platform="discord")
    untold = await yard.do(lambda store: store.untold())
    assert {who: [each.id for each in rows] for who, rows in untold.items()} == {member: sorted([first, second])}
    await yard.do(lambda store: store.told([first, second]))
    assert await yard.do(lambda store: store.untold()) == {}
    assert ((await yard.work(first)).member_id, (await yard.work(first)).shown) == (None, {})


async def test_a_reason_that_is_too_long_for_its_column_is_cut(yard: Yard) -> None:
    work = await yard.begin()
    await yard.do(lambda store: store.again(work, LATER, "x" * 200))
    await yard.do(lambda store: store.turned(work, "y" * 200, None, NOW))
    await yard.do(lambda store: store.over(work, "stuck", "z" * 200))
    assert (await yard.work(work)).reason == "z" * 60
