"""A place where people write: a channel of a guild, a thread, a private conversation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from sandbox.discord.changes import Changes
from sandbox.discord.records import SeenMessage, SimOverwrite
from sandbox.discord.world.population import Population

if TYPE_CHECKING:
    from sandbox.discord.people import SimMember

_KINDS: Final[dict[int, Literal["text", "announcement", "forum", "category"]]] = {
    0: "text",
    4: "category",
    5: "announcement",
    15: "forum",
}


@dataclass(frozen=True, slots=True)
class SimChannel:
    """A channel of a guild, a thread, or a private conversation."""

    id: int
    name: str
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)
    _bot_id: int = field(repr=False)

    @property
    def channel_id(self) -> int:
        """Return the id, under the name by which an option of a command knows a channel."""
        return self.id

    def messages(self, viewer: "SimMember | None" = None) -> list[SeenMessage]:
        """Return what stands in the channel, oldest first; with a viewer, also what only they see."""
        return self._world.seen(self.id, viewer.id if viewer is not None else None)

    async def wait_for(
        self,
        condition: Callable[[list[SeenMessage]], bool],
        *,
        viewer: "SimMember | None" = None,
        timeout: float = 10.0,
    ) -> list[SeenMessage]:
        """Wait until the messages satisfy ``condition``, and return them."""
        await self._changes.until(lambda: condition(self.messages(viewer)), timeout)
        return self.messages(viewer)

    def lets(self, person: "SimMember", permission: str = "view_channel") -> bool:
        """Tell whether a person may do something here, by Discord's name of it; at first, see the channel."""
        return self._world.lets(self.id, person.id, permission)

    def set_bot_permissions(self, **names: bool | None) -> None:
        """Allow, deny or leave to the role (None) what the bot may do in this channel."""
        self._world.overwrite(self.id, self._bot_id, names)

    def set_role_permissions(self, role_id: int, **names: bool | None) -> None:
        """Allow, deny or leave alone (None) what a role may do here; the guild's id stands for everyone."""
        self._world.overwrite(self.id, role_id, names, role=True)

    # ------------------------------------------------------------------ how it is made

    @property
    def kind(self) -> Literal["text", "announcement", "forum", "category", "other"]:
        """Return what kind of channel it is."""
        return _KINDS.get(self._world.channel(self.id).type, "other")

    @property
    def topic(self) -> str:
        """Return its topic, or a forum's guidelines; empty where there is none."""
        return self._world.channel(self.id).topic or ""

    @property
    def slow_seconds(self) -> int:
        """Return how long people wait between messages."""
        return self._world.channel(self.id).rate_limit_per_user

    @property
    def tags(self) -> list[str]:
        """Return the tags of a forum."""
        return [str(tag["name"]) for tag in self._world.channel(self.id).available_tags]

    @property
    def category_id(self) -> int | None:
        """Return the category it stands in."""
        return self._world.channel(self.id).parent_id

    def overwrites(self) -> list[SimOverwrite]:
        """Return what is decided for roles and people here."""
        return self._world.overwrites(self.id)

    # ------------------------------------------------------------------ what administrators do

    def pin(self, message_id: int, *, pinned: bool = True) -> None:
        """Pin a message, or take its pin out; as the person who founded the guild."""
        self._world.pin(self.id, message_id, pinned)

    def edit(self, *, topic: str | None = None, slow_seconds: int | None = None) -> None:
        """Change the topic or the slow mode, as an administrator would; None leaves it as it is."""
        wanted = {"topic": topic, "rate_limit_per_user": slow_seconds}
        changes = {name: value for name, value in wanted.items() if value is not None}
        self._world.backend.edit_channel(self.id, changes)

    def delete(self) -> None:
        """Delete the channel, as an administrator would."""
        self._world.backend.delete_channel(self.id)
