"""Looks at the homeserver with the bot's own eyes: login, and what it may do in each room."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import aiohttp
import nio

from community_bot.errors import OperatorError
from community_bot.platforms.findings import Finding
from community_bot.platforms.matrix import MatrixConnection

NOT_ANSWERING = (aiohttp.ClientError, OSError, TimeoutError)


async def check_matrix(connection: MatrixConnection, rooms: Mapping[str, Collection[str]]) -> list[Finding]:
    """Log in once and report. Never raises for what it was asked to look at.

    ``rooms`` are the bot's, with their uses: "bridge", "welcome" and "space"; into the last the bot invites people.
    With "encrypted", it may be that.
    """
    try:
        problem = await connection.try_once()
        if problem is not None:
            return [_silent(problem)]
        findings = [Finding(True, "Matrix login", f"logged in as {connection.client.user_id}")]
        findings += [await _room(connection.client, room, uses) for room, uses in rooms.items()]
    except OperatorError as error:
        return [Finding(False, "Matrix login", error.text, error.cure)]
    except NOT_ANSWERING as error:
        return [_silent(type(error).__name__)]
    return findings


def _silent(problem: str) -> Finding:
    cure = "Check matrix.homeserver and that it is running; the bot itself keeps trying."
    return Finding(False, "Matrix homeserver", f"does not answer ({problem})", cure)


async def _room(client: nio.AsyncClient, room: str, uses: Collection[str]) -> Finding:
    what = f"Matrix room {room}"
    joined = await client.join(room)
    if isinstance(joined, nio.JoinError):
        return Finding(
            False,
            what,
            f"the bot is not in it and may not join ({joined.status_code})",
            f"Invite {client.user_id} to the room, or correct the id in the settings.",
        )
    return await _inside(client, room, uses)


async def _inside(client: nio.AsyncClient, room: str, uses: Collection[str]) -> Finding:
    """Look at a room that the bot is in."""
    what = f"Matrix room {room}"
    tombstone = await client.room_get_state_event(room, "m.room.tombstone")
    if not isinstance(tombstone, nio.ErrorResponse) and tombstone.content.get("replacement_room"):
        return await _replaced(client, what, str(tombstone.content["replacement_room"]), uses)
    encryption = await client.room_get_state_event(room, "m.room.encryption")
    if not isinstance(encryption, nio.ErrorResponse):
        if "encrypted" not in uses:
            return Finding(
                False,
                what,
                "is end-to-end encrypted; the bot would end that protection, so it refuses",
                "Use a room without encryption here, and keep this one for what must stay among you.",
            )
    elif encryption.status_code != "M_NOT_FOUND":
        said = f"cannot be looked at ({encryption.status_code or 'no answer'})"
        return Finding(False, what, said, "Run check again; if it stays, look at the homeserver's log.")
    levels = await client.room_get_state_event(room, "m.room.power_levels")
    content: dict[str, Any] = {} if isinstance(levels, nio.ErrorResponse) else levels.content
    own, needed = _own_level(content, str(client.user_id)), _level_to_speak(content)
    if own < needed:
        cure = f"Raise {client.user_id} to power level {needed}, or lower what messages need."
        return Finding(False, what, f"the bot may not speak: it has power level {own}, {needed} is needed", cure)
    # the bot lets members into a space's rooms, and lets out whoever leaves
    needed = max(int(content.get("invite", 0)), int(content.get("kick", 50)))
    if "space" in uses and own < needed:
        cure = f"Raise {client.user_id} to power level {needed}, or lower what inviting and removing need."
        said = f"the bot may not invite and remove: it has power level {own}, {needed} is needed"
        return Finding(False, what, said, cure)
    return Finding(True, what, f"joined, may speak (power level {own})")


async def _replaced(client: nio.AsyncClient, what: str, new: str, uses: Collection[str]) -> Finding:
    """Say of a room that was replaced whether the bridge can be in the new one; nothing is joined for that."""
    said = f"was replaced by {new}"
    own = await client.room_get_state_event(new, "m.room.member", str(client.user_id))
    inside = not isinstance(own, nio.ErrorResponse) and own.content.get("membership") == "join"
    if not inside:
        return Finding(False, what, f"{said}, where the bot is not", f"Invite {client.user_id} to the new room.")
    if set(uses) <= {"bridge", "encrypted"}:
        return Finding(True, what, f"{said}, where the bot is; the bridge follows it where that is safe")
    return Finding(False, what, said, "Put the new room's id into the settings.")


def _own_level(content: dict[str, Any], user_id: str) -> int:
    return int(content.get("users", {}).get(user_id, content.get("users_default", 0)))


def _level_to_speak(content: dict[str, Any]) -> int:
    return int(content.get("events", {}).get("m.room.message", content.get("events_default", 0)))
