"""A place where people write: a channel of a guild, a thread, a private conversation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.discord.changes import Changes
from sandbox.discord.records import SeenMessage
from sandbox.discord.world.population import Population

if TYPE_CHECKING:
    from sandbox.discord.people import SimMember


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

    def delete(self) -> None:
        """Delete the channel, as an administrator would."""
        self._world.backend.delete_channel(self.id)
