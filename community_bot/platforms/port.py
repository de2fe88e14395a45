"""What the network does on a platform by itself, as one contract for Discord and Matrix.

Everything here may be repeated: an effect that was cut off between "done there" and "noted here" is done again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from community_bot.domain.account import PlatformName
from community_bot.locales import Language, Markup


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. ``action`` and ``argument`` say what happens, and stay valid over restarts.

    ``label`` is plain text of 80 characters at most. ``argument`` holds no colon and nothing private: it stands on
    the platform. Together they take at most 80 characters.
    """

    label: str
    action: str
    argument: str = ""
    weight: Literal["main", "plain", "danger"] = "plain"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file handed to one person."""

    filename: str
    content: bytes
    media_type: str
    description: str = ""
    """What is to be seen, for who does not see it (a picture's text twin is in the card itself)."""


@dataclass(frozen=True, slots=True)
class Card:
    """One message: light markup (see ``community_bot.locales``), buttons under it, files with it."""

    text: Markup
    buttons: tuple[Button, ...] = ()
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a message of ours stands, by the platform's own ids: what :meth:`PlatformPort.revise` needs."""

    place: str
    ref: str


class NotNowError(Exception):
    """It did not happen and can be tried again; ``retry_after`` seconds from now when the platform said so."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class ImpossibleError(Exception):
    """It cannot happen as things are: the person is gone, does not want messages, or a permission is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PlatformPort(Protocol):
    """What every platform fulfils. ``user_id`` and places are the platform's own ids, in memory only.

    All methods raise :class:`NotNowError` or :class:`ImpossibleError`, whose ``reason`` is a stable code.
    """

    platform: PlatformName

    async def tell(self, user_id: str, card: Card, *, key: str) -> Shown:
        """Show ``card`` to one person, privately. The same ``key`` again shows nothing twice."""

    async def post(self, place: str, card: Card, *, key: str) -> Shown:
        """Show ``card`` to everybody in a channel or room; pings nobody. The same ``key`` shows nothing twice."""

    async def revise(self, shown: Shown, card: Card) -> None:
        """Show ``card`` instead of what stands there. Raises :class:`ImpossibleError` when it is gone."""

    async def admit(self, user_id: str, place: str, *, history: bool) -> None:
        """Give somebody access to a channel or room; ``history``: also to what was said before (SAF-15)."""

    async def release(self, user_id: str, place: str) -> None:
        """Take that access away again."""

    async def give_role(self, user_id: str, place: str, role: str) -> None:
        """Give somebody a standing: on Discord a role (by id) of the server ``place``, on Matrix a power level
        (a number) in the room ``place``. Fine when they have it.
        """

    async def take_role(self, user_id: str, place: str, role: str) -> None:
        """Take that standing again, and no other; fine when they do not have it, or are gone."""

    async def take_back(self, place: str, ref: str) -> None:
        """Delete a message of the bot's own; nothing happens when it is gone already."""

    def spell(self, path: str, language: Language) -> str:
        """Return how a command is typed here in a language: ``me alias`` is ``/me alias`` or ``.me alias``."""
