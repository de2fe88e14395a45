"""Encrypted rooms that the operator named: what is said there opened, and what we say there sealed.

To-device messages come once to a device, in whichever of its syncs asks first, and are gone when any of them asks
further. So every sync's answer passes through :meth:`Secrecy.take` before anybody acts on it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import nio
import structlog
from nio.crypto import Olm
from nio.events import OlmEvent, RoomKeyEvent, ToDeviceEvent
from nio.exceptions import EncryptionError
from vodozemac import SessionCreationException

from bridges.bounded import Bounded
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.matrix_devices import MatrixDevices
from bridges.ends.matrix_events import ENCRYPTED, is_id, mapping
from bridges.ends.matrix_key_store import MatrixKeyStore
from bridges.ends.matrix_opening import MEGOLM, Opening
from bridges.ends.port import BlockedError, EndError
from db.sealed_shelf import SealedShelf

log = structlog.get_logger("bridges.matrix")

MEMBER, ENCRYPTION = "m.room.member", "m.room.encryption"
ROOM, TOLD = "room", "told"
MOST_HEARD = 5000


class Secrecy:
    """The keys of one device, for ``rooms`` alone: keys of other rooms are not kept.

    ``client`` is the plain road to the homeserver, for keys. :attr:`problem` is why nothing can be sealed just now.
    """

    def __init__(
        self, client: MatrixClient, olm: Olm, store: MatrixKeyStore, shelf: SealedShelf, rooms: Collection[str]
    ) -> None:
        self._client = client
        self._olm = olm
        self._opening = Opening(store)
        self._shelf = shelf
        self._rooms = frozenset(rooms)
        self._devices = MatrixDevices(client, olm, shelf.keep)
        self._encrypted = {room for room in self._rooms if shelf.get(ROOM, room) is not None}
        """Encryption is never taken back, whatever a homeserver says later."""
        self._plain: set[str] = set()
        """Rooms that were not encrypted when we asked; since then a sync would have told."""
        self._members: dict[str, frozenset[str]] = {}
        self._last: dict[str, frozenset[str]] = {}
        """Who was in a room when we last knew: with whom our keys there are shared."""
        self._moves = dict.fromkeys(self._rooms, 0)
        self._stale: set[str] = set()
        """Rooms in which to speak with new keys, for somebody has another device."""
        self._sharing = {room: asyncio.Lock() for room in self._rooms}
        self._taking = asyncio.Lock()
        self._taken: Bounded[bytes, bool] = Bounded(MOST_HEARD)
        self.problem: str | None = None
        self.learned = 0
        """How many keys came: what could not be opened is tried again when it grows."""

    def names(self, room_id: str) -> bool:
        """Say whether the operator named a room."""
        return room_id in self._rooms

    # ── hearing

    async def take(self, answer: Mapping[str, Any]) -> None:
        """Take the keys in a sync's answer, before its caller acts on it."""
        async with self._taking:
            events = mapping(answer, "to_device").get("events")
            for event in events if isinstance(events, list) else ():
                await self._hear(event)
            for room_id, told in mapping(mapping(answer, "rooms"), "join").items():
                if room_id in self._rooms and isinstance(told, dict):
                    self._learn(room_id, told)
            lists = mapping(answer, "device_lists")
            self._olm.users_for_key_query |= self._olm.tracked_users & _ids(lists.get("changed"))
            # of whom we share no room we are told nothing more
            self._olm.tracked_users -= _ids(lists.get("left"))
            count = mapping(answer, "device_one_time_keys_count").get("signed_curve25519")
            if isinstance(count, int):
                self._olm.uploaded_key_count = count
            self._shelf.keep()
            await self._tend()

    async def _tend(self) -> None:
        try:
            await self._devices.publish()
            await self._devices.mend()
        except EndError as error:
            # the next answer tries again
            self.problem = error.reason if isinstance(error, BlockedError) else self.problem
            log.warning("keys could not be brought to the homeserver", reason=error.reason)
        else:
            self.problem = None

    async def _hear(self, raw: object) -> None:
        if not isinstance(raw, dict):
            return
        # another sync of this device may have brought it before, and a key opens once
        digest = sha256(json.dumps(raw, sort_keys=True).encode()).digest()
        if self._taken.get(digest) or raw.get("type") != ENCRYPTED:
            return
        try:
            event = ToDeviceEvent.parse_event(raw)
            if not isinstance(event, OlmEvent):
                return
            await self._know(event.sender)
            # only now: whoever asked may have been cut short before, and gets it again
            self._taken.put(digest, True)
            told = self._open_road(event)
        except (ValueError, KeyError, TypeError, AttributeError, EncryptionError) as error:
            # anybody may send anything to a device
            log.info("a message between devices could not be read", error_type=type(error).__name__)
            return
        if isinstance(told, RoomKeyEvent):
            self._take_session(told)

    def _open_road(self, event: OlmEvent) -> ToDeviceEvent | None:
        try:
            told = self._olm.handle_to_device_event(event)
        except SessionCreationException:
            self._devices.broke(event.sender, event.sender_key)
            raise
        # nio writes the account down before it has let go of the key that opened the road: it would stay there
        self._olm.save_account()
        return told

    async def _know(self, sender: str) -> None:
        """Learn the devices of who speaks to ours: a broken road is mended only to a device that is known."""
        if sender in self._olm.tracked_users:
            return
        try:
            await self._devices.know([sender], again=False)
        except EndError as error:
            log.info("a device could not be asked for", reason=error.reason)

    def _take_session(self, told: RoomKeyEvent) -> None:
        by_sender = self._olm.inbound_group_store[told.room_id][told.sender_key]
        session = by_sender.pop(told.session_id, None)
        if session is not None and told.room_id in self._rooms:
            self._opening.learn(session, told.sender)
            self.learned += 1

    def _learn(self, room_id: str, told: Mapping[str, Any]) -> None:
        timeline = mapping(told, "timeline")
        events = [*_events(mapping(told, "state")), *_events(timeline)]
        if timeline.get("limited") or any(event.get("type") == MEMBER for event in events):
            self._members.pop(room_id, None)
            self._moves[room_id] += 1
        if any(event.get("type") == ENCRYPTION and event.get("state_key") == "" for event in events):
            self._encrypts(room_id)

    def _encrypts(self, room_id: str) -> None:
        if room_id not in self._encrypted:
            self._encrypted.add(room_id)
            self._shelf.put(ROOM, room_id, b"1", day=0)
            self._shelf.keep()

    def open(self, room_id: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what an encrypted event says, as :meth:`Opening.open`."""
        return self._opening.open(room_id, event)

    # ── saying

    async def is_encrypted(self, room_id: str) -> bool:
        """Say whether what is said in a room is sealed: one that the operator named, and that is encrypted."""
        if room_id not in self._rooms:
            return False
        if room_id not in self._encrypted and room_id not in self._plain:
            try:
                await self._client.get("rooms", room_id, "state", ENCRYPTION, "")
            except MissingError:
                self._plain.add(room_id)
            else:
                self._encrypts(room_id)
        return room_id in self._encrypted

    async def seal(self, room_id: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of the encrypted event that says this. Raises the kinds of ``EndError``."""
        if self.problem is not None:
            raise BlockedError(self.problem)
        async with self._sharing[room_id]:
            users = await self._members_of(room_id)
            is_new = room_id not in self._olm.outbound_group_sessions
            if await self._devices.know(users, again=is_new):
                self._stale |= self._rooms
            if room_id in self._stale:
                self._devices.forget(room_id)
                self._stale.discard(room_id)
            session = await self._devices.share(room_id, users)
            self._keep_own(room_id, session.id)
            inside = {key: value for key, value in content.items() if key != "m.relates_to"}
            payload = json.dumps({"type": kind, "content": inside, "room_id": room_id}, ensure_ascii=False)
            sealed = {
                "algorithm": MEGOLM,
                "sender_key": self._olm.account.identity_keys["curve25519"],
                "ciphertext": session.encrypt(payload),
                "session_id": session.id,
                "device_id": self._olm.device_id,
            }
        return {**sealed, "m.relates_to": content["m.relates_to"]} if "m.relates_to" in content else sealed

    def _keep_own(self, room_id: str, session_id: str) -> None:
        """Keep what opens our own words: copies are looked for by what is in them."""
        by_key = self._olm.inbound_group_store[room_id][self._olm.account.identity_keys["curve25519"]]
        session = by_key.pop(session_id, None)
        if session is not None:
            self._opening.learn(session, self._olm.user_id)
            self._shelf.keep()

    async def _members_of(self, room_id: str) -> frozenset[str]:
        members = self._members.get(room_id)
        if members is None:
            before, moves = self._last.get(room_id), self._moves[room_id]
            answer = await self._client.get("rooms", room_id, "joined_members")
            members = frozenset(filter(is_id, mapping(answer, "joined")))
            if before is not None and members != before:
                # who left reads nothing more, and who came reads from here on
                self._devices.forget(room_id)
            self._last[room_id] = members
            if moves == self._moves[room_id]:
                self._members[room_id] = members
        return members

    # ── once

    def was_told(self, room_id: str) -> bool:
        """Say whether people in a room were told that its protection ends at us."""
        return self._shelf.get(TOLD, room_id) is not None

    def tell(self, room_id: str) -> None:
        """Take in that they were."""
        self._shelf.put(TOLD, room_id, b"1", day=0)
        self._shelf.keep()

    def close(self) -> None:
        self._shelf.close()


def secrecy_of(
    client: nio.AsyncClient,
    shelf: SealedShelf,
    rooms: Collection[str],
    *,
    keep_days: int,
    today: Callable[[], date] = lambda: datetime.now(UTC).date(),
) -> Secrecy:
    """Return the keys of a connection's device, new ones where the shelf has none."""
    store = MatrixKeyStore(shelf, today, keep_days=keep_days)
    olm = Olm(str(client.user_id), str(client.device_id), store)
    shelf.keep()
    return Secrecy(MatrixClient(client), olm, store, shelf, rooms)


def _events(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    events = told.get("events")
    return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []


def _ids(values: object) -> set[str]:
    return {value for value in values if isinstance(value, str)} if isinstance(values, list) else set()
