"""Looks at Discord with the bot's own eyes: token, intents, and what it may do in each channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import aiohttp
import discord

from bridges.ends.discord_places import PLACES
from community_bot.errors import OperatorError
from community_bot.platforms.discord import CommunityBot, refused_token
from community_bot.platforms.discord_extras import extras_lacking, what_is_lost
from community_bot.platforms.findings import Finding

WORDS = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "read_message_history": "Read Message History",
    "manage_webhooks": "Manage Webhooks",
    "manage_roles": "Manage Permissions",
}
"""Permissions in the words of Discord's own settings."""
NEEDED = {
    "bridge": ("view_channel", "read_message_history", "manage_webhooks"),
    "welcome": ("view_channel", "send_messages", "read_message_history"),
    "space": ("view_channel", "send_messages", "read_message_history", "manage_roles"),
}
"""What each use of a channel needs. Access can only be given to others by who has it. What a joined channel has
use for besides is :data:`community_bot.platforms.discord_extras.EXTRAS`."""
BUILDING = {
    "manage_channels": "Manage Channels",
    "manage_roles": "Manage Roles",
    "manage_webhooks": "Manage Webhooks",
    "manage_messages": "Manage Messages",
    "manage_threads": "Manage Threads",
    "pin_messages": "Pin Messages",
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "create_private_threads": "Create Private Threads",
    "read_message_history": "Read Message History",
    "attach_files": "Attach Files",
    "embed_links": "Embed Links",
    "add_reactions": "Add Reactions",
}
"""What making learning spaces takes on a server, in Discord's words: the bot gives away only what it has itself."""


async def check_discord(
    token: str,
    channels: Mapping[int, Collection[str]],
    *,
    servers: Collection[int] = (),
    newcomers: bool = False,
) -> list[Finding]:
    """Log in without connecting, and report. Never raises for what it was asked to look at.

    ``channels`` are the bot's, with their uses (keys of :data:`NEEDED`); ``servers`` those where learning spaces
    can be made; ``newcomers``: people are greeted.
    """
    bot = CommunityBot(newcomers=newcomers)
    try:
        try:
            await bot.login(token)
        except discord.LoginFailure:
            refused = refused_token()
            return [Finding(False, "Discord token", refused.text, refused.cure)]
        findings = [Finding(True, "Discord token", f"logged in as {bot.user}")]
        findings += await _intents(bot, newcomers=newcomers)
        findings += [await _channel(bot, channel, uses) for channel, uses in channels.items()]
        findings += [await _server(bot, server) for server in servers]
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        cure = "Check discord.api_base and this machine's way to the internet; the bot itself keeps trying."
        return [Finding(False, "Discord", f"does not answer ({type(error).__name__})", cure)]
    except OperatorError as error:
        return [Finding(False, "Discord", error.text, error.cure)]
    finally:
        await bot.close()
    return findings


async def _intents(bot: CommunityBot, *, newcomers: bool) -> list[Finding]:
    flags = (await bot.application_info()).flags
    wanted = [
        (
            "Message Content",
            flags.gateway_message_content or flags.gateway_message_content_limited,
            "the bot would hear no words",
        )
    ]
    if newcomers:
        wanted.append(
            (
                "Server Members",
                flags.gateway_guild_members or flags.gateway_guild_members_limited,
                "the bot would greet nobody",
            )
        )
    return [
        Finding(True, "Discord intents", f"{name} is on")
        if switched_on
        else Finding(
            False,
            "Discord intents",
            f"{name} is off: {lost}",
            f"Open the bot in Discord's developer portal, page Bot, and switch on {name} Intent.",
        )
        for name, switched_on, lost in wanted
    ]


async def _channel(bot: CommunityBot, channel_id: int, uses: Collection[str]) -> Finding:
    what = f"Discord channel {channel_id}"
    try:
        found = await bot.fetch_channel(channel_id)
    except discord.NotFound:
        return Finding(False, what, "does not exist", "Correct the id in the settings, or take it out.")
    except discord.Forbidden:
        cure = f"Invite the bot to that server: {_invitation(bot)} and let it see the channel."
        return Finding(False, what, "the bot may not see it", cure)
    if not isinstance(found, PLACES if "welcome" not in uses else discord.TextChannel):
        cure = "Use a text channel; a forum can be joined as well, but nobody is greeted in one."
        return Finding(False, what, "is not a text channel", cure)
    guild = await bot.fetch_guild(found.guild.id)
    channel = next((c for c in await guild.fetch_channels() if c.id == channel_id), None)
    if channel is None:
        return Finding(False, what, "the bot may not see it", f"In the server {guild.name}, let the bot see it.")
    allowed = channel.permissions_for(await guild.fetch_member(_own_id(bot)))
    return _may(bot, what, channel, allowed, uses)


def _may(
    bot: CommunityBot,
    what: str,
    channel: discord.abc.GuildChannel,
    allowed: discord.Permissions,
    uses: Collection[str],
) -> Finding:
    """Say whether the bot may do in a channel what it is there for, and what could be done besides."""
    guild = channel.guild.name
    needed = dict.fromkeys(name for use in uses for name in NEEDED[use])
    missing = [WORDS[name] for name in needed if not getattr(allowed, name)]
    if missing:
        names = ", ".join(missing)
        cure = f"Give the bot's role {names} in that channel or its category, or open: {_invitation(bot)}"
        return Finding(False, what, f"In the server {guild}, in #{channel.name}, the bot lacks {names}.", cure)
    said, is_forum = f"#{channel.name} in {guild}", isinstance(channel, discord.ForumChannel)
    extras = extras_lacking(allowed, forum=is_forum) if "bridge" in uses else []
    if extras:
        names = ", ".join(extra.words for extra in extras)
        cure = f"Give the bot's role {names} in that channel or its category, or do without."
        return Finding(True, what, f"{said}\n{what_is_lost(extras)}", cure)
    return Finding(True, what, said)


async def _server(bot: CommunityBot, server_id: int) -> Finding:
    what = f"Discord server {server_id}"
    try:
        guild = await bot.fetch_guild(server_id)
        own = await guild.fetch_member(_own_id(bot))
    except (discord.NotFound, discord.Forbidden):
        return Finding(False, what, "the bot is not there", f"Invite it: {_invitation(bot)}")
    missing = [said for name, said in BUILDING.items() if not getattr(own.guild_permissions, name)]
    if missing:
        names = ", ".join(missing)
        text = f"In the server {guild.name} no learning space can be made: the bot lacks {names}."
        return Finding(False, what, text, f"Give the bot's role {names}, or open: {_invitation(bot)}")
    return Finding(True, what, f"learning spaces can be made in {guild.name}")


def _own_id(bot: CommunityBot) -> int:
    assert bot.user is not None
    return bot.user.id


def _invitation(bot: CommunityBot) -> str:
    permissions = discord.Permissions(**dict.fromkeys([*WORDS, *BUILDING], True))
    application = bot.application_id or _own_id(bot)
    return discord.utils.oauth_url(application, permissions=permissions, scopes=("bot", "applications.commands"))
