"""What the network does on Matrix by itself; fulfils :class:`community_bot.platforms.port.PlatformPort`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from community_bot.domain.account import PlatformName
from community_bot.locales import Catalogues, Language
from community_bot.platforms.matrix_cards import show
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import Card, ImpossibleError, NotNowError

PREFIX: Final = "."
"""What we write before a command: unlike ``!`` it can be typed on the Thai layout (DOMAIN 4.2)."""


class MatrixPort:
    """Acts through the bot's account."""

    platform: PlatformName = "matrix"

    def __init__(self, homeserver: Homeserver, rooms: PrivateRooms, catalogues: Catalogues) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._catalogues = catalogues

    async def tell(self, user_id: str, card: Card, *, key: str) -> None:
        """Show ``card`` in the person's private room, which is made when there is none.

        The same ``key`` for the same person shows nothing twice: it is the transaction id.
        """
        async with _explained():
            room = await self._rooms.open(user_id)
            await show(self._homeserver, room, card, key=f"tell|{key}|{room}")

    async def admit(self, user_id: str, place: str, *, history: bool) -> None:
        """Invite somebody to a room; fine when they are in it or invited.

        ``history`` changes nothing here: on Matrix what a newcomer sees is a rule of the whole room
        (``m.room.history_visibility``), not of one person. Rooms of the network are set to ``joined`` where nobody
        is to see what was said before (SAF-15).
        """
        async with _explained():
            membership = await self._homeserver.membership(place, user_id)
            if membership == "ban":
                raise ImpossibleError("matrix.banned")
            if membership not in ("join", "invite"):
                await self._homeserver.invite(place, user_id)

    async def release(self, user_id: str, place: str) -> None:
        """Take somebody out of a room, or their invitation back; fine when they are not in it."""
        async with _explained():
            if await self._homeserver.membership(place, user_id) in ("join", "invite", "knock"):
                await self._homeserver.kick(place, user_id)

    async def take_back(self, place: str, ref: str) -> None:
        """Redact a message of the bot's own; fine when it is gone."""
        async with _explained():
            await self._homeserver.redact(place, ref)

    def spell(self, path: str, language: Language) -> str:
        """Return how a command is typed: ``me alias`` is ``.me alias``, in Thai ``.ฉัน นามแฝง``.

        A word that has no text is left as it is.
        """
        t = self._catalogues.translator(language)
        words = path.split()
        keys = [".".join(("command", *words[:depth], "name")) for depth in range(1, len(words) + 1)]
        shown = [t.plain(key) if key in t else word for key, word in zip(keys, words, strict=True)]
        return PREFIX + " ".join(shown)


@asynccontextmanager
async def _explained() -> AsyncIterator[None]:
    """Say an error of the homeserver in the port's two words: not now, or never."""
    try:
        yield
    except (NotSentError, UnsureError) as error:
        raise NotNowError(error.reason, error.retry_after) from error
    except (BlockedError, MissingError, RefusedError) as error:
        if error.reason == "matrix.login_lost":
            raise NotNowError(error.reason) from error
        raise ImpossibleError(error.reason) from error
    except EndError as error:
        raise NotNowError(error.reason, error.retry_after) from error
