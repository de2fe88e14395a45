"""The names people go by in Matrix rooms: in memory, as many as are of use."""

from __future__ import annotations

from collections import OrderedDict

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.port import BlockedError

MOST_NAMES = 5000


class MatrixNames:
    """Knows display names by room and account, from what a sync tells or from asking."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()

    def learn(self, room_id: str, user: str, name: object) -> str:
        """Take in a display name and return what to call them: without one, by their account's own."""
        known = name if isinstance(name, str) and name.strip() else user[1:].split(":", 1)[0]
        self._names[room_id, user] = known
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)
        return known

    async def of(self, room_id: str, user: str) -> str:
        """Return what to call somebody in a room. Raises the kinds of ``EndError``."""
        known = self._names.get((room_id, user))
        if known is not None:
            return known
        try:
            content = await self._client.get("rooms", room_id, "state", "m.room.member", user)
        except (MissingError, BlockedError):
            content = {}
        return self.learn(room_id, user, content.get("displayname"))
