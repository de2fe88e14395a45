"""What a message carries besides its words: as people hand it over, and as a reader sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sandbox.discord.reading import SeenFile

StickerFormat = Literal["png", "apng", "lottie", "gif"]


@dataclass(frozen=True, slots=True)
class SimFile:
    """A file somebody attaches; ``description`` is its alternative text.

    A spoiler is what Discord's clients make of it: a name that begins with ``SPOILER_``.
    """

    name: str
    data: bytes
    description: str | None = None
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class SimPoll:
    """A question with its answers; ``several`` lets people choose more than one."""

    question: str
    answers: tuple[str, ...]
    hours: float = 24.0
    several: bool = False


@dataclass(frozen=True, slots=True)
class SimEmoji:
    """A guild's own emoji."""

    id: int
    name: str
    animated: bool = False

    @property
    def reaction(self) -> str:
        """Return it as a reaction names it."""
        return f"{self.name}:{self.id}"

    @property
    def markup(self) -> str:
        """Return it as it stands in a text."""
        return f"<{'a' if self.animated else ''}:{self.name}:{self.id}>"


@dataclass(frozen=True, slots=True)
class SimSticker:
    """A guild's own sticker, to be sent or as seen in a message; a Lottie one is JSON, the others pictures."""

    id: int
    name: str
    format: StickerFormat


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """One answer of a poll, with who has chosen it."""

    id: int
    text: str
    voters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SeenPoll:
    """A poll as it stands now; ``ended`` once its time is over or its author has ended it."""

    question: str
    answers: tuple[SeenAnswer, ...]
    several: bool
    ended: bool
    until: datetime

    @property
    def votes(self) -> dict[str, int]:
        """Return how many have chosen each answer, by its text."""
        return {answer.text: len(answer.voters) for answer in self.answers}


@dataclass(frozen=True, slots=True)
class SeenForward:
    """What was forwarded, as it stood then; where it came from is known, who wrote it is not shown."""

    content: str
    files: tuple[SeenFile, ...]
    channel_id: int
    message_id: int
