"""`/space bring`, `requests`: what facilitators do about who comes into their space."""

from __future__ import annotations

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Option, button, command
from community_bot.domain.alias import LONGEST as LONGEST_ALIAS
from community_bot.domain.roles import Power
from community_bot.locales import Markup, Translator
from community_bot.platforms.port import Button
from community_bot.services.doorkeeping import Asking, Decided, Doorkeeping

LONGEST = 80


class DoorkeepingCommands:
    """Answering who asks, and asking who might want to come."""

    def __init__(self, doorkeeping: Doorkeeping) -> None:
        self._doorkeeping = doorkeeping

    async def suggest_run(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces whose door who asks keeps."""
        found = await self._doorkeeping.runnable(request.account, typed)
        return [Suggestion(each.key, each.title(request.language)) for each in found]

    @command(
        "space bring",
        Option("space", most=LONGEST, suggest=suggest_run),
        Option("alias", most=LONGEST_ALIAS),
        power=Power.RUN_SPACE,
    )
    async def bring(self, request: Request, space: str, alias: str) -> Reply:
        """Ask a member in; the answer is the same for every alias."""
        door = await self._doorkeeping.bring(request.account, space, alias)
        return Reply(request.t("access.brought", alias=alias, title=door.title(request.language)))

    @command("space requests", Option("space", most=LONGEST, suggest=suggest_run), power=Power.RUN_SPACE)
    async def requests(self, request: Request, space: str) -> Reply:
        """Show who asks to come in, who asked first at the top."""
        t = request.t
        queue = await self._doorkeeping.requests(request.account, space)
        title = queue.door.title(t.language)
        if not queue.asking:
            return Reply(t("access.requests_none", title=title))
        lines = [t.count("access.requests_head", len(queue.asking) + queue.more, title=title)]
        lines += [t("access.requests_line", alias=each.alias, since=_since(t, each.days)) for each in queue.asking]
        if queue.more:
            lines.append(t("access.requests_more", requests=request.spell("space requests")))
        buttons = tuple(made for each in queue.asking for made in _answers(request, each, queue.door.key))
        return Reply(Markup("\n".join(lines)), buttons=buttons)

    @button("space.approve")
    async def approve(self, request: Request, argument: str) -> Reply:
        """Let in who asked."""
        return await self._decided(request, argument, let_in=True)

    @button("space.decline")
    async def decline(self, request: Request, argument: str) -> Reply:
        """Say no to who asked."""
        return await self._decided(request, argument, let_in=False)

    async def _decided(self, request: Request, argument: str, *, let_in: bool) -> Reply:
        ticket, _, space = argument.partition(" ")
        said = _said(request, await self._doorkeeping.decide(request.account, ticket, let_in=let_in))
        if not space:
            return Reply(said, replaces=True)
        # it was pressed in the list: the rest of it stays at hand
        rest = await self.requests(request, space)
        return Reply(Markup(f"{said}\n\n{rest.text}"), buttons=rest.buttons, replaces=True)


def _since(t: Translator, days: int) -> Markup:
    return t.count("access.days", days) if days else t("access.today")


def _answers(request: Request, asking: Asking, space: str) -> tuple[Button, ...]:
    t, alias, argument = request.t, asking.alias, f"{asking.ticket} {space}"
    return (
        Button(t.plain("access.approve_named.button", alias=alias), "space.approve", argument, "main"),
        Button(t.plain("access.decline_named.button", alias=alias), "space.decline", argument),
    )


def _said(request: Request, decided: Decided) -> Markup:
    title = decided.door.title(request.language)
    if decided.let_in:
        return request.t("access.approved", alias=decided.alias, title=title)
    return request.t("access.declined", alias=decided.alias, title=title)
