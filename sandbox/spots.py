"""One place of a conversation as the people in it have it: what they do there, and what they read.

A channel with its threads and a room look alike here, so that the ends of one conversation can be compared. Whoever
needs what only one platform has finds it in :attr:`Seen.raw`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.discord import SeenMessage, SimChannel, SimFile, SimMember
from sandbox.matrix import MatrixPerson, ShownMessage

SECONDS = 30.0
_QUOTED = re.compile(
    r"-# ↪ (?:\[(?P<author>.+?)\]\(<https://discord\.com/channels/\d+/\d+/(?P<ref>\d+)>\)|\S+)(?: (?P<words>.*))?"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a reader at one place sees it.

    `copied`: the bot said it there in its author's name. `answers` is what it answers at the same place, `quoted`
    how that reads in a line above it, where the platform cannot show it. `silent`: it has never notified anybody.
    `files` are the names of what came with it, `alt` describes the first of them.
    """

    ref: str
    author: str
    text: str
    copied: bool
    raw: SeenMessage | ShownMessage = field(repr=False)
    answers: str | None = None
    quoted: str | None = None
    thread: str | None = None
    reactions: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    alt: str | None = None
    edited: bool = False
    pinned: bool = False
    silent: bool = True


Condition = Callable[[list[Seen]], bool]


class Spot(Protocol):
    """A channel or a room. Messages are named by their ids there; `by` says which of the people acts."""

    async def now(self) -> list[Seen]:
        """Return what stands there, oldest first; what stands in a channel's threads comes last."""

    async def until(self, condition: Condition, *, seconds: float = SECONDS) -> list[Seen]:
        """Wait until what stands there is as wanted, and return it. Raises TimeoutError."""

    async def say(self, text: str, *, answers: str | None = None, thread: str | None = None, by: int = 0) -> str:
        """Say something, as an answer or in a thread where that is wished; return its id."""

    async def hand_over(self, file: SimFile, *, text: str = "", by: int = 0) -> str:
        """Say something with a file; return its id."""

    async def edit(self, ref: str, text: str, *, by: int = 0) -> None:
        """Change an own message."""

    async def delete(self, ref: str, *, by: int = 0) -> None:
        """Take an own message away."""

    async def react(self, ref: str, emoji: str, *, by: int = 0) -> None:
        """React to anybody's message."""

    async def unreact(self, ref: str, emoji: str, *, by: int = 0) -> None:
        """Take a reaction back."""

    async def begin_thread(self, ref: str, text: str, *, name: str = "", by: int = 0) -> str:
        """Say something in a thread that hangs from a message; return the thread."""

    async def download(self, seen: Seen) -> list[bytes]:
        """Return what is in a message's files."""


class DiscordSpot:
    """A channel, or a forum, with its threads."""

    def __init__(self, channel: SimChannel, people: Sequence[SimMember], bot_id: int) -> None:
        self.channel = channel
        self.people = people
        self._bot_id = bot_id

    def _places(self) -> list[SimChannel]:
        return [self.channel, *self.channel.threads()]

    def _seen(self) -> list[Seen]:
        return [
            _read_discord(message)
            for place in self._places()
            for message in place.messages()
            # what the bot says for itself is no copy of anything
            if not message.is_system and message.author_id != self._bot_id
        ]

    def place_of(self, ref: str) -> SimChannel:
        """Return the channel or thread in which something stands. Raises LookupError."""
        for place in self._places():
            if any(message.id == int(ref) for message in place.messages()):
                return place
        raise LookupError(ref)

    async def now(self) -> list[Seen]:
        return self._seen()

    async def until(self, condition: Condition, *, seconds: float = SECONDS) -> list[Seen]:
        await self.channel.wait_for(lambda _: condition(self._seen()), timeout=seconds)
        return self._seen()

    async def say(self, text: str, *, answers: str | None = None, thread: str | None = None, by: int = 0) -> str:
        place = self.channel.beside(int(thread)) if thread is not None else self.channel
        reply_to = int(answers) if answers is not None else None
        return str(await self.people[by].say(place, text, reply_to=reply_to))

    async def hand_over(self, file: SimFile, *, text: str = "", by: int = 0) -> str:
        return str(await self.people[by].say(self.channel, text, files=[file]))

    async def edit(self, ref: str, text: str, *, by: int = 0) -> None:
        await self.people[by].edit(self.place_of(ref), int(ref), text)

    async def delete(self, ref: str, *, by: int = 0) -> None:
        await self.people[by].delete(self.place_of(ref), int(ref))

    async def react(self, ref: str, emoji: str, *, by: int = 0) -> None:
        await self.people[by].react(self.place_of(ref), int(ref), emoji)

    async def unreact(self, ref: str, emoji: str, *, by: int = 0) -> None:
        await self.people[by].unreact(self.place_of(ref), int(ref), emoji)

    async def begin_thread(self, ref: str, text: str, *, name: str = "", by: int = 0) -> str:
        # a thread has the id of the message from which it hangs; it may have been begun already
        begun = next((each for each in self.channel.threads() if str(each.id) == ref), None)
        thread = begun or await self.people[by].start_thread(self.channel, name or text, message_id=int(ref))
        await self.people[by].say(thread, text)
        return str(thread.id)

    async def download(self, seen: Seen) -> list[bytes]:
        assert isinstance(seen.raw, SeenMessage)
        return [self.channel.download(file) for file in seen.raw.files]


