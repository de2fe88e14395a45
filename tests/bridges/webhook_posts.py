"""A channel of a simulated Discord with webhooks of ours in it, for the tests of speaking through them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridges.ends.discord_limits import Assumed, WebhookLimits
from bridges.ends.discord_pool import WebhookPool
from bridges.ends.discord_webhooks import Webhook, WebhookTransport
from sandbox.discord import RateLimits, SimChannel, SimulatedDiscord
from tests.sandbox.discord.support import Rest


def said(text: str, author: str = "Toño") -> dict[str, Any]:
    return {"content": text, "username": author, "allowed_mentions": {"parse": []}}


class Post:
    """A channel, and everything that is ours there. ``pauses`` are those of its pools, in seconds."""

    def __init__(self, discord: SimulatedDiscord, channel: SimChannel, rest: Rest) -> None:
        self.discord = discord
        self.channel = channel
        self.rest = rest
        self.pauses: list[float] = []
        self.pausing = asyncio.Event()
        self.known: set[str] = set()
        """Ids that the bridge takes for its own."""
        self.asked_to_make: list[int] = []

    async def webhook(self, name: str = "bridge") -> Webhook:
        _, _, webhook_id, token = (await self.rest.webhook(self.channel, name)).split("/")
        return Webhook(webhook_id, token, str(self.channel.id))

    def transport(self, session: aiohttp.ClientSession, assumed: Assumed | None = None) -> WebhookTransport:
        return WebhookTransport(session, self.discord.api_base, limits=WebhookLimits(assumed))

    def pool(
        self,
        session: aiohttp.ClientSession,
        *,
        found: Sequence[Webhook] = (),
        assumed: Assumed | None = None,
        most: int = 4,
        make: Callable[[int], Awaitable[Webhook]] | None = None,
        transport: WebhookTransport | None = None,
    ) -> WebhookPool:
        async def find() -> Sequence[Webhook]:
            self.known |= {webhook.id for webhook in found}
            return found

        return WebhookPool(
            transport or self.transport(session, assumed),
            find=find,
            make=make or self.make,
            most=most,
            sleep=self.sleep,
        )

    async def make(self, number: int) -> Webhook:
        self.asked_to_make.append(number)
        made = await self.webhook(f"bridge {number}")
        self.known.add(made.id)
        return made

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.pausing.set()
        await asyncio.sleep(seconds)

    async def until_somebody_waits(self) -> None:
        self.pausing.clear()
        async with asyncio.timeout(10):
            await self.pausing.wait()

    def texts(self) -> list[str]:
        return [message.content for message in self.channel.messages()]

    def speakers(self) -> list[str]:
        return [str(message.webhook_id) for message in self.channel.messages()]


@asynccontextmanager
async def post_with(limits: RateLimits) -> AsyncIterator[Post]:
    async with SimulatedDiscord(limits=limits) as discord, Rest(discord) as rest:
        yield Post(discord, discord.add_guild("River House").add_text_channel("ห้องวิทยุ"), rest)


# ── what Discord does not say, but a proxy in front of it does

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """Answer every call to a webhook in this way."""
    app = web.Application()
    for path in ("/api/v10/webhooks/{id}/{token}", "/api/v10/webhooks/{id}/{token}/messages/{message}"):
        app.router.add_route("*", path, answer)
    async with TestServer(app, host="127.0.0.1", shutdown_timeout=0.1) as server:
        yield f"http://127.0.0.1:{server.port}/api/v10/"


def fixed(status: int, body: str, content_type: str = "application/json", **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=content_type, headers=headers)

    return answer
