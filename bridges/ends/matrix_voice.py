"""Who speaks in a room: the bot's own account with a profile for each message, or a ghost for each person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_events import MESSAGE
from bridges.ends.matrix_ghost_accounts import FORBIDDEN
from bridges.ends.matrix_ghosts import Face, Ghosts
from bridges.ends.matrix_registration import GhostNames
from bridges.ends.port import BlockedError, Outgoing, RefusedError


@dataclass(frozen=True, slots=True)
class Contents:
    """What is said, for the bot's account and for an account that is the author's own."""

    as_bot: dict[str, Any]
    as_author: dict[str, Any]


class Voice(Protocol):
    """Says parts, and changes what it said. Every call raises the kinds of ``EndError``, ``MissingError`` too.

    A ``speaker`` is what :attr:`db.bridge_rows.Copy.speaker` keeps: None for the bot's own account.
    """

    repeatable_for: timedelta
    """How long the homeserver remembers a key for sure."""

    def is_ours(self, sender: str) -> bool:
        """Say whether an account speaks for us: known before it ever spoke."""

    def senders(self, part: Outgoing) -> list[str]:
        """Return the accounts that may have said a part."""

    def speaker_of(self, sender: str) -> str | None:
        """Return who one of these accounts is as a speaker."""

    async def say(self, room_id: str, part: Outgoing, contents: Contents) -> tuple[str, str | None]:
        """Say a part once under its key; return its event and who spoke."""

    async def edit(self, room_id: str, speaker: str | None, key: str, contents: Contents) -> None:
        """Say an edit once under ``key``, as the one who said what it edits."""

    async def redact(self, room_id: str, speaker: str | None, ref: str, key: str) -> None:
        """Take something back, as the one who said it."""


class BotVoice:
    """The bot's own account. ``ghosts`` are the names of those that spoke for us at another time, if ever.

    It cannot change what a ghost said, but may take it back where it moderates.
    """

    # Synapse keeps transaction ids for 24 hours; the specification names no time, so we count on half of that
    repeatable_for = timedelta(hours=12)

    def __init__(self, client: MatrixClient, ghosts: GhostNames | None = None) -> None:
        self._client = client
        self._ghosts = ghosts

    def is_ours(self, sender: str) -> bool:
        return sender == self._client.user_id or (self._ghosts is not None and self._ghosts.is_ours(sender))

    def senders(self, part: Outgoing) -> list[str]:
        return [self._client.user_id]

    def speaker_of(self, sender: str) -> str | None:
        return self._ghosts.opaque_of(sender) if self._ghosts is not None else None

    async def say(self, room_id: str, part: Outgoing, contents: Contents) -> tuple[str, str | None]:
        answer = await self._client.put("rooms", room_id, "send", MESSAGE, part.key, body=contents.as_bot)
        return str(answer["event_id"]), None

    async def edit(self, room_id: str, speaker: str | None, key: str, contents: Contents) -> None:
        if speaker is not None:
            raise RefusedError("matrix.ghost_gone")
        await self._client.put("rooms", room_id, "send", MESSAGE, key, body=contents.as_bot)

    async def redact(self, room_id: str, speaker: str | None, ref: str, key: str) -> None:
        try:
            await self._client.put("rooms", room_id, "redact", ref, key, body={})
        except BlockedError as error:
            if speaker is None or error.reason != FORBIDDEN:
                raise
            # what others said is for who moderates to take away: the others behind are not held up by it
            raise RefusedError("matrix.missing_power") from error


class GhostVoice:
    """A ghost for each person; the bot where a ghost cannot.

    ``service`` has the token of the application service, ``bot`` is the bot's own login; ``names`` are those of the
    ghosts.
    """

    # a homeserver keeps the transaction ids of an application service in memory only
    repeatable_for = timedelta(0)

    def __init__(self, bot: MatrixClient, service: MatrixClient, ghosts: Ghosts, names: GhostNames) -> None:
        self._service = service
        self._ghosts = ghosts
        self._names = names
        self._bot = BotVoice(bot)

    def is_ours(self, sender: str) -> bool:
        return self._bot.is_ours(sender) or self._ghosts.is_ours(sender)

    def senders(self, part: Outgoing) -> list[str]:
        return [*self._bot.senders(part), self._ghosts.user_for(part.profile)]

    def speaker_of(self, sender: str) -> str | None:
        return self._names.opaque_of(sender)

    async def say(self, room_id: str, part: Outgoing, contents: Contents) -> tuple[str, str | None]:
        face = Face(part.profile, part.author, part.avatar or None)
        said = await self._ghosts.say(room_id, part.key, face, as_ghost=contents.as_author, as_bot=contents.as_bot)
        return said.ref, said.speaker

    async def edit(self, room_id: str, speaker: str | None, key: str, contents: Contents) -> None:
        if speaker is None:
            await self._bot.edit(room_id, None, key, contents)
            return
        user = self._ghosts.user_for(speaker)
        path = ("rooms", room_id, "send", MESSAGE, key)
        try:
            await self._service.put(*path, body=contents.as_author, as_user=user)
        except BlockedError as error:
            if error.reason != FORBIDDEN:
                raise
            # it was sent away, and nobody else can change what it said: the others behind are not held up by it
            raise RefusedError("matrix.ghost_gone") from error

    async def redact(self, room_id: str, speaker: str | None, ref: str, key: str) -> None:
        if speaker is not None:
            user = self._ghosts.user_for(speaker)
            try:
                await self._service.put("rooms", room_id, "redact", ref, key, body={}, as_user=user)
            except BlockedError as error:
                if error.reason != FORBIDDEN:
                    raise
            else:
                return
        # a ghost that was sent away takes nothing back; the bot may, where it moderates
        await self._bot.redact(room_id, speaker, ref, key)
