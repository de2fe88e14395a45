"""Describe what stands in SimCord's world as a reader sees it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import discord
from simcord.backend.access import channel_accessible
from simcord.backend.models import Message, Overwrite, Poll
from simcord.enums import ChannelType, MessageType, OverwriteType
from simcord.results import InteractionResult, ResponseMessage

from sandbox.discord.carried import SeenAnswer, SeenForward, SeenPoll, SimSticker, StickerFormat
from sandbox.discord.reading import SeenFile
from sandbox.discord.records import SeenMessage, SimOverwrite, SimRole, SimWebhook
from sandbox.discord.world.backend import WireBackend

_FORMATS: Mapping[int, StickerFormat] = {1: "png", 2: "apng", 3: "lottie", 4: "gif"}
# Where the library's first name for a permission is not Discord's.
_DISCORDS_NAMES = {
    "read_messages": "view_channel",
    "external_emojis": "use_external_emojis",
    "external_stickers": "use_external_stickers",
}


def seen(backend: WireBackend, channel_id: int, viewer_id: int | None) -> list[SeenMessage]:
    """Return what a reader sees, oldest first; a viewer also sees what was shown to them alone."""
    stored = backend.messages.get(channel_id, {})
    visible = (message for message in stored.values() if message.visible_to(viewer_id))
    return [describe(backend, message) for message in sorted(visible, key=lambda message: message.id)]


def one(backend: WireBackend, channel_id: int, message_id: int, viewer_id: int | None) -> SeenMessage | None:
    """Return one message as a reader sees it, None where it does not stand there for them."""
    message = backend.messages.get(channel_id, {}).get(message_id)
    return describe(backend, message) if message is not None and message.visible_to(viewer_id) else None


def newest(backend: WireBackend, channel_id: int) -> SeenMessage | None:
    """Return the newest message that everybody sees, however many stand there."""
    stored = backend.messages.get(channel_id, {})
    # they are kept in the order in which they were said
    found = next((each for each in reversed(stored.values()) if each.visible_to(None)), None)
    return describe(backend, found) if found is not None else None


def deleted(backend: WireBackend, channel_id: int) -> list[SeenMessage]:
    """Return what was deleted in a channel, in that order, as it last stood."""
    return [
        replace(describe(backend, message), deleted_at=datetime.fromisoformat(when))
        for message, when in backend.gone(channel_id)
    ]


def describe(backend: WireBackend, message: Message) -> SeenMessage:
    """Return a message as a reader sees it."""
    author = backend.users[message.author_id]
    channel = backend.channels.get(message.channel_id)
    member = None
    if channel is not None and channel.guild_id is not None:
        member = backend.guilds[channel.guild_id].members.get(author.id)
    nick = member.nick if member is not None else None
    edited = message.edited_timestamp
    is_reply = message.reference is not None and message.type == MessageType.REPLY
    files = tuple(map(_file, message.attachments))
    pings = backend.pings(message.id)
    picture = message.author_avatar or (f"avatars/{author.id}/{author.avatar}.png" if author.avatar else None)
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
        channel_id=message.channel_id,
        type=message.type,
        flags=message.flags,
        author_avatar=picture,
        reactors={reaction.emoji: tuple(reaction.user_ids) for reaction in message.reactions},
        stickers=tuple(SimSticker(item.id, item.name, _FORMATS[item.format_type]) for item in message.stickers),
        poll=_poll(message.poll) if message.poll is not None else None,
        forwarded=_forwarded(message),
        in_thread=message.channel_id if channel is not None and channel.is_thread else None,
        thread_id=message.id if message.id in backend.channels and message.id != message.channel_id else None,
        pinged_people=pings.people,
        pinged_roles=pings.roles,
        pinged_everyone=pings.everyone,
    )


def _file(item: Mapping[str, Any]) -> SeenFile:
    return SeenFile(
        name=str(item["filename"]),
        url=str(item["url"]),
        size=int(item["size"]),
        description=item.get("description"),
        id=int(item["id"]),
        spoiler=str(item["filename"]).startswith("SPOILER_"),
        content_type=item.get("content_type"),
        width=item.get("width"),
        height=item.get("height"),
        seconds=item.get("duration_secs"),
        waveform=item.get("waveform"),
    )


def _poll(poll: Poll) -> SeenPoll:
    answers = tuple(
        SeenAnswer(item.answer_id, item.text or "", tuple(sorted(poll.votes.get(item.answer_id, ()))))
        for item in poll.answers
    )
    return SeenPoll(
        poll.question, answers, poll.allow_multiselect, poll.finalized, datetime.fromisoformat(poll.expiry)
    )


def _forwarded(message: Message) -> SeenForward | None:
    if not message.snapshots or message.reference is None:
        return None
    was = message.snapshots[0]["message"]
    return SeenForward(
        str(was["content"]),
        tuple(map(_file, was["attachments"])),
        int(message.reference["channel_id"]),
        int(message.reference["message_id"]),
    )


def webhooks(backend: WireBackend, channel_id: int) -> list[SimWebhook]:
    """Return the webhooks of a channel, the oldest first."""
    return [
        SimWebhook(each.id, each.name, each.channel_id, each.creator_id == backend.bot_user.id)
        for each in backend.webhooks.values()
        if each.channel_id == channel_id
    ]


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


def roles(backend: WireBackend, guild_id: int) -> list[SimRole]:
    """Return the roles of a guild, the highest first."""
    found = sorted(backend.get_guild(guild_id).roles.values(), key=lambda role: (-role.position, role.id))
    return [
        SimRole(
            role.id,
            role.name,
            role.position,
            frozenset(_called(name) for name, held in discord.Permissions(role.permissions) if held),
            role.color,
            role.hoist,
            role.mentionable,
        )
        for role in found
    ]


def overwrites(backend: WireBackend, channel_id: int) -> list[SimOverwrite]:
    """Return what is decided for roles and people in a channel."""
    return [
        SimOverwrite(each.target_id, "role" if each.type == OverwriteType.ROLE else "person", _decided(each))
        for each in backend.get_channel(channel_id).overwrites
    ]


def _decided(overwrite: Overwrite) -> dict[str, bool]:
    pair = discord.Permissions(overwrite.allow), discord.Permissions(overwrite.deny)
    return {_called(name): said for name, said in discord.PermissionOverwrite.from_pair(*pair) if said is not None}


def _called(permission: str) -> str:
    return _DISCORDS_NAMES.get(permission, permission)
