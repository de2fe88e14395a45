"""Where every face brings what people did: it finds the language, asks the capability, puts a "no" into words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from community_bot.commands.forms import Answers, Form
from community_bot.commands.registry import Registry
from community_bot.commands.request import Incoming, Reply, Request, Suggestion
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Catalogues, Language, Markup
from community_bot.logs import get_logger, reference_of
from community_bot.platforms.port import Button
from community_bot.services.standing import Standings

log = get_logger(__name__)


class Desk:
    """Answers acts. Everything it is given comes from outside and may be wrong, old or forged."""

    def __init__(self, registry: Registry, standings: Standings, catalogues: Catalogues) -> None:
        self.registry = registry
        self._standings = standings
        self._catalogues = catalogues

    async def request(self, incoming: Incoming, language: Language | None = None) -> Request:
        """Return who asks, with the voice to answer in (LNG-2).

        A member's own choice stands first, then ``language`` (chosen in the form at hand), then the language of
        their app, then the room's, then the network's.
        """
        standing = await self._standings.of(incoming.account)
        spoken = (
            standing.language
            or language
            or incoming.client_language
            or incoming.room_language
            or standing.network_language
        )
        t = self._catalogues.translator(spoken)
        if standing.calendar is not None:
            t = t.with_calendar(standing.calendar)
        return Request(incoming, t, standing.powers, standing.alias, standing.today)

    async def run(self, incoming: Incoming, path: tuple[str, ...], options: dict[str, object]) -> Reply:
        """Answer a command."""

        async def act(request: Request) -> Reply:
            bound = self.registry.commands.get(path)
            if bound is None:
                raise Refusal("command.unknown", help=request.spell("help"))
            self._require(request, bound.spec.power)
            return await bound.act(request, options)

        return await self._answer(incoming, act, " ".join(path))

    async def suggest(self, incoming: Incoming, path: tuple[str, ...], option: str, typed: str) -> list[Suggestion]:
        """Offer values while somebody types; nothing to whom the command is closed, and nothing when it fails."""
        found: list[Suggestion] = []

        async def act(request: Request) -> Reply:
            bound = self.registry.commands.get(path)
            if bound is not None and self._may(request, bound.spec.power):
                found.extend(await bound.suggest(request, option, typed))
            return Reply()

        await self._answer(incoming, act, " ".join(path))
        return found

    async def press(self, incoming: Incoming, action: str, argument: str) -> Reply:
        """Answer a button."""

        async def act(request: Request) -> Reply:
            method = self.registry.buttons.get(action)
            if method is None:
                # an old message's button, from before an update
                raise Refusal("button.old", help=request.spell("help"))
            return await method(request, argument)

        return await self._answer(incoming, act, action)

    async def build(self, incoming: Incoming, name: str, argument: str, answers: Answers) -> Form | Reply:
        """Return a form to show, or why not. Raises KeyError for a form nobody offers."""
        handler = self.registry.forms[name]
        built: list[Form] = []

        async def act(request: Request) -> Reply:
            built.append(await handler.build(request, argument, answers))
            return Reply()

        reply = await self._answer(incoming, act, name, handler.language(answers))
        return built[0] if built else reply

    async def check(self, incoming: Incoming, name: str, argument: str, answers: Answers) -> Reply | None:
        """Return what is wrong with the answers so far, None when they can stand. Raises as :meth:`build`."""
        handler = self.registry.forms[name]
        passed: list[bool] = []

        async def act(request: Request) -> Reply:
            await handler.check(request, argument, answers)
            passed.append(True)
            return Reply()

        reply = await self._answer(incoming, act, name, handler.language(answers))
        return None if passed else reply

    async def submit(self, incoming: Incoming, name: str, argument: str, answers: Answers) -> Reply:
        """Act on a form. A refusal comes with a button to open it again."""
        handler = self.registry.forms.get(name)

        async def act(request: Request) -> Reply:
            if handler is None:
                raise Refusal("button.old", help=request.spell("help"))
            try:
                await handler.check(request, argument, answers)
                return await handler.submit(request, argument, answers)
            except Refusal as refusal:
                again = Button(
                    request.t.plain("form.again.button"), "form.again", f"{name} {argument}".strip(), "main"
                )
                return Reply(refusal_text(request, refusal), buttons=(again,))

        return await self._answer(incoming, act, name, None if handler is None else handler.language(answers))

    @staticmethod
    def _may(request: Request, power: Power) -> bool:
        return power is Power.ANYONE or power in request.powers

    def _require(self, request: Request, power: Power) -> None:
        """Refuse early what the service would refuse, so that help and answers agree.

        Who is no member (yet, or any more) goes on to the service, which knows better why not.
        """
        if not self._may(request, power) and request.powers - {Power.ANYONE, Power.OWN_RECORD}:
            raise Refusal("authority.lacks")

    async def _answer(
        self,
        incoming: Incoming,
        act: Callable[[Request], Awaitable[Reply]],
        name: str,
        language: Language | None = None,
    ) -> Reply:
        t = self._catalogues.translator(language or incoming.client_language or incoming.room_language or "en")
        try:
            request = await self.request(incoming, language)
            t = request.t
            try:
                return await act(request)
            except Refusal as refusal:
                return Reply(refusal_text(request, refusal))
        except Exception as error:
            # whatever it was is logged without what was said; the person gets the word that stands beside it there
            log.exception("an act could not be answered", command=name.replace(" ", "."))
            return Reply(t("face.our_fault", reference=reference_of(error)))


def refusal_text(request: Request, refusal: Refusal) -> Markup:
    """Return the sentence of a refusal in the person's language."""
    ways = {"start": "start", "help": "help", "resume": "me resume", "cancel": "privacy cancel-erase"}
    values = {name: request.spell(path) for name, path in ways.items()} | refusal.values
    return request.t(f"refusal.{refusal.code}", **values)
