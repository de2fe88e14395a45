"""The bridge's side of the Matrix account: syncs, fills gaps, reads again, joins its rooms.

``next_batch`` is written in the same transaction as what the batch brought, so a crash at any point hears
everything again that was not yet safe, and the unique (end, event id) passes over what was.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bridges.ends.matrix import MatrixEnd, Profile
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_text import COPY_KEY, read_event
from bridges.ends.port import BlockedError, Ears, EndError, Job, NotSentError, RefusedError
from bridges.message import Message
from bridges.pace import Backoff
from db.bridge_rows import EndRow
from db.bridge_store import BridgeStore
from db.ids import EndId

log = structlog.get_logger("bridges.matrix")

LONG_POLL_MS = 30_000
PAGE = 100
CLOCK_DOUBT = timedelta(minutes=5)
JOIN_AGAIN_SECONDS = 30.0
MOST_NAMES = 5000

NOTHING: Mapping[str, list[str]] = {"types": []}
SPOKEN = ["m.room.message"]
TOLD = ["m.room.member", "m.room.encryption", "m.room.power_levels"]
SYNC: Mapping[str, Any] = {
    "timeline": {"types": [*SPOKEN, *TOLD], "limit": PAGE, "lazy_load_members": True},
    "state": {"types": TOLD, "lazy_load_members": True},
    "ephemeral": NOTHING,
    "account_data": NOTHING,
}
"""What news are: words, names, whether a room has become encrypted, and who may speak there."""
OPENING: Mapping[str, Any] = {
    "timeline": {"types": ["m.room.encryption"], "limit": 1},
    "state": {"types": ["m.room.encryption"]},
    "ephemeral": NOTHING,
    "account_data": NOTHING,
}
"""What has to be known at the start: which rooms we are in, and which of them are encrypted."""


@dataclass(slots=True)
class _Room:
    row: EndRow
    label: str
    closed: str | None = "matrix.not_connected"
    entering: bool = False
    """We have joined; the sync that brings the room is still to come."""

    @property
    def room_id(self) -> str:
        return self.row.place.ref


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
        self._rooms: dict[str, _Room] = {}
        self._by_end: dict[EndId, _Room] = {}
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._filters: dict[str, str] = {}
        self._opened = asyncio.Event()
        self._state = "not_connected"

    async def add(self, row: EndRow, label: str) -> MatrixEnd:
        """Serve one more room; call before any job runs."""
        room = _Room(row, label)
        self._rooms[room.room_id] = room
        self._by_end[row.id] = room
        return MatrixEnd(row, label, home=self, client=self._client, profile=self._profile)

    def open(self, ears: Ears) -> None:
        """Say where what is heard goes."""
        self._ears = ears

    def jobs(self) -> dict[str, Job]:
        """Return the sync, and beside it the tries to get into rooms that did not let us in."""
        return {"matrix-sync": self.run, "matrix-join": self.keep_joining}

    def problem(self, end: EndId) -> str | None:
        """Return why a room is not being heard just now, None when it is."""
        return self._by_end[end].closed or (None if self._state == "live" else self._state)

    async def closed(self, end: EndId) -> str | None:
        """Return why nothing may be said in a room, None when it may; waits until that is known."""
        await self._opened.wait()
        return self._by_end[end].closed

    # ── hearing

    async def run(self) -> None:
        """Join the rooms and sync until cancelled. Trouble is shown by :meth:`problem` and tried again."""
        stream = f"matrix:{self._client.user_id}"
        since = await self._store.position(stream)
        backoff = Backoff(first=0.5)
        while True:
            try:
                if since is None or not self._opened.is_set():
                    position = await self._open_rooms(new=since is None, stream=stream)
                    since = since or position
                    self._opened.set()
                batch = await self._sync(SYNC, since, wait=self._state == "live")
                since = await self._take(batch, since, stream)
                self._state = "live"
                backoff.reset()
            except EndError as error:
                self._state = error.reason
                log.warning("sync is held up", reason=error.reason)
                await self._sleep(error.retry_after or backoff.next())

    async def keep_joining(self) -> None:
        """Try again for rooms that did not let us in; a task beside :meth:`run`."""
        while True:
            await self._sleep(JOIN_AGAIN_SECONDS)
            for room in self._rooms.values():
                await self._try_joining(room)

    async def _try_joining(self, room: _Room) -> None:
        if room.closed == "matrix.not_invited":
            try:
                await self._join(room)
            except EndError as error:
                log.warning("joining is held up", lane=room.label, reason=error.reason)

    async def _open_rooms(self, *, new: bool, stream: str) -> str:
        """Learn in one request which rooms we are in and which of them are encrypted; join the others.

        Returns the position from which what is said from now on can be read. With ``new``, for an account never
        read before, that is where the rooms begin; a room joined just now begins with the sync that brings it.
        """
        snapshot = await self._sync(OPENING, None, wait=False)
        position = str(snapshot["next_batch"])
        ours = snapshot.get("rooms", {}).get("join", {})
        for room_id in self._rooms.keys() & ours.keys():
            room, told = self._rooms[room_id], ours[room_id]
            room.closed = None
            self._learn(room, told.get("state", {}).get("events", []))
            self._learn(room, told.get("timeline", {}).get("events", []))
        if new:
            begun = {room.row.id: position[:255] for room in self._rooms.values() if room.closed is None}
            await self._hear([], stream, position, begun)
        for room in self._rooms.values():
            if room.room_id not in ours:
                await self._join(room)
        return position

    async def _join(self, room: _Room) -> None:
        try:
            await self._client.post("join", room.room_id, body={})
            encrypted = await self._is_encrypted(room)
        except (BlockedError, MissingError, RefusedError) as error:
            if error.reason == "matrix.login_lost":
                raise
            room.closed = "matrix.not_invited"
        else:
            room.closed = "matrix.encrypted_room" if encrypted else None
            room.entering = True
            self._say_mended(room)

    def _say_mended(self, room: _Room) -> None:
        if self._ears is not None:
            self._ears.mended(room.row.id)

    async def _is_encrypted(self, room: _Room) -> bool:
        try:
            await self._client.get("rooms", room.room_id, "state", "m.room.encryption", "")
        except MissingError:
            return False
        return True

    async def _sync(self, kind: Mapping[str, Any], since: str | None, *, wait: bool) -> dict[str, Any]:
        query = {"filter": await self._filter(kind), "timeout": str(LONG_POLL_MS if wait else 0)}
        if since is not None:
            query["since"] = since
        else:
            # Synapse leaves out a room of which nothing passes the filter, unless the full state is asked for
            query["full_state"] = "true"
        return await self._client.get("sync", query=query, timeout=LONG_POLL_MS / 1000 + 15)

    async def _filter(self, kind: Mapping[str, Any]) -> str:
        """Leave the filter with the homeserver: with a thousand rooms it is too long for an address."""
        wanted = {"room": {"rooms": sorted(self._rooms), **kind}, "presence": NOTHING, "account_data": NOTHING}
        text = json.dumps(wanted, sort_keys=True)
        if text not in self._filters:
            answer = await self._client.post("user", self._client.user_id, "filter", body=wanted)
            self._filters[text] = str(answer["filter_id"])
        return self._filters[text]

    async def _take(self, batch: Mapping[str, Any], since: str, stream: str) -> str:
        next_batch = str(batch["next_batch"])
        messages: list[Message] = []
        joined: dict[EndId, str] = {}
        rooms = batch.get("rooms", {})
        for room_id in self._rooms.keys() & rooms.get("join", {}).keys():
            room, told = self._rooms[room_id], rooms["join"][room_id]
            self._learn(room, told.get("state", {}).get("events", []))
            timeline = told.get("timeline", {})
            entry = self._entry(timeline.get("events", [])) if room.entering else 0
            room.entering = False
            if entry:
                joined[room.row.id] = next_batch[:255]
            for event in await self._news(room, timeline, since, entry):
                self._learn(room, [event])
                if (message := await self._message(room, event)) is not None:
                    messages.append(message)
        for room in self._rooms.values():
            if room.row.joined_at_ref is None and room.closed is None and not room.entering:
                joined[room.row.id] = next_batch[:255]
        if messages or joined or next_batch != since:
            await self._hear(messages, stream, next_batch, joined)
        for room_id in self._rooms.keys() & rooms.get("leave", {}).keys():
            if not self._rooms[room_id].entering:
                self._rooms[room_id].closed = "matrix.not_invited"
        for room_id in self._rooms.keys() & rooms.get("invite", {}).keys():
            await self._try_joining(self._rooms[room_id])
        return next_batch

    async def _news(self, room: _Room, timeline: Mapping[str, Any], since: str, entry: int) -> list[dict[str, Any]]:
        """Return the events since the last sync; of a room we came into, those behind the first ``entry``."""
        events: list[dict[str, Any]] = timeline.get("events", [])
        if not entry and room.row.joined_at_ref is not None:
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

    async def _hear(
        self, messages: Sequence[Message], stream: str, position: str, joined: Mapping[EndId, str]
    ) -> None:
        assert self._ears is not None
        await self._ears.hear(messages, positions={stream: position}, joined=joined)
        for end, ref in joined.items():
            room = self._by_end[end]
            room.row = replace(room.row, joined_at_ref=ref)

    async def _gap(self, room: _Room, before: str, since: str) -> list[dict[str, Any]]:
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

    async def _message(self, room: _Room, event: Mapping[str, Any]) -> Message | None:
        # our own account: a copy, or a notice of ours; known before it was sent
        if event.get("type") != "m.room.message" or event.get("sender") == self._client.user_id:
            return None
        content = event.get("content")
        body = content.get("body") if isinstance(content, dict) else None
        if isinstance(body, str) and self._for_the_bot(body):
            # a command, perhaps with a code in it, is between its author and the bot
            return None
        name = await self._name(room, str(event.get("sender")))
        return read_event(event, end=room.row.id, place=room.row.place, name=name)

    # ── names and encryption

    def _learn(self, room: _Room, events: list[dict[str, Any]]) -> None:
        for event in events:
            content = event.get("content")
            if not isinstance(content, dict):
                continue
            if event.get("type") == "m.room.member" and isinstance(event.get("state_key"), str):
                self._remember(room, event["state_key"], content.get("displayname"))
            elif event.get("type") == "m.room.encryption":
                # DOMAIN BRG-8: an encrypted room is refused, a bridge would end its protection unseen
                room.closed = "matrix.encrypted_room"
            elif event.get("type") == "m.room.power_levels":
                self._say_mended(room)

    def _remember(self, room: _Room, user: str, name: object) -> str:
        known = name if isinstance(name, str) and name.strip() else user[1:].split(":", 1)[0]
        self._names[room.room_id, user] = known
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)
        return known

    async def _name(self, room: _Room, user: str) -> str:
        known = self._names.get((room.room_id, user))
        if known is not None:
            return known
        try:
            content = await self._client.get("rooms", room.room_id, "state", "m.room.member", user)
        except (MissingError, BlockedError):
            content = {}
        return self._remember(room, user, content.get("displayname"))

    # ── reading

    async def read(self, end: EndId, ref: str) -> Message | None:
        """Read a message again; None when it was redacted. Raises as :meth:`End.read`."""
        await self._opened.wait()
        room = self._by_end[end]
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
