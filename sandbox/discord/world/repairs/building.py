"""What the bot builds in a guild: channels with everything in one request, their changes, roles."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simcord.backend import errors, serializers
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Overwrite
from simcord.enums import AuditLogAction, ChannelType, OverwriteType
from simcord.http.router import RequestContext
from simcord.http.routes import channels as simcord_channels

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, repair, whole

MOST_CHANNELS, MOST_IN_CATEGORY, MOST_ROLES = 500, 50, 250
_MOST_OVERWRITES = 100
_LONGEST_NAME, _LONGEST_TOPIC, _LONGEST_GUIDELINES, _LONGEST_TAG, _MOST_TAGS = 100, 1024, 4096, 20, 20
_SLOWEST = 21_600
_ADMINISTRATOR, _MANAGE_ROLES = 1 << 3, 1 << 28
_HYPHENATED = (ChannelType.TEXT, ChannelType.NEWS, ChannelType.FORUM)


@repair("POST", "/guilds/{guild_id}/channels")
def create_channel(backend: WireBackend, ctx: RequestContext) -> Any:
    """Make a channel with tags, keep Discord's limits and names; SimCord knows none of them.

    An overwrite may hold only what the bot may do itself, and Manage Roles only for an administrator (guild.mdx).
    """
    guild_id = ctx.int_arg("guild_id")
    ctx.require_guild_permissions(guild_id, "manage_channels")
    kind = ChannelType(whole("type", ctx.body().get("type") or ChannelType.TEXT))
    if kind not in (*_HYPHENATED, ChannelType.CATEGORY):
        return NotImplemented
    body = ctx.fields(
        "name",
        "topic",
        "rate_limit_per_user",
        "parent_id",
        "permission_overwrites",
        "available_tags",
        ignore=("type", "nsfw"),
    )
    if len(backend.get_guild(guild_id).channel_ids) >= MOST_CHANNELS:
        raise BackendError(400, 30013, f"Maximum number of server channels reached ({MOST_CHANNELS})")
    fields = _checked(backend, guild_id, kind, {"name": None, **body})
    name, overwrites = fields.pop("name"), _overwrites(backend, guild_id, fields.pop("permission_overwrites", None))
    channel = backend.create_channel(guild_id, name, type=kind, overwrites=overwrites, **fields)
    backend.record_audit_log(
        guild_id,
        AuditLogAction.CHANNEL_CREATE,
        target_id=channel.id,
        changes=[{"key": "name", "new_value": name}],
        reason=ctx.reason,
    )
    return dict(serializers.channel_payload(backend, channel))


@repair("PATCH", "/channels/{channel_id}")
def edit_channel(backend: WireBackend, ctx: RequestContext) -> Any:
    """Check what is changed as when it is made; SimCord takes everything. Text and news become one another."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"), "manage_channels")
    if channel.guild_id is None or channel.is_thread:
        return NotImplemented
    body = dict(ctx.body())
    if "type" in body:
        _convert(channel, whole("type", body.pop("type")))
    body |= _checked(backend, channel.guild_id, ChannelType(channel.type), body, channel)
    if "permission_overwrites" in body:
        _overwrites(backend, channel.guild_id, body["permission_overwrites"])
    return simcord_channels.edit_channel(replace(ctx, json=body))


@repair("POST", "/guilds/{guild_id}/roles")
def create_role(backend: WireBackend, ctx: RequestContext) -> Any:
    """Keep Discord's limit of roles (30005) and the length of their names."""
    _check_role(ctx)
    if len(backend.get_guild(ctx.int_arg("guild_id")).roles) >= MOST_ROLES:
        raise BackendError(400, 30005, f"Maximum number of server roles reached ({MOST_ROLES})")
    return NotImplemented


@repair("PATCH", "/guilds/{guild_id}/roles/{role_id}")
def edit_role(backend: WireBackend, ctx: RequestContext) -> Any:
    """Keep the length of a role's name."""
    _check_role(ctx)
    return NotImplemented


