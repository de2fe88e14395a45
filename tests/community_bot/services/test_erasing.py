"""Being forgotten: hidden at once, destroyed in time, taken back with the word, nobody else harmed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role
from community_bot.services.network import Unit
from db.engine import Database
from db.retention import leads_to_member
from db.tables import metadata
from tests.community_bot.services.river_network import NAPA, NAPA_ON_MATRIX, STRANGER, TULIO, RiverNetwork


async def rows_with(database: Database, value: str) -> dict[str, int]:
    """Return how many rows of each table have a value anywhere."""
    found = {}
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.execute(select(table))
            count = sum(any(value in str(cell) for cell in row) for row in rows)
            if count:
                found[table.name] = count
    return found


@pytest.fixture
def river(database: Database) -> RiverNetwork:
    return RiverNetwork(database)


async def test_who_erases_is_hidden_at_once_and_can_do_nothing_but_come_back(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, role=Role.FACILITATOR)
    waiting = await river.erasing.erase(NAPA, at_once=False)
    assert waiting.word
    assert waiting.at == river.clock() + timedelta(hours=72)
    assert await river.state(member_id) is MemberState.ERASING
    with pytest.raises(Refusal, match=r"authority\.erasing"):
        await river.network.look(lambda unit: unit.asker(NAPA, Power.INVITE))


async def test_the_doors_of_who_erases_are_closed_and_what_was_on_its_way_is_dropped(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, spaces=("garden", "radio"))

    def waiting(unit: Unit) -> None:
        unit.outbox.add("tell", {"text": "onboarding.admitted"}, now=unit.now, member_id=member_id)
        unit.outbox.add("admit", {"space": "radio"}, now=unit.now, member_id=member_id)

    await river.network.act(waiting)
    await river.erasing.erase(NAPA, at_once=False)
    assert sorted(effect.details["space"] for effect in await river.effects("release")) == ["garden", "radio"]
    assert await river.effects("tell") == []
    assert await river.effects("admit") == []


async def test_nothing_is_destroyed_before_the_waiting_time_and_everything_after(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, NAPA_ON_MATRIX)
    await river.erasing.erase(NAPA, at_once=False)
    river.clock.forward(hours=71)
    assert await river.retention.run_due() == 0
    assert await river.retention.next_due() == river.clock() + timedelta(hours=1)
    river.clock.forward(hours=1)
    assert await river.retention.run_due() == 1
    assert await rows_with(river.database, member_id) == {}
    assert await river.retention.next_due() is None
    assert await river.network.look(lambda unit: unit.who(NAPA).member) is None


async def test_the_word_brings_everything_back(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, role=Role.HOST, spaces=("garden",))
    before = await river.privacy.show(NAPA)
    word = (await river.erasing.erase(NAPA, at_once=False)).word
    assert word is not None
    assert await river.erasing.cancel_erase(NAPA, word.lower().replace("-", " ")) is MemberState.ACTIVE
    assert await river.state(member_id) is MemberState.ACTIVE
    assert await river.effects("release") == []
    assert [effect.details["space"] for effect in await river.effects("admit")] == ["garden"]
    after = await river.privacy.show(NAPA)
    assert [row for row in after.rows if row.table != "effect"] == list(before.rows)
    river.clock.forward(days=4)
    assert await river.retention.run_due() == 0


async def test_who_paused_before_is_paused_again_after_coming_back(river: RiverNetwork) -> None:
    await river.join("Napa", NAPA, state=MemberState.PAUSED)
    word = (await river.erasing.erase(NAPA, at_once=False)).word
    assert word is not None
    assert await river.erasing.cancel_erase(NAPA, word) is MemberState.PAUSED


async def test_a_wrong_word_brings_nobody_back(river: RiverNetwork) -> None:
    await river.join("Napa", NAPA)
    await river.join("Tulio", TULIO)
    await river.erasing.erase(NAPA, at_once=False)
    other = (await river.erasing.erase(TULIO, at_once=False)).word
    assert other is not None
    with pytest.raises(Refusal, match=r"privacy\.word"):
        await river.erasing.cancel_erase(NAPA, other)
    with pytest.raises(Refusal, match=r"privacy\.not_erasing"):
        await river.erasing.cancel_erase(STRANGER, other)


async def test_who_is_in_danger_is_destroyed_in_this_moment(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA, NAPA_ON_MATRIX, spaces=("radio",))
    waiting = await river.erasing.erase(NAPA, at_once=True)
    assert (waiting.word, waiting.at) == (None, None)
    assert await rows_with(river.database, member_id) == {}
    targets = {(effect.target, effect.details["space"]) for effect in await river.effects("release")}
    assert targets == {
        (("discord", NAPA.user_id), "radio"),
        (("matrix", NAPA_ON_MATRIX.user_id), "radio"),
    }


async def test_who_waits_can_still_decide_for_this_moment_but_not_ask_twice(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA)
    await river.erasing.erase(NAPA, at_once=False)
    with pytest.raises(Refusal, match=r"privacy\.erasing_already"):
        await river.erasing.erase(NAPA, at_once=False)
    await river.erasing.erase(NAPA, at_once=True)
    assert await river.state(member_id) is None


async def test_others_keep_what_is_theirs(river: RiverNetwork) -> None:
    newcomer = await river.join("Mali", STRANGER)
    voucher = await river.join("Napa", NAPA)
    await river.join("Tulio", TULIO)

    def vouch(unit: Unit) -> None:
        vouches = metadata.tables["vouch"]
        unit.connection.execute(
            vouches.insert().values(
                newcomer_id=newcomer, voucher_id=voucher, vouched_on=unit.today, purge_after=unit.keep_until
            )
        )

    await river.network.act(vouch)
    others = [await river.privacy.show(account) for account in (TULIO, STRANGER)]
    await river.erasing.erase(NAPA, at_once=True)
    assert await river.privacy.show(TULIO) == others[0]
    assert await river.state(newcomer) is MemberState.ACTIVE
    assert [row.table for row in (await river.privacy.show(STRANGER)).rows] == [
        row.table for row in others[1].rows if row.table != "vouch"
    ]


async def test_what_is_written_down_about_an_erasure_names_nobody_and_proves_the_rows(river: RiverNetwork) -> None:
    member_id = await river.join("Napa", NAPA)
    await river.erasing.erase(NAPA, at_once=True)

    def look(unit: Unit) -> tuple[list[tuple[str, str]], dict[str, int], int | None]:
        entries = [(entry[1], entry[2]) for entry in unit.ledger.audit()]
        return entries, unit.ledger.counts("removed", unit.today), unit.ledger.first_broken_entry()

    entries, counts, broken = await river.network.look(look)
    assert entries == [("bot", "member.erased"), ("member", "erase.asked")]
    assert (counts["member"], counts["member_key"], counts["consent"], counts["space_member"]) == (1, 1, 3, 1)
    assert broken is None
    assert member_id not in str(entries)


async def test_who_has_no_record_is_told_so_and_a_greeting_can_be_forgotten(river: RiverNetwork) -> None:
    with pytest.raises(Refusal, match=r"privacy\.nothing"):
        await river.erasing.consequences(STRANGER)
    await river.network.act(
        lambda unit: unit.arrivals.note("discord", STRANGER.user_id, "river", unit.now + timedelta(hours=72))
    )
    assert (await river.erasing.consequences(STRANGER)).rows == 1
    await river.erasing.erase(STRANGER, at_once=False)
    assert (await river.privacy.show(STRANGER)).rows == ()
    with pytest.raises(Refusal, match=r"privacy\.nothing"):
        await river.erasing.erase(STRANGER, at_once=False)


async def test_coming_back_at_the_last_moment_wins_over_an_erasure_that_was_about_to_begin(
    river: RiverNetwork,
) -> None:
    member_id = await river.join("Napa", NAPA)
    word = (await river.erasing.erase(NAPA, at_once=False)).word
    assert word is not None
    river.clock.forward(hours=73)
    await river.erasing.cancel_erase(NAPA, word)
    await river.retention.run_daily()
    assert await river.state(member_id) is MemberState.ACTIVE


def test_every_table_that_leads_to_a_member_goes_with_them() -> None:
    for table in metadata.sorted_tables:
        for column in leads_to_member(table):
            (reference,) = column.foreign_keys
            # what somebody had begun to build is built to its end, and nobody's then
            gone = "SET NULL" if table.name == "space_work" else "CASCADE"
            assert reference.ondelete == gone, str(column)
