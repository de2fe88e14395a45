"""Since when, and up to where, a channel was heard is known through everything that befalls a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from bridges.ends import discord_settling
from db.engine import Database
from tests.bridges.discord_square import Square, square

pytestmark = pytest.mark.network


@pytest.fixture
async def plaza(sqlite_database: Database) -> AsyncIterator[Square]:
    async with square(sqlite_database, "River House", "Hill Garden") as opened:
        yield opened


async def test_nothing_is_settled_while_the_connection_is_away(
    plaza: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_settling, "OVERTAKING_SECONDS", -1.0)
    async with plaza.bridged():
        await plaza.member("ana").say(plaza.here, "uno")
        await plaza.reads(plaza.there, "uno")
        home, bot = plaza.home, plaza.bot
        assert home is not None
        assert bot is not None
        channels = list(home._places)
        # as the library tells it: what the last message had overtaken is perhaps never told
        bot.dispatch("disconnect")
        await plaza.until(lambda: not any(channel.listened_to for channel in channels))
        await home.part()
        assert [channel.settled for channel in channels] == [0, 0]
        bot.dispatch("resumed")
        await plaza.until(lambda: all(channel.listened_to for channel in channels))
        await home.part()
        assert [channel.settled for channel in channels] == [channel.position for channel in channels]


async def test_however_often_a_connection_fails_it_is_known_since_when_nobody_listened(plaza: Square) -> None:
    async with plaza.bridged():
        home, bot = plaza.home, plaza.bot
        assert home is not None
        assert bot is not None
        channels = list(home._places)
        bot.dispatch("disconnect")
        await plaza.until(lambda: not any(channel.listened_to for channel in channels))
        since = [channel.heard_until for channel in channels]
        bot.dispatch("disconnect")
        told: list[bool] = []
        bot.add_listener(_tell(told), "on_disconnect")
        bot.dispatch("disconnect")
        await plaza.until(lambda: bool(told))
        assert [channel.heard_until for channel in channels] == since


def _tell(told: list[bool]) -> Callable[[], Coroutine[Any, Any, None]]:
    async def on_disconnect() -> None:
        told.append(True)

    return on_disconnect
