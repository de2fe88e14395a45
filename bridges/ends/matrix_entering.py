"""Getting into the rooms, and telling those that cannot be served why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256

import structlog

from bridges.ends.matrix_archive import MatrixArchive
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_events import MESSAGE, TOMBSTONE
from bridges.ends.matrix_room import ENCRYPTED, NOT_INVITED, Room
from bridges.ends.matrix_state import is_inside, is_there
from bridges.ends.matrix_text import COPY_KEY
from bridges.ends.port import BlockedError, EndError, NotSentError, RefusedError, UnsureError
from bridges.pace import Backoff, either

log = structlog.get_logger("bridges.matrix")

JOIN_AGAIN_SECONDS = 30.0
OPENED = "matrix.encryption_ends_here"
"""The room is encrypted, and served because the operator named it."""

WORDS = {
    ENCRYPTED: (
        "This room is end-to-end encrypted. I do not carry what is said here to other places, because that would "
        "end its protection unseen. Use a room without encryption to join a conversation.\n\n"
        "Esta sala tiene cifrado de extremo a extremo. No llevo lo que se dice aquí a otros lugares, porque eso "
        "acabaría con su protección sin que se note. Para unirse a una conversación, usen una sala sin cifrado.\n\n"
        "ห้องนี้เข้ารหัสจากต้นทางถึงปลายทาง ฉันจะไม่นำสิ่งที่พูดที่นี่ไปที่อื่น เพราะการเข้ารหัสจะสิ้นสุดลงโดยไม่มีใครสังเกต "
        "หากต้องการเชื่อมกับห้องอื่น ให้ใช้ห้องที่ไม่เข้ารหัส"
    ),
    OPENED: (
        "🔓 End-to-end encryption ends at me. I read this room, and what is said here leaves it: copies go to the "
        "other places of its conversation, where other companies and people can read them. Sharing can have legal "
        "effects. What must stay among you belongs in a room without me.\n\n"
        "🔓 El cifrado de extremo a extremo termina en mí. Leo esta sala, y lo que se dice aquí sale de ella: hay "
        "copias en los demás lugares de la conversación, donde otras empresas y personas pueden leerlas. Compartir "
        "puede tener efectos legales. Lo que deba quedar entre ustedes va en una sala sin mí.\n\n"
        "🔓 การเข้ารหัสจากต้นทางถึงปลายทางสิ้นสุดที่ฉัน ฉันอ่านห้องนี้ และสิ่งที่พูดที่นี่จะออกไปข้างนอก: มีสำเนาในที่อื่น ๆ "
        "ของบทสนทนานี้ ซึ่งบริษัทและคนอื่นอ่านได้ การแบ่งปันอาจมีผลทางกฎหมาย เรื่องที่ต้องอยู่ในกลุ่มเท่านั้นควรใช้ห้องที่ไม่มีฉัน"
    ),
}

Notices = Callable[[str], str]
"""Gives the words in which a room is told why it is not served, by reason code; empty for no words."""


def in_three_languages(reason: str) -> str:
    """Say it in the three languages: what a room speaks is not known here."""
    return WORDS.get(reason, "")


class Entering:
    """Gets into rooms: those that :meth:`call` at once, and now and then all that did not let us in.

    ``rooms`` are those that are served at a time, ``serves`` says whether one still is; ``entered`` is told of each
    that we are in, ``replaced`` before that of each that was replaced by another.
    """

    def __init__(
        self,
        client: MatrixClient,
        archive: MatrixArchive,
        *,
        rooms: Callable[[], list[Room]],
        serves: Callable[[Room], bool],
        entered: Callable[[Room], None],
        replaced: Callable[[Room], None],
        notices: Notices,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._client = client
        self._archive = archive
        self._rooms = rooms
        self._serves = serves
        self._entered = entered
        self._replaced = replaced
        self._notices = notices
        self._sleep = sleep
        self._calls: set[str] = set()
        """Rooms to get into now: they are new, or have just invited us."""
        self._called = asyncio.Event()
        self._untold: dict[str, Room] = {}
        self._late: dict[str, Room] = {}
        """Rooms that could not be told at first."""
        self._told: set[str] = set()
        self._backoff = Backoff(first=0.5, longest=JOIN_AGAIN_SECONDS)

    def call(self, room: Room) -> None:
        """Ask to get into a room now."""
        self._calls.add(room.room_id)
        self._called.set()

    def tell(self, room: Room) -> None:
        """Ask that people in a room be told, once, why it is not served."""
        if room.room_id not in self._told:
            self._untold[room.room_id] = room
            self._called.set()

    def forget(self, room: Room) -> None:
        """Ask for nothing more."""
        self._calls.discard(room.room_id)
        self._untold.pop(room.room_id, None)
        self._late.pop(room.room_id, None)

    async def run(self) -> None:
        """Get in until cancelled.

        A task beside the sync, which must hear the other rooms meanwhile; no other joins any.
        """
        while True:
            if not self._calls and not self._untold:
                await either(self._pause(JOIN_AGAIN_SECONDS), self._called.wait())
            called, self._calls = self._calls, set()
            untold, self._untold = self._untold, {}
            late, self._late = self._late, {}
            self._called.clear()
            for room in self._rooms():
                is_wanted = room.room_id in called or not (called or untold)
                if is_wanted and room.outside and self._serves(room):
                    await self._try_entering(room)
            for room in {**late, **untold}.values():
                await self._say_why(room)

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _try_entering(self, room: Room) -> None:
        try:
            await self._enter(room)
            self._backoff.reset()
        except EndError as error:
            log.warning("joining is held up", lane=room.label, reason=error.reason)
            if error.retry_after is not None or isinstance(error, NotSentError | UnsureError):
                # the homeserver cannot say now: it can soon
                self._calls.add(room.room_id)
                await self._sleep(min(error.retry_after or self._backoff.next(), JOIN_AGAIN_SECONDS))

    async def _enter(self, room: Room) -> None:
        """Get into a room, or find that we are in it. Raises :class:`EndError` when that cannot be known now."""
        try:
            if not await is_inside(self._client, room.room_id):
                # said before the call: the sync may bring our entry before the answer comes
                room.entering = True
                await self._client.post("join", room.room_id, body={})
            encrypted = await is_there(self._client, room.room_id, "m.room.encryption")
            replaced = await is_there(self._client, room.room_id, TOMBSTONE)
        except EndError as error:
            room.entering = False
            if error.reason == "matrix.login_lost" or not isinstance(
                error, BlockedError | MissingError | RefusedError
            ):
                raise
            room.closed = NOT_INVITED
            return
        if room.outside:
            room.closed = ENCRYPTED if encrypted and not self._client.opens(room.room_id) else None
        if room.closed == ENCRYPTED:
            self.tell(room)
        if replaced:
            self._replaced(room)
        self._entered(room)

    async def _say_why(self, room: Room) -> None:
        """Tell a room why it is not served, unless it was told in an earlier life."""
        if room.closed != ENCRYPTED and self._client.opens(room.room_id):
            await self._say_where_it_ends(room)
            return
        words = self._notices(room.closed or "")
        if not words:
            return
        key = sha256(f"notice|{room.closed}|{room.room_id}".encode()).hexdigest()[:32]
        content = {"msgtype": "m.notice", "body": words, "m.mentions": {}, COPY_KEY: key}
        try:
            if not await self._archive.is_last_of(room, key, self._client.user_id):
                await self._client.put("rooms", room.room_id, "send", MESSAGE, key, body=content)
        except EndError as error:
            # it is shown by the room's own problem; the next start tries again
            log.info("a room could not be told why", lane=room.label, reason=error.reason)
        self._told.add(room.room_id)

    async def _say_where_it_ends(self, room: Room) -> None:
        """Tell people in an encrypted room that is served all the same what that means to them (SAF-11)."""
        try:
            await self._client.announce(room.room_id, self._notices(OPENED))
        except EndError as error:
            log.warning("a room could not be told where its protection ends", lane=room.label, reason=error.reason)
            self._late[room.room_id] = room
        else:
            self._told.add(room.room_id)
