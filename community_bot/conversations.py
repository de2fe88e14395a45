"""Which channels and rooms the bridge joins: those of the settings, and those of learning spaces, at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from hashlib import sha256

from community_bot.logs import get_logger
from community_bot.services.network import Network
from config import Settings
from db.bridge_rows import Place, Platform
from db.space_bridges import LONGEST_KEY, joined_rooms

log = get_logger(__name__)

Wanted = dict[str, list[Place]]
"""Conversation key to places."""
Settle = Callable[[Mapping[str, Sequence[Place]]], Awaitable[None]]

GATHER_SECONDS = 0.5
"""How long acts gather before it is looked whether they changed a conversation: building a space is many."""


class Conversations:
    """Watches what is to be joined, and hands every change to ``settle``; :meth:`run` is its job.

    ``settled`` are those of the settings, ``platforms`` those the bot is on.
    """

    def __init__(
        self,
        settled: Wanted,
        network: Network,
        *,
        platforms: Collection[Platform],
        settle: Settle,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settled = settled
        self._network = network
        self._platforms = platforms
        self._settle = settle
        self._sleep = sleep
        self._known: Wanted | None = None

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
        if wanted != self._known:
            await self._settle(wanted)
            if self._known is not None:
                log.info("conversations have changed", conversations=len(wanted))
            self._known = wanted

    async def run(self) -> None:
        """Look whenever something was done in the network, until cancelled."""
        bell = self._network.bell("conversations")
        while True:
            # before it is looked: an act that comes after that rings again
            bell.clear()
            await self.look()
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
