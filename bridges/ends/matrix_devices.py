"""The devices of people in encrypted rooms: asked for, and given the keys in which the bot speaks.

Every device of every member gets them, as from any client that knows no cross-signing, which nio does not: whose
devices are whose is their homeservers' word (SAF-21).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from nio.crypto import Olm, OutboundGroupSession
from nio.exceptions import EncryptionError
from nio.responses import KeysClaimResponse, KeysQueryResponse

from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_events import mapping
from bridges.ends.port import BlockedError

log = structlog.get_logger("bridges.matrix")

OTHERS_MS = 10_000
"""For how long our homeserver asks the others."""
KEYS_LOST = "matrix.keys_lost"
"""The homeserver has other keys of this device: ours are new because the old ones were lost."""
OTHER_DEVICE = "matrix.other_device"
"""The login belongs to another device than the one whose keys these are."""
ONE_TIME = "signed_curve25519"
ROAD_REST = timedelta(hours=1)
"""How old the newest road to a device is before another is opened, as the specification asks."""


class MatrixDevices:
    """Does what nio's machine wants done with a homeserver. Raises the kinds of ``EndError``.

    ``keep`` writes down what the machine changed: always before something is told that depends on it.
    """

    def __init__(self, client: MatrixClient, olm: Olm, keep: Callable[[], None]) -> None:
        self._client = client
        self._olm = olm
        self._keep = keep
        self._unknown: set[str] = set()
        """Accounts whose homeservers did not answer."""
        self._is_ours = False

    # ── ours

    async def publish(self) -> None:
        """Give the homeserver our keys, and new one-time keys for those that were used."""
        if not self._is_ours:
            await self._look_at_device()
        if not self._olm.should_upload_keys:
            return
        body = self._olm.share_keys()
        # known before anybody can use one, or what is said with it could not be read
        self._olm.save_account()
        self._keep()
        answer = await self._client.post("keys", "upload", body=body)
        count = mapping(answer, "one_time_key_counts").get(ONE_TIME)
        self._olm.uploaded_key_count = count if isinstance(count, int) else None
        self._olm.account.shared = True
        self._olm.mark_keys_as_published()
        self._olm.save_account()
        self._keep()

    async def _look_at_device(self) -> None:
        """Look once whether the homeserver knows this device, and by these keys."""
        user, device = self._olm.user_id, self._olm.device_id
        if (await self._client.get("account", "whoami")).get("device_id") != device:
            raise BlockedError(OTHER_DEVICE)
        answer = await self._client.post("keys", "query", body={"device_keys": {user: [device]}})
        keys = mapping(mapping(mapping(mapping(answer, "device_keys"), user), device), "keys")
        known = keys.get(f"curve25519:{device}")
        if known is not None and known != self._olm.account.identity_keys["curve25519"]:
            raise BlockedError(KEYS_LOST)
        # a homeserver that lost them gets them again
        self._olm.account.shared = known is not None
        self._is_ours = True

    # ── others'

    async def know(self, users: Collection[str], *, again: bool) -> bool:
        """Learn the devices of accounts where they are not known, or changed; say whether any are others now.

        With ``again``, also those of accounts whose homeserver did not answer the last time.
        """
        if again:
            self._olm.users_for_key_query |= self._unknown & set(users)
        self._olm.users_for_key_query.update(set(users) - self._olm.tracked_users)
        asked = self._olm.users_for_key_query & set(users)
        if not asked:
            return False
        # what changes while we ask is asked anew
        self._olm.users_for_key_query -= asked
        try:
            body = {"device_keys": {user: [] for user in sorted(asked)}, "timeout": OTHERS_MS}
            answer = await self._client.post("keys", "query", body=body)
        except BaseException:
            self._olm.users_for_key_query |= asked
            raise
        meanwhile = set(self._olm.users_for_key_query)
        changed = False
        for user, devices in mapping(answer, "device_keys").items():
            if user in asked and isinstance(devices, dict):
                changed |= self._take_devices(user, devices)
        self._unknown = (self._unknown - asked) | _failed(answer, asked)
        self._olm.tracked_users |= asked
        self._olm.users_for_key_query |= meanwhile
        return changed

    def _take_devices(self, user: str, devices: Mapping[str, Any]) -> bool:
        whole = {name: device for name, device in devices.items() if _is_device(device)}
        response = KeysQueryResponse({user: whole}, {})
        try:
            self._olm.handle_response(response)
        except (ValueError, KeyError, TypeError, AttributeError):
            # keys that are none: anybody can leave such with their homeserver, and only they do not read us
            return False
        return bool(response.changed)

    async def share(self, room_id: str, users: Collection[str]) -> OutboundGroupSession:
        """Return the session in which we speak in a room, when all devices of these accounts can read it."""
        if self._olm.should_share_group_session(room_id):
            session = self._olm.outbound_group_sessions.get(room_id)
            if session is not None and session.expired:
                del self._olm.outbound_group_sessions[room_id]
            await self._claim(self._olm.get_missing_sessions(sorted(users)))
            for reached, body in self._olm.share_group_session_parallel(room_id, sorted(users)):
                self._keep()
                await self._tell("m.room.encrypted", body)
                self._olm.outbound_group_sessions[room_id].users_shared_with |= reached
            self._olm.outbound_group_sessions[room_id].mark_as_shared()
        return self._olm.outbound_group_sessions[room_id]

    def forget(self, room_id: str) -> None:
        """Speak with new keys from now on: somebody came, or went, or has another device."""
        self._olm.outbound_group_sessions.pop(room_id, None)

    async def _claim(self, missing: Mapping[str, Iterable[str]]) -> None:
        """Open a road to devices; one that has no key left, or a wrong one, is passed over."""
        wanted = {user: dict.fromkeys(devices, ONE_TIME) for user, devices in missing.items()}
        if not wanted:
            return
        answer = await self._client.post("keys", "claim", body={"one_time_keys": wanted, "timeout": OTHERS_MS})
        for user, devices in mapping(answer, "one_time_keys").items():
            for device, keys in devices.items() if isinstance(devices, dict) else ():
                if device in wanted.get(user, {}) and isinstance(keys, dict) and keys:
                    self._take_one_time_key(user, device, keys)

    def _take_one_time_key(self, user: str, device: str, keys: Mapping[str, Any]) -> None:
        try:
            self._olm.handle_response(KeysClaimResponse({user: {device: keys}}, {}))
        except (ValueError, KeyError, TypeError, AttributeError, EncryptionError):
            # as above: whose key is none does not read us
            log.warning("a device could not be given keys", reason="matrix.bad_key")

    # ── roads that broke

    def broke(self, sender: str, sender_key: str) -> None:
        """Take in that a first message on a new road could not be read: what it was made with is gone here.

        The machine itself marks only roads on which a later message could not be read. Not more than once an hour,
        as there: whoever breaks roads on purpose makes us open no more of them.
        """
        device = self._olm.device_store.device_from_sender_key(sender, sender_key)
        newest = self._olm.session_store.get(sender_key)
        is_young = newest is not None and datetime.now() - newest.creation_time < ROAD_REST  # noqa: DTZ005 (nio's)
        if device is not None and not is_young and device not in self._olm.wedged_devices:
            self._olm.wedged_devices.append(device)

    async def mend(self) -> None:
        """Open new roads to devices whose words cannot be read any more, and say what the machine wants said."""
        if self._olm.wedged_devices:
            await self._claim(self._olm.get_users_for_key_claiming())
            # who gave no key is asked again when it sends something unreadable again
            self._olm.wedged_devices.clear()
        self._keep()
        for message in list(self._olm.outgoing_to_device_messages):
            body = {"messages": {message.recipient: {message.recipient_device: message.content}}}
            await self._tell(message.type, body)
            self._olm.outgoing_to_device_messages.remove(message)

    async def _tell(self, kind: str, body: Mapping[str, Any]) -> None:
        await self._client.put("sendToDevice", kind, uuid4().hex, body=body)


def _failed(answer: Mapping[str, Any], asked: Iterable[str]) -> set[str]:
    servers = mapping(answer, "failures").keys()
    return {user for user in asked if user.partition(":")[2] in servers}


def _is_device(device: object) -> bool:
    """Say whether something has the shape of a device, whatever is in it."""
    if not isinstance(device, dict):
        return False
    named = all(isinstance(device.get(key), str) for key in ("user_id", "device_id"))
    return named and all(isinstance(device.get(key), dict) for key in ("keys", "signatures"))
