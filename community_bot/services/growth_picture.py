"""Drawing the Growth Cycle for whoever asks, beside the event loop, and for rooms when a post is sent."""

from __future__ import annotations

import asyncio
from typing import Final

from community_bot.domain.growth import Cycle
from community_bot.locales import Catalogues, Language, Translator
from community_bot.logs import get_logger
from community_bot.platforms.port import Attachment, ImpossibleError
from community_bot.services.growth_cycle import cycle_of, seen_by_all
from community_bot.services.growth_drawing import draw_cycle
from community_bot.services.lettering import CannotWriteError, require_shaping
from community_bot.services.network import Network

log = get_logger(__name__)

AT_ONCE: Final = 2
"""Pictures in the making at the same time: each takes some tens of megabytes for a moment."""
FILENAME: Final = "growth-cycle.png"


class GrowthPictures:
    """Makes pictures. Where Thai cannot be shaped it makes none, and the words stand alone."""

    def __init__(self, network: Network, catalogues: Catalogues) -> None:
        self._network = network
        self._catalogues = catalogues
        self._limit = asyncio.Semaphore(AT_ONCE)

    @property
    def can_draw(self) -> bool:
        """Say whether pictures come out right on this machine."""
        try:
            require_shaping()
        except CannotWriteError as error:
            log.warning("pictures are left out: only their words are shown", reason=error.reason)
            return False
        return True

    async def of(self, cycle: Cycle, t: Translator) -> Attachment | None:
        """Return the picture of what somebody may see; None where none can be drawn."""
        if not self.can_draw:
            return None
        async with self._limit:
            content = await asyncio.to_thread(draw_cycle, cycle, t)
        return Attachment(FILENAME, content, "image/png", t.plain("growth.picture.description"))

    async def attachment(self, argument: str, language: Language) -> Attachment:
        """Return the picture for a room: what everybody may see of a round, which ``argument`` is the number of.

        Raises :class:`ImpossibleError` where none can be drawn.
        """
        number = int(argument)
        cycle = await self._network.look(lambda unit: seen_by_all(unit, cycle_of(unit, number)))
        picture = await self.of(cycle, self._catalogues.translator(language))
        if picture is None:
            raise ImpossibleError("growth.no_picture")
        return picture
