"""Rooms know where their words go: said when they are joined and when that changes, and never twice."""

from __future__ import annotations

import pytest

from bridges.terms import EndTerms
from community_bot.domain.home import Home
from community_bot.locales import LANGUAGES, Language
from community_bot.services.bridging_port import Named
from db.bridge_rows import Place
from db.engine import Database
from tests.bridges.memory_home import joining, place_of
from tests.community_bot.joined_town import HILL, LAKE, RIVER, JoinedTown

HOMES = (Home("river", "discord", "th"), Home("matrix", "matrix", "es"))
BOTH, ALL_THREE = joining(garden="d1 m1"), joining(garden="d1 m1 m2")


@pytest.fixture
def town(sqlite_database: Database) -> JoinedTown:
    return JoinedTown(sqlite_database, homes=HOMES)


async def told(town: JoinedTown) -> dict[str, list[str]]:
    """Return what every place was told so far, oldest first, after all has been said that is to be said."""
    while await town.notices.look():
        pass
    await town.run_effects()
    found: dict[str, list[str]] = {}
    for porch in (town.discord, town.matrix):
        for place, card in porch.posted.values():
            found.setdefault(place, []).append(card.text)
    return found


async def test_each_room_is_told_in_its_language_with_which_others_it_is_joined(town: JoinedTown) -> None:
    async with town.joined(BOTH):
        said = await told(town)
    (in_river,), (in_hill,) = said[RIVER.ref], said[HILL.ref]
    assert in_river.splitlines()[:3] == [
        "**ห้องนี้เชื่อมกับห้องอื่น**",
        "สิ่งที่เขียนที่นี่จะมีสำเนาในห้องเหล่านี้ และสิ่งที่เขียนที่นั่นจะมาถึงที่นี่",
        "- **Radio de la colina**",
    ]
    assert "การเข้ารหัสจากต้นทางถึงปลายทางสิ้นสุดที่สะพาน" in in_river
    assert "- **\\#ห้องวิทยุ · River House**" in in_hill
    for sentence in ("puede tener efectos legales", "borra también sus copias", "`/es:bridge-list`"):
        assert sentence in in_hill
    assert RIVER.ref not in in_hill.replace("River", "")


async def test_nothing_is_said_twice_also_after_a_restart(town: JoinedTown) -> None:
    async with town.joined(BOTH):
        first = await told(town)
        assert await told(town) == first
    again = JoinedTown(town.network.database, homes=HOMES)
    async with again.joined(BOTH):
        assert await told(again) == {}


async def test_a_pause_and_a_title_change_nothing_of_it(town: JoinedTown) -> None:
    async with town.joined(BOTH):
        first = await told(town)
        for end in await town.bridge_desk.report():
            await town.bridge.pause(end.id, paused=True)
        await town.bridge.settle(BOTH, {HILL: EndTerms(title="Hill", links=False)})
        assert await told(town) == first


async def test_a_place_that_comes_and_a_direction_that_changes_are_told(town: JoinedTown) -> None:
    async with town.joined(BOTH):
        await told(town)
        await town.bridge.settle(ALL_THREE, {LAKE: EndTerms(gives=False)})
        said = await told(town)
        assert [len(said[place.ref]) for place in (RIVER, HILL, LAKE)] == [2, 2, 1]
        assert "Lo que se escribe aquí se queda aquí." in said[LAKE.ref][0]
        assert "Lo que se escribe aquí se copia a:\n- **\\#ห้องวิทยุ · River House**" in said[HILL.ref][1]


async def test_a_room_that_replaced_another_is_told_and_so_are_the_others(town: JoinedTown) -> None:
    async with town.joined(BOTH):
        await told(town)
        moved_to = place_of("m9")
        assert await town.bridge.move(town.at(HILL).id, moved_to)
        town.signposts.named[moved_to] = Named("Radio nueva", "matrix")
        said = await told(town)
        assert [len(said[place.ref]) for place in (RIVER, HILL, moved_to)] == [2, 1, 1]
        assert "- **Radio nueva**" in said[RIVER.ref][1]
        assert "- **\\#ห้องวิทยุ · River House**" in said[moved_to.ref][0]
        assert await told(town) == said
        await town.bridge.settle({})
        said = await told(town)
        assert [len(said[place.ref]) for place in (RIVER, HILL, moved_to)] == [3, 1, 2]


async def test_a_room_that_is_let_go_is_told_so_once(town: JoinedTown) -> None:
    async with town.joined(ALL_THREE):
        await told(town)
        await town.bridge.settle(BOTH)
        said = await told(town)
        assert said[LAKE.ref][1].startswith("Esta sala ya no está unida con otras")
        assert await told(town) == said
        await town.bridge.settle(ALL_THREE)
        assert len((await told(town))[LAKE.ref]) == 3, "joined anew, it is told anew"


async def test_a_notice_waits_for_names_but_not_for_ever(town: JoinedTown) -> None:
    town.signposts.named[RIVER] = Named()
    async with town.joined(BOTH):
        assert await town.notices.look()
        await town.run_effects()
        assert not town.matrix.posted
        assert town.discord.posted, "the other room's names are known"
        town.clock.pass_by(minutes=6)
        (in_hill,) = (await told(town))[HILL.ref]
        assert "- **un canal de Discord**" in in_hill


async def test_many_rooms_are_told_by_and_by(town: JoinedTown) -> None:
    many = {f"c{number}": [place_of(f"d{number}"), place_of(f"m{number}")] for number in range(3, 10)}
    for places in many.values():
        for place in places:
            town.signposts.named[place] = Named(f"place {place.ref}", None)
    async with town.joined(many):
        assert await town.notices.look()
        assert len(await town.pending("post")) == 5
        assert len(await told(town)) == 14


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("terms", [{}, {HILL: EndTerms(gives=False)}, {HILL: EndTerms(takes=False)}])
async def test_a_notice_can_be_said_in_every_language(
    sqlite_database: Database, language: Language, terms: dict[Place, EndTerms]
) -> None:
    town = JoinedTown(sqlite_database, language=language)
    async with town.joined(BOTH, terms):
        said = await told(town)
    for texts in said.values():
        assert "{" not in texts[0]
        assert f"`/{language}:bridge-list`" in texts[0]
