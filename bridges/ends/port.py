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

from bridges.markup.tree import Mention
from bridges.media.file import Attachment
from bridges.message import Heard, Message
from db.bridge_rows import Copy, EndRow, Place, Platform, Standing
from db.ids import EndId


@dataclass(frozen=True, slots=True)
class Answered:
    """What a message answers: where that stands at the end in question, and how it reads.

    ``at`` is None where it does not stand there, ``message`` where there is nothing to be read of it.
    """

    at: Standing | None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What a copy of a message meets at the end it goes to.

    ``thread`` is the thread it belongs in. ``answers`` is None for what answers nothing. ``people`` are the
    mentioned accounts of its source that have an account here as well, by their ``ref``. ``everyone`` is the role
    that a call to everybody reaches here.
    """

    thread: str | None = None
    answers: Answered | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    everyone: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One part of a message, ready for this end's platform.

    ``key`` is the same for the same (source, part, destination) for ever, also in another process: a platform
    that knows transaction ids gets it and says nothing twice. ``part`` numbers texts from 0; a file that is a
    message of its own has a number that stays its own however the words change (:func:`file_part`).
    ``text`` is the markup as the platform keeps it, ``html`` its twin where it has one. ``people`` and ``roles``
    may be pinged by it, nobody else.
    """

    part: int
    key: str
    author: str = field(repr=False)
    text: str = field(repr=False)
    profile: str = ""
    html: str | None = field(default=None, repr=False)
    avatar: str = field(default="", repr=False)
    files: tuple[Attachment, ...] = ()
    thread: str | None = None
    title: str = field(default="", repr=False)
    """Names the thread that a first message begins, where the place is a forum."""
    answers: Standing | None = None
    people: tuple[str, ...] = field(default=(), repr=False)
    roles: tuple[str, ...] = ()


FIRST_FILE_PART = 1000


def file_part(attachment: Attachment) -> int:
    """Return the part number of a file that is a message of its own.

    It comes from where the file lies, so that edited words leave it alone.
    """
    place = attachment.location.split("?", 1)[0]  # Discord signs addresses anew
    return FIRST_FILE_PART + int.from_bytes(sha256(place.encode()).digest()[:3])


def source_key(source: Place, ref: str, destination: Place) -> str:
    """Derive what the keys of all parts of one message at one destination begin with."""
    text = f"{source.platform}|{source.ref}|{ref}|{destination.platform}|{destination.ref}"
    return sha256(text.encode()).hexdigest()[:32]


def copy_key(message: Message, part: int, destination: Place) -> str:
    """Derive a part's key from where it came from and where it goes, so that every process derives the same."""
    return f"{source_key(message.place, message.ref, destination)}-{part}"


@dataclass(frozen=True, slots=True)
class Reactions:
    """Reactions to one message at one end: what people gave, and what of ours stands there (to its own id).

    A reaction is an emoji as text, or a custom one as ``:name:<ref>`` (``ref`` as in the tree's ``Emoji``).
    """

    given: frozenset[str] = frozenset()
    ours: Mapping[str, str] = field(default_factory=dict)


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


class CopyGoneError(EndError):
    """What was to be changed stands there no more: there is nothing left to do about it."""


class BlockedError(EndError):
    """The platform accepts nothing here for now (permission lost, place gone): wait for a person."""


