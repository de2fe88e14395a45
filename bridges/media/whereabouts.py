"""Where a message's file is, so that a link to it can find it again."""

from __future__ import annotations

from bridges.media.file import Attachment
from bridges.media.links import Where
from bridges.message import Message
from db.bridge_rows import Place, Platform

IN = "/"
"""Stands between a channel and the thread in it."""


def where_of(message: Message, attachment: Attachment) -> Where:
    """Return where a file of ``message`` is."""
    place = message.place.ref
    if message.place.platform is Platform.DISCORD and message.thread is not None:
        # a thread on Discord is a place of its own; on Matrix it stands in the room
        place += IN + message.thread.handle
    return Where(message.place.platform, place, message.ref, attachment.location)


def place_of(where: Where) -> tuple[Place, str | None]:
    """Return the place that a file is in, and the thread in it."""
    if where.platform is not Platform.DISCORD:
        return Place(where.platform, where.place), None
    place, _, thread = where.place.partition(IN)
    return Place(where.platform, place), thread or None
