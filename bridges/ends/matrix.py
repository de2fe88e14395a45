"""One Matrix room as an end of a conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic

from bridges.bounded import Bounded
from bridges.ends.matrix_client import MissingError
from bridges.ends.matrix_events import MESSAGE
from bridges.ends.matrix_files import told
from bridges.ends.matrix_pins import change_pins
from bridges.ends.matrix_room import Room
from bridges.ends.matrix_service import MatrixService, Profile
from bridges.ends.matrix_text import PART_LIMIT, SEALED_LIMIT, content_of, content_of_file, edit_of, write_message
from bridges.ends.matrix_voice import Contents
from bridges.ends.port import (
    Around,
    BlockedError,
    CopyGoneError,
    NotSentError,
    Outgoing,
    Reactions,
    RefusedError,
)
from bridges.markup.naming import emoji_of
from bridges.media.file import Attachment, MediaError, Reason
from bridges.media.whereabouts import where_of
from bridges.message import Message
from db.bridge_rows import Copy, EndRow, Platform, Standing

__all__ = ["MatrixEnd", "Profile"]

MOST_TRIES = 3
"""How often a file is asked for that its own platform does not give at the moment; then it is told of."""


LIMIT = "matrix.limit"
PRESSED_SECONDS = 10.0
"""For how long after a refusal lines are joined; Synapse's own limit lets one event pass in five seconds."""


