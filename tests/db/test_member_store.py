"""The member store, on SQLite and on PostgreSQL: found by hash, read with a key, gone when the key is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.util import await_only

from db.engine import Database
from db.ids import MemberId
from db.keys import NetworkKeys, SealedOtherwiseError
from db.member_rows import MemberRow, Profile
from db.member_store import AccountTakenError, AliasTakenError, MemberStore
from db.tables import identity, member, member_key

TODAY = date(2026, 11, 22)
KEEP = datetime(2028, 11, 22, tzinfo=UTC)
KEYS = NetworkKeys(b"k" * 32)
T = TypeVar("T")


class Book:
    """A store for each call, in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[MemberStore], T]) -> T:
        return await self.database.transact(lambda connection: work(MemberStore(connection, KEYS)))

    async def add(self, alias: str = "Heron", likeness: str = "") -> MemberRow:
        return await self.do(
            lambda store: store.add(
                Profile(alias, "th"),
                likeness or alias.casefold(),
                state="active",
                today=TODAY,
                keep_until=KEEP,
                probation=None,
            )
        )

    async def link(self, row: MemberRow, platform: str, user_id: str) -> None:
        await self.do(lambda store: store.link(row.id, platform, user_id, TODAY, KEEP))

    async def find(self, platform: str, user_id: str) -> MemberRow | None:
        return await self.do(lambda store: store.find(platform, user_id))


@pytest.fixture
def book(database: Database) -> Book:
    return Book(database)


async def test_a_member_is_found_by_any_of_their_accounts_and_by_their_alias(book: Book) -> None:
    row = await book.add()
    await book.link(row, "discord", "1001")
    await book.link(row, "matrix", "@nok:example.org")
    assert await book.find("discord", "1001") == row
    assert await book.find("matrix", "@nok:example.org") == row
    assert await book.find("matrix", "1001") is None
    assert await book.do(lambda store: store.find_by_alias("heron")) == row
    accounts = await book.do(lambda store: store.accounts(row.id))
    assert [(each.platform, each.user_id) for each in accounts] == [
        ("discord", "1001"),
        ("matrix", "@nok:example.org"),
    ]


async def test_nothing_that_says_who_somebody_is_stands_in_the_rows(book: Book) -> None:
    row = await book.add("ใบเตยหอม")
    await book.link(row, "matrix", "@nok:example.org")

    def everything(connection: Connection) -> bytes:
        rows = [*connection.execute(select(member)), *connection.execute(select(identity))]
        values = [value for each in rows for value in each]
        return b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in values)

    stored = await book.database.look(everything)
    assert "ใบเตย".encode() not in stored
    assert b"nok" not in stored
    assert "ใบเตย" not in repr(row)
    assert "nok" not in repr(await book.do(lambda store: store.accounts(row.id)))


async def test_an_alias_is_one_members(book: Book) -> None:
    await book.add("Heron")
    other = await book.add("Reed")
    with pytest.raises(AliasTakenError):
        await book.add("H e r o n", "heron")
    with pytest.raises(AliasTakenError):
        await book.do(lambda store: store.save_profile(other.id, replace(other.profile, alias="Heron"), "heron"))
    assert await book.do(lambda store: store.get(other.id)) == other


async def test_ones_own_alias_can_be_written_in_another_way(book: Book) -> None:
    row = await book.add("Heron")
    await book.do(lambda store: store.save_profile(row.id, replace(row.profile, alias="HERON"), "heron"))
    found = await book.do(lambda store: store.get(row.id))
    assert found is not None
    assert found.profile.alias == "HERON"


async def test_a_given_up_alias_is_free_again(book: Book) -> None:
    row = await book.add("Heron")
    await book.do(lambda store: store.save_profile(row.id, replace(row.profile, alias="Reed"), "reed"))
    await book.add("Heron")


async def test_an_account_is_one_members(book: Book) -> None:
    one, other = await book.add("Heron"), await book.add("Reed")
    await book.link(one, "discord", "1001")
    await book.link(one, "discord", "1001")
    with pytest.raises(AccountTakenError):
        await book.link(other, "discord", "1001")
    assert len(await book.do(lambda store: store.accounts(one.id))) == 1
    assert await book.do(lambda store: store.unlink("discord", "1001"))
    assert not await book.do(lambda store: store.unlink("discord", "1001"))
    await book.link(other, "discord", "1001")


@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)  # an SQLite file has one writer at a time
async def test_who_was_overtaken_looks_again(book: Book) -> None:
    one, other = await book.add("Heron"), await book.add("Reed")
    seen: list[MemberRow | None] = []

    def link_what_is_free(store: MemberStore) -> None:
        seen.append(store.find("discord", "1001"))
        if len(seen) == 1:
            await_only(book.link(other, "discord", "1001"))
        if seen[-1] is None:
            store.link(one.id, "discord", "1001", TODAY, KEEP)

    await book.do(link_what_is_free)
    assert seen == [None, other]


