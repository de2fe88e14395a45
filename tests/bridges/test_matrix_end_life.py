"""What becomes of a real room: left, replaced, encrypted, silenced; and of a homeserver that is away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from bridges.bridge import Bridge
from bridges.ends.matrix_client import MatrixClient
from bridges.patience import LaneState
from db.engine import Database
from sandbox.matrix import Fault, RealSynapse, TroubledRoad
from tests.bridges.matrix_stage import Stage, bridging, home_of, on_stage, until_heard
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_client import client_of

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

ROOMS = "/_matrix/client/v3/rooms/.*"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def stage(synapse: RealSynapse, sqlite_database: Database) -> AsyncIterator[Stage]:
    async with on_stage(synapse, sqlite_database) as stage:
        yield stage


def problems(bridge: Bridge) -> list[str | None]:
    return [bridge.report(end).problem for end in bridge.ends]


async def test_a_bot_that_is_sent_away_says_so_and_goes_on_when_it_is_asked_back(stage: Stage) -> None:
    await stage.ploy.kick(stage.radio, stage.bot.user_id)
    await until(lambda: problems(stage.bridge) == [None, "matrix.not_invited"])
    await stage.tono.say(stage.garden, "¿estás?")
    await stage.ploy.say(stage.radio, "ไม่มีใครอยู่")
    await stage.ploy.invite(stage.radio, stage.bot.user_id)
    await stage.copy_in_radio("¿estás?")
    await until(lambda: problems(stage.bridge) == [None, None])
    await stage.ploy.say(stage.radio, "กลับมาแล้ว")
    await stage.copy_in_garden("กลับมาแล้ว")
    texts = {each.text for each in await stage.tono.shown(stage.garden)}
    assert "ไม่มีใครอยู่" not in texts, "what was said while it was out stays where it was said"


class Asked(MatrixClient):
    """Counts what is asked of the homeserver."""

    syncs: list[dict[str, str]]

    async def get(self, *path: str, query: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
        if path == ("sync",):
            self.syncs.append(dict(query or {}))
        return await super().get(*path, query=query, **more)


async def test_a_start_asks_for_news_alone_once_it_is_known_how_the_rooms_stand(
    synapse: RealSynapse, sqlite_database: Database
) -> None:
    async with on_stage(synapse, sqlite_database) as stage:
        await stage.tono.say(stage.garden, "uno")
        await stage.copy_in_radio("uno")
        rooms = {"coalition": [stage.garden, stage.radio]}
        bot, tono, ploy = stage.bot, stage.tono, stage.ploy
    # while the bot is away one room is encrypted, and somebody speaks in the other
    await ploy.encrypt(rooms["coalition"][1])
    await tono.say(rooms["coalition"][0], "dos")
    async with client_of(synapse.url, bot.user_id, bot.access_token) as plain:
        client = Asked(plain._client)
        client.syncs = []
        async with bridging(sqlite_database, home_of(client, sqlite_database), rooms) as bridge:
            await until(lambda: problems(bridge) == [None, "matrix.encrypted_room"])
    assert client.syncs
    assert all("since" in query and "full_state" not in query for query in client.syncs)
    # and what was learnt is known in the next life, of which no news tell any more
    async with (
        client_of(synapse.url, bot.user_id, bot.access_token) as plain,
        bridging(sqlite_database, home_of(plain, sqlite_database), rooms) as bridge,
    ):
        await until(lambda: problems(bridge) == [None, "matrix.encrypted_room"])


async def test_a_room_that_becomes_encrypted_is_refused_and_told_why_once(
    stage: Stage, sqlite_database: Database
) -> None:
    await stage.ploy.encrypt(stage.radio)
    await until(lambda: problems(stage.bridge) == [None, "matrix.encrypted_room"])
    shown = await stage.in_radio(lambda shown: len(shown) == 1)
    assert shown[0].kind == "notice"
    assert "encrypted" in shown[0].text
    async with client_of(stage.synapse.url, stage.bot.user_id, stage.bot.access_token) as client:
        # another life of the bot, while the first is still there
        home = home_of(client, sqlite_database)
        async with bridging(sqlite_database, home, {"coalition": [stage.garden, stage.radio]}) as again:
            await until(lambda: problems(again) == [None, "matrix.encrypted_room"])
    await stage.ploy.say(stage.radio, "¿se lee esto?")
    await stage.tono.say(stage.garden, "aquí sí")
    await until(lambda: stage.bridge.report(stage.bridge.ends[1]).lane is LaneState.BLOCKED)
    assert await stage.in_garden(lambda shown: True) == [], "what is said there stays there"
    shown = [each for each in await stage.ploy.shown(stage.radio) if each.sender == stage.bot.user_id]
    assert len(shown) == 1


async def test_a_room_that_was_replaced_is_shown_and_nothing_is_said_in_it(stage: Stage) -> None:
    await stage.ploy.upgrade(stage.radio)
    await until(lambda: problems(stage.bridge) == [None, "matrix.upgraded_not_invited"])
    await stage.tono.say(stage.garden, "¿dónde están?")
    await until(lambda: [stage.bridge.report(end).lane for end in stage.bridge.ends][1] is LaneState.BLOCKED)
    assert await stage.in_radio(lambda shown: True) == []


async def test_a_bot_that_may_not_speak_waits_until_it_may(stage: Stage) -> None:
    await stage.ploy.change_power(stage.radio, events_default=50)
    await stage.tono.say(stage.garden, "silencio")
    await until(lambda: problems(stage.bridge) == [None, "matrix.forbidden"])
    await stage.ploy.empower(stage.radio, stage.bot.user_id, 50)
    await stage.copy_in_radio("silencio")


async def test_what_was_said_while_the_homeserver_is_away_is_said_once_when_it_is_back(
    synapse: RealSynapse, sqlite_database: Database
) -> None:
    async with on_stage(synapse, sqlite_database) as first:
        garden, radio, bot = first.garden, first.radio, first.bot
    async with TroubledRoad(synapse.url) as road, client_of(road.url, bot.user_id, bot.access_token) as client:
        home = home_of(client, sqlite_database)
        async with bridging(sqlite_database, home, {"coalition": [garden, radio]}) as bridge:
            await until_heard(bridge)
            road.close_gate()
            road.cut()
            await until(lambda: None not in problems(bridge))
            for number in range(3):
                await first.tono.say(garden, f"mientras tanto {number}")
            road.open_gate()
            copies = await first.in_radio(lambda shown: len(shown) == 3, timeout=30)
    assert [each.text for each in copies] == [f"mientras tanto {number}" for number in range(3)]


async def test_on_a_bad_road_everything_is_said_changed_and_taken_back_once_and_in_order(
    synapse: RealSynapse, sqlite_database: Database
) -> None:
    async with on_stage(synapse, sqlite_database) as first:
        garden, radio, bot = first.garden, first.radio, first.bot
    async with (
        TroubledRoad(synapse.url, seed=5) as road,
        client_of(road.url, bot.user_id, bot.access_token) as client,
    ):
        home = home_of(client, sqlite_database)
        async with bridging(sqlite_database, home, {"coalition": [garden, radio]}) as bridge:
            await until_heard(bridge)
            kinds: list[Callable[..., Fault]] = [
                partial(Fault.lost_answer, "PUT", ROOMS),
                partial(Fault.lost_request, "PUT", ROOMS),
                partial(Fault.late_5xx, "PUT", ROOMS),
                partial(Fault.limited, "PUT", ROOMS, 0.05),
            ]
            # each once for certain: how many requests there are depends on how many lines come joined
            certain = [road.faults.add(kind(times=1)) for kind in kinds]
            for kind in kinds:
                road.faults.add(kind(probability=0.1))
            said = [await first.tono.say(garden, f"línea {number}") for number in range(30)]
            for number in range(0, 30, 5):
                await first.tono.edit(garden, said[number], f"línea {number}, corregida")
                await first.tono.redact(garden, said[number + 1])
            wanted = [
                f"línea {number}, corregida" if number % 5 == 0 else f"línea {number}"
                for number in range(30)
                if number % 5 != 1
            ]
            # where the homeserver has just refused something, lines of one author come joined
            await first.in_radio(
                lambda shown: (
                    [line for each in shown if not each.redacted for line in each.text.split("\n")] == wanted
                ),
                timeout=60,
            )
    assert all(fault.hits for fault in certain)
