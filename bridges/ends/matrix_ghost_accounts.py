"""What an application service asks of its homeserver about one ghost. Nothing is remembered here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridges.ends.matrix_client import MatrixClient, MissingError, TakenError
from bridges.ends.port import BlockedError, RefusedError

FORBIDDEN = "matrix.forbidden"


class BannedError(RefusedError):
    """Who moderates the room has banned this ghost. The bot must not say it either: that would get around them."""

    def __init__(self) -> None:
        super().__init__("matrix.ghost_banned")


@dataclass(frozen=True, slots=True)
class Looks:
    """The name an account shows, and its picture as an ``mxc:`` address."""

    name: str | None = field(default=None, repr=False)
    avatar: str | None = field(default=None, repr=False)


class GhostAccounts:
    """Asks. ``client`` has the token of the application service, and the bot's account as its ``user_id``.

    Every method raises the kinds of ``EndError``.
    """

    def __init__(self, client: MatrixClient) -> None:
        self._client = client
        self._bot = client.user_id

    async def make(self, user: str) -> Looks:
        """Make an account, or find that it is there; return how it looks."""
        # a login of its own is nothing anybody needs, and one more thing to be stolen
        body = {
            "type": "m.login.application_service",
            "username": user[1:].partition(":")[0],
            "inhibit_login": True,
        }
        try:
            await self._client.post("register", body=body)
        except TakenError:
            return await self._looks(user)
        return Looks()

    async def _looks(self, user: str) -> Looks:
        try:
            profile = await self._client.get("profile", user, as_user=user)
        except MissingError:
            return Looks()
        return Looks(profile.get("displayname"), profile.get("avatar_url"))

    async def show(self, user: str, what: str, value: str) -> None:
        """Set a ghost's ``displayname`` or ``avatar_url``; the homeserver tells every room it is in."""
        await self._client.put("profile", user, what, body={what: value}, as_user=user)

    async def come_in(self, user: str, room_id: str) -> None:
        """Have a ghost join, invited by the bot where that is needed. Raises :class:`BannedError`."""
        try:
            await self._client.post("join", room_id, body={}, as_user=user)
        except BlockedError:
            await self._invite(user, room_id)
            await self._client.post("join", room_id, body={}, as_user=user)

    async def _invite(self, user: str, room_id: str) -> None:
        try:
            await self._client.post("rooms", room_id, "invite", body={"user_id": user}, as_user=self._bot)
        except BlockedError:
            if await self.membership(user, room_id) == "ban":
                raise BannedError from None
            raise

    async def membership(self, user: str, room_id: str) -> str:
        """Return what a room says of an account: ``join``, ``invite``, ``leave``, ``ban``, ``knock``."""
        try:
            content = await self._client.get("rooms", room_id, "state", "m.room.member", user, as_user=self._bot)
        except MissingError:
            return "leave"
        return str(content.get("membership"))

    async def members(self, room_id: str) -> dict[str, Looks]:
        """Return who is in a room, with how they look there, in one request."""
        answer = await self._client.get("rooms", room_id, "joined_members", as_user=self._bot)
        joined: dict[str, dict[str, Any]] = answer.get("joined", {})
        return {user: Looks(told.get("display_name"), told.get("avatar_url")) for user, told in joined.items()}

    async def leave(self, user: str, room_id: str) -> None:
        """Have a ghost leave a room; one that is not in it, or was never made, is passed over."""
        try:
            await self._client.post("rooms", room_id, "leave", body={}, as_user=user)
        except MissingError:
            return
        except BlockedError as error:
            # it is not there, which is what was wanted
            if error.reason != FORBIDDEN:
                raise

    async def rooms_of(self, user: str) -> list[str] | None:
        """Return the rooms a ghost is in, None for one that was never made."""
        try:
            answer = await self._client.get("joined_rooms", as_user=user)
        except BlockedError as error:
            if error.reason != FORBIDDEN:
                raise
            return None
        return [str(room_id) for room_id in answer.get("joined_rooms", [])]
