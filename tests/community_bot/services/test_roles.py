"""Entrusting people: with what one holds oneself, never oneself, never for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power, Role
from community_bot.services.roles import make_office_code
from db.engine import Database
from tests.community_bot.people import NOON, Town, refused

TODAY = NOON.date()


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def test_a_member_is_entrusted_for_the_longest_term_unless_said_otherwise(town: Town) -> None:
    admin, nok = await town.join("Admina", role=Role.NETWORK_ADMIN), await town.join("Heron")
    held = await town.roles.grant(admin, "h e r o n", Role.MODERATOR, "garden", None)
    assert held.alias == "Heron"
    assert held.grant.until == TODAY + timedelta(days=180)
    assert (await town.roles.grant(admin, "Heron", Role.MODERATOR, "garden", 7)).grant.until == TODAY + timedelta(7)
    assert await town.held(nok) == {("moderator", "garden")}
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 2


async def test_a_role_ends_with_its_term(town: Town) -> None:
    admin, nok = await town.join("Admina", role=Role.NETWORK_ADMIN), await town.join("Heron")
    await town.roles.grant(admin, "Heron", Role.FACILITATOR, "garden", 7)
    town.clock.pass_by(days=7)
    assert await town.welcome.read(nok, "garden", "en") is None
    town.clock.pass_by(days=1)
    await refused("authority.lacks", lambda: town.welcome.read(nok, "garden", "en"))


@pytest.mark.parametrize("role", [Role.HOST, Role.MODERATOR, Role.SAFETY_LEAD])
async def test_who_entrusts_nobody_is_refused(town: Town, role: Role) -> None:
    giver = await town.join("Giver", role=role)
    await town.join("Heron")
    await refused("authority.lacks", lambda: town.roles.grant(giver, "Heron", Role.HOST, NETWORK, None))
    await refused("authority.lacks", lambda: town.roles.revoke(giver, "Heron", Role.HOST, NETWORK))
    await refused("authority.lacks", lambda: town.roles.holders(giver))
    await refused("authority.not_member", lambda: town.roles.holders(town.stranger()))


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.NETWORK_ADMIN, Role.SAFETY_LEAD])
async def test_nobody_gives_what_they_lack(town: Town, role: Role) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("Heron")
    await refused("role.not_yours", lambda: town.roles.grant(fern, "Heron", role, NETWORK, None))
    assert await town.held(nok) == set()


async def test_nobody_changes_what_they_hold_themselves_with_any_of_their_accounts(town: Town) -> None:
    admin, matrix = await town.join("Admina", role=Role.NETWORK_ADMIN), town.stranger("matrix")
    await town.link(admin, matrix)
    for account in (admin, matrix):
        await refused(
            "role.oneself",
            lambda account=account: town.roles.grant(account, "ADMINA", Role.HOST, NETWORK, None),  # type: ignore[misc]
        )
        await refused(
            "role.oneself",
            lambda account=account: town.roles.revoke(account, "Admina", Role.NETWORK_ADMIN, NETWORK),  # type: ignore[misc]
        )
    assert await town.held(admin) == {("network_admin", NETWORK)}


async def test_a_facilitator_of_one_space_entrusts_there_only(town: Town) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR, scope="garden"), await town.join("Heron")
    await town.roles.grant(fern, "Heron", Role.HOST, "garden", None)
    await refused("authority.lacks", lambda: town.roles.grant(fern, "Heron", Role.HOST, "radio", None))
    await refused("authority.lacks", lambda: town.roles.grant(fern, "Heron", Role.HOST, NETWORK, None))
    assert await town.held(nok) == {("host", "garden")}


@pytest.mark.parametrize(
    ("role", "scope", "days", "code"),
    [
        (Role.HOST, "nowhere", None, "space.unknown"),
        (Role.NETWORK_ADMIN, "garden", None, "role.network_wide"),
        (Role.MEMBER, NETWORK, None, "role.not_given"),
        (Role.STEWARD, NETWORK, 7, "role.not_given"),
        (Role.HOST, NETWORK, 0, "role.term"),
        (Role.HOST, NETWORK, -5, "role.term"),
        (Role.HOST, NETWORK, 366, "role.term"),
        (Role.HOST, NETWORK, 10**12, "role.term"),
    ],
)
async def test_what_cannot_be_given_is_refused(
    town: Town, role: Role, scope: str, days: int | None, code: str
) -> None:
    admin, nok = await town.join("Admina", role=Role.NETWORK_ADMIN), await town.join("Heron")
    await refused(code, lambda: town.roles.grant(admin, "Heron", role, scope, days))
    assert await town.held(nok) == set()


@pytest.mark.parametrize("state", [MemberState.VOUCHING, MemberState.PAUSED, MemberState.ALUMNI])
async def test_who_is_not_there_is_not_entrusted(town: Town, state: MemberState) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await town.join("Heron", state=state)
    await refused("role.not_active", lambda: town.roles.grant(admin, "Heron", Role.HOST, NETWORK, None))


async def test_who_is_hidden_is_nobody(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    await town.join("Heron", role=Role.HOST, state=MemberState.ERASING)
    for alias in ("Heron", "Nobody", "", "🌱"):
        await refused(
            "role.no_such_member",
            lambda alias=alias: town.roles.grant(admin, alias, Role.HOST, NETWORK, None),  # type: ignore[misc]
        )
    assert [holder.alias for holder in await town.roles.holders(admin)] == ["Admina"]


async def test_a_role_is_taken_back_by_who_could_have_given_it(town: Town) -> None:
    admin, fern = await town.join("Admina", role=Role.NETWORK_ADMIN), await town.join("Fern", role=Role.FACILITATOR)
    nok = await town.join("Heron", role=Role.MODERATOR)
    await refused("role.not_yours", lambda: town.roles.revoke(fern, "Heron", Role.MODERATOR, NETWORK))
    await town.roles.revoke(admin, "Heron", Role.MODERATOR, NETWORK)
    await refused("role.not_held", lambda: town.roles.revoke(admin, "Heron", Role.MODERATOR, NETWORK))
    assert await town.held(nok) == set()
    found = await town.network.look(lambda unit: unit.ledger.audit())
    assert ("network_admin", "role.revoked") in {(entry[1], entry[2]) for entry in found}


async def test_two_who_entrust_the_same_member_at_once_make_one_role(town: Town) -> None:
    givers = [await town.join(f"Admina {n}", role=Role.NETWORK_ADMIN) for n in range(3)]
    nok = await town.join("Heron")
    await asyncio.gather(*(town.roles.grant(giver, "Heron", Role.HOST, NETWORK, 7) for giver in givers))
    assert await town.held(nok) == {("host", NETWORK)}
    assert await town.network.look(lambda unit: unit.ledger.first_broken_entry()) is None


# ── who holds what


async def test_who_entrusts_sees_who_is_entrusted_where_they_entrust(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="garden")
    await town.join("Heron", role=Role.HOST, scope="radio")
    assert {holder.alias for holder in await town.roles.holders(admin)} == {"Admina", "Fern", "Heron"}
    assert {holder.alias for holder in await town.roles.holders(fern)} == {"Fern"}


async def test_whose_term_is_over_or_who_has_left_holds_nothing(town: Town) -> None:
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    nok = await town.join("Heron")
    await town.entrust(nok, Role.HOST, days=5)
    await town.join("Reed", role=Role.HOST, state=MemberState.ALUMNI)
    town.clock.pass_by(days=6)
    assert [holder.alias for holder in await town.roles.holders(admin)] == ["Admina"]


# ── the first one


async def test_the_operators_code_makes_a_member_network_admin_once(town: Town) -> None:
    nok, thief = await town.join("Heron"), await town.join("Reed")
    code = await make_office_code(town.network)
    grant = await town.roles.take_office(nok, code.lower())
    assert (grant.role, grant.scope, grant.until) == (Role.NETWORK_ADMIN, NETWORK, TODAY + timedelta(days=365))
    await refused("role.office_code", lambda: town.roles.take_office(thief, code))
    powers = (await town.network.look(lambda unit: unit.who(nok))).may(Power.SEE_HEALTH)
    assert powers
    assert await town.held(thief) == set()


async def test_the_operators_code_holds_for_a_day_and_bears_few_wrong_tries(town: Town) -> None:
    nok = await town.join("Heron")
    code = await make_office_code(town.network)
    town.clock.pass_by(hours=24)
    await refused("role.office_code", lambda: town.roles.take_office(nok, code))
    for _ in range(4):
        await refused("role.office_code", lambda: town.roles.take_office(nok, "WRNG"))
    await refused("role.tries", lambda: town.roles.take_office(nok, "ANY-CODE"))
    town.clock.pass_by(hours=1)
    await refused("role.office_code", lambda: town.roles.take_office(nok, "WRNG"))


async def test_many_who_type_the_operators_code_at_once_are_one_admin(town: Town) -> None:
    people = [await town.join(f"Heron {n}") for n in range(4)]
    code = await make_office_code(town.network)
    outcomes = await asyncio.gather(
        *(town.roles.take_office(account, code) for account in people), return_exceptions=True
    )
    assert sum(not isinstance(outcome, Refusal) for outcome in outcomes) == 1


async def test_the_first_member_of_a_network_that_asks_for_vouchers_gets_in_by_the_operators_code(
    database: Database,
) -> None:
    town = Town(database, vouchers=2)
    nok = await town.join("Heron", space="garden")
    assert await town.state(nok) == "vouching"
    await town.roles.take_office(nok, await make_office_code(town.network))
    assert await town.state(nok) == "active"
    await town.run_effects()
    assert town.discord.places(nok) == {"501", "502"}


@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.ALUMNI])
async def test_who_is_away_takes_no_office_and_the_code_stays_good(town: Town, state: MemberState) -> None:
    nok, fern = await town.join("Heron", state=state), await town.join("Fern")
    code = await make_office_code(town.network)
    await refused("role.not_active", lambda: town.roles.take_office(nok, code))
    await town.roles.take_office(fern, code)
