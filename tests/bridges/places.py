"""A place in memory that keeps the contract of an end, and can be made to fail in every way the contract names."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bridges.ends.port import (
    Around,
    CopyGoneError,
    EndError,
    Outgoing,
    Reactions,
    UnsureError,
    copy_key,
)
from bridges.markup.reading_aloud import plain_of
from bridges.markup.tree import plain
from bridges.message import Author, Message, Thread
from db.bridge_rows import Copy, EndRow, Place, Platform, Standing

SENT_AT = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)
OUR_REACTION = "ours"

T = TypeVar("T")


@dataclass(slots=True)
class Said:
    """A copy that stands, or stood, in the place."""

    ref: str
    part: Outgoing
    text: str
    removed: bool = False


@dataclass(eq=False)
class MemoryPlace:
    """Keeps what was said in :attr:`said`; meets the :attr:`troubles` one by one, a call each.

    ``quotes``: what a copy answers is shown in words, as on Discord.
    """

    row: EndRow
    repeatable_for: timedelta = timedelta(0)
    parts: int = 1
    quotes: bool = False
    joins: int = 0
    pressed: bool = False
    """A limit of the platform's is used up."""
    said: list[Said] = field(default_factory=list)
    sources: dict[str, Message] = field(default_factory=dict)
    troubles: deque[tuple[EndError, bool]] = field(default_factory=deque)
    """(error, whether the call takes effect all the same)."""
    reads: int = 0
    read_troubles: list[EndError] = field(default_factory=list)
    """What is met when reading again, once each."""
    keys: set[str] = field(default_factory=set)
    announced: list[str] = field(default_factory=list)
    given: dict[str, set[str]] = field(default_factory=dict)
    """What people reacted, by the id of what they reacted to."""
    ours: dict[str, set[str]] = field(default_factory=dict)
    """What the bridge reacted."""
    pinned: set[str] = field(default_factory=set)
    threads: dict[str, str] = field(default_factory=dict)
    """Thread by the id of the message it hangs from."""
    on_send: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.id = self.row.id
        self.place: Place = self.row.place
        self.platform: Platform = self.place.platform
        self.label = f"test:{self.platform}{self.place.ref}"

    # ── people

    def write(
        self,
        ref: str,
        text: str,
        author: str = "Ploy",
        *,
        reply_to: str | None = None,
        thread: str | None = None,
        version: int = 0,
    ) -> Message:
        """Let a person write something here, or write it anew."""
        message = Message(
            self.id,
            self.place,
            ref,
            Author(f"id-{author}", author),
            plain(text),
            SENT_AT,
            reply_to=reply_to,
            thread=Thread(thread) if thread is not None else None,
            version=version,
        )
        self.sources[ref] = message
        return message

    def texts(self) -> list[str]:
        """Return what stands here of the bridge's, oldest first."""
        return [each.text for each in self.said if not each.removed]

    def copy_of(self, text: str) -> Said:
        """Return the copy that reads like this."""
        return next(each for each in self.said if each.text == text and not each.removed)

    # ── the contract

    def backlog_wait(self) -> float:
        return 1.0 if self.pressed else 0.0

    async def render(self, message: Message, around: Around) -> list[Outgoing]:
        text = plain_of(message.text)
        if self.quotes and around.answers is not None and around.answers.message is not None:
            text = f"[{plain_of(around.answers.message.text)}] {text}"
        return [
            Outgoing(
                number,
                copy_key(message, number, self.place),
                message.author.name,
                text if self.parts == 1 else f"{text}/{number}",
                thread=around.thread,
                answers=around.answers.at if around.answers is not None else None,
            )
            for number in range(self.parts)
        ]

    async def send(self, part: Outgoing) -> Copy:
        self.on_send()
        return self._met(lambda: Copy(part.part, self.say(part), thread=part.thread))

    def say(self, part: Outgoing) -> str:
        for each in self.said:
            if self.repeatable_for and each.part.key == part.key:
                return each.ref
        ref = f"copy-{len(self.said)}"
        self.said.append(Said(ref, part, part.text))
        return ref

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        if self.repeatable_for:
            same = [each for each in self.said if each.part.key == part.key]
            return Copy(part.part, same[0].ref, thread=part.thread) if same else None
        start = 0 if after is None else [each.ref for each in self.said].index(after) + 1
        newer = [each for each in self.said[start:] if not each.removed and each.part.thread == part.thread]
        same = [each for each in newer if each.text == part.text]
        if not exact and not same and len(newer) == 1:
            same = newer
        return Copy(part.part, same[0].ref, thread=part.thread) if same else None

    async def strays(self, of: str, *, after: str | None, since: datetime, thread: str | None) -> list[Copy]:
        if self.repeatable_for:
            return [Copy(e.part.part, e.ref) for e in self.said if e.part.key.startswith(of) and not e.removed]
        start = 0 if after is None else [each.ref for each in self.said].index(after) + 1
        newer = [each for each in self.said[start:] if not each.removed and each.part.thread == thread]
        return [Copy(each.part.part, each.ref, thread=thread) for each in newer]

    async def read(self, ref: str, thread: str | None) -> Message | None:
        self.reads += 1
        if self.read_troubles:
            raise self.read_troubles.pop(0)
        return self.sources.get(ref)

    async def edit(self, copy: Copy, part: Outgoing, key: str) -> None:
        def change() -> None:
            self._standing(copy.ref).text = part.text

        self._met(change)

    async def remove(self, copy: Copy, key: str) -> None:
        def take_away() -> None:
            for each in self.said:
                if each.ref == copy.ref:
                    each.removed = True

        self._met(take_away)

    async def announce(self, text: str, key: str) -> None:
        self._met(lambda: self.announced.append(text))

    async def open_thread(self, root: Standing, name: str) -> str:
        return self._met(lambda: self.threads.setdefault(root.ref, f"thread-{root.ref}"))

    async def reactions(self, at: Standing) -> Reactions:
        return Reactions(
            frozenset(self.given.get(at.ref, set())), {each: each for each in self.ours.get(at.ref, set())}
        )

    async def react(self, at: Standing, reaction: str, key: str) -> None:
        self._met(lambda: self._once(key, lambda: self.ours.setdefault(at.ref, set()).add(reaction)))

    async def unreact(self, at: Standing, reaction: str, ref: str, key: str) -> None:
        self._met(lambda: self._once(key, lambda: self.ours.setdefault(at.ref, set()).discard(reaction)))

    def _once(self, key: str, effect: Callable[[], None]) -> None:
        """Pass over a key that is known, as a homeserver does, whatever comes with it."""
        if self.repeatable_for and key in self.keys:
            return
        self.keys.add(key)
        effect()

    async def pin(self, at: Standing, *, pinned: bool) -> None:
        self._met(lambda: self.pinned.add(at.ref) if pinned else self.pinned.discard(at.ref))

    def _standing(self, ref: str) -> Said:
        for each in self.said:
            if each.ref == ref and not each.removed:
                return each
        raise CopyGoneError("test.copy_gone")

    def _met(self, effect: Callable[[], T]) -> T:
        """Make a call meet the next trouble: with or without its effect."""
        error, takes_effect = self.troubles.popleft() if self.troubles else (None, True)
        if error is None:
            return effect()
        if takes_effect:
            effect()
        raise error


def edited(message: Message, text: str, version: int) -> Message:
    """Return a message as its author has written it anew."""
    return replace(message, text=plain(text), version=version)


def lost_answer() -> tuple[EndError, bool]:
    return UnsureError("test.no_answer"), True


def lost_request() -> tuple[EndError, bool]:
    return UnsureError("test.no_answer"), False
