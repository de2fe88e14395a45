"""Discord's rate limits: what a request may still do, and what it is told."""

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from typing import Literal, Self

from sandbox.discord.routes import INTERACTION_CALLBACK, Route

Scope = Literal["user", "shared", "global"]

# Limiter state is dropped once it says nothing any more; this is how many entries may wait for that.
_FORGET_ABOVE = 4096


@dataclass(frozen=True, slots=True)
class Window:
    """Allow ``requests`` in every ``seconds``."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Name every limit the simulated Discord keeps; ``None`` switches one off.

    Sources: developers/topics/rate-limits.mdx for scopes, headers and the global limit; for the two webhook
    limits discord-api-docs issues 367, 1454 and 4043. Discord publishes no numbers for single routes: what
    stands here was read from its headers over the years, ``other_routes`` is a plausible middle.
    """

    webhook: Window | None = Window(5, 2.0)
    channel_webhooks: Window | None = Window(30, 60.0)
    everything: Window | None = Window(50, 1.0)
    create_message: Window | None = Window(5, 5.0)
    edit_message: Window | None = Window(5, 5.0)
    delete_message: Window | None = Window(5, 1.0)
    read_history: Window | None = Window(5, 5.0)
    react: Window | None = Window(1, 0.25)
    other_routes: Window | None = Window(10, 5.0)

    @classmethod
    def discord(cls) -> Self:
        """Return the limits as Discord keeps them."""
        return cls()

    @classmethod
    def off(cls) -> Self:
        """Return no limits at all, for tests about something else."""
        return cls(**dict.fromkeys((item.name for item in fields(cls)), None))

    def scaled(self, factor: float) -> Self:
        """Return the same limits with every window ``factor`` times as long.

        A test of waiting uses a factor below one: the same pattern of answers, in a fraction of the time.
        """
        shorter = {
            item.name: Window(window.requests, window.seconds * factor)
            for item in fields(self)
            if (window := getattr(self, item.name)) is not None
        }
        return replace(self, **shorter)

    @property
    def hurry(self) -> int:
        """Return how many times faster than Discord's the channels' limit passes; with none, as fast as can be."""
        as_discord, here = type(self).discord().channel_webhooks, self.channel_webhooks
        if as_discord is None or here is None:
            return 1000
        return max(1, round(as_discord.seconds / here.seconds))

    def for_route(self, route: Route) -> Window | None:
        """Return the limit of one route's bucket, or None where Discord keeps none."""
        if route.template == INTERACTION_CALLBACK:
            return None  # "Interaction endpoints are not bound to the bot's Global Rate Limit"
        if route.template.startswith("/webhooks/{id}/{token}"):
            return self.webhook
        if "/reactions" in route.template:
            return self.react
        known = {
            "POST /channels/{id}/messages": self.create_message,
            "PATCH /channels/{id}/messages/{id}": self.edit_message,
            "DELETE /channels/{id}/messages/{id}": self.delete_message,
            "GET /channels/{id}/messages": self.read_history,
        }
        return known.get(f"{route.method} {route.template}", self.other_routes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say whether a request may pass, and which headers its answer carries.

    ``retry_after`` is in seconds and 0.0 for a request that may pass.
    """

    headers: dict[str, str]
    retry_after: float = 0.0
    scope: Scope | None = None

    @property
    def body(self) -> dict[str, object]:
        """Return the JSON of a 429 answer."""
        return {
            "message": "You are being rate limited.",
            "retry_after": round(self.retry_after, 3),
            "global": self.scope == "global",
        }


@dataclass(slots=True)
class _Bucket:
    """Count requests in a window that opens with its first one, as the Reset header describes."""

    window: Window
    opened: float = -math.inf
    used: int = 0

    def wait(self, now: float) -> float:
        if now >= self.opened + self.window.seconds:
            self.opened, self.used = now, 0
        return 0.0 if self.used < self.window.requests else self.opened + self.window.seconds - now

    def take(self) -> None:
        self.used += 1

    def over(self, now: float) -> bool:
        return now >= self.opened + self.window.seconds

    def headers(self, now: float, name: str) -> dict[str, str]:
        left = max(0.0, self.opened + self.window.seconds - now)
        return {
            "X-RateLimit-Limit": str(self.window.requests),
            "X-RateLimit-Remaining": str(max(0, self.window.requests - self.used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": name,
        }


@dataclass(slots=True)
class _Sliding:
    """Allow no more than the window's requests in any stretch of its length: the channel's webhook limit."""

    window: Window
    taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        while self.taken and now >= self.taken[0] + self.window.seconds:
            self.taken.popleft()
        if len(self.taken) < self.window.requests:
            return 0.0
        return self.taken[0] + self.window.seconds - now

    def take(self, now: float) -> None:
        self.taken.append(now)


class Limiter:
    """Decide on every request in the order it arrives.

    ``hits`` counts the 429 answers per scope, so that a test can say "none of these" or "exactly one".
    """

    def __init__(self, limits: RateLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.hits: Counter[str] = Counter()
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._channels: dict[int, _Sliding] = {}
        self._callers: dict[str, _Bucket] = {}

    def admit(self, route: Route, caller: str, executes_in: int | None = None) -> Verdict:
        """Let the request pass or say how long to wait; a request that waits uses nothing up.

        ``caller`` is whom the global limit counts: the bot's token, or the address of a caller without one.
        ``executes_in`` is the channel a webhook is about to post in, for the limit all its webhooks share.
        """
        now = self._clock()
        everything = self.limits.everything
        exempt = route.template == INTERACTION_CALLBACK
        caller_bucket = None
        if everything is not None and not exempt:
            caller_bucket = self._callers.setdefault(caller, _Bucket(everything))
            if (wait := caller_bucket.wait(now)) > 0:
                return self._refuse("global", wait, {"X-RateLimit-Global": "true"})
        bucket, name = None, _bucket_name(route)
        if (window := self.limits.for_route(route)) is not None:
            bucket = self._buckets.setdefault((name, route.major), _Bucket(window))
            if (wait := bucket.wait(now)) > 0:
                return self._refuse("user", wait, bucket.headers(now, name))
        channel = None
        if executes_in is not None and self.limits.channel_webhooks is not None:
            channel = self._channels.setdefault(executes_in, _Sliding(self.limits.channel_webhooks))
            if (wait := channel.wait(now)) > 0:
                return self._refuse("shared", wait, {})
            channel.take(now)
        if caller_bucket is not None:
            caller_bucket.take()
        if bucket is not None:
            bucket.take()
        self._forget(now)
        return Verdict(bucket.headers(now, name) if bucket is not None else {})

    def _refuse(self, scope: Scope, wait: float, headers: dict[str, str]) -> Verdict:
        self.hits[scope] += 1
        # discord.py takes a 429 without Via for a ban by Cloudflare and gives up.
        told = {"X-RateLimit-Scope": scope, "Retry-After": str(math.ceil(wait)), "Via": "1.1 sandbox"}
        return Verdict(headers | told, wait, scope)

    def _forget(self, now: float) -> None:
        if len(self._buckets) > _FORGET_ABOVE:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.over(now)}
        if len(self._callers) > _FORGET_ABOVE:
            self._callers = {key: bucket for key, bucket in self._callers.items() if not bucket.over(now)}


def _bucket_name(route: Route) -> str:
    """Return an opaque name that is equal exactly where requests share a bucket.

    Discord counts reactions of all kinds in one bucket, and otherwise each method of a route for itself.
    """
    key = "react" if "/reactions" in route.template else f"{route.method} {route.template}"
    return sha256(key.encode()).hexdigest()[:32]
