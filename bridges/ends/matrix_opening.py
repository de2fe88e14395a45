"""Encrypted events opened: with the keys of who said it, each for one event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nio.crypto import InboundGroupSession

from bridges.bounded import Bounded
from bridges.ends.matrix_events import POLL_ENDS, POLL_RESPONSES, REACTION, READ, is_id, mapping
from bridges.ends.matrix_key_store import MatrixKeyStore

MEGOLM = "m.megolm.v1.aes-sha2"
SAID = (*READ, *POLL_RESPONSES, *POLL_ENDS, REACTION)
"""What is heard of what was sealed. No redaction: who may take something back is judged by homeservers, which
cannot look inside."""
MOST_SESSIONS = 1000
MOST_SEEN = 50_000


class Opening:
    """Opens what is said in encrypted rooms."""

    def __init__(self, store: MatrixKeyStore) -> None:
        self._store = store
        self._sessions: Bounded[tuple[str, str, str], InboundGroupSession] = Bounded(MOST_SESSIONS)
        self._seen: Bounded[tuple[str, str, int], str] = Bounded(MOST_SEEN)
        """Which event a key was used for: used for another, it is what somebody said, sent again by somebody."""

    def learn(self, session: InboundGroupSession, owner: str) -> None:
        """Keep the keys in which an account speaks from now on."""
        self._sessions.forget((session.room_id, session.id, owner))
        self._store.keep_group_session(session, owner)

    def open(self, room_id: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what an encrypted event says, as the event it would be in another room; None without its key."""
        content = mapping(event, "content")
        payload = self._payload(room_id, event, content)
        if payload is None or payload.get("room_id") != room_id or payload.get("type") not in SAID:
            return None
        inside = payload.get("content")
        if not isinstance(inside, dict) or "state_key" in event:
            return None
        # what it relates to stands outside, where homeservers need it (client-server API, "m.room.encrypted")
        inside.pop("m.relates_to", None)
        outside = {"m.relates_to": content["m.relates_to"]} if "m.relates_to" in content else {}
        return {**event, "type": payload["type"], "content": {**inside, **outside}}

    def _payload(self, room_id: str, event: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any] | None:
        sender, ref = event.get("sender"), event.get("event_id")
        session_id, ciphertext = content.get("session_id"), content.get("ciphertext")
        if content.get("algorithm") != MEGOLM or not is_id(sender) or not is_id(ref):
            return None
        if not isinstance(session_id, str) or not isinstance(ciphertext, str):
            return None
        # keys count for who gave them: what another says with them is not theirs
        session = self._session(room_id, session_id, sender)
        if session is None:
            return None
        try:
            plain, index = session.decrypt(ciphertext)
            payload = json.loads(plain)
        except ValueError:
            # from before the keys began, or broken: shown as what cannot be read
            return None
        use = (room_id, session_id, index)
        if self._seen.get(use) is None:
            self._seen.put(use, ref)
        return payload if self._seen.get(use) == ref and isinstance(payload, dict) else None

    def _session(self, room_id: str, session_id: str, owner: str) -> InboundGroupSession | None:
        key = (room_id, session_id, owner)
        session = self._sessions.get(key)
        if session is None:
            session = self._store.group_session(*key)
            if session is not None:
                self._sessions.put(key, session)
                # what is in use is kept longer
                self._store.keep_group_session(session, owner)
        return session
