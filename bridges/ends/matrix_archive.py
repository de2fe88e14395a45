"""What stands in a room already: a message read again, the end of a poll, a copy of ours looked for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bridges.ends.matrix_client import API_V1, MatrixClient, MissingError
from bridges.ends.matrix_events import ENCRYPTED, MESSAGE, mapping
from bridges.ends.matrix_hearing import MatrixHearing, is_poll
from bridges.ends.matrix_polls import count_votes
from bridges.ends.matrix_room import Room
from bridges.ends.matrix_sync import PAGE
from bridges.ends.matrix_text import COPY_KEY
from bridges.ends.port import BlockedError, EndError, NotSentError
from bridges.message import Message

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_DOUBT = timedelta(minutes=5)
MOST_PAGES = 20
"""Two thousand votes; a poll with more is told of without its end."""


class MatrixArchive:
    """Reads and looks. Raises as :meth:`bridges.ends.port.End.read`."""

    def __init__(self, client: MatrixClient, hearing: MatrixHearing) -> None:
        self._client = client
        self._hearing = hearing

    async def read(self, room: Room, ref: str) -> Message | None:
        """Read a message again; None when it was redacted, or its room left."""
        try:
            event = await self._client.get("rooms", room.room_id, "event", ref)
            votes = await self._votes(room, event) if is_poll(event) else None
            return await self._hearing.read(room, event, votes=votes)
        except MissingError:
            return None
        except BlockedError as error:
            if error.reason == "matrix.forbidden" and room.closed is None:
                return None  # we are in the room, so it is this event that we may not see
            raise
        except EndError as error:
            raise NotSentError(error.reason, retry_after=error.retry_after) from error

    async def has(self, room: Room, ref: str) -> bool:
        """Say whether something stands, or stood, in a room, as far as we may see."""
        try:
            await self._client.get("rooms", room.room_id, "event", ref)
        except MissingError:
            return False
        except BlockedError as error:
            if error.reason == "matrix.login_lost":
                raise
            return False
        except EndError as error:
            raise NotSentError(error.reason, retry_after=error.retry_after) from error
        return True

    async def _votes(self, room: Room, poll: Mapping[str, Any]) -> dict[str, int] | None:
        related: list[Mapping[str, Any]] = []
        query = {"limit": str(PAGE)}
        path = ("rooms", room.room_id, "relations", str(poll["event_id"]), "m.reference")
        for _ in range(MOST_PAGES):
            page = await self._client.get(*path, query=query, api=API_V1)
            related += page.get("chunk", [])
            if "next_batch" not in page:
                may_end = room.powers.moderators | room.powers.creators | {str(poll.get("sender"))}
                return count_votes(poll, related, may_end)
            query["from"] = str(page["next_batch"])
        return None

    async def find_copy(
        self, room: Room, key: str, *, since: datetime, senders: Sequence[str]
    ) -> tuple[str, str] | None:
        """Look for a copy of ours by its key, back to ``since``; return its event and its sender."""
        async for event in self._back(room, since, {"senders": list(senders)}):
            if _key_of(event) == key:
                return str(event["event_id"]), str(event["sender"])
        return None

    async def is_last_of(self, room: Room, key: str, sender: str) -> bool:
        """Say whether something with this key is what an account said last in a room."""
        async for event in self._back(room, LONG_AGO, {"senders": [sender], "types": [MESSAGE, ENCRYPTED]}):
            return _key_of(event) == key
        return False

    async def copies_of(self, room: Room, of: str, *, since: datetime) -> list[tuple[str, str, str]]:
        """Return the copies of ours whose keys begin with ``of``: the rest of the key, the event, its sender."""
        found: list[tuple[str, str, str]] = []
        async for event in self._back(room, since, {"types": [MESSAGE, ENCRYPTED]}):
            key, sender = _key_of(event), str(event.get("sender"))
            if key.startswith(f"{of}-") and self._hearing.is_ours(sender):
                found.append((key.removeprefix(f"{of}-"), str(event["event_id"]), sender))
        return found

    async def _back(self, room: Room, since: datetime, wanted: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Go through what was said, newest first."""
        oldest = (since - CLOCK_DOUBT).timestamp() * 1000
        query = {"dir": "b", "limit": str(PAGE), "filter": json.dumps(wanted)}
        while True:
            try:
                page = await self._client.get("rooms", room.room_id, "messages", query=query)
            except MissingError as error:
                raise BlockedError("matrix.room_gone") from error
            except BlockedError:
                raise
            except EndError as error:
                raise NotSentError(error.reason, retry_after=error.retry_after) from error
            for event in page.get("chunk", []):
                yield event
                if event.get("origin_server_ts", 0) < oldest:
                    return
            if not page.get("chunk") or "end" not in page:
                return
            query["from"] = page["end"]


def _key_of(event: Mapping[str, Any]) -> str:
    return str(mapping(event, "content").get(COPY_KEY, ""))
