"""The bridge as the services see it: their plain questions, answered by the bridge's own parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

from bridges.bridge import Bridge
from bridges.conversation import Conversation
from bridges.message import Author, Message
from bridges.terms import EndTerms
from community_bot.domain.account import Account
from community_bot.services.bridging_port import Crossing, EndState, Uncrossed, Verdict
from db.bridge_rows import Intent, Place, Platform
from db.engine import Database
from db.ids import EndId, IntentId
from db.relay_store import Backlog, RelayStore

Listener = Callable[[Uncrossed], Awaitable[None]]


class BridgeDesk:
    """Fulfils :class:`community_bot.services.bridging_port.BridgeDesk`; knows no end before :meth:`open`.

    It is made before the bridge is, which is handed :meth:`failed`. Whoever listens for that is set as
    ``on_failure``.
    """

    def __init__(self, database: Database) -> None:
        self._store = RelayStore(database)
        self._bridge: Bridge | None = None
        self.on_failure: Listener | None = None

    def open(self, bridge: Bridge) -> None:
        """Answer for this bridge from now on."""
        self._bridge = bridge

    async def report(self) -> list[EndState]:
        """Say how every end is doing. Raises :class:`db.errors.DatabaseError`."""
        if self._bridge is None:
            return []
        backlogs = await self._store.backlogs()
        return [
            EndState(
                each.id,
                each.key,
                each.place,
                title=each.terms.title,
                gives=each.terms.gives,
                takes=each.terms.takes,
                files=each.terms.files,
                links=each.terms.links,
                announcements=each.terms.announcements,
                paused=each.terms.paused,
                unheard=each.unheard,
                at=each.state.value,
                reason=each.reason,
                waiting=max(each.depth, backlogs.get(each.id, Backlog()).waiting),
                oldest_seconds=each.oldest_seconds,
                sent=each.counted.sent,
                failed=each.counted.failed,
                reconciled=each.counted.reconciled,
                named=each.named if each.named != each.place else None,
            )
            for each in self._bridge.standings()
        ]

    async def pause(self, end: EndId, *, paused: bool) -> None:
        """Let an end pause, or go on."""
        if self._bridge is not None:
            await self._bridge.pause(end, paused=paused)

    def preview(self, place: Place, account: Account, name: str) -> list[Crossing]:
        """Say what would become of a message at each other end, by the very rules that decide about real ones."""
        joined = self._bridge.joined_at(place) if self._bridge is not None else None
        if joined is None or self._bridge is None:
            return []
        conversation, own = joined
        places = {each.id: each.place for each in self._bridge.standings()}
        message = Message(own, place, "", Author(account.user_id, name), (), datetime.now(UTC))
        return [
            _crossing(conversation, own, end, places[end], message)
            for end in conversation.ends
            if end != own and end in places
        ]

    async def try_again(self, intents: Collection[IntentId]) -> int:
        """Try once more what could not cross."""
        if self._bridge is None:
            return 0
        bridge = self._bridge
        return sum(await asyncio.gather(*(bridge.try_again(intent) for intent in intents)))

    async def failed(self, intent: Intent, message: Message, reason: str) -> None:
        """Take in from the bridge that a message will not cross (:data:`bridges.commons.Failed`)."""
        if self._bridge is None or self.on_failure is None:
            return
        refused_by = next((each for each in self._bridge.standings() if each.id == intent.end), None)
        if refused_by is None:
            return
        account = Account(
            "discord" if message.place.platform is Platform.DISCORD else "matrix", message.author.account
        )
        await self.on_failure(
            Uncrossed(
                account,
                intent.id,
                intent.source,
                message.place,
                refused_by.place,
                refused_by.terms.title,
                reason,
            )
        )


def _crossing(conversation: Conversation, own: EndId, end: EndId, place: Place, message: Message) -> Crossing:
    here, there = conversation.terms_of(own), conversation.terms_of(end)
    crosses = end in conversation.destinations(message)
    crossed = conversation.policy(conversation.key, message.author)
    name = "" if crossed is None else crossed.name
    if name and there.origins and here.title:
        name = f"{name} · {here.title}"
    without = tuple(part for part, wanted in (("files", there.files), ("links", there.links)) if not wanted)
    verdict = Verdict.CROSSES if crosses else _why_not(here, there, is_shared=crossed is not None)
    return Crossing(place, there.title, verdict, name, without)


def _why_not(here: EndTerms, there: EndTerms, *, is_shared: bool) -> Verdict:
    """Say what keeps a message back: first what concerns every other end, then what concerns this one."""
    if here.paused:
        return Verdict.PAUSED_HERE
    if not here.gives:
        return Verdict.RECEIVES_ONLY
    if not is_shared:
        return Verdict.NOT_SHARED
    if there.paused:
        return Verdict.PAUSED_THERE
    return Verdict.ANNOUNCEMENTS if there.takes else Verdict.SENDS_ONLY
