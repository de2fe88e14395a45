"""What a file is on its way: announced in a message (:class:`Attachment`), then in memory (:class:`File`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from db.bridge_rows import Platform

MATRIX_SCHEME = "mxc://"


class Kind(StrEnum):
    """What a file is to those who see it."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"


class Reason(StrEnum):
    """Why a file did not cross; stable codes, the same on every platform."""

    TOO_LARGE = "media.too_large"
    GONE = "media.gone"
    """Deleted at its source, or no longer to be had by us."""
    UNREADABLE = "media.unreadable"
    """Not what it says it is, or broken."""
    METADATA = "media.metadata"
    """What it tells about its maker (where, when, with what) cannot be taken out."""
    UNREACHABLE = "media.unreachable"
    """The platform did not answer; it may later."""


class MediaError(Exception):
    """A file cannot be had; ``reason`` says why in a stable code, never in a platform's words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as a message announces it. All of it is the sender's claim until the file is there.

    ``location`` is an address of Discord's files or an ``mxc://``; ``size`` is in bytes, ``width`` and ``height``
    in pixels. ``alt`` describes the file for who does not see it. ``waveform`` is a voice message's loudness over
    time, each value from 0 to 255. ``repr`` shows no words and no place.
    """

    name: str = field(repr=False)
    kind: Kind
    mime: str
    size: int | None
    location: str = field(repr=False)
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    alt: str = field(default="", repr=False)
    spoiler: bool = False
    waveform: tuple[int, ...] = field(default=(), repr=False)

    @property
    def platform(self) -> Platform:
        """Where the file lies."""
        return Platform.MATRIX if self.location.startswith(MATRIX_SCHEME) else Platform.DISCORD


@dataclass(frozen=True, slots=True)
class File:
    """A file in memory, cleaned and ready to be uploaded. Its fields are as those of :class:`Attachment`.

    ``mime`` is what the bytes are, which may differ from what was announced. ``repr`` shows no words and no bytes.
    """

    name: str = field(repr=False)
    kind: Kind
    mime: str
    data: bytes = field(repr=False)
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    alt: str = field(default="", repr=False)
    spoiler: bool = False
    waveform: tuple[int, ...] = field(default=(), repr=False)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.data)

    def of(self, attachment: Attachment) -> File:
        """Return the same bytes with what another message says about them."""
        return replace(self, alt=attachment.alt, spoiler=attachment.spoiler)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A file that is larger than its destination takes: to be told by a link, or by name and size."""

    attachment: Attachment

    @property
    def reason(self) -> Reason:
        """The code for it, as :class:`Failed` has one."""
        return Reason.TOO_LARGE


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that cannot cross; :attr:`Reason.UNREACHABLE` is the only reason to try again."""

    attachment: Attachment
    reason: Reason


Carried = File | TooLarge | Failed
