"""One sync for all rooms: brings what happened to the face, and remembers how far everything was acted on.

Acts run beside each other, one person's in order. The position written is that of the newest batch of which, and of
all before which, nothing is still under way: after a crash everything unfinished is heard again, and something
finished may be too (see ``Happening.again``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from bridges.ends.matrix_events import echoes_in
from bridges.ends.port import EndError
from bridges.pace import Backoff, Echoes
from community_bot.logs import get_logger
from community_bot.matrix.happenings import Happening, read_happening, read_invite
from community_bot.matrix.turns import Turns
from community_bot.platforms.matrix_homeserver import Homeserver
from community_bot.platforms.matrix_rooms import HOME_STATE, SPACE_STATE

log = get_logger(__name__)

LONG_POLL_MS = 30_000
PAGE = 100
LONGEST_GAP = 2000
"""Events of one room that are read again after a long absence."""
MOST_OPEN = 50
"""Batches with something unfinished; then reading waits."""
IDLE_SECONDS = 10.0
"""How often the position is written while nothing for the bot happens: a write for every word of a busy room would
be one more than the bridge needs for it."""
NOTHING: Mapping[str, list[str]] = {"types": []}
# what a room of the network is marked with stands in its timeline when it was made a moment ago
HEARD = ["m.room.message", "m.reaction", "m.room.member", "m.room.encryption", SPACE_STATE]
TOLD = ["m.room.encryption", HOME_STATE, SPACE_STATE]


def _filter(heard: Sequence[str], limit: int) -> Mapping[str, Any]:
    return {
        "room": {
            "timeline": {"types": list(heard), "limit": limit, "lazy_load_members": True},
            # how many are in a room is only told to who wants members lazily
            "state": {"types": TOLD, "lazy_load_members": True},
            "ephemeral": NOTHING,
            "account_data": NOTHING,
        },
        "presence": NOTHING,
        "account_data": NOTHING,
    }


NEWS, OPENING = _filter(HEARD, PAGE), _filter(["m.room.encryption"], 1)


class Positions(Protocol):
    """Where it is kept how far a stream was read."""

    async def position(self, stream: str) -> str | None: ...

    async def set_position(self, stream: str, value: str) -> bool: ...


class Listener(Protocol):
    """What the sync brings things to."""

    def expect(self, rooms: Collection[str]) -> None:
        """Take in which rooms we have been in since before a restart."""

    def learn(self, room: str, told: Mapping[str, Any]) -> None:
        """Take in what a sync tells of a joined room, before what happened there."""

    def lost(self, room: str) -> None:
        """Take in that we are no longer in a room."""

    async def begin(self) -> None:
        """Start what an earlier run left undone; the rooms are known by now. Raises the kinds of ``EndError``."""

    async def close(self) -> None:
        """Stop what is under way."""

    async def act(self, happening: Happening) -> bool:
        """Do what follows; return False when nothing does. Only the kinds of ``EndError`` are expected."""


@dataclass(slots=True, eq=False)
class _Batch:
    """What one sync brought, and how far the stream was read with it."""

    position: str
    acts: set[asyncio.Task[None]] = field(default_factory=set)
    was_for_us: bool = False
    """Something was done, or at least begun: to read it again would be to do it again."""


class MatrixSync:
    """Reads the account's sync; :meth:`run` is its task. :attr:`state` is ``live`` or a stable code."""

    def __init__(
        self,
        homeserver: Homeserver,
        positions: Positions,
        listener: Listener,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._homeserver = homeserver
        self._positions = positions
        self._listener = listener
        self._sleep = sleep
        self._filters: dict[int, str] = {}
        self._open: asyncio.Queue[_Batch] = asyncio.Queue(MOST_OPEN)
        self._turns = Turns()
        self._echoes = Echoes()
        self.state = "not_connected"

    def _is_ours(self, sender: str) -> bool:
        return sender == self._homeserver.user_id

    @property
    def _stream(self) -> str:
        return f"matrix-face:{self._homeserver.user_id}"

    async def run(self) -> None:
        """Listen until cancelled. Trouble is shown by :attr:`state` and tried again."""
        self.state = "not_connected"
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self._note())
        finally:
            await self._turns.close()
            await self._listener.close()
            self._open = asyncio.Queue(MOST_OPEN)

    async def _listen(self) -> None:
        backoff = Backoff(first=0.5)
        since = await self._positions.position(self._stream)
        begun = False
        while True:
            try:
                if not begun:
                    since = await self._begin(since)
                    begun = True
                assert since is not None
                batch = await self._ask(NEWS, since, wait=self.state == "live")
                await self._take(batch, since, again=self.state != "live")
                since = str(batch["next_batch"])
                self.state = "live"
                backoff.reset()
                if seconds := self._echoes.wait(echoes_in(batch, self._is_ours)):
                    await self._sleep(seconds)
            except EndError as error:
                self.state = error.reason
                log.warning("the sync of the community is held up", reason=error.reason)
                await self._sleep(error.retry_after or backoff.next())

    async def _note(self) -> None:
        """Write the position, batch by batch, once everything of a batch is done."""
        written = 0.0
        while True:
            batch = await self._open.get()
            if batch.acts:
                await asyncio.wait(batch.acts)
            if not batch.was_for_us and monotonic() - written < IDLE_SECONDS:
                continue
            if await self._positions.set_position(self._stream, batch.position):
                written = monotonic()
            else:
                # a restart would read a little again, and what was done is known
                log.warning("how far the community was read could not be noted", reason="database.busy")

    async def _begin(self, since: str | None) -> str:
        """Learn which rooms there are; return from where to read.

        To look at all of them takes a homeserver seconds with a thousand rooms, and there will be one for everybody
        who talks with the bot. So that is done once, when the account is new to us, and with it what stands there
        of invitations; what was said before is nobody's request. Later everything comes with the news.
        """
        if since is None:
            snapshot = await self._ask(OPENING, None, wait=False)
            for room, told in snapshot.get("rooms", {}).get("join", {}).items():
                self._listener.learn(room, told)
            since = str(snapshot["next_batch"])
            self._invitations(snapshot, _Batch(since))
        else:
            self._listener.expect(await self._homeserver.rooms())
        await self._listener.begin()
        return since

    async def _ask(self, wanted: Mapping[str, Any], since: str | None, *, wait: bool) -> dict[str, Any]:
        query = {"filter": await self._filter_id(wanted), "timeout": str(LONG_POLL_MS if wait else 0)}
        query |= {"since": since} if since is not None else {"full_state": "true"}
        query["set_presence"] = "offline"
        return await self._homeserver.client.get("sync", query=query, timeout=LONG_POLL_MS / 1000 + 15)

    async def _filter_id(self, wanted: Mapping[str, Any]) -> str:
        if id(wanted) not in self._filters:
            client = self._homeserver.client
            answer = await client.post("user", client.user_id, "filter", body=wanted)
            self._filters[id(wanted)] = str(answer["filter_id"])
        return self._filters[id(wanted)]

    async def _take(self, batch: Mapping[str, Any], since: str | None, *, again: bool) -> None:
        """Start what follows from a batch."""
        rooms = batch.get("rooms", {})
        happened: list[tuple[int, Happening]] = []
        for room, told in rooms.get("join", {}).items():
            self._listener.learn(room, told)
            stamp = 0
            for event in await self._news(room, told.get("timeline", {}), since):
                # servers' clocks differ, and a room's own order stands above them
                stamp = max(stamp, _stamp(event))
                happening = read_happening(event, room, self._homeserver.user_id, again=again)
                if happening is not None:
                    happened.append((stamp, happening))
        for room in rooms.get("leave", {}):
            self._listener.lost(room)
        # rooms are told of in no order, and one may have left a room before speaking in another
        happened.sort(key=lambda each: each[0])
        taken = _Batch(str(batch["next_batch"]))
        for _, happening in happened:
            self._start(happening, taken)
        self._invitations(batch, taken)
        await self._open.put(taken)

    def _invitations(self, batch: Mapping[str, Any], taken: _Batch) -> None:
        for room, told in batch.get("rooms", {}).get("invite", {}).items():
            invited = read_invite(told, room, self._homeserver.user_id)
            if invited is not None:
                self._start(invited, taken)

    def _start(self, happening: Happening, taken: _Batch) -> None:
        taken.acts.add(self._turns.take(happening.person, lambda: self._act(happening, taken)))

    async def _act(self, happening: Happening, taken: _Batch) -> None:
        passed_over = False
        try:
            passed_over = not await self._listener.act(happening)
        finally:
            taken.was_for_us |= not passed_over

    async def _news(self, room: str, timeline: Mapping[str, Any], since: str | None) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = timeline.get("events", [])
        entry = own_entry(events, self._homeserver.user_id)
        if entry or not timeline.get("limited") or since is None:
            # who was there before us is no newcomer, and said nothing to us
            return events[entry:]
        return await self._gap(room, str(timeline["prev_batch"]), since) + events

    async def _gap(self, room: str, before: str, since: str) -> list[dict[str, Any]]:
        """Read what a limited sync left out, oldest first."""
        events: list[dict[str, Any]] = []
        position: str | None = before
        while position is not None and len(events) < LONGEST_GAP:
            query = {"dir": "b", "from": position, "to": since, "limit": str(PAGE)}
            query["filter"] = json.dumps({"types": HEARD})
            page = await self._homeserver.client.get("rooms", room, "messages", query=query)
            events += page.get("chunk", [])
            position = page.get("end") if page.get("chunk") else None
        events.reverse()
        return events


def _stamp(event: Mapping[str, Any]) -> int:
    stamp = event.get("origin_server_ts")
    return stamp if isinstance(stamp, int) else 0


def own_entry(events: Sequence[Mapping[str, Any]], own: str) -> int:
    """Return how many events stand up to our own joining of a room, 0 when it is not among them."""
    entries = [
        number
        for number, event in enumerate(events, 1)
        if event.get("type") == "m.room.member" and event.get("state_key") == own and _came(event)
    ]
    return entries[-1] if entries else 0


def _came(event: Mapping[str, Any]) -> bool:
    """Say whether a change of membership is a joining, and not a new name or picture."""
    content, unsigned = event.get("content"), event.get("unsigned")
    before = unsigned.get("prev_content") if isinstance(unsigned, dict) else None
    was = before.get("membership") if isinstance(before, dict) else None
    return isinstance(content, dict) and content.get("membership") == "join" and was != "join"
