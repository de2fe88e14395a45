"""The simulated network's places and people, as tests and the sandbox's script use them."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.discord.records import SeenMessage
from sandbox.discord.world.population import InteractionResult, Population

if TYPE_CHECKING:
    from collections.abc import Callable


class Changes:
    """Let many wait for anything to happen.

    ``count`` counts what has changed in the world; a request that changed nothing wakes those who wait, too.
    """

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def note(self) -> None:
        """Say that the world has changed."""
        self.count += 1
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next thing to happen."""
        await self._next.wait()

    async def until(self, condition: "Callable[[], bool]", timeout: float = 10.0) -> None:
        """Wait until ``condition`` holds; raise TimeoutError after ``timeout`` seconds."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self._next.wait()


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
        condition: "Callable[[list[SeenMessage]], bool]",
        *,
        viewer: "SimMember | None" = None,
        timeout: float = 10.0,
    ) -> list[SeenMessage]:
        """Wait until the messages satisfy ``condition``, and return them."""
        await self._changes.until(lambda: condition(self.messages(viewer)), timeout)
        return self.messages(viewer)

    def set_bot_permissions(self, **names: bool | None) -> None:
        """Allow, deny or leave to the role (None) what the bot may do in this channel."""
        self._world.overwrite(self.id, self._bot_id, names)

    def delete(self) -> None:
        """Delete the channel, as an administrator would."""
        self._world.backend.delete_channel(self.id)


@dataclass(frozen=True, slots=True)
class SimAnswer:
    """What the bot has answered to a command, a press or a form, so far."""

    _result: InteractionResult = field(repr=False)
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)

    @property
    def acknowledged(self) -> bool:
        """Tell whether the bot has answered within Discord's three seconds."""
        return bool(self._result.acknowledged)

    @property
    def ephemeral(self) -> bool:
        """Tell whether only this person sees the answer."""
        return bool(self._result.ephemeral)

    @property
    def message_id(self) -> int | None:
        """Return the id of the answer's message, None while there is none."""
        response = self._result.response
        return response.id if response is not None else None

    @property
    def content(self) -> str:
        """Return the text of the answer, empty while there is none."""
        response = self._result.response
        return response.content if response is not None else ""

    @property
    def components(self) -> list[dict[str, Any]]:
        """Return the answer's buttons and menus, as Discord sends them."""
        response = self._result.response
        return response.components if response is not None else []

    @property
    def embeds(self) -> list[dict[str, Any]]:
        """Return the answer's embeds, as Discord sends them."""
        response = self._result.response
        return [dict(embed.to_dict()) for embed in response.embeds] if response is not None else []

    @property
    def modal(self) -> dict[str, Any] | None:
        """Return the form the bot has opened, if it has."""
        return self._result.modal

    @property
    def followups(self) -> list[str]:
        """Return the texts of what the bot has sent after its first answer."""
        return [message.content for message in self._result.followups]

    async def wait_for(self, condition: "Callable[[SimAnswer], bool]", timeout: float = 10.0) -> "SimAnswer":
        """Wait until the answer satisfies ``condition``: a deferred one comes later."""
        await self._changes.until(lambda: condition(self), timeout)
        return self


@dataclass(frozen=True, slots=True)
class SimMember:
    """A person in a guild. The same person may be in several: ``SimGuild.admit``."""

    id: int
    name: str
    guild_id: int
    locale: str
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)

    @property
    def person_id(self) -> int:
        """Return the id, under the name by which an option of a command knows a person."""
        return self.id

    async def say(
        self,
        channel: SimChannel,
        text: str = "",
        *,
        reply_to: int | None = None,
        files: tuple[tuple[str, bytes], ...] = (),
    ) -> int:
        """Post a message and return its id; ``files`` are pairs of a name and the bytes."""
        return self._world.say(self.id, channel.id, text, reply_to=reply_to, files=files)

    async def edit(self, channel: SimChannel, message_id: int, text: str) -> None:
        """Edit an own message."""
        self._world.edit(self.id, channel.id, message_id, text)

    async def delete(self, channel: SimChannel, message_id: int) -> None:
        """Delete a message."""
        self._world.delete(self.id, channel.id, message_id)

    async def react(self, channel: SimChannel, message_id: int, emoji: str) -> None:
        """Add a reaction: an emoji, or ``name:id`` for a guild's own."""
        self._world.react(self.id, channel.id, message_id, emoji, on=True)

    async def unreact(self, channel: SimChannel, message_id: int, emoji: str) -> None:
        """Take a reaction back."""
        self._world.react(self.id, channel.id, message_id, emoji, on=False)

    def private_channel(self) -> SimChannel:
        """Return the private conversation with the bot."""
        channel_id = self._world.private_channel(self.id)
        return SimChannel(channel_id, "private", self._world, self._changes, self._world.backend.bot_user.id)

    def accept_private_messages(self, accept: bool) -> None:
        """Let the bot write privately, or have it told 50007."""
        closed = self._world.backend.closed_dms
        (closed.discard if accept else closed.add)(self.id)

    async def slash(self, channel: SimChannel, command: str, /, **options: Any) -> SimAnswer:
        """Run a slash command as typed, ``"space join"`` for a subcommand; wait for the first answer.

        Values may be SimMember and SimChannel where the command asks for a user or a channel.
        """
        values = {name: self._world.option(self.guild_id, value) for name, value in options.items()}
        actor = self._world.actor(self.id, self.guild_id)
        result = await actor.slash(self._world.handle(channel.id), command, **values)
        return SimAnswer(result, self._world, self._changes)

    async def suggestions(
        self, channel: SimChannel, command: str, option: str, typed: str, /, **filled: Any
    ) -> list[dict[str, Any]]:
        """Return what the bot suggests while an option is being typed."""
        actor = self._world.actor(self.id, self.guild_id)
        handle = self._world.handle(channel.id)
        choices: list[dict[str, Any]] = await actor.autocomplete(handle, command, option, typed, **filled)
        return choices

    async def click(
        self, channel: SimChannel, message_id: int, *, label: str | None = None, custom_id: str | None = None
    ) -> SimAnswer:
        """Press the one button with this label or custom id."""
        message = self._world.message(channel.id, message_id)
        result = await self._world.actor(self.id, self.guild_id).click(message, label=label, custom_id=custom_id)
        return SimAnswer(result, self._world, self._changes)

    async def choose(
        self, channel: SimChannel, message_id: int, values: list[Any], *, custom_id: str | None = None
    ) -> SimAnswer:
        """Choose from a menu: texts, or SimMember and SimChannel."""
        chosen = [self._world.option(self.guild_id, value) for value in values]
        message = self._world.message(channel.id, message_id)
        result = await self._world.actor(self.id, self.guild_id).select(message, chosen, custom_id=custom_id)
        return SimAnswer(result, self._world, self._changes)

    async def submit(self, form: SimAnswer, values: dict[str, Any]) -> SimAnswer:
        """Fill in the form that an answer has opened, by custom id, and send it."""
        result = await self._world.actor(self.id, self.guild_id).submit_modal(form._result, values)
        return SimAnswer(result, self._world, self._changes)

    async def leave(self) -> None:
        """Leave the guild."""
        self._world.backend.remove_member(self.guild_id, self.id)


