"""Which channels and rooms the bridge joins: those of the settings, and those of learning spaces, at any moment.

And on which terms each takes part: what the settings say of an end holds wherever it is joined.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

from bridges.terms import EQUAL, EndTerms
from community_bot.logs import get_logger
from community_bot.services.bridging_port import NoNames, PlaceNames
from community_bot.services.network import Network
from config import Settings
from db.bridge_rows import Place, Platform
from db.space_bridges import LONGEST_KEY, joined_rooms

log = get_logger(__name__)

Wanted = dict[str, list[Place]]
"""Conversation key to places."""
Terms = dict[Place, EndTerms]
"""Those of the places that are not simply equals."""
Settle = Callable[[Mapping[str, Sequence[Place]], Mapping[Place, EndTerms]], Awaitable[None]]

GATHER_SECONDS = 0.5
"""How long acts gather before it is looked whether they changed a conversation: building a space is many."""
NAMES_SECONDS = 60.0
"""How soon it is looked again for what a place is called."""


class Conversations:
    """Watches what is to be joined, and hands every change to ``settle``; :meth:`run` is its job.

    ``settled`` are those of the settings, ``terms`` what these say of single ends, ``platforms`` those the bot is
    on. ``names`` say what a place is called where the operator does not. ``changed`` is called after each change.
    """

    def __init__(
        self,
        settled: Wanted,
        network: Network,
        *,
        platforms: Collection[Platform],
        settle: Settle,
        terms: Mapping[Place, EndTerms] | None = None,
        names: PlaceNames | None = None,
        changed: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settled = settled
        self._network = network
        self._platforms = platforms
        self._settle = settle
        self._terms = dict(terms or {})
        self._names = names or NoNames()
        self._changed = changed
        self._sleep = sleep
        self._nameless = False
        self._known: Wanted | None = None
        self._known_terms: Terms | None = None

    @property
    def count(self) -> int:
        """How many there are, by what was settled last."""
        return len(self._known or ())

    async def look(self) -> None:
        """Settle what is to be joined now, when that is not so already.

        Raises :class:`db.errors.DatabaseError` and what ``settle`` raises; the next look then tries again.
        """
        of_spaces = await self._network.look(lambda unit: joined_rooms(unit.connection))
        wanted = merged(self._settled, of_spaces, self._platforms)
        terms = await self._titled(wanted)
        if wanted != self._known or terms != self._known_terms:
            await self._settle(wanted, terms)
            if self._known is not None and wanted != self._known:
                log.info("conversations have changed", conversations=len(wanted))
            self._known, self._known_terms = wanted, terms
            self._changed()

    async def _titled(self, wanted: Wanted) -> Terms:
        """Return the terms; where a copy says which place its author writes in, every place is called something."""
        terms = dict(self._terms)
        self._nameless = False
        for places in wanted.values():
            if not any(terms.get(place, EQUAL).origins for place in places):
                continue
            for place in places:
                own = terms.get(place, EQUAL)
                if own.title:
                    continue
                if title := (await self._names.of(place)).title:
                    terms[place] = replace(own, title=title)
                else:
                    self._nameless = True
        return terms

    async def run(self) -> None:
        """Look whenever something was done in the network, until cancelled."""
        bell = self._network.bell("conversations")
        while True:
            # before it is looked: an act that comes after that rings again
            bell.clear()
            await self.look()
            with suppress(TimeoutError):
                # what a place is called is known once the platforms are reached, which rings no bell
                async with asyncio.timeout(NAMES_SECONDS if self._nameless else None):
                    await bell.wait()
            await self._sleep(GATHER_SECONDS)


def settled_conversations(settings: Settings) -> Wanted:
    """Return what the settings join."""
    return {
        conversation.key: [
            *(Place(Platform.DISCORD, str(channel)) for channel in conversation.discord_channels),
            *(Place(Platform.MATRIX, room) for room in conversation.matrix_rooms),
        ]
        for conversation in settings.conversations
    }


def settled_terms(settings: Settings) -> Terms:
    """Return what the settings say of single ends."""
    return {
        Place(Platform.MATRIX if end.place.startswith("!") else Platform.DISCORD, end.place): EndTerms(
            gives=end.direction != "receive",
            takes=end.direction != "send",
            files=end.files,
            links=end.links,
            announcements=end.announcements,
            title=end.title or "",
            origins=end.origins,
            everyone=None if end.everyone_role is None else str(end.everyone_role),
            quota=end.quota,
        )
        for end in settings.ends
    }


def merged(settled: Wanted, of_spaces: Wanted, platforms: Collection[Platform]) -> Wanted:
    """Return the conversations of the settings with those of spaces, as far as these do not contradict them.

    A place is in one conversation only: what the settings join already is left out of a space's, and so is what
    stands on a platform the bot is no longer on. A space's conversation of fewer than two places is none.
    """
    joined = {place for places in settled.values() for place in places}
    found = dict(settled)
    for key, places in of_spaces.items():
        left = [place for place in places if place not in joined and place.platform in platforms]
        if len(left) > 1:
            found[_free_key(key, settled)] = left
    return found


def _free_key(key: str, settled: Wanted) -> str:
    """Return a space's key, or always the same other one where an operator has given it to something else."""
    if key not in settled:
        return key
    return f"{key[: LONGEST_KEY - 9].rstrip('-')}-{sha256(key.encode()).hexdigest()[:8]}"
