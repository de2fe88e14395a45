"""One Matrix room as an end of a conversation: one bot account, the author in a per-message profile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_text import content_of, write_message
from bridges.ends.port import BlockedError, Outgoing
from bridges.message import Message
from db.bridge_rows import Copy, EndRow, Platform

if TYPE_CHECKING:
    from bridges.ends.matrix_home import MatrixHome

Profile = Callable[[str], str]
"""Makes an opaque profile id from an account: the same person keeps it here, and has another one elsewhere."""


class MatrixEnd:
    """Fulfils :class:`bridges.ends.port.End` for a room."""

    platform = Platform.MATRIX
    # Synapse keeps transaction ids for 24 hours; the specification names no time, so we count on half of that
    repeatable_for = timedelta(hours=12)

    def __init__(
        self, row: EndRow, label: str, *, home: MatrixHome, client: MatrixClient, profile: Profile
    ) -> None:
        self.id = row.id
        self.label = label
        self._place = row.place
        self._home = home
        self._client = client
        self._profile = profile

    def render(self, message: Message) -> list[Outgoing]:
        return write_message(message, self._place, self._profile(message.author.account))

    async def send(self, part: Outgoing) -> Copy:
        problem = await self._home.closed(self.id)
        if problem is not None:
            raise BlockedError(problem)
        try:
            answer = await self._client.put(
                "rooms", self._place.ref, "send", "m.room.message", part.key, body=content_of(part)
            )
        except MissingError as error:
            raise BlockedError("matrix.room_gone") from error
        return Copy(part.part, str(answer["event_id"]))

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        # the key is in the event itself: it is exact whether asked or not
        ref = await self._home.find_copy(self.id, part.key, since=since)
        return Copy(part.part, ref) if ref is not None else None

    async def read(self, ref: str) -> Message | None:
        return await self._home.read(self.id, ref)
