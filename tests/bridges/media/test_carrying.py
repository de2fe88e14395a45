"""Files are fetched once for all, within a budget of memory, in turn; one that fails holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from bridges.media.carrying import Carrier
from bridges.media.file import Attachment, Failed, File, Kind, MediaError, Reason, TooLarge
from db.bridge_rows import Platform

DEADLINE_SECONDS = 5.0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - any condition may be waited for
            await asyncio.sleep(0)


class Store:
    """A platform's files: each waits at its gate, if it has one."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | MediaError] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.fetched: list[str] = []
        self.cancelled: list[str] = []

    def lay(self, name: str, data: bytes, *, known: bool = True, gate: bool = False) -> Attachment:
        location = f"https://files.example/{name}"
        self.files[location] = data
        if gate:
            self.gates[location] = asyncio.Event()
        return Attachment(name, Kind.FILE, "text/plain", len(data) if known else None, location)

    def open_gates(self) -> None:
        for gate in self.gates.values():
            gate.set()

    async def fetch(self, attachment: Attachment, limit: int) -> bytes:
        location = attachment.location.partition("?")[0]
        self.fetched.append(attachment.name)
        try:
            if location in self.gates:
                await self.gates[location].wait()
        except asyncio.CancelledError:
            self.cancelled.append(attachment.name)
            raise
        found = self.files[location]
        if isinstance(found, MediaError):
            raise found
        if len(found) > limit:
            raise MediaError(Reason.TOO_LARGE)
        return found


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def carrier(store: Store) -> AsyncIterator[Carrier]:
    carrier = Carrier({Platform.DISCORD: store.fetch}, budget=100, kept_seconds=60)
    yield carrier
    await carrier.close()
    assert carrier.in_memory == 0


async def test_five_destinations_fetch_a_file_once(store: Store, carrier: Carrier) -> None:
    said = store.lay("song", b"la la", gate=True)

    async def destination(number: int) -> object:
        signed = replace(said, location=f"{said.location}?ex={number}")
        async with carrier.carry([signed], 50) as (file,):
            assert isinstance(file, File)
            return file.data

    going = [asyncio.create_task(destination(number)) for number in range(4)]
    await until(lambda: store.fetched == ["song"])
    store.open_gates()
    assert await asyncio.gather(*going) == [b"la la"] * 4
    assert await destination(5) == b"la la"
    assert store.fetched == ["song"]


async def test_what_is_kept_goes_after_a_while(store: Store) -> None:
    carrier = Carrier({Platform.DISCORD: store.fetch}, budget=100, kept_seconds=0.01)
    async with carrier.carry([store.lay("song", b"la la")], 50):
        assert carrier.in_memory == 5
    await until(lambda: carrier.in_memory == 0)


async def test_what_was_said_about_it_is_that_of_each_message(store: Store, carrier: Carrier) -> None:
    said = store.lay("song", b"la")
    async with carrier.carry([said], 50) as (first,), carrier.carry([replace(said, alt="a song")], 50) as (second,):
        assert isinstance(first, File)
        assert isinstance(second, File)
        assert (first.alt, second.alt) == ("", "a song")


async def test_a_file_larger_than_its_destination_takes_is_not_fetched(store: Store, carrier: Carrier) -> None:
    said = store.lay("film", bytes(60))
    async with carrier.carry([said], 50) as (carried,):
        assert carried == TooLarge(said)
    assert store.fetched == []


async def test_a_file_that_does_not_tell_its_size_is_fetched_up_to_the_limit(
    store: Store, carrier: Carrier
) -> None:
    large, small = store.lay("film", bytes(60), known=False), store.lay("song", bytes(6), known=False)
    async with carrier.carry([large], 50) as (carried,):
        assert carried == TooLarge(large)
    async with carrier.carry([small], 50) as (carried,):
        assert isinstance(carried, File)
        assert carrier.in_memory == 6


async def test_a_file_that_lies_about_its_size_is_too_large(store: Store, carrier: Carrier) -> None:
    said = replace(store.lay("film", bytes(40)), size=4)
    async with carrier.carry([said], 50) as (carried,):
        assert carried == TooLarge(said)


@pytest.mark.parametrize("reason", [Reason.GONE, Reason.UNREACHABLE, Reason.UNREADABLE, Reason.METADATA])
async def test_one_that_fails_holds_up_no_other_and_is_tried_anew(
    store: Store, carrier: Carrier, reason: Reason
) -> None:
    lost, song = store.lay("lost", b"?"), store.lay("song", b"la")
    store.files[lost.location] = MediaError(reason)
    async with carrier.carry([lost, song], 50) as (first, second):
        assert first == Failed(lost, reason)
        assert isinstance(second, File)
    store.files[lost.location] = b"!"
    async with carrier.carry([lost], 50) as (first,):
        assert isinstance(first, File)


