"""Routes where SimCord 3.2.1 differs from Discord, answered here instead.

Each function says in its docstring what differs. All else goes to SimCord's own handlers.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from simcord.backend import errors, serializers
from simcord.backend.access import channel_accessible
from simcord.backend.errors import BackendError
from simcord.backend.models import Message, Webhook
from simcord.http._helpers import bot_message, message_edit_changes, message_response
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend

Handler = Callable[[WireBackend, RequestContext], Any]
_TABLE: list[tuple[str, re.Pattern[str], Handler]] = []

_NONCES_KEPT = 1024
_WEBHOOKS_PER_CHANNEL = 15


def find_repair(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """Return the handler that stands in for SimCord's, with the values in the path."""
    for verb, pattern, handler in _TABLE:
        if verb == method and (match := pattern.fullmatch(path)):
            return handler, match.groupdict()
    return None


def _repair(method: str, template: str) -> Callable[[Handler], Handler]:
    pattern = re.compile(re.sub(r"\{(\w+?)(_id)?\}", _group, template))

    def register(handler: Handler) -> Handler:
        _TABLE.append((method, pattern, handler))
        return handler

    return register


def _group(name: re.Match[str]) -> str:
    # An id must not swallow "@original"; a token may be anything in one path segment.
    return rf"(?P<{name[1]}_id>\d+)" if name[2] else rf"(?P<{name[1]}>[^/@]+)"


def invalid(field: str, code: str, message: str) -> BackendError:
    """Return Discord's 50035 for one field of a form."""
    error: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(field.split(".")):
        error = {part: error}
    return errors.invalid_form_body(errors=error)


# ---------------------------------------------------------------------- messages


@_repair("GET", "/channels/{channel_id}/messages")
def read_history(backend: WireBackend, ctx: RequestContext) -> Any:
    """Return the OLDEST messages after ``after``; SimCord returns the newest. Refuse limits beyond 1..100."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"))
    limit = _whole("limit", ctx.params.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    cursors = {key: _whole(key, ctx.params[key]) for key in ("around", "before", "after") if key in ctx.params}
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


@_repair("POST", "/channels/{channel_id}/messages")
def create_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Honour the nonce and refuse an empty message with 50006; SimCord drops the one and says 50035.

    ``enforce_nonce`` answers a repeated nonce with the message it already made (message.mdx).
    """
    channel = backend.get_channel(ctx.int_arg("channel_id"))
    if channel.guild_id is None:
        if any(backend.users[user].bot or user in backend.closed_dms for user in channel.recipient_ids):
            raise errors.cannot_dm_bot()
    else:
        speak = "send_messages_in_threads" if channel.is_thread else "send_messages"
        ctx.require_channel_permissions(channel.id, speak)
    body = ctx.body()
    _refuse_empty(ctx, body)
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


def _refuse_empty(ctx: RequestContext, body: Mapping[str, Any]) -> None:
    says = (body.get("content") or "").strip() if isinstance(body.get("content"), str | None) else True
    carries = any(body.get(key) for key in ("embeds", "embed", "components", "sticker_ids", "poll"))
    if not (says or carries or ctx.files or body.get("message_reference", {}).get("type") == 1):
        raise BackendError(400, 50006, "Cannot send an empty message")
    if isinstance(says, str) and len(body.get("content") or "") > 2000:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")


