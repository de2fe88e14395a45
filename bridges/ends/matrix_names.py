"""The names and faces people have in Matrix rooms: in memory, as many as are of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridges.bounded import Bounded
from bridges.ends.matrix_client import MatrixClient, MissingError
from bridges.ends.port import BlockedError
from bridges.markup.matrix_links import is_mxc

MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Member:
    """How somebody is seen in a room; ``avatar`` is an ``mxc://`` address, empty where they share none."""

    name: str = field(repr=False)
    avatar: str = field(default="", repr=False)


class MatrixNames:
    """Knows members by room and account, from what a sync tells or from asking."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client
        self._members: Bounded[tuple[str, str], Member] = Bounded(MOST_NAMES)

    def learn(self, room_id: str, user: str, content: Mapping[str, Any]) -> Member:
        """Take in a membership and return how they are seen: without a name, by their account's own."""
        name, avatar = content.get("displayname"), content.get("avatar_url")
        member = Member(
            name if isinstance(name, str) and name.strip() else user[1:].split(":", 1)[0],
            avatar if isinstance(avatar, str) and is_mxc(avatar) else "",
        )
        self._members.put((room_id, user), member)
        return member

    def known(self, room_id: str, user: str) -> Member | None:
        """Return somebody who is known already."""
        return self._members.get((room_id, user))

    async def of(self, room_id: str, user: str) -> Member:
        """Return how somebody is seen in a room. Raises the kinds of ``EndError``."""
        known = self._members.get((room_id, user))
        if known is not None:
            return known
        try:
            content = await self._client.get("rooms", room_id, "state", "m.room.member", user)
        except (MissingError, BlockedError):
            content = {}
        return self.learn(room_id, user, content)
