"""Who is let into a space by others: asked for by alias, decided once, told in private, and never without a yes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Role
from community_bot.domain.space_design import Access as WayIn
from community_bot.domain.space_state import SpaceState
from community_bot.services.access import Access, Way
from community_bot.services.doorkeeping import OFFERS_A_DAY, Decided, Doorkeeping
from community_bot.services.erasing import Erasing
from community_bot.services.retention import Retention
from community_bot.services.space_views import Standing
from db.engine import Database
from db.tables import metadata
from tests.community_bot.built_spaces import SERVER, build, change, participants_role, ticket_shown
from tests.community_bot.people import AGREED, Town, refused


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database, probation_days=0)


@pytest.fixture
def access(town: Town) -> Access:
    return Access(town.network)


@pytest.fixture
def doorkeeping(town: Town) -> Doorkeeping:
    return Doorkeeping(town.network)


async def keeper(town: Town, alias: str = "Fern", space: str = "orchard") -> Account:
    """Let somebody in who facilitates a space."""
    return await town.join(alias, space=space if space == "garden" else "", role=Role.FACILITATOR, scope=space)


async def asked(town: Town, access: Access, alias: str = "Heron") -> Account:
    """Let somebody ask to come into the orchard, and everybody be told."""
    nok = await town.join(alias)
    assert (await access.join(nok, "orchard")).way is Way.ASKED
    await town.run_effects()
    return nok


def ticket(town: Town, facilitator: Account) -> str:
    return ticket_shown(town.discord, facilitator.user_id, "space.approve")


async def everything(town: Town) -> str:
    """Return all that stands readable in the database."""

    def work_of(rows: list[tuple[object, ...]]) -> str:
        return "|".join(
            each.decode("latin-1") if isinstance(each, bytes) else str(each) for row in rows for each in row
        )

    tables = metadata.sorted_tables
    found = await town.network.look(
        lambda unit: [tuple(row) for table in tables for row in unit.connection.execute(select(table))]
    )
    return work_of(found)


# ── asking


async def test_those_who_facilitate_the_space_are_asked_and_decide_with_a_button(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern, moss = await keeper(town), await keeper(town, "Moss")
    reed, admin = await keeper(town, "Reed", "garden"), await town.join("Admina", role=Role.NETWORK_ADMIN)
    nok = await asked(town, access)
    assert [len(town.discord.inbox(each)) for each in (fern, moss, reed, admin, nok)] == [1, 1, 0, 0, 0]
    assert "Heron" in town.discord.inbox(fern)[0]
    assert await doorkeeping.decide(fern, ticket(town, fern), let_in=True) == await decided(doorkeeping, town, nok)
    await town.run_effects()
    assert town.discord.roles == {(nok.user_id, SERVER, participants_role("orchard"))}
    assert len(town.discord.inbox(nok)) == 1


async def decided(doorkeeping: Doorkeeping, town: Town, nok: Account) -> Decided:
    """Return what letting somebody in is answered with."""
    door = (await Access(town.network).show(nok, "orchard")).seen.door
    return Decided("Heron", door, let_in=True)


async def test_who_asks_twice_is_told_so_and_nobody_is_asked_twice(town: Town, access: Access) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok, on_matrix = await town.join("Heron"), town.stranger("matrix")
    await town.link(nok, on_matrix)
    ways = await asyncio.gather(*(access.join(each, "orchard") for each in (nok, on_matrix, nok)))
    assert sorted(each.way for each in ways) == [Way.ASKED, Way.ASKED_ALREADY, Way.ASKED_ALREADY]
    await town.run_effects()
    assert len(town.discord.inbox(fern)) == 1
    assert [each.standing for each in (await access.listed(nok)).spaces if each.door.key == "orchard"] == [
        Standing.ASKED
    ]


async def test_neither_the_alias_nor_the_ticket_stands_readable_in_the_database(town: Town, access: Access) -> None:
    await build(town, access=WayIn.REQUEST)
    fern, nok = await keeper(town), await town.join("ใบเตยหอม")
    await access.join(nok, "orchard")
    stored = await everything(town)
    assert "ใบเตย" not in stored
    assert "ใบเตย".encode().decode("latin-1") not in stored
    assert "ใบเตย".encode("unicode_escape").decode() not in stored
    await town.run_effects()
    assert ticket(town, fern) not in stored + await everything(town)


async def test_where_nobody_of_the_space_can_be_told_those_of_the_network_are(town: Town, access: Access) -> None:
    await build(town, access=WayIn.REQUEST)
    await town.join("Paused", role=Role.FACILITATOR, scope="orchard", state=MemberState.PAUSED)
    silent = town.stranger()
    await town.complete(silent, "Silent", agreed=AGREED)
    await town.entrust(silent, Role.FACILITATOR, "orchard")
    over = await town.join("Over")
    await town.entrust(over, Role.FACILITATOR, "orchard", days=-1)
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    fern = await town.join("Fern", role=Role.FACILITATOR)
    await asked(town, access)
    told = {each.user_id for each in (admin, fern)}
    assert {user_id for user_id, _ in town.discord.told.values()} == told


async def test_a_request_that_nobody_could_be_told_of_still_stands_in_the_list(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    nok = await asked(town, access)
    fern = await keeper(town)
    (waiting,) = (await doorkeeping.requests(fern, "Orchard")).asking
    await doorkeeping.decide(fern, waiting.ticket, let_in=True)
    assert await town.spaces(nok) == {"orchard"}


# ── deciding


async def test_the_first_answer_stands(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.REQUEST)
    fern, moss = await keeper(town), await keeper(town, "Moss")
    nok = await asked(town, access)
    await doorkeeping.decide(fern, ticket(town, fern), let_in=False)
    for each in (fern, moss):
        for let_in in (True, False):
            await refused(
                "access.answered",
                lambda each=each, let_in=let_in: doorkeeping.decide(each, ticket(town, fern), let_in=let_in),  # type: ignore[misc]
            )
    await town.run_effects()
    assert (await town.spaces(nok), len(town.discord.inbox(nok))) == (set(), 1)


async def test_of_two_who_answer_at_once_one_has_answered(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    ferns = [await keeper(town, f"Fern {number}") for number in range(4)]
    nok = await asked(town, access)
    outcomes = await asyncio.gather(
        *(
            doorkeeping.decide(fern, ticket(town, fern), let_in=number % 2 == 0)
            for number, fern in enumerate(ferns)
        ),
        return_exceptions=True,
    )
    (answer,) = [each for each in outcomes if isinstance(each, Decided)]
    assert {each.code for each in outcomes if isinstance(each, Refusal)} == {"access.answered"}
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1
    assert await town.spaces(nok) == ({"orchard"} if answer.let_in else set())


async def test_only_who_runs_that_space_decides(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.REQUEST)
    fern, reed = await keeper(town), await keeper(town, "Reed", "garden")
    host = await town.join("Host", role=Role.HOST, scope="orchard")
    nok = await asked(town, access)
    shown = ticket(town, fern)
    for each in (reed, host, nok):
        await refused("authority.lacks", lambda each=each: doorkeeping.decide(each, shown, let_in=True))  # type: ignore[misc]
        await refused("authority.lacks", lambda each=each: doorkeeping.requests(each, "orchard"))  # type: ignore[misc]
    await refused("authority.not_member", lambda: doorkeeping.decide(town.stranger(), shown, let_in=True))
    await refused("access.answered", lambda: doorkeeping.decide(fern, "made-up", let_in=True))
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    assert (await doorkeeping.decide(admin, shown, let_in=True)).let_in


async def test_nobody_answers_themselves(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok = await asked(town, access)
    await town.entrust(nok, Role.FACILITATOR, "orchard")
    await refused("access.own_request", lambda: doorkeeping.decide(nok, ticket(town, fern), let_in=True))


@pytest.mark.parametrize("state", [MemberState.ALUMNI, MemberState.ERASING])
async def test_who_has_gone_since_is_nobody_to_decide_about(
    town: Town, access: Access, doorkeeping: Doorkeeping, state: MemberState
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok = await asked(town, access)
    row = await town.record(nok)
    await town.network.act(lambda unit: unit.members.set_state(row.id, state, unit.today))
    assert (await doorkeeping.requests(fern, "orchard")).asking == ()
    for let_in in (True, False):
        await refused(
            "access.answered",
            lambda let_in=let_in: doorkeeping.decide(fern, ticket(town, fern), let_in=let_in),  # type: ignore[misc]
        )
    await town.run_effects()
    assert (town.discord.roles, town.discord.inbox(nok)) == (set(), [])


async def test_with_a_member_goes_what_they_asked_and_were_asked(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    await build(town, "cellar", title="Cellar", access=WayIn.UNLISTED)
    fern = await keeper(town, space="cellar")
    leaving, erased = await town.join("Heron"), await town.join("Reed")
    for each, alias in ((leaving, "Heron"), (erased, "Reed")):
        await access.join(each, "orchard")
        await doorkeeping.bring(fern, "cellar", alias)
    assert (await town.rows())["space_request"] == 4
    await town.members.leave(leaving)
    assert (await town.rows())["space_request"] == 2
    await Erasing(town.network, Retention(town.network)).erase(erased, at_once=True)
    assert "space_request" not in await town.rows()


async def test_who_pauses_is_let_in_and_left_in_peace(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok = await asked(town, access)
    await town.members.pause(nok)
    await doorkeeping.decide(fern, ticket(town, fern), let_in=True)
    await town.run_effects()
    assert await town.spaces(nok) == {"orchard"}
    assert town.discord.inbox(nok) == []


async def test_who_wants_no_messages_is_told_the_answer_they_asked_for(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern, nok = await keeper(town), town.stranger()
    await town.complete(nok, "Heron", agreed=AGREED)
    await access.join(nok, "orchard")
    await town.run_effects()
    await doorkeeping.decide(fern, ticket(town, fern), let_in=False)
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


async def test_who_was_told_no_asks_again_another_day_and_old_buttons_lead_nowhere(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok = await asked(town, access)
    old = ticket(town, fern)
    await doorkeeping.decide(fern, old, let_in=False)
    await refused("access.asked_lately", lambda: access.join(nok, "orchard"))
    assert "space_request" not in await town.rows()
    town.clock.pass_by(days=1)
    assert (await access.join(nok, "orchard")).way is Way.ASKED
    await refused("access.answered", lambda: doorkeeping.decide(fern, old, let_in=True))
    await town.run_effects()
    assert ticket(town, fern) != old


async def test_what_nobody_answers_ends_after_two_weeks_and_is_told_once(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok, on_matrix = await town.join("Heron"), town.stranger("matrix")
    await town.link(nok, on_matrix)
    await access.join(nok, "orchard")
    await town.run_effects()
    town.clock.pass_by(days=14)
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert len((await doorkeeping.requests(fern, "orchard")).asking) == 1
    town.discord.told.clear()
    town.clock.pass_by(days=1)
    assert (await doorkeeping.requests(fern, "orchard")).asking == ()
    await refused("access.answered", lambda: doorkeeping.decide(fern, "whatever", let_in=True))
    for _ in range(2):
        report = await Retention(town.network).run_daily()
        await town.run_effects()
    assert "space_request" not in report.removed
    assert len(town.discord.inbox(nok)) == 1
    assert "release" in town.matrix.calls
    assert "space_request" not in await town.rows()


async def test_in_a_space_that_rests_the_request_waits(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok = await asked(town, access)
    await change(town, "orchard", state=SpaceState.PAUSED.value)
    await refused("access.resting.paused", lambda: doorkeeping.decide(fern, ticket(town, fern), let_in=True))
    await change(town, "orchard", state=SpaceState.ACTIVE.value)
    await doorkeeping.decide(fern, ticket(town, fern), let_in=True)
    assert await town.spaces(nok) == {"orchard"}


async def test_who_asked_first_stands_first_and_sees_that_a_role_looked(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    people = []
    for number in range(7):
        people.append(await asked(town, access, f"Heron {number}"))
        town.clock.pass_by(days=1)
    queue = await doorkeeping.requests(fern, "orchard")
    assert [(each.alias, each.days) for each in queue.asking] == [(f"Heron {n}", 7 - n) for n in range(5)]
    assert queue.more == 2
    rows = [await town.record(each) for each in people]
    viewed = await town.network.look(lambda unit: [len(unit.ledger.viewers(row.id)) for row in rows])
    assert viewed == [1, 1, 1, 1, 1, 0, 0]


# ── asking somebody in


async def test_who_is_asked_in_comes_by_their_own_yes(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern, nok, other = await keeper(town), await town.join("Heron"), await town.join("Reed")
    await doorkeeping.bring(fern, "orchard", "h e r o n")
    await doorkeeping.bring(fern, "orchard", "Heron")
    await town.run_effects()
    assert (await town.spaces(nok), len(town.discord.inbox(nok))) == (set(), 1)
    shown = ticket_shown(town.discord, nok.user_id, "space.come")
    await refused("access.no_offer", lambda: access.come(other, shown))
    await refused("access.answered", lambda: doorkeeping.decide(fern, shown, let_in=True))
    assert (await access.come(nok, shown)).way is Way.IN
    await refused("access.no_offer", lambda: access.come(nok, shown))
    await town.run_effects()
    assert town.discord.roles == {(nok.user_id, SERVER, participants_role("orchard"))}


async def test_who_is_asked_in_may_know_of_the_space_meanwhile(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern, nok = await keeper(town), await town.join("Heron")
    await refused("space.unknown", lambda: access.show(nok, "Orchard"))
    await doorkeeping.bring(fern, "orchard", "Heron")
    assert (await access.show(nok, "Orchard")).seen.standing is Standing.OFFERED
    await town.run_effects()
    town.clock.pass_by(days=15)
    await refused("space.unknown", lambda: access.join(nok, "Orchard"))
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


async def test_who_was_asked_in_may_just_join(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.REQUEST)
    fern, nok = await keeper(town), await town.join("Heron")
    await doorkeeping.bring(fern, "orchard", "Heron")
    assert (await access.join(nok, "orchard")).way is Way.IN


async def test_who_has_asked_is_let_in_when_somebody_brings_them(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    nok = await asked(town, access)
    await doorkeeping.bring(fern, "orchard", "Heron")
    await town.run_effects()
    assert (await town.spaces(nok), len(town.discord.inbox(nok))) == ({"orchard"}, 1)
    await refused("access.answered", lambda: doorkeeping.decide(fern, ticket(town, fern), let_in=False))


async def test_into_an_open_space_a_member_is_shown_the_way(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town)
    fern, reed = await keeper(town), await keeper(town, "Reed", "garden")
    nok = await town.join("Heron")
    await doorkeeping.bring(fern, "orchard", "Heron")
    await doorkeeping.bring(reed, "garden", "Heron")
    await town.run_effects()
    assert "space_request" not in await town.rows()
    assert ticket_shown(town.discord, nok.user_id, "space.join") == "garden"
    assert await town.spaces(nok) == set()


async def test_whoever_is_named_the_answer_and_the_audit_are_the_same(town: Town, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern = await keeper(town)
    await town.join("Heron")
    for state in (MemberState.PAUSED, MemberState.ERASING, MemberState.ALUMNI, MemberState.VOUCHING):
        await town.join(state.value.title(), state=state)
    answers = set()
    for alias in ("Heron", "Paused", "Erasing", "Alumni", "Vouching", "Nobody", "", "🌱"):
        answers.add((await doorkeeping.bring(fern, "orchard", alias)).key)
    assert answers == {"orchard"}
    assert (await town.rows())["space_request"] == 1
    audit = await town.network.look(lambda unit: unit.ledger.audit())
    assert len({entry[1:] for entry in audit if entry[2] == "space.offered"}) == 1
    await refused("access.oneself", lambda: doorkeeping.bring(fern, "orchard", "Fern"))


async def test_nobody_finds_out_by_naming_many(town: Town, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern = await keeper(town)
    for number in range(OFFERS_A_DAY):
        await doorkeeping.bring(fern, "orchard", f"Somebody {number}")
    await refused("access.offers", lambda: doorkeeping.bring(fern, "orchard", "Heron"))
    town.clock.pass_by(days=1)
    await doorkeeping.bring(fern, "orchard", "Heron")


async def test_only_who_runs_a_space_asks_people_in(town: Town, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.UNLISTED)
    await build(town, "plot", title="Plot")
    fern, nok = await keeper(town, space="garden"), await town.join("Heron")
    for each in (fern, nok):
        await refused("space.unknown", lambda each=each: doorkeeping.bring(each, "orchard", "Heron"))  # type: ignore[misc]
        await refused("authority.lacks", lambda each=each: doorkeeping.bring(each, "plot", "Heron"))  # type: ignore[misc]
    assert [each.key for each in await doorkeeping.runnable(fern)] == ["garden"]
    assert await doorkeeping.runnable(nok) == []
    admin = await town.join("Admina", role=Role.NETWORK_ADMIN)
    assert {each.key for each in await doorkeeping.runnable(admin)} == {"garden", "radio", "orchard", "plot"}
    assert [each.key for each in await doorkeeping.runnable(admin, "orch")] == ["orchard"]


async def test_into_a_space_that_rests_nobody_is_asked(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern, nok = await keeper(town), await town.join("Heron")
    await doorkeeping.bring(fern, "orchard", "Heron")
    await town.run_effects()
    await change(town, "orchard", state=SpaceState.PAUSED.value)
    await refused("access.resting.paused", lambda: doorkeeping.bring(fern, "orchard", "Reed"))
    shown = ticket_shown(town.discord, nok.user_id, "space.come")
    await refused("access.resting.paused", lambda: access.come(nok, shown))


async def test_a_facilitator_of_the_network_keeps_every_door(
    town: Town, access: Access, doorkeeping: Doorkeeping
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope=NETWORK)
    nok = await asked(town, access)
    await doorkeeping.decide(fern, ticket(town, fern), let_in=True)
    assert await town.spaces(nok) == {"orchard"}


async def test_what_waits_is_as_old_as_it_is_said(town: Town, access: Access, doorkeeping: Doorkeeping) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await keeper(town)
    await asked(town, access)
    town.clock.now += timedelta(hours=30)
    (waiting,) = (await doorkeeping.requests(fern, "orchard")).asking
    assert waiting.days == 1
    assert "Heron" not in repr(waiting)
    assert waiting.ticket not in repr(waiting)
