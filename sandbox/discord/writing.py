"""What a person does with messages on the simulated Discord."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.discord.carried import SimFile, SimPoll, SimSticker
from sandbox.discord.changes import Changes
from sandbox.discord.channels import SimChannel
from sandbox.discord.reading import SeenFile
from sandbox.discord.world.deeds import attached
from sandbox.discord.world.population import Population

Attached = Sequence[tuple[str, bytes] | SimFile]


@dataclass(frozen=True, slots=True)
class Writer:
    """Write, and do something to what was written, with a person's permissions.

    Raises BackendError with Discord's own code where that does not go.
    """

    id: int
    name: str
    guild_id: int
    locale: str
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)

    @property
    def mention(self) -> str:
        """Return what calls this person in a text."""
        return f"<@{self.id}>"

    async def say(
        self,
        channel: SimChannel,
        text: str = "",
        *,
        reply_to: int | None = None,
        ping_reply: bool = True,
        files: Attached = (),
        stickers: Sequence[SimSticker] = (),
        poll: SimPoll | None = None,
    ) -> int:
        """Post a message and return its id; ``ping_reply`` is whether an answer notifies whom it answers."""
        return self._world.say(
            self.id,
            channel.id,
            text,
            reply_to=reply_to,
            ping_reply=ping_reply,
            files=attached(files),
            stickers=stickers,
            poll=poll,
        )

    async def say_voice(
        self, channel: SimChannel, data: bytes, *, seconds: float, waveform: bytes = bytes(16)
    ) -> int:
        """Post a voice message and return its id; ``waveform`` holds loudnesses of 0 to 255."""
        return self._world.say_voice(self.id, channel.id, data, seconds, waveform)

    async def forward(self, channel: SimChannel, message_id: int, to: SimChannel) -> int:
        """Forward a message to another channel and return the id of the copy."""
        return self._world.forward(self.id, channel.id, message_id, to.id)

    async def edit(
        self, channel: SimChannel, message_id: int, text: str, *, drop_files: Sequence[str] = ()
    ) -> None:
        """Edit an own message, and take files out of it by their names."""
        self._world.edit(self.id, channel.id, message_id, text, drop_files)

    async def delete(self, channel: SimChannel, message_id: int) -> None:
        """Delete a message."""
        self._world.delete(self.id, channel.id, message_id)

    async def bulk_delete(self, channel: SimChannel, message_ids: Sequence[int]) -> None:
        """Delete many messages at once, as only moderators may."""
        self._world.bulk_delete(self.id, channel.id, message_ids)

    async def type(self, channel: SimChannel) -> None:
        """Be seen writing."""
        self._world.start_typing(self.id, channel.id)

    # ------------------------------------------------------------------ to anybody's messages

    async def react(self, channel: SimChannel, message_id: int, emoji: str) -> None:
        """Add a reaction: an emoji, or ``SimEmoji.reaction`` for a guild's own."""
        self._world.react(self.id, channel.id, message_id, emoji, on=True)

    async def unreact(self, channel: SimChannel, message_id: int, emoji: str) -> None:
        """Take a reaction back."""
        self._world.react(self.id, channel.id, message_id, emoji, on=False)

    async def pin(self, channel: SimChannel, message_id: int) -> None:
        """Pin a message, where they may."""
        self._world.pin(channel.id, message_id, True, user_id=self.id)

    async def unpin(self, channel: SimChannel, message_id: int) -> None:
        """Take the pin out of a message."""
        self._world.pin(channel.id, message_id, False, user_id=self.id)

    async def vote(self, channel: SimChannel, message_id: int, *answers: str | int) -> None:
        """Vote in a poll: answers by their text, or their number from 1."""
        self._world.vote(self.id, channel.id, message_id, answers, on=True)

    async def unvote(self, channel: SimChannel, message_id: int, *answers: str | int) -> None:
        """Take votes back."""
        self._world.vote(self.id, channel.id, message_id, answers, on=False)

    async def end_poll(self, channel: SimChannel, message_id: int) -> None:
        """End an own poll before its time."""
        self._world.end_poll(self.id, channel.id, message_id)

    async def download(self, file: SeenFile) -> bytes:
        """Return what is in a file of a message."""
        return self._world.download(file.url)

    # ------------------------------------------------------------------ threads

    async def start_thread(
        self, channel: SimChannel, name: str, *, message_id: int | None = None, private: bool = False
    ) -> SimChannel:
        """Begin a thread, from a message or from nothing, and return it."""
        thread_id = self._world.start_thread(self.id, channel.id, name, message_id, private=private)
        return channel.beside(thread_id)

    async def post(
        self, forum: SimChannel, title: str, text: str = "", *, files: Attached = (), tags: Sequence[str] = ()
    ) -> SimChannel:
        """Post in a forum and return the thread; its first message has the same id."""
        return forum.beside(self._world.post(self.id, forum.id, title, text, files=attached(files), tags=tags))
