"""Drive SimCord's simulated people while the bot is in another process."""

import asyncio
from typing import Any

import discord
from simcord import Env
from simcord.backend.models import Interaction

from sandbox.discord.world.backend import WireBackend

# An interaction that is not answered in this time is lost on Discord (interactions/receiving-and-responding).
ANSWER_WITHIN = 3.0


class WireEnv(Env):
    """Give SimCord's actors and its preview the environment they expect, without a bot in this process.

    SimCord's Env takes over the event loop to know when the bot in it has settled. Here there is no such
    bot: the client is inert, never logged in, and only lends discord.py's message classes. Nothing is
    attached, operations of several people may overlap, and "settled" means that the bot in the other
    process has acknowledged the interaction, or has had its three seconds.
    """

    def __init__(self, backend: WireBackend) -> None:
        client = discord.Client(intents=discord.Intents(guilds=True))
        super().__init__(client, check_errors=False)
        self.backend = backend
        self._started = True
        self._generation = 1  # the preview counts from the first bot attached
        self._message_states.add(client._connection)
        self._answers: dict[int, asyncio.Event] = {}
        self._asked: dict[asyncio.Task[Any] | None, Interaction] = {}

    def _begin_operation(self, label: str) -> None:
        """Let several people act at once."""

    def _end_operation(self) -> None:
        """See ``_begin_operation``."""

    def _mark_mutation(self) -> None:
        """Tell the preview that its action has had an effect."""
        if self._preview is not None:
            self._preview._mark_action_dispatched()

    def _notify_dispatch_observers(self, interaction: Interaction) -> None:
        self._asked[asyncio.current_task()] = interaction
        self._answers[interaction.id] = asyncio.Event()
        super()._notify_dispatch_observers(interaction)

    async def _settle_internal(
        self,
        *,
        timeout: float | None = None,
        idle: float = 0.05,
        dispatch: str | None = None,
        _deadline: float | None = None,
    ) -> None:
        interaction = self._asked.pop(asyncio.current_task(), None)
        if dispatch != "INTERACTION_CREATE" or interaction is None:
            return
        answered = self._answers[interaction.id]
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await answered.wait()
        except TimeoutError:
            return  # the person sees "the application did not respond"; the result says so too
        finally:
            del self._answers[interaction.id]

    def note_answer(self, interaction_id: int) -> None:
        """Wake whoever waits for the acknowledgement of an interaction."""
        if (waiting := self._answers.get(interaction_id)) is not None:
            waiting.set()
