"""Files are fetched from Discord's own servers, within bounds, and from nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridges.ends.discord_downloads import Downloads
from bridges.media.file import Attachment, Kind, MediaError, Reason
from community_bot.platforms.discord import CommunityBot

pytestmark = pytest.mark.network


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def at(location: str) -> Attachment:
    return Attachment("a.txt", Kind.FILE, "text/plain", None, location)


@pytest.mark.parametrize(
    ("base", "location"),
    [
        pytest.param("http://127.0.0.1:9/cdn", "http://127.0.0.1:8/cdn/a.txt", id="another port"),
        pytest.param("http://127.0.0.1:9/cdn", "https://127.0.0.1:9/cdn/a.txt", id="another scheme"),
        pytest.param("http://127.0.0.1:9/cdn", "http://127.0.0.1:9/admin", id="another path"),
        pytest.param("http://127.0.0.1:9/cdn", "http://127.0.0.1:9/cdn/../admin", id="out of the path"),
        pytest.param("http://127.0.0.1:9/cdn", "http://127.0.0.1:9/cdnx/a.txt", id="a path that begins alike"),
        pytest.param("https://cdn.discordapp.com", "https://cdn.discordapp.com.example/a", id="begins alike"),
        pytest.param("https://cdn.discordapp.com", "https://x@example.org/a", id="a name before the host"),
        pytest.param("https://cdn.discordapp.com", "http://media.discordapp.net/a", id="not in the clear"),
        pytest.param("http://127.0.0.1:9/cdn", "/cdn/a.txt", id="no host at all"),
        pytest.param("http://127.0.0.1:9/cdn", "http://[", id="no address"),
        pytest.param("http://127.0.0.1:9/cdn", "file:///etc/passwd", id="no web address"),
    ],
)
async def test_no_other_place_is_ever_asked(session: aiohttp.ClientSession, base: str, location: str) -> None:
    with pytest.raises(MediaError) as caught:
        await Downloads(session, CommunityBot(), base).fetch(at(location), 10)
    # nobody listens there: if it had been asked, it would be unreachable
    assert caught.value.reason is Reason.GONE


async def test_discords_own_place_is_asked(session: aiohttp.ClientSession) -> None:
    with pytest.raises(MediaError) as caught:
        await Downloads(session, CommunityBot(), "http://127.0.0.1:9/cdn").fetch(at("http://127.0.0.1:9/cdn/a"), 10)
    assert caught.value.reason is Reason.UNREACHABLE


async def test_reading_stops_at_the_limit_and_no_redirect_is_followed(session: aiohttp.ClientSession) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(10_000))

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/cdn/small")

    async def small(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"hola")

    app = web.Application()
    app.router.add_get("/cdn/endless", endless)
    app.router.add_get("/cdn/elsewhere", elsewhere)
    app.router.add_get("/cdn/small", small)
    async with TestServer(app, host="127.0.0.1", shutdown_timeout=0.1) as server:
        base = f"http://127.0.0.1:{server.port}/cdn"
        downloads = Downloads(session, CommunityBot(), base)
        assert await downloads.fetch(at(f"{base}/small"), 4) == b"hola"
        for name, limit, reason in (
            ("small", 3, Reason.TOO_LARGE),
            ("endless", 100_000, Reason.TOO_LARGE),
            ("elsewhere", 100, Reason.GONE),
        ):
            with pytest.raises(MediaError) as caught:
                await downloads.fetch(at(f"{base}/{name}"), limit)
            assert caught.value.reason is reason
