"""What tests look at afterwards: requests as they came and were answered, messages as a reader sees them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sandbox.discord.reading import Button, Menu, SeenFile, buttons_in, menus_in, readable


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
    """A message as a reader of the channel sees it; ``ephemeral`` ones are shown to one person only."""

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


@dataclass(frozen=True, slots=True)
class SimOverwrite:
    """What a role or a person may (True) and may not (False) do in a channel, by Discord's names."""

    target_id: int
    of: Literal["role", "person"]
    permissions: dict[str, bool]
