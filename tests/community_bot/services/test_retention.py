"""Nothing is kept longer than was said, whatever happens in between, and what went is counted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from community_bot.domain.member import MemberState
from community_bot.domain.roles import NETWORK, Role
from community_bot.services.network import Unit
from community_bot.services.retention import TRY_AGAIN, Retention
from db.backup import back_up
from db.engine import Database
from db.ids import MemberId
from db.member_keys_file import MEMBER_KEYS_NAME, MemberKeysFile
from db.tables import metadata
from db.vouch_store import VouchStore
from tests.community_bot.services.full_record import full_record
from tests.community_bot.services.river_network import KEY, NAPA, STRANGER, TULIO, RiverNetwork


@pytest.fixture
def river(database: Database) -> RiverNetwork:
    return RiverNetwork(database)


async def rows_in(database: Database, name: str) -> int:
    statement = select(func.count()).select_from(metadata.tables[name])
    async with database.read() as connection:
        return (await connection.execute(statement)).scalar_one()


async def test_who_is_silent_for_ninety_days_is_no_longer_written_to(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA)
    river.clock.forward(days=89)
    assert (await river.retention.run_daily()).became_dormant == 0
    notice = {"text": "welcome"}
    await river.network.act(lambda unit: unit.outbox.add("tell", notice, now=unit.now, member_id=member_id))
    river.clock.forward(days=1)
    assert (await river.retention.run_daily()).became_dormant == 1
    assert await river.state(member_id) is MemberState.DORMANT
    assert await river.effects("tell") == []


async def test_who_pauses_is_left_in_peace(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, state=MemberState.PAUSED)
    river.clock.forward(days=400)
    await river.retention.run_daily()
    assert await river.state(member_id) is MemberState.PAUSED


async def test_after_a_year_of_silence_access_roles_and_affiliations_end_and_the_rest_stays_theirs(
    river: RiverNetwork,
) -> None:
    member_id = await full_record(river)
    river.clock.forward(days=90)
    await river.retention.run_daily()
    river.clock.forward(days=275)
    report = await river.retention.run_daily()
    assert report.became_alumni == 4
    assert await river.state(member_id) is MemberState.ALUMNI
    tables = {row.table for row in (await river.privacy.show(NAPA)).rows}
    assert {"member", "member_key", "identity", "consent"} <= tables
    assert not tables & {"space_member", "role_grant", "affiliation", "vouch"}
    released = {
        effect.details["space"] for effect in await river.effects("release") if effect.member_id == member_id
    }
    assert released == {"garden", "radio"}
    assert report.removed["affiliation"] == 1


async def test_a_newcomer_sees_what_was_said_before_once_probation_is_over(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, spaces=("garden", "radio"), probation_days=14)
    river.clock.forward(days=14)
    assert (await river.retention.run_daily()).probations_ended == 0
    river.clock.forward(days=1)
    assert (await river.retention.run_daily()).probations_ended == 1
    admitted = [(effect.member_id, effect.details["space"]) for effect in await river.effects("admit")]
    assert admitted == [(member_id, "garden"), (member_id, "radio")]
    member = await river.network.look(lambda unit: unit.members.get(member_id))
    assert member is not None
    assert member.probation_until is None


async def test_who_vouched_for_whom_is_forgotten_thirty_days_after_admission(river: RiverNetwork) -> None:
    newcomer = await river.join("Mali", STRANGER)
    waiting = await river.join("Napa", NAPA, state=MemberState.VOUCHING)
    voucher = await river.join("Tulio", TULIO)

    def vouch(unit: Unit) -> None:
        for each in (newcomer, waiting):
            VouchStore(unit.connection).add(each, voucher, unit.today, unit.keep_until)

    await river.network.act(vouch)
    river.clock.forward(days=29)
    await river.retention.run_daily()
    assert await rows_in(river.database, "vouch") == 2
    river.clock.forward(days=1)
    report = await river.retention.run_daily()
    assert report.removed == {"vouch": 1}
    assert await river.network.look(lambda unit: VouchStore(unit.connection).vouchers(waiting)) == [voucher]


async def test_an_office_ends_with_its_last_day(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA)

    def give(unit: Unit) -> None:
        until = unit.today + timedelta(days=3)
        unit.grants.give(member_id, Role.HOST, NETWORK, today=unit.today, until=until, purge_after=unit.keep_until)

    await river.network.act(give)
    river.clock.forward(days=3)
    assert (await river.retention.run_daily()).removed == {}
    river.clock.forward(days=1)
    assert (await river.retention.run_daily()).removed == {"role_grant": 1}


async def test_what_was_removed_is_proven_by_counts_and_says_nobody(river: RiverNetwork) -> None:
    member_id = await full_record(river)
    await river.erasing.erase(NAPA, at_once=False)
    before = {table.name: await rows_in(river.database, table.name) for table in metadata.sorted_tables}
    river.clock.forward(days=3)
    report = await river.retention.run_daily()
    proven = await river.network.look(lambda unit: unit.ledger.counts("removed", unit.today))
    after = {table.name: await rows_in(river.database, table.name) for table in metadata.sorted_tables}
    for table in set(before) - {"tally", "audit_entry", "effect"}:
        assert before[table] - after[table] == report.removed.get(table, 0), table
    assert proven == report.removed
    assert report.erased == 1
    entries = await river.network.look(lambda unit: unit.ledger.audit())
    assert ("bot", "retention.run") in {(entry[1], entry[2]) for entry in entries}
    assert member_id not in str((proven, entries))


async def test_running_again_changes_nothing(river: RiverNetwork) -> None:
    await full_record(river)
    await river.erasing.erase(NAPA, at_once=False)
    river.clock.forward(days=100)
    await river.retention.run_daily()
    first = {table.name: await rows_in(river.database, table.name) for table in metadata.sorted_tables}
    report = await river.retention.run_daily()
    assert (report.erased, report.became_dormant, report.probations_ended, report.removed) == (0, 0, 0, {})
    assert {table.name: await rows_in(river.database, table.name) for table in metadata.sorted_tables} == first


async def test_a_run_that_is_cut_off_is_finished_by_the_next_and_counts_nothing_twice(
    river: RiverNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    await river.join("Napa", NAPA)
    await river.join("Tulio", TULIO)
    for account in (NAPA, TULIO):
        await river.erasing.erase(account, at_once=False)
    river.clock.forward(days=3)
    act, steps = river.network.act, 0

    async def act_twice(work: object) -> object:
        nonlocal steps
        steps += 1
        if steps == 2:
            raise asyncio.CancelledError
        return await act(work)  # type: ignore[arg-type]

    object.__setattr__(river.network, "act", act_twice)
    with pytest.raises(asyncio.CancelledError):
        await river.retention.run_daily()
    object.__setattr__(river.network, "act", act)
    assert await rows_in(river.database, "member") == 1
    await river.retention.run_daily()
    assert await rows_in(river.database, "member") == 0
    proven = await river.network.look(lambda unit: unit.ledger.counts("removed", unit.today))
    assert proven["member"] == 2


async def test_who_was_not_heard_of_for_as_long_as_members_are_kept_goes_wholly(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, state=MemberState.PAUSED)
    river.clock.forward(days=731)
    report = await river.retention.run_daily()
    assert report.erased == 1
    assert await river.state(member_id) is None
    assert [effect.target for effect in await river.effects("release")] == [("discord", NAPA.user_id)]


async def test_an_erasure_goes_to_the_keys_beside_the_backups(river: RiverNetwork, tmp_path: Path) -> None:
    keys_file = MemberKeysFile(tmp_path / MEMBER_KEYS_NAME, KEY)
    river.retention = Retention(river.network, keys_file)
    napa = await river.join("Napa", NAPA)
    tulio = await river.join("Tulio", TULIO)
    await river.erasing.erase(NAPA, at_once=False)
    river.clock.forward(hours=72)
    await back_up(river.database, tmp_path / "net.backup", KEY)
    assert held(keys_file) == {napa, tulio}
    assert await river.retention.run_due() == 1
    assert held(keys_file) == {tulio}


def held(keys_file: MemberKeysFile) -> set[MemberId]:
    """Return whose keys are in the file."""
    return {row["member_id"] for row in keys_file.read()}


async def test_keys_that_cannot_be_written_are_tried_again_soon(river: RiverNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    keys_file = MemberKeysFile(folder / MEMBER_KEYS_NAME, KEY)
    river.retention = Retention(river.network, keys_file)
    await river.join("Napa", NAPA)
    await back_up(river.database, folder / "net.backup", KEY)
    await river.erasing.erase(NAPA, at_once=False)
    river.clock.forward(hours=72)
    # a folder in the place of the file that is written first: nothing can be written there, by root neither
    blocker = folder / f"{MEMBER_KEYS_NAME}.partial"
    blocker.mkdir()
    assert await river.retention.run_due() == 1
    assert await river.retention.next_due() == river.clock() + TRY_AGAIN
    blocker.rmdir()
    await river.retention.run_due()
    assert held(keys_file) == set()
    assert await river.retention.next_due() is None


async def test_without_a_backup_no_file_of_keys_is_made(river: RiverNetwork, tmp_path: Path) -> None:
    river.retention = Retention(river.network, MemberKeysFile(tmp_path / MEMBER_KEYS_NAME, KEY))
    await river.join("Napa", NAPA)
    assert (await river.retention.run_daily()).copies_reached
    assert list(tmp_path.glob("*.backup")) == []
