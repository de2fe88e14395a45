"""Speaking through webhooks, with an exact answer to one question: did the call take effect?

discord.py's own webhook adapter repeats a POST after a 5xx, which can say a message twice, and sleeps on a limit
while holding a lock, so it is not used here. Limits: developers/topics/rate-limits and, for the channel-wide one
that has no headers, discord-api-docs issues 367 and 4043.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp

from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
UNKNOWN_WEBHOOK = 10015
INVALID_WEBHOOK_TOKEN = 50027


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of ours. The token is a secret: it is asked of Discord at start and lives in memory only."""

    id: str
    token: str = field(repr=False)


class WebhookGoneError(EndError):
    """Somebody deleted the webhook. It must not be tried again (rate-limits: 404s count as invalid requests)."""


class WebhookTransport:
    """Executes webhooks. Waits out the limit that headers announce; reports every other one."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        api_base: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._api_base = api_base.rstrip("/")
        self._sleep = sleep
        self._ready_at: dict[str, float] = {}

    async def execute(self, webhook: Webhook, payload: Mapping[str, Any]) -> str:
        """Send a message through ``webhook`` and return its id.

        Raises :class:`WebhookGoneError` or one of the kinds of :class:`EndError`.
        """
        pause = self._ready_at.get(webhook.id, 0.0) - monotonic()
        if pause > 0:
            await self._sleep(pause)
        url = f"{self._api_base}/webhooks/{webhook.id}/{webhook.token}"
        try:
            # a redirect would carry the webhook's token elsewhere; Discord sends none
            async with self._session.post(
                url, params={"wait": "true"}, json=payload, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                self._learn(webhook, response)
                body = await _json(response)
                if response.status == 200 and isinstance(body.get("id"), str):
                    return str(body["id"])
                raise _explain(response, body)
        except aiohttp.ClientConnectorError as error:
            raise NotSentError("discord.unreachable") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UnsureError("discord.no_answer") from error

    def _learn(self, webhook: Webhook, response: aiohttp.ClientResponse) -> None:
        if response.headers.get("X-RateLimit-Remaining") == "0":
            reset_after = _number(response.headers.get("X-RateLimit-Reset-After"))
            self._ready_at[webhook.id] = monotonic() + reset_after


def _explain(response: aiohttp.ClientResponse, body: Mapping[str, Any]) -> EndError:
    """Say what an answer other than success means for the message."""
    status, code = response.status, body.get("code")
    if status == 429:
        scope = response.headers.get("X-RateLimit-Scope", "user")
        wait = _number(body.get("retry_after")) or _number(response.headers.get("Retry-After")) or 1.0
        return NotSentError(
            f"discord.limit_{scope if scope in ('user', 'shared', 'global') else 'user'}", retry_after=wait
        )
    if code in (UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN) or status in (401, 404):
        return WebhookGoneError("discord.webhook_gone")
    if status == 403:
        return BlockedError("discord.forbidden")
    if 400 <= status < 500 and status != 408:
        return RefusedError(f"discord.refused_{code if isinstance(code, int) else status}")
    # 2xx without a message, a redirect, 408 or 5xx: Discord may have taken it all the same
    return UnsureError("discord.unavailable")


async def _json(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    try:
        body = json.loads(await response.read())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _number(value: object) -> float:
    try:
        return max(0.0, float(str(value)))
    except ValueError:
        return 0.0
