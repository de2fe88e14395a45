"""Which ends are joined, read without changing anything: for who looks from outside the running bot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from db.bridge_rows import Place, Platform
from db.ids import EndId
from db.tables import bridge_end, conversation


@dataclass(frozen=True, slots=True)
class JoinedEnd:
    """One end of the conversation ``key``, as the bot last settled it.

    ``named`` is the place that stands for it in the settings, ``place`` where it is.
    """

    id: EndId
    key: str
    place: Place
    paused: bool
    named: Place


def joined_ends(connection: Connection) -> list[JoinedEnd]:
    """Return every end that is joined, by conversation, in the order in which the bridge takes them."""
    rows = connection.execute(
        select(bridge_end, conversation.c.key)
        .join(conversation, conversation.c.id == bridge_end.c.conversation_id)
        .where(bridge_end.c.retired == 0)
        .order_by(conversation.c.key, bridge_end.c.id)
    )
    return [
        JoinedEnd(
            EndId(row.id),
            row.key,
            Place(Platform(row.platform), row.moved_to or row.place),
            bool(row.paused),
            Place(Platform(row.platform), row.place),
        )
        for row in rows
    ]
