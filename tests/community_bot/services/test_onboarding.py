"""The way in: nothing is kept before all of it stands, and nobody goes through it twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Role
from community_bot.services.invitations import Invitations
from community_bot.services.onboarding import Choices, Welcomed
from community_bot.services.vouching import Vouching
from db.engine import Database
from db.retention import purge_expired
from tests.community_bot.people import AGREED, GARDEN, NOON, RADIO, Town, refused


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def test_whoever_finishes_is_a_member_under_their_alias_and_the_door_opens(town: Town) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    assert await town.complete(nok, " Blue  Heron", language="es", space="garden") == Welcomed(
        "Blue Heron", MemberState.ACTIVE, "garden"
    )
    row = await town.record(nok)
    assert (row.profile.alias, row.profile.language) == ("Blue Heron", "es")
    assert row.probation_until == NOON.date() + timedelta(days=14)
    await town.run_effects()
    assert town.discord.doors == {(nok.user_id, "501"): False, (nok.user_id, "502"): False}
    assert "arrival" not in await town.rows()
    assert await town.funnel() == {"arrived": 1, "consented": 1, "active": 1}


async def test_a_receipt_is_kept_for_each_purpose_in_the_language_it_was_read_in(town: Town) -> None:
    nok = town.stranger()
    await town.complete(nok, "Heron", language="th", agreed={*AGREED, "reminders", "selling my data"})
    row = await town.record(nok)
    receipts = await town.network.look(lambda unit: unit.consents.all(row.id))
    assert {receipt.purpose for receipt in receipts} == {"agreements", "membership", "reminders"}
    assert {(receipt.language, receipt.given_on) for receipt in receipts} == {("th", NOON.date())}


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        (Choices("en", frozenset(), "Heron"), "onboarding.agreements"),
        (Choices("en", frozenset({"agreements"}), "Heron"), "onboarding.agreements"),
        (Choices("en", frozenset({"membership", "reminders"}), "Heron"), "onboarding.agreements"),
        (Choices("en", AGREED, ""), "alias.empty"),
        (Choices("en", AGREED, "🌱"), "alias.no_letters"),
        (Choices("en", AGREED, "Nok Somsri"), "alias.account_name"),
        (Choices("en", AGREED, "heron"), "alias.taken"),
        (Choices("en", AGREED, "Reed", "nowhere"), "space.unknown"),
    ],
)
async def test_a_refused_form_leaves_no_row(town: Town, choices: Choices, code: str) -> None:
    await town.join("Heron")
    nok = town.stranger()
    before = await town.rows()
    await refused(code, lambda: town.onboarding.complete(nok, ("Nok Somsri",), choices))
    await refused(code, lambda: town.onboarding.check(nok, ("Nok Somsri",), choices, upto="space"))
    assert await town.rows() == before
    assert await town.found(nok) is None


@pytest.mark.parametrize(
    ("upto", "passes"),
    [
        ("language", Choices("en", frozenset(), "")),
        ("agreements", Choices("en", AGREED, "")),
        ("alias", Choices("en", AGREED, "Heron")),
        ("space", Choices("en", AGREED, "Heron", "radio")),
    ],
)
async def test_each_step_is_checked_with_what_came_before_and_keeps_nothing(
    town: Town, upto: str, passes: Choices
) -> None:
    nok = town.stranger()
    await town.onboarding.check(nok, (), passes, upto=upto)
    assert await town.rows() == {}


async def test_whoever_presses_twice_is_told_how_they_stand(town: Town) -> None:
    nok = await town.join("Heron", space="garden")
    await town.onboarding.check(nok, (), Choices("en", AGREED, "Heron"), upto="space")
    assert await town.complete(nok, "Another", space="radio") == Welcomed(
        "Heron", MemberState.ACTIVE, "garden", again=True
    )
    assert await town.onboarding.look(nok) == Welcomed("Heron", MemberState.ACTIVE, "garden", again=True)
    assert await town.spaces(nok) == {"garden"}


async def test_one_account_that_finishes_many_times_at_once_is_one_member(town: Town) -> None:
    nok = town.stranger()
    outcomes = await asyncio.gather(*(town.complete(nok, f"Heron {n}", space="garden") for n in range(6)))
    assert sum(not outcome.again for outcome in outcomes) == 1
    rows = await town.rows()
    assert (rows["member"], rows["identity"], rows["member_key"], rows["space_member"]) == (1, 1, 1, 1)
    assert await town.funnel() == {"consented": 1, "active": 1}
    assert len(await town.pending("admit")) == 1


async def test_one_alias_wanted_by_many_at_once_is_one_members(town: Town) -> None:
    people = [town.stranger() for _ in range(6)]
    aliases = ["Heron", "HERON", "He-ron", "H e r o n", "Ｈｅｒｏｎ", "Неrоn"]
    outcomes = await asyncio.gather(
        *(town.complete(account, alias) for account, alias in zip(people, aliases, strict=True)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Welcomed) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)} == {"alias.taken"}
    assert (await town.rows())["member"] == 1
    assert await town.network.look(lambda unit: unit.ledger.first_broken_entry()) is None


async def test_many_who_come_at_once_all_get_in(town: Town) -> None:
    people = [town.stranger("discord" if n % 2 else "matrix") for n in range(20)]
    await asyncio.gather(*(town.complete(account, f"Heron {n}") for n, account in enumerate(people)))
    assert (await town.funnel())["active"] == 20
    assert await town.network.look(lambda unit: unit.ledger.first_broken_entry()) is None


async def test_where_members_vouch_for_newcomers_the_door_waits(database: Database) -> None:
    town = Town(database, vouchers=2)
    nok = town.stranger()
    assert (await town.complete(nok, "Heron", space="garden")).state is MemberState.VOUCHING
    await town.run_effects()
    assert town.discord.doors == {}
    assert await town.funnel() == {"consented": 1, "vouching": 1}
    assert await town.spaces(nok) == {"garden"}


async def test_nobody_gets_past_the_vouching_by_leaving_and_coming_back(database: Database) -> None:
    town = Town(database, vouchers=2)
    nok = await town.join("Heron", space="garden")
    await town.members.leave(nok)
    assert await town.members.resume(nok) is MemberState.VOUCHING
    assert await town.state(nok) == "vouching"


# ── by invitation


async def invited(town: Town) -> tuple[Account, str]:
    """Return a maker of invites, who came in before the door was closed, and a code of theirs."""
    maker = await Town(town.network.database).join("Maker", role=Role.NETWORK_ADMIN)
    made = await Invitations(town.network).create(maker, "book fair")
    return maker, made.code


async def test_without_an_invite_the_way_in_is_closed_where_one_is_asked_for(database: Database) -> None:
    town = Town(database, invite_only=True)
    await invited(town)
    nok = town.stranger()
    await refused("onboarding.invite_only", lambda: town.onboarding.look(nok))
    await refused("onboarding.invite_only", lambda: town.complete(nok, "Heron"))
    await town.arrivals.arrived(nok, "home")
    await refused("onboarding.invite_only", lambda: town.complete(nok, "Heron"))
    assert await town.found(nok) is None


async def test_the_very_first_needs_no_invite(database: Database) -> None:
    town = Town(database, invite_only=True)
    await town.complete(town.stranger(), "Heron")
    await refused("onboarding.invite_only", lambda: town.complete(town.stranger(), "Reed"))


async def test_with_an_invite_the_way_in_is_open_once(database: Database) -> None:
    town = Town(database, invite_only=True)
    _, code = await invited(town)
    nok, thief = town.stranger(), town.stranger()
    await town.onboarding.use_invite(nok, "home", code)
    assert await town.onboarding.look(nok) is None
    await refused("invite.unknown", lambda: town.onboarding.use_invite(thief, "home", code))
    await town.complete(nok, "Heron")
    await refused("onboarding.invite_only", lambda: town.complete(thief, "Reed"))


async def test_one_invite_used_by_many_at_once_lets_one_in(database: Database) -> None:
    town = Town(database, invite_only=True)
    _, code = await invited(town)
    people = [town.stranger() for _ in range(4)]
    outcomes = await asyncio.gather(
        *(town.onboarding.use_invite(account, "home", code) for account in people), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)} == {"invite.unknown"}


async def test_a_second_invite_of_the_same_person_is_not_used_up(database: Database) -> None:
    town = Town(database, invite_only=True)
    maker, code = await invited(town)
    nok, fern = town.stranger(), town.stranger()
    await town.onboarding.use_invite(nok, "home", code)
    second = (await Invitations(town.network).create(maker, "book fair")).code
    await town.onboarding.use_invite(nok, "home", second)
    await town.onboarding.use_invite(fern, "home", second)


async def test_an_invite_opens_the_way_in_for_two_days_however_long_ago_one_arrived(database: Database) -> None:
    town = Town(database, invite_only=True)
    _, code = await invited(town)
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    town.clock.pass_by(hours=71)
    await town.onboarding.use_invite(nok, "home", code)
    town.clock.pass_by(hours=47)
    await purge_expired(town.network.database, town.clock())
    await town.complete(nok, "Heron")


async def test_a_wrong_invite_leaves_no_row_and_too_many_are_enough(town: Town) -> None:
    nok = town.stranger()
    for _ in range(5):
        await refused("invite.unknown", lambda: town.onboarding.use_invite(nok, "home", "WRNG-WRNG-WR"))
    await refused("invite.tries", lambda: town.onboarding.use_invite(nok, "home", "WRNG-WRNG-WR"))
    assert await town.rows() == {}


async def test_a_member_needs_no_invite(town: Town) -> None:
    nok = await town.join("Heron")
    await refused("onboarding.member_already", lambda: town.onboarding.use_invite(nok, "home", "ANY"))


async def test_who_is_being_erased_does_not_start_anew(town: Town) -> None:
    nok = await town.join("Heron", state=MemberState.ERASING)
    await refused("authority.erasing", lambda: town.onboarding.look(nok))
    await refused("authority.erasing", lambda: town.complete(nok, "Reed"))


async def test_a_space_may_ask_for_more_vouches_than_the_network(database: Database) -> None:
    town = Town(database, spaces=(replace(GARDEN, vouchers=2), RADIO), probation_days=0)
    vouching = Vouching(town.network)
    fern, moss = await town.join("Fern"), await town.join("Moss")
    nok = town.stranger()
    welcomed = await town.complete(nok, "Heron", space=GARDEN.key)
    assert (welcomed.state, welcomed.vouchers) == (MemberState.VOUCHING, 2)
    await town.run_effects()
    assert town.discord.places(nok) == set()
    await vouching.vouch(fern, "Heron")
    assert await town.state(nok) == MemberState.VOUCHING
    await vouching.vouch(moss, "Heron")
    assert await town.state(nok) == MemberState.ACTIVE
    await town.run_effects()
    assert town.discord.places(nok) != set()
    assert (await town.complete(town.stranger(), "Reed", space=RADIO.key)).state is MemberState.ACTIVE
