"""The rows of learning spaces, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from db.ids import MemberId


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """One space. ``design`` is packed (``community_bot.domain.space_design``)."""

    key: str
    state: str
    state_since: date
    access: str
    design: str
    vouchers: int
    stage: str | None
    agreed_on: date | None
    alone_since: date | None
    purge_on: date | None
    version: int
    made_on: date


@dataclass(frozen=True, slots=True)
class TitlesRow:
    """What a space is called, in any of its languages; each title once."""

    key: str
    access: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpaceHomeRow:
    """A space in one home. ``overrides`` are packed (``community_bot.domain.layout``)."""

    space: str
    home: str
    platform: str
    language: str
    overrides: str


@dataclass(frozen=True, slots=True)
class PieceRow:
    """What stands in a home, or (``ref`` None) may stand there since ``begun_at``."""

    space: str
    home: str
    piece: str
    kind: str
    ref: str | None
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class SpaceRequestRow:
    """A member asks to be let in; or, when it is ``offered``, is asked whether they want to come in.

    ``ticket`` is what buttons carry: it says nothing about anybody, and stands nowhere in the database.
    """

    space: str
    member_id: MemberId
    offered: bool
    asked_on: date
    ticket: str

    def __repr__(self) -> str:
        """Keep the ticket out of tracebacks."""
        return "SpaceRequestRow(…)"
