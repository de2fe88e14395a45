"""A place in memory that keeps the contract of an end, and can be made to fail in every way the contract names."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bridges.ends.port import EndError, Outgoing, UnsureError, copy_key
from bridges.message import Author, Message
from db.bridge_rows import Copy, EndRow, Place, Platform

SENT_AT = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


class MemoryPlace:
    """Keeps what was said in :attr:`said`; meets the :attr:`troubles` one by one, a call each."""

    def __init__(self, row: EndRow, *, repeatable_for: timedelta = timedelta(0), parts: int = 1) -> None:
        self.id = row.id
        self.label = f"test:{row.place.platform}{row.place.ref}"
        self.platform: Platform = row.place.platform
        self.repeatable_for = repeatable_for
        self.place: Place = row.place
        self.said: list[tuple[str, Outgoing]] = []
        self.sources: dict[str, Message] = {}
        self.troubles: deque[tuple[EndError, bool]] = deque()
        """(error, whether the call takes effect all the same)."""
        self.reads = 0
        self.on_send: Callable[[], None] = lambda: None
        self._parts = parts

    def write(self, ref: str, text: str, author: str = "Ploy") -> Message:
        """Let a person write something here."""
        message = Message(self.id, self.place, ref, Author(f"id-{author}", author), text, SENT_AT)
        self.sources[ref] = message
        return message

    def texts(self) -> list[str]:
        return [part.text for _, part in self.said]

    # ── the contract

    def render(self, message: Message) -> list[Outgoing]:
        return [
            Outgoing(
                number,
                copy_key(message, number, self.place),
                message.author.name,
                message.text if self._parts == 1 else f"{message.text}/{number}",
            )
            for number in range(self._parts)
        ]

    async def send(self, part: Outgoing) -> Copy:
        self.on_send()
        error, takes_effect = self.troubles.popleft() if self.troubles else (None, True)
        ref = None
        if takes_effect:
            ref = self._say(part)
        if error is not None:
            raise error
        assert ref is not None
        return Copy(part.part, ref)

    def _say(self, part: Outgoing) -> str:
        for ref, other in self.said:
            if self.repeatable_for and other.key == part.key:
                return ref
        ref = f"copy-{len(self.said)}"
        self.said.append((ref, part))
        return ref

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        start = 0 if after is None else [ref for ref, _ in self.said].index(after) + 1
        newer = self.said[start:]
        same = [ref for ref, other in newer if other.text == part.text]
        if not exact and not same and len(newer) == 1:
            same = [newer[0][0]]
        return Copy(part.part, same[0]) if same else None

    async def read(self, ref: str) -> Message | None:
        self.reads += 1
        return self.sources.get(ref)


def lost_answer() -> tuple[EndError, bool]:
    return UnsureError("test.no_answer"), True


def lost_request() -> tuple[EndError, bool]:
    return UnsureError("test.no_answer"), False