@dataclass(frozen=True, slots=True)
class SimGuild:
    """A guild with the bot in it."""

    id: int
    name: str
    bot_role_id: int
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)
    _bot_id: int = field(repr=False)

    def add_text_channel(self, name: str, *, category: str | None = None, topic: str | None = None) -> SimChannel:
        """Create a text channel; a category is named, and created if there is none of that name."""
        channel_id = self._world.open_channel(self.id, name, category=category, topic=topic, forum=False)
        return self.channel(channel_id)

    def add_forum(self, name: str, *, category: str | None = None) -> SimChannel:
        """Create a forum channel."""
        return self.channel(self._world.open_channel(self.id, name, category=category, topic=None, forum=True))

    def channel(self, channel_id: int) -> SimChannel:
        """Return a channel by its id, such as one the bot has made."""
        found = self._world.channel(channel_id)
        return SimChannel(channel_id, found.name or "", self._world, self._changes, self._bot_id)

    def channels(self) -> list[SimChannel]:
        """Return every channel of the guild, categories and threads among them."""
        guild = self._world.backend.get_guild(self.id)
        return [self.channel(channel_id) for channel_id in (*guild.channel_ids, *guild.thread_ids)]

    def add_member(self, name: str, *, display: str | None = None, locale: str = "en-US") -> SimMember:
        """Let a new person join; ``display`` is the name others see."""
        person = self._world.create_person(name, display, locale)
        return self._join(person, name, locale)

    def admit(self, person: SimMember) -> SimMember:
        """Let somebody who is in another guild join this one too."""
        return self._join(person.id, person.name, person.locale)

    def _join(self, person_id: int, name: str, locale: str) -> SimMember:
        self._world.backend.add_member(self.id, person_id, announce=True)
        return SimMember(person_id, name, self.id, locale, self._world, self._changes)

    @property
    def owner(self) -> SimMember:
        """Return who founded the guild and may do everything in it."""
        owner_id = self._world.backend.get_guild(self.id).owner_id
        name = self._world.backend.get_user(owner_id).name
        return SimMember(owner_id, name, self.id, "en-US", self._world, self._changes)

    def add_role(self, name: str, **permissions: bool) -> int:
        """Create a role with the named permissions; return its id."""
        return self._world.create_role(self.id, name, permissions)

    def give_role(self, person: SimMember, role_id: int) -> None:
        """Give a member a role."""
        self._world.backend.add_member_role(self.id, person.id, role_id)

    def member_ids(self) -> list[int]:
        """Return who is in the guild: its owner, the bot, everybody who joined."""
        return list(self._world.backend.get_guild(self.id).members)

    def roles_of(self, person: SimMember) -> list[str]:
        """Return the names of a member's roles."""
        guild = self._world.backend.get_guild(self.id)
        return [guild.roles[role].name for role in guild.members[person.id].role_ids]

    def set_bot_permissions(self, **names: bool) -> None:
        """Give the bot's role permissions or take them away: ``manage_webhooks=False``."""
        self._world.edit_bot_role(self.id, self.bot_role_id, names)

    def remove_bot(self) -> None:
        """Kick the bot out of the guild."""
        self._world.backend.remove_guild(self.id)

    def invite_bot(self) -> None:
        """Bring the bot back."""
        self._world.backend.invite_bot(self.id, self.bot_role_id)
