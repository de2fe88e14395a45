"""What channels and rooms are called where they are, asked of the platforms and remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from bridges.ends.port import EndError
from community_bot.domain.home import MATRIX
from community_bot.platforms.discord import CommunityBot
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.services.bridging_port import Named
from db.bridge_rows import Place, Platform

REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 5000


class PlaceNames:
    """Fulfils :class:`community_bot.services.bridging_port.PlaceNames`.

    ``live`` says whether the homeserver can be asked: nobody waits for one that is away.
    """

    def __init__(
        self,
        bot: CommunityBot | None,
        homeserver: Homeserver | None,
        *,
        live: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._bot = bot
        self._homeserver = homeserver
        self._live = live
        self._clock = clock
        self._rooms: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def of(self, place: Place) -> Named:
        """Return what a place is called; what cannot be found out now is left empty."""
        if place.platform is Platform.DISCORD:
            return self._channel(place.ref)
        return Named(await self._room(place.ref), MATRIX)

    def _channel(self, ref: str) -> Named:
        channel = None if self._bot is None else self._bot.get_channel(int(ref))
        guild, name = getattr(channel, "guild", None), getattr(channel, "name", None)
        if guild is None or name is None:
            return Named()
        return Named(f"#{name} · {guild.name}", str(guild.id))

    async def _room(self, ref: str) -> str:
        now = self._clock()
        known = self._rooms.get(ref)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        if self._homeserver is None or not self._live():
            return "" if known is None else known[1]
        try:
            # asked once: whoever needs a name asks again later
            content = await self._homeserver.client.get("rooms", ref, "state", "m.room.name", "")
        except EndError:
            # not in the room, or it has no name, or nobody answers: it is called what it was called before
            return "" if known is None else known[1]
        name = content.get("name")
        title = name.strip() if isinstance(name, str) else ""
        self._rooms[ref] = (now, title)
        while len(self._rooms) > MOST_REMEMBERED:
            self._rooms.popitem(last=False)
        return title
