"""Requests to come into a space: found by a ticket that stands nowhere, ended once, closed anew with the key."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from db.engine import Database
from db.ids import MemberId
from db.key_rotation import require_key, rotate
from db.keys import NetworkKeys
from db.member_rows import Profile
from db.member_store import MemberStore
from db.space_request_store import SpaceRequestStore
from db.space_store import SpaceStore
from db.tables import space_request

OLD, NEW = NetworkKeys(b"o" * 32), NetworkKeys(b"n" * 32)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=14)


@pytest.fixture
async def people(database: Database) -> list[MemberId]:
    """Two spaces and two members."""
    await require_key(database, OLD)

    def work(connection: Connection) -> list[MemberId]:
        for key in ("orchard", "cellar"):
            SpaceStore(connection).add(
                key, "{}", state="active", access="request", vouchers=0, stage=None, today=TODAY
            )
        members = MemberStore(connection, OLD)
        return [
            members.add(
                Profile(alias, "th"), alias, state="active", today=TODAY, keep_until=LATER, probation=None
            ).id
            for alias in ("napa", "tulio")
        ]

    return await database.transact(work)


async def test_a_ticket_finds_its_request_and_no_other(database: Database, people: list[MemberId]) -> None:
    napa, tulio = people

    def work(connection: Connection) -> None:
        store = SpaceRequestStore(connection, OLD)
        tickets = [
            store.add(space, member_id, offered=offered, today=TODAY, purge_after=LATER)
            for space, member_id, offered in (
                ("orchard", napa, False),
                ("orchard", tulio, True),
                ("cellar", napa, True),
            )
        ]
        found = [store.find(ticket, NOW) for ticket in tickets]
        assert [(each.space, each.member_id, each.offered) for each in found if each is not None] == [
            ("orchard", napa, False),
            ("orchard", tulio, True),
            ("cellar", napa, True),
        ]
        assert [each.ticket for each in found if each is not None] == tickets
        assert store.find(tickets[0][:-1], NOW) is None
        assert store.find(tickets[0], LATER) is None
        assert SpaceRequestStore(connection, NEW).find(tickets[0], NOW) is None
        assert (store.offers(napa, NOW), store.asked(napa, NOW), store.offers(napa, LATER)) == (
            ["cellar"],
            ["orchard"],
            [],
        )
        kept = [tuple(row) for row in connection.execute(select(space_request))]
        assert not any(ticket in str(kept) for ticket in tickets)

    await database.transact(work)


async def test_a_request_gives_way_to_a_later_one_and_ends_once(database: Database, people: list[MemberId]) -> None:
    napa, _ = people

    def work(connection: Connection) -> None:
        store = SpaceRequestStore(connection, OLD)
        first = store.add("orchard", napa, offered=False, today=TODAY - timedelta(days=20), purge_after=NOW)
        assert [each.member_id for each in store.unanswered(NOW)] == [napa]
        second = store.add("orchard", napa, offered=False, today=TODAY, purge_after=LATER)
        assert store.find(first, NOW) is None
        assert store.find(second, NOW) is not None
        assert store.unanswered(NOW) == []
        assert [store.forget("orchard", napa) for _ in range(2)] == [True, False]
        assert store.forget_all(napa) == 0

    await database.transact(work)


async def test_who_waits_stands_in_order_and_only_while_they_are_around(
    database: Database, people: list[MemberId]
) -> None:
    napa, tulio = people

    def work(connection: Connection) -> None:
        store = SpaceRequestStore(connection, OLD)
        store.add("orchard", napa, offered=False, today=TODAY, purge_after=LATER)
        store.add("orchard", tulio, offered=False, today=TODAY - timedelta(days=1), purge_after=LATER)
        store.add("cellar", tulio, offered=True, today=TODAY, purge_after=LATER)
        assert [each.member_id for each in store.waiting("orchard", {"active"}, NOW)] == [tulio, napa]
        assert store.waiting("cellar", {"active"}, NOW) == []
        MemberStore(connection, OLD).set_state(tulio, "erasing", TODAY)
        assert [each.member_id for each in store.waiting("orchard", {"active"}, NOW)] == [napa]

    await database.transact(work)


async def test_with_another_key_a_request_has_another_ticket(database: Database, people: list[MemberId]) -> None:
    napa, _ = people
    old = await database.transact(
        lambda connection: SpaceRequestStore(connection, OLD).add(
            "orchard", napa, offered=False, today=TODAY, purge_after=LATER
        )
    )
    await rotate(database, OLD, NEW, str.casefold)

    def work(connection: Connection) -> None:
        store = SpaceRequestStore(connection, NEW)
        (row,) = store.waiting("orchard", {"active"}, NOW)
        assert (row.member_id, row.ticket == old) == (napa, False)
        assert store.find(row.ticket, NOW) == row
        assert store.find(old, NOW) is None

    await database.look(work)


async def test_with_the_member_goes_the_request(database: Database, people: list[MemberId]) -> None:
    napa, _ = people

    def work(connection: Connection) -> None:
        SpaceRequestStore(connection, OLD).add("orchard", napa, offered=False, today=TODAY, purge_after=LATER)
        MemberStore(connection, OLD).destroy(napa)
        assert connection.execute(select(space_request)).all() == []

    await database.transact(work)
