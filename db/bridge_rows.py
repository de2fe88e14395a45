"""What the bridge stores take and give: frozen values, no rows, and never a word anybody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from db.ids import ConversationId, EndId, IntentId, SourceId


class Platform(StrEnum):
    DISCORD = "discord"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an end is: ``ref`` is a Discord channel id or a Matrix room id."""

    platform: Platform
    ref: str


@dataclass(frozen=True, slots=True)
class EndRow:
    """One end; ``joined_at_ref`` is the point before which nothing crosses, None until first seen.

    ``standing`` is a code in which a platform's side keeps how the place stands for good, None while not known.
    ``moved_from`` is the place that is named for it, where that was replaced by ``place``; ``past`` are all that it
    has left.
    """

    id: EndId
    conversation_id: ConversationId
    place: Place
    joined_at_ref: str | None
    paused: bool = False
    standing: str | None = None
    moved_from: Place | None = None
    past: tuple[Place, ...] = ()

    @property
    def named(self) -> Place:
        """The place by which the settings know it."""
        return self.moved_from or self.place


@dataclass(frozen=True, slots=True)
class ConversationRow:
    id: ConversationId
    key: str
    ends: tuple[EndRow, ...]


class Operation(StrEnum):
    """What is to be done about a message at an end. Each but the first makes the end agree with how things are."""

    SAY = "say"
    EDIT = "edit"
    """Its copies there are to read as it does now."""
    DELETE = "delete"
    """Nothing of it is to stand there."""
    REACT = "react"
    """The bot's reactions there are to be those that people gave at the other ends."""
    PIN = "pin"
    """It is to be pinned there exactly when it is pinned."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message was heard at ``end`` and is to be said at ``destinations``.

    ``thread`` is the thread it stands in there, ``reply_to`` the message it answers, both as ids of that same end.
    ``opens``: a thread of the same id hangs from it; such a message may be one that is known, or a copy.
    ``refused`` is why it is put aside at once instead: a stable reason code; ``tell_until`` is then until when its
    author is to be told.
    """

    end: EndId
    ref: str
    destinations: tuple[EndId, ...]
    received_at: datetime
    thread: str | None = None
    reply_to: str | None = None
    opens: bool = False
    refused: str | None = None
    tell_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something was done to a message, or a copy, that stands at ``end`` as ``ref``.

    ``mark`` is the event that did it, where the platform has one, so that its being taken back is understood.
    ``elsewhere`` are the ends that may take part. ``quoting`` are those where answers show what they answer.
    ``pinned`` goes with :attr:`Operation.PIN` alone. ``early``: what is not known may still be heard of, and is
    then to be passed over.
    """

    end: EndId
    ref: str
    operation: Operation
    received_at: datetime
    elsewhere: tuple[EndId, ...] = ()
    quoting: frozenset[EndId] = frozenset()
    mark: str | None = None
    pinned: bool = False
    early: bool = False


Heard: TypeAlias = Receipt | Change


@dataclass(frozen=True, slots=True)
class ReceiptBatch:
    """What is written in one go: what was heard, in that order, and how far each stream was read."""

    receipts: tuple[Heard, ...] = ()
    positions: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[EndId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing a lane still has to do; what the message says is read from its source when the turn comes.

    ``gone`` says that it was deleted at its source by the time the intent was read. ``bundle`` is the first of
    those that are, or may have been, said in one message with it. ``failure`` is why it was put aside at once.
    """

    id: IntentId
    end: EndId
    source: SourceId
    source_end: EndId
    source_ref: str
    received_at: datetime
    operation: Operation = Operation.SAY
    source_thread: str | None = None
    root: SourceId | None = None
    reply_to: SourceId | None = None
    gone: bool = False
    bundle: IntentId | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """One part of a message as it stands at a destination.

    ``thread`` is the thread it stands in, ``speaker`` who said it: a webhook on Discord, a ghost on Matrix.
    ``removed``: somebody took it away there. ``behind``: it stands in a place that its end has left.
    """

    part: int
    ref: str
    speaker: str | None = None
    thread: str | None = None
    removed: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message stands at an end: as it was written there, or as a copy (``speaker`` as in :class:`Copy`).

    ``ours``: it is a copy. ``behind``: in a place that the end has left.
    """

    ref: str
    thread: str | None = None
    speaker: str | None = None
    ours: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What is known of a message that was heard."""

    id: SourceId
    end: EndId
    ref: str
    thread: str | None
    reply_to: SourceId | None
    gone: bool
    pinned: bool
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of an intent so far.

    ``copies`` were said, ``parted`` (part numbers) do not stand there any more. ``finished`` removes the intent
    from its lane. ``failure`` is a stable reason code and keeps the intent, out of the lane, until it expires;
    ``tell_until`` is until when its author is to be told of that, None when nobody is.
    """

    intent: Intent
    copies: tuple[Copy, ...] = ()
    finished: bool = True
    failure: str | None = None
    parted: tuple[int, ...] = ()
    tell_until: datetime | None = None
