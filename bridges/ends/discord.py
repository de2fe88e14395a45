"""One Discord channel as an end of a conversation: speaks through a webhook, under the author's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridges.ends.discord_text import write_message
from bridges.ends.discord_webhooks import Webhook, WebhookGoneError, WebhookTransport
from bridges.ends.port import NotSentError, Outgoing
from bridges.message import Message
from db.bridge_rows import Copy, EndRow, Platform

if TYPE_CHECKING:
    from bridges.ends.discord_home import DiscordHome

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
CLOCK_DOUBT = timedelta(minutes=2)
"""How far our clock and Discord's may be apart when only a time is known to look from."""


class DiscordEnd:
    """Fulfils :class:`bridges.ends.port.End` for a channel."""

    platform = Platform.DISCORD
    repeatable_for = timedelta(0)  # Execute Webhook takes no nonce

    def __init__(self, row: EndRow, label: str, *, home: DiscordHome, transport: WebhookTransport) -> None:
        self.id = row.id
        self.label = label
        self._place = row.place
        self._home = home
        self._transport = transport
        self._webhook: Webhook | None = None

    def render(self, message: Message) -> list[Outgoing]:
        return write_message(message, self._place)

    async def send(self, part: Outgoing) -> Copy:
        if self._webhook is None:
            self._webhook = await self._home.webhook(self.id)
        webhook = self._webhook
        try:
            ref = await self._transport.execute(webhook, _payload(part))
        except WebhookGoneError as error:
            self._webhook = None
            raise NotSentError(error.reason) from error
        return Copy(part.part, ref, webhook.id)

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        start = int(after) if after is not None else snowflake_at(since - CLOCK_DOUBT)
        seen = [m for m in await self._home.ours_after(self.id, start) if m.author == part.author]
        same = [m for m in seen if _same(m.text, part.text)]
        if not exact and not same and len(seen) == 1:
            same = seen
        return Copy(part.part, same[0].ref, same[0].webhook_id) if same else None

    async def read(self, ref: str) -> Message | None:
        return await self._home.read(self.id, ref)


def snowflake_at(instant: datetime) -> int:
    """Return the smallest id Discord gives at ``instant`` (reference, "Snowflakes")."""
    return int((instant - DISCORD_EPOCH) / timedelta(milliseconds=1)) << 22


def _payload(part: Outgoing) -> dict[str, Any]:
    # explicit on every send: what crosses a bridge pings nobody
    return {"content": part.text, "username": part.author, "allowed_mentions": {"parse": []}}


def _same(stored: str, said: str) -> bool:
    # Discord trims white space
    return stored.split() == said.split()
