"""Vouching: enough members say so, no group alone, and nobody learns from it who is a member."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from community_bot.commands.vouching import VouchingCommands
from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES
from community_bot.services.network import Unit
from community_bot.services.vouching import Vouching
from db.engine import Database
from db.ids import OrganisationId
from db.retention import purge_expired
from db.tables import member, vouch
from tests.community_bot.services.small_network import SmallNetwork, request_in, said_in_every_language

VOUCHING = MemberState.VOUCHING


@pytest.fixture
def small(database: Database) -> SmallNetwork:
    return SmallNetwork(database, vouchers=2)


async def vouches(small: SmallNetwork) -> int:
    return await small.network.look(lambda unit: len(unit.connection.execute(vouch.select()).all()))


async def affiliate(small: SmallNetwork, title: str, *accounts: Account) -> None:
    rows = [await small.record(account) for account in accounts]

    def work(unit: Unit) -> None:
        organisation = unit.organisations.add(
            title, title, None, state="confirmed", visibility="hidden", today=unit.today
        )
        for row in rows:
            unit.organisations.affiliate(
                row.id,
                OrganisationId(organisation.id),
                state="confirmed",
                steward=False,
                today=unit.today,
                purge_after=unit.keep_until,
            )

    await small.network.act(work)


async def test_two_vouches_admit_a_newcomer_who_is_told_privately(small: SmallNetwork) -> None:
    fern, moss = await small.join("Fern"), await small.join("Moss")
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    await vouching.vouch(fern, "sea breeze")
    assert (await small.record(newcomer)).state == VOUCHING
    assert await small.told(newcomer) == []
    await vouching.vouch_for(moss, newcomer)
    assert (await small.record(newcomer)).state == MemberState.ACTIVE
    assert await small.told(newcomer) == ["onboarding.admitted"]
    assert ("member", "admission.admitted") in await small.audit()


async def test_two_last_vouches_at_the_same_moment_admit_once(small: SmallNetwork) -> None:
    voices = [await small.join(alias) for alias in ("Fern", "Moss", "Reed")]
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    await asyncio.gather(*(vouching.vouch(voice, "Sea Breeze") for voice in voices))
    assert (await small.record(newcomer)).state == MemberState.ACTIVE
    assert await small.told(newcomer) == ["onboarding.admitted"]


async def test_the_same_member_vouching_twice_counts_once(small: SmallNetwork) -> None:
    fern = await small.join("Fern")
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    await vouching.vouch(fern, "Sea Breeze")
    await vouching.vouch_for(fern, newcomer)
    assert (await small.record(newcomer)).state == VOUCHING
    assert await vouches(small) == 1


async def test_a_group_alone_does_not_admit_its_own(small: SmallNetwork) -> None:
    fern, moss, reed = [await small.join(alias) for alias in ("Fern", "Moss", "Reed")]
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    await affiliate(small, "river", fern, moss, newcomer)
    vouching = Vouching(small.network)
    await vouching.vouch(fern, "Sea Breeze")
    await vouching.vouch(moss, "Sea Breeze")
    assert (await small.record(newcomer)).state == VOUCHING
    await vouching.vouch(reed, "Sea Breeze")
    assert (await small.record(newcomer)).state == MemberState.ACTIVE


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_answer_is_the_same_whether_or_not_somebody_waits(
    sqlite_database: Database, language: str
) -> None:
    small = SmallNetwork(sqlite_database, vouchers=3)
    fern, moss = await small.join("Fern"), await small.join("Moss")
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    commands = VouchingCommands(Vouching(small.network))
    request = request_in(language, fern)  # type: ignore[arg-type]
    answers = {
        (await commands.vouch(request, alias)).text.replace(alias, "…")
        for alias in ("Sea Breeze", "Sea Breeze", "Moss", "Nobody Here")
    }
    assert len(answers) == 1
    accounts = (newcomer, newcomer, moss, small.stranger())
    assert len({(await commands.vouch_for(request, account)).text for account in accounts}) == 1
    assert await vouches(small) == 1


async def test_whose_word_does_not_count_is_told_why_and_nothing_about_others(small: SmallNetwork) -> None:
    new = await small.join("Reed", probation_days=14)
    away = await small.join("Moss", state=MemberState.PAUSED)
    fern = await small.join("Fern")
    waiting = await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    for account, code in (
        (new, "vouch.probation"),
        (away, "vouch.not_active"),
        (waiting, "authority.vouching"),
        (small.stranger(), "authority.not_member"),
    ):
        for alias in ("Sea Breeze", "Nobody Here"):
            with pytest.raises(Refusal) as refused:
                await vouching.vouch(account, alias)
            assert refused.value.code == code
            if code.startswith("vouch."):
                assert all(said_in_every_language(refused.value))
    with pytest.raises(Refusal, match=r"vouch\.oneself") as refused:
        await vouching.vouch_for(fern, fern)
    assert all(said_in_every_language(refused.value))
    assert await vouches(small) == 0


async def test_where_no_vouches_are_asked_for_this_is_said(sqlite_database: Database) -> None:
    small = SmallNetwork(sqlite_database)
    fern = await small.join("Fern")
    with pytest.raises(Refusal, match=r"vouch\.not_asked") as refused:
        await Vouching(small.network).vouch(fern, "Sea Breeze")
    assert all(said_in_every_language(refused.value))


async def test_who_vouched_is_forgotten_thirty_days_after_admission(small: SmallNetwork) -> None:
    fern, moss = await small.join("Fern"), await small.join("Moss")
    await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    await vouching.vouch(fern, "Sea Breeze")
    small.clock.pass_by(days=10)
    await vouching.vouch(moss, "Sea Breeze")
    small.clock.pass_by(days=30)
    await purge_expired(small.network.database, small.clock())
    assert await vouches(small) == 2
    small.clock.pass_by(days=1)
    await purge_expired(small.network.database, small.clock())
    assert await vouches(small) == 0


async def test_the_queue_shows_how_long_and_how_many_but_never_who_vouched(small: SmallNetwork) -> None:
    moderator = await small.join("Moss", role=Role.MODERATOR)
    fern = await small.join("Fern")
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    await vouching.vouch(fern, "Sea Breeze")
    small.clock.pass_by(days=3)
    await small.join("Late Rain", state=VOUCHING)
    for language in LANGUAGES:
        shown = (await VouchingCommands(vouching).queue(request_in(language, moderator))).text
        assert shown.index("Sea Breeze") < shown.index("Late Rain")
        assert "Fern" not in shown
    queue = await vouching.queue(moderator)
    assert [(each.alias, each.days, each.vouches) for each in queue.waiting] == [
        ("Sea Breeze", 3, 1),
        ("Late Rain", 0, 0),
    ]
    row = await small.record(newcomer)
    viewers = await small.network.look(lambda unit: unit.ledger.viewers(row.id))
    assert [(role, times) for _, role, times in viewers] == [("moderator", 4)]
    with pytest.raises(Refusal, match=r"authority\.lacks"):
        await vouching.queue(fern)


async def test_an_empty_queue_says_so_in_every_language(sqlite_database: Database) -> None:
    small = SmallNetwork(sqlite_database, vouchers=2)
    moderator = await small.join("Moss", role=Role.MODERATOR)
    for language in LANGUAGES:
        assert (await VouchingCommands(Vouching(small.network)).queue(request_in(language, moderator))).text


async def test_who_is_admitted_by_decision_needs_no_vouch(small: SmallNetwork) -> None:
    moderator = await small.join("Moss", role=Role.MODERATOR)
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    commands = VouchingCommands(Vouching(small.network))
    reply = await commands.decide(request_in("en", moderator), "Sea Breeze", "admit")
    assert "Sea Breeze" in reply.text
    assert (await small.record(newcomer)).state == MemberState.ACTIVE
    assert (await small.audit())[0] == ("moderator", "admission.admitted")


async def test_who_is_declined_is_told_hidden_and_erased(small: SmallNetwork) -> None:
    moderator = await small.join("Moss", role=Role.MODERATOR)
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    commands = VouchingCommands(Vouching(small.network))
    await commands.decide(request_in("es", moderator), "Sea Breeze", "decline")
    row = await small.record(newcomer)
    assert (row.state, row.erase_at) == (MemberState.ERASING, small.clock() + timedelta(hours=72))
    assert await small.told(newcomer) == ["vouch.declined_notice"]
    assert (await small.audit())[0] == ("moderator", "admission.declined")
    small.clock.pass_by(hours=72)
    due = await small.network.look(lambda unit: unit.members.due_for_erasing(unit.now))
    assert due == [row.id]


async def test_of_two_who_decide_at_once_the_second_is_told_that_nobody_waits(small: SmallNetwork) -> None:
    one, other = [await small.join(alias, role=Role.MODERATOR) for alias in ("Moss", "Reed")]
    await small.join("Sea Breeze", state=VOUCHING)
    vouching = Vouching(small.network)
    outcomes = await asyncio.gather(
        vouching.decide(one, "Sea Breeze", "admit"),
        vouching.decide(other, "Sea Breeze", "decline"),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert [each.code for each in refused] == ["vouch.not_waiting"]
    assert all(said_in_every_language(refused[0]))


async def test_a_member_who_does_not_wait_cannot_be_decided_about(small: SmallNetwork) -> None:
    moderator = await small.join("Moss", role=Role.MODERATOR)
    fern = await small.join("Fern")
    for alias in ("Fern", "Nobody Here"):
        with pytest.raises(Refusal, match=r"vouch\.not_waiting"):
            await Vouching(small.network).decide(moderator, alias, "decline")
    assert (await small.record(fern)).state == MemberState.ACTIVE


async def test_a_newcomer_stays_admitted_when_who_vouched_is_erased(small: SmallNetwork) -> None:
    fern, moss = await small.join("Fern"), await small.join("Moss")
    newcomer = await small.join("Sea Breeze", state=VOUCHING)
    for voice in (fern, moss):
        await Vouching(small.network).vouch(voice, "Sea Breeze")
    row = await small.record(fern)
    await small.network.act(lambda unit: unit.connection.execute(member.delete().where(member.c.id == row.id)))
    assert (await small.record(newcomer)).state == MemberState.ACTIVE
    assert await vouches(small) == 1
