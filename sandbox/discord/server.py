"""The simulated Discord as one server: REST, gateway and CDN on one port of this machine."""

import asyncio
import base64
import contextlib
import secrets
import struct
import zlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.discord.changes import Changes
from sandbox.discord.channels import SimChannel
from sandbox.discord.faults import Faults
from sandbox.discord.gateway import Gateway
from sandbox.discord.guilds import SimGuild
from sandbox.discord.pages import Pages
from sandbox.discord.people import SimMember
from sandbox.discord.ratelimits import Limiter, RateLimits
from sandbox.discord.records import RequestRecord
from sandbox.discord.rest import RestApi
from sandbox.discord.world import World, kind_of
from sandbox.discord.world.cdn import LINK_SECONDS
from sandbox.discord.world.population import Population

_BODY_BYTES = 128 * 1024 * 1024


class SimulatedDiscord:
    """Serve a Discord that a real bot, in any process, talks to over real sockets.

    Use as an async context manager. Everything runs on the loop it is entered on. ``token`` is made up
    unless given. ``intents_allowed`` are the privileged intents the portal has granted: "members",
    "message_content", "presences". ``cdn_seconds`` is how long the address of an attachment is good for.
    """

    def __init__(
        self,
        *,
        limits: RateLimits | None = None,
        token: str | None = None,
        bot_name: str = "Community Bot",
        port: int = 0,
        intents_allowed: frozenset[str] = frozenset({"members", "message_content"}),
        pages: bool = False,
        page_port: int = 0,
        cdn_seconds: int = LINK_SECONDS,
    ) -> None:
        self._world = World(bot_name, intents_allowed)
        self._world.cdn.seconds = cdn_seconds
        self.token = token or _make_token(self.bot_id)
        self.faults = Faults()
        self._port = port
        self._population = Population(self._world.backend, self._world.env)
        self._limiter = Limiter(limits if limits is not None else RateLimits.discord())
        self._rest = RestApi(self._world, self.token, self._limiter, self.faults)
        self._gateway = Gateway(self._world, self.token, self.faults)
        self.changes = Changes()
        self._rest.on_change = self.changes.note
        self._rest.on_answer = self.changes.wake
        self._world.subscribe(lambda event, payload: self.changes.note())
        self._pages = Pages(self._world, self._population, self.changes, page_port) if pages else None
        self._runner: web.AppRunner | None = None
        self._ticker: asyncio.Task[None] | None = None
        self._base = ""

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_BODY_BYTES)
        app.router.add_get("/gateway", self._gateway.handle)
        app.router.add_get("/gateway/", self._gateway.handle)
        app.router.add_get("/cdn/{path:.*}", self._serve_asset)
        app.router.add_route("*", "/api/{path:.*}", self._rest.handle)
        # Cancelling the handler would leave a request half recorded when a client goes away.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=512)
        await site.start()
        port = self._runner.addresses[0][1]
        self._base = f"127.0.0.1:{port}"
        self._gateway.url = self._rest.gateway_url = self.gateway_url
        self._world.cdn.base = self.cdn_base
        self._ticker = asyncio.create_task(self._tick(), name="discord-clock")
        if self._pages is not None:
            await self._pages.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        if self._pages is not None:
            await self._pages.close()
        await self._gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._world.backend.let_time_pass()

    # ------------------------------------------------------------------ addresses

    @property
    def api_base(self) -> str:
        """Return what stands in for https://discord.com/api/v10."""
        return f"http://{self._base}/api/v10"

    @property
    def gateway_url(self) -> str:
        """Return what stands in for wss://gateway.discord.gg."""
        return f"ws://{self._base}/gateway"

    @property
    def cdn_base(self) -> str:
        """Return what stands in for https://cdn.discordapp.com."""
        return f"http://{self._base}/cdn"

    @property
    def pages_url(self) -> str:
        """Return the index for people with a browser; only with ``pages=True``."""
        return self._need_pages().url

    async def page_url(self, channel: SimChannel, viewers: Sequence[SimMember]) -> str:
        """Return the address of a channel's page for these people; it opens as the first of them.

        The address carries a secret: whoever has it can act as them. Only with ``pages=True``.
        """
        return await self._need_pages().open(channel.id, [viewer.id for viewer in viewers])

    def _need_pages(self) -> Pages:
        if self._pages is None:
            raise RuntimeError("pages are served only with SimulatedDiscord(pages=True)")
        return self._pages

    # ------------------------------------------------------------------ the world

    @property
    def bot_id(self) -> int:
        """Return the bot's user id."""
        return self._world.backend.bot_user.id

    @property
    def application_id(self) -> int:
        """Return the application's id."""
        return self._world.backend.application_id

    def allow_intents(self, *names: str) -> None:
        """Grant these privileged intents in the portal, and no others; it counts from the next IDENTIFY."""
        self._world.allow_intents(frozenset(names))

    def add_guild(self, name: str) -> SimGuild:
        """Found a guild and bring the bot in."""
        guild_id, role_id = self._population.found_guild(name)
        return SimGuild(guild_id, name, role_id, self._population, self.changes, self.bot_id)

    # ------------------------------------------------------------------ what tests read

    @property
    def requests(self) -> deque[RequestRecord]:
        """Return the latest REST requests, oldest first."""
        return self._rest.requests

    @property
    def unsupported(self) -> list[str]:
        """Return what the bot asked for that the simulated Discord cannot do."""
        return self._rest.unsupported

    @property
    def limit_hits(self) -> Counter[str]:
        """Return how many requests were answered 429, per scope: user, shared, global."""
        return self._limiter.hits

    @property
    def gateway(self) -> Gateway:
        """Return the gateway, for its counts and for what only it can do."""
        return self._gateway

    def advance_clock(self, seconds: float) -> None:
        """Put the world's clock forward: polls close, events start, interactions expire."""
        self._world.backend.advance_clock(seconds)
        self._world.backend.let_time_pass()

    async def until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until ``condition`` holds, looked at whenever anything happens; TimeoutError after ``timeout``."""
        await self.changes.until(condition, timeout)

    async def drop_gateway(self, *, resumable: bool = True, code: int | None = None) -> None:
        """Cut every session off; see ``Gateway.drop``."""
        await self._gateway.drop(resumable=resumable, code=code)

    async def wait_connected(self, sessions: int = 1, timeout: float = 10.0) -> None:
        """Wait until so many gateway sessions have a client on the line."""
        async with asyncio.timeout(timeout):
            await self._gateway.wait_connected(sessions)

    # ------------------------------------------------------------------ CDN

    async def _serve_asset(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        data = self._world.asset(path, request.query)
        if data is None and path.startswith(("embed/avatars/", "avatars/", "emojis/")):
            data = _plain_picture(path)
        if data is None:
            raise web.HTTPNotFound(text="This content is no longer available.")
        return web.Response(body=data, content_type=kind_of(path))


def _make_token(bot_id: int) -> str:
    """Return a token of Discord's shape: libraries find the bot's id in its first part."""
    owner = base64.urlsafe_b64encode(str(bot_id).encode()).decode().rstrip("=")
    return f"{owner}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"


def _plain_picture(seed: str) -> bytes:
    """Return a PNG of one colour, for people who have no picture."""
    shade = zlib.crc32(seed.encode())
    size = 32
    row = b"\0" + bytes((shade & 255, shade >> 8 & 255, shade >> 16 & 255)) * size
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * size)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
