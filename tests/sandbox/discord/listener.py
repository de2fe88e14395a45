"""A discord.py client that keeps every event as it came, besides understanding it."""

from __future__ import annotations

import json
from typing import Any

import discord

from sandbox.discord import RequestRecord, SimulatedDiscord
from tests.sandbox.discord.openapi import DOCUMENT, DiscordContract
from tests.sandbox.discord.support import Watcher, usual_intents

# Discord describes it beside the document, in reference.mdx.
_BESIDE_THE_DOCUMENT = "/attachments/refresh-urls"


class Listener(Watcher):
    """Keep the payloads of events; discord.py has read each of them, or its connection would have ended."""

    def __init__(self) -> None:
        super().__init__(intents=usual_intents(), enable_debug_events=True)
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def on_socket_raw_receive(self, raw: str) -> None:
        payload = json.loads(raw)
        if payload["op"] == 0:
            self.events.append((payload["t"], payload["d"]))
            self.note("event", payload["t"])

    def payloads(self, event: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.events if name == event]

    def latest(self, event: str) -> dict[str, Any]:
        return self.payloads(event)[-1]

    async def hears(self, event: str, **wanted: Any) -> dict[str, Any]:
        """Wait for an event whose payload has these values, and return it."""

        def found() -> list[dict[str, Any]]:
            return [
                payload
                for payload in self.payloads(event)
                if all(payload.get(key) == value for key, value in wanted.items())
            ]

        await self.until(lambda: bool(found()))
        return found()[-1]

    async def read_everything(self) -> None:
        """Read every channel and thread over HTTP, as a bot that catches up does."""
        for guild in self.guilds:
            places: list[discord.TextChannel | discord.Thread] = [*guild.text_channels, *guild.threads]
            for place in places:
                if place.permissions_for(guild.me).read_message_history:
                    _ = [message async for message in place.history(limit=100)]


def disagreements(sim: SimulatedDiscord) -> list[str]:
    """Return where requests and answers differ from Discord's own description, each once."""
    if not DOCUMENT.exists():
        return []
    contract = DiscordContract.load()
    described: list[RequestRecord] = [each for each in sim.requests if each.path != _BESIDE_THE_DOCUMENT]
    return sorted({problem for record in described for problem in contract.check(record)})
