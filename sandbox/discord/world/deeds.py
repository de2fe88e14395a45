"""What people do with messages, each with the permissions a person needs for it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simcord.backend import errors, serializers
from simcord.backend.errors import SetupError
from simcord.backend.models import AllowedMentions, MessageSticker, Poll, PollAnswer
from simcord.backend.models import Message as StoredMessage
from simcord.enums import ChannelType

from sandbox.discord.carried import SimFile, SimPoll, SimSticker
from sandbox.discord.world.backend import WireBackend

FORMATS = {"png": 1, "apng": 2, "lottie": 3, "gif": 4}
_VOICE = 1 << 13
_MOST_FILES = 10


@dataclass(slots=True)
class Deeds:
    """Act as a person, named by their id. BackendError is what Discord would answer them."""

    backend: WireBackend

    # ------------------------------------------------------------------ writing

    def say(
        self,
        user_id: int,
        channel_id: int,
        text: str,
        *,
        reply_to: int | None = None,
        ping_reply: bool = True,
        files: Sequence[SimFile] = (),
        stickers: Sequence[SimSticker] = (),
        poll: SimPoll | None = None,
    ) -> int:
        """Post a message; return its id."""
        self._may_write(user_id, channel_id, files)
        reference = {"message_id": str(reply_to)} if reply_to is not None else None
        message = self.backend.create_message(
            channel_id,
            user_id,
            text,
            reference=reference,
            attachments=self._stored(channel_id, files),
            stickers=[self._sticker(item) for item in stickers],
            poll=self._poll(poll) if poll is not None else None,
            allowed_mentions=AllowedMentions(replied_user=ping_reply),
        )
        return message.id

    def say_voice(self, user_id: int, channel_id: int, data: bytes, seconds: float, waveform: bytes) -> int:
        """Post a voice message; ``waveform`` holds up to 256 loudnesses of 0 to 255 (message.mdx)."""
        file = SimFile("voice-message.ogg", data)
        self._may_write(user_id, channel_id, [file])
        [stored] = self._stored(channel_id, [file])
        stored |= {
            "content_type": "audio/ogg",
            "duration_secs": seconds,
            "waveform": base64.b64encode(waveform).decode(),
        }
        return self.backend.create_message(channel_id, user_id, "", attachments=[stored], flags=_VOICE).id

    def forward(self, user_id: int, channel_id: int, message_id: int, to_channel_id: int) -> int:
        """Forward a message; return the id of the copy. SetupError for a message that was itself forwarded."""
        reference = {"type": 1, "channel_id": str(channel_id), "message_id": str(message_id)}
        try:
            return self.backend.create_message(to_channel_id, user_id, reference=reference).id
        except NotImplementedError as gap:
            raise SetupError(str(gap)) from gap

    def edit(
        self, user_id: int, channel_id: int, message_id: int, text: str, drop_files: Sequence[str] = ()
    ) -> None:
        """Edit a person's own message."""
        message = self.backend.get_message(channel_id, message_id)
        if message.author_id != user_id:
            raise PermissionError("people edit only their own messages")
        changes: dict[str, Any] = {"content": text}
        if drop_files:
            changes["attachments"] = [item for item in message.attachments if item["filename"] not in drop_files]
        self.backend.edit_message(channel_id, message_id, changes)

    def delete(self, user_id: int, channel_id: int, message_id: int) -> None:
        """Delete a message: one's own, or another's with the permission for it."""
        message = self.backend.get_message(channel_id, message_id)
        if message.author_id != user_id:
            self._need(user_id, channel_id, "manage_messages")
        self.backend.delete_message(channel_id, message_id)

    def bulk_delete(self, user_id: int, channel_id: int, message_ids: Sequence[int]) -> None:
        """Delete many messages at once, as a moderator."""
        self._need(user_id, channel_id, "manage_messages")
        self.backend.bulk_delete_messages(channel_id, message_ids)

    def start_typing(self, user_id: int, channel_id: int) -> None:
        """Show that somebody is writing."""
        self._may_write(user_id, channel_id)
        payload: dict[str, Any] = {
            "channel_id": str(channel_id),
            "user_id": str(user_id),
            "timestamp": int(self.backend.clock.now().timestamp()),
        }
        guild_id = self.backend.get_channel(channel_id).guild_id
        if guild_id is not None:
            guild = self.backend.get_guild(guild_id)
            member = serializers.member_payload(self.backend, guild, guild.members[user_id])
            payload |= {"guild_id": str(guild_id), "member": member}
        self.backend.emit("TYPING_START", payload)

    # ------------------------------------------------------------------ to messages of anybody

    def react(self, user_id: int, channel_id: int, message_id: int, emoji: str, *, on: bool) -> None:
        """Add a reaction or take it back."""
        self.backend.refuse_archived(channel_id)
        self.backend.set_reaction(channel_id, message_id, emoji, user_id, on)

    def pin(self, channel_id: int, message_id: int, pinned: bool, *, user_id: int | None = None) -> None:
        """Pin a message or take its pin out; without a person, as the guild's owner."""
        self.backend.refuse_archived(channel_id)
        if user_id is not None:
            self._need(user_id, channel_id, "pin_messages")
        guild_id = self.backend.get_channel(channel_id).guild_id
        owner = self.backend.get_guild(guild_id).owner_id if guild_id is not None else None
        self.backend.set_pinned(channel_id, message_id, pinned, actor_id=user_id or owner)

    def vote(
        self, user_id: int, channel_id: int, message_id: int, answers: Sequence[str | int], *, on: bool
    ) -> None:
        """Vote in a poll or take votes back; answers by their text, or their number from 1."""
        poll = self.backend.get_message(channel_id, message_id).poll
        if poll is None:
            raise SetupError("that message is no poll")
        known = {answer.text: answer.answer_id for answer in poll.answers}
        for answer in answers:
            chosen = answer if isinstance(answer, int) else known[answer]
            change = self.backend.add_poll_vote if on else self.backend.remove_poll_vote
            change(channel_id, message_id, chosen, user_id)

    def end_poll(self, user_id: int, channel_id: int, message_id: int) -> None:
        """End one's own poll before its time."""
        if self.backend.get_message(channel_id, message_id).author_id != user_id:
            raise errors.cannot_edit_other_user()
        self.backend.expire_poll(channel_id, message_id)

    # ------------------------------------------------------------------ threads

    def start_thread(
        self, user_id: int, channel_id: int, name: str, message_id: int | None, *, private: bool
    ) -> int:
        """Begin a thread from a message or from nothing; return its id."""
        self._need(user_id, channel_id, "create_private_threads" if private else "create_public_threads")
        kind = ChannelType.PRIVATE_THREAD if private else ChannelType.PUBLIC_THREAD
        return self.backend.create_thread(channel_id, name, user_id, type=kind, message_id=message_id).id

    def post(
        self, user_id: int, forum_id: int, title: str, text: str, *, files: Sequence[SimFile], tags: Sequence[str]
    ) -> int:
        """Post in a forum; return the id of the thread, which is also that of its first message."""
        self._need(user_id, forum_id, "send_messages", *(["attach_files"] if files else []))
        ids = {str(tag["name"]): int(tag["id"]) for tag in self.backend.get_channel(forum_id).available_tags}
        starter: StoredMessage = self.backend.prepare_message(
            forum_id, user_id, text, attachments=[{"filename": file.name} for file in files]
        )
        uploads = [(_name(file), file.data, file.description) for file in files]
        thread, _ = self.backend.create_forum_post(
            forum_id, title, starter, uploads=uploads, applied_tags=[ids[tag] for tag in tags]
        )
        return thread.id

    # ------------------------------------------------------------------ what it takes

    def _need(self, user_id: int, channel_id: int, *permissions: str) -> None:
        guild_id = self.backend.get_channel(channel_id).guild_id
        self.backend.require_permissions(guild_id, user_id, channel_id, *permissions)

    def _may_write(self, user_id: int, channel_id: int, files: Sequence[SimFile] = ()) -> None:
        channel = self.backend.get_channel(channel_id)
        if channel.type in (ChannelType.FORUM, ChannelType.CATEGORY):
            raise errors.cannot_execute_on_channel_type()
        speak = "send_messages_in_threads" if channel.is_thread else "send_messages"
        self._need(user_id, channel_id, speak, *(["attach_files"] if files else []))
        if len(files) > _MOST_FILES:
            raise errors.invalid_form_body("files: Must be 10 or fewer")

    def _stored(self, channel_id: int, files: Sequence[SimFile]) -> list[dict[str, Any]]:
        return [
            self.backend.wire_cdn.store_attachment(
                self.backend.snowflake(), channel_id, _name(file), file.data, file.description
            )
            for file in files
        ]

    def _sticker(self, sticker: SimSticker) -> MessageSticker:
        for guild in self.backend.guilds.values():
            if (found := guild.stickers.get(sticker.id)) is not None:
                return MessageSticker(found.id, found.name, found.format_type, guild.id, found.url)
        raise errors.unknown_sticker()

    def _poll(self, poll: SimPoll) -> Poll:
        return Poll(
            question=poll.question,
            answers=[PollAnswer(number, text) for number, text in enumerate(poll.answers, start=1)],
            expiry=self.backend.iso_after(poll.hours * 3600),
            allow_multiselect=poll.several,
        )


def attached(files: Sequence[tuple[str, bytes] | SimFile]) -> list[SimFile]:
    """Return files as such, where they may have been given as pairs of a name and the bytes."""
    return [file if isinstance(file, SimFile) else SimFile(*file) for file in files]


def _name(file: SimFile) -> str:
    return f"SPOILER_{file.name}" if file.spoiler else file.name
