"""Messages of the bot: history, posting, writing privately."""

from typing import Any

from simcord.backend import errors
from simcord.backend.access import channel_accessible
from simcord.backend.errors import BackendError
from simcord.http._helpers import bot_message, message_response
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, refuse_empty, repair, whole

_NONCES_KEPT = 1024


@repair("GET", "/channels/{channel_id}/messages")
def read_history(backend: WireBackend, ctx: RequestContext) -> Any:
    """Return the OLDEST messages after ``after``; SimCord returns the newest. Refuse limits beyond 1..100."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"))
    limit = whole("limit", ctx.params.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    cursors = {key: whole(key, ctx.params[key]) for key in ("around", "before", "after") if key in ctx.params}
    if not channel_accessible(backend, channel.id, backend.bot_user.id, history=True):
        return []
    messages = backend.readable_messages(channel)
    if "around" in cursors:
        earlier = sum(message.id < cursors["around"] for message in messages)
        first = max(0, earlier - limit // 2)
        page = messages[first : first + limit]
    elif "before" in cursors:
        page = [message for message in messages if message.id < cursors["before"]][-limit:]
    elif "after" in cursors:
        page = [message for message in messages if message.id > cursors["after"]][:limit]
    else:
        page = messages[-limit:]
    me = backend.bot_user.id
    return [message_response(ctx, message, for_user=me) for message in reversed(page)]


@repair("POST", "/channels/{channel_id}/messages")
def create_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Honour the nonce and refuse an empty message with 50006; SimCord drops the one and says 50035.

    A person who shares no guild with the bot any more cannot be written to (50278).
    ``enforce_nonce`` answers a repeated nonce with the message it already made (message.mdx).
    """
    channel = backend.get_channel(ctx.int_arg("channel_id"))
    if channel.guild_id is None:
        if not any(backend.shares_a_guild(user) for user in channel.recipient_ids):
            raise BackendError(403, 50278, "Cannot send messages to this user due to having no mutual guilds")
        if any(backend.users[user].bot or user in backend.closed_dms for user in channel.recipient_ids):
            raise errors.cannot_dm_bot()
    else:
        speak = "send_messages_in_threads" if channel.is_thread else "send_messages"
        ctx.require_channel_permissions(channel.id, speak)
    body = ctx.body()
    refuse_empty(ctx, body)
    nonce = body.get("nonce")
    known = backend.nonces.get((channel.id, str(nonce))) if body.get("enforce_nonce") else None
    if known is not None and known in backend.messages[channel.id]:
        return message_response(ctx, backend.messages[channel.id][known]) | {"nonce": nonce}
    backend.nonce = nonce
    try:
        message = bot_message(ctx, channel.id)
    finally:
        backend.nonce = None
    if nonce is not None:
        backend.nonces[(channel.id, str(nonce))] = message.id
        while len(backend.nonces) > _NONCES_KEPT:
            del backend.nonces[next(iter(backend.nonces))]
    return message_response(ctx, message) | ({"nonce": nonce} if nonce is not None else {})
