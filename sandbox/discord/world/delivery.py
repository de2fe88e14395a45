"""Decide what one gateway session gets to see of an event."""

import copy
from collections.abc import Mapping
from typing import Any

import discord
from simcord import intents as rules
from simcord.backend import serializers
from simcord.backend.access import channel_accessible

from sandbox.discord.world.backend import WireBackend

_CHUNK = 1000
_ABOUT_A_MESSAGE = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
# Events about what stands in a channel go only to those who can see the channel.
_INSIDE_A_CHANNEL = ("MESSAGE_", "TYPING_", "CHANNEL_PINS_")


def shape_event(
    backend: WireBackend, intents: discord.Intents, event: str, payload: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the event as a session with these intents receives it, or None if it does not.

    SimCord's own intent rules, and two of Discord's it leaves out: nothing from a guild the bot is not in,
    nothing from a channel the bot cannot see. The payload given is never changed.
    """
    gate = rules.required_intent(event, payload)
    if gate is not None and not getattr(intents, gate):
        return None
    if not _is_for_the_bot(backend, event, payload):
        return None
    me = backend.bot_user.id
    if event == "GUILD_CREATE":
        pruned = dict(payload)
        rules.prune_guild_create(pruned, intents, me)
        return pruned
    if not intents.message_content and event in _ABOUT_A_MESSAGE:
        censored = copy.deepcopy(dict(payload))
        rules.censor_message(censored, me, backend=backend)
        return censored
    if not intents.message_content and event == "INTERACTION_CREATE":
        return _censor_interaction(backend, payload)
    return payload


def _is_for_the_bot(backend: WireBackend, event: str, payload: Mapping[str, Any]) -> bool:
    guild_id = payload.get("guild_id") or (payload.get("id") if event.startswith("GUILD_") else None)
    if guild_id is None or event == "GUILD_DELETE":
        return True
    if not backend.has_bot(int(guild_id)) or int(guild_id) in backend.unavailable:
        return False
    if event.startswith("THREAD_"):
        place = int(payload.get("parent_id") or 0)
        return place not in backend.channels or channel_accessible(backend, place, backend.bot_user.id)
    if not event.startswith(_INSIDE_A_CHANNEL):
        return True
    channel_id = int(payload["channel_id"])
    return channel_id not in backend.channels or channel_accessible(backend, channel_id, backend.bot_user.id)


def _censor_interaction(backend: WireBackend, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hide the content of messages that came along, save the one the person pointed the command at."""
    shaped = copy.deepcopy(dict(payload))
    me = backend.bot_user.id
    if isinstance(shaped.get("message"), dict):
        rules.censor_message(shaped["message"], me, backend=backend, exempt_root=True)
    data = shaped.get("data") or {}
    for message_id, message in ((data.get("resolved") or {}).get("messages") or {}).items():
        chosen = data.get("type") == 3 and str(data.get("target_id")) == str(message_id)
        rules.censor_message(message, me, backend=backend, exempt_root=chosen)
    return shaped


def shard_of(event: str, payload: Mapping[str, Any], shard_count: int) -> int:
    """Return the shard an event belongs to: by its guild, and 0 without one."""
    guild_id = payload.get("guild_id")
    if guild_id is None and event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"):
        guild_id = payload.get("id")
    return 0 if guild_id is None else (int(guild_id) >> 22) % shard_count


def member_chunks(backend: WireBackend, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answer a member request (op 8) with the payloads of its GUILD_MEMBERS_CHUNK events.

    The rules are those of gateway-events.mdx: ids or a name prefix, ``limit`` 0 for all, 1,000 members a
    chunk, the nonce returned. A guild the bot is not in gets no answer.
    """
    guild_id = int(request["guild_id"])
    if not backend.has_bot(guild_id):
        return []
    guild = backend.guilds[guild_id]
    members = list(guild.members.values())
    missing: list[str] = []
    asked = request.get("user_ids")
    if asked:
        wanted = {int(user) for user in (asked if isinstance(asked, list) else [asked])}
        members = [member for member in members if member.user_id in wanted]
        missing = [str(user) for user in sorted(wanted - {member.user_id for member in members})]
    elif prefix := str(request.get("query") or "").lower():
        members = [
            member
            for member in members
            if backend.users[member.user_id].name.lower().startswith(prefix)
            or (member.nick or "").lower().startswith(prefix)
        ]
    if limit := int(request.get("limit") or 0):
        members = members[:limit]
    pages = [members[start : start + _CHUNK] for start in range(0, len(members), _CHUNK)] or [[]]
    chunks: list[dict[str, Any]] = []
    for index, page in enumerate(pages):
        chunk: dict[str, Any] = {
            "guild_id": str(guild_id),
            "members": [serializers.member_payload(backend, guild, member) for member in page],
            "chunk_index": index,
            "chunk_count": len(pages),
        }
        if index == 0 and missing:
            chunk["not_found"] = missing
        if request.get("presences"):
            chunk["presences"] = []
        if request.get("nonce"):
            chunk["nonce"] = request["nonce"]
        chunks.append(chunk)
    return chunks
