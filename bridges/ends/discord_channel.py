"""What the bridge knows of one Discord channel, and of a copy that stands in one."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import discord

from db.bridge_rows import EndRow


@dataclass(frozen=True, slots=True)
class SeenCopy:
    """A message that one of our webhooks left in a channel."""

    ref: str
    webhook_id: str
    author: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(slots=True)
class Channel:
    """A channel that we serve: how far it was read, whether it is heard, and what waits until it is."""

    row: EndRow
    label: str
    position: int | None
    webhook_ids: set[str]
    passed_over: int = 0
    """Messages that were no news since the position was last written."""
    live: bool = False
    problem: str = "not_connected"
    behind: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """What we may do there may have changed: a catching-up that was held up need not wait longer."""
    buffer: deque[discord.Message] = field(default_factory=deque)

    @property
    def channel_id(self) -> int:
        return int(self.row.place.ref)

    @property
    def stream(self) -> str:
        """The name under which its position is kept."""
        return stream_of(self.row)

    @property
    def joined_at(self) -> int:
        """The message before which nothing crosses; 0 while that is not known."""
        return int(self.row.joined_at_ref or 0)

    def fall_behind(self) -> None:
        """Note that something may have been said that we did not hear."""
        self.live = False
        self.problem = "catching_up"
        self.behind.set()


def stream_of(row: EndRow) -> str:
    """Return the name under which it is kept how far a channel was read."""
    return f"discord:{row.place.ref}"
