"""`/space list`, `show`, `join`, `leave`: the ways into learning spaces and out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.space_access_words import facts_of, is_to_be_joined, join_button, line, told, ways_on
from community_bot.commands.specification import Option, button, command
from community_bot.domain.collation import in_order
from community_bot.domain.space_design import Access as WayIn
from community_bot.domain.words import in_language
from community_bot.locales import Markup, escape
from community_bot.platforms.port import Button
from community_bot.services.access import Access, GivingUp
from community_bot.services.space_views import Seen, Standing

LONGEST: Final = 80
MOST_BUTTONS: Final = 5


class SpaceAccessCommands:
    """What members do about spaces."""

    def __init__(self, access: Access) -> None:
        self._access = access

    # ── what is offered while somebody types: what they may know of, and no more

    async def suggest_known(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer every space that who asks may know of."""
        return self._suggested(request, await self._titled(request, typed))

    async def suggest_others(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces that who asks is not in."""
        found = await self._titled(request, typed)
        return self._suggested(request, [each for each in found if each.standing is not Standing.INSIDE])

    async def suggest_own(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the spaces that who asks is in."""
        found = await self._titled(request, typed)
        return self._suggested(request, [each for each in found if each.standing is Standing.INSIDE])

    async def _titled(self, request: Request, typed: str) -> Sequence[Seen]:
        return (await self._access.listed(request.account, typed)).spaces

    def _suggested(self, request: Request, found: Sequence[Seen]) -> list[Suggestion]:
        return [Suggestion(each.door.key, each.door.title(request.language)) for each in found]

    # ── seeing

    @command("space list", Option("text", required=False, most=LONGEST))
    async def list(self, request: Request, text: str = "") -> Reply:
        """Show the spaces that who asks may know of."""
        t = request.t
        listing = await self._access.listed(request.account, text)
        if not listing.spaces:
            return Reply(t("access.list_none_text", text=text) if text.strip() else t("access.list_none"))
        by_title: dict[str, tuple[Seen, ...]] = {}
        for each in listing.spaces:
            title = each.door.title(t.language)
            by_title[title] = (*by_title.get(title, ()), each)
        ordered = [each for title in in_order(by_title, t.language) for each in by_title[title]]
        lines = [t("access.list_head"), *(line(t, each) for each in ordered)]
        if listing.more:
            lines.append(t.count("access.list_more", listing.more))
        lines += [
            Markup(""),
            t("access.list_foot", show=request.spell("space show"), join=request.spell("space join")),
        ]
        outside = [each.door for each in ordered if is_to_be_joined(each)]
        return Reply(
            Markup("\n".join(lines)), buttons=tuple(join_button(t, door) for door in outside[:MOST_BUTTONS])
        )

    @command("space show", Option("space", most=LONGEST, suggest=suggest_known))
    async def show(self, request: Request, space: str) -> Reply:
        """Show one space: what for, how one comes in, what was agreed; never who is in it."""
        t = request.t
        shown = await self._access.show(request.account, space)
        seen, door = shown.seen, shown.seen.door
        parts = [t("access.show_head", title=door.title(t.language))]
        purpose = in_language(seen.purposes, t.language)
        if purpose:
            parts.append(escape(purpose))
        parts.append(Markup("\n".join(facts_of(request, shown))))
        agreements = in_language(shown.agreements, t.language).strip()
        if agreements:
            parts.append(Markup(agreements))
        return Reply(Markup("\n\n".join(parts)), buttons=ways_on(t, seen))

    # ── in and out

    @command("space join", Option("space", most=LONGEST, suggest=suggest_others))
    async def join(self, request: Request, space: str) -> Reply:
        """Come in, or ask to."""
        return told(request, await self._access.join(request.account, space))

    @button("space.join")
    async def join_pressed(self, request: Request, argument: str) -> Reply:
        """Come in, or ask to."""
        return await self.join(request, argument)

    @button("space.come")
    async def come_pressed(self, request: Request, argument: str) -> Reply:
        """Come in, having been asked to."""
        return told(request, await self._access.come(request.account, argument))

    @command("space leave", Option("space", most=LONGEST, suggest=suggest_own))
    async def leave(self, request: Request, space: str) -> Reply:
        """Leave, or say what that ends and ask once."""
        return await self._leave(request, space, GivingUp.NOTHING)

    @button("space.leave")
    async def leave_pressed(self, request: Request, argument: str) -> Reply:
        """Leave, having seen what that ends."""
        space, _, seen = argument.partition(" ")
        giving_up = next((each for each in GivingUp if each.value == seen), GivingUp.NOTHING)
        return await self._leave(request, space, giving_up)

    async def _leave(self, request: Request, space: str, giving_up: GivingUp) -> Reply:
        t = request.t
        leaving = await self._access.leave(request.account, space, giving_up)
        title = leaving.door.title(t.language)
        if leaving.left:
            may_return = leaving.door.access is WayIn.OPEN and leaving.door.takes_members
            back = (join_button(t, leaving.door),) if may_return else ()
            return Reply(t("access.left", title=title), buttons=back, replaces=True)
        grant = request.spell("admin grant")
        match leaving.giving_up:
            case GivingUp.LAST_OFFICE:
                said = t("access.leave_last", title=title, grant=grant)
            case GivingUp.OFFICE:
                said = t("access.leave_office", title=title, grant=grant)
            case _:
                said = t("access.leave_way_back", title=title)
        argument = f"{leaving.door.key} {leaving.giving_up.value}"
        yes = Button(t.plain("access.leave.button"), "space.leave", argument, "danger")
        return Reply(said, buttons=(yes,), replaces=True)
