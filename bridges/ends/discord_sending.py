"""The files of what is said on Discord: brought when its turn comes, told in a line when they do not come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridges.bounded import Bounded
from bridges.ends.discord_rendering import INLINE, told_file
from bridges.ends.discord_text import CONTENT_LIMIT, units
from bridges.ends.port import NotSentError, Outgoing
from bridges.markup.discord_writing import write_discord
from bridges.markup.tree import Paragraph
from bridges.media.carrying import Carrier
from bridges.media.file import Attachment, Carried, Failed, File, Reason

MOST_REMEMBERED = 500
TRIES = 3
"""How often a file that cannot be had now is tried before its message is said without it."""
WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Load:
    """What goes out with a part: its text, and the files that came."""

    text: str
    files: tuple[File, ...]


class Freight:
    """Brings the files of parts, and remembers for a while which copy came with which, and what did not come."""

    def __init__(self, carrier: Carrier | None) -> None:
        self._carrier = carrier
        self._tries: Bounded[str, int] = Bounded(MOST_REMEMBERED)
        self._unsent: Bounded[str, bool] = Bounded(MOST_REMEMBERED)
        self._on_copies: Bounded[str, tuple[str, ...]] = Bounded(MOST_REMEMBERED)

    @property
    def carries(self) -> bool:
        """Whether files can be carried at all."""
        return self._carrier is not None

    def is_unsent(self, attachment: Attachment) -> bool:
        """Say whether a file was tried and did not come."""
        return _place(attachment) in self._unsent

    @asynccontextmanager
    async def bring(self, part: Outgoing, limit: int) -> AsyncIterator[Load]:
        """Bring a part's files, of at most ``limit`` bytes each, for as long as the block runs.

        Raises :class:`NotSentError` while one may still come.
        """
        files = {number: _made(each) for number, each in enumerate(part.files) if each.location.startswith(INLINE)}
        others = [(number, each) for number, each in enumerate(part.files) if number not in files]
        if not others or self._carrier is None:
            yield Load(part.text, tuple(files.values()))
            return
        async with self._carrier.carry([each for _, each in others], limit) as carried:
            missing = self._missing(part, carried)
            files |= {
                number: file for (number, _), file in zip(others, carried, strict=True) if isinstance(file, File)
            }
            yield Load(_with_told(part.text, missing), tuple(files[number] for number in sorted(files)))

    def _missing(self, part: Outgoing, carried: Sequence[Carried]) -> list[Attachment]:
        missing = [each for each in carried if not isinstance(each, File)]
        may_come = any(isinstance(each, Failed) and each.reason is Reason.UNREACHABLE for each in missing)
        tries = (self._tries.get(part.key) or 0) + 1
        if may_come and tries < TRIES:
            self._tries.put(part.key, tries)
            raise NotSentError(Reason.UNREACHABLE.value, retry_after=WAIT_SECONDS)
        self._tries.forget(part.key)
        for each in missing:
            self._unsent.put(_place(each.attachment), True)
        return [each.attachment for each in missing]

    # ── what stands there

    def note(self, ref: str, part: Outgoing) -> None:
        """Remember with which files a copy came."""
        if part.files:
            self._on_copies.put(ref, tuple(map(_place, part.files)))

    def are_same(self, ref: str, part: Outgoing) -> bool:
        """Say whether a copy is known to stand there with the files of ``part``."""
        return self._on_copies.get(ref) == tuple(map(_place, part.files))


def _made(attachment: Attachment) -> File:
    data = attachment.location.removeprefix(INLINE).encode()
    return File(attachment.name, attachment.kind, attachment.mime, data)


def _with_told(text: str, missing: Sequence[Attachment]) -> str:
    for attachment in missing:
        longer = "\n".join(filter(None, (text, write_discord((Paragraph(told_file(attachment)),)))))
        if units(longer) > CONTENT_LIMIT:
            break
        text = longer
    return text


def _place(attachment: Attachment) -> str:
    return (
        attachment.location.partition("?")[0] if not attachment.location.startswith(INLINE) else attachment.location
    )
