"""Company for newcomers: asked one to one, told to the two, written nowhere."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from community_bot.commands.request import Incoming
from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Role
from db.engine import Database
from db.tables import effect
from tests.community_bot.people import Town, refused, spell


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


def ticket_of(town: Town, account: Account) -> str:
    """Return what stands behind the button that somebody was shown."""
    cards = [card for user_id, card in town.discord.told.values() if user_id == account.user_id]
    return next(button.argument for card in cards for button in card.buttons if button.action == "buddy.take")


async def test_who_welcomes_is_asked_and_the_two_are_told_of_each_other(town: Town) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("Heron")
    await town.buddies.ask(nok)
    await town.run_effects()
    assert ["Heron" in text for text in town.discord.inbox(fern)] == [True]
    assert await town.buddies.take(fern, ticket_of(town, fern)) == "Heron"
    await town.run_effects()
    assert ["Fern" in text for text in town.discord.inbox(nok)] == [True]
    assert "buddy_request" not in await town.rows()
    assert "effect" not in await town.rows()


async def test_the_button_works_where_it_was_shown(town: Town) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("Heron")
    await town.buddies.ask(nok)
    await town.run_effects()
    incoming = Incoming(fern, (), None, None, None, True, spell)
    reply = await town.desk.press(incoming, "buddy.take", ticket_of(town, fern))
    assert "Heron" in reply.text


async def test_neither_the_alias_nor_the_ticket_stands_readable_in_the_database(town: Town) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("ใบเตยหอม")
    await town.buddies.ask(nok)
    rows = await town.network.look(lambda unit: unit.connection.execute(select(effect)).all())
    stored = b"|".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert "ใบเตย".encode() not in stored
    assert "ใบเตย".encode("unicode_escape") not in stored
    await town.run_effects()
    assert ticket_of(town, fern).encode() not in stored


async def test_three_at_most_are_asked_at_once_and_nobody_asks_twice(town: Town) -> None:
    for number in range(5):
        await town.join(f"Fern {number}", role=Role.FACILITATOR)
    nok = await town.join("Heron", role=Role.HOST)
    await town.buddies.ask(nok)
    await refused("buddy.asked", lambda: town.buddies.ask(nok))
    await town.run_effects()
    assert len(town.discord.told) == 3
    assert town.discord.inbox(nok) == []
    town.clock.pass_by(days=7)
    await town.buddies.ask(nok)


async def test_only_those_are_asked_who_welcome_where_the_newcomer_is_and_are_there_today(town: Town) -> None:
    await town.join("Radio Host", role=Role.HOST, scope="radio")
    await town.join("Mod of All", role=Role.MODERATOR)
    await town.join("Paused", role=Role.HOST, state=MemberState.PAUSED)
    await town.join("Erasing", role=Role.HOST, state=MemberState.ERASING)
    was_host = await town.join("Was Host")
    await town.entrust(was_host, Role.HOST, NETWORK, days=1)
    town.clock.pass_by(days=2)
    nok = await town.join("Heron", space="garden")
    await refused("buddy.nobody", lambda: town.buddies.ask(nok))
    garden_host = await town.join("Garden Host", role=Role.HOST, scope="garden")
    await town.buddies.ask(nok)
    await town.run_effects()
    assert [user_id for user_id, _ in town.discord.told.values()] == [garden_host.user_id]


async def test_of_those_who_say_yes_at_once_one_is_the_buddy(town: Town) -> None:
    ferns = [await town.join(f"Fern {number}", role=Role.FACILITATOR) for number in range(3)]
    nok = await town.join("Heron")
    await town.buddies.ask(nok)
    await town.run_effects()
    outcomes = await asyncio.gather(
        *(town.buddies.take(fern, ticket_of(town, fern)) for fern in ferns), return_exceptions=True
    )
    assert outcomes.count("Heron") == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refusal)} == {"buddy.taken"}
    await town.run_effects()
    assert len(town.discord.inbox(nok)) == 1


@pytest.mark.parametrize("state", [MemberState.PAUSED, MemberState.ALUMNI, MemberState.ERASING])
async def test_who_is_no_longer_there_is_not_told_of_to_anybody(town: Town, state: MemberState) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("Heron")
    await town.buddies.ask(nok)
    await town.run_effects()
    row = await town.record(nok)
    await town.network.act(lambda unit: unit.members.set_state(row.id, state, unit.today))
    await refused("buddy.taken", lambda: town.buddies.take(fern, ticket_of(town, fern)))


async def test_a_ticket_that_is_wrong_too_old_or_ones_own_is_somebody_elses_luck(town: Town) -> None:
    fern, nok = await town.join("Fern", role=Role.FACILITATOR), await town.join("Heron")
    await town.buddies.ask(nok)
    await town.run_effects()
    ticket = ticket_of(town, fern)
    await refused("buddy.taken", lambda: town.buddies.take(fern, "WRNG"))
    await refused("buddy.taken", lambda: town.buddies.take(nok, ticket))
    await refused("authority.not_member", lambda: town.buddies.take(town.stranger(), ticket))
    town.clock.pass_by(days=7)
    await refused("buddy.taken", lambda: town.buddies.take(fern, ticket))


async def test_who_waits_to_be_vouched_for_does_not_ask_yet(town: Town) -> None:
    nok = await town.join("Heron", state=MemberState.VOUCHING)
    await refused("authority.vouching", lambda: town.buddies.ask(nok))
