"""Who comes is greeted once, without a record, and forgotten when they go."""

from __future__ import annotations

import asyncio

import pytest

from community_bot.domain.roles import Role
from community_bot.locales import LANGUAGES, Language, catalogues
from community_bot.services.retention import Retention
from db.arrival_store import ArrivalRow, ArrivalStore
from db.engine import Database
from db.retention import purge_expired
from tests.community_bot.people import Town


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def test_somebody_who_comes_is_greeted_once_also_after_a_restart(town: Town) -> None:
    nok = town.stranger()
    assert await town.arrivals.arrived(nok, "home")
    assert await town.arrivals.waiting([nok]) == [nok]
    await town.arrivals.greeted([nok], "500", "7")
    assert not await town.arrivals.arrived(nok, "home")
    assert await town.arrivals.waiting([nok]) == []
    again = Town(town.network.database)
    assert not await again.arrivals.arrived(nok, "home")


async def test_who_was_not_greeted_before_a_crash_still_is(town: Town) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    again = Town(town.network.database)
    assert await again.arrivals.arrived(nok, "home")
    assert (await again.funnel()) == {"arrived": 1}


async def test_an_arrival_heard_many_times_at_once_is_one_arrival(town: Town) -> None:
    nok = town.stranger()
    await asyncio.gather(*(town.arrivals.arrived(nok, "home") for _ in range(8)))
    assert await town.rows() == {"arrival": 1, "tally": 1}
    assert await town.funnel() == {"arrived": 1}


# SQLite has one writer: nobody is overtaken there
@pytest.mark.parametrize("engine", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_who_is_overtaken_between_looking_and_noting_counts_nobody_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    looked: list[str] = []
    really = ArrivalStore.get

    def look(store: ArrivalStore, platform: str, user_id: str) -> ArrivalRow | None:
        looked.append(user_id)
        # the first look was before the other was done
        return really(store, platform, user_id) if len(looked) > 1 else None

    monkeypatch.setattr(ArrivalStore, "get", look)
    assert await town.arrivals.arrived(nok, "home")
    assert len(looked) == 2
    assert await town.funnel() == {"arrived": 1}


async def test_nothing_is_kept_of_a_stranger_but_a_hash_for_two_days(town: Town) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    town.clock.pass_by(hours=47)
    await purge_expired(town.network.database, town.clock())
    assert (await town.rows())["arrival"] == 1
    town.clock.pass_by(hours=25)
    await purge_expired(town.network.database, town.clock())
    assert "arrival" not in await town.rows()


async def test_a_member_who_comes_to_another_home_is_not_greeted(town: Town) -> None:
    nok = await town.join("Heron")
    assert not await town.arrivals.arrived(nok, "home")
    assert "arrival" not in await town.rows()


async def test_who_leaves_the_home_they_came_to_is_forgotten_and_greeted_again(town: Town) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    await town.arrivals.left(nok, "another home")
    assert await town.arrivals.waiting([nok]) == [nok]
    await town.arrivals.left(nok, "home")
    await town.arrivals.left(nok, "home")
    assert await town.arrivals.waiting([nok]) == []
    assert await town.funnel() == {"arrived": 1, "left": 1}
    assert await town.arrivals.arrived(nok, "home")


async def test_a_member_who_leaves_a_home_keeps_their_record(town: Town) -> None:
    nok = await town.join("Heron")
    await town.arrivals.left(nok, "home")
    assert await town.state(nok) == "active"


async def test_a_greeting_is_taken_back_when_all_it_named_have_gone_on(town: Town) -> None:
    nok, fern = town.stranger(), town.stranger()
    for account in (nok, fern):
        await town.arrivals.arrived(account, "home")
    await town.arrivals.greeted([nok, fern], "500", "7")
    await town.complete(nok, "Heron")
    assert await town.pending("take_back") == []
    await town.complete(fern, "Fern")
    await town.run_effects()
    assert town.discord.gone == [("500", "7")]


async def test_a_greeting_is_taken_back_when_the_last_it_named_goes_away(town: Town) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    await town.arrivals.greeted([nok], "500", "7")
    await town.arrivals.left(nok, "home")
    await town.run_effects()
    assert town.discord.gone == [("500", "7")]


async def test_a_greeting_that_came_too_late_for_everybody_is_taken_back(town: Town) -> None:
    nok = town.stranger()
    await town.arrivals.arrived(nok, "home")
    await town.complete(nok, "Heron")
    await town.arrivals.greeted([nok], "500", "7")
    await town.run_effects()
    assert town.discord.gone == [("500", "7")]


async def test_whoever_never_begins_is_not_named_in_the_channel_for_ever(town: Town) -> None:
    nok, later = town.stranger(), town.stranger()
    await town.arrivals.arrived(nok, "home")
    await town.arrivals.greeted([nok], "500", "7")
    town.clock.pass_by(days=1)
    await town.arrivals.arrived(later, "home")
    await town.arrivals.greeted([later], "500", "8")
    town.clock.pass_by(days=2)
    await Retention(town.network).run_daily()
    await town.run_effects()
    assert town.discord.gone == [("500", "7")]


async def test_two_who_go_on_at_the_same_moment_leave_no_greeting_behind(town: Town) -> None:
    people = [town.stranger() for _ in range(6)]
    for account in people:
        await town.arrivals.arrived(account, "home")
    await town.arrivals.greeted(people, "500", "7")
    await asyncio.gather(*(town.complete(account, f"Heron {n}") for n, account in enumerate(people)))
    assert len(await town.pending("take_back")) == 1


async def test_on_matrix_the_greeting_stays_in_the_persons_own_room(town: Town) -> None:
    nok = town.stranger("matrix")
    await town.arrivals.arrived(nok, "home")
    await town.arrivals.greeted([nok], "!room:example.org", "$event")
    await town.complete(nok, "Heron")
    assert await town.pending("take_back") == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_greeting_speaks_the_language_and_says_whose_network_it_is(
    town: Town, language: Language
) -> None:
    card = await town.arrivals.greeting(language)
    assert card.text == catalogues().translator(language)("welcome.greeting", network="Seed Town")
    assert [(each.action, each.argument) for each in card.buttons] == [("form.open", "onboarding")]


async def test_the_facilitators_own_words_greet_in_their_language_and_scope_only(town: Town) -> None:
    fern = await town.join("Fern", role=Role.FACILITATOR)
    await town.welcome.write(fern, "network", "th", "**สวัสดี** ชาวเมล็ดพันธุ์")
    assert (await town.arrivals.greeting("th")).text == "**สวัสดี** ชาวเมล็ดพันธุ์"
    assert "Seed Town" in (await town.arrivals.greeting("en")).text
    assert "Seed Town" in (await town.arrivals.greeting("th", "garden")).text


async def test_up_to_when_a_home_was_looked_at_is_remembered(town: Town) -> None:
    assert await town.arrivals.seen_until("home") is None
    await town.arrivals.set_seen_until("home", town.clock())
    assert await town.arrivals.seen_until("home") == town.clock()
    assert await town.arrivals.seen_until("another home") is None
