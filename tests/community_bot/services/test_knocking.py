"""Who knocks on Matrix goes the way of a member, or is told alone how to become one; the room hears nothing."""

from __future__ import annotations

import asyncio

import pytest

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access as WayIn
from community_bot.domain.space_state import SpaceState
from community_bot.locales import Language, Markup, catalogues
from community_bot.services.access import Access, Way
from community_bot.services.doorkeeping import Doorkeeping
from community_bot.services.knocking import KNOCKS, WORDS_AN_HOUR, Knocking
from db.engine import Database
from tests.community_bot.built_spaces import build, change, container, desk, ticket_shown
from tests.community_bot.people import Town, spell


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database, probation_days=0)


@pytest.fixture
def knocking(town: Town) -> Knocking:
    return Knocking(town.network)


def said(text: str, language: Language = "en", **values: object) -> str:
    return catalogues().translator(language)(text, **values)


async def on_matrix(town: Town, alias: str, state: MemberState | None = None) -> Account:
    return await town.join(alias, account=town.stranger("matrix"), state=state)


async def test_a_member_who_knocks_at_an_open_space_is_in(town: Town, knocking: Knocking) -> None:
    await build(town)
    nok = await on_matrix(town, "Heron")
    await knocking.knocked(nok, container("orchard"))
    await town.run_effects()
    assert town.matrix.places(nok) == {container("orchard")}
    assert await town.spaces(nok) == {"orchard"}
    assert (town.matrix.inbox(nok), town.matrix.posted) == ([], {})


async def test_spaces_of_the_settings_are_knocked_at_too(town: Town, knocking: Knocking) -> None:
    nok = await on_matrix(town, "Heron")
    await knocking.knocked(nok, "!garden:example.org")
    await town.run_effects()
    assert town.matrix.places(nok) == {"!garden:example.org"}


async def test_the_doors_are_the_spaces_that_were_built(town: Town, knocking: Knocking) -> None:
    assert await knocking.doors() == []
    await build(town)
    assert await knocking.doors() == [container("orchard")]


async def test_who_is_in_the_space_and_knocks_is_invited_anew(town: Town, knocking: Knocking) -> None:
    await build(town)
    nok = await on_matrix(town, "Heron")
    await Access(town.network).join(nok, "orchard")
    await town.run_effects()
    town.matrix.doors.clear()
    await knocking.knocked(nok, container("orchard"))
    await town.run_effects()
    assert town.matrix.places(nok) == {container("orchard")}


async def test_where_one_asks_to_come_in_a_knock_is_that(town: Town, knocking: Knocking) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="orchard")
    nok = await on_matrix(town, "Heron")
    for _ in range(2):
        # it is told again of whoever still stands there, after a restart
        await knocking.knocked(nok, container("orchard"))
        await town.run_effects()
    assert town.matrix.inbox(nok) == [said("access.knock_asked")]
    assert (len(town.discord.inbox(fern)), "release" in town.matrix.calls) == (1, False)
    shown = ticket_shown(town.discord, fern.user_id, "space.approve")
    await Doorkeeping(town.network).decide(fern, shown, let_in=True)
    await town.run_effects()
    assert town.matrix.places(nok) == {container("orchard")}


async def test_a_knock_that_is_answered_no_is_taken_off_and_not_repeated_the_same_day(
    town: Town, knocking: Knocking
) -> None:
    await build(town, access=WayIn.REQUEST)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="orchard")
    nok = await on_matrix(town, "Heron")
    await knocking.knocked(nok, container("orchard"))
    await town.run_effects()
    shown = ticket_shown(town.discord, fern.user_id, "space.decline")
    await Doorkeeping(town.network).decide(fern, shown, let_in=False)
    await town.run_effects()
    assert "release" in town.matrix.calls
    town.matrix.calls.clear()
    await knocking.knocked(nok, container("orchard"))
    await town.run_effects()
    assert "release" in town.matrix.calls
    assert town.matrix.inbox(nok)[-1] == said("access.knock_closed")
    assert len(town.discord.inbox(fern)) == 1


async def test_a_stranger_is_sent_away_and_told_alone_how_to_become_a_member(
    town: Town, knocking: Knocking
) -> None:
    await build(town)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="orchard")
    stranger = town.stranger("matrix")
    await knocking.knocked(stranger, container("orchard"))
    await town.run_effects()
    start = Markup(f"`{spell('start', 'es')}`")
    assert town.matrix.inbox(stranger) == [said("access.knock_stranger", "es", network="Seed Town", start=start)]
    assert "release" in town.matrix.calls
    assert (town.matrix.posted, town.discord.inbox(fern)) == ({}, [])
    assert "space_request" not in await town.rows()
    assert await town.found(stranger) is None


