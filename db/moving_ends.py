"""An end whose place was replaced by another: it goes there, and keeps its number, its lane and its map.

What it said, and what was said, in the place that it leaves is marked as left behind: that can still be taken back
there, but nothing new hangs from it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from db.bridge_rows import Place, Platform
from db.ids import EndId
from db.tables import bridge_end, bridge_past, relay_copy, relay_source, relay_thread


def move_end(connection: Connection, end: EndId, to: Place, *, forget_after: datetime) -> bool:
    """Let an end be at ``to`` from now on, in one transaction; False when it may not.

    It may not where it is joined no more, and where an end is or was there: two ends are never one place, and
    nobody goes in a circle. ``forget_after`` is when nothing is left in the map of what stands in the old place.
    """
    row = connection.execute(
        select(bridge_end).where(bridge_end.c.id == end, bridge_end.c.retired == 0)
    ).one_or_none()
    if row is None or row.platform != to.platform or not may_move_to(connection, to):
        return False
    connection.execute(
        bridge_past.insert().values(end_id=end, place=row.moved_to or row.place, purge_after=forget_after)
    )
    for table in (relay_copy, relay_source):
        connection.execute(update(table).where(table.c.end_id == end, table.c.behind == 0).values(behind=1))
    # what was said in a thread goes on in the room: nothing can hang from what stands elsewhere
    connection.execute(delete(relay_thread).where(relay_thread.c.end_id == end))
    # its people are told anew what is joined, and nothing said there before crosses
    anew = {"moved_to": to.ref, "joined_at_ref": None, "told": None, "standing": None}
    connection.execute(update(bridge_end).where(bridge_end.c.id == end).values(**anew))
    return True


def may_move_to(connection: Connection, place: Place) -> bool:
    """Say whether no end is, or was, in a place, or is named after it."""
    ends = select(bridge_end.c.id).where(
        bridge_end.c.platform == place.platform,
        bridge_end.c.retired == 0,
        or_(bridge_end.c.place == place.ref, bridge_end.c.moved_to == place.ref),
    )
    past = select(bridge_past.c.end_id).where(bridge_past.c.place == place.ref)
    return all(connection.execute(found).first() is None for found in (ends, past))


def as_named(connection: Connection, wanted: Collection[Place]) -> None:
    """Make ends that moved agree with what is named now.

    Where the new place is named instead of the old, that is the end's name from now on. Where it is named beside
    the old, another end is to be there, and this one goes back to where it stood still.
    """
    rows = connection.execute(select(bridge_end)).all()
    names = {Place(Platform(row.platform), row.place) for row in rows}
    for row in rows:
        if row.retired or row.moved_to is None:
            continue
        named, now = Place(Platform(row.platform), row.place), Place(Platform(row.platform), row.moved_to)
        if now not in wanted:
            continue
        this = update(bridge_end).where(bridge_end.c.id == row.id)
        if named in wanted or now in names:
            back = {"moved_to": None, "joined_at_ref": None, "told": None, "standing": None}
            connection.execute(this.values(**back))
        else:
            connection.execute(this.values(place=now.ref, moved_to=None))
