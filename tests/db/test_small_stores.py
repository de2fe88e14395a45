"""The small stores, on SQLite and on PostgreSQL: codes that are good once, doors, wordings, positions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select

from db.arrival_store import ArrivalRow, ArrivalStore
from db.buddy_store import BuddyStore
from db.consent_store import ConsentStore
from db.engine import Database
from db.grant_store import GrantStore
from db.ids import InviteId, MemberId
from db.invite_store import InviteStore
from db.keys import NetworkKeys
from db.link_code_store import LinkCodeStore
from db.member_rows import Profile
from db.member_store import MemberStore
from db.office_code_store import OfficeCodeStore
from db.positions import position, set_position
from db.space_member_store import SpaceMemberStore
from db.tables import arrival, link_code
from db.wording_store import WordingStore

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)
KEEP = NOW + timedelta(days=730)
KEYS = NetworkKeys(b"k" * 32)
T = TypeVar("T")
Do = Callable[[Callable[[Connection], T]], T]


class Shelf:
    """Stores on one database; each ``do`` is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def do(self, work: Callable[[Connection], T]) -> T:
        return await self.database.transact(work)

    async def member(self, alias: str) -> MemberId:
        def add(connection: Connection) -> MemberId:
            store = MemberStore(connection, KEYS)
            profile = Profile(alias, "en")
            return store.add(profile, alias, state="active", today=TODAY, keep_until=KEEP, probation=None).id

        return await self.do(add)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


# ── arrivals


async def test_an_arrival_is_noted_once_and_holds_nothing_but_a_hash(shelf: Shelf) -> None:
    def note(connection: Connection) -> ArrivalRow:
        return ArrivalStore(connection, KEYS).note("matrix", "@nok:example.org", "!home:example.org", SOON)

    assert await shelf.do(note) == ArrivalRow("!home:example.org", "waiting", None, None)
    await shelf.do(lambda c: ArrivalStore(c, KEYS).set_greeted("matrix", "@nok:example.org", "place 7"))
    assert (await shelf.do(note)).step == "greeted"
    row = await shelf.do(lambda c: c.execute(select(arrival)).one())
    assert not any("nok" in str(value) for value in row)


async def test_an_invite_keeps_the_door_open_from_when_it_was_used(shelf: Shelf) -> None:
    nok = await shelf.member("nok")

    def work(connection: Connection) -> datetime | None:
        InviteStore(connection, KEYS).add("CODE", "stall", nok, SOON, SOON)
        invite = InviteStore(connection, KEYS).find("CODE")
        assert invite is not None
        store = ArrivalStore(connection, KEYS)
        store.note("discord", "1001", "home", SOON)
        store.set_invite("discord", "1001", InviteId(invite.id), KEEP)
        return connection.execute(select(arrival.c.purge_after)).scalar()

    assert await shelf.do(work) == KEEP


async def test_who_is_still_greeted_by_a_message_is_counted(shelf: Shelf) -> None:
    def work(connection: Connection) -> list[int]:
        store = ArrivalStore(connection, KEYS)
        for number, ref in (("1", "place 7"), ("2", "place 7"), ("3", "place 8")):
            store.note("discord", number, "home", SOON)
            store.set_greeted("discord", number, ref)
        counts = [store.still_greeting("place 7")]
        assert store.remove("discord", "1") == ArrivalRow("home", "greeted", "place 7", None)
        assert store.remove("discord", "1") is None
        return [*counts, store.still_greeting("place 7"), store.still_greeting("place 9")]

    assert await shelf.do(work) == [2, 1, 0]


# ── codes


