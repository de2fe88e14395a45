"""What a person does with the bot in one channel: commands, buttons, menus, forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.builders import ChannelHandle, UserHandle
from simcord.results import InteractionResult, ResponseMessage

from sandbox.discord.world.actors import WireEnv
from sandbox.discord.world.backend import WireBackend


@dataclass(frozen=True, slots=True)
class Hands:
    """Act as one person in one channel, as a member of its guild or in the private conversation with the bot.

    Each method waits until the bot has answered, or has had its three seconds. SetupError is what a person's
    client would not let them do: press what is not there, choose more than a menu takes.
    """

    backend: WireBackend
    env: WireEnv
    actor: MemberActor | UserHandle
    channel: ChannelHandle

    async def slash(self, command: str, values: dict[str, Any]) -> InteractionResult:
        """Run a slash command."""
        if isinstance(self.actor, UserHandle):
            alone: InteractionResult = await self.actor.slash(command, **values)
            return alone
        return await self.actor.slash(self.channel, command, **values)

    async def suggestions(
        self, command: str, option: str, typed: str, filled: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Return what the bot suggests for an option."""
        if isinstance(self.actor, UserHandle):
            choices: list[dict[str, Any]] = await self.actor.autocomplete(command, option, typed, **filled)
        else:
            choices = await self.actor.autocomplete(self.channel, command, option, typed, **filled)
        return choices

    async def point_at(self, command: str, target: Any) -> InteractionResult:
        """Run a command from the menu of a person, or of a message given by its id."""
        if isinstance(self.actor, UserHandle):
            raise SetupError("the menus of people and messages are used in guilds here")
        chosen = self._message(target) if isinstance(target, int) else target
        return await self.actor.context_menu(self.channel, command, chosen)

    async def click(self, message_id: int, *, label: str | None, custom_id: str | None) -> InteractionResult:
        """Press a button."""
        return await self.actor.click(self._message(message_id), label=label, custom_id=custom_id)

    async def choose(self, message_id: int, values: Sequence[Any], *, custom_id: str | None) -> InteractionResult:
        """Choose from a menu."""
        return await self.actor.select(self._message(message_id), values, custom_id=custom_id)

    async def submit(self, opened: InteractionResult, values: dict[str, Any]) -> InteractionResult:
        """Send a form."""
        return await self.actor.submit_modal(opened, values)

    def _message(self, message_id: int) -> ResponseMessage:
        return ResponseMessage(self.env, self.backend.get_message(self.channel.id, message_id))
