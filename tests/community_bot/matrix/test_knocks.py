"""Spaces that are built while the face runs: who knocks at them, and what is said in their rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from community_bot.domain.account import Account
from sandbox.matrix import MatrixPerson
from tests.community_bot.matrix.stage import Stage
from tests.community_bot.platforms.matrix_yard import Plot

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


class Gate:
    """Notes who knocks where; the homeserver has the spaces of earlier tests too."""

    def __init__(self) -> None:
        self._heard: dict[str, list[str]] = {}
        self._news = asyncio.Event()

    async def __call__(self, account: Account, room: str) -> None:
        self._heard.setdefault(room, []).append(account.user_id)
        self._news.set()

    async def heard(self, room: str, *, at_least: int = 1) -> list[str]:
        """Wait for knocks at a room and return who knocked, in order."""
        async with asyncio.timeout(10):
            while len(self._heard.get(room, [])) < at_least:
                self._news.clear()
                await self._news.wait()
        return self._heard[room]


@pytest_asyncio.fixture(loop_scope="module")
async def plot(stage: Stage) -> AsyncIterator[Plot]:
    """A place for a space that is not built yet."""
    async with stage.builder() as builder:
        yield Plot(builder)


async def enter(stage: Stage, plot: Plot, person: MatrixPerson) -> None:
    await stage.bot.invite(plot.space, person.user_id)
    await person.join(plot.space)
    await person.join(plot.lounge)


async def test_who_knocks_at_a_space_is_brought_to_whoever_decides(stage: Stage, plot: Plot) -> None:
    gate = Gate()
    async with stage.running(knocked=gate) as port:
        await plot.bring_about()
        person = await stage.person()
        await person.knock(plot.space)
        assert await gate.heard(plot.space) == [person.user_id]
        await port.admit(person.user_id, plot.space, history=False)
        await person.join(plot.space)
        await person.leave(plot.space)
        await person.knock(plot.space)
        assert await gate.heard(plot.space, at_least=2) == [person.user_id] * 2
        await port.release(person.user_id, plot.space)
        # turned down is not let in, and may ask again
        await person.knock(plot.space)
        await gate.heard(plot.space, at_least=3)


async def test_who_knocked_while_the_bot_was_away_is_heard_when_it_comes_back(stage: Stage, plot: Plot) -> None:
    await plot.bring_about()
    stage.doors = [plot.space]
    first, second = await stage.person(), await stage.person()
    await first.knock(plot.space)
    gate = Gate()
    async with stage.running(knocked=gate):
        await gate.heard(plot.space)
        await second.knock(plot.space)
        await gate.heard(plot.space, at_least=2)
    gate = Gate()
    async with stage.running(knocked=gate):
        # both still stand there
        assert set(await gate.heard(plot.space, at_least=2)) == {first.user_id, second.user_id}


async def test_a_decision_that_fails_keeps_nobody_else_waiting(stage: Stage, plot: Plot) -> None:
    gate = Gate()
    await plot.bring_about()
    unlucky, person = await stage.person(), await stage.person()

    async def decide(account: Account, room: str) -> None:
        if account.user_id == unlucky.user_id:
            raise RuntimeError("the database fell over")
        await gate(account, room)

    async with stage.running(knocked=decide):
        await unlucky.knock(plot.space)
        await person.knock(plot.space)
        assert await gate.heard(plot.space) == [person.user_id]


@pytest.mark.parametrize("before", [True, False])
async def test_a_built_room_is_shared_even_with_one_person_in_it(stage: Stage, plot: Plot, before: bool) -> None:
    if before:
        await plot.bring_about()
    async with stage.running():
        if not before:
            await plot.bring_about()
        person = await stage.person()
        await enter(stage, plot, person)
        planted = len(stage.orchard.done)
        await person.say(plot.lounge, "fruit")
        await person.say(plot.lounge, ".fruit")
        room = await stage.own_room(person)
        assert "Fruit is ripe." in (await stage.heard(person, room)).body
        assert len(stage.orchard.done) == planted + 1
        assert [each.body for each in await person.messages(plot.lounge)] == ["fruit", ".fruit"]
