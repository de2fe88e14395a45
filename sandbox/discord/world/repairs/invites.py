"""Invites as Discord describes them: their limits, and the guild they lead to."""

from typing import Any

from simcord.backend import serializers
from simcord.backend.models import Invite
from simcord.http.router import RequestContext

from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.repairs.table import invalid, repair, whole

_LONGEST, _MOST = 604_800, 100  # seconds (a week) and uses (resources/channel.mdx, Create Channel Invite)
_DAY = 86_400


@repair("POST", "/channels/{channel_id}/invites")
def create_invite(backend: WireBackend, ctx: RequestContext) -> Any:
    """Check how long and how often it may be used, and tell of the guild; SimCord does neither."""
    channel = ctx.require_channel_permissions(ctx.int_arg("channel_id"), "create_instant_invite")
    body = ctx.fields("max_uses", "max_age", "temporary", ignore=("unique",))
    limits = {}
    for name, usual, most in (("max_age", _DAY, _LONGEST), ("max_uses", 0, _MOST)):
        limits[name] = whole(name, body.get(name, usual))
        if not 0 <= limits[name] <= most:
            raise invalid(name, "NUMBER_TYPE_MAX", f"int value should be between 0 and {most}.")
    temporary = bool(body.get("temporary", False))
    invite = backend.create_invite(channel.id, backend.bot_user.id, temporary=temporary, **limits)
    return _described(backend, invite)


@repair("GET", "/invites/{code}")
def get_invite(backend: WireBackend, ctx: RequestContext) -> Any:
    """Tell of the guild; SimCord does not."""
    return _described(backend, backend.get_invite(ctx.args["code"]))


def _described(backend: WireBackend, invite: Invite) -> dict[str, Any]:
    guild = backend.get_guild(invite.guild_id)
    about_the_guild: dict[str, Any] = {
        "id": str(guild.id),
        "name": guild.name,
        "splash": None,
        "banner": None,
        "description": guild.description,
        "icon": None,
        "features": [],
        "verification_level": guild.verification_level,
        "vanity_url_code": guild.vanity_url_code,
        "nsfw_level": 0,
        "nsfw": False,
        "premium_subscription_count": 0,
    }
    described: dict[str, Any] = serializers.invite_payload(backend, invite)
    return described | {"type": 0, "flags": 0, "guild": about_the_guild}
