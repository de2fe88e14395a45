"""What a sync, or a push, brings: taken in room by room, and written down before anything is acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import structlog

from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_entering import Entering
from bridges.ends.matrix_events import REDACTION, TOMBSTONE, edited_ref
from bridges.ends.matrix_following import Following
from bridges.ends.matrix_hearing import MatrixHearing
from bridges.ends.matrix_room import ENCRYPTED, NOT_INVITED, REPLACED, UPGRADED, Room, Rooms, RoomStanding
from bridges.ends.matrix_sync import RoomSync
from bridges.ends.port import Ears
from bridges.message import Deleted, Edited, Heard
from db.bridge_store import BridgeStore

log = structlog.get_logger("bridges.matrix")

LONGEST_REF = 255
NOTE_SECONDS = 10.0
"""How often it is written down how far was read while nothing is heard. Each of our own words comes back to us, and
to write that down as well would take the database half as much again as the word did."""


class MatrixIntake:
    """The one road on which everything is heard. ``stream`` says what kind of stream it is.

    ``ears`` are where what was heard goes, None before that is known.
    """

    def __init__(
        self,
        rooms: Rooms,
        hearing: MatrixHearing,
        entering: Entering,
        following: Following,
        syncing: RoomSync,
        *,
        client: MatrixClient,
        store: BridgeStore,
        stream: str,
        ears: Callable[[], Ears | None],
    ) -> None:
        self._rooms = rooms
        self._hearing = hearing
        self._entering = entering
        self._following = following
        self._syncing = syncing
        self._client = client
        self._store = store
        self._kind = stream
        self._ears = ears
        self._noted: str | None = None
        self._noted_at = float("-inf")

    @property
    def stream(self) -> str:
        """The name under which it is kept how far was read; the account is known once it has logged in."""
        return f"{self._kind}:{self._client.user_id}"

    async def take(self, batch: Mapping[str, Any], since: str) -> str:
        """Take in what happened since a position; return the next. Raises the kinds of ``EndError``."""
        next_batch = str(batch["next_batch"])
        heard: list[tuple[Room, Heard]] = []
        begun: list[Room] = []
        rooms = batch.get("rooms", {})
        for room, told in self._rooms.among(rooms.get("join", {})):
            self.learn(room, told.get("state", {}).get("events", []))
            timeline = told.get("timeline", {})
            entry = self._entry(timeline.get("events", [])) if room.entering or room.outside else 0
            room.entering = False
            if entry:
                begun.append(room)
                # whoever comes into a room is told all of how it stands
                room.stand(room.standing or RoomStanding.OPEN)
                # somebody else let us in: whether we may speak there is asked by who enters rooms
                self._entering.call(room)
            for event in await self._news(room, timeline, since, entry):
                self.learn(room, [event])
                if room.closed == ENCRYPTED:
                    # what is sent there in the clear was not meant to leave it, either
                    continue
                heard += [(room, each) for each in await self._hearing.hear(room, event)]
        for room, told in self._rooms.past_among(rooms.get("join", {})):
            heard += await self._taken_back(room, told.get("timeline", {}), since)
        begun += [r for r in self._rooms.all() if not r.begun and r.closed is None and not r.entering]
        served = [each for room, each in heard if self._rooms.serves(room)]
        if served or begun or self._is_to_be_noted(next_batch):
            await self.begin(served, next_batch, begun)
        for room, _ in self._rooms.among(rooms.get("leave", {})):
            # one that was replaced is left by many, and where it led can still be asked
            if not room.entering and room.closed not in REPLACED:
                room.closed = NOT_INVITED
        for room, _ in self._rooms.among(rooms.get("invite", {})):
            self._entering.call(room)
        for room_id in rooms.get("invite", {}):
            self._following.invited(room_id)
        return next_batch

    def _is_to_be_noted(self, position: str) -> bool:
        """Say whether a position is worth writing down where nothing was heard.

        After a crash what lies between is read again, and nothing follows from it again.
        """
        if any(room.stands_anew for room in self._rooms.all()):
            return True
        return position != self._noted and monotonic() - self._noted_at >= NOTE_SECONDS

    async def _taken_back(
        self, room: Room, timeline: Mapping[str, Any], since: str
    ) -> list[tuple[Room, Deleted | Edited]]:
        """Return what became of what was said in a room before its end left it; what is said there now stays there.

        Nobody is to be left with what its author has taken back.
        """
        heard: list[tuple[Room, Deleted | Edited]] = []
        for event in await self._news(room, timeline, since, 0):
            self._hearing.learn(room, event)
            if event.get("type") == REDACTION or edited_ref(event) is not None:
                found = await self._hearing.hear(room, event)
                heard += [(room, each) for each in found if isinstance(each, Deleted | Edited)]
        return heard

    async def _news(self, room: Room, timeline: Mapping[str, Any], since: str, entry: int) -> list[dict[str, Any]]:
        """Return the events since the last sync; of a room we came into, those behind the first ``entry``."""
        events: list[dict[str, Any]] = timeline.get("events", [])
        if not entry and room.begun:
            if not timeline.get("limited"):
                return events
            missed, standing = await self._syncing.gap(room.room_id, timeline["prev_batch"], since)
            self.learn(room, standing)
            return missed + events
        # the end is new, or was shut out: what was said until then stays where it was said (DOMAIN 3.11)
        start = entry or len(events)
        self.learn(room, events[:start])
        return events[start:]

    def _entry(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Return how many events stand up to our own joining, 0 when it is not among them."""
        ours = {"type": "m.room.member", "state_key": self._client.user_id}
        entries = [number for number, event in enumerate(events, 1) if ours.items() <= event.items()]
        return entries[-1] if entries else 0

    async def begin(self, heard: Sequence[Heard], position: str, begun: Sequence[Room]) -> None:
        """Have written down what was heard, up to where, and which rooms begin there."""
        ears = self._ears()
        assert ears is not None
        # before the position moves on: nobody tells it a second time
        await self.write_standings()
        ref = position[:LONGEST_REF]
        joined = {room.row.id: ref for room in begun if self._rooms.serves(room)}
        await ears.hear(heard, positions={self.stream: position}, joined=joined)
        self._noted, self._noted_at = position, monotonic()
        for room in begun:
            room.begin(ref)

    # ── how a room stands

    def open(self, room: Room) -> None:
        """Take it that we are in a room of which it was written down how it stands."""
        room.closed = None
        if room.standing is RoomStanding.UPGRADED:
            room.closed = UPGRADED
            self._following.call(room)
        if room.standing is RoomStanding.ENCRYPTED:
            self._is_encrypted(room)

    async def write_standings(self) -> None:
        """Have written down what was learnt of how rooms stand."""
        anew = [room for room in self._rooms.all() if room.stands_anew]
        await self._store.stand({room.row.id: room.row.standing or "" for room in anew})
        for room in anew:
            room.stands_anew = False

    def learn(self, room: Room, events: Sequence[Mapping[str, Any]]) -> None:
        """Take in how a room stands: who is in it, who may do what, whether it was closed."""
        for event in events:
            self._hearing.learn(room, event)
            if "state_key" not in event:
                continue
            if event.get("type") == "m.room.encryption":
                room.stand(RoomStanding.ENCRYPTED)
                self._is_encrypted(room)
            elif event.get("type") == TOMBSTONE and event["state_key"] == "":
                self.replaced(room)
            elif event.get("type") == "m.room.power_levels":
                self._say_mended(room)

    def replaced(self, room: Room) -> None:
        """Take in that people have moved on to another room, perhaps to yet another than was said before."""
        if room.closed is None:
            room.closed = UPGRADED
            room.stand(RoomStanding.UPGRADED)
            log.warning("a room was replaced by another", lane=room.label)
        if room.closed in REPLACED:
            self._following.call(room)

    def _is_encrypted(self, room: Room) -> None:
        if not self._client.opens(room.room_id):
            # DOMAIN BRG-8: an encrypted room is refused, a bridge would end its protection unseen
            room.closed = ENCRYPTED
        self._entering.tell(room)

    def _say_mended(self, room: Room) -> None:
        ears = self._ears()
        if ears is not None:
            ears.mended(room.row.id)
