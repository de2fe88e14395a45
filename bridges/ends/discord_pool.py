"""The few webhooks through which one channel is spoken in: which speaks next, and when.

One webhook may say 5 messages in 2 seconds, its channel 30 in a minute. So a burst is said by several, which are
made when somebody would otherwise have to wait, and a quiet channel needs one. More than a handful help nobody:
the channel's own limit is next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Any

import structlog

from bridges.bounded import Bounded
from bridges.ends.discord_limits import Call, CallKind, Cause, Wait
from bridges.ends.discord_webhooks import Webhook, WebhookGoneError, WebhookTransport
from bridges.ends.port import EndError, NotSentError
from bridges.media.file import File

log = structlog.get_logger("bridges.discord")

MOST = 4
"""Webhooks that speak in one channel; Discord allows 15 for everybody together (30007)."""
WORTH_MAKING = 0.05
"""Seconds. For a shorter wait no webhook is made."""
MAKE_AGAIN_SECONDS = 300.0
"""How long those there are have to do after one could not be made."""
MOST_AUTHORS = 100

Find = Callable[[], Awaitable[Sequence[Webhook]]]
"""Looks up all webhooks of ours that stand in the channel. Their ids must be known as ours when it returns, so
that no echo of theirs is ever taken for news. Raises the kinds of :class:`EndError`."""
Make = Callable[[int], Awaitable[Webhook]]
"""Makes one more where there are so many; known as ours, and raising, as :data:`Find`."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message that stands: its id, its thread (None for the channel itself), and the webhook that said it.

    Only that webhook can change it (resources/webhook).
    """

    ref: str
    thread: str | None
    webhook_id: str


class WebhookPool:
    """Speaks in one channel, its threads included. Executes go out one after the other, in the order asked for.

    Every method waits for the limits inside, can be cancelled while it waits, and raises the kinds of
    :class:`EndError`; ``retry_after`` is set where Discord itself said 429.
    """

    def __init__(
        self,
        transport: WebhookTransport,
        *,
        find: Find,
        make: Make,
        most: int = MOST,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._transport = transport
        self._limits = transport.limits
        self._find = find
        self._make = make
        self._most = most
        self._sleep = sleep
        self._clock = clock
        self._webhooks: dict[str, Webhook] = {}
        self._looked = False
        self._looking = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._make_again_at = float("-inf")
        self._authors: Bounded[str, str] = Bounded(MOST_AUTHORS)
        self.waits_for = Cause.NOTHING
        """The limit that the next execute is waiting for just now."""

    # ── speaking

    async def execute(
        self,
        author: str,
        payload: Mapping[str, Any],
        *,
        files: Sequence[File] = (),
        thread: str | None = None,
        thread_name: str | None = None,
    ) -> Spoken:
        """Say a message, after all that were handed in before it.

        ``author`` is any key that is the same for the same author: Discord groups consecutive lines of one
        webhook and name, so an author keeps a webhook while it has room. Raises as
        :meth:`WebhookTransport.execute`, but :class:`WebhookGoneError`: then another webhook says it.
        """
        async with self._turn:
            for _ in range(self._most + 1):
                webhook = await self._next(author)
                try:
                    said = await self._transport.execute(
                        webhook, payload, files=files, thread=thread, thread_name=thread_name
                    )
                except WebhookGoneError:
                    self.gone(webhook)
                    continue
                return Spoken(said.ref, said.thread, webhook.id)
        # somebody deletes them as fast as they are made
        raise NotSentError("discord.webhook_gone")

    async def edit(
        self,
        webhook_id: str,
        ref: str,
        payload: Mapping[str, Any],
        *,
        thread: str | None = None,
        files: Sequence[File] | None = None,
    ) -> None:
        """Change a message; never waits for executes. Raises as :meth:`WebhookTransport.edit`."""
        webhook = await self._ready(webhook_id, CallKind.EDIT)
        try:
            await self._transport.edit(webhook, ref, payload, thread=thread, files=files)
        except WebhookGoneError:
            self.gone(webhook)
            raise

    async def delete(self, webhook_id: str, ref: str, *, thread: str | None = None) -> None:
        """Delete a message; never waits for executes or edits. Raises as :meth:`WebhookTransport.delete`.

        After :class:`WebhookGoneError` only the bot's own account can delete it, where it may.
        """
        webhook = await self._ready(webhook_id, CallKind.DELETE)
        try:
            await self._transport.delete(webhook, ref, thread=thread)
        except WebhookGoneError:
            self.gone(webhook)
            raise

    def backlog_wait(self) -> float:
        """Return the seconds that the limits would make the next execute wait now; 0.0 means no backlog."""
        waits = [self._wait(webhook) for webhook in self._speakers()]
        if not waits:
            return 0.0
        soonest = min(waits, key=lambda wait: wait.seconds)
        return 0.0 if self._worth_making(soonest) else soonest.seconds

    def by_id(self, webhook_id: str) -> Webhook | None:
        """Return one of the webhooks; None where it is not ours any more, or none was looked up yet."""
        return self._webhooks.get(webhook_id)

    def gone(self, webhook: Webhook) -> None:
        """Drop a webhook that somebody deleted; with the last one, look again what there is."""
        self._webhooks.pop(webhook.id, None)
        self._looked = self._looked and bool(self._webhooks)

    # ── which, and when

    async def _next(self, author: str) -> Webhook:
        """Return the webhook that speaks next, once it may: nothing is awaited after that was found out."""
        try:
            while True:
                await self._open()
                webhook, wait = self._choose(author)
                if wait.seconds <= 0:
                    self._keep(author, webhook)
                    return webhook
                self.waits_for = wait.cause
                if self._worth_making(wait):
                    await self._grow(wait.seconds)
                else:
                    await self._sleep(wait.seconds)
        finally:
            self.waits_for = Cause.NOTHING

    async def _ready(self, webhook_id: str, kind: CallKind) -> Webhook:
        """Return the webhook that said a message, once it may make a call of this kind."""
        await self._look()
        while True:
            webhook = self._webhooks.get(webhook_id)
            if webhook is None:
                raise WebhookGoneError("discord.webhook_gone")
            seconds = self._limits.ready_in(Call(webhook.id, webhook.channel, kind))
            if seconds <= 0:
                return webhook
            await self._sleep(seconds)

    def _choose(self, author: str) -> tuple[Webhook, Wait]:
        """Choose the author's own webhook while it has room, else the readiest with the most room."""
        waits = [(webhook, self._wait(webhook)) for webhook in self._speakers()]
        own = self._authors.get(author)
        for webhook, wait in waits:
            if webhook.id == own and wait.seconds <= 0:
                return webhook, wait
        return min(waits, key=lambda pair: (pair[1].seconds, -self._limits.room(_execute(pair[0]))))

    def _keep(self, author: str, webhook: Webhook) -> None:
        self._authors.put(author, webhook.id)

    def _speakers(self) -> list[Webhook]:
        # more may stand there from times with another setting: those only change what they said
        return list(islice(self._webhooks.values(), self._most))

    def _wait(self, webhook: Webhook) -> Wait:
        return self._limits.wait(_execute(webhook))

    # ── finding and making them

    async def _open(self) -> None:
        """Have at least one webhook."""
        await self._look()
        if not self._webhooks:
            self._add(await self._make(0))

    async def _look(self) -> None:
        async with self._looking:
            if not self._looked:
                for webhook in await self._find():
                    self._add(webhook)
                self._looked = True

    def _worth_making(self, wait: Wait) -> bool:
        """Say whether one more webhook would shorten the wait: no more of them help a channel that is full."""
        return (
            wait.cause is Cause.WEBHOOK
            and wait.seconds > WORTH_MAKING
            and len(self._webhooks) < self._most
            and self._clock() >= self._make_again_at
        )

    async def _grow(self, seconds: float) -> None:
        """Make one more webhook, unless that takes longer than waiting for those there are."""
        try:
            async with asyncio.timeout(seconds):
                made = await self._make(len(self._webhooks))
        except TimeoutError:
            self._pause_making("discord.no_answer")
        except EndError as error:
            # no permission any more, or 15 stand there: those there are go on
            self._pause_making(error.reason)
        else:
            if made.id in self._webhooks:
                self._pause_making("discord.no_further_webhook")
            self._add(made)

    def _pause_making(self, reason: str) -> None:
        self._make_again_at = self._clock() + MAKE_AGAIN_SECONDS
        log.warning("no further webhook could be made", reason=reason)

    def _add(self, webhook: Webhook) -> None:
        self._webhooks[webhook.id] = webhook


def _execute(webhook: Webhook) -> Call:
    return Call(webhook.id, webhook.channel, CallKind.EXECUTE)
