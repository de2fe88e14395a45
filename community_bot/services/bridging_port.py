"""What the services need of the bridge, as one contract in plain values: they know nothing of how it works.

Fulfilled by :class:`community_bot.bridge_desk.BridgeDesk`. Places are the platforms' own ids, in memory only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from community_bot.domain.account import Account
from db.bridge_rows import Place
from db.ids import EndId, IntentId, SourceId


@dataclass(frozen=True, slots=True)
class EndState:
    """How one end takes part, and how it is doing.

    ``title`` is what the operator calls the place, empty where they say nothing. ``unheard`` is a stable code for
    why nothing is heard there; ``at`` what its lane is at (``starting``, ``idle``, ``sending``, ``waiting``,
    ``blocked``), ``reason`` a code for what it waits for. ``sent`` and what follows count since the start.
    """

    id: EndId
    conversation: str
    place: Place
    title: str = ""
    gives: bool = True
    takes: bool = True
    files: bool = True
    links: bool = True
    announcements: bool = False
    paused: bool = False
    unheard: str | None = None
    at: str = "idle"
    reason: str = ""
    waiting: int = 0
    oldest_seconds: float = 0.0
    sent: int = 0
    failed: int = 0
    reconciled: int = 0
    named: Place | None = None
    """The place by which the settings know it, where that was replaced by ``place``; else None."""

    @property
    def settled(self) -> Place:
        """Return the place by which the settings know it."""
        return self.named or self.place

    @property
    def problem(self) -> str | None:
        """Return the code for why nothing is heard or nothing can be said there, None when all is well."""
        return self.unheard or (self.reason if self.at == "blocked" else None)


class Verdict(StrEnum):
    """Whether what somebody writes comes to an end, or why not."""

    CROSSES = "crosses"
    PAUSED_HERE = "paused_here"
    RECEIVES_ONLY = "receives_only"
    """The place where it is written gives nothing."""
    NOT_SHARED = "not_shared"
    """Its author does not cross."""
    SENDS_ONLY = "sends_only"
    """The other place takes nothing."""
    PAUSED_THERE = "paused_there"
    ANNOUNCEMENTS = "announcements"
    """The other place takes only what moderators say."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """What would become of a message at one other end.

    ``name`` is as whom its author would be read there; ``without`` says what would be left out: ``files``,
    ``links``.
    """

    place: Place
    title: str
    verdict: Verdict
    name: str = field(default="", repr=False)
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncrossed:
    """A message that one end will never take, with the stable code for why. ``account`` wrote it in ``origin``."""

    account: Account
    intent: IntentId
    source: SourceId
    origin: Place
    refused_by: Place
    title: str
    reason: str


class BridgeDesk(Protocol):
    """The bridge, as far as people ask something of it."""

    async def report(self) -> list[EndState]:
        """Say how every end is doing, conversation by conversation."""

    async def pause(self, end: EndId, *, paused: bool) -> None:
        """Let an end pause, or go on."""

    def preview(self, place: Place, account: Account, name: str) -> list[Crossing]:
        """Say what would become of a message written in ``place``, at each other end; nothing is sent.

        An empty list when the place is in no conversation.
        """

    async def try_again(self, intents: Collection[IntentId]) -> int:
        """Try once more what could not cross; return for how many that is possible."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a place is called where it is; ``home`` is its server's id, or ``matrix``. Empty where nobody knows."""

    title: str = ""
    home: str | None = None


class PlaceNames(Protocol):
    """Asks the platforms what their channels and rooms are called."""

    async def of(self, place: Place) -> Named:
        """Return what a place is called; what cannot be found out now is left empty."""


class NoBridge:
    """The bridge of a network that joins nothing."""

    async def report(self) -> list[EndState]:
        """Have no ends."""
        return []

    async def pause(self, end: EndId, *, paused: bool) -> None:
        """Raise LookupError: there is no such end."""
        raise LookupError("there is no bridge")

    def preview(self, place: Place, account: Account, name: str) -> list[Crossing]:
        """Know no other end."""
        return []

    async def try_again(self, intents: Collection[IntentId]) -> int:
        """Have nothing to try."""
        return 0


class NoNames:
    """Knows what no place is called."""

    async def of(self, place: Place) -> Named:
        """Know nothing."""
        return Named()


def by_conversation(ends: Iterable[EndState]) -> dict[str, list[EndState]]:
    """Return ends under their conversations, in their order."""
    found: dict[str, list[EndState]] = {}
    for end in ends:
        found.setdefault(end.conversation, []).append(end)
    return found


def neighbours(end: EndState, ends: Sequence[EndState]) -> list[EndState]:
    """Return the other ends of its conversation."""
    return [each for each in ends if each.conversation == end.conversation and each.id != end.id]
