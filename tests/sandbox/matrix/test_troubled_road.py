"""The road to the homeserver, on which a test makes trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from sandbox.matrix import Fault, MatrixPerson, MatrixRefusedError, RealSynapse, TroubledRoad

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]

SEND = "/_matrix/client/v3/rooms/.*/send/m.room.message/.*"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def synapse() -> AsyncIterator[RealSynapse]:
    async with RealSynapse() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def som(synapse: RealSynapse) -> MatrixPerson:
    return await synapse.person("som", display_name="ส้มโอ")


@pytest_asyncio.fixture(loop_scope="module")
async def road(synapse: RealSynapse) -> AsyncIterator[TroubledRoad]:
    async with TroubledRoad(synapse.url, seed=7) as built:
        yield built


@pytest_asyncio.fixture(loop_scope="module")
async def traveller(road: TroubledRoad, som: MatrixPerson) -> AsyncIterator[MatrixPerson]:
    """The same person, who reaches the homeserver over the road."""
    person = MatrixPerson(road.url, som.user_id, som.access_token)
    yield person
    await person.close()


@pytest_asyncio.fixture(loop_scope="module")
async def room(som: MatrixPerson) -> str:
    return await som.create_room("Road")


async def bodies(person: MatrixPerson, room: str) -> list[str]:
    return [message.body for message in await person.messages(room)]


async def test_without_trouble_everything_goes_through(
    road: TroubledRoad, traveller: MatrixPerson, room: str
) -> None:
    data = bytes(range(256)) * 1000
    picture = await traveller.send_image(room, "ภาพ.png", data, caption="look")
    assert await traveller.download(await traveller.shown_one(room, picture)) == data
    sent = [record for record in road.requests if record.method in ("PUT", "POST")]
    assert [(record.status, record.took_effect) for record in sent] == [(200, True), (200, True)]


async def test_a_limit_says_how_long_to_wait_in_milliseconds(
    road: TroubledRoad, traveller: MatrixPerson, room: str
) -> None:
    hit = road.faults.add(Fault.limited("PUT", SEND, 1.5, times=1))
    with pytest.raises(MatrixRefusedError) as refused:
        await traveller.say(room, "hello")
    assert (refused.value.status, refused.value.code) == (429, "M_LIMIT_EXCEEDED")
    assert refused.value.retry_after == 1.5
    await traveller.say(room, "hello")
    assert await bodies(traveller, room) == ["hello"]
    assert hit.hits == 1


@pytest.mark.parametrize(
    "fault", [Fault.status("PUT", SEND, 503, times=1), Fault.lost_request("PUT", SEND, times=2)]
)
async def test_what_is_refused_or_lost_on_the_way_has_not_happened(
    road: TroubledRoad, traveller: MatrixPerson, som: MatrixPerson, room: str, fault: Fault
) -> None:
    road.faults.add(fault)
    with pytest.raises((MatrixRefusedError, aiohttp.ClientError)):
        await traveller.say(room, "lost")
    assert await bodies(som, room) == []
    assert not road.requests[-1].took_effect
    assert fault.hits == fault.times


@pytest.mark.parametrize(
    "fault",
    [
        Fault.lost_answer("PUT", SEND, times=2),
        Fault.cut("PUT", SEND, times=1),
        Fault.late_5xx("PUT", SEND, times=1),
    ],
    ids=lambda fault: fault.kind,
)
async def test_what_was_lost_on_the_way_back_has_happened_and_is_repeated_for_nothing(
    road: TroubledRoad, traveller: MatrixPerson, som: MatrixPerson, room: str, fault: Fault
) -> None:
    road.faults.add(fault)
    with pytest.raises((MatrixRefusedError, aiohttp.ClientError)):
        await traveller.say(room, "once", txn_id="the-same")
    assert await bodies(som, room) == ["once"]
    await traveller.say(room, "once", txn_id="the-same")
    assert await bodies(som, room) == ["once"]
    assert [strike[:2] for strike in road.faults.strikes] == [(fault.kind, "PUT")] * fault.hits


async def test_a_request_may_be_held_up(road: TroubledRoad, traveller: MatrixPerson, room: str) -> None:
    road.faults.add(Fault.delay("PUT", SEND, 0.3, times=1))
    started = asyncio.get_running_loop().time()
    await traveller.say(room, "slowly")
    assert asyncio.get_running_loop().time() - started >= 0.3


async def test_a_waiting_sync_is_cut_off_and_the_next_goes_through(
    road: TroubledRoad, traveller: MatrixPerson, som: MatrixPerson, room: str
) -> None:
    def syncs() -> int:
        return sum(record.path.endswith("/sync") for record in road.requests)

    waiting = asyncio.create_task(traveller.wait_until(room, lambda seen: len(seen) == 1))
    await road.until(lambda: syncs() == 2 and road.waiting("/sync") == 1)  # the first returns at once
    road.cut()
    await road.until(lambda: syncs() == 3 and road.waiting("/sync") == 1)  # its library has asked again
    await som.say(room, "still here")
    assert [message.body for message in await waiting] == ["still here"]
    assert [record.status for record in road.requests if record.path.endswith("/sync")] == [200, None, 200]


async def test_a_homeserver_that_is_away_is_away_until_the_gate_opens(
    road: TroubledRoad, traveller: MatrixPerson, room: str
) -> None:
    road.close_gate()
    with pytest.raises(aiohttp.ClientError):
        await traveller.say(room, "anyone?")
    road.open_gate()
    await traveller.say(room, "there you are")
    assert await bodies(traveller, room) == ["there you are"]


async def test_the_dice_fall_the_same_way_again() -> None:
    first, second = TroubledRoad("http://127.0.0.1:9", seed=3), TroubledRoad("http://127.0.0.1:9", seed=3)
    for each in (first, second):
        each.faults.add(Fault.status("*", ".*", probability=0.5))
    thrown = [
        [each.faults.strike("GET", f"/{number}", "status") is not None for number in range(40)]
        for each in (first, second)
    ]
    assert thrown[0] == thrown[1]
    assert True in thrown[0]
    assert False in thrown[0]


async def test_what_goes_missing_on_the_way_back_from_a_sync_comes_again(
    road: TroubledRoad, traveller: MatrixPerson, som: MatrixPerson, room: str
) -> None:
    fault = road.faults.add(Fault.cut("GET", "/_matrix/client/v3/sync", times=1))
    await som.say(room, "hello")
    with pytest.raises(aiohttp.ClientError):
        await traveller.wait_until(room, lambda seen: len(seen) == 1)
    assert [message.body for message in await traveller.wait_until(room, bool)] == ["hello"]
    assert fault.hits == 1
