"""Changing the network's key: everything opens with the new one, nothing with the old one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from db.arrival_store import ArrivalStore
from db.data_request_store import DataRequestStore, read_note
from db.dialogue_store import DialogueStore
from db.engine import Database
from db.ids import MemberId
from db.invite_store import InviteStore
from db.key_rotation import DROPPED, HANDLED, WrongKeyError, is_sealed_with, require_key, rotate
from db.keys import NetworkKeys, SealedOtherwiseError
from db.ledger import Ledger
from db.member_rows import Profile
from db.member_store import MemberStore
from db.organisation_store import OrganisationStore
from db.outbox import Outbox
from db.source_labels import seal_source, unseal_source
from db.tables import metadata

OLD, NEW = NetworkKeys(b"o" * 32), NetworkKeys(b"n" * 32)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=700)


async def fill(database: Database) -> MemberId:
    """Write something into every table that hangs on the network's key."""
    await require_key(database, OLD)

    def work(connection: Connection) -> MemberId:
        members = MemberStore(connection, OLD)
        napa = members.add(
            Profile("Napa", "th"), "napa", state="active", today=TODAY, keep_until=LATER, probation=None
        )
        members.link(napa.id, "matrix", "@napa:river.example", TODAY, LATER)
        members.begin_erasing(napa.id, "active", LATER, "WORD", TODAY)
        DataRequestStore(connection).open(
            napa.id, "correct", "another province", members.key(napa.id), today=TODAY, due=TODAY, until=LATER
        )
        ArrivalStore(connection, OLD).note("discord", "600000000000000099", "river", LATER)
        InviteStore(connection, OLD).add("CODE", "Evening course", napa.id, LATER, LATER)
        OrganisationStore(connection, OLD).add(
            "Blue Heron Radio",
            "blue heron radio",
            None,
            state="confirmed",
            visibility="hidden",
            today=TODAY,
        )
        Outbox(connection, OLD).add(
            "release", {"space": "radio"}, now=NOW, target=("discord", "600000000000000011")
        )
        Ledger(connection).count("source", seal_source(OLD, "poster"), TODAY, 3)
        return napa.id

    member_id = await database.transact(work)
    dialogues = DialogueStore(database, OLD, lambda: NOW)
    await dialogues.put("matrix", "@napa:river.example", "privacy.note", b"half a sentence")
    await dialogues.put("matrix", "@stranger:river.example", "onboarding", b"an alias")
    return member_id


async def test_everything_is_found_and_opens_with_the_new_key(database: Database) -> None:
    napa = await fill(database)
    await rotate(database, OLD, NEW, str.casefold)

    def work(connection: Connection) -> None:
        members = MemberStore(connection, NEW)
        found = members.find("matrix", "@napa:river.example")
        assert found is not None
        assert (found.id, found.profile.alias) == (napa, "Napa")
        assert members.find_by_alias("napa") == found
        assert [account.user_id for account in members.accounts(napa)] == ["@napa:river.example"]
        (request,) = DataRequestStore(connection).waiting()
        assert read_note(request, members.key(napa)) == "another province"
        organisation = OrganisationStore(connection, NEW).find("blue heron radio")
        assert organisation is not None
        assert organisation.title == "Blue Heron Radio"
        (effect,) = Outbox(connection, NEW).due(NOW)
        assert effect.target == ("discord", "600000000000000011")
        ((source, total),) = Ledger(connection).counts("source", TODAY).items()
        assert (unseal_source(NEW, source), total) == ("poster", 3)

    await database.look(work)
    dialogues = DialogueStore(database, NEW, lambda: NOW)
    assert await dialogues.get("matrix", "@napa:river.example") == b"half a sentence"


async def test_nothing_is_found_or_opens_with_the_old_key(database: Database) -> None:
    napa = await fill(database)
    await rotate(database, OLD, NEW, str.casefold)

    def work(connection: Connection) -> None:
        members = MemberStore(connection, OLD)
        assert members.find("matrix", "@napa:river.example") is None
        assert members.find_by_alias("napa") is None
        with pytest.raises(SealedOtherwiseError):
            members.key(napa)
        with pytest.raises(SealedOtherwiseError):
            Outbox(connection, OLD).due(NOW)
        assert OrganisationStore(connection, OLD).find("blue heron radio") is None

    await database.look(work)
    assert not await is_sealed_with(database, OLD)


async def test_what_cannot_be_carried_over_ends_and_is_counted(database: Database) -> None:
    napa = await fill(database)
    report = await rotate(database, OLD, NEW, str.casefold)
    assert report.members == 1
    assert report.recovery_words == 1
    assert report.dropped == {"arrival": 1, "invite": 1, "dialogue": 1}
    assert not await database.look(lambda connection: MemberStore(connection, NEW).recovers(napa, "WORD"))


async def test_another_key_is_refused_with_what_to_do(database: Database) -> None:
    await require_key(database, OLD)
    await require_key(database, OLD)
    with pytest.raises(WrongKeyError, match="another network key") as caught:
        await require_key(database, NEW)
    assert "rotate-key" in caught.value.cure


async def test_a_wrong_old_key_changes_nothing(database: Database) -> None:
    await fill(database)
    before = await snapshot(database)
    with pytest.raises(WrongKeyError, match="does not open with the old network key"):
        await rotate(database, NEW, OLD, str.casefold)
    assert await snapshot(database) == before


async def snapshot(database: Database) -> dict[str, list[tuple[object, ...]]]:
    async with database.read() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def test_no_column_that_hangs_on_the_key_is_forgotten() -> None:
    dropped = {table.name for table in DROPPED}
    hanging = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        if table.name not in dropped
        for column in table.c
        if column.name.startswith(("sealed_", "wrapped")) or column.name.endswith(("_lookup", "fingerprint"))
    }
    assert hanging == set(HANDLED)