async def test_a_link_code_holds_until_its_end_and_a_new_one_ends_the_old(shelf: Shelf) -> None:
    nok = await shelf.member("nok")
    await shelf.do(lambda c: LinkCodeStore(c, KEYS).give(nok, "FIRST", SOON))
    found = await shelf.do(lambda c: LinkCodeStore(c, KEYS).find("FIRST", NOW))
    assert found is not None
    assert (found.member_id, found.claim) == (nok, None)
    assert await shelf.do(lambda c: LinkCodeStore(c, KEYS).find("FIRST", SOON)) is None
    await shelf.do(lambda c: LinkCodeStore(c, KEYS).give(nok, "SECOND", SOON))
    assert await shelf.do(lambda c: LinkCodeStore(c, KEYS).find("FIRST", NOW)) is None
    assert await shelf.do(lambda c: LinkCodeStore(c, KEYS).of(nok, NOW)) is not None
    await shelf.do(lambda c: LinkCodeStore(c, KEYS).forget(nok))
    assert await shelf.do(lambda c: LinkCodeStore(c, KEYS).of(nok, NOW)) is None


async def test_of_two_accounts_that_type_a_code_the_first_has_it(shelf: Shelf) -> None:
    nok = await shelf.member("nok")
    await shelf.do(lambda c: LinkCodeStore(c, KEYS).give(nok, "CODE", SOON))
    first, second = await asyncio.gather(
        shelf.do(lambda c: LinkCodeStore(c, KEYS).claim(nok, "matrix", "@one:example.org", SOON)),
        shelf.do(lambda c: LinkCodeStore(c, KEYS).claim(nok, "matrix", "@two:example.org", SOON)),
    )
    assert {first, second} == {True, False}
    found = await shelf.do(lambda c: LinkCodeStore(c, KEYS).of(nok, NOW))
    assert found is not None
    assert found.claim == ("matrix", "@one:example.org" if first else "@two:example.org")
    assert "@" not in repr(found)
    row = await shelf.do(lambda c: c.execute(select(link_code)).one())
    assert b"example" not in row.sealed_claim


async def test_claims_on_different_codes_have_different_tags(shelf: Shelf) -> None:
    nok = await shelf.member("nok")
    tags = set()
    for code, user in (("CODE", "@one:example.org"), ("CODE", "@two:example.org"), ("OTHER", "@one:example.org")):

        def work(connection: Connection, code: str = code, user: str = user) -> str:
            store = LinkCodeStore(connection, KEYS)
            store.give(nok, code, SOON)
            store.claim(nok, "matrix", user, SOON)
            found = store.of(nok, NOW)
            assert found is not None
            return found.tag

        tags.add(await shelf.do(work))
    assert len(tags) == 3


async def test_an_office_code_is_good_once_and_for_a_time(shelf: Shelf) -> None:
    await shelf.do(lambda c: OfficeCodeStore(c, KEYS).give("CODE", SOON))
    assert not await shelf.do(lambda c: OfficeCodeStore(c, KEYS).take("WRONG", NOW))
    assert not await shelf.do(lambda c: OfficeCodeStore(c, KEYS).take("CODE", SOON))
    takes = await asyncio.gather(
        *(shelf.do(lambda c: OfficeCodeStore(c, KEYS).take("CODE", NOW)) for _ in range(4))
    )
    assert sorted(takes) == [False, False, False, True]


async def test_a_request_for_company_is_taken_by_one_alone(shelf: Shelf) -> None:
    nok = await shelf.member("nok")
    await shelf.do(lambda c: BuddyStore(c, KEYS).ask(nok, "TICKET", SOON))
    assert await shelf.do(lambda c: BuddyStore(c, KEYS).has_asked(nok, NOW))
    assert not await shelf.do(lambda c: BuddyStore(c, KEYS).has_asked(nok, SOON))
    assert await shelf.do(lambda c: BuddyStore(c, KEYS).take("TICKET", SOON)) is None
    takes = await asyncio.gather(*(shelf.do(lambda c: BuddyStore(c, KEYS).take("TICKET", NOW)) for _ in range(4)))
    assert sorted(taken == nok for taken in takes) == [False, False, False, True]
    assert not await shelf.do(lambda c: BuddyStore(c, KEYS).has_asked(nok, NOW))


# ── what members hold


