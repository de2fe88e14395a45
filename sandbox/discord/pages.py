"""Pages for people: an index of guilds and channels, and each channel as one of its members sees it."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from aiohttp import web

from sandbox.discord.changes import Changes
from sandbox.discord.world import BackendError, SetupError, World
from sandbox.discord.world.population import Population
from sandbox.discord.world.preview import THAI_FACE, THAI_FONT_PATH, LivePreview, thai_font

# Publishing a page costs some milliseconds; a burst of events is shown in steps of this many seconds.
_STEP = 0.25
_OPEN_AT_ONCE = 24

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Simulated Discord</title>
<link rel="stylesheet" href="/style.css"></head><body><main><h1>Simulated Discord</h1>
<p>Choose a channel and whom you want to be in it. Everything here is fictional and stays on this machine.</p>
"""
_STYLE = """
body { background: #313338; color: #dbdee1; font: 16px/1.5 "Noto Sans", sans-serif; margin: 0; }
main { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { color: #f2f3f5; } h3 { margin: 1rem 0 .25rem; font-weight: 500; }
ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
a { display: inline-block; padding: .25rem .75rem; border-radius: 1rem; background: #404249; color: #c9cdfb;
    text-decoration: none; }
a:hover, a:focus { background: #5865f2; color: #fff; outline: none; }
p.topic { margin: 0 0 .5rem; color: #949ba4; }
"""

_CATEGORY = 4
"""Discord's number for a channel that others stand in (resources/channel.mdx)."""


class Pages:
    """Serve the index and open a live page for a channel when somebody asks for it."""

    def __init__(self, world: World, population: Population, changes: Changes, port: int) -> None:
        self._world = world
        self._population = population
        self._changes = changes
        self._port = port
        self._runner: web.AppRunner | None = None
        self._publisher: asyncio.Task[None] | None = None
        self._open: dict[tuple[int, tuple[int, ...]], LivePreview] = {}
        self._opening = asyncio.Lock()
        self.url = ""

    async def start(self) -> None:
        """Begin to serve."""
        app = web.Application(middlewares=[_only_this_machine])
        app.router.add_get("/", self._index)
        app.router.add_get("/style.css", self._style)
        app.router.add_get(THAI_FONT_PATH, self._font)
        app.router.add_get(r"/open/{channel:\d+}/{member:\d+}", self._open_as)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        self._publisher = asyncio.create_task(self._publish(), name="discord-pages")

    async def close(self) -> None:
        """End every page."""
        if self._publisher is not None:
            self._publisher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._publisher
        for preview in self._open.values():
            await preview.close()
        self._open.clear()
        if self._runner is not None:
            await self._runner.cleanup()

    async def open(self, channel_id: int, viewer_ids: Sequence[int]) -> str:
        """Return the address of a channel's page; the first viewer is the one it opens as."""
        key = (channel_id, tuple(viewer_ids))
        async with self._opening:
            preview = self._open.get(key)
            if preview is None or not preview._active:
                preview = LivePreview.of(self._population, channel_id, list(viewer_ids))
                await preview.__aenter__()
                self._open[key] = preview
                self._world.also_tell(preview.interaction_env)
                await self._close_the_oldest()
            address: str = preview.url
        return address

    async def _close_the_oldest(self) -> None:
        """Keep the number of open pages bounded; one that somebody reads goes last."""
        while len(self._open) > _OPEN_AT_ONCE:
            key = min(tuple(self._open)[:-1], key=lambda item: self._open[item].readers > 0)
            preview = self._open.pop(key)
            self._world.no_longer_tell(preview.interaction_env)
            await preview.close()

    async def _publish(self) -> None:
        seen = -1
        while True:
            while seen == self._changes.count and not any(preview.stale for preview in self._open.values()):
                await self._changes.wait()
            seen = self._changes.count
            for preview in tuple(self._open.values()):
                preview.stale = True
                if preview.readers:
                    preview.publish()
                else:
                    preview.stale = False  # it is published when somebody opens it
            await asyncio.sleep(_STEP)

    # ------------------------------------------------------------------ the index

    async def _index(self, request: web.Request) -> web.Response:
        parts = [_HEAD]
        backend = self._world.backend
        for guild in backend.guilds.values():
            parts.append(f"<h2>{escape(guild.name)}</h2>")
            for channel_id in guild.channel_ids:
                channel = backend.channels[channel_id]
                readers = self._population.readers(channel_id)
                if not readers or channel.type == _CATEGORY:
                    continue
                within = backend.channels.get(channel.parent_id) if channel.parent_id is not None else None
                category = f"{escape(within.name or '')} › " if within is not None else ""
                parts.append(f"<h3>{category}# {escape(channel.name or '')}</h3>")
                if channel.topic:
                    parts.append(f'<p class="topic">{escape(channel.topic)}</p>')
                links = (
                    f'<li><a href="/open/{channel_id}/{person}">open as {escape(name)}</a></li>'
                    for person, name in readers.items()
                )
                parts.append(f"<ul>{''.join(links)}</ul>")
        return web.Response(text="".join(parts) + "</main></body></html>", content_type="text/html")

    async def _open_as(self, request: web.Request) -> web.Response:
        channel_id, person = int(request.match_info["channel"]), int(request.match_info["member"])
        try:
            everybody: Mapping[int, str] = self._population.readers(channel_id)
            others = [reader for reader in everybody if reader != person]
            address = await self.open(channel_id, [person, *others])
        except (BackendError, SetupError):
            raise web.HTTPNotFound(text="There is no such channel, or this person cannot read it.") from None
        raise web.HTTPFound(address)

    async def _style(self, request: web.Request) -> web.Response:
        face = THAI_FACE if thai_font() is not None else ""
        return web.Response(text=_STYLE + face, content_type="text/css")

    async def _font(self, request: web.Request) -> web.Response:
        font = thai_font()
        if font is None:
            raise web.HTTPNotFound
        return web.Response(body=font, content_type="font/ttf")


@web.middleware
async def _only_this_machine(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refuse a foreign Host: a page from elsewhere must not reach this one through a name of its own."""
    if request.host.partition(":")[0] not in ("127.0.0.1", "localhost"):
        raise web.HTTPForbidden
    response: web.StreamResponse = await handler(request)
    return response
