"""When may a webhook speak? Discord's limits on webhooks, modelled, so that almost no call is refused.

- *Per webhook and kind of call*: described by headers; 5 in 2 s until some came (discord-api-docs issue 367).
- *Per channel, over all webhooks in it*: 30 messages in 60 s, never announced, refused with scope ``shared``
  (issues 367, 1454, 4043).
- *Per address*: 50 calls in a second, as webhooks carry no Authorization (developers/topics/rate-limits).

One :class:`WebhookLimits` serves a whole process. It neither waits nor asks anybody: whoever wants to call asks
:meth:`WebhookLimits.wait` and, without awaiting anything in between, reports :meth:`WebhookLimits.sent`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import Literal, Self

from bridges.ends.discord_windows import Allowance, HeaderWindow, SlidingWindow

SWEEP_SECONDS = 60.0
"""How often what says nothing any more is forgotten."""

Scope = Literal["user", "shared", "global"]


class CallKind(StrEnum):
    """What a call does; each kind of one webhook has a bucket of its own, and only executes count in a channel."""

    EXECUTE = "execute"
    EDIT = "edit"
    DELETE = "delete"


SPARE: Mapping[CallKind, int] = {CallKind.EXECUTE: 2, CallKind.EDIT: 1, CallKind.DELETE: 0}
"""Places in the limit per address that a kind leaves to those more urgent than itself."""


class Cause(StrEnum):
    """What a call waits for: the codes that a refusal for the same limit carries, too."""

    NOTHING = ""
    WEBHOOK = "discord.limit_user"
    CHANNEL = "discord.limit_shared"
    EVERYTHING = "discord.limit_global"


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a call has to wait, in seconds, and for which limit."""

    seconds: float
    cause: Cause


@dataclass(frozen=True, slots=True)
class Call:
    """What the limits count by: ids of the webhook and of the channel it stands in, and the kind of call."""

    webhook: str
    channel: str
    kind: CallKind


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 429: whose limit it was, and for how many seconds it is closed."""

    scope: Scope
    seconds: float


@dataclass(frozen=True, slots=True)
class Told:
    """What the end of a call says about the limits. ``counted`` is False where Discord never saw it."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    refusal: Refusal | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is believed until Discord says otherwise."""

    webhook: Allowance = field(default=Allowance(5, 2.0))
    channel: Allowance = field(default=Allowance(30, 60.0))
    everything: Allowance = field(default=Allowance(50, 1.0))

    def scaled(self, factor: float) -> Self:
        """Return the same with every window ``factor`` times as long, for a simulation in a hurry."""
        windows = (self.webhook, self.channel, self.everything)
        return type(self)(*(Allowance(window.requests, window.seconds * factor) for window in windows))


class WebhookLimits:
    """What is known of the limits now. Memory is bounded by what was used in the last minutes."""

    def __init__(self, assumed: Assumed | None = None, *, clock: Callable[[], float] = monotonic) -> None:
        self._assumed = assumed or Assumed()
        self._clock = clock
        self._started = self._swept = clock()
        self._webhooks: dict[tuple[str, CallKind], HeaderWindow] = {}
        self._channels: dict[str, SlidingWindow] = {}
        self._everything = SlidingWindow(self._assumed.everything)

    def wait(self, call: Call) -> Wait:
        """Return how long the call would have to wait now: at least so long, so ask again after it."""
        now = self._clock()
        longest = Wait(self._everything.wait(now, spare=SPARE[call.kind]), Cause.EVERYTHING)
        webhook = self._webhooks.get((call.webhook, call.kind))
        if webhook is not None and (seconds := webhook.wait(now)) > longest.seconds:
            longest = Wait(seconds, Cause.WEBHOOK)
        channel = self._channels.get(call.channel) if call.kind is CallKind.EXECUTE else None
        if channel is not None and (seconds := channel.wait(now)) > longest.seconds:
            longest = Wait(seconds, Cause.CHANNEL)
        return longest if longest.seconds > 0 else Wait(0.0, Cause.NOTHING)

    def ready_in(self, call: Call) -> float:
        """Return :meth:`wait` in seconds alone."""
        return self.wait(call).seconds

    def room(self, call: Call) -> int:
        """Return how many such calls the webhook's own limit has room for now."""
        webhook = self._webhooks.get((call.webhook, call.kind))
        return self._assumed.webhook.requests if webhook is None else webhook.room(self._clock())

    def sent(self, call: Call) -> None:
        """Count a call that leaves now. Each is followed by one :meth:`learn`, whatever becomes of it."""
        now = self._clock()
        if now - self._swept >= SWEEP_SECONDS:
            self._sweep(now)
        self._webhook(call).take(now)
        self._everything.take()
        if call.kind is CallKind.EXECUTE:
            self._channel(call).take()

    def learn(self, call: Call, told: Told) -> None:
        """Take in how a call ended."""
        now = self._clock()
        counted = told.counted and told.refusal is None
        scope = told.refusal.scope if told.refusal is not None else None
        seconds = told.refusal.seconds if told.refusal is not None else 0.0
        self._everything.settle(now, counted=counted)
        if scope == "global":
            self._everything.close(now, seconds)
        if call.kind is CallKind.EXECUTE:
            channel = self._channel(call)
            channel.settle(now, counted=counted)
            if scope == "shared":
                channel.close(now, seconds, watched=now - self._started >= self._assumed.channel.seconds)
        webhook = self._webhook(call)
        # an edit or a delete has no channel's limit: whatever is shared there is this bucket
        if scope == "user" or (scope == "shared" and call.kind is not CallKind.EXECUTE):
            webhook.close(now, seconds)
        elif counted:
            webhook.learn(now, told.headers)
        else:
            # the headers of another limit's refusal describe that limit
            webhook.dismiss()

    @property
    def remembered(self) -> int:
        """How many buckets and channels it keeps in memory."""
        return len(self._webhooks) + len(self._channels)

    def _webhook(self, call: Call) -> HeaderWindow:
        key = (call.webhook, call.kind)
        if key not in self._webhooks:
            self._webhooks[key] = HeaderWindow(self._assumed.webhook)
        return self._webhooks[key]

    def _channel(self, call: Call) -> SlidingWindow:
        if call.channel not in self._channels:
            self._channels[call.channel] = SlidingWindow(self._assumed.channel)
        return self._channels[call.channel]

    def _sweep(self, now: float) -> None:
        self._swept = now
        self._webhooks = {key: window for key, window in self._webhooks.items() if not window.idle(now)}
        self._channels = {key: window for key, window in self._channels.items() if not window.idle(now)}
