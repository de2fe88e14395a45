"""Looks at Discord with the bot's own eyes: token, intents, and what it may do in each channel."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
import discord

from community_bot.errors import OperatorError
from community_bot.platforms.discord import CommunityBot, refused_token
from community_bot.platforms.findings import Finding

NEEDED = {
    "view_channel": "View Channel",
    "read_message_history": "Read Message History",
    "manage_webhooks": "Manage Webhooks",
}
"""What bridging a channel needs, with the words of Discord's own settings."""


async def check_discord(token: str, channels: Sequence[int]) -> list[Finding]:
    """Log in without connecting, and report. Never raises for what it was asked to look at."""
    bot = CommunityBot()
    try:
        try:
            await bot.login(token)
        except discord.LoginFailure:
            refused = refused_token()
            return [Finding(False, "Discord token", refused.text, refused.cure)]
        findings = [Finding(True, "Discord token", f"logged in as {bot.user}")]
        findings.append(await _intents(bot))
        findings += [await _channel(bot, channel) for channel in channels]
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        cure = "Check discord.api_base and this machine's way to the internet; the bot itself keeps trying."
        return [Finding(False, "Discord", f"does not answer ({type(error).__name__})", cure)]
    except OperatorError as error:
        return [Finding(False, "Discord", error.text, error.cure)]
    finally:
        await bot.close()
    return findings


async def _intents(bot: CommunityBot) -> Finding:
    flags = (await bot.application_info()).flags
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding(True, "Discord intents", "Message Content is on")
    return Finding(
        False,
        "Discord intents",
        "Message Content is off: the bot would hear no words",
        "Open the bot in Discord's developer portal, page Bot, and switch on Message Content Intent.",
    )


async def _channel(bot: CommunityBot, channel_id: int) -> Finding:
    what = f"Discord channel {channel_id}"
    try:
        found = await bot.fetch_channel(channel_id)
    except discord.NotFound:
        return Finding(False, what, "does not exist", "Correct the id in [[conversations]], or take it out.")
    except discord.Forbidden:
        cure = f"Invite the bot to that server: {_invitation(bot)} and let it see the channel."
        return Finding(False, what, "the bot may not see it", cure)
    if not isinstance(found, discord.TextChannel):
        return Finding(False, what, "is not a text channel", "Only text channels can be joined so far.")
    guild = await bot.fetch_guild(found.guild.id)
    channel = next((c for c in await guild.fetch_channels() if c.id == channel_id), None)
    if channel is None:
        return Finding(False, what, "the bot may not see it", f"In the server {guild.name}, let the bot see it.")
    allowed = channel.permissions_for(await guild.fetch_member(_own_id(bot)))
    missing = [words for name, words in NEEDED.items() if not getattr(allowed, name)]
    if missing:
        names = ", ".join(missing)
        cure = f"Give the bot's role {names} in that channel or its category, or open: {_invitation(bot)}"
        return Finding(False, what, f"In the server {guild.name}, in #{channel.name}, the bot lacks {names}.", cure)
    return Finding(True, what, f"#{channel.name} in {guild.name}")


def _own_id(bot: CommunityBot) -> int:
    assert bot.user is not None
    return bot.user.id


def _invitation(bot: CommunityBot) -> str:
    permissions = discord.Permissions(**dict.fromkeys(NEEDED, True))
    application = bot.application_id or _own_id(bot)
    return discord.utils.oauth_url(application, permissions=permissions, scopes=("bot", "applications.commands"))
