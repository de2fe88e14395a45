"""What rooms were told last of being joined: a digest for each end, so that nothing is said twice."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from db.bridge_rows import Place, Platform
from db.ids import EndId
from db.tables import bridge_end


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An end that is joined no more, of whose people nobody has told so."""

    id: EndId
    place: Place


class RoomNoticeStore:
    """Reads and writes inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def told(self) -> dict[EndId, str]:
        """Return the digest of what was said last, for each end that is joined and was told."""
        rows = self._connection.execute(
            select(bridge_end.c.id, bridge_end.c.told).where(
                bridge_end.c.retired == 0, bridge_end.c.told.is_not(None)
            )
        )
        return {EndId(row.id): row.told for row in rows}

    def forgotten(self) -> list[Forgotten]:
        """Return the ends that were told that they are joined, and are no more."""
        rows = self._connection.execute(
            select(bridge_end).where(bridge_end.c.retired == 1, bridge_end.c.told.is_not(None))
        )
        return [Forgotten(EndId(row.id), Place(Platform(row.platform), row.moved_to or row.place)) for row in rows]

    def set_told(self, end: EndId, digest: str | None) -> None:
        """Remember what an end was told; None when that holds no more."""
        self._connection.execute(update(bridge_end).where(bridge_end.c.id == end).values(told=digest))
