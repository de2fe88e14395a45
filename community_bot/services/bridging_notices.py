"""Saying in a room that it is joined with others: with which, what that means, and how to keep out of it.

SAF-9 and SAF-11: who writes in a room knows where their words go. It is said when a room is joined, and again when
where its words go, or come from, has changed. What is kept is a digest of what was said last.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from community_bot.domain.languages import Language
from community_bot.locales import Catalogues, Markup, Translator, key
from community_bot.locales.markup_html import plain_text
from community_bot.logs import get_logger
from community_bot.services.bridging_port import (
    BridgeDesk,
    EndState,
    Named,
    PlaceNames,
    by_conversation,
    neighbours,
)
from community_bot.services.bridging_scope import language_of_place, platform_of
from community_bot.services.bridging_words import name_of_place
from community_bot.services.network import Network, Unit
from db.bridge_rows import Place
from db.errors import DatabaseError
from db.ids import EndId
from db.room_notice_store import Forgotten, RoomNoticeStore

log = get_logger(__name__)

LOOK_SECONDS = 60.0
SOON_SECONDS = 1.0
"""How soon it is looked again while a notice waits."""
PATIENCE = timedelta(minutes=5)
"""How long a notice waits for the names of the other places; then it names their kinds."""
MOST_AT_ONCE = 5
"""Notices in one look: a network of a thousand conversations says them by and by."""


class RoomNotices:
    """Keeps what rooms were told up to date. :meth:`run` is its task."""

    def __init__(
        self,
        network: Network,
        desk: BridgeDesk,
        names: PlaceNames,
        catalogues: Catalogues,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._network = network
        self._desk = desk
        self._names = names
        self._catalogues = catalogues
        self._sleep = sleep
        self._since: dict[EndId, datetime] = {}
        self._changed = asyncio.Event()

    def look_soon(self) -> None:
        """Look at once: conversations have changed."""
        self._changed.set()

    async def run(self) -> None:
        """Tell rooms until cancelled."""
        while True:
            self._changed.clear()
            waits = True
            try:
                waits = await self.look()
            except DatabaseError as error:
                # what is to be said is found again at the next look
                log.warning("rooms are told later", reason=error.code)
            if waits:
                await self._sleep(SOON_SECONDS)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._changed.wait()

    async def look(self) -> bool:
        """Tell the rooms that do not know yet; return whether there is more to say soon."""
        ends = await self._desk.report()
        stored, ended = await self._network.look(_stored)
        for gone in ended:
            await self._say_ended(gone)
        joined = by_conversation(ends)
        untold = [
            end
            for together in joined.values()
            for end in together
            if len(together) > 1 and stored.get(end.id) != digest_of(end, together)
        ]
        self._since = {end.id: self._since.get(end.id, self._network.clock()) for end in untold}
        said = 0
        for end in untold:
            if said == MOST_AT_ONCE:
                break
            said += await self._say(end, joined[end.conversation])
        return said < len(untold)

    async def _say(self, end: EndState, ends: Sequence[EndState]) -> bool:
        """Say it, unless it is too early: not heard there yet, or the others' names are not known."""
        patient = self._network.clock() - self._since[end.id] < PATIENCE
        if end.unheard is not None and patient:
            return False
        others = neighbours(end, ends)
        named = {each.place: await self._names.of(each.place) for each in (end, *others)}
        if patient and not all(each.title or named[each.place].title for each in others):
            return False
        language = language_of_place(self._network.rules, named[end.place])
        said = said_of_joining(self._catalogues.translator(language), end, others, named)
        told = digest_of(end, ends)

        def work(unit: Unit) -> None:
            _post(unit, end.place, language, key("bridge.notice.told"), said)
            RoomNoticeStore(unit.connection).set_told(end.id, told)

        await self._network.act(work)
        return True

    async def missed(self, place: Place, count: int, first: datetime, last: datetime) -> str:
        """Return, in a place's language, how many messages came too late for it, and from when."""
        language = language_of_place(self._network.rules, await self._names.of(place))
        stamps = {"first": f"{first:%Y-%m-%d %H:%M}", "last": f"{last:%Y-%m-%d %H:%M}"}
        t = self._catalogues.translator(language)
        return plain_text(t.count("bridge.missed", count, **stamps))

    async def _say_ended(self, gone: Forgotten) -> None:
        named = await self._names.of(gone.place)
        language = language_of_place(self._network.rules, named)
        t = self._catalogues.translator(language)
        said = t("bridge.notice.ended")

        def work(unit: Unit) -> None:
            _post(unit, gone.place, language, key("bridge.said"), said)
            RoomNoticeStore(unit.connection).set_told(gone.id, None)

        await self._network.act(work)


def digest_of(end: EndState, ends: Sequence[EndState]) -> str:
    """Return what tells one notice of a room from another: where its words go and whose words come."""
    others = neighbours(end, ends)
    lists = [_ordered(each) for each in (_reached(end, others), _heard(end, others))]
    return urlsafe_b64encode(sha256("||".join(lists).encode()).digest()).decode().rstrip("=")


def _ordered(ends: Iterable[EndState]) -> str:
    return " ".join(sorted(f"{each.place.platform}|{each.place.ref}" for each in ends))


def _reached(end: EndState, others: Sequence[EndState]) -> list[EndState]:
    return [each for each in others if each.takes] if end.gives else []


def _heard(end: EndState, others: Sequence[EndState]) -> list[EndState]:
    return [each for each in others if each.gives] if end.takes else []


def said_of_joining(t: Translator, end: EndState, others: Sequence[EndState], named: dict[Place, Named]) -> Markup:
    """Return what a room is told: where its words go, whose words come, and what follows from it."""
    reached, heard = _reached(end, others), _heard(end, others)

    def listed(ends: Sequence[EndState]) -> list[Markup]:
        return [
            t("bridge.notice.place", place=name_of_place(t, each.place, each.title, named.get(each.place)))
            for each in ends
        ]

    parts: list[str] = [t("bridge.notice.head")]
    if reached and {each.id for each in reached} == {each.id for each in heard}:
        parts += [t("bridge.notice.both"), *listed(reached)]
    else:
        if reached:
            parts += [t("bridge.notice.reached"), *listed(reached)]
        if heard:
            parts += [t("bridge.notice.heard"), *listed(heard)]
    parts.append("")
    parts.append(t("bridge.notice.copies") if reached else t("bridge.notice.stays"))
    return Markup("\n".join(parts))


def _post(unit: Unit, place: Place, language: Language, text: str, said: Markup) -> None:
    where = {"platform": platform_of(place), "place": place.ref, "language": language}
    unit.outbox.add("post", {**where, "text": text}, now=unit.now, words={"twin": said})


def _stored(unit: Unit) -> tuple[dict[EndId, str], list[Forgotten]]:
    store = RoomNoticeStore(unit.connection)
    return store.told(), store.forgotten()
