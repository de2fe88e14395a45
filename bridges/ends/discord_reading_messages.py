"""Discord's messages turned into ours. Nothing of Discord's library goes further than this."""

from __future__ import annotations

import discord

from bridges.ends.discord_carried import (
    components_as_words,
    embeds_as_words,
    forwarded_as_words,
    poll_as_words,
    poll_result_as_words,
    titled,
)
from bridges.ends.discord_files import files_of, stickers_of
from bridges.ends.discord_ids import version_of
from bridges.markup.discord_reading import read_discord
from bridges.markup.naming import with_mentions
from bridges.markup.tree import Document, Inline, Mention, Mentioned
from bridges.media.file import Attachment
from bridges.message import Author, Message, Thread
from db.bridge_rows import Place
from db.ids import EndId

SPOKEN = frozenset(
    {
        discord.MessageType.default,
        discord.MessageType.reply,
        discord.MessageType.chat_input_command,
        discord.MessageType.context_menu_command,
        discord.MessageType.poll_result,
    }
)
"""The kinds of message that somebody wrote, and the end of a poll; joins, pins and boosts stay home."""
NOBODY = "unknown-user"
SITE = "https://discord.com/channels"


def read_message(
    message: discord.Message,
    *,
    end: EndId,
    place: Place,
    thread: Thread | None = None,
    author: Author | None = None,
) -> Message:
    """Turn Discord's message into ours; ``author`` stands over the one that came with it.

    A message with its thread's id is the first of a post in a forum.
    """
    opens = thread is not None and thread.handle == str(message.id)
    title = thread.name if thread is not None and opens else ""
    text = with_mentions(_text(message), lambda mention: _named(mention, message))
    return Message(
        end=end,
        place=place,
        ref=str(message.id),
        author=author or author_of(message, place),
        text=(titled(title), *text) if title else text,
        sent_at=message.created_at,
        attachments=tuple(_files(message)),
        thread=thread,
        reply_to=_answered(message),
        opens=opens,
        title=title,
        version=version_of(message.edited_at),
    )


def is_spoken(message: discord.Message) -> bool:
    """Say whether there is something in it that people said, by now: a bot's answer may still be on its way."""
    return message.type in SPOKEN and not message.flags.loading and not message.flags.ephemeral


def author_of(message: discord.Message, place: Place) -> Author:
    """Return who wrote a message, as it came."""
    return author_from(message.author, message.guild, place)


def author_from(user: discord.User | discord.Member, guild: discord.Guild | None, place: Place) -> Author:
    """Return somebody as an author; whether they moderate is known of a server's members alone."""
    moderates = False
    if isinstance(user, discord.Member) and guild is not None:
        channel = guild.get_channel(int(place.ref))
        moderates = channel is not None and channel.permissions_for(user).manage_messages
    return Author(str(user.id), user.display_name, user.display_avatar.url, moderates)


def jump(guild_id: int | None, place_id: str | int, message_id: str) -> str:
    """Return the address that leads to a message."""
    return f"{SITE}/{guild_id if guild_id is not None else '@me'}/{place_id}/{message_id}"


def _text(message: discord.Message) -> Document:
    if message.type is discord.MessageType.poll_result:
        return poll_result_as_words(message.embeds)
    forwarded = tuple(
        block for snapshot in message.message_snapshots for block in forwarded_as_words(snapshot, _origin(message))
    )
    return (
        *read_discord(message.content),
        *forwarded,
        *embeds_as_words(message.embeds),
        # the library leaves the attribute out where Discord does
        *components_as_words(getattr(message, "components", ())),
        *(poll_as_words(message.poll) if message.poll is not None else ()),
    )


def _files(message: discord.Message) -> list[Attachment]:
    files = files_of(message.attachments, voice=message.flags.voice) + stickers_of(message.stickers)
    for snapshot in message.message_snapshots:
        voice = bool(snapshot.flags.voice)
        files += files_of(snapshot.attachments, voice=voice) + stickers_of(snapshot.stickers)
    return files


def _answered(message: discord.Message) -> str | None:
    """Return the message it answers. Discord answers within one channel only."""
    reference = message.reference
    if message.type is not discord.MessageType.reply or reference is None or reference.message_id is None:
        return None
    return str(reference.message_id) if reference.channel_id == message.channel.id else None


def _origin(message: discord.Message) -> str:
    """Return the channel that a message was forwarded from, where everybody here may know of it."""
    reference, guild = message.reference, message.guild
    if reference is None or guild is None or reference.guild_id not in (None, guild.id):
        return ""
    channel = guild.get_channel_or_thread(reference.channel_id)
    if channel is None or not channel.permissions_for(guild.default_role).view_channel:
        return ""
    return f"#{channel.name}"


def _named(mention: Mention, message: discord.Message) -> Inline:
    """Return a mention with the name that people see for it."""
    if mention.name or not mention.ref.isdigit():
        return mention
    number, guild = int(mention.ref), message.guild
    if mention.kind is Mentioned.PERSON:
        return _with(mention, next((user.display_name for user in message.mentions if user.id == number), NOBODY))
    if mention.kind is Mentioned.ROLE:
        role = guild.get_role(number) if guild is not None else None
        return _with(mention, role.name if role is not None else "deleted-role")
    if mention.kind is Mentioned.PLACE:
        channel = guild.get_channel_or_thread(number) if guild is not None else None
        if guild is None or channel is None:
            return _with(mention, "deleted-channel")
        return _with(mention, channel.name, f"{SITE}/{guild.id}/{number}")
    return mention


def _with(mention: Mention, name: str, address: str = "") -> Mention:
    return Mention(mention.kind, mention.ref, name, address or mention.address)
