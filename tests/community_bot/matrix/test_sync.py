"""How far the face has read a real homeserver's sync is written down when something was the bot's business."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import nio
import pytest

from community_bot.matrix.happenings import Happening, Said
from community_bot.matrix.sync import MatrixSync
from community_bot.platforms.matrix_homeserver import Homeserver
from tests.bridges.test_lanes import until
from tests.community_bot.matrix.stage import Stage

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


class Notebook:
    """Keeps the positions that were written."""

    def __init__(self) -> None:
        self.written: list[str] = []

    async def position(self, stream: str) -> str | None:
        return self.written[-1] if self.written else None

    async def set_position(self, stream: str, value: str) -> bool:
        self.written.append(value)
        return True


class Listener:
    """Its business is what begins with a dot; on two dots it falls over."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def expect(self, rooms: Collection[str]) -> None:
        return

    def learn(self, room: str, told: Mapping[str, Any]) -> None:
        return

    def lost(self, room: str) -> None:
        return

    async def begin(self) -> None:
        return

    async def close(self) -> None:
        return

    async def act(self, happening: Happening) -> bool:
        if not isinstance(happening, Said):
            return False
        self.heard.append(happening.text)
        if happening.text.startswith(".."):
            raise RuntimeError("it fell over")
        return happening.text.startswith(".")


@asynccontextmanager
async def reading(stage: Stage, notebook: Notebook, listener: Listener) -> AsyncIterator[None]:
    client = nio.AsyncClient(stage.synapse.url, stage.bot.user_id, device_id="STAGE")
    client.access_token, client.user_id = stage.bot.access_token, stage.bot.user_id
    task = asyncio.create_task(MatrixSync(Homeserver(client), notebook, listener).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await client.close()


async def test_what_people_say_to_each_other_is_not_worth_a_write_each(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # however slow the machine is
    monkeypatch.setattr("community_bot.matrix.sync.IDLE_SECONDS", 3600.0)
    notebook, listener = Notebook(), Listener()
    person = await stage.person()
    room = await stage.group(person)

    async def say(text: str) -> None:
        await person.say(room, text)
        await until(lambda: text in listener.heard)

    async with reading(stage, notebook, listener):
        await say(".first")
        await until(lambda: len(notebook.written) >= 1)
        await say(".second")
        await until(lambda: len(notebook.written) >= 2)
        before = len(notebook.written)
        for number in range(5):
            await say(f"ฟังอยู่ {number}")
        assert len(notebook.written) == before
        await say(".asked")
        await until(lambda: len(notebook.written) == before + 1)
        await say("..asked")
        # what was begun is not begun again, though it fell over
        await until(lambda: len(notebook.written) == before + 2)
    heard = list(listener.heard)
    async with reading(stage, notebook, listener):
        await say(".after the restart")
    assert listener.heard == [*heard, ".after the restart"]
