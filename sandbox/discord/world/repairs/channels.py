"""What the bot may do to a channel: pin in it, open it to somebody."""

from typing import Any

from simcord.backend import errors
from simcord.backend.models import Channel
from simcord.enums import OverwriteType
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import repair, whole

_ADMINISTRATOR, _MANAGE_ROLES = 1 << 3, 1 << 28


@repair("PUT", "/channels/{channel_id}/messages/pins/{message_id}")
@repair("DELETE", "/channels/{channel_id}/messages/pins/{message_id}")
def pin_message(backend: WireBackend, ctx: RequestContext) -> Any:
    """Ask for Pin Messages, as Discord does since 23 February 2026; SimCord asks for Manage Messages."""
    message = ctx.require_message(ctx.int_arg("channel_id"), ctx.int_arg("message_id"), "pin_messages")
    backend.refuse_archived(message.channel_id)
    backend.set_pinned(message.channel_id, message.id, ctx.method == "PUT")
    return None


@repair("PUT", "/channels/{channel_id}/permissions/{target_id}")
def edit_overwrite(backend: WireBackend, ctx: RequestContext) -> Any:
    """Let the bot allow and deny only what it may do itself (channel.mdx); SimCord lets it do more."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"), "manage_roles")
    body = ctx.body()
    touched = whole("allow", body.get("allow") or 0) | whole("deny", body.get("deny") or 0)
    if channel.guild_id is not None and not _may_manage_roles_here(backend, channel):
        held = backend.compute_permissions(channel.guild_id, backend.bot_user.id)
        if touched & ~held and not held & _ADMINISTRATOR:
            raise errors.missing_permissions()
    return NotImplemented


def _may_manage_roles_here(backend: WireBackend, channel: Channel) -> bool:
    """Tell whether an overwrite of the channel itself lets the bot manage roles in it."""
    assert channel.guild_id is not None
    roles = backend.get_member(channel.guild_id, backend.bot_user.id).role_ids
    return any(
        overwrite.allow & _MANAGE_ROLES
        and (
            overwrite.target_id in roles
            if overwrite.type == OverwriteType.ROLE
            else overwrite.target_id == backend.bot_user.id
        )
        for overwrite in channel.overwrites
    )
