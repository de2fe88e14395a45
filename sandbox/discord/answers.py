"""What the bot has answered to a command, a press or a form."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.discord.changes import Changes
from sandbox.discord.forms import SimForm, read_form
from sandbox.discord.reading import Button, SeenFile
from sandbox.discord.records import SeenMessage
from sandbox.discord.world.population import InteractionResult, Population

if TYPE_CHECKING:
    from sandbox.discord.channels import SimChannel
    from sandbox.discord.people import SimMember


@dataclass(frozen=True, slots=True)
class SimAnswer:
    """What the bot has answered so far; it goes on telling what is there now."""

    person: "SimMember"
    channel: "SimChannel"
    _result: InteractionResult = field(repr=False)
    _world: Population = field(repr=False)
    _changes: Changes = field(repr=False)

    @property
    def acknowledged(self) -> bool:
        """Tell whether the bot has answered within Discord's three seconds; if not, the person sees a failure."""
        return bool(self._result.acknowledged)

    @property
    def thinking(self) -> bool:
        """Tell whether the person still sees that the bot is thinking."""
        return bool(self._result._interaction.loading)

    @property
    def ephemeral(self) -> bool:
        """Tell whether only this person sees the answer."""
        return bool(self._result.ephemeral)

    @property
    def message(self) -> SeenMessage | None:
        """Return the answer as the person sees it, None while there is none."""
        return self._world.answer(self._result)

    @property
    def message_id(self) -> int | None:
        """Return the id of the answer's message, None while there is none."""
        return self.message.id if self.message is not None else None

    @property
    def content(self) -> str:
        """Return the content of the answer, empty while there is none."""
        return self.message.content if self.message is not None else ""

    @property
    def text(self) -> str:
        """Return all words of the answer: content, embeds, layout, names of files."""
        return self.message.text if self.message is not None else ""

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Return the answer's buttons."""
        return self.message.buttons if self.message is not None else ()

    @property
    def files(self) -> tuple[SeenFile, ...]:
        """Return the answer's files; ``SimMember.download`` has what is in them."""
        return self.message.files if self.message is not None else ()

    @property
    def components(self) -> list[dict[str, Any]]:
        """Return the answer's buttons, menus and layout, as Discord sends them."""
        return list(self.message.components) if self.message is not None else []

    @property
    def embeds(self) -> list[dict[str, Any]]:
        """Return the answer's embeds, as Discord sends them."""
        return list(self.message.embeds) if self.message is not None else []

    @property
    def modal(self) -> dict[str, Any] | None:
        """Return the form the bot has opened, as Discord sends it."""
        return self._result.modal

    @property
    def form(self) -> SimForm | None:
        """Return the form the bot has opened, as the person sees it: each time a fresh one to fill in."""
        if self._result.modal is None:
            return None
        return read_form(self._result.modal, lambda values: self.person.submit(self, values))

    @property
    def followups(self) -> list[str]:
        """Return the contents of what the bot has sent after its first answer."""
        return [message.content for message in self.more]

    @property
    def more(self) -> list[SeenMessage]:
        """Return the messages the bot has sent after its first answer."""
        return self._world.followups(self._result)

    async def click(self, *, label: str | None = None, custom_id: str | None = None) -> "SimAnswer":
        """Press a button of the answer, which may be one that only this person sees."""
        return await self.person.click(self.channel, self._shown(), label=label, custom_id=custom_id)

    async def choose(self, values: list[Any], *, custom_id: str | None = None) -> "SimAnswer":
        """Choose from a menu of the answer."""
        return await self.person.choose(self.channel, self._shown(), values, custom_id=custom_id)

    def _shown(self) -> int:
        assert self.message_id is not None, "the bot has not answered with a message"
        return self.message_id

    async def wait_for(self, condition: Callable[["SimAnswer"], bool], timeout: float = 10.0) -> "SimAnswer":
        """Wait until the answer satisfies ``condition``: a deferred one comes later."""
        await self._changes.until(lambda: condition(self), timeout)
        return self
