"""What an end owes the bridge: the contract that the Discord and the Matrix end fulfil.

An end turns platform events into messages and messages into platform calls. It holds no policy and keeps no
order; the lane in front of it does. Its answers say exactly one thing: did the call take effect?
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from bridges.message import Message
from db.bridge_rows import Copy, EndRow, Place, Platform
from db.ids import EndId


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One part of a message, ready for this end's platform.

    ``key`` is the same for the same (source, part, destination) for ever, also in another process: a platform
    that knows transaction ids gets it and says nothing twice.
    """

    part: int
    key: str
    author: str = field(repr=False)
    text: str = field(repr=False)
    profile: str = ""


def copy_key(message: Message, part: int, destination: Place) -> str:
    """Derive a part's key from where it came from and where it goes, so that every process derives the same."""
    origin = f"{message.place.platform}|{message.place.ref}|{message.ref}"
    text = f"{origin}|{part}|{destination.platform}|{destination.ref}"
    return sha256(text.encode()).hexdigest()[:32]


class EndError(Exception):
    """A call to the platform that did not simply succeed. ``reason`` is a stable code, never a platform's text."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class NotSentError(EndError):
    """It certainly took no effect (refused by a limit, no connection made): send it again later."""


class UnsureError(EndError):
    """It may have taken effect (answer lost, 5xx): look before sending again."""


class RefusedError(EndError):
    """The platform will never accept this message; others may still pass."""


class BlockedError(EndError):
    """The platform accepts nothing here for now (permission lost, place gone): wait for a person."""


class End(Protocol):
    """One channel or room."""

    id: EndId
    label: str
    """``<conversation key>:<platform><number>``: names a lane to people, without any id."""
    platform: Platform
    repeatable_for: timedelta
    """How long the platform remembers a key: until then repeating a call is harmless and nobody has to look."""

    def render(self, message: Message) -> list[Outgoing]:
        """Turn a message into parts within the platform's limits; none when there is nothing to say."""

    async def send(self, part: Outgoing) -> Copy:
        """Say one part. Raises one of :class:`EndError`'s kinds."""

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        """Look for a part that may have been said: newer than the copy ``after``, else than ``since``.

        ``exact`` asks for the same words. Without it a single copy by the same author's name will do: an earlier
        process said it, and its author may have edited the source since. Raises as :meth:`read`.
        """

    async def read(self, ref: str) -> Message | None:
        """Read a message again at its source; None when it is gone. Raises :class:`NotSentError` or
        :class:`BlockedError` when that cannot be known now."""


class Ears(Protocol):
    """Where a home brings what it heard; :class:`bridges.inbox.Inbox` fulfils it."""

    def hear(
        self,
        messages: Sequence[Message],
        *,
        positions: Mapping[str, str] | None = None,
        joined: Mapping[EndId, str] | None = None,
    ) -> Awaitable[object]: ...

    def mended(self, end: EndId) -> None:
        """Say that what blocked an end may be mended: a permission was given, the bot was let in."""


Job = Callable[[], Coroutine[Any, Any, None]]
"""Work that runs until cancelled, as a task of its own that is started again when it fails."""


class Home(Protocol):
    """One account on a platform, which serves all its ends."""

    async def add(self, row: EndRow, label: str) -> End:
        """Serve one more end, at any time. Until it is heard, :meth:`problem` says why not."""

    def remove(self, end: EndId) -> None:
        """Serve an end no more; its jobs and its lane have ended. It may be added again later."""

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""

    def problem(self, end: EndId) -> str | None:
        """Return a stable code for why an end is not being heard just now, None when it is."""

    def jobs(self) -> Mapping[str, Job]:
        """Return the account's work by task name."""

    def jobs_of(self, end: EndId) -> Mapping[str, Job]:
        """Return the work for one end by task name, where it has some of its own."""
