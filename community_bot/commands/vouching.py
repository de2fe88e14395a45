"""`/invite vouch`, `queue`, `decide`: letting in people whom members know."""

from __future__ import annotations

from community_bot.commands.request import Reply, Request
from community_bot.commands.specification import Kind, Option, PersonMenu, command
from community_bot.domain.account import Account
from community_bot.domain.alias import LONGEST
from community_bot.domain.roles import Power
from community_bot.locales import Markup
from community_bot.services.vouching import Vouching

VOUCH_MENU = PersonMenu("vouch", ("invite", "vouch-for"), "person")


class VouchingCommands:
    """What members say for newcomers, and what is decided about those who wait."""

    def __init__(self, vouching: Vouching) -> None:
        self._vouching = vouching

    @command("invite vouch", Option("alias", most=LONGEST), power=Power.VOUCH)
    async def vouch(self, request: Request, alias: str) -> Reply:
        """Answer the same whether or not anybody of that alias waits, or exists."""
        await self._vouching.vouch(request.account, alias)
        return Reply(request.t("vouch.noted", alias=alias))

    @command("invite vouch-for", Option("person", Kind.PERSON), power=Power.VOUCH)
    async def vouch_for(self, request: Request, person: Account) -> Reply:
        """Answer the same whether or not that account waits, or is a member's."""
        await self._vouching.vouch_for(request.account, person)
        return Reply(request.t("vouch.noted_person"))

    @command("invite queue", power=Power.DECIDE_ADMISSION)
    async def queue(self, request: Request) -> Reply:
        """Show who waits, for those who decide."""
        queue = await self._vouching.queue(request.account)
        if not queue.waiting:
            return Reply(request.t("vouch.queue_empty"))
        lines = [
            request.t(
                "vouch.queue_line",
                alias=each.alias,
                since=request.t.count("vouch.days", each.days),
                vouches=request.t.count("vouch.count", each.vouches),
                needed=str(each.needed),
            )
            for each in queue.waiting
        ]
        if queue.more:
            lines.append(request.t.count("vouch.queue_more", queue.more))
        head = request.t("vouch.queue_head")
        foot = request.t("vouch.queue_foot", decide=request.spell("invite decide"))
        return Reply(Markup("\n".join([head, *lines, "", foot])))

    @command(
        "invite decide",
        Option("alias", most=LONGEST),
        Option("decision", Kind.CHOICE, choices=("admit", "decline")),
        power=Power.DECIDE_ADMISSION,
    )
    async def decide(self, request: Request, alias: str, decision: str) -> Reply:
        """Admit somebody who waits, or not."""
        await self._vouching.decide(request.account, alias, "admit" if decision == "admit" else "decline")
        return Reply(request.t("vouch.admitted" if decision == "admit" else "vouch.declined", alias=alias))
