"""A road to the homeserver on which an encrypted room that the operator named is like any other.

What is read comes opened, what is written goes sealed, under the same transaction ids; whoever asks and speaks need
not know. A reaction goes in the clear, as from other clients: all it says stands in its relation, which is never
sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import nio
import structlog

from bridges.bounded import Bounded
from bridges.ends.matrix_client import API, SECONDS, MatrixClient
from bridges.ends.matrix_events import ENCRYPTED, MESSAGE, REACTION, mapping
from bridges.ends.matrix_secrecy import Secrecy
from bridges.ends.matrix_secret_files import open_file, seal_file
from bridges.ends.port import NotSentError, UnsureError

log = structlog.get_logger("bridges.matrix")

MOST_WAITING = 500
"""Messages that came before their keys, which come by another road."""


class SecretClient(MatrixClient):
    """Fulfils :class:`MatrixClient`. Of all that use one account, one ``is_patient``: the bridge.

    It gets again, with a later sync, what could not be opened at first.
    """

    def __init__(self, client: nio.AsyncClient, secrecy: Secrecy, *, is_patient: bool = False) -> None:
        super().__init__(client)
        self._secrecy = secrecy
        self._is_patient = is_patient
        self._waiting: Bounded[str, tuple[str, Mapping[str, Any]]] = Bounded(MOST_WAITING)
        self._learned = 0
        self._since: str | None = None
        self._given: list[str] = []
        """What of it came with the last answer, which may not have been taken in yet."""

    def opens(self, room_id: str) -> bool:
        return self._secrecy.names(room_id)

    async def seals(self, room_id: str) -> bool:
        try:
            return await self._secrecy.is_encrypted(room_id)
        except UnsureError as error:
            # a question that had no answer changed nothing
            raise NotSentError(error.reason, retry_after=error.retry_after) from error

    async def announce(self, room_id: str, words: str) -> None:
        if not await self.seals(room_id) or self._secrecy.was_told(room_id):
            return
        key = sha256(f"secrecy|{room_id}".encode()).hexdigest()[:32]
        await self.put(
            "rooms",
            room_id,
            "send",
            MESSAGE,
            key,
            body={"msgtype": "m.notice", "body": words, "m.mentions": {}},
        )
        self._secrecy.tell(room_id)

    # ── reading

    async def get(
        self,
        *path: str,
        query: Mapping[str, str] | None = None,
        timeout: float = SECONDS,
        as_user: str | None = None,
        api: str = API,
    ) -> dict[str, Any]:
        answer = await super().get(*path, query=query, timeout=timeout, as_user=as_user, api=api)
        if path == ("sync",):
            await self._secrecy.take(answer)
            self._open_sync(answer, (query or {}).get("since"))
        elif path[0] == "rooms" and len(path) > 2 and self._secrecy.names(path[1]):
            if path[2] == "event":
                return self._open(path[1], answer)
            if path[2] in ("messages", "relations") and isinstance(answer.get("chunk"), list):
                answer["chunk"] = [self._open(path[1], event) for event in answer["chunk"]]
        return answer

    def _open_sync(self, answer: dict[str, Any], since: str | None) -> None:
        joined = answer.setdefault("rooms", {}).setdefault("join", {})
        for room_id, told in joined.items():
            if self._secrecy.names(room_id):
                timeline = told.setdefault("timeline", {})
                timeline["events"] = [self._hear(room_id, event) for event in timeline.get("events", [])]
        if self._is_patient:
            for room_id, event in self._belated(since):
                # before what is new: it was said before
                timeline = joined.setdefault(room_id, {}).setdefault("timeline", {})
                timeline["events"] = [event, *timeline.get("events", [])]

    def _hear(self, room_id: str, event: dict[str, Any]) -> dict[str, Any]:
        opened = self._open(room_id, event)
        if self._is_patient and opened.get("type") == ENCRYPTED:
            self._waiting.put(str(event.get("event_id")), (room_id, event))
        return opened

    def _belated(self, since: str | None) -> list[tuple[str, dict[str, Any]]]:
        """Return what can be opened by now, newest first; again, when its caller asks again from where it did."""
        if since != self._since:
            for ref in self._given:
                self._waiting.forget(ref)
            self._since, self._given = since, []
        if self._learned != self._secrecy.learned:
            self._learned = self._secrecy.learned
            waiting = ((ref, self._waiting.get(ref)) for ref in reversed(self._waiting.keys()))
            opened = ((ref, self._open(*held)) for ref, held in waiting if held is not None)
            self._given = [ref for ref, event in opened if event.get("type") != ENCRYPTED]
        held = [self._waiting.get(ref) for ref in self._given]
        return [(each[0], self._open(*each)) for each in held if each is not None]

    def _open(self, room_id: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event as it reads, with the edit that the homeserver put to it; itself when it is no secret."""
        event = dict(event)
        if event.get("type") == ENCRYPTED and (opened := self._secrecy.open(room_id, event)) is not None:
            event = opened
            event["content"] = open_file(mapping(event, "content"))
        relations = mapping(mapping(event, "unsigned"), "m.relations")
        edit = relations.get("m.replace")
        if isinstance(edit, dict) and edit.get("type") == ENCRYPTED:
            opened = self._secrecy.open(room_id, edit)
            # an edit that cannot be read is none: the text of before stands
            kept = {key: value for key, value in relations.items() if key != "m.replace"}
            kept |= {"m.replace": opened} if opened is not None else {}
            event["unsigned"] = {**mapping(event, "unsigned"), "m.relations": kept}
        return event

    # ── writing

    async def put(
        self, *path: str, body: Mapping[str, Any], as_user: str | None = None, ts: datetime | None = None
    ) -> dict[str, Any]:
        if path[0] == "rooms" and len(path) == 5 and path[2] == "send" and path[3] != REACTION:
            _, room_id, _, kind, txn = path
            if await self.seals(room_id):
                try:
                    body = await self._secrecy.seal(room_id, kind, seal_file(body))
                except UnsureError as error:
                    # it was its keys that may or may not have come; nothing was said
                    raise NotSentError(error.reason, retry_after=error.retry_after) from error
                path = ("rooms", room_id, "send", ENCRYPTED, txn)
        return await super().put(*path, body=body, as_user=as_user, ts=ts)
