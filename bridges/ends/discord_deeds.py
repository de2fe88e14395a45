"""What the bot's own account does in a channel: threads, reactions, pins, and taking away what no webhook can."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeVar

import discord
from discord.ext import commands

from bridges.ends.discord_channel import Channel
from bridges.ends.discord_errors import changing
from bridges.ends.discord_places import Places
from bridges.ends.discord_text import CONTENT_LIMIT, thread_name
from bridges.ends.port import CopyGoneError, Reactions, RefusedError
from bridges.markup.discord_writing import write_discord
from bridges.markup.tree import plain
from bridges.split import split
from db.bridge_rows import Standing

T = TypeVar("T")
ARCHIVED, LOCKED = "discord.thread_archived", "discord.thread_locked"
NONCE_LENGTH = 24
"""Characters; Discord takes 25 (resources/message, "Create Message")."""
UNKNOWN_EMOJI = "discord.unknown_emoji"


class Deeds:
    """Acts in one channel and its threads. Every method raises the kinds of :class:`EndError`."""

    def __init__(self, bot: commands.Bot, places: Places, channel: Channel) -> None:
        self._bot = bot
        self._places = places
        self._channel = channel

    async def delete(self, at: Standing) -> None:
        """Delete a message of ours that no webhook can reach any more."""
        try:
            async with changing("discord.missing_manage_messages"):
                await self._message(at).delete()
        except CopyGoneError:
            return  # it is away already

    async def announce(self, text: str, key: str) -> None:
        """Say something in the bot's own name, which Discord passes over when it hears the same ``key`` again soon.

        In a forum it is a post of its own.
        """
        words = split(write_discord(plain(text)), CONTENT_LIMIT)[0]
        nonce = sha256(key.encode()).hexdigest()[:NONCE_LENGTH]
        nobody = discord.AllowedMentions.none()
        forum = self._places.seen(self._channel)
        async with changing("discord.missing_send_messages"):
            if isinstance(forum, discord.ForumChannel):
                await forum.create_thread(name=thread_name(text), content=words, allowed_mentions=nobody)
            else:
                await self._place(None).send(words, nonce=nonce, allowed_mentions=nobody)

    async def open_thread(self, root: Standing, name: str) -> str:
        """Open the thread that hangs from a message, or find it."""
        if root.thread is not None:
            return root.thread  # threads do not hang from messages of threads: what is said there goes on there
        try:
            async with changing("discord.missing_create_threads"):
                thread = await self._message(root).create_thread(name=thread_name(name))
        except RefusedError as error:
            if error.reason == "discord.thread_exists":
                return root.ref
            raise
        return str(thread.id)

    async def reactions(self, at: Standing) -> Reactions:
        """Return what people gave, and what is ours."""
        async with changing("discord.missing_read_history"):
            message = await self._place(at.thread).fetch_message(int(at.ref))
        given = {_written(each) for each in message.reactions if each.count > int(each.me)}
        ours = {_written(each): _written(each) for each in message.reactions if each.me}
        return Reactions(frozenset(given), ours)

    async def react(self, at: Standing, reaction: str) -> None:
        emoji = _emoji(reaction)

        async def add() -> None:
            async with changing("discord.missing_add_reactions"):
                await self._message(at).add_reaction(emoji)

        await self.opened(at.thread, add)

    async def unreact(self, at: Standing, reaction: str) -> None:
        emoji, me = _emoji(reaction), self._bot.user
        if me is None:
            return

        async def take_back() -> None:
            async with changing("discord.forbidden"):
                await self._message(at).remove_reaction(emoji, me)

        try:
            await self.opened(at.thread, take_back)
        except CopyGoneError:
            return  # with the message everything under it went

    async def pin(self, at: Standing, *, pinned: bool) -> None:
        async def change() -> None:
            async with changing("discord.missing_pin_messages"):
                message = self._message(at)
                await (message.pin() if pinned else message.unpin())

        await self.opened(at.thread, change)

    async def opened(self, thread: str | None, call: Callable[[], Awaitable[T]]) -> T:
        """Return what a call returns that an archived thread refuses; then the thread is opened again.

        Raises :class:`RefusedError` with ``discord.thread_locked`` where moderators have closed it.
        """
        try:
            return await call()
        except RefusedError as error:
            if thread is None or error.reason != ARCHIVED:
                raise
        await self._unarchive(thread)
        return await call()

    async def _unarchive(self, thread: str) -> None:
        async with changing("discord.missing_manage_threads"):
            found = await self._bot.fetch_channel(int(thread))
            if not isinstance(found, discord.Thread):
                raise CopyGoneError("discord.copy_gone")
            if found.locked:
                raise RefusedError(LOCKED)
            await found.edit(archived=False)

    def _message(self, at: Standing) -> discord.PartialMessage:
        return self._place(at.thread).get_partial_message(int(at.ref))

    def _place(self, thread: str | None) -> discord.PartialMessageable:
        guild = self._places.guild_of(self._channel)
        return self._bot.get_partial_messageable(
            int(thread) if thread is not None else self._channel.channel_id,
            guild_id=guild.id if guild is not None else None,
        )


def _written(reaction: discord.Reaction) -> str:
    """Return a reaction as the bridge writes it: an emoji, or ``:name:<id>``."""
    emoji = reaction.emoji
    if isinstance(emoji, str):
        return emoji
    return f":{emoji.name}:{emoji.id}" if emoji.id else emoji.name


def _emoji(reaction: str) -> str | discord.PartialEmoji:
    if not (reaction.startswith(":") and reaction.count(":") >= 2):
        return reaction
    name, _, ref = reaction[1:].partition(":")
    if not ref.isdigit():
        raise RefusedError(UNKNOWN_EMOJI)  # another platform's own
    return discord.PartialEmoji(name=name, id=int(ref))