class End(Protocol):
    """One channel or room. Every call may raise any kind of :class:`EndError`, unless it says otherwise.

    All but :meth:`send` and :meth:`open_thread` may be repeated without harm.
    """

    id: EndId
    label: str
    """``<conversation key>:<platform><number>``: names a lane to people, without any id."""
    platform: Platform
    repeatable_for: timedelta
    """How long the platform remembers a key: until then repeating a call is harmless and nobody has to look."""
    joins: int
    """Up to how many UTF-16 units lines of one author may be said in one message when there is a backlog; 0: never.
    A message must hold twice as many, for edits may make the lines longer."""

    def backlog_wait(self) -> float:
        """Return for how many seconds the next message would have to wait for a limit of the platform's."""

    async def render(self, message: Message, around: Around) -> list[Outgoing]:
        """Turn a message into parts within the platform's limits; none when there is nothing to say."""

    async def send(self, part: Outgoing) -> Copy:
        """Say one part."""

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        """Look for a part that may have been said: newer than the copy ``after``, else than ``since``.

        ``exact`` asks for the same words. Without it a single copy by the same author's name will do: an earlier
        process said it, and its author may have edited the source since. Raises as :meth:`read`.
        """

    async def strays(self, of: str, *, after: str | None, since: datetime, thread: str | None) -> list[Copy]:
        """Look for copies that nobody wrote down, of a message that cannot be read any more.

        Where the platform keeps keys, those whose key begins with ``of`` (:func:`source_key`), back to ``since``;
        else whatever is ours and newer than the copy ``after`` (or than ``since``): there is one at most that was
        not written down. Part numbers that are not known may be any. Raises as :meth:`read`.
        """

    async def read(self, ref: str, thread: str | None) -> Message | None:
        """Read a message again at its source, in a place that the end has left too; None when it is gone.

        Raises :class:`NotSentError` or :class:`BlockedError` when that cannot be known now.
        """

    async def edit(self, copy: Copy, part: Outgoing, key: str) -> None:
        """Let a copy read as ``part``. ``key`` is the same however often this very edit is tried.

        Raises :class:`CopyGoneError` when it does not stand there any more.
        """

    async def remove(self, copy: Copy, key: str) -> None:
        """Take a copy away. Nothing is wrong when it is away already.

        What stands in a place that the end has left never blocks: it is taken away there, or refused.
        """

    async def announce(self, text: str, key: str) -> None:
        """Tell a place something in the bot's own name; with the same ``key`` it is best told once."""

    async def open_thread(self, root: Standing, name: str) -> str:
        """Open the thread that hangs from what stands there, or find it; return its handle.

        Raises :class:`RefusedError` where no thread can hang from it.
        """

    async def reactions(self, at: Standing) -> Reactions:
        """Return the reactions to what stands there. Raises :class:`CopyGoneError` when it does not."""

    async def react(self, at: Standing, reaction: str, key: str) -> None:
        """Give a reaction in the bot's name. Raises :class:`RefusedError` when the platform has no such emoji."""

    async def unreact(self, at: Standing, reaction: str, ref: str, key: str) -> None:
        """Take back a reaction of ours; ``ref`` is its id as :attr:`Reactions.ours` has it."""

    async def pin(self, at: Standing, *, pinned: bool) -> None:
        """Let something be pinned, or not."""


class Ears(Protocol):
    """Where a home brings what it heard; :class:`bridges.inbox.Inbox` fulfils it."""

    def hear(
        self,
        heard: Sequence[Heard],
        *,
        positions: Mapping[str, str] | None = None,
        joined: Mapping[EndId, str] | None = None,
    ) -> Awaitable[object]: ...

    async def moved(self, end: EndId, to: Place) -> bool:
        """Say that an end's place was replaced by another, which is safe: it is to be there from now on.

        The end is removed and added anew meanwhile. False when it may not be there. Raises
        :class:`db.errors.DatabaseError`.
        """

    def mended(self, end: EndId) -> None:
        """Say that what blocked an end may be mended: a permission was given, the bot was let in."""


People = Callable[[Platform, Sequence[Mention], Platform], Awaitable[Mapping[str, str]]]
"""Says which mentioned accounts of one platform have an account on another, by ``ref``: those that are linked."""

Job = Callable[[], Coroutine[Any, Any, None]]
"""Work that runs until cancelled, as a task of its own that is started again when it fails."""


class Home(Protocol):
    """One account on a platform, which serves all its ends."""

    async def expect(self, rows: Sequence[EndRow]) -> None:
        """Hear which ends will be added next: what is to be read about them can be read at once."""

    async def add(self, row: EndRow, label: str) -> End:
        """Serve one more end, at any time. Until it is heard, :meth:`problem` says why not."""

    def remove(self, end: EndId) -> None:
        """Serve an end no more; its lane has ended. It may be added again later."""

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""

    async def part(self) -> None:
        """Write down what helps the next start; nothing more is heard."""

    def problem(self, end: EndId) -> str | None:
        """Return a stable code for why an end is not being heard just now, None when it is."""

    def jobs(self) -> Mapping[str, Job]:
        """Return the account's work by task name."""
