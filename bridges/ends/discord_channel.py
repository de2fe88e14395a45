"""What the bridge knows of one Discord channel with its threads, and of a copy that stands in one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

import discord

from bridges.bell import Bell
from bridges.bounded import Bounded
from bridges.ends.discord_ids import instant_of
from bridges.message import Heard
from db.bridge_rows import EndRow

OVERLAP = timedelta(minutes=10)
"""How far behind the last known message reading starts: events may have come out of order before a crash."""
MOST_KNOWN = 300
MOST_BUFFERED = 2000
"""Live events kept while catching up; on more, the channel is simply read once more."""


@dataclass(frozen=True, slots=True)
class SeenCopy:
    """A message that one of our webhooks left in a channel."""

    ref: str
    webhook_id: str
    author: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class News:
    """What one event tells; ``thread`` is the one it happened in, whose beginning may have to be told first."""

    heard: tuple[Heard, ...]
    thread: discord.Thread | None = None


def nobody(_: Channel) -> None:
    """Look after nothing."""


@dataclass(slots=True, eq=False)
class Channel:
    """A channel that we serve: how far it was read, whether it is heard, and what waits until it is."""

    row: EndRow
    label: str
    position: int | None
    webhook_ids: set[str]
    settled: int = 0
    """The message up to which all was heard for certain, as it is written down."""
    reached_at: float = 0.0
    """Since when nothing newer was heard, in monotonic seconds."""
    live: bool = False
    problem: str = "not_connected"
    heard_until: datetime | None = None
    """The moment up to which it was listened to, when a connection broke off; None while nothing is missed."""
    is_behind: bool = False
    """Something may have been said that was not heard; nobody looks after it yet."""
    call: Callable[[Channel], None] = field(default=nobody, repr=False)
    """Has it looked after."""
    changed: Bell = field(default_factory=Bell)
    """What we may do there may have changed: a catching-up that was held up need not wait longer."""
    present: Bell = field(default_factory=Bell)
    """The gateway has told how it is there, or will not."""
    buffer: list[News] = field(default_factory=list)
    draining: asyncio.Lock = field(default_factory=asyncio.Lock)
    versions: Bounded[int, int] = field(default_factory=lambda: Bounded(MOST_KNOWN))
    """The newest messages that were heard, with their last edit."""
    announced: Bounded[int, bool] = field(default_factory=lambda: Bounded(MOST_KNOWN))
    """Threads whose beginning is known to the others."""

    @property
    def channel_id(self) -> int:
        return int(self.row.place.ref)

    @property
    def stream(self) -> str:
        """The name under which its position is kept."""
        return stream_of(self.row)

    @property
    def settled_stream(self) -> str:
        """The name under which it is kept up to where all was heard."""
        return settled_stream_of(self.row)

    @property
    def listened_to(self) -> bool:
        """Whether all that is said there now is heard."""
        return self.live and self.heard_until is None

    @property
    def joined_at(self) -> int:
        """The message before which nothing crosses; 0 while that is not known."""
        return int(self.row.joined_at_ref or 0)

    def miss(self, now: datetime) -> None:
        """Note that from now on something may happen that is not heard; what is missed already began earlier."""
        if self.listened_to:
            self.heard_until = now

    def fall_behind(self) -> None:
        """Note that something may have been said that we did not hear."""
        self.live = False
        self.problem = "catching_up"
        self.look_after()

    def look_after(self) -> None:
        """Ask that what was not heard be read."""
        self.is_behind = True
        self.call(self)

    def reach(self, message_id: int) -> None:
        """Note that a message was heard, ours or another's."""
        if message_id > (self.position or 0):
            self.position, self.reached_at = message_id, monotonic()

    def note(self, message_id: int, version: int) -> None:
        """Remember a message that was heard, with its last edit."""
        self.versions.put(message_id, max(version, self.versions.get(message_id) or 0))

    def announce(self, thread_id: int) -> None:
        """Remember that the others know where a thread begins."""
        self.announced.put(thread_id, True)

    def keep(self, news: News) -> None:
        """Let something wait until we have caught up."""
        if len(self.buffer) >= MOST_BUFFERED:
            self.buffer.clear()
            self.fall_behind()
        else:
            self.buffer.append(news)


def is_young(message_id: int) -> bool:
    """Say whether a message is so young that events about it may still overtake one another."""
    return datetime.now(UTC) - instant_of(message_id) < OVERLAP


def stream_of(row: EndRow) -> str:
    """Return the name under which it is kept how far a channel was read."""
    return f"discord:{row.place.ref}"


def settled_stream_of(row: EndRow) -> str:
    """Return the name under which it is kept up to where all was heard in a channel."""
    return f"discord-settled:{row.place.ref}"
