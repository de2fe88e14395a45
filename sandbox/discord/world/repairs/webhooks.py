"""Webhooks: making them, wearing a picture, speaking through them."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from simcord.backend import errors, serializers
from simcord.backend.errors import BackendError
from simcord.backend.models import Message, Webhook
from simcord.enums import ChannelType
from simcord.http._helpers import bot_message, message_edit_changes, message_response, prepare_bot_message
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, refuse_empty, repair, whole

_WEBHOOKS_PER_CHANNEL = 15
_LONGEST_ADDRESS = 2048


@repair("POST", "/channels/{channel_id}/webhooks")
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


@repair("PATCH", "/webhooks/{webhook_id}")
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


@repair("POST", "/webhooks/{webhook_id}/{token}")
def execute_webhook(backend: WireBackend, ctx: RequestContext) -> Any:
    """Post as a webhook, into a thread too, with Discord's checks; answer nothing unless ``wait`` is set.

    SimCord checks no names, knows no ``thread_id`` and always answers. An application's own webhook may
    send components. In a forum it posts with ``thread_name``. Followups to interactions go on to SimCord (None).
    """
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    webhook = _webhook_by_token(backend, ctx)
    body = dict(ctx.body())
    refuse_empty(ctx, body)
    if body.get("username") is not None:
        body["username"] = _display_name("username", body["username"])
    _check_picture(body.get("avatar_url"))
    title, tags = body.pop("thread_name", None), body.pop("applied_tags", None) or []
    _check_forum(backend, ctx, webhook, title)
    as_whom: dict[str, Any] = {
        "author_id": webhook.webhook_user_id,
        "webhook_id": webhook.id,
        "body": body,
        "webhook_execute": True,
    }
    if title:
        message, contents = prepare_bot_message(ctx, webhook.channel_id, **as_whom)
        uploads = [(file.filename, data, file.description) for file, data in zip(ctx.files, contents, strict=True)]
        backend.create_forum_post(
            webhook.channel_id,
            title,
            message,
            uploads=uploads,
            applied_tags=[whole("applied_tags", t) for t in tags],
        )
    else:
        message = bot_message(ctx, _posts_in(backend, ctx, webhook), **as_whom)
    if str(ctx.params.get("wait", "")).lower() not in ("true", "1"):
        return None
    return message_response(ctx, message, exempt_root=True)


@repair("GET", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
def get_webhook_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Read a webhook's own message, in a thread too."""
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    return message_response(ctx, _own_message(backend, ctx), exempt_root=True)


@repair("PATCH", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
def edit_webhook_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Edit a webhook's own message, in a thread too."""
    if ctx.args["token"] in backend.interaction_tokens:
        return NotImplemented
    message = _own_message(backend, ctx)
    backend.refuse_archived(message.channel_id)
    body = ctx.body()
    if len(body.get("content") or "") > 2000:
        raise invalid("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    changes = message_edit_changes(ctx, message, body=dict(body))
    if not _leaves_something(message, changes):
        raise BackendError(400, 50006, "Cannot send an empty message")
    edited = backend.edit_message(message.channel_id, message.id, changes)
    return message_response(ctx, edited, exempt_root=True)


@repair("DELETE", "/webhooks/{webhook_id}/{token}/messages/{message_id}")
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
    thread = backend.get_channel(whole("thread_id", ctx.params["thread_id"]))
    if thread.parent_id != webhook.channel_id:
        raise errors.unknown_channel()
    return thread.id


def _check_forum(backend: WireBackend, ctx: RequestContext, webhook: Webhook, title: Any) -> None:
    """Refuse what does not fit the kind of channel (220001 to 220003)."""
    forum = backend.get_channel(webhook.channel_id).type == ChannelType.FORUM
    if title and "thread_id" in ctx.params:
        text = "Webhooks posted to forum channels cannot have both a thread_name and thread_id"
        raise BackendError(400, 220002, text)
    if forum and not title and "thread_id" not in ctx.params:
        raise BackendError(400, 220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
    if title and not forum:
        raise BackendError(400, 220003, "Webhooks can only create threads in forum channels")


def _check_picture(url: Any) -> None:
    """Refuse an address of a picture that is none; the whole message falls with it."""
    if url is None or url == "":
        return
    address = urlsplit(str(url))
    if address.scheme not in ("http", "https") or not address.netloc:
        raise invalid("avatar_url", "URL_TYPE_INVALID_URL", "Not a well formed URL.")
    if len(str(url)) > _LONGEST_ADDRESS:
        raise invalid("avatar_url", "BASE_TYPE_MAX_LENGTH", f"Must be {_LONGEST_ADDRESS} or fewer in length.")


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
