"""What the bot does when somebody asks it into a conversation."""

from __future__ import annotations

from bridges.ends.matrix_client import MissingError
from bridges.ends.port import BlockedError, RefusedError
from community_bot.commands.desk import Desk
from community_bot.commands.request import Incoming
from community_bot.locales import Markup
from community_bot.logs import get_logger
from community_bot.matrix.happenings import Invited
from community_bot.platforms.matrix_cards import message
from community_bot.platforms.matrix_homeserver import Homeserver, transaction
from community_bot.platforms.matrix_rooms import PrivateRooms
from community_bot.platforms.port import ImpossibleError

log = get_logger(__name__)


class Invitations:
    """Accepts a conversation of two; into other rooms the operator brings the bot, not whoever likes."""

    def __init__(self, homeserver: Homeserver, rooms: PrivateRooms, desk: Desk) -> None:
        self._homeserver = homeserver
        self._rooms = rooms
        self._desk = desk

    async def accept(self, invited: Invited, incoming: Incoming, *, wanted: bool) -> None:
        """Join; leave a conversation that is encrypted, and open one that is not. ``wanted``: a room of ours."""
        if not (invited.direct or wanted):
            return
        try:
            await self._homeserver.join(invited.room)
        except (BlockedError, MissingError, RefusedError) as error:
            # taken back meanwhile, or left again before a restart
            log.info("an invitation does not stand any more", reason=error.reason)
            return
        if wanted:
            return
        encrypted = invited.encrypted or await self._homeserver.is_encrypted(invited.room)
        request = await self._desk.request(incoming)
        if not encrypted:
            await self._say(invited.room, request.t("matrix.hello", help=request.spell("help")))
            return
        try:
            await self._rooms.open(invited.person)
            text = request.t("matrix.encrypted")
        except ImpossibleError as error:
            log.warning("no room can be opened in the place of an encrypted one", reason=error.reason)
            text = request.t("matrix.encrypted_only")
        await self._say(invited.room, text)
        await self._homeserver.leave(invited.room)

    async def enter(self, room: str) -> None:
        """Go into a room of ours; where that is not possible, an invitation is awaited."""
        try:
            await self._homeserver.join(room)
        except (BlockedError, MissingError, RefusedError) as error:
            log.warning("the bot cannot enter a room of the network", platform="matrix", reason=error.reason)

    async def _say(self, room: str, text: Markup) -> None:
        await self._homeserver.say(room, message(text), transaction("invitation", room))
