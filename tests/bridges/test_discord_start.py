"""A start reads only what was not heard for certain before, and is gentle to Discord's limits."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridges.ends import discord_settling
from db.engine import Database
from tests.bridges.discord_square import Square, square

pytestmark = pytest.mark.network


@pytest.fixture
async def plaza(sqlite_database: Database) -> AsyncIterator[Square]:
    async with square(sqlite_database, "River House", "Hill Garden") as opened:
        yield opened


@pytest.fixture
def nothing_overtakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything that was heard count as heard for certain at once."""
    monkeypatch.setattr(discord_settling, "OVERTAKING_SECONDS", -1.0)


def reads(plaza: Square) -> int:
    return sum(request.method == "GET" and request.path.endswith("/messages") for request in plaza.discord.requests)


async def life(plaza: Square, text: str | None = None) -> None:
    """Let the bot live until a line has crossed, and end it in order."""
    async with plaza.bridged():
        if text is not None:
            await plaza.member(f"ana-{text}").say(plaza.here, text)
            await plaza.there.wait_for(lambda seen: any(each.content == text for each in seen))
            await plaza.settled()
        home = plaza.home
        assert home is not None
        await home.part()


@pytest.mark.usefixtures("nothing_overtakes")
async def test_what_was_heard_for_certain_is_not_read_again(plaza: Square) -> None:
    await life(plaza, "uno")
    before = reads(plaza)
    async with plaza.bridged():
        # looking back for what was edited meanwhile is another matter, and has its own pace
        assert reads(plaza) - before <= len(plaza.channels)
        assert all(channel.live for channel in plaza.home._places)  # type: ignore[union-attr]
        assert all(channel.settled == channel.position for channel in plaza.home._places)  # type: ignore[union-attr]
        await plaza.member("ploy").say(plaza.here, "dos")
        await plaza.reads(plaza.there, "uno", "dos")


@pytest.mark.usefixtures("nothing_overtakes")
async def test_what_was_said_meanwhile_is_read_all_the_same(plaza: Square) -> None:
    await life(plaza, "uno")
    await plaza.member("ploy").say(plaza.here, "mientras tanto")
    async with plaza.bridged():
        await plaza.reads(plaza.there, "uno", "mientras tanto")


async def test_what_was_said_just_before_the_end_may_hide_what_it_overtook_and_is_read_again(plaza: Square) -> None:
    await life(plaza, "uno")
    async with plaza.bridged() as bridge:
        settled = [channel.settled for channel in plaza.home._places]  # type: ignore[union-attr]
        assert settled == [0, 0]
        assert len(bridge.ends) == 2
        await plaza.reads(plaza.there, "uno")


@pytest.mark.usefixtures("nothing_overtakes")
async def test_a_channel_that_is_not_heard_settles_nothing(plaza: Square) -> None:
    async with plaza.bridged():
        home = plaza.home
        assert home is not None
        channel = next(iter(home._places))
        channel.reach(channel.channel_id + 5)
        channel.live = False
        await home.part()
        assert channel.settled == 0
        channel.live = True
        await home.part()
        assert channel.settled == channel.position
