"""What belongs together changes with what is done in the network, and the bridge is told of changes only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from bridges.terms import EndTerms
from community_bot.conversations import Conversations, Terms, Wanted, merged, settled_terms
from community_bot.domain.space_state import SpaceState
from community_bot.services.bridging_port import Named
from community_bot.services.network import Network, Rules, Unit
from config import Settings
from config.values import generate_network_key
from db.bridge_rows import Place, Platform
from db.engine import Database
from db.errors import DatabaseLockedError
from db.keys import NetworkKeys
from db.space_bridges import LONGEST_KEY
from tests.bridges.test_lanes import until
from tests.db.test_space_bridges import BOTH, NOW, ORCHARD, TABLE, TODAY

EVERYWHERE = frozenset(Platform)
GARDEN: Wanted = {
    "garden": [Place(Platform.DISCORD, "100000000000000007"), Place(Platform.MATRIX, "!g:hill.example")]
}
OF_A_SPACE: Wanted = {"space-orchard-table": TABLE}


# ── what belongs together


def test_the_settings_and_the_spaces_are_joined_beside_each_other() -> None:
    assert merged(GARDEN, OF_A_SPACE, EVERYWHERE) == GARDEN | OF_A_SPACE


def test_a_place_that_the_settings_join_is_left_out_of_a_space() -> None:
    settled: Wanted = {"garden": [TABLE[0], Place(Platform.MATRIX, "!g:hill.example")]}
    more = [*TABLE, Place(Platform.DISCORD, "100000000000000003")]
    assert merged(settled, {"space-orchard-table": more}, EVERYWHERE)["space-orchard-table"] == more[1:]
    assert merged(settled, OF_A_SPACE, EVERYWHERE) == settled


def test_a_platform_that_the_bot_left_is_left_out() -> None:
    assert merged({}, OF_A_SPACE, frozenset({Platform.DISCORD})) == {}


@pytest.mark.parametrize("key", ["space-orchard-table", "space-" + "a" * (LONGEST_KEY - 6)])
def test_a_key_that_an_operator_chose_stays_the_operators(key: str) -> None:
    settled: Wanted = {key: GARDEN["garden"]}
    found = merged(settled, {key: TABLE}, EVERYWHERE)
    assert found[key] == GARDEN["garden"]
    (other,) = found.keys() - {key}
    assert found[other] == TABLE
    assert len(other) <= LONGEST_KEY
    assert merged(settled, {key: TABLE}, EVERYWHERE) == found


# ── watching it


class Watcher:
    """Conversations of a network, and what the bridge would be told. Waits end when :attr:`rested` says so."""

    def __init__(self, database: Database) -> None:
        self.network = Network(database, NetworkKeys(b"k" * 32), Rules("River Network"), lambda: NOW)
        self.told: list[Mapping[str, Sequence[Place]]] = []
        self.terms: list[Mapping[Place, EndTerms]] = []
        self.troubles: list[Exception] = []
        self.rests = 0
        self.rested = asyncio.Event()
        self.conversations = Conversations(
            {}, self.network, platforms=EVERYWHERE, settle=self._settle, sleep=self._rest
        )

    async def _settle(self, wanted: Mapping[str, Sequence[Place]], terms: Mapping[Place, EndTerms]) -> None:
        self.told.append(dict(wanted))
        self.terms.append(dict(terms))
        if self.troubles:
            raise self.troubles.pop()

    async def _rest(self, seconds: float) -> None:
        assert 0 < seconds < 1
        self.rests += 1
        await self.rested.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.conversations.run())
        try:
            await until(lambda: len(self.told) > 0)
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def looked(self) -> None:
        """Wait until it was looked at all that has been done so far."""
        await until(lambda: not self.network.bell("conversations").is_set())
        before = self.rests
        # heard only after the look that is under way
        await self.do_something_else()
        await until(lambda: self.rests > before)

    async def open_space(self) -> None:
        def work(unit: Unit) -> None:
            unit.layouts.add(
                "orchard", ORCHARD.packed(), state="active", access="open", vouchers=0, stage=None, today=TODAY
            )
            for (home, piece), ref in BOTH.items():
                unit.layouts.begin("orchard", home, piece, "room", NOW)
                assert ref is not None
                unit.layouts.made("orchard", home, piece, ref)

        await self.network.act(work)

    async def close_space(self) -> None:
        def work(unit: Unit) -> None:
            row = unit.layouts.get("orchard")
            assert row is not None
            unit.layouts.change(row, state=SpaceState.CLOSING.value)

        await self.network.act(work)

    async def do_something_else(self) -> None:
        await self.network.act(lambda unit: unit.outbox.add("refresh", {"platform": "discord"}, now=NOW))


@pytest.fixture
def watcher(sqlite_database: Database) -> Watcher:
    return Watcher(sqlite_database)


async def test_a_space_that_opens_and_closes_comes_and_goes(watcher: Watcher) -> None:
    watcher.rested.set()
    async with watcher.running():
        await watcher.open_space()
        await until(lambda: watcher.told == [{}, OF_A_SPACE])
        assert watcher.conversations.count == 1
        await watcher.close_space()
        await until(lambda: watcher.told == [{}, OF_A_SPACE, {}])


async def test_what_changes_nothing_is_not_told(watcher: Watcher) -> None:
    watcher.rested.set()
    async with watcher.running():
        for number in range(3):
            await watcher.do_something_else()
            await until(lambda before=number: watcher.rests > before)
        await watcher.open_space()
        await until(lambda: len(watcher.told) == 2)
    assert watcher.told == [{}, OF_A_SPACE]


async def test_acts_that_follow_one_another_are_looked_at_once(watcher: Watcher) -> None:
    async with watcher.running():
        await watcher.open_space()
        await until(lambda: watcher.rests == 1)
        for _ in range(5):
            await watcher.do_something_else()
        await watcher.close_space()
        watcher.rested.set()
        await watcher.looked()
        assert watcher.told == [{}]


async def test_what_failed_is_tried_again_when_the_job_is_started_again(watcher: Watcher) -> None:
    watcher.rested.set()
    async with watcher.running() as task:
        watcher.troubles.append(DatabaseLockedError("held", "wait"))
        await watcher.open_space()
        await until(task.done)
        assert isinstance(task.exception(), DatabaseLockedError)
    async with watcher.running():
        await until(lambda: watcher.told == [{}, OF_A_SPACE, OF_A_SPACE])


async def test_what_was_settled_at_the_start_is_not_settled_again(watcher: Watcher) -> None:
    await watcher.open_space()
    await watcher.conversations.look()
    watcher.rested.set()
    async with watcher.running():
        await watcher.do_something_else()
        await watcher.looked()
    assert watcher.told == [OF_A_SPACE]


# ── on which terms


def test_what_the_settings_say_of_an_end_become_its_terms() -> None:
    ends = [
        {"place": 100000000000000007, "direction": "send", "files": False, "everyone_role": 100000000000000009},
        {"place": "!g:hill.example", "direction": "receive", "announcements": True, "title": "Hill", "quota": 30},
        {"place": "!h:hill.example", "links": False, "origins": True},
    ]
    secrets = {"network_key": generate_network_key(), "discord_token": "x", "matrix_access_token": "x"}
    matrix = {"homeserver": "https://hill.example", "user_id": "@bot:hill.example"}
    settings = Settings.model_validate(
        {"network": {"name": "River"}, "discord": {}, "matrix": matrix, "ends": ends, "secrets": secrets}
    )
    assert settled_terms(settings) == {
        Place(Platform.DISCORD, "100000000000000007"): EndTerms(
            takes=False, files=False, everyone="100000000000000009"
        ),
        Place(Platform.MATRIX, "!g:hill.example"): EndTerms(
            gives=False, announcements=True, title="Hill", quota=30
        ),
        Place(Platform.MATRIX, "!h:hill.example"): EndTerms(links=False, origins=True),
    }


class Signposts:
    """Knows what places are called, once it is told."""

    def __init__(self) -> None:
        self.titles: dict[Place, str] = {}

    async def of(self, place: Place) -> Named:
        return Named(self.titles.get(place, ""))


async def test_a_place_without_a_title_is_called_as_on_its_platform_where_copies_say_where_from(
    sqlite_database: Database,
) -> None:
    discord, matrix = GARDEN["garden"]
    told: list[Terms] = []

    async def settle(wanted: Mapping[str, Sequence[Place]], terms: Mapping[Place, EndTerms]) -> None:
        told.append(dict(terms))

    network = Network(sqlite_database, NetworkKeys(b"k" * 32), Rules("River Network"), lambda: NOW)
    signposts = Signposts()
    conversations = Conversations(
        GARDEN,
        network,
        platforms=EVERYWHERE,
        settle=settle,
        terms={matrix: EndTerms(origins=True, title="Hill")},
        names=signposts,
    )
    await conversations.look()
    signposts.titles = {discord: "#garden · River House", matrix: "somewhere else"}
    await conversations.look()
    await conversations.look()
    hill = EndTerms(origins=True, title="Hill")
    assert told == [{matrix: hill}, {matrix: hill, discord: EndTerms(title="#garden · River House")}]


async def test_nobody_is_asked_for_names_that_no_copy_shows(sqlite_database: Database) -> None:
    told: list[Terms] = []

    async def settle(wanted: Mapping[str, Sequence[Place]], terms: Mapping[Place, EndTerms]) -> None:
        told.append(dict(terms))

    network = Network(sqlite_database, NetworkKeys(b"k" * 32), Rules("River Network"), lambda: NOW)
    signposts = Signposts()
    signposts.titles = dict.fromkeys(GARDEN["garden"], "named")
    await Conversations(GARDEN, network, platforms=EVERYWHERE, settle=settle, names=signposts).look()
    assert told == [{}]


async def test_whoever_wants_to_know_is_told_of_every_change(watcher: Watcher) -> None:
    changes: list[int] = []
    watcher.conversations = Conversations(
        {},
        watcher.network,
        platforms=EVERYWHERE,
        settle=watcher._settle,
        changed=lambda: changes.append(len(watcher.told)),
    )
    await watcher.conversations.look()
    await watcher.conversations.look()
    await watcher.open_space()
    await watcher.conversations.look()
    assert changes == [1, 2]
