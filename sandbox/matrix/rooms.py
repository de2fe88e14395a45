"""What a person does with rooms: making them, coming in, going, inviting, arranging."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.matrix.account import CLIENT, Account
from sandbox.matrix.events import Invitation, read_invitation
from sandbox.matrix.requests import MatrixRefusedError


def _any_invitation(invitation: Invitation) -> bool:
    return True


class Rooms(Account):
    """Come and go."""

    async def create_room(
        self,
        name: str,
        *,
        public: bool = False,
        invite: Iterable[str] = (),
        topic: str | None = None,
        space: bool = False,
        power_levels: Mapping[str, Any] | None = None,
        room_version: str | None = None,
        alias: str | None = None,
    ) -> str:
        """Create a room, or a space, and return its id.

        A public room can be joined by whoever knows its id; it is not listed. `alias` is the part of its address
        before the colon: "lobby" makes "#lobby:server". `power_levels` overrides parts of m.room.power_levels.
        Synapse's default room version is 12: its ids name no server ("!abc"), and its creator stands above all
        levels and must not be named in them.
        """
        wish: dict[str, Any] = {
            "name": name,
            "preset": "public_chat" if public else "private_chat",
            "invite": list(invite),
        }
        if topic is not None:
            wish["topic"] = topic
        if space:
            wish["creation_content"] = {"type": "m.space"}
        if power_levels is not None:
            wish["power_level_content_override"] = dict(power_levels)
        if alias is not None:
            wish["room_alias_name"] = alias
        if room_version is not None:
            wish["room_version"] = room_version
        return str((await self._requests.ask("POST", *CLIENT, "createRoom", json=wish))["room_id"])

    async def start_direct(self, user_id: str, *, encrypted: bool = False) -> str:
        """Start a room with somebody alone, mark it as such, and return its id.

        In an encrypted room only a client with keys is understood: what this person says there is in the clear.
        """
        wish: dict[str, Any] = {"preset": "trusted_private_chat", "is_direct": True, "invite": [user_id]}
        if encrypted:
            content = {"algorithm": "m.megolm.v1.aes-sha2"}
            wish["initial_state"] = [{"type": "m.room.encryption", "state_key": "", "content": content}]
        room_id = str((await self._requests.ask("POST", *CLIENT, "createRoom", json=wish))["room_id"])
        direct = await self.direct_rooms()
        direct.setdefault(user_id, []).append(room_id)
        path = (*CLIENT, "user", self.user_id, "account_data", "m.direct")
        await self._requests.ask("PUT", *path, json=direct)
        return room_id

    async def direct_rooms(self) -> dict[str, list[str]]:
        """Return the rooms this person has marked as being with one other, by that other."""
        path = (*CLIENT, "user", self.user_id, "account_data", "m.direct")
        try:
            return await self._requests.ask("GET", *path)
        except MatrixRefusedError as refused:
            if refused.code == "M_NOT_FOUND":  # nothing has been marked yet
                return {}
            raise

    async def join(self, room: str) -> str:
        """Join a public room, or one this person is invited to, by its id or alias; return its id."""
        return str((await self._requests.ask("POST", *CLIENT, "join", room, json={}))["room_id"])

    async def knock(self, room: str, *, reason: str | None = None) -> str:
        """Ask to be let in, where the room takes knocks; return its id."""
        answer = await self._requests.ask("POST", *CLIENT, "knock", room, json={"reason": reason} if reason else {})
        return str(answer["room_id"])

    async def leave(self, room_id: str) -> None:
        """Leave a room, or decline its invitation."""
        await self._requests.ask("POST", *CLIENT, "rooms", room_id, "leave", json={})

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite someone into a room."""
        await self._requests.ask("POST", *CLIENT, "rooms", room_id, "invite", json={"user_id": user_id})

    async def kick(self, room_id: str, user_id: str) -> None:
        """Remove someone from a room; they may come again."""
        await self._requests.ask("POST", *CLIENT, "rooms", room_id, "kick", json={"user_id": user_id})

    async def ban(self, room_id: str, user_id: str) -> None:
        """Remove someone who may not come again."""
        await self._requests.ask("POST", *CLIENT, "rooms", room_id, "ban", json={"user_id": user_id})

    async def unban(self, room_id: str, user_id: str) -> None:
        """Let someone who was banned come again."""
        await self._requests.ask("POST", *CLIENT, "rooms", room_id, "unban", json={"user_id": user_id})

    async def invitations(self) -> list[Invitation]:
        """Return the invitations that are open."""
        async for news in self._news():
            return self._read_invitations(news)
        raise AssertionError("news never end")

    async def wait_for_invitation(
        self, condition: Callable[[Invitation], bool] = _any_invitation, *, timeout: float = 10.0
    ) -> Invitation:
        """Wait for an open invitation, by default any; `timeout` is in seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            async for news in self._news():
                for invitation in self._read_invitations(news):
                    if condition(invitation):
                        return invitation
        raise AssertionError("news never end")

    def _read_invitations(self, news: Mapping[str, Any]) -> list[Invitation]:
        invited = news.get("rooms", {}).get("invite", {})
        return [read_invitation(self.user_id, room, content) for room, content in invited.items()]

    async def joined(self) -> list[str]:
        """Return the ids of the rooms this person is in."""
        return list((await self._requests.ask("GET", *CLIENT, "joined_rooms"))["joined_rooms"])

    async def wait_for_members(
        self, room_id: str, condition: Callable[[dict[str, str | None]], bool], *, timeout: float = 10.0
    ) -> dict[str, str | None]:
        """Wait until those who have joined meet a condition; `timeout` is in seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            async for _ in self._news(room_id):
                members = await self.members(room_id)
                if condition(members):
                    return members
        raise AssertionError("news never end")

    async def members(self, room_id: str) -> dict[str, str | None]:
        """Return who has joined, with the name each shows."""
        answer = await self._requests.ask("GET", *CLIENT, "rooms", room_id, "joined_members")
        return {user: profile.get("display_name") for user, profile in answer["joined"].items()}

    async def put_state(self, room_id: str, type: str, content: Mapping[str, Any], *, state_key: str = "") -> str:
        """Set a piece of the room's state and return the event's id."""
        path = (*CLIENT, "rooms", room_id, "state", type, state_key)
        return str((await self._requests.ask("PUT", *path, json=content))["event_id"])

    async def state(self, room_id: str, type: str, *, state_key: str = "") -> dict[str, Any]:
        """Read the content of a piece of the room's state."""
        return await self._requests.ask("GET", *CLIENT, "rooms", room_id, "state", type, state_key)

    async def rename(self, room_id: str, name: str) -> None:
        """Give a room another name."""
        await self.put_state(room_id, "m.room.name", {"name": name})

    async def set_topic(self, room_id: str, topic: str) -> None:
        """Give a room another topic."""
        await self.put_state(room_id, "m.room.topic", {"topic": topic})

    async def encrypt(self, room_id: str) -> None:
        """Make a room encrypted; there is no way back. What this person says there stays in the clear."""
        await self.put_state(room_id, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})

    async def upgrade(self, room_id: str, *, room_version: str = "11") -> str:
        """Put another room in the place of this one and return its id; this one keeps a tombstone.

        Nobody moves by themselves: members join the new room, or are invited (client-server API, Room upgrades).
        """
        path = (*CLIENT, "rooms", room_id, "upgrade")
        answer = await self._requests.ask("POST", *path, json={"new_version": room_version})
        return str(answer["replacement_room"])

    async def power_levels(self, room_id: str) -> dict[str, Any]:
        """Read a room's power levels, as they are written down."""
        return await self.state(room_id, "m.room.power_levels")

    async def change_power(self, room_id: str, **levels: int) -> None:
        """Set some of a room's levels by hand, by their own names: `events_default=50`."""
        await self.put_state(room_id, "m.room.power_levels", {**await self.power_levels(room_id), **levels})

    async def empower(self, room_id: str, user_id: str, level: int) -> None:
        """Give somebody a power level in a room by hand."""
        content = await self.power_levels(room_id)
        users = {**content.get("users", {}), user_id: level}
        await self.put_state(room_id, "m.room.power_levels", {**content, "users": users})

    async def listed_in(self, space: str) -> dict[str, dict[str, Any]]:
        """Return what a space lists: rooms, with how each is listed. What was taken off again is not among them."""
        answer = await self._requests.ask_for_list("GET", *CLIENT, "rooms", space, "state")
        children = {each["state_key"]: each["content"] for each in answer if each["type"] == "m.space.child"}
        return {room: content for room, content in children.items() if content.get("via")}

    async def add_to_space(self, space: str, room: str) -> None:
        """List a room in a space; `via` names this person's server, as m.space.child asks for."""
        server = self.user_id.partition(":")[2]
        await self.put_state(space, "m.space.child", {"via": [server]}, state_key=room)
