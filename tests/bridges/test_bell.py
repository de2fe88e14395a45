"""A bell does what an event of asyncio's does, and takes next to nothing while nobody waits."""

from __future__ import annotations

import asyncio

import pytest

from bridges.bell import Bell

SECONDS = 5.0


async def test_everybody_who_waits_goes_on_when_it_rings() -> None:
    bell = Bell()
    waiting = [asyncio.create_task(bell.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    bell.set()
    async with asyncio.timeout(SECONDS):
        assert await asyncio.gather(*waiting) == [True, True, True]


async def test_whoever_comes_after_it_rang_does_not_wait() -> None:
    bell = Bell()
    bell.set()
    assert bell.is_set()
    async with asyncio.timeout(SECONDS):
        await bell.wait()


async def test_whoever_comes_after_it_was_cleared_waits_for_the_next_ring() -> None:
    bell = Bell()
    bell.set()
    bell.clear()
    waiting = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    bell.set()
    async with asyncio.timeout(SECONDS):
        await waiting


async def test_who_was_let_go_on_goes_on_although_it_was_cleared_at_once() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    bell.set()
    bell.clear()
    async with asyncio.timeout(SECONDS):
        await waiting


async def test_one_who_gives_up_takes_nobody_along() -> None:
    bell = Bell()
    given_up, patient = asyncio.create_task(bell.wait()), asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    bell.set()
    async with asyncio.timeout(SECONDS):
        await patient
