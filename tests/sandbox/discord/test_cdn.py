"""The addresses of files: signed, good for a day, healed by asking."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from yarl import URL

from sandbox.discord import RateLimits, SimChannel, SimMember, SimulatedDiscord
from tests.sandbox.discord.listener import Listener
from tests.sandbox.discord.support import Rest

pytestmark = pytest.mark.network


async def fetched(url: str) -> tuple[int, bytes]:
    """Fetch an address exactly as it is written."""
    async with aiohttp.ClientSession() as http, http.get(URL(url, encoded=True)) as answer:
        return answer.status, await answer.read()


async def address(lobby: SimChannel, rest: Rest, message: int) -> str:
    answer = await rest.ask("GET", f"/channels/{lobby.id}/messages/{message}")
    return str(answer.body["attachments"][0]["url"])


async def test_an_address_is_good_for_a_day_and_a_fresh_one_is_asked_for(
    sim: SimulatedDiscord, lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    message = await mali.say(lobby, files=[("plan b.txt", b"sow")])
    url = await address(lobby, rest, message)
    assert set(URL(url).query) >= {"ex", "is", "hm"}
    assert await fetched(url) == (200, b"sow")

    sim.advance_clock(24 * 3600 + 1)
    assert (await fetched(url))[0] == 404

    answer = await rest.ask("POST", "/attachments/refresh-urls", {"attachment_urls": [url]})
    [refreshed] = answer.body["refreshed_urls"]
    assert refreshed["original"] == url
    assert refreshed["refreshed"] != url
    assert await fetched(refreshed["refreshed"]) == (200, b"sow")
    assert await fetched(await address(lobby, rest, message)) == (200, b"sow")


async def test_an_address_without_its_signature_or_with_another_opens_nothing(
    lobby: SimChannel, mali: SimMember, rest: Rest
) -> None:
    url = URL(await address(lobby, rest, await mali.say(lobby, files=[("a.txt", b"a")])))
    for wrong in (
        url.with_query(None),
        url.update_query(hm="0" * 64),
        url.update_query(ex="ffffffff"),
        url.with_name("b.txt").with_query(url.query),
    ):
        assert (await fetched(str(wrong)))[0] == 404


async def test_the_gateway_gives_signed_addresses_too(
    lobby: SimChannel, mali: SimMember, listener: Listener
) -> None:
    message = await mali.say(lobby, files=[("ชื่อไทย #1.txt", b"thai")])
    heard = await listener.hears("MESSAGE_CREATE", id=str(message))
    assert await fetched(heard["attachments"][0]["url"]) == (200, b"thai")


@pytest.mark.parametrize("urls", [[], ["https://example.org/a.png"] * 51, None])
async def test_one_to_fifty_addresses_are_refreshed_at_once(rest: Rest, urls: Any) -> None:
    answer = await rest.ask("POST", "/attachments/refresh-urls", {"attachment_urls": urls})
    assert (answer.status, answer.body["code"]) == (400, 50035)


async def test_an_address_of_somewhere_else_is_not_refreshed(rest: Rest) -> None:
    url = "https://example.org/a.png"
    answer = await rest.ask("POST", "/attachments/refresh-urls", {"attachment_urls": [url]})
    assert answer.body["refreshed_urls"] == [{"original": url, "refreshed": None}]


async def test_a_test_may_let_addresses_run_out_at_once() -> None:
    async with SimulatedDiscord(limits=RateLimits.off(), cdn_seconds=0) as sim, Rest(sim) as rest:
        guild = sim.add_guild("Riverside")
        lobby, mali = guild.add_text_channel("lobby"), guild.add_member("mali")
        url = await address(lobby, rest, await mali.say(lobby, files=[("a.txt", b"a")]))
        assert (await fetched(url))[0] == 404
