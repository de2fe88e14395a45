"""The outbox: in order, at its time, sealed where it names somebody, and never a dead end."""

from __future__ import annotations

import json
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
from db.outbox import KEPT, EffectRow, Outbox
from db.tables import effect

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
KEYS = NetworkKeys(b"k" * 32)
T = TypeVar("T")


class Tray:
    """An outbox for each call, in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[Outbox], T]) -> T:
        return await self.database.transact(lambda connection: work(Outbox(connection, KEYS)))

    async def member(self, alias: str) -> MemberId:
        def add(connection: Connection) -> MemberId:
            profile, keep = Profile(alias, "en"), NOW + timedelta(days=730)
            store, day = MemberStore(connection, KEYS), date(2026, 11, 22)
            return store.add(profile, alias, state="active", today=day, keep_until=keep, probation=None).id

        return await self.database.transact(add)

    async def tell(self, member_id: MemberId, text: str, **words: str) -> None:
        await self.do(lambda box: box.add("tell", {"text": text}, now=NOW, member_id=member_id, words=words))

    async def due(self, at: datetime = NOW) -> list[EffectRow]:
        return await self.do(lambda box: box.due(at))

    async def texts(self, at: datetime = NOW) -> list[str]:
        return [each.details["text"] for each in await self.due(at)]


@pytest.fixture
def tray(database: Database) -> Tray:
    return Tray(database)


async def test_what_was_asked_for_first_is_due_first_and_is_forgotten_when_done(tray: Tray) -> None:
    nok = await tray.member("nok")
    for text in ("one", "two", "three"):
        await tray.tell(nok, text)
    assert await tray.texts() == ["one", "two", "three"]
    first = (await tray.due())[0]
    await tray.do(lambda box: box.done(first.id))
    assert await tray.texts() == ["two", "three"]


async def test_what_is_for_later_is_not_due_before(tray: Tray) -> None:
    await tray.do(lambda box: box.add("take_back", {"ref": "7"}, now=NOW, not_before=LATER))
    assert await tray.due() == []
    assert await tray.do(lambda box: box.next_due(NOW)) == LATER
    assert len(await tray.due(LATER)) == 1


async def test_an_empty_outbox_has_nothing_next(tray: Tray) -> None:
    assert await tray.do(lambda box: box.next_due(NOW)) is None


async def test_an_account_without_a_member_is_sealed(tray: Tray) -> None:
    target = ("matrix", "@nok:example.org")
    await tray.do(lambda box: box.add("release", {"space": "garden"}, now=NOW, target=target))
    found = (await tray.due())[0]
    assert found.target == target
    assert "nok" not in repr(found)
    stored = await tray.database.look(lambda connection: connection.execute(select(effect)).one())
    assert all("nok" not in str(value) for value in stored if not isinstance(value, bytes))
    assert b"nok" not in stored.sealed_target


async def test_words_that_name_somebody_are_sealed_for_the_member_they_are_for(tray: Tray) -> None:
    nok = await tray.member("nok")
    await tray.tell(nok, "buddy.asked_notice", alias="ใบเตยหอม")
    found = (await tray.due())[0]
    assert found.words == {"alias": "ใบเตยหอม"}
    assert "ใบเตย" not in repr(found)
    stored = await tray.database.look(lambda connection: connection.execute(select(effect)).one())
    assert json.loads(stored.details) == {"text": "buddy.asked_notice"}
    assert "ใบเตย".encode() not in stored.sealed_words
    with pytest.raises(LookupError):
        await tray.do(lambda box: box.add("tell", {"text": "x"}, now=NOW, words={"alias": "Heron"}))


async def test_what_is_for_a_member_goes_with_them(tray: Tray) -> None:
    nok = await tray.member("nok")
    await tray.tell(nok, "one")
    await tray.database.transact(lambda connection: MemberStore(connection, KEYS).destroy(nok))
    assert await tray.due() == []


async def test_what_somebody_is_told_keeps_its_order_while_it_is_tried_again(tray: Tray) -> None:
    nok, reed = await tray.member("nok"), await tray.member("reed")
    for text in ("one", "two"):
        await tray.tell(nok, text)
    await tray.tell(reed, "hers")
    await tray.do(lambda box: box.add("admit", {"text": "door"}, now=NOW, member_id=nok))
    first = (await tray.due())[0]
    await tray.do(lambda box: box.again(first.id, LATER))
    assert await tray.texts() == ["hers", "door"]
    for each in await tray.due():
        done = each.id
        await tray.do(lambda box, done=done: box.done(done))  # type: ignore[misc]
    assert await tray.do(lambda box: box.next_due(NOW)) == LATER
    assert await tray.texts(LATER) == ["one", "two"]
    assert (await tray.due(LATER))[0].attempts == 1


async def test_what_is_put_off_to_a_better_time_holds_up_nothing_and_is_no_failed_try(tray: Tray) -> None:
    nok = await tray.member("nok")
    for text in ("one", "two"):
        await tray.tell(nok, text)
    first = (await tray.due())[0]
    await tray.do(lambda box: box.again(first.id, NOW))
    await tray.do(lambda box: box.postpone(first.id, LATER))
    assert await tray.texts() == ["two"]
    assert (await tray.due(LATER))[0].attempts == 0
    kept = await tray.database.look(
        lambda c: c.execute(select(effect.c.purge_after).order_by(effect.c.id)).scalar()
    )
    assert kept == LATER + KEPT


async def test_what_failed_is_shown_by_reason_and_tried_no_more(tray: Tray) -> None:
    nok = await tray.member("nok")
    for text in ("one", "two", "three"):
        await tray.tell(nok, text)
    for each, reason in zip(await tray.due(), ("discord.forbidden", "discord.forbidden"), strict=False):
        failed = each.id
        await tray.do(lambda box, failed=failed, reason=reason: box.failed(failed, reason))  # type: ignore[misc]
    assert await tray.texts(LATER) == ["three"]
    assert await tray.do(lambda box: box.failures()) == {"discord.forbidden": 2}


async def test_what_is_no_longer_wanted_is_dropped_for_that_member_and_that_kind(tray: Tray) -> None:
    nok, reed = await tray.member("nok"), await tray.member("reed")
    await tray.tell(nok, "his")
    await tray.tell(reed, "hers")
    await tray.do(lambda box: box.add("admit", {"text": "door"}, now=NOW, member_id=nok))
    await tray.do(lambda box: box.drop("tell", nok))
    assert await tray.texts() == ["hers", "door"]


async def test_a_look_takes_no_more_than_it_can_carry(tray: Tray) -> None:
    nok = await tray.member("nok")
    for number in range(5):
        await tray.tell(nok, str(number))
    assert [each.details["text"] for each in await tray.do(lambda box: box.due(NOW, 2))] == ["0", "1"]
