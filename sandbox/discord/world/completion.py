"""Complete SimCord's payloads to the shape Discord's own API description promises.

SimCord's reader is discord.py in the same process, which forgives what is missing. On the wire other
readers come, and a contract test. Each rule knows its object by keys nothing else has, and returns a copy:
parts of a payload are the world's own state.
"""

from typing import Any

_USER_ALWAYS = {
    "banner": None,
    "accent_color": None,
    "avatar_decoration_data": None,
    "collectibles": None,
    "primary_guild": None,
    "flags": 0,
}
# What an account learns about itself only (user.mdx).
_USER_PRIVATE = ("verified", "mfa_enabled", "locale")
_MEMBER_ALWAYS = {"banner": None, "avatar_decoration_data": None, "collectibles": None}
_GUILD_ALWAYS = {
    "nsfw": False,
    "nsfw_level": 0,
    "region": "",
    "max_video_channel_users": 25,
    "max_stage_video_channel_users": 50,
    "safety_alerts_channel_id": None,
    "home_header": None,
    "incidents_data": None,
    "widget_enabled": False,
    "widget_channel_id": None,
}
_APPLICATION_ALWAYS: dict[str, Any] = {
    "type": None,
    "flags_new": "0",
    "redirect_uris": [],
    "interactions_endpoint_url": None,
    "role_connections_verification_url": None,
    "approximate_guild_count": 1,
    "approximate_user_install_count": 0,
    "approximate_user_authorization_count": 0,
    "explicit_content_filter": 0,
    "eligible_oauth2_scopes": [],
}


def complete(node: Any, bot_id: int) -> Any:
    """Return a copy of a payload with every user, member, message, channel and command in it completed.

    ``bot_id`` is whose the managed roles are.
    """
    if isinstance(node, list):
        return [complete(item, bot_id) for item in node]
    if not isinstance(node, dict):
        return node
    whole = {key: complete(value, bot_id) for key, value in node.items()}
    if whole.get("managed") is True and "hoist" in whole:
        whole.setdefault("tags", {"bot_id": str(bot_id)})
    for known_by, rule in _RULES:
        if known_by <= whole.keys():
            rule(whole)
    return whole


def _user(user: dict[str, Any]) -> None:
    for key in _USER_PRIVATE:
        user.pop(key, None)
    for key in ("bot", "system"):
        if not user.get(key):
            user.pop(key, None)
    for key, value in _USER_ALWAYS.items():
        user.setdefault(key, value)


def _member(member: dict[str, Any]) -> None:
    for key, value in _MEMBER_ALWAYS.items():
        member.setdefault(key, value)


def _message(message: dict[str, Any]) -> None:
    if message.get("nonce") is None:
        message.pop("nonce", None)
    if (reference := message.get("message_reference")) is not None:
        reference.setdefault("type", 0)
        reference.pop("fail_if_not_exists", None)
    for embed in message.get("embeds") or ():
        embed.setdefault("type", "rich")  # what a bot or a webhook made (message.mdx, Embed Types)
    metadata = message.get("interaction_metadata")
    if metadata is not None:
        # The command's own name and kind belong to the old "interaction" object, not to this one.
        metadata.pop("command_type", None)


def _attachment(attachment: dict[str, Any]) -> None:
    if attachment.get("description") is None:
        attachment.pop("description", None)


def _channel(channel: dict[str, Any]) -> None:
    channel.setdefault("flags", 0)
    if channel["type"] == 1:
        for key in ("parent_id", "topic", "rate_limit_per_user"):
            channel.pop(key, None)
    elif "permission_overwrites" in channel:
        channel.setdefault("nsfw", False)


def _command(command: dict[str, Any]) -> None:
    command.setdefault("version", command["id"])
    command.setdefault("nsfw", False)
    for key, value in (("integration_types", [0]), ("contexts", None)):
        if command.get(key) is None:
            command[key] = value


def _interaction(interaction: dict[str, Any]) -> None:
    if interaction["response_message_id"] is None:
        del interaction["response_message_id"]


def _threads(listing: dict[str, Any]) -> None:
    if "channels" not in listing:  # a guild has threads and members, too
        listing.setdefault("has_more", False)


def _guild(guild: dict[str, Any]) -> None:
    for key, value in _GUILD_ALWAYS.items():
        guild.setdefault(key, value)


def _application(application: dict[str, Any]) -> None:
    for key, value in _APPLICATION_ALWAYS.items():
        application.setdefault(key, value)
    application["flags_new"] = str(application["flags"])


_RULES = (
    ({"username", "discriminator"}, _user),
    ({"roles", "joined_at", "nick"}, _member),
    ({"author", "content", "attachments", "timestamp"}, _message),
    ({"filename", "proxy_url"}, _attachment),
    ({"type", "last_message_id"}, _channel),
    ({"application_id", "default_member_permissions", "description"}, _command),
    ({"response_message_id", "activity_instance_id"}, _interaction),
    ({"threads", "members"}, _threads),
    ({"owner_id", "verification_level"}, _guild),
    ({"verify_key", "bot_public"}, _application),
)
