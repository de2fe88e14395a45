"""A real room is replaced by another: followed where that is safe, shown and left to people where it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridges.bridge import Bridge
from bridges.ends.matrix_state import Openness
from bridges.patience import LaneState
from db.bridge_rows import Place, Platform
from db.engine import Database
from sandbox.matrix import RealSynapse
from tests.bridges.matrix_stage import Stage, bridging, home_of, on_stage, until_heard
from tests.bridges.test_lanes import until
from tests.bridges.test_matrix_client import client_of

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

INVITE = {"join_rule": "invite"}
PUBLIC = {"join_rule": "public"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def stage(synapse: RealSynapse, sqlite_database: Database) -> AsyncIterator[Stage]:
    async with on_stage(synapse, sqlite_database) as stage:
        yield stage


def problem(bridge: Bridge) -> str | None:
    """Return what is the matter with the radio room."""
    return next(each.unheard for each in bridge.standings() if each.label == "coalition:matrix2")


def where(bridge: Bridge) -> str:
    """Return where the radio room is by now."""
    return next(each.place.ref for each in bridge.standings() if each.label == "coalition:matrix2")


async def until_in(bridge: Bridge, room: str) -> None:
    await until(lambda: where(bridge) == room)
    await until_heard(bridge)


async def until_left(stage: Stage, room: str, *, times: int) -> None:
    """Wait until the bot has gone out of a room again, so often in all."""
    async with asyncio.timeout(10):
        while True:
            events = [each for each in await stage.ploy.events(room) if each.get("state_key") == stage.bot.user_id]
            if [each["content"]["membership"] for each in events].count("leave") == times:
                return
            await asyncio.sleep(0.05)


async def test_an_upgraded_room_is_followed_once_the_bot_is_let_in(stage: Stage) -> None:
    await stage.tono.say(stage.garden, "antes")
    await stage.copy_in_radio("antes")
    old, stage.radio = stage.radio, await stage.ploy.upgrade(stage.radio, room_version="12")
    await until(lambda: problem(stage.bridge) == "matrix.upgraded_not_invited")
    await stage.tono.say(stage.garden, "mientras")
    await until(lambda: [stage.bridge.report(end).lane for end in stage.bridge.ends][1] is LaneState.BLOCKED)
    await stage.ploy.say(stage.radio, "ยังไม่มีบอต")
    await stage.ploy.invite(stage.radio, stage.bot.user_id)
    await until_in(stage.bridge, stage.radio)
    await stage.tono.say(stage.garden, "después")
    await stage.in_radio(lambda shown: [each.text for each in shown] == ["mientras", "después"])
    await stage.ploy.say(stage.radio, "ห้องใหม่")
    copies = await stage.in_garden(lambda shown: any(each.text == "ห้องใหม่" for each in shown))
    assert [each.text for each in copies] == ["ห้องใหม่"], "what was said before it came in stays where it was said"
    await stage.ploy.say(old, "ในห้องเก่า")
    await stage.ploy.say(stage.radio, "ต่อ")
    copies = await stage.in_garden(lambda shown: any(each.text == "ต่อ" for each in shown))
    assert [each.text for each in copies] == ["ห้องใหม่", "ต่อ"]
    shown = [each.text for each in await stage.ploy.shown(old) if each.sender == stage.bot.user_id]
    assert shown == ["antes"], "nothing is said twice"


async def test_a_room_that_was_upgraded_while_the_bot_was_away_is_followed_and_stays_so(
    synapse: RealSynapse, sqlite_database: Database
) -> None:
    async with on_stage(synapse, sqlite_database) as stage:
        rooms = {"coalition": [stage.garden, stage.radio]}
    stage.radio = await stage.ploy.upgrade(stage.radio, room_version="12")
    async with client_of(synapse.url, stage.bot.user_id, stage.bot.access_token) as client:
        home = home_of(client, sqlite_database)
        async with bridging(sqlite_database, home, rooms) as bridge:
            await until(lambda: problem(bridge) == "matrix.upgraded_not_invited")
    await stage.ploy.invite(stage.radio, stage.bot.user_id)
    for text in ("primera", "segunda"):
        async with client_of(synapse.url, stage.bot.user_id, stage.bot.access_token) as client:
            home = home_of(client, sqlite_database)
            async with bridging(sqlite_database, home, rooms) as bridge:
                await until_in(bridge, stage.radio)
                await stage.tono.say(stage.garden, text)
                await stage.copy_in_radio(text)
                await stage.ploy.say(stage.radio, f"{text} de vuelta")
                await stage.copy_in_garden(f"{text} de vuelta")
    copies = await stage.in_radio(lambda shown: True)
    assert [each.text for each in copies] == ["primera", "segunda"]


async def test_a_public_room_is_followed_without_an_invitation(stage: Stage) -> None:
    await stage.ploy.put_state(stage.radio, "m.room.join_rules", PUBLIC)
    stage.radio = await stage.ploy.upgrade(stage.radio, room_version="12")
    await until_in(stage.bridge, stage.radio)
    await stage.tono.say(stage.garden, "sin llamar")
    await stage.copy_in_radio("sin llamar")


async def test_a_room_that_is_more_open_is_refused_until_it_is_not(stage: Stage) -> None:
    new = await stage.ploy.upgrade(stage.radio, room_version="12")
    await stage.ploy.put_state(new, "m.room.join_rules", PUBLIC)
    await stage.ploy.invite(new, stage.bot.user_id)
    await until(lambda: problem(stage.bridge) == "matrix.upgraded_wider")
    await until_left(stage, new, times=1)
    await stage.tono.say(stage.garden, "en confianza")
    await until(lambda: [stage.bridge.report(end).lane for end in stage.bridge.ends][1] is LaneState.BLOCKED)
    assert where(stage.bridge) == stage.radio
    await stage.ploy.put_state(new, "m.room.join_rules", INVITE)
    await stage.ploy.put_state(new, "m.room.history_visibility", {"history_visibility": "world_readable"})
    await stage.ploy.invite(new, stage.bot.user_id)
    await until_left(stage, new, times=2)
    assert problem(stage.bridge) == "matrix.upgraded_wider"
    await stage.ploy.put_state(new, "m.room.history_visibility", {"history_visibility": "joined"})
    await stage.ploy.invite(new, stage.bot.user_id)
    stage.radio = new
    await until_in(stage.bridge, new)
    await stage.copy_in_radio("en confianza")


async def test_a_room_that_does_not_name_the_old_one_is_not_followed(stage: Stage) -> None:
    trap = await stage.ploy.create_room("Radio", invite=[stage.bot.user_id])
    await stage.ploy.put_state(stage.radio, "m.room.tombstone", {"body": "ย้ายแล้ว", "replacement_room": trap})
    await until(lambda: problem(stage.bridge) == "matrix.upgraded_forged")
    await until_left(stage, trap, times=1)
    # an honest word afterwards is followed
    stage.radio = await stage.ploy.upgrade(stage.radio, room_version="12")
    await stage.ploy.invite(stage.radio, stage.bot.user_id)
    await until_in(stage.bridge, stage.radio)


async def test_a_room_that_is_encrypted_or_another_end_is_not_followed(stage: Stage) -> None:
    await stage.ploy.put_state(stage.radio, "m.room.tombstone", {"body": "", "replacement_room": stage.garden})
    await until(lambda: problem(stage.bridge) == "matrix.upgraded_taken")
    new = await stage.ploy.upgrade(stage.radio, room_version="12")
    await stage.ploy.encrypt(new)
    await stage.ploy.invite(new, stage.bot.user_id)
    await until(lambda: problem(stage.bridge) == "matrix.upgraded_encrypted")
    assert where(stage.bridge) == stage.radio


async def test_a_chain_of_rooms_is_followed_to_its_end_and_a_circle_is_not(stage: Stage) -> None:
    first = stage.radio
    second = await stage.ploy.upgrade(first, room_version="12")
    await stage.ploy.put_state(second, "m.room.join_rules", INVITE)
    third = await stage.ploy.upgrade(second, room_version="12")
    for room in (second, third):
        # who replaced a room may still ask others into it
        await stage.ploy.invite(room, stage.bot.user_id)
    await until_in(stage.bridge, third)
    await stage.tono.say(stage.garden, "hola")
    stage.radio = third
    await stage.copy_in_radio("hola")
    await stage.ploy.put_state(third, "m.room.tombstone", {"body": "", "replacement_room": first})
    await until(lambda: problem(stage.bridge) == "matrix.upgraded_taken")


async def test_what_was_left_behind_can_be_taken_back_and_nothing_hangs_from_it(stage: Stage) -> None:
    await stage.ploy.empower(stage.radio, stage.bot.user_id, 50)
    one, two = await stage.tono.say(stage.garden, "uno"), await stage.tono.say(stage.garden, "dos")
    await stage.copy_in_radio("uno")
    await stage.copy_in_radio("dos")
    three = await stage.ploy.say(stage.radio, "สาม")
    copy = await stage.copy_in_garden("สาม")
    await stage.tono.reply_in_thread(stage.garden, one, "en el hilo")
    await stage.copy_in_radio("en el hilo")
    old, stage.radio = stage.radio, await stage.ploy.upgrade(stage.radio, room_version="12")
    await stage.ploy.invite(stage.radio, stage.bot.user_id)
    await until_in(stage.bridge, stage.radio)
    await stage.tono.edit(stage.garden, one, "uno, corregido")
    await stage.tono.react(stage.garden, one, "🌊")
    await stage.tono.reply_in_thread(stage.garden, one, "más en el hilo")
    await stage.tono.reply(stage.garden, copy.event_id, "respuesta")
    copies = await stage.in_radio(lambda shown: any(each.text == "respuesta" for each in shown))
    assert [(each.text, each.thread, each.reply_to) for each in copies] == [
        ("más en el hilo", None, None),
        ("respuesta", None, None),
    ]
    await stage.tono.redact(stage.garden, two)
    await stage.ploy.wait_until_shown(
        old, lambda shown: [each.redacted for each in shown if each.sender == stage.bot.user_id].count(True) == 1
    )
    # and what its author takes back in the old room is taken back everywhere
    await stage.ploy.redact(old, three)
    await stage.in_garden(lambda shown: all(each.redacted for each in shown))
    assert stage.bridge.end_at(Place(Platform.MATRIX, old)) is stage.bridge.end_at(
        Place(Platform.MATRIX, stage.radio)
    )


def open_to(rule: str = "invite", readers: str = "shared", *through: str, guests: bool = False) -> Openness:
    return Openness(rule, frozenset(through), readers, guests)


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        (open_to(), open_to(), False),
        (open_to("public"), open_to(), False),
        (open_to(), open_to("public"), True),
        (open_to(), open_to("knock"), True),
        (open_to(), open_to("restricted", "shared", "!s"), True),
        (open_to("restricted", "shared", "!s"), open_to("restricted", "shared", "!s"), False),
        (open_to("restricted", "shared", "!s"), open_to("restricted", "shared", "!s", "!t"), True),
        (open_to("public"), open_to("restricted", "shared", "!t"), False),
        (open_to(readers="joined"), open_to(readers="shared"), True),
        (open_to(readers="shared"), open_to(readers="world_readable"), True),
        (open_to(readers="shared"), open_to(readers="joined"), False),
        (open_to(), open_to(guests=True), True),
        (open_to(), open_to("of-tomorrow"), True),
        (open_to("of-tomorrow"), open_to("knock"), True),
        (open_to(readers="of-tomorrow"), open_to(readers="invited"), True),
    ],
)
async def test_a_room_is_wider_when_anybody_more_may_come_in_or_read(
    old: Openness, new: Openness, wider: bool
) -> None:
    assert new.is_wider_than(old) is wider