class MatrixSpot:
    """A room; `reader` is anybody in it."""

    def __init__(self, room: str, people: Sequence[MatrixPerson], reader: MatrixPerson, bot_user_id: str) -> None:
        self.room = room
        self.people = people
        self.reader = reader
        self._bot_user_id = bot_user_id

    def _seen(self, shown: Sequence[ShownMessage]) -> list[Seen]:
        return [
            _read_matrix(message, copied=message.sender == self._bot_user_id)
            for message in shown
            if not message.redacted and (message.sender != self._bot_user_id or message.profile is not None)
        ]

    async def now(self) -> list[Seen]:
        return self._seen(await self.reader.shown(self.room))

    async def until(self, condition: Condition, *, seconds: float = SECONDS) -> list[Seen]:
        shown = await self.reader.wait_until_shown(
            self.room, lambda shown: condition(self._seen(shown)), timeout=seconds
        )
        return self._seen(shown)

    async def say(self, text: str, *, answers: str | None = None, thread: str | None = None, by: int = 0) -> str:
        person = self.people[by]
        if thread is not None:
            return await person.reply_in_thread(self.room, thread, text, reply_to=answers)
        if answers is not None:
            return await person.reply(self.room, answers, text)
        return await person.say(self.room, text)

    async def hand_over(self, file: SimFile, *, text: str = "", by: int = 0) -> str:
        return await self.people[by].send_image(
            self.room,
            file.name,
            file.data,
            kind="image/jpeg" if file.name.endswith(".jpg") else "image/png",
            caption=text or None,
            alt=file.description,
            spoiler=file.spoiler,
        )

    async def edit(self, ref: str, text: str, *, by: int = 0) -> None:
        await self.people[by].edit(self.room, ref, text)

    async def delete(self, ref: str, *, by: int = 0) -> None:
        await self.people[by].redact(self.room, ref)

    async def react(self, ref: str, emoji: str, *, by: int = 0) -> None:
        await self.people[by].react(self.room, ref, emoji)

    async def unreact(self, ref: str, emoji: str, *, by: int = 0) -> None:
        await self.people[by].unreact(self.room, ref, emoji)

    async def begin_thread(self, ref: str, text: str, *, name: str = "", by: int = 0) -> str:
        await self.people[by].reply_in_thread(self.room, ref, text)
        return ref

    async def download(self, seen: Seen) -> list[bytes]:
        assert isinstance(seen.raw, ShownMessage)
        return [await self.reader.download(seen.raw)] if seen.raw.media is not None else []


def _read_discord(message: SeenMessage) -> Seen:
    first, _, rest = message.content.partition("\n")
    quoted = _QUOTED.fullmatch(first) if message.webhook_id is not None else None
    answered = quoted["ref"] if quoted is not None else message.reply_to
    return Seen(
        ref=str(message.id),
        author=message.author_name,
        text=message.content if quoted is None else rest,
        copied=message.webhook_id is not None,
        raw=message,
        answers=str(answered) if answered is not None else None,
        quoted=quoted["words"] if quoted is not None else None,
        thread=str(message.in_thread) if message.in_thread is not None else None,
        reactions=message.reactions,
        files=tuple(file.name for file in message.files),
        alt=message.files[0].description if message.files else None,
        edited=message.edited,
        pinned=message.pinned,
        silent=message.pinged_nobody,
    )


def _read_matrix(message: ShownMessage, *, copied: bool) -> Seen:
    media = message.media
    return Seen(
        ref=message.event_id,
        author=message.name or message.sender,
        # without a caption the body is no more than the file's name
        text=message.text if media is None or media.name != message.text else "",
        copied=copied,
        raw=message,
        answers=message.reply_to,
        thread=message.thread,
        reactions={key: len(senders) for key, senders in message.reactions.items()},
        files=(media.name,) if media is not None else (),
        alt=media.alt if media is not None else None,
        edited=message.edited,
        pinned=message.pinned,
        silent=not message.mentions and not message.mentions_room,
    )