class MatrixEnd:
    """Fulfils :class:`bridges.ends.port.End` for a room."""

    platform = Platform.MATRIX
    joins = PART_LIMIT // 2

    def __init__(self, row: EndRow, label: str, service: MatrixService) -> None:
        self.id = row.id
        self.label = label
        self._place = row.place
        self.repeatable_for: timedelta = service.voice.repeatable_for
        self._service = service
        self._pressed_until = 0.0
        self._tries: Bounded[str, int] = Bounded(100)

    # ── saying

    async def render(self, message: Message, around: Around) -> list[Outgoing]:
        pictures = self._service.pictures
        await pictures.learn(emoji_of(message.text))
        return write_message(
            message,
            self._place,
            self._service.profile(message.author.account),
            around,
            emoji=pictures.known,
            avatar=pictures.face(message.author.avatar),
            tell=self._tell,
            limit=SEALED_LIMIT if self._service.client.opens(self._place.ref) else PART_LIMIT,
        )

    def _tell(self, message: Message, attachment: Attachment) -> str:
        """Return how a file is told of that cannot come itself."""
        links = self._service.links
        return told(attachment, links.link(where_of(message, attachment)) if links is not None else None)

    async def send(self, part: Outgoing) -> Copy:
        room = await self._open_room()
        contents = await self._contents(part)
        try:
            ref, speaker = await self._service.voice.say(room.room_id, part, contents)
        except MissingError as error:
            raise BlockedError("matrix.room_gone") from error
        except NotSentError as error:
            if error.reason == LIMIT:
                self._pressed_until = monotonic() + (error.retry_after or 0.0) + PRESSED_SECONDS
            raise
        if part.thread is not None:
            self._service.hearing.stands_in(room.room_id, part.thread, ref)
        return Copy(part.part, ref, speaker, part.thread)

    async def _contents(self, part: Outgoing) -> Contents:
        latest = None
        if part.thread is not None:
            latest = self._service.hearing.latest_in(self._place.ref, part.thread)
        if part.files:
            sealed = await self._service.client.seals(self._place.ref)
            try:
                file = await self._service.media.bring(part.files[0], sealed=sealed)
            except MediaError as error:
                self._try_again(part, error)
            else:
                return Contents(
                    content_of_file(part, file, latest=latest),
                    content_of_file(part, file, profile=False, latest=latest),
                )
        return Contents(content_of(part, latest=latest), content_of(part, profile=False, latest=latest))

    def _try_again(self, part: Outgoing, error: MediaError) -> None:
        """Raise :class:`NotSentError` where a file may come yet; else it is told of instead."""
        tries = (self._tries.get(part.key) or 0) + 1
        if error.reason is Reason.UNREACHABLE and tries < MOST_TRIES:
            self._tries.put(part.key, tries)
            raise NotSentError(error.reason.value) from error
        self._tries.forget(part.key)

    def backlog_wait(self) -> float:
        # a homeserver does not say how much is left: where it has just refused, the next is refused as well
        return max(0.0, self._pressed_until - monotonic())

    async def find(self, part: Outgoing, *, after: str | None, since: datetime, exact: bool) -> Copy | None:
        # the key is in the event itself: it is exact whether asked or not
        room = await self._room()
        senders = self._service.voice.senders(part)
        found = await self._service.archive.find_copy(room, part.key, since=since, senders=senders)
        if found is None:
            return None
        ref, sender = found
        return Copy(part.part, ref, self._service.voice.speaker_of(sender), part.thread)

    async def strays(self, of: str, *, after: str | None, since: datetime, thread: str | None) -> list[Copy]:
        room = await self._room()
        found = await self._service.archive.copies_of(room, of, since=since)
        return [
            Copy(int(part), ref, self._service.voice.speaker_of(sender), thread)
            for part, ref, sender in found
            if part.isdecimal()
        ]

    async def read(self, ref: str, thread: str | None) -> Message | None:
        room = await self._service.room_of(self.id)
        if room is None:
            return None
        for each in (room, *self._service.past_of(self.id)):
            if (message := await self._service.archive.read(each, ref)) is not None:
                return message
        return None

    # ── changing what was said

    async def edit(self, copy: Copy, part: Outgoing, key: str) -> None:
        room = await self._open_room()
        contents = Contents(edit_of(copy.ref, content_of(part)), edit_of(copy.ref, content_of(part, profile=False)))
        txn = self._txn(key, copy.ref, part.author, part.text)
        try:
            await self._service.voice.edit(room.room_id, copy.speaker, txn, contents)
        except MissingError as error:
            raise CopyGoneError("matrix.message_gone") from error

    async def remove(self, copy: Copy, key: str) -> None:
        if copy.behind:
            await self._remove_behind(copy, key)
            return
        room = await self._room()
        try:
            await self._service.voice.redact(room.room_id, copy.speaker, copy.ref, self._txn(key, copy.ref))
        except MissingError:
            return  # it is away, which is what was wanted
        except BlockedError:
            if room.closed is None:
                raise
            raise BlockedError(room.closed) from None

    async def _remove_behind(self, copy: Copy, key: str) -> None:
        """Take away what stands in a room that was left, where that is still allowed."""
        for room in await self._left():
            if not await self._service.archive.has(room, copy.ref):
                continue
            try:
                await self._service.voice.redact(room.room_id, copy.speaker, copy.ref, self._txn(key, copy.ref))
            except MissingError:
                return
            except BlockedError as error:
                if error.reason == "matrix.login_lost":
                    raise
                # what is closed there concerns nobody here
                raise RefusedError("matrix.missing_power") from error
            return

    async def _left(self) -> list[Room]:
        """Return the rooms that were left, and last our own: it may be one that was left before."""
        return [*self._service.past_of(self.id), await self._room()]

    async def announce(self, text: str, key: str) -> None:
        room = await self._open_room()
        # not the copies' key: what is announced is the bot's own word, and nothing to be found as a copy
        content = {"msgtype": "m.notice", "body": text, "m.mentions": {}}
        path = ("rooms", room.room_id, "send", MESSAGE, self._txn("announce", key))
        try:
            await self._service.client.put(*path, body=content)
        except MissingError as error:
            raise BlockedError("matrix.room_gone") from error

    async def open_thread(self, root: Standing, name: str) -> str:
        # in Matrix a thread begins with its second message, and is named by its first
        return root.ref

    # ── reactions and pins

    async def reactions(self, at: Standing) -> Reactions:
        if at.behind:
            for left in await self._left():
                if await self._service.archive.has(left, at.ref):
                    return await self._service.reactions.of(left.room_id, at.ref)
            raise CopyGoneError("matrix.message_gone")
        room = await self._open_room()
        return await self._service.reactions.of(room.room_id, at.ref)

    async def react(self, at: Standing, reaction: str, key: str) -> None:
        room = await self._open_room()
        await self._service.reactions.give(room.room_id, at.ref, reaction, self._txn(key, at.ref, reaction))

    async def unreact(self, at: Standing, reaction: str, ref: str, key: str) -> None:
        room = await self._open_room()
        await self._service.reactions.withdraw(room.room_id, ref, self._txn(key, ref))

    async def pin(self, at: Standing, *, pinned: bool) -> None:
        room = await self._open_room()
        await change_pins(self._service.client, room.room_id, at.ref, pinned=pinned)

    # ── the room

    async def _room(self) -> Room:
        room = await self._service.room_of(self.id)
        if room is None:
            raise BlockedError("matrix.not_connected")
        return room

    async def _open_room(self) -> Room:
        """Return the room. Raises :class:`BlockedError` where nothing may be said."""
        room = await self._room()
        if room.closed is not None:
            raise BlockedError(room.closed)
        return room

    def _txn(self, *key: str) -> str:
        """Return the transaction id for a change.

        What is changed is part of it: another life of the bot, with a new database, counts its intents anew while
        the homeserver still remembers the ids of the one before.
        """
        return sha256("|".join((self._place.ref, *key)).encode()).hexdigest()[:32]
