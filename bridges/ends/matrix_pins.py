"""What is pinned in a room: one list, which each change writes anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridges.bounded import Bounded
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_events import PINS, mapping, pins_of
from bridges.ends.port import BlockedError, RefusedError
from bridges.message import Pinned
from db.ids import EndId

MOST_ROOMS = 1000


class PinsHeard:
    """Understands what an event pinned and let go, by what there was before."""

    def __init__(self) -> None:
        self._known: Bounded[EndId, list[str]] = Bounded(MOST_ROOMS)

    def read(self, event: Mapping[str, Any], end: EndId) -> list[Pinned]:
        """Return what was changed. Heard again it is the same: what is so already changes nothing.

        The homeserver tells with an event what it replaced; else it is what was heard last.
        """
        now, unsigned = pins_of(mapping(event, "content")), mapping(event, "unsigned")
        told = "prev_content" in unsigned
        before = pins_of(mapping(unsigned, "prev_content")) if told else self._known.get(end) or []
        self._known.put(end, now)
        gone = [Pinned(end, ref, pinned=False) for ref in before if ref not in now]
        return gone + [Pinned(end, ref, pinned=True) for ref in now if ref not in before]


async def change_pins(client: MatrixClient, room_id: str, ref: str, *, pinned: bool) -> None:
    """Pin something, or let it go. Raises :class:`RefusedError` where we may not."""
    try:
        now = pins_of(await client.get("rooms", room_id, "state", PINS, ""))
    except MissingError:
        now = []
    if (ref in now) is pinned:
        return
    wanted = [*now, ref] if pinned else [each for each in now if each != ref]
    try:
        await client.put("rooms", room_id, "state", PINS, "", body={"pinned": wanted})
    except BlockedError as error:
        if error.reason == "matrix.forbidden":
            raise RefusedError("matrix.missing_power") from error
        raise