@repair("DELETE", "/channels/{channel_id}/permissions/{target_id}")
def delete_overwrite(backend: WireBackend, ctx: RequestContext) -> Any:
    """Say 10009 where there is nothing to delete; SimCord says that it is done."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"), "manage_roles")
    if all(overwrite.target_id != ctx.int_arg("target_id") for overwrite in channel.overwrites):
        raise BackendError(404, 10009, "Unknown Overwrite")
    return NotImplemented


def _check_role(ctx: RequestContext) -> None:
    if len(ctx.body().get("name") or "") > _LONGEST_NAME:
        raise invalid("name", "BASE_TYPE_MAX_LENGTH", f"Must be {_LONGEST_NAME} or fewer in length.")


def _checked(
    backend: WireBackend, guild_id: int, kind: ChannelType, body: Mapping[str, Any], channel: Channel | None = None
) -> dict[str, Any]:
    """Return the fields as they are kept, or refuse the first that Discord would refuse."""
    fields = dict(body)
    if "name" in fields:
        fields["name"] = _name(kind, fields["name"])
    if fields.get("topic") is not None:
        most = _LONGEST_GUIDELINES if kind == ChannelType.FORUM else _LONGEST_TOPIC
        if len(fields["topic"]) > most:
            raise invalid("topic", "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if "rate_limit_per_user" in fields:
        fields["rate_limit_per_user"] = whole("rate_limit_per_user", fields["rate_limit_per_user"] or 0)
        if not 0 <= fields["rate_limit_per_user"] <= _SLOWEST:
            raise invalid("rate_limit_per_user", "NUMBER_TYPE_MAX", f"int value should be at most {_SLOWEST}.")
    if fields.get("parent_id") is not None:
        fields["parent_id"] = _parent(backend, guild_id, whole("parent_id", fields["parent_id"]), channel)
    if fields.get("available_tags") is not None:
        fields["available_tags"] = _tags(backend, fields["available_tags"])
    return fields


def _name(kind: ChannelType, value: Any) -> str:
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if kind in _HYPHENATED:
        # what Discord leaves of a name: small letters, hyphens for white space, no ASCII punctuation
        hyphenated = re.sub(r"[\s-]+", "-", name.lower())
        name = re.sub(r"[!-,./:-@\[-^`{-~]", "", hyphenated).strip("-")
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise invalid("name", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {_LONGEST_NAME} in length.")
    return name


def _parent(backend: WireBackend, guild_id: int, parent_id: int, channel: Channel | None) -> int:
    parent = backend.channels.get(parent_id)
    if parent is None or parent.guild_id != guild_id or parent.type != ChannelType.CATEGORY:
        raise invalid("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist")
    there = [each for each in backend.channels.values() if each.parent_id == parent_id and not each.is_thread]
    if len(there) >= MOST_IN_CATEGORY and (channel is None or channel.parent_id != parent_id):
        text = f"Maximum number of channels in category reached ({MOST_IN_CATEGORY})"
        raise invalid("parent_id", "CHANNEL_PARENT_MAX_CHANNELS", text)
    return parent_id


def _tags(backend: WireBackend, wanted: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(wanted) > _MOST_TAGS or any(not 1 <= len(tag.get("name") or "") <= _LONGEST_TAG for tag in wanted):
        raise invalid(
            "available_tags", "BASE_TYPE_BAD_LENGTH", f"At most {_MOST_TAGS} of {_LONGEST_TAG} characters."
        )
    usual = {"moderated": False, "emoji_id": None, "emoji_name": None}
    return [{**usual, **tag, "id": str(tag.get("id") or backend.snowflake())} for tag in wanted]


def _overwrites(backend: WireBackend, guild_id: int, wanted: list[Mapping[str, Any]] | None) -> list[Overwrite]:
    found = [
        Overwrite(int(o["id"]), OverwriteType(int(o["type"])), int(o.get("allow") or 0), int(o.get("deny") or 0))
        for o in wanted or []
    ]
    if len(found) > _MOST_OVERWRITES:
        raise invalid(
            "permission_overwrites", "BASE_TYPE_MAX_LENGTH", f"Must be {_MOST_OVERWRITES} or fewer in length."
        )
    held = backend.compute_permissions(guild_id, backend.bot_user.id)
    for overwrite in found:
        touched = overwrite.allow | overwrite.deny
        if not held & _ADMINISTRATOR and touched & (~held | _MANAGE_ROLES):
            raise errors.missing_permissions()
    return found


def _convert(channel: Channel, kind: int) -> None:
    if {channel.type, kind} - {ChannelType.TEXT, ChannelType.NEWS} and kind != channel.type:
        raise invalid("type", "BASE_TYPE_CHOICES", "This channel cannot be converted to that type.")
    channel.type = kind
