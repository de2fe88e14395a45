"""What the bridge knows of one Matrix room."""

from __future__ import annotations

from dataclasses import dataclass, replace

from db.bridge_rows import EndRow

NOT_CONNECTED = "matrix.not_connected"
NOT_INVITED = "matrix.not_invited"
ENCRYPTED = "matrix.encrypted_room"


@dataclass(slots=True)
class Room:
    """A room that we serve. ``closed`` is why nothing may be said there, None when it may."""

    row: EndRow
    label: str
    closed: str | None = NOT_CONNECTED
    entering: bool = False
    """We asked to be let in; the sync that brings the room is still to come."""

    @property
    def room_id(self) -> str:
        return self.row.place.ref

    @property
    def outside(self) -> bool:
        """Whether we are not in it, as far as is known."""
        return self.closed in (NOT_CONNECTED, NOT_INVITED)

    @property
    def begun(self) -> bool:
        """Whether the point is fixed before which nothing crosses."""
        return self.row.joined_at_ref is not None

    def begin(self, ref: str) -> None:
        """Fix that point."""
        self.row = replace(self.row, joined_at_ref=ref)