async def test_without_their_key_a_member_is_gone(book: Book) -> None:
    row = await book.add()
    await book.link(row, "discord", "1001")

    def lose(connection: Connection) -> None:
        connection.execute(member_key.delete())

    await book.database.transact(lose)
    assert await book.find("discord", "1001") is None
    with pytest.raises(LookupError):
        await book.do(lambda store: store.key(row.id))


async def test_one_members_key_opens_no_other_members_rows(book: Book) -> None:
    one, other = await book.add("Heron"), await book.add("Reed")

    def swap(connection: Connection) -> None:
        wrapped = {each.member_id: each.wrapped for each in connection.execute(select(member_key))}
        for mine, theirs in ((one.id, other.id), (other.id, one.id)):
            where = member_key.c.member_id == mine
            connection.execute(member_key.update().where(where).values(wrapped=wrapped[theirs]))

    await book.database.transact(swap)
    with pytest.raises(SealedOtherwiseError):
        await book.do(lambda store: store.get(one.id))


async def test_destroying_a_member_leaves_the_others(book: Book) -> None:
    one, other = await book.add("Heron"), await book.add("Reed")
    await book.link(one, "discord", "1001")
    await book.link(other, "discord", "1002")
    await book.do(lambda store: store.destroy(one.id))
    assert await book.do(lambda store: store.get(one.id)) is None
    assert await book.find("discord", "1001") is None
    assert await book.find("discord", "1002") == other


async def test_erasing_waits_for_its_time_and_for_its_own_word(book: Book) -> None:
    row, other = await book.add("Heron"), await book.add("Reed")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    await book.do(lambda store: store.begin_erasing(row.id, "paused", at, "THEWORD", TODAY))
    assert await book.do(lambda store: store.due_for_erasing(at - timedelta(seconds=1))) == []
    assert await book.do(lambda store: store.due_for_erasing(at)) == [row.id]
    assert await book.do(lambda store: store.recovers(row.id, "THEWORD"))
    assert not await book.do(lambda store: store.recovers(row.id, "ANOTHER"))
    assert not await book.do(lambda store: store.recovers(other.id, "THEWORD"))
    await book.do(lambda store: store.stop_erasing(row.id, "paused", TODAY))
    assert await book.do(lambda store: store.due_for_erasing(at)) == []
    assert not await book.do(lambda store: store.recovers(row.id, "THEWORD"))


async def test_the_day_of_an_act_is_noted_once_and_keeps_everything_for_as_long(book: Book) -> None:
    row = await book.add()
    await book.link(row, "discord", "1001")
    later = KEEP + timedelta(days=1)
    await book.do(lambda store: store.touch(row.id, TODAY, later))

    def kept(connection: Connection) -> set[datetime]:
        tables = (member, member_key, identity)
        return {each.purge_after for table in tables for each in connection.execute(select(table))}

    assert await book.database.look(kept) == {KEEP}
    await book.do(lambda store: store.touch(row.id, TODAY + timedelta(days=1), later))
    assert await book.database.look(kept) == {later}
    found = await book.do(lambda store: store.get(row.id))
    assert found is not None
    assert found.last_act_on == TODAY + timedelta(days=1)


async def test_who_was_silent_long_enough_is_found(book: Book) -> None:
    row = await book.add()
    assert await book.do(lambda store: store.due_for_state("active", silent_since=TODAY)) == [row.id]
    assert await book.do(lambda store: store.due_for_state("active", silent_since=TODAY - timedelta(days=1))) == []
    assert await book.do(lambda store: store.due_for_state("paused", silent_since=TODAY)) == []


async def test_changing_nobody_is_an_error(book: Book) -> None:
    nobody = MemberId("0" * 26)
    with pytest.raises(LookupError):
        await book.do(lambda store: store.set_state(nobody, "paused", TODAY))
    with pytest.raises(LookupError):
        await book.do(lambda store: store.link(nobody, "discord", "1001", TODAY, KEEP))


async def test_members_are_counted_by_state(book: Book) -> None:
    row = await book.add()
    await book.add("Reed")
    await book.do(lambda store: store.set_state(row.id, "paused", TODAY))
    assert await book.do(lambda store: store.count("active")) == 1
    assert await book.do(lambda store: store.count("paused")) == 1


def test_a_profile_comes_back_as_it_was_packed() -> None:
    profile = Profile(
        "ใบเตย",
        "th",
        "buddhist",
        "TH-50",
        region_counted=True,
        quiet_from="22:00",
        quiet_until="07:00",
        zone="Asia/Bangkok",
    )
    assert Profile.unpacked(profile.packed()) == profile
    assert Profile.unpacked(Profile("Heron", "en").packed()) == Profile("Heron", "en")
