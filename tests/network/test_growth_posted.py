"""The Growth Cycle, posted where spaces meet: the same picture and the same words on both platforms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from tests.network.the_garden import THE_GARDEN, TITLES, TheGarden

pytestmark = pytest.mark.network

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
async def garden() -> AsyncIterator[TheGarden]:
    """A network with room for learning spaces, whose bot has not been started."""
    async with SandboxNetwork(THE_GARDEN, limits=RateLimits.off()) as network:
        yield TheGarden(network)


async def test_the_picture_and_its_words_stand_in_the_room_where_a_space_meets_on_both_platforms(
    garden: TheGarden,
) -> None:
    title = TITLES[0]
    sol = await garden.open()
    await sol.do("space create", template="pilot", title=title)
    await sol.until_told("stands everywhere", seconds=60)
    stops_on = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    asked = {"question": "Who comes back?", "hypothesis": "Half of them.", "measure": "members active in 28 days"}
    form = await sol.do("experiment register", space=title)
    await sol.press(await sol.fill(form, {**asked, "least": "8", "stops_on": stops_on}), "experiment.freeze")
    opened = await sol.press(await sol.do("space open", space=title), "space.agree")
    assert "is open" in opened.text
    await sol.press(await sol.do("growth round"), "growth.begin")

    # who comes later does not see what was said before (SAF-15)
    keeper, room = garden.network.keeper, await garden.room("plaza")
    await garden.network.synapse.make_room_admin(room, keeper.user_id)
    await keeper.join(room)
    posted = await sol.do("growth cycle", public="yes")
    assert "3" in posted.text, "two servers and Matrix"

    plaza = garden.channel(0, "plaza")
    async with asyncio.timeout(30):
        while not (found := [each for each in plaza.messages() if each.attachments]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert found[0].attachments == ("growth-cycle.png",)
    assert title in found[0].content, "the words say what the picture shows"

    seen = await keeper.wait_for_next(room, lambda each: each.content.get("msgtype") == "m.image", timeout=30)
    assert (await keeper.download(seen)).startswith(PNG)