def _whole(field: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(field, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.') from None


# ---------------------------------------------------------------------- webhooks


@_repair("POST", "/channels/{channel_id}/webhooks")
def create_webhook(backend: WireBackend, ctx: RequestContext) -> Any:
    """Check the name, keep the picture, and allow 15 per channel (30007)."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"), "manage_webhooks")
    body = ctx.fields("name", "avatar")
    name = _display_name("name", body.get("name"))
    if sum(webhook.channel_id == channel.id for webhook in backend.webhooks.values()) >= _WEBHOOKS_PER_CHANNEL:
        raise BackendError(400, 30007, f"Maximum number of webhooks reached ({_WEBHOOKS_PER_CHANNEL})")
    webhook = backend.create_webhook(channel.id, name, backend.bot_user.id)
    _wear(backend, webhook, body)
    return serializers.webhook_payload(backend, webhook)


@_repair("PATCH", "/webhooks/{webhook_id}")
def edit_webhook(backend: WireBackend, ctx: RequestContext) -> Any:
    """Change name, channel and picture; SimCord knows no picture."""
    webhook = backend.get_webhook(ctx.int_arg("webhook_id"))
    ctx.require_channel_permissions(webhook.channel_id, "manage_webhooks")
    body = ctx.fields("name", "channel_id", "avatar")
    changes: dict[str, Any] = {}
    if "name" in body:
        changes["name"] = _display_name("name", body["name"])
    if body.get("channel_id") is not None:
        there = ctx.require_channel_permissions(int(body["channel_id"]), "manage_webhooks")
        if there.guild_id != webhook.guild_id:
            raise errors.missing_access()
        changes["channel_id"] = there.id
    _wear(backend, webhook, body)
    return serializers.webhook_payload(backend, backend.edit_webhook(webhook.id, changes))


@_repair("POST", "/webhooks/{webhook_id}/{token}")
def execute_webhook(backend: WireBackend, ctx: RequestContext) -> Any:
    """Post as a webhook, into a thread too, with Discord's checks; answer nothing unless ``wait`` is set.

    SimCord checks no names, knows no ``thread_id`` and always answers. An application's own webhook may
    send components. Followups to interactions go on to SimCord (None).
    """
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    webhook = _webhook_by_token(backend, ctx)
    body = dict(ctx.body())
    _refuse_empty(ctx, body)
    if body.get("username") is not None:
        body["username"] = _display_name("username", body["username"])
    message = bot_message(
        ctx,
        _posts_in(backend, ctx, webhook),
        author_id=webhook.webhook_user_id,
        webhook_id=webhook.id,
        body=body,
        webhook_execute=True,
    )
    if str(ctx.params.get("wait", "")).lower() not in ("true", "1"):
        return None
    return message_response(ctx, message, exempt_root=True)


@_repair("GET", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
def get_webhook_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Read a webhook's own message, in a thread too."""
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    return message_response(ctx, _own_message(backend, ctx), exempt_root=True)


@_repair("PATCH", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
def edit_webhook_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Edit a webhook's own message, in a thread too."""
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    message = _own_message(backend, ctx)
    body = ctx.body()
    if len(body.get("content") or "") > 2000:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    changes = message_edit_changes(ctx, message, body=dict(body))
    if not _leaves_something(message, changes):
        raise BackendError(400, 50006, "Cannot send an empty message")
    edited = backend.edit_message(message.channel_id, message.id, changes)
    return message_response(ctx, edited, exempt_root=True)


@_repair("DELETE", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
def delete_webhook_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Delete a webhook's own message, in a thread too."""
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    message = _own_message(backend, ctx)
    backend.delete_message(message.channel_id, message.id)
    return None


def _webhook_by_token(backend: WireBackend, ctx: RequestContext) -> Webhook:
    webhook = backend.get_webhook(ctx.int_arg("webhook_id"))
    if webhook.token != ctx.args["token"]:
        raise BackendError(401, 50027, "Invalid Webhook Token")
    return webhook


def _posts_in(backend: WireBackend, ctx: RequestContext, webhook: Webhook) -> int:
    """Return the channel, or the thread in it that ``thread_id`` names."""
    if "thread_id" not in ctx.params:
        return webhook.channel_id
    thread = backend.get_channel(_whole("thread_id", ctx.params["thread_id"]))
    if thread.parent_id != webhook.channel_id:
        raise errors.unknown_channel()
    return thread.id


def _own_message(backend: WireBackend, ctx: RequestContext) -> Message:
    webhook = _webhook_by_token(backend, ctx)
    message = backend.get_message(_posts_in(backend, ctx, webhook), ctx.int_arg("message_id"))
    if message.webhook_id != webhook.id:
        raise errors.unknown_message()
    return message


def _leaves_something(message: Message, changes: Mapping[str, Any]) -> bool:
    kept = {key: changes.get(key, getattr(message, key)) for key in ("embeds", "components", "attachments")}
    content = changes.get("content", message.content)
    return bool((content or "").strip() or any(kept.values()) or message.poll)


def _display_name(field: str, value: Any) -> str:
    """Return a webhook's name, or refuse it as webhook.mdx describes."""
    name = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(name) <= 80:
        raise invalid(field, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 80 in length.")
    for word in ("clyde", "discord"):
        if word in name.lower():
            raise invalid(field, "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    return name


def _wear(backend: WireBackend, webhook: Webhook, body: Mapping[str, Any]) -> None:
    if "avatar" not in body:
        return
    picture = body["avatar"]
    user = backend.users[webhook.webhook_user_id]
    if picture is None:
        user.avatar = None
        return
    try:
        data = base64.b64decode(str(picture).partition(";base64,")[2], validate=True)
    except binascii.Error as problem:
        raise invalid("avatar", "IMAGE_INVALID", "Invalid image") from problem
    user.avatar = backend.store_avatar(user.id, data)


# ---------------------------------------------------------------------- who the bot is


@_repair("GET", "/users/@me/guilds")
def list_guilds(backend: WireBackend, ctx: RequestContext) -> Any:
    """List the guilds the bot is in, as partial objects; SimCord lists all, in full."""
    guilds = sorted((guild for guild in backend.guilds.values() if backend.has_bot(guild.id)), key=lambda g: g.id)
    if "before" in ctx.params:
        guilds = [guild for guild in guilds if guild.id < int(ctx.params["before"])]
    if "after" in ctx.params:
        guilds = [guild for guild in guilds if guild.id > int(ctx.params["after"])]
    limit = _whole("limit", ctx.params.get("limit", 200))
    me = backend.bot_user.id
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == me,
            "permissions": str(backend.compute_permissions(guild.id, me)),
            "features": [],
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": 1,
        }
        for guild in guilds[:limit]
    ]
