"""The directory: which spaces there are for whom, by which names, and what opens them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

import pytest

from community_bot.domain.home import MATRIX
from community_bot.domain.refusal import Refusal
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import SpaceState
from community_bot.services.directory import FACILITATORS_LEVEL, Directory, SpaceDoor
from community_bot.services.network import Unit
from db.engine import Database
from tests.community_bot.people import GARDEN, RADIO, Town
from tests.community_bot.services.test_building import CIRCLE

T = TypeVar("T")
DAY = date(2026, 11, 22)


class Map:
    """A town with two spaces of the settings, and those that a test builds."""

    def __init__(self, database: Database) -> None:
        self.town = Town(database)

    async def build(
        self, key: str, title: str, *, state: str = "active", access: Access = Access.OPEN, standing: bool = False
    ) -> None:
        design = replace(CIRCLE, titles={"en": title, "es": f"{title} (es)"}, access=access)

        def work(unit: Unit) -> None:
            unit.layouts.add(
                key, design.packed(), state=state, access=access.value, vouchers=0, stage=None, today=DAY
            )
            for home, platform in (("100", "discord"), (MATRIX, "matrix")):
                unit.layouts.settle(key, home, platform, "en")
                if not standing:
                    continue
                pieces = ["container", "room.plaza", "room.practice", "room.table"]
                pieces += ["role.participants", "role.facilitators"] if platform == "discord" else []
                for piece in pieces:
                    unit.layouts.begin(key, home, piece, piece.partition(".")[0], unit.now)
                    unit.layouts.made(key, home, piece, f"{platform}:{piece}")

        await self.town.network.act(work)

    async def ask(self, question: Callable[[Directory], T]) -> T:
        return await self.town.network.look(lambda unit: question(unit.directory))

    async def named(self, text: str, *also: str) -> str | None:
        try:
            return (await self.ask(lambda directory: directory.named(text, also=also))).key
        except Refusal:
            return None


@pytest.fixture
def here(database: Database) -> Map:
    return Map(database)


async def test_spaces_of_the_settings_and_built_ones_are_found_alike(here: Map) -> None:
    await here.build("s-1", "Circle")
    doors = await here.ask(lambda directory: directory.doors(["s-1", "garden", "nowhere"]))
    assert list(doors) == ["s-1", "garden"]
    assert doors["garden"] is GARDEN
    assert (await here.ask(lambda directory: directory.titles(["s-1", "gone"]))).of("gone", "en") == "gone"


async def test_a_purged_space_is_not_found_any_more(here: Map) -> None:
    await here.build("s-1", "Circle", state="purged")
    with pytest.raises(Refusal):
        await here.ask(lambda directory: directory.find("s-1"))


async def test_only_what_takes_members_and_is_not_unlisted_is_listed_and_what_one_is_in(here: Map) -> None:
    await here.build("s-open", "Open Circle")
    await here.build("s-pilot", "Pilot", state="pilot", access=Access.REQUEST)
    await here.build("s-draft", "Draft", state="draft")
    await here.build("s-hidden", "Hidden", access=Access.UNLISTED)
    await here.build("s-paused", "Paused", state="paused")

    def keys(*also: str) -> Callable[[Directory], list[str]]:
        return lambda directory: [each.key for each in directory.listed(also=also)]

    assert await here.ask(keys()) == ["garden", "radio", "s-open", "s-pilot"]
    assert set(await here.ask(keys("s-hidden", "s-paused", "garden"))) == {
        *("garden", "radio", "s-open", "s-pilot"),
        *("s-hidden", "s-paused"),
    }
    assert [each.key for each in await here.ask(lambda d: d.listed(limit=3))] == ["garden", "radio", "s-open"]
    assert [each.key for each in await here.ask(lambda d: d.listed(limit=1))] == ["garden"]


async def test_a_space_is_found_by_its_key_and_by_its_title_in_any_language(here: Map) -> None:
    await here.build("s-1", "Circle")
    for text in ("s-1", " S-1 ", "circle", "CIRCLE", "Circle (es)"):
        assert await here.named(text) == "s-1", text
    assert await here.named("สวนเมล็ดพันธุ์") == "garden"
    assert await here.named("garden") == "garden"
    assert await here.named("Circ") is None


async def test_an_unlisted_or_resting_space_is_found_by_who_is_in_it_and_by_nobody_else(here: Map) -> None:
    await here.build("s-hidden", "Hidden", access=Access.UNLISTED)
    await here.build("s-paused", "Paused", state="paused")
    for key, title in (("s-hidden", "Hidden"), ("s-paused", "Paused")):
        assert await here.named(title) is None
        assert await here.named(key) is None
        assert await here.named(title, key) == key
        assert await here.named(key, key, "garden") == key


async def test_a_title_is_taken_by_what_is_there_or_being_made_and_unlisted_ones_are_not_given_away(
    here: Map,
) -> None:
    await here.build("s-draft", "Draft", state="draft")
    await here.build("s-hidden", "Hidden", access=Access.UNLISTED)
    await here.build("s-archived", "Old Circle", state="archived")

    async def taken(title: str, apart_from: str | None = None) -> bool:
        return await here.ask(lambda directory: directory.is_taken(title, apart_from=apart_from))

    assert await taken("dRAFT")
    assert await taken("Draft (es)")
    assert await taken("Village Radio")
    assert not await taken("Draft", "s-draft")
    assert not await taken("Hidden")
    assert not await taken("Old Circle")


async def test_what_opens_a_built_space_is_told_by_who_is_to_be_let_in(here: Map) -> None:
    await here.build("s-1", "Circle", standing=True)
    door = await here.ask(lambda directory: directory.find("s-1"))
    assert door.roles == {"discord": (("100", "discord:role.participants"),)}
    assert door.trusted_roles["discord"] == (("100", "discord:role.facilitators"),)
    assert dict(door.trusted_roles["matrix"])["matrix:room.table"] == FACILITATORS_LEVEL
    assert set(door.places["discord"]) == {"discord:room.plaza", "discord:room.practice"}
    assert set(door.places["matrix"]) == {"matrix:container", "matrix:room.plaza", "matrix:room.practice"}
    assert door.trusted_places == {"discord": ("discord:room.table",), "matrix": ("matrix:room.table",)}
    assert door.entrances is not None
    assert door.entrances["matrix"] == ("matrix:container",)
    assert door.takes_members


async def test_a_facilitators_room_is_nobodys_way_in(here: Map) -> None:
    await here.build("s-1", "Circle", standing=True)
    door: SpaceDoor = await here.ask(lambda directory: directory.find("s-1"))
    assert all("table" not in place for places in door.places.values() for place in places)
    assert door.entrances is not None
    assert all("table" not in place for places in door.entrances.values() for place in places)


async def test_where_people_come_in_is_known_with_the_language_spoken_there(here: Map) -> None:
    await here.build("s-1", "Circle", standing=True)
    await here.build("s-2", "Not built")
    assert await here.ask(lambda directory: directory.entrances("s-1")) == [
        ("discord", "discord:room.plaza", "en"),
        ("matrix", "matrix:room.plaza", "en"),
    ]
    assert await here.ask(lambda directory: directory.entrances("s-2")) == []
    assert await here.ask(lambda directory: directory.entrances("network")) == []


def test_the_doors_of_the_settings_are_open_to_members_as_they_are() -> None:
    assert RADIO.takes_members
    assert RADIO.entrances is None
    assert replace(RADIO, state=SpaceState.PAUSED).takes_members is False
