"""Where nio's Olm machine keeps its keys: on a sealed shelf, without a list of anybody's devices.

nio's own stores write the accounts and devices of everybody in a room in the clear (DOMAIN 7.3, SAF-6). What can be
asked for again, as devices can, is not kept at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from nio.crypto import DeviceStore, GroupSessionStore, InboundGroupSession, OlmAccount, Session, SessionStore

from db.sealed_shelf import SealedShelf

ACCOUNT, OLM, GROUP = "account", "olm", "group"
OLM_UNUSED = timedelta(days=365)
"""For how long a road to another device is kept that nobody used; its owner's app makes a new one."""


class MatrixKeyStore:
    """Fulfils what :class:`nio.crypto.Olm` asks of a store, and keeps the sessions in which people speak.

    ``today`` is a day in UTC. What was said longer than ``keep_days`` ago is not read again: its keys go.
    """

    def __init__(self, shelf: SealedShelf, today: Callable[[], date], *, keep_days: int) -> None:
        self._shelf = shelf
        self._today = today
        shelf.forget_before(OLM, (today() - OLM_UNUSED).toordinal())
        shelf.forget_before(GROUP, today().toordinal() - keep_days)
        shelf.keep()

    # ── ours

    def load_account(self) -> OlmAccount | None:
        kept = self._shelf.get(ACCOUNT, "")
        if kept is None:
            return None
        value = json.loads(kept)
        return OlmAccount.from_pickle(value["pickle"].encode(), "", value["shared"])

    def save_account(self, account: OlmAccount) -> None:
        self._put(ACCOUNT, "", {"pickle": account.pickle("").decode(), "shared": account.shared})

    # ── with other devices

    def load_sessions(self) -> SessionStore:
        sessions = SessionStore()
        for kept in self._shelf.all(OLM):
            value = json.loads(kept)
            made, used = (datetime.fromisoformat(value[key]) for key in ("made", "used"))
            sessions.add(value["key"], Session.from_pickle(value["pickle"].encode(), made, "", used))
        return sessions

    def save_session(self, curve_key: str, session: Session) -> None:
        value = {
            "key": curve_key,
            "pickle": session.pickle("").decode(),
            "made": session.creation_time.isoformat(),
            "used": session.use_time.isoformat(),
        }
        self._put(OLM, f"{curve_key}|{session.id}", value)

    # ── in rooms

    def load_inbound_group_sessions(self) -> GroupSessionStore:
        # they are looked up one by one: a room of years has thousands
        return GroupSessionStore()

    def save_inbound_group_session(self, session: InboundGroupSession) -> None:
        """Do nothing: whose it is is not known here, so :meth:`keep_group_session` does it."""

    def group_session(self, room_id: str, session_id: str, owner: str) -> InboundGroupSession | None:
        """Return the session in which an account speaks in a room."""
        kept = self._shelf.get(GROUP, _name(room_id, session_id, owner))
        if kept is None:
            return None
        value = json.loads(kept)
        return InboundGroupSession.from_pickle(value["pickle"].encode(), value["ed25519"], value["key"], room_id)

    def keep_group_session(self, session: InboundGroupSession, owner: str) -> None:
        """Keep a session; one that begins later than what is known of it already tells nothing new."""
        known = self.group_session(session.room_id, session.id, owner)
        if known is not None and known.first_known_index < session.first_known_index:
            session = known
        value = {"pickle": session.pickle("").decode(), "key": session.sender_key, "ed25519": session.ed25519}
        self._put(GROUP, _name(session.room_id, session.id, owner), value)

    # ── what nothing is kept of

    def load_device_keys(self) -> DeviceStore:
        return DeviceStore()

    def save_device_keys(self, device_keys: object) -> None:
        """Do nothing: they are asked for at the next start."""

    def load_outgoing_key_requests(self) -> dict[str, Any]:
        return {}

    def add_outgoing_key_request(self, request: object) -> None:
        """Do nothing: after a restart it may be asked again."""

    def remove_outgoing_key_request(self, request: object) -> None:
        """Do nothing, as above."""

    # ── whom to trust: nio cannot know more than that a device belongs to a member, so that is the rule

    def is_device_verified(self, device: object) -> bool:
        return False

    def is_device_blacklisted(self, device: object) -> bool:
        return False

    def is_device_ignored(self, device: object) -> bool:
        """Say yes: nio's word for a device that gets keys although nobody compared its own."""
        return True

    def _put(self, kind: str, name: str, value: dict[str, Any]) -> None:
        self._shelf.put(kind, name, json.dumps(value).encode(), day=self._today().toordinal())


def _name(room_id: str, session_id: str, owner: str) -> str:
    return f"{room_id}|{session_id}|{owner}"
