"""A place where people write: a channel of a guild, a thread, a private conversation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from sandbox.discord.changes import Changes
from sandbox.discord.reading import SeenFile
from sandbox.discord.records import SeenMessage, SimOverwrite, SimWebhook
from sandbox.discord.world.population import Population

if TYPE_CHECKING:
    from sandbox.discord.people import SimMember

_KINDS: Final[dict[int, Literal["text", "announcement", "forum", "category", "thread"]]] = {
    0: "text",
    4: "category",
    5: "announcement",
    10: "thread",
    11: "thread",
    12: "thread",
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

    def message(self, message_id: int, viewer: "SimMember | None" = None) -> SeenMessage:
        """Return one message; LookupError where it does not stand here, or no longer."""
        message = self._world.one(self.id, message_id, viewer.id if viewer is not None else None)
        if message is None:
            raise LookupError(f"no message {message_id} in {self.name}")
        return message

    def newest(self) -> SeenMessage | None:
        """Return the newest message, None where there is none."""
        return self._world.newest(self.id)

    def deleted(self) -> list[SeenMessage]:
        """Return what was deleted here one by one or in bulk, in that order, as it last stood."""
        return self._world.deleted(self.id)

    def download(self, file: SeenFile) -> bytes:
        """Return what is in a file of a message."""
        return self._world.download(file.url)

    def beside(self, channel_id: int) -> "SimChannel":
        """Return another channel or thread by its id."""
        name = self._world.channel(channel_id).name or ""
        return SimChannel(channel_id, name, self._world, self._changes, self._bot_id)

    def threads(self) -> list["SimChannel"]:
        """Return the threads begun here, archived ones too; in a forum, its posts."""
        every = self._world.backend.channels.values()
        return [self.beside(item.id) for item in every if item.is_thread and item.parent_id == self.id]

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

    async def wait_for_newer(self, than: SeenMessage | None, *, timeout: float = 10.0) -> SeenMessage:
        """Wait for a message newer than one, and return it; looks at no other, however many stand here."""
        newest = self.newest()

        def is_newer() -> bool:
            nonlocal newest
            newest = self.newest()
            return newest is not None and (than is None or newest.id > than.id)

        await self._changes.until(is_newer, timeout)
        assert newest is not None
        return newest

    @property
    def mention(self) -> str:
        """Return what leads here in a text."""
        return f"<#{self.id}>"

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
    def kind(self) -> Literal["text", "announcement", "forum", "category", "thread", "other"]:
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
    def archived(self) -> bool:
        """Tell whether a thread has been put away."""
        kept = self._world.channel(self.id).thread_metadata
        return kept is not None and kept.archived

    @property
    def current_name(self) -> str:
        """Return what it is called now; ``name`` is what it was called when this was looked up."""
        return self._world.channel(self.id).name or ""

    @property
    def category_id(self) -> int | None:
        """Return the category it stands in; of a thread, the channel."""
        return self._world.channel(self.id).parent_id

    def overwrites(self) -> list[SimOverwrite]:
        """Return what is decided for roles and people here."""
        return self._world.overwrites(self.id)

    # ------------------------------------------------------------------ what administrators do

    def pin(self, message_id: int, *, pinned: bool = True) -> None:
        """Pin a message, or take its pin out; as the person who founded the guild."""
        self._world.pin(self.id, message_id, pinned)

    def rename(self, name: str) -> None:
        """Give it another name."""
        self._world.backend.edit_channel(self.id, {"name": name})

    def archive(self, *, locked: bool = False) -> None:
        """Put a thread away; whoever writes in it opens it again, in a locked one only those who manage threads."""
        self._world.backend.set_archived(self.id, True, locked=locked)

    def unarchive(self) -> None:
        """Open a thread again, and unlock it."""
        self._world.backend.set_archived(self.id, False, locked=False)

    def webhooks(self) -> list[SimWebhook]:
        """Return its webhooks, the oldest first."""
        return self._world.webhooks(self.id)

    def add_webhook(self, name: str) -> str:
        """Make a webhook for somebody else's program; return the path where it is executed."""
        return self._world.add_webhook(self.id, name)

    def delete_webhook(self, webhook_id: int) -> None:
        """Delete a webhook; whoever executes it then is told 10015."""
        self._world.backend.delete_webhook(webhook_id)

    def show_preview(self, message_id: int, *, title: str, url: str, partial: bool = False) -> None:
        """Unfold a link, as Discord does a moment after a message: an update that nobody's edit has caused.

        With ``partial`` the event carries the embeds and no content, as some still do.
        """
        embed = {"type": "link", "title": title, "url": url}
        self._world.show_preview(self.id, message_id, embed, partial=partial)

    def edit(self, *, topic: str | None = None, slow_seconds: int | None = None) -> None:
        """Change the topic or the slow mode, as an administrator would; None leaves it as it is."""
        wanted = {"topic": topic, "rate_limit_per_user": slow_seconds}
        changes = {name: value for name, value in wanted.items() if value is not None}
        self._world.backend.edit_channel(self.id, changes)

    def delete(self) -> None:
        """Delete the channel, as an administrator would."""
        self._world.backend.delete_channel(self.id)