async def test_a_role_given_again_is_renewed(shelf: Shelf) -> None:
    nok = await shelf.member("nok")

    def give(connection: Connection, until: date, scope: str = "garden") -> None:
        GrantStore(connection).give(nok, "host", scope, today=TODAY, until=until, purge_after=KEEP)

    await shelf.do(lambda c: give(c, TODAY))
    await shelf.do(lambda c: give(c, TODAY + timedelta(days=30)))
    await shelf.do(lambda c: give(c, TODAY, "radio"))
    held = await shelf.do(lambda c: GrantStore(c).of(nok))
    assert {(grant.scope, grant.until) for grant in held} == {
        ("garden", TODAY + timedelta(days=30)),
        ("radio", TODAY),
    }
    assert await shelf.do(lambda c: GrantStore(c).holders("host")) == held
    assert await shelf.do(lambda c: GrantStore(c).end(nok, "host", "radio"))
    assert not await shelf.do(lambda c: GrantStore(c).end(nok, "host", "radio"))
    assert await shelf.do(lambda c: GrantStore(c).end_all(nok)) == 1
    assert await shelf.do(lambda c: GrantStore(c).of(nok)) == []


async def test_a_consent_is_written_once_for_a_version_and_anew_for_the_next(shelf: Shelf) -> None:
    nok = await shelf.member("nok")

    def give(connection: Connection, version: str) -> None:
        ConsentStore(connection).give(nok, "reminders", version, "th", today=TODAY, keep_until=KEEP)

    for version in ("1", "1", "2"):
        await shelf.do(lambda c, version=version: give(c, version))  # type: ignore[misc]
    assert [row.wording_version for row in await shelf.do(lambda c: ConsentStore(c).all(nok))] == ["1", "2"]
    holding = await shelf.do(lambda c: ConsentStore(c).holding(nok))
    assert {purpose: row.wording_version for purpose, row in holding.items()} == {"reminders": "2"}
    assert await shelf.do(lambda c: ConsentStore(c).withdraw(nok, "reminders", TODAY))
    assert not await shelf.do(lambda c: ConsentStore(c).withdraw(nok, "reminders", TODAY))
    assert await shelf.do(lambda c: ConsentStore(c).holding(nok)) == {}


async def test_a_space_is_joined_once_and_left_once(shelf: Shelf) -> None:
    nok = await shelf.member("nok")
    assert await shelf.do(lambda c: SpaceMemberStore(c).join(nok, "radio", TODAY, KEEP))
    assert not await shelf.do(lambda c: SpaceMemberStore(c).join(nok, "radio", TODAY + timedelta(days=1), KEEP))
    await shelf.do(lambda c: SpaceMemberStore(c).join(nok, "garden", TODAY - timedelta(days=1), KEEP))
    assert await shelf.do(lambda c: SpaceMemberStore(c).of(nok)) == [
        ("garden", TODAY - timedelta(days=1)),
        ("radio", TODAY),
    ]
    assert await shelf.do(lambda c: SpaceMemberStore(c).leave(nok, "radio"))
    assert not await shelf.do(lambda c: SpaceMemberStore(c).leave(nok, "radio"))


# ── words and positions


async def test_a_wording_stands_for_one_scope_and_one_language(shelf: Shelf) -> None:
    for wording in ("Hello", "Welcome"):
        await shelf.do(lambda c, wording=wording: WordingStore(c).set("garden", "en", wording, TODAY))  # type: ignore[misc]
    assert await shelf.do(lambda c: WordingStore(c).of("garden", "en")) == "Welcome"
    assert await shelf.do(lambda c: WordingStore(c).of("garden", "th")) is None
    assert await shelf.do(lambda c: WordingStore(c).of("network", "en")) is None
    await shelf.do(lambda c: WordingStore(c).set("garden", "en", None, TODAY))
    assert await shelf.do(lambda c: WordingStore(c).of("garden", "en")) is None


async def test_a_stream_is_remembered_up_to_where_it_was_read(shelf: Shelf) -> None:
    assert await shelf.do(lambda c: position(c, "arrivals")) is None
    for reached in ("5", "9"):
        await shelf.do(lambda c, reached=reached: set_position(c, "arrivals", reached))  # type: ignore[misc]
    await shelf.do(lambda c: set_position(c, "others", "1"))
    assert await shelf.do(lambda c: position(c, "arrivals")) == "9"
