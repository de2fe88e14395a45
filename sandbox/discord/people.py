"""The simulated network's people, as tests and the sandbox's script use them."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.discord.answers import SimAnswer
from sandbox.discord.channels import SimChannel
from sandbox.discord.records import SimCommand
from sandbox.discord.world.population import InteractionResult
from sandbox.discord.writing import Writer


@dataclass(frozen=True, slots=True)
class SimMember(Writer):
    """A person in a guild. The same person may be in several, leave and come again: ``SimGuild.admit``.

    ``locale`` is the language of their Discord (``th``, ``es-419``, ``en-US``); it travels with whatever they
    ask of the bot.
    """

    @property
    def person_id(self) -> int:
        """Return the id, under the name by which an option of a command knows a person."""
        return self.id

    def with_locale(self, locale: str) -> "SimMember":
        """Set their Discord to another language and return them with it."""
        self._world.backend.locales[self.id] = locale
        return replace(self, locale=locale)

    # ------------------------------------------------------------------ alone with the bot

    def private_channel(self) -> SimChannel:
        """Return the private conversation with the bot."""
        channel_id = self._world.private_channel(self.id)
        return SimChannel(channel_id, "private", self._world, self._changes, self._world.backend.bot_user.id)

    def accept_private_messages(self, accept: bool) -> None:
        """Let the bot write privately, or have it told 50007."""
        closed = self._world.backend.closed_dms
        (closed.discard if accept else closed.add)(self.id)

    # ------------------------------------------------------------------ commands

    def commands(self, channel: SimChannel) -> list[SimCommand]:
        """Return the commands they are offered here, with names and descriptions in their language."""
        return self._world.commands(self.id, channel.id, self.locale)

    async def slash(self, channel: SimChannel, command: str, /, **options: Any) -> SimAnswer:
        """Run a slash command as typed, ``"space join"`` for a subcommand; wait for the first answer.

        Values may be SimMember and SimChannel where the command asks for a user or a channel.
        """
        values = self._options(options)
        return await self._ask(channel, self._world.hands(self.id, channel.id).slash(command, values))

    async def suggestions(
        self, channel: SimChannel, command: str, option: str, typed: str, /, **filled: Any
    ) -> list[dict[str, Any]]:
        """Return what the bot suggests while an option is being typed."""
        hands = self._world.hands(self.id, channel.id)
        return await hands.suggestions(command, option, typed, self._options(filled))

    async def point_at(self, channel: SimChannel, target: "SimMember | int", command: str) -> SimAnswer:
        """Run a command from the menu of a person, or of a message given by its id."""
        chosen = self._world.option(self.guild_id, target) if isinstance(target, SimMember) else target
        return await self._ask(channel, self._world.hands(self.id, channel.id).point_at(command, chosen))

    # ------------------------------------------------------------------ buttons, menus, forms

    async def click(
        self, channel: SimChannel, message_id: int, *, label: str | None = None, custom_id: str | None = None
    ) -> SimAnswer:
        """Press the one button with this label or custom id."""
        hands = self._world.hands(self.id, channel.id)
        return await self._ask(channel, hands.click(message_id, label=label, custom_id=custom_id))

    async def choose(
        self, channel: SimChannel, message_id: int, values: list[Any], *, custom_id: str | None = None
    ) -> SimAnswer:
        """Choose from a menu: texts, or SimMember and SimChannel."""
        chosen = [self._world.option(self.guild_id, value) for value in values]
        hands = self._world.hands(self.id, channel.id)
        return await self._ask(channel, hands.choose(message_id, chosen, custom_id=custom_id))

    async def submit(self, opened: SimAnswer, values: dict[str, Any]) -> SimAnswer:
        """Fill in the form that an answer has opened, by custom id, and send it.

        ``SimAnswer.form`` shows the form first, and takes what is read in it.
        """
        hands = self._world.hands(self.id, opened.channel.id)
        return await self._ask(opened.channel, hands.submit(opened._result, self._options(values)))

    async def _ask(self, channel: SimChannel, asking: Awaitable[InteractionResult]) -> SimAnswer:
        return SimAnswer(self, channel, await asking, self._world, self._changes)

    def _options(self, values: dict[str, Any]) -> dict[str, Any]:
        return {name: self._option(value) for name, value in values.items()}

    def _option(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._option(item) for item in value]
        return self._world.option(self.guild_id, value)

    # ------------------------------------------------------------------ coming and going

    async def leave(self) -> None:
        """Leave the guild."""
        self._world.backend.remove_member(self.guild_id, self.id)
