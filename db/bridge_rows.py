"""What the bridge store takes and gives: frozen values, no rows, and never a word anybody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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
    """One end; ``joined_at_ref`` is the point before which nothing crosses, None until first seen."""

    id: EndId
    conversation_id: ConversationId
    place: Place
    joined_at_ref: str | None


@dataclass(frozen=True, slots=True)
class ConversationRow:
    id: ConversationId
    key: str
    ends: tuple[EndRow, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message was heard at ``end`` and is to be said at ``destinations``."""

    end: EndId
    ref: str
    destinations: tuple[EndId, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptBatch:
    """What is written in one go: receipts in the order they were heard, and how far each stream was read."""

    receipts: tuple[Receipt, ...] = ()
    positions: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[EndId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intent:
    """One message a lane still has to say; the text is read from its source when the turn comes."""

    id: IntentId
    end: EndId
    source: SourceId
    source_end: EndId
    source_ref: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Copy:
    """One part of a message as it stands at a destination."""

    part: int
    ref: str
    webhook_id: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of an intent so far.

    ``finished`` removes it from the lane. ``failure`` is a stable reason code and keeps the intent, out of the
    lane, until it expires.
    """

    intent: Intent
    copies: tuple[Copy, ...] = ()
    finished: bool = True
    failure: str | None = None
