"""What an answer of Discord to a webhook's call means: did it take effect, and what is to be waited for?

Codes: developers/topics/opcodes-and-status-codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bridges.ends.discord_limits import Refusal, Told
from bridges.ends.discord_windows import seconds_in
from bridges.ends.port import BlockedError, CopyGoneError, EndError, NotSentError, RefusedError, UnsureError

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
INVALID_WEBHOOK_TOKEN = 50027
TOO_LARGE = 40005
ARCHIVED_THREAD = 50083
LOCKED_THREAD = 160005
TOO_MANY_OLD_EDITS = 30046
ABOUT_THE_WORDS = frozenset({20009, 200000, 200001, 240000})
"""Explicit content, two kinds of automatic moderation, harmful links: they may come with 403, but others pass."""

UNTOLD_SECONDS = 1.0
"""What is waited after a 429 that names no time."""
BANNED_SECONDS = 60.0
"""The same for one of Cloudflare's, which stands before Discord and closes for the whole address."""


class WebhookGoneError(EndError):
    """Somebody deleted the webhook. It must not be tried again (rate-limits: 404s count as invalid requests)."""


class ThreadGoneError(RefusedError):
    """The thread was deleted; its channel stands."""


class ThreadClosedError(RefusedError):
    """The thread is archived or locked; its channel takes messages."""


_NAMED: Mapping[int, tuple[type[EndError], str]] = {
    UNKNOWN_MESSAGE: (CopyGoneError, "discord.copy_gone"),
    UNKNOWN_WEBHOOK: (WebhookGoneError, "discord.webhook_gone"),
    INVALID_WEBHOOK_TOKEN: (WebhookGoneError, "discord.webhook_gone"),
    TOO_LARGE: (RefusedError, "discord.too_large"),
    ARCHIVED_THREAD: (ThreadClosedError, "discord.thread_archived"),
    LOCKED_THREAD: (ThreadClosedError, "discord.thread_locked"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that came whole. ``body`` is None where it is not a JSON object: then Discord did not write it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any] | None = field(repr=False)

    @classmethod
    async def read(cls, response: aiohttp.ClientResponse) -> Answer:
        """Read an answer to its end. Raises :class:`aiohttp.ClientError` where it breaks off."""
        try:
            body = json.loads(await response.read())
        except ValueError:
            body = None
        return cls(response.status, response.headers, body if isinstance(body, dict) else None)

    @property
    def code(self) -> int:
        """Discord's own code, 0 where it gives none."""
        code = (self.body or {}).get("code")
        return code if isinstance(code, int) else 0

    def text(self, key: str) -> str | None:
        """Return a text of the body."""
        value = (self.body or {}).get(key)
        return value if isinstance(value, str) else None

    @property
    def told(self) -> Told:
        """What it says about the limits."""
        return Told(self.headers, self._refusal())

    def _refusal(self) -> Refusal | None:
        if self.status != 429 or self.code == TOO_MANY_OLD_EDITS:
            return None
        if self.body is None:
            return Refusal("global", self.seconds)
        scope = self.headers.get("X-RateLimit-Scope")
        if scope == "global" or self.body.get("global") is True:
            return Refusal("global", self.seconds)
        return Refusal("shared" if scope == "shared" else "user", self.seconds)

    @property
    def seconds(self) -> float:
        """How long to wait. The body has fractions of a second, its header only whole ones."""
        told = seconds_in((self.body or {}).get("retry_after")) or seconds_in(self.headers.get("Retry-After"))
        return told or (BANNED_SECONDS if self.body is None else UNTOLD_SECONDS)


def explain(answer: Answer, *, thread: bool) -> EndError:
    """Say what an answer other than success means; ``thread`` tells whether the call named one."""
    code = answer.code
    if answer.status == 429:
        return NotSentError(_limit(answer), retry_after=answer.seconds)
    if not 400 <= answer.status < 500 or answer.status == 408:
        # 2xx without a message, a redirect, 408 or 5xx: Discord may have taken it all the same
        return UnsureError("discord.unavailable")
    if code in _NAMED:
        kind, reason = _NAMED[code]
        return kind(reason)
    if code == UNKNOWN_CHANNEL:
        return ThreadGoneError("discord.thread_gone") if thread else BlockedError("discord.channel_gone")
    return _of_status(answer.status, code)


def _of_status(status: int, code: int) -> EndError:
    if status == 401 or (status == 404 and code == 0):
        return WebhookGoneError("discord.webhook_gone")
    if status == 413:
        return RefusedError("discord.too_large")
    if status == 403 and code not in ABOUT_THE_WORDS:
        return BlockedError("discord.forbidden")
    return RefusedError(f"discord.refused_{code or status}")


def _limit(answer: Answer) -> str:
    if answer.code == TOO_MANY_OLD_EDITS:
        return "discord.limit_old_edits"
    if answer.body is None:
        return "discord.limit_banned"
    refusal = answer.told.refusal
    return f"discord.limit_{refusal.scope if refusal is not None else 'user'}"
