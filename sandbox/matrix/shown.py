"""What a reader sees in a Matrix room, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

ShownKind = Literal[
    "text",
    "notice",
    "emote",
    "image",
    "video",
    "audio",
    "file",
    "sticker",
    "poll",
    "encrypted",
    "redacted",
    "other",
]


@dataclass(frozen=True, slots=True)
class SeenMedia:
    """A file in a message; `size` in bytes, `seconds` of a sound, `width` and `height` in pixels.

    `spoiler_reason` is empty where a spoiler gives none.
    """

    name: str
    url: str
    mimetype: str | None
    size: int | None
    caption: str | None
    alt: str | None
    spoiler: bool
    spoiler_reason: str
    voice: bool
    seconds: float | None
    waveform: tuple[int, ...]
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class SeenQuestion:
    """A poll: its answers in order, each with who has chosen it; `ended` when its author has ended it."""

    question: str
    answers: dict[str, tuple[str, ...]]
    most: int
    ended: bool

    @property
    def votes(self) -> dict[str, int]:
        """Return how many have chosen each answer."""
        return {answer: len(voters) for answer, voters in self.answers.items()}


@dataclass(frozen=True, slots=True)
class Profile:
    """Under whom a message is shown; `avatar_url` is an mxc address."""

    id: str
    name: str | None
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as a client shows it; the time is in milliseconds since 1970, UTC.

    `text` has no fallbacks in it, neither of a reply nor of a profile. Of what was taken back only the place is
    left.
    """

    event_id: str
    sender: str
    name: str | None
    kind: ShownKind
    text: str
    html: str | None
    origin_server_ts: int
    edits: int = 0
    redacted: bool = False
    reply_to: str | None = None
    thread: str | None = None
    reactions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    media: SeenMedia | None = None
    poll: SeenQuestion | None = None
    profile: Profile | None = None
    mentions: tuple[str, ...] = ()
    mentions_room: bool = False
    pinned: bool = False
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def edited(self) -> bool:
        """Tell whether it shows as edited."""
        return self.edits > 0
