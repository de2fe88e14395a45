"""Describe what stands in SimCord's world as a reader sees it."""

from datetime import datetime

from simcord.backend.access import channel_accessible
from simcord.backend.models import Message
from simcord.enums import ChannelType
from simcord.results import InteractionResult, ResponseMessage

from sandbox.discord.reading import SeenFile
from sandbox.discord.records import SeenMessage
from sandbox.discord.world.backend import WireBackend


def seen(backend: WireBackend, channel_id: int, viewer_id: int | None) -> list[SeenMessage]:
    """Return what a reader sees, oldest first; a viewer also sees what was shown to them alone."""
    stored = backend.messages.get(channel_id, {})
    visible = (message for message in stored.values() if message.visible_to(viewer_id))
    return [describe(backend, message) for message in sorted(visible, key=lambda message: message.id)]


def describe(backend: WireBackend, message: Message) -> SeenMessage:
    """Return a message as a reader sees it."""
    author = backend.users[message.author_id]
    guild_id = backend.get_channel(message.channel_id).guild_id
    member = backend.guilds[guild_id].members.get(author.id) if guild_id is not None else None
    nick = member.nick if member is not None else None
    edited = message.edited_timestamp
    is_reply = message.reference is not None and message.reference.get("type", 0) == 0
    files = tuple(
        SeenFile(str(item["filename"]), str(item["url"]), int(item["size"]), item.get("description"))
        for item in message.attachments
    )
    return SeenMessage(
        id=message.id,
        author_name=message.author_name or nick or author.global_name or author.name,
        author_id=author.id,
        webhook_id=message.webhook_id,
        content=message.content,
        created_at=datetime.fromisoformat(message.timestamp),
        edited_at=datetime.fromisoformat(edited) if edited else None,
        reply_to=int(message.reference["message_id"]) if message.reference and is_reply else None,
        attachments=tuple(file.name for file in files),
        reactions={reaction.emoji: len(reaction.user_ids) for reaction in message.reactions},
        ephemeral=message.is_ephemeral,
        pinned=message.pinned,
        files=files,
        embeds=tuple(dict(embed) for embed in message.embeds),
        components=tuple(dict(component) for component in message.components),
    )


def answer(backend: WireBackend, result: InteractionResult) -> SeenMessage | None:
    """Return the message the bot has answered an interaction with, None while there is none."""
    return _of(backend, result.response) if result.response is not None else None


def followups(backend: WireBackend, result: InteractionResult) -> list[SeenMessage]:
    """Return the messages the bot has sent after its first answer."""
    return [_of(backend, message) for message in result.followups]


def _of(backend: WireBackend, response: ResponseMessage) -> SeenMessage:
    return describe(backend, backend.get_message(response.channel_id, response.id))


def readers(backend: WireBackend, channel_id: int) -> dict[int, str]:
    """Return the people who can read a text channel, with the names they go by; bots are left out."""
    channel = backend.get_channel(channel_id)
    if channel.guild_id is None or channel.type not in (ChannelType.TEXT, ChannelType.NEWS):
        return {}
    return {
        user_id: member.nick or backend.users[user_id].global_name or backend.users[user_id].name
        for user_id, member in backend.guilds[channel.guild_id].members.items()
        if not backend.users[user_id].bot and channel_accessible(backend, channel_id, user_id, history=True)
    }
