"""Finds and makes the webhooks through which the bridge speaks; their ids are known as ours before they do."""

from __future__ import annotations

import asyncio

import discord
from discord.ext import commands

from bridges.ends.discord_channel import Channel
from bridges.ends.discord_errors import translated
from bridges.ends.discord_places import PLACES, Places
from bridges.ends.discord_webhooks import Webhook
from bridges.ends.port import BlockedError
from db.bridge_store import BridgeStore

WEBHOOK_NAME = "Community bridge"
MISSING = "discord.missing_manage_webhooks"


class OwnWebhooks:
    """The webhooks of one channel. Both calls raise :class:`BlockedError` when a permission is missing,
    :class:`NotSentError` when Discord does not answer."""

    def __init__(
        self,
        bot: commands.Bot,
        places: Places,
        store: BridgeStore,
        channel: Channel,
        connected: asyncio.Event,
    ) -> None:
        self._bot = bot
        self._places = places
        self._store = store
        self._channel = channel
        self._connected = connected

    async def find(self) -> list[Webhook]:
        """Return them, the oldest first."""
        place = await self._place()
        async with translated(missing=MISSING):
            found = await place.webhooks()
        ours = sorted((hook for hook in found if hook.token and hook.user == self._bot.user), key=lambda w: w.id)
        return [await self._known(hook) for hook in ours]

    async def make(self, number: int) -> Webhook:
        """Make one more where there are ``number``."""
        place = await self._place()
        async with translated(missing=MISSING):
            made = await place.create_webhook(name=WEBHOOK_NAME if number == 0 else f"{WEBHOOK_NAME} {number + 1}")
        return await self._known(made)

    async def _place(self) -> discord.TextChannel | discord.ForumChannel:
        await self._connected.wait()
        seen = self._places.seen(self._channel)
        if seen is not None:
            return seen
        async with translated():
            place = await self._bot.fetch_channel(self._channel.channel_id)
        if not isinstance(place, PLACES):
            raise BlockedError("discord.not_a_text_channel")
        return place

    async def _known(self, hook: discord.Webhook) -> Webhook:
        channel = self._channel
        if hook.token is None:
            raise BlockedError("discord.webhook_without_token")
        if str(hook.id) not in channel.webhook_ids:
            await self._store.remember_webhook(channel.row.id, str(hook.id))
            channel.webhook_ids.add(str(hook.id))
        return Webhook(str(hook.id), hook.token, str(channel.channel_id))