async def test_a_stranger_is_written_to_once_a_day_and_unheard_after_many_knocks(
    town: Town, knocking: Knocking
) -> None:
    await build(town)
    stranger = town.stranger("matrix")
    for _ in range(KNOCKS + 3):
        await knocking.knocked(stranger, container("orchard"))
        await town.run_effects()
    assert len(town.matrix.inbox(stranger)) == 1
    taken_off = town.matrix.calls.count("release")
    town.clock.pass_by(hours=1)
    await knocking.knocked(stranger, container("orchard"))
    await town.run_effects()
    assert town.matrix.calls.count("release") == taken_off + taken_off // KNOCKS
    assert len(town.matrix.inbox(stranger)) == 1
    town.clock.pass_by(days=1)
    await knocking.knocked(stranger, container("orchard"))
    await town.run_effects()
    assert len(town.matrix.inbox(stranger)) == 2


async def test_many_accounts_do_not_make_the_bot_write_to_them_all(town: Town, knocking: Knocking) -> None:
    await build(town)
    for _ in range(WORDS_AN_HOUR + 5):
        await knocking.knocked(town.stranger("matrix"), container("orchard"))
    assert len(await town.pending("tell")) == WORDS_AN_HOUR
    assert len(await town.pending("release")) == WORDS_AN_HOUR + 5


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (MemberState.VOUCHING, "access.knock_waiting"),
        (MemberState.ALUMNI, "access.knock_left"),
        (MemberState.ERASING, None),
    ],
)
async def test_who_is_not_in_the_network_just_now_is_told_what_leads_there(
    town: Town, knocking: Knocking, state: MemberState, text: str | None
) -> None:
    await build(town)
    nok = await on_matrix(town, "Heron", state)
    await knocking.knocked(nok, container("orchard"))
    await town.run_effects()
    resume = Markup(f"`{spell('me resume', 'en')}`")
    assert town.matrix.inbox(nok) == ([] if text is None else [said(text, resume=resume)])
    assert "release" in town.matrix.calls
    assert town.matrix.places(nok) == set()


@pytest.mark.parametrize(
    "values",
    [
        {"access": WayIn.UNLISTED.value},
        {"state": SpaceState.PAUSED.value},
        {"state": SpaceState.ARCHIVED.value},
        {"state": SpaceState.DRAFT.value},
    ],
)
async def test_where_nobody_can_come_in_every_member_hears_the_same(
    town: Town, knocking: Knocking, values: dict[str, object]
) -> None:
    await build(town)
    await change(town, "orchard", **values)
    nok = await on_matrix(town, "Heron")
    await knocking.knocked(nok, container("orchard"))
    await town.run_effects()
    assert town.matrix.inbox(nok) == [said("access.knock_closed")]
    assert "release" in town.matrix.calls
    assert await town.spaces(nok) == set()


async def test_who_was_asked_in_may_knock(town: Town, knocking: Knocking) -> None:
    await build(town, access=WayIn.UNLISTED)
    fern = await town.join("Fern", role=Role.FACILITATOR, scope="orchard")
    nok = await on_matrix(town, "Heron")
    await Doorkeeping(town.network).bring(fern, "orchard", "Heron")
    await knocking.knocked(nok, container("orchard"))
    assert await town.spaces(nok) == {"orchard"}


async def test_rooms_that_are_no_spaces_or_for_facilitators_only_are_left_alone(
    town: Town, knocking: Knocking
) -> None:
    await build(town)
    nok = await on_matrix(town, "Heron")
    for room in (desk("orchard"), "!elsewhere:example.org", ""):
        await knocking.knocked(nok, room)
        await knocking.knocked(town.stranger("matrix"), room)
    assert await town.pending() == []
    assert await town.spaces(nok) == set()


async def test_who_knocks_and_joins_at_once_is_in_once(town: Town, knocking: Knocking) -> None:
    await build(town)
    nok, discord = await on_matrix(town, "Heron"), town.stranger()
    await town.link(nok, discord)
    _, joined = await asyncio.gather(
        knocking.knocked(nok, container("orchard")), Access(town.network).join(discord, "orchard")
    )
    assert joined.way in (Way.IN, Way.IN_ALREADY)
    assert (await town.rows())["space_member"] == 1
