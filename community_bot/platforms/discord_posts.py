"""The pinned posts of a learning space on Discord: finding, making and changing them."""

from __future__ import annotations

import secrets
from typing import Final

import discord

from community_bot.domain.layout import Facets

_READ_AT_ONCE: Final = 100
"""Messages in one answer, the most that Discord gives."""


async def find_post(bot: discord.Client, place: str, wanted: Facets, oldest: int) -> tuple[str, ...]:
    """Return the bot's own messages with the wanted text, from the snowflake ``oldest`` on; pinned ones first.

    What an attempt said stands among the first things said since it began.
    """
    assert bot.user is not None
    messages = await bot.http.logs_from(place, _READ_AT_ONCE, after=oldest)
    own = [each for each in messages if int(each["author"]["id"]) == bot.user.id]
    like = [each for each in own if each["content"] == wanted["text"]]
    return tuple(str(each["id"]) for each in sorted(like, key=lambda each: (not each["pinned"], int(each["id"]))))


async def make_post(bot: discord.Client, place: str, wanted: Facets) -> str:
    """Say it and pin it; return the message's id. It pings nobody, and shows no previews of links.

    The nonce keeps discord.py from saying it twice when an answer of Discord is lost.
    """
    said = await bot.get_partial_messageable(int(place)).send(
        wanted["text"],
        nonce=secrets.token_hex(12),
        allowed_mentions=discord.AllowedMentions.none(),
        suppress_embeds=True,
    )
    if wanted.get("pinned"):
        await said.pin()
    return str(said.id)


async def change_post(bot: discord.Client, place: str, ref: str, wanted: Facets) -> None:
    """Bring the facets named in ``wanted`` about."""
    message = bot.get_partial_messageable(int(place)).get_partial_message(int(ref))
    if "text" in wanted:
        await message.edit(content=wanted["text"], allowed_mentions=discord.AllowedMentions.none())
    if "pinned" in wanted:
        await (message.pin() if wanted["pinned"] else message.unpin())
