"""Everything that is offered, found by path, by action, by form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from community_bot.commands.forms import FormHandler
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import CommandSpec, Offer, PersonMenu


@dataclass(frozen=True, slots=True)
class BoundCommand:
    """A command and the capability that answers it."""

    spec: CommandSpec
    capability: object

    async def act(self, request: Request, options: dict[str, object]) -> Reply:
        """Do it. Raises :class:`Refusal`."""
        method: Callable[..., Awaitable[Reply]] = getattr(self.capability, self.spec.method)
        return await method(request, **options)

    async def suggest(self, request: Request, option: str, typed: str) -> list[Suggestion]:
        """Offer values for an option; an empty list where there are none to offer."""
        for each in self.spec.options:
            if each.name == option and each.suggest is not None:
                return (await each.suggest(self.capability, request, typed))[:25]
        return []


class Registry:
    """All capabilities of the network."""

    def __init__(self) -> None:
        self.commands: dict[tuple[str, ...], BoundCommand] = {}
        self.buttons: dict[str, Callable[[Request, str], Awaitable[Reply]]] = {}
        self.forms: dict[str, FormHandler] = {}
        self.menus: list[PersonMenu] = []

    def offer(self, capability: object) -> None:
        """Take in every marked method. Raises ValueError when a name is taken already."""
        # in the order in which they are written: help shows them so
        written = [name for each in reversed(type(capability).__mro__) for name in vars(each)]
        for name in dict.fromkeys(written):
            offer = getattr(getattr(type(capability), name), "offer", None)
            if not isinstance(offer, Offer):
                continue
            for spec in offer.commands:
                self._once(spec.path, self.commands)
                self.commands[spec.path] = BoundCommand(spec, capability)
            for action in offer.buttons:
                self._once(action, self.buttons)
                self.buttons[action] = getattr(capability, name)

    def offer_form(self, handler: FormHandler) -> None:
        """Take in a form. Raises ValueError when its name is taken already."""
        self._once(handler.name, self.forms)
        self.forms[handler.name] = handler

    def _once(self, name: object, taken: object) -> None:
        assert isinstance(taken, dict)
        if name in taken:
            raise ValueError(f"{name} is offered twice")

    def groups(self) -> dict[str, list[CommandSpec]]:
        """Return the commands by their first word, in the order in which they were offered."""
        found: dict[str, list[CommandSpec]] = {}
        for bound in self.commands.values():
            found.setdefault(bound.spec.path[0], []).append(bound.spec)
        return found
