"""The bridge's side of the Matrix account: syncs, fills gaps, reads again, joins its rooms.

``next_batch`` is written in the same transaction as what the batch brought, so a crash at any point hears
everything again that was not yet safe, and the unique (end, event id) passes over what was.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridges.ends.matrix import MatrixEnd, Profile
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_names import MatrixNames
from bridges.ends.matrix_room import ENCRYPTED, NOT_INVITED, Room
from bridges.ends.matrix_sync import PAGE, RoomSync
from bridges.ends.matrix_text import COPY_KEY, read_event
from bridges.ends.port import BlockedError, Ears, EndError, Job, NotSentError, RefusedError
from bridges.message import Message
from bridges.pace import Backoff, either
from db.bridge_rows import EndRow
from db.bridge_store import BridgeStore
from db.ids import EndId

log = structlog.get_logger("bridges.matrix")

CLOCK_DOUBT = timedelta(minutes=5)
JOIN_AGAIN_SECONDS = 30.0
LONGEST_REF = 255


class MatrixHome:
    """Serves all Matrix ends of one bot account; fulfils :class:`bridges.ends.port.Home`.

    ``for_the_bot`` says of a text whether it is a command: that stays where it was typed.
    """

    def __init__(
        self,
        client: MatrixClient,
        *,
        store: BridgeStore,
        profile: Profile,
        for_the_bot: Callable[[str], bool] = lambda _: False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._store = store
        self._profile = profile
        self._for_the_bot = for_the_bot
        self._sleep = sleep
        self._ears: Ears | None = None
        self._rooms: dict[str, Room] = {}
        self._by_end: dict[EndId, Room] = {}
        self._names = MatrixNames(client)
        self._syncing = RoomSync(client, self._rooms.keys())
        self._calls: set[str] = set()
        """Rooms to get into now: they are new, or have just invited us."""
        self._called = asyncio.Event()
        self._opened = asyncio.Event()
        self._state = "not_connected"

    async def add(self, row: EndRow, label: str) -> MatrixEnd:
        """Serve one more room. While the account syncs, it is entered at once and heard from then on."""
        room = Room(row, label)
        self._rooms[room.room_id] = room
        self._by_end[row.id] = room
        self._syncing.change()
        self._call(room)
        return MatrixEnd(row, label, home=self, client=self._client, profile=self._profile)

    def remove(self, end: EndId) -> None:
        """Serve a room no more. We stay in it: letting us in and out is not the bridge's."""
        room = self._by_end.pop(end)
        del self._rooms[room.room_id]
        self._calls.discard(room.room_id)
        self._syncing.change()

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""
        self._ears = ears

    def jobs(self) -> dict[str, Job]:
        """Return the sync, and beside it the tries to get into rooms that did not let us in."""
        return {"matrix-sync": self.run, "matrix-join": self.keep_joining}

    def jobs_of(self, end: EndId) -> dict[str, Job]:
        """Return nothing: one sync hears all rooms."""
        return {}

    def problem(self, end: EndId) -> str | None:
        """Return why a room is not being heard just now, None when it is."""
        room = self._by_end[end]
        if room.closed is not None or self._state != "live":
            return room.closed or self._state
        # until its beginning is written down, what is said there would not outlive a crash
        return None if room.begun else "catching_up"

    async def closed(self, end: EndId) -> str | None:
        """Return why nothing may be said in a room, None when it may; waits until that is known."""
        await self._opened.wait()
        return self._by_end[end].closed

    # ── hearing

    async def run(self) -> None:
        """Sync until cancelled. Trouble is shown by :meth:`problem` and tried again."""
        stream = f"matrix:{self._client.user_id}"
        since = await self._store.position(stream)
        backoff = Backoff(first=0.5)
        while True:
            try:
                if since is None or not self._opened.is_set():
                    position = await self._open_rooms(new=since is None, stream=stream)
                    since = since or position
                    self._opened.set()
                batch = await self._syncing.news(since, wait=self._state == "live")
                if batch is not None:
                    since = await self._take(batch, since, stream)
                    self._state = "live"
                backoff.reset()
            except EndError as error:
                self._state = error.reason
                log.warning("sync is held up", reason=error.reason)
                await self._sleep(error.retry_after or backoff.next())

    async def _open_rooms(self, *, new: bool, stream: str) -> str:
        """Learn in one request which rooms we are in and which of them are encrypted; the others are for later.

        Returns the position from which what is said from now on can be read. With ``new``, for an account never
        read before, that is where the rooms begin; a room joined just now begins with the sync that brings it.
        """
        rooms = list(self._rooms.values())
        snapshot = await self._syncing.opening(room.room_id for room in rooms)
        position = str(snapshot["next_batch"])
        ours = snapshot.get("rooms", {}).get("join", {})
        for room in rooms:
            told = ours.get(room.room_id)
            if told is not None:
                room.closed = None
                self._learn(room, told.get("state", {}).get("events", []))
                self._learn(room, told.get("timeline", {}).get("events", []))
        if new:
            await self._hear([], stream, position, [room for room in rooms if room.closed is None])
        return position

    # ── getting in

    async def keep_joining(self) -> None:
        """Get into the rooms: those that call at once, and now and then all that did not let us in.

        A task beside :meth:`run`, which must hear the other rooms meanwhile; no other joins any.
        """
        await self._opened.wait()
        while True:
            if not self._calls:
                await either(self._pause(JOIN_AGAIN_SECONDS), self._called.wait())
            called, self._calls = self._calls, set()
            self._called.clear()
            rooms = [room for room in self._rooms.values() if room.room_id in called or not called]
            for room in rooms:
                if room.outside and self._serves(room):
                    await self._try_entering(room)

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    def _call(self, room: Room) -> None:
        self._calls.add(room.room_id)
        self._called.set()

    async def _try_entering(self, room: Room) -> None:
        try:
            await self._enter(room)
        except EndError as error:
            log.warning("joining is held up", lane=room.label, reason=error.reason)
            if error.retry_after is not None:
                self._calls.add(room.room_id)
                await self._sleep(min(error.retry_after, JOIN_AGAIN_SECONDS))

    async def _enter(self, room: Room) -> None:
        """Get into a room, or find that we are in it. Raises :class:`EndError` when that cannot be known now."""
        try:
            if not await self._is_inside(room):
                # said before the call: the sync may bring our entry before the answer comes
                room.entering = True
                await self._client.post("join", room.room_id, body={})
            encrypted = await self._is_encrypted(room)
        except EndError as error:
            room.entering = False
            if error.reason == "matrix.login_lost" or not isinstance(
                error, BlockedError | MissingError | RefusedError
            ):
                raise
            room.closed = NOT_INVITED
            return
        if room.outside:
            room.closed = ENCRYPTED if encrypted else None
        # a room we were in already begins with the next answer
        self._syncing.hurry()
        self._say_mended(room)

    def _say_mended(self, room: Room) -> None:
        if self._ears is not None:
            self._ears.mended(room.row.id)

    async def _is_inside(self, room: Room) -> bool:
        try:
            own = await self._client.get("rooms", room.room_id, "state", "m.room.member", self._client.user_id)
        except MissingError:
            return False
        except BlockedError as error:
            if error.reason == "matrix.login_lost":
                raise
            return False  # who is not in a room is told nothing about it
        return bool(own.get("membership") == "join")

    async def _is_encrypted(self, room: Room) -> bool:
        try:
            await self._client.get("rooms", room.room_id, "state", "m.room.encryption", "")
        except MissingError:
            return False
        return True

    # ── what a sync brings

    async def _take(self, batch: Mapping[str, Any], since: str, stream: str) -> str:
        next_batch = str(batch["next_batch"])
        messages: list[tuple[Room, Message]] = []
        begun: list[Room] = []
        rooms = batch.get("rooms", {})
        for room, told in self._ours(rooms.get("join", {})):
            self._learn(room, told.get("state", {}).get("events", []))
            timeline = told.get("timeline", {})
            entry = self._entry(timeline.get("events", [])) if room.entering or room.outside else 0
            room.entering = False
            if entry:
                begun.append(room)
                # somebody else let us in: whether we may speak there is asked by who enters rooms
                self._call(room)
            for event in await self._news(room, timeline, since, entry):
                self._learn(room, [event])
                if (message := await self._message(room, event)) is not None:
                    messages.append((room, message))
        begun += [r for r in self._rooms.values() if not r.begun and r.closed is None and not r.entering]
        heard = [message for room, message in messages if self._serves(room)]
        if heard or begun or next_batch != since:
            await self._hear(heard, stream, next_batch, begun)
        for room, _ in self._ours(rooms.get("leave", {})):
            if not room.entering:
                room.closed = NOT_INVITED
        for room, _ in self._ours(rooms.get("invite", {})):
            self._call(room)
        return next_batch

    def _ours(self, told: Mapping[str, Any]) -> list[tuple[Room, Any]]:
        """Return those of the rooms told of that we serve, with what is told."""
        return [(self._rooms[room_id], each) for room_id, each in told.items() if room_id in self._rooms]

    def _serves(self, room: Room) -> bool:
        """Say whether a room was not taken out, or put in anew, since we began with it."""
        return self._rooms.get(room.room_id) is room

    async def _news(self, room: Room, timeline: Mapping[str, Any], since: str, entry: int) -> list[dict[str, Any]]:
        """Return the events since the last sync; of a room we came into, those behind the first ``entry``."""
        events: list[dict[str, Any]] = timeline.get("events", [])
        if not entry and room.begun:
            gap = await self._gap(room, timeline["prev_batch"], since) if timeline.get("limited") else []
            return gap + events
        # the end is new, or was shut out: what was said until then stays where it was said (DOMAIN 3.11)
        start = entry or len(events)
        self._learn(room, events[:start])
        return events[start:]

    def _entry(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Return how many events stand up to our own joining, 0 when it is not among them."""
        ours = {"type": "m.room.member", "state_key": self._client.user_id}
        entries = [number for number, event in enumerate(events, 1) if ours.items() <= event.items()]
        return entries[-1] if entries else 0

    async def _hear(self, messages: Sequence[Message], stream: str, position: str, begun: Sequence[Room]) -> None:
        assert self._ears is not None
        ref = position[:LONGEST_REF]
        joined = {room.row.id: ref for room in begun if self._serves(room)}
        await self._ears.hear(messages, positions={stream: position}, joined=joined)
        for room in begun:
            room.begin(ref)

    async def _gap(self, room: Room, before: str, since: str) -> list[dict[str, Any]]:
        """Read what a limited sync left out, oldest first (client-server API, "Syncing": gaps)."""
        events: list[dict[str, Any]] = []
        position: str | None = before
        wanted = json.dumps({"types": ["m.room.message", "m.room.member"], "lazy_load_members": True})
        while position is not None:
            page = await self._client.get(
                "rooms",
                room.room_id,
                "messages",
                query={"dir": "b", "from": position, "to": since, "limit": str(PAGE), "filter": wanted},
            )
            self._learn(room, page.get("state", []))
            chunk = page.get("chunk", [])
            events += chunk
            position = page.get("end") if chunk else None
        events.reverse()
        return events

    async def _message(self, room: Room, event: Mapping[str, Any]) -> Message | None:
        # our own account: a copy, or a notice of ours; known before it was sent
        if event.get("type") != "m.room.message" or event.get("sender") == self._client.user_id:
            return None
        content = event.get("content")
        body = content.get("body") if isinstance(content, dict) else None
        if isinstance(body, str) and self._for_the_bot(body):
            # a command, perhaps with a code in it, is between its author and the bot
            return None
        name = await self._names.of(room.room_id, str(event.get("sender")))
        return read_event(event, end=room.row.id, place=room.row.place, name=name)

    def _learn(self, room: Room, events: list[dict[str, Any]]) -> None:
        for event in events:
            content = event.get("content")
            if not isinstance(content, dict):
                continue
            if event.get("type") == "m.room.member" and isinstance(event.get("state_key"), str):
                self._names.learn(room.room_id, event["state_key"], content.get("displayname"))
            elif event.get("type") == "m.room.encryption":
                # DOMAIN BRG-8: an encrypted room is refused, a bridge would end its protection unseen
                room.closed = ENCRYPTED
            elif event.get("type") == "m.room.power_levels":
                self._say_mended(room)

    # ── reading

    async def read(self, end: EndId, ref: str) -> Message | None:
        """Read a message again; None when it was redacted, or its room left. Raises as :meth:`End.read`."""
        await self._opened.wait()
        room = self._by_end.get(end)
        if room is None:
            return None
        try:
            event = await self._client.get("rooms", room.room_id, "event", ref)
            return await self._message(room, event)
        except MissingError:
            return None
        except BlockedError as error:
            if error.reason == "matrix.forbidden" and room.closed is None:
                return None  # we are in the room, so it is this event that we may not see
            raise
        except EndError as error:
            raise NotSentError(error.reason, retry_after=error.retry_after) from error

    async def find_copy(self, end: EndId, key: str, *, since: datetime) -> str | None:
        """Look for a copy of ours by its key, back to ``since``. Raises as :meth:`End.read`."""
        await self._opened.wait()
        room = self._by_end[end]
        oldest = (since - CLOCK_DOUBT).timestamp() * 1000
        query = {"dir": "b", "limit": str(PAGE), "filter": json.dumps({"senders": [self._client.user_id]})}
        while True:
            try:
                page = await self._client.get("rooms", room.room_id, "messages", query=query)
            except EndError as error:
                raise NotSentError(error.reason, retry_after=error.retry_after) from error
            for event in page.get("chunk", []):
                if event.get("content", {}).get(COPY_KEY) == key:
                    return str(event["event_id"])
                if event.get("origin_server_ts", 0) < oldest:
                    return None
            if not page.get("chunk") or "end" not in page:
                return None
            query["from"] = page["end"]