async def test_a_picture_that_cannot_be_cleaned_is_told(store: Store, carrier: Carrier) -> None:
    said = replace(store.lay("logo", b"<svg/>"), mime="image/svg+xml", kind=Kind.IMAGE)
    async with carrier.carry([said], 50) as (carried,):
        assert carried == Failed(said, Reason.METADATA)


async def test_who_needs_more_than_there_is_room_for_waits_in_turn(store: Store, carrier: Carrier) -> None:
    large, next_one, small = (store.lay(name, bytes(size)) for name, size in (("a", 80), ("b", 60), ("c", 10)))
    came: list[str] = []

    async def take(said: Attachment) -> None:
        async with carrier.carry([said], 100):
            came.append(said.name)

    async with carrier.carry([large], 100):
        going = [asyncio.create_task(take(said)) for said in (next_one, small)]
        await until(lambda: carrier.waiting == 2)
        # the small one would fit, but nobody may starve who asked before
        assert came == []
    await asyncio.gather(*going)
    assert came[0] == "b"
    assert carrier.waiting == 0


async def test_memory_is_never_beyond_the_budget(store: Store, carrier: Carrier) -> None:
    most = 0

    async def take(number: int) -> None:
        nonlocal most
        files = [store.lay(f"{number}-{each}", bytes(11 * each)) for each in range(1, 4)]
        async with carrier.carry(files, 100) as carried:
            most = max(most, carrier.in_memory)
            assert all(isinstance(each, File) for each in carried)

    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.gather(*(take(number) for number in range(20)))
    assert 66 <= most <= 100


async def test_what_no_budget_has_room_for_is_too_large_and_the_rest_comes(store: Store, carrier: Carrier) -> None:
    first, second, third = (store.lay(name, bytes(size)) for name, size in (("a", 70), ("b", 70), ("c", 20)))
    async with carrier.carry([first, second, third], 100) as carried:
        assert [type(each) for each in carried] == [File, TooLarge, File]


async def test_what_nobody_waits_for_any_more_is_stopped(store: Store, carrier: Carrier) -> None:
    said = store.lay("film", bytes(9), gate=True)

    async def take() -> None:
        async with carrier.carry([said], 50):
            pass

    going = [asyncio.create_task(take()) for _ in range(2)]
    await until(lambda: store.fetched == ["film"])
    going[0].cancel()
    await asyncio.wait([going[0]])
    assert store.cancelled == []
    going[1].cancel()
    await asyncio.wait([going[1]])
    await until(lambda: store.cancelled == ["film"])
    assert carrier.in_memory == 0


async def test_who_gives_up_waiting_makes_room_for_the_next(store: Store, carrier: Carrier) -> None:
    async def take(said: Attachment) -> None:
        async with carrier.carry([said], 100):
            pass

    async with carrier.carry([store.lay("a", bytes(80))], 100):
        patient = asyncio.create_task(take(store.lay("b", bytes(90))))
        await until(lambda: carrier.waiting == 1)
        small = asyncio.create_task(take(store.lay("c", bytes(10))))
        await until(lambda: carrier.waiting == 2)
        patient.cancel()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await small
        assert store.fetched == ["a", "c"]


async def test_no_more_than_a_few_are_fetched_at_once(store: Store) -> None:
    carrier = Carrier({Platform.DISCORD: store.fetch}, at_once=2, kept_seconds=0)
    files = [store.lay(str(number), b"x", gate=True) for number in range(5)]

    async def take() -> int:
        async with carrier.carry(files, 100) as carried:
            return sum(isinstance(each, File) for each in carried)

    going = asyncio.create_task(take())
    await until(lambda: len(store.fetched) == 2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(store.fetched) == 2
    store.open_gates()
    assert await going == 5


async def test_closing_under_somebody_tells_them_so(store: Store) -> None:
    carrier = Carrier({Platform.DISCORD: store.fetch})
    said = store.lay("film", b"x", gate=True)

    async def take() -> object:
        async with carrier.carry([said], 50) as (carried,):
            return carried

    going = asyncio.create_task(take())
    await until(lambda: store.fetched == ["film"])
    await carrier.close()
    assert await going == Failed(said, Reason.UNREACHABLE)


async def test_a_fault_of_ours_is_not_hidden(store: Store, carrier: Carrier) -> None:
    said = replace(store.lay("song", b"x"), location="mxc://river.example/none")
    with pytest.raises(KeyError):
        async with carrier.carry([said], 50):
            pass
    assert carrier.in_memory == 0
