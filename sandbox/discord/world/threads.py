"""Threads as Discord keeps them: begun from a message, posted in a forum, archived, opened again."""

from collections.abc import Iterable
from typing import Any

from simcord.backend import Backend, errors, permissions, serializers
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Message
from simcord.components import resolve_attachment_references
from simcord.enums import ChannelType, MessageType

_HAS_THREAD = 1 << 5
_LONGEST_NAME = 100
_DURATIONS = (60, 1440, 4320, 10080)


class ThreadedBackend(Backend):
    """Keep threads; each method says how SimCord differs."""

    def create_thread(
        self,
        parent_id: int,
        name: str,
        owner_id: int,
        *,
        type: int = ChannelType.PUBLIC_THREAD,
        auto_archive_duration: int = 1440,
        message_id: int | None = None,
        applied_tags: Iterable[int] = (),
        broadcast: bool = True,
    ) -> Channel:
        """Begin a thread; a message has one at most (160004), shows it, and is what the thread begins with.

        SimCord announces every thread in the channel. Discord does so only for public ones that begin from nothing.
        """
        if self.get_channel(parent_id).type not in (ChannelType.TEXT, ChannelType.NEWS, ChannelType.FORUM):
            raise errors.cannot_execute_on_channel_type()
        if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME:
            raise errors.invalid_form_body(f"name: Must be between 1 and {_LONGEST_NAME} in length.")
        if message_id is not None and message_id in self.channels:
            raise BackendError(400, 160004, "A thread has already been created for this message")
        announced = broadcast and message_id is None and type != ChannelType.PRIVATE_THREAD
        thread = super().create_thread(
            parent_id,
            name,
            owner_id,
            type=type,
            auto_archive_duration=auto_archive_duration,
            message_id=message_id,
            applied_tags=applied_tags,
            broadcast=announced,
        )
        if broadcast and not announced:
            self.announce_thread_create(thread)
        if broadcast and message_id is not None:
            self._hang_on(thread, self.get_message(parent_id, message_id), owner_id)
        return thread

    def _hang_on(self, thread: Channel, starter: Message, owner_id: int) -> None:
        """Show the thread under the message it began from, and that message as its beginning."""
        starter.flags |= _HAS_THREAD
        self.emit("MESSAGE_UPDATE", dict(serializers.message_payload(self, starter)))
        reference = {"type": 0, "channel_id": str(starter.channel_id), "message_id": str(starter.id)}
        if thread.guild_id is not None:
            reference["guild_id"] = str(thread.guild_id)
        first = Message(
            id=self.snowflake(),
            channel_id=thread.id,
            author_id=owner_id,
            timestamp=self.now_iso(),
            type=MessageType.THREAD_STARTER_MESSAGE,
            reference=reference,
        )
        self.commit_message(first)

    def create_forum_post(
        self,
        forum_id: int,
        name: str,
        starter: Message,
        *,
        uploads: Iterable[tuple[str, bytes, str | None]] = (),
        auto_archive_duration: int = 1440,
        applied_tags: Iterable[int] = (),
        broadcast: bool = True,
    ) -> tuple[Channel, Message]:
        """Post in a forum; the first message has the id of its thread, and anybody may have written it.

        In SimCord the ids differ and only the bot can post.
        """
        forum = self.get_channel(forum_id)
        if forum.type != ChannelType.FORUM:
            raise errors.cannot_execute_on_channel_type()
        if auto_archive_duration not in _DURATIONS:
            raise errors.invalid_form_body("Invalid auto_archive_duration")
        tags = list(applied_tags)
        if len(tags) > 5 or not set(tags) <= {int(tag["id"]) for tag in forum.available_tags}:
            raise errors.invalid_form_body("applied_tags: Unknown or excessive tags")
        thread = self.create_thread(
            forum_id,
            name,
            starter.author_id,
            auto_archive_duration=auto_archive_duration,
            message_id=starter.id,
            applied_tags=tags,
            broadcast=False,
        )
        starter.channel_id = thread.id
        starter.attachments = [
            self.cdn.store_attachment(self.snowflake(), thread.id, filename, data, description)
            for filename, data, description in uploads
        ]
        starter.components = resolve_attachment_references(starter.components, starter.attachments)
        self.commit_message(starter, broadcast=False)
        forum.last_message_id = thread.id
        self.announce_thread_create(thread)
        if broadcast:
            self.announce_message_create(starter)
        return thread, starter

    # ------------------------------------------------------------------ archived threads

    def set_archived(self, thread_id: int, archived: bool, *, locked: bool | None = None) -> None:
        """Put a thread away or open it again, as somebody who may manage threads."""
        changes: dict[str, Any] = {"archived": archived, "archive_timestamp": self.now_iso()}
        if locked is not None:
            changes["locked"] = locked
        self.edit_channel(self.get_thread(thread_id).id, {}, thread_metadata=changes)

    def commit_message(self, message: Message, *, broadcast: bool = True) -> Message:
        """Open an archived thread for whoever writes in it; a locked one only for those who manage threads."""
        channel = self.get_channel(message.channel_id)
        kept = channel.thread_metadata
        if kept is not None and kept.archived:
            if kept.locked and not self._manages_threads(channel, message.author_id):
                raise BackendError(403, 160005, "This thread is locked")
            self.set_archived(channel.id, False)
        return super().commit_message(message, broadcast=broadcast)

    def _manages_threads(self, channel: Channel, user_id: int) -> bool:
        assert channel.guild_id is not None
        held = self.compute_permissions(channel.guild_id, user_id, channel.id)
        return bool(held & permissions.flag("manage_threads"))

    def refuse_archived(self, channel_id: int) -> None:
        """Refuse what cannot be done in an archived thread (50083): editing, reacting, pinning."""
        kept = self.get_channel(channel_id).thread_metadata
        if kept is not None and kept.archived:
            raise BackendError(400, 50083, "Thread is archived")

    def edit_message(self, channel_id: int, message_id: int, fields: dict[str, Any]) -> Message:
        """Edit a message, but not in an archived thread."""
        self.refuse_archived(channel_id)
        return super().edit_message(channel_id, message_id, fields)

    def delete_channel(self, channel_id: int) -> None:
        """Delete a channel and its threads, of which Discord says nothing more; SimCord leaves them behind."""
        threads = [item.id for item in self.channels.values() if item.is_thread and item.parent_id == channel_id]
        super().delete_channel(channel_id)
        for thread_id in threads:
            thread = self.channels.pop(thread_id)
            self.messages.pop(thread_id, None)
            if thread.guild_id is not None and thread_id in (ids := self.get_guild(thread.guild_id).thread_ids):
                ids.remove(thread_id)
