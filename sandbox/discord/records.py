"""What tests look at afterwards: requests as they came and were answered, messages as a reader sees them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.discord.carried import SeenForward, SeenPoll, SimSticker
from sandbox.discord.reading import Button, Menu, SeenFile, buttons_in, menus_in, readable

_VOICE = 1 << 13
_SAID = frozenset({0, 19, 20, 23})  # said, an answer, what two kinds of command answered


@dataclass(slots=True)
class RequestRecord:
    """One REST request and what became of it.

    ``path`` has no ``/api/v10``; ``template`` has ``{id}`` and ``{token}`` in the place of values.
    ``status`` is None while it is in the works, and for an answer or request that a fault lost.
    ``took_effect`` tells whether the world has seen it. Times are monotonic seconds.
    """

    method: str
    path: str
    template: str
    params: dict[str, str]
    started: float
    json: Any = None
    files: tuple[str, ...] = ()
    authorized: bool = False
    status: int | None = None
    response: Any = None
    took_effect: bool = False
    fault: str | None = None
    finished: float | None = None


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message as a reader of the channel sees it; ``ephemeral`` ones are shown to one person only.

    ``author_avatar`` is the address a webhook gave, or the picture's path on the CDN. ``channel_id`` is where it
    stands: a thread has a channel's id of its own, which ``in_thread`` repeats. ``thread_id`` is the thread that
    was begun from it. ``pinged_…`` is whom it has ever notified, with all its edits, whatever its text shows.
    ``deleted_at`` is set only in ``SimChannel.deleted()``.
    """

    id: int
    author_name: str
    author_id: int
    webhook_id: int | None
    content: str
    created_at: datetime
    edited_at: datetime | None
    reply_to: int | None
    attachments: tuple[str, ...]
    reactions: dict[str, int]
    ephemeral: bool = False
    pinned: bool = False
    files: tuple[SeenFile, ...] = ()
    embeds: tuple[dict[str, Any], ...] = ()
    components: tuple[dict[str, Any], ...] = ()
    channel_id: int = 0
    type: int = 0
    flags: int = 0
    author_avatar: str | None = None
    reactors: dict[str, tuple[int, ...]] = field(default_factory=dict)
    stickers: tuple[SimSticker, ...] = ()
    poll: SeenPoll | None = None
    forwarded: SeenForward | None = None
    in_thread: int | None = None
    thread_id: int | None = None
    pinged_people: frozenset[int] = frozenset()
    pinged_roles: frozenset[int] = frozenset()
    pinged_everyone: bool = False
    deleted_at: datetime | None = None

    @property
    def edited(self) -> bool:
        """Tell whether it shows as edited."""
        return self.edited_at is not None

    @property
    def deleted(self) -> bool:
        """Tell whether it is gone."""
        return self.deleted_at is not None

    @property
    def pinged_nobody(self) -> bool:
        """Tell whether it has never notified anybody."""
        return not (self.pinged_people or self.pinged_roles or self.pinged_everyone)

    @property
    def is_voice(self) -> bool:
        """Tell whether it is a voice message."""
        return bool(self.flags & _VOICE)

    @property
    def is_system(self) -> bool:
        """Tell whether Discord wrote it, about something that happened: a pin, a thread, the end of a poll."""
        return self.type not in _SAID

    @property
    def text(self) -> str:
        """Return all its words: content, embeds, layout, and the names of its files in brackets."""
        return readable(self.content, self.embeds, self.components, self.files)

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return its buttons, from top to bottom."""
        return buttons_in(self.components)

    @property
    def menus(self) -> tuple[Menu, ...]:
        """Return its menus, from top to bottom."""
        return menus_in(self.components)


@dataclass(frozen=True, slots=True)
class SimCommand:
    """A command as one person is offered it.

    ``name`` is what the bot hears (``"me language"``), ``shown`` the same in the person's language. ``kind`` says
    where it is found: typed, or in the menu of a person or of a message.
    """

    name: str
    shown: str
    description: str
    kind: Literal["typed", "person", "message"]


@dataclass(frozen=True, slots=True)
class SimRole:
    """A role of a guild; ``permissions`` are those it gives, by Discord's names. Higher positions come first."""

    id: int
    name: str
    position: int
    permissions: frozenset[str]
    color: int = 0
    hoisted: bool = False
    mentionable: bool = False

    @property
    def mention(self) -> str:
        """Return what calls everybody who has it, where the writer may."""
        return f"<@&{self.id}>"


@dataclass(frozen=True, slots=True)
class SimOverwrite:
    """What a role or a person may (True) and may not (False) do in a channel, by Discord's names."""

    target_id: int
    of: Literal["role", "person"]
    permissions: dict[str, bool]


@dataclass(frozen=True, slots=True)
class SimWebhook:
    """A webhook of a channel; ``of_bot`` tells whether the bot has made it."""

    id: int
    name: str
    channel_id: int
    of_bot: bool
